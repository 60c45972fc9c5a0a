import type { Redaction } from '../../logs/redaction.ts'
import type { RunTask } from '../../run.ts'
import { readEmail, requireSettings } from './message.ts'
import { sendEmail } from './send.ts'
import type { EmailSettings } from './settings.ts'

/** The task `almanac:email`: hands a message to the worker's mail server. What it may say is in docs/tasks.md. */
export function createEmailTask(settings: EmailSettings | null, redaction: Redaction): RunTask {
  return async (payload, { run, abortSignal }) => {
    const known = requireSettings(settings)
    return sendEmail(readEmail(payload, run, known), known, { redaction, abortSignal })
  }
}
