import { createHash } from 'node:crypto'
import * as v from 'valibot'
import { markPermanent } from '../../runs/permanent.ts'
import type { Run } from '../../run.ts'
import { createFill, type Fill } from '../places.ts'
import { EMAIL_URL, isAddress, isAllowed, type EmailSettings } from './settings.ts'

const Addresses = v.array(v.string())

/** Who is written to, and under which subject. */
export const Envelope = {
  to: Addresses,
  cc: v.optional(Addresses, []),
  bcc: v.optional(Addresses, []),
  subject: v.string(),
}

/** A message as it is sent. */
export interface EmailMessage {
  readonly to: readonly string[]
  readonly cc: readonly string[]
  readonly bcc: readonly string[]
  readonly subject: string
  readonly text?: string | undefined
  readonly html?: string | undefined
  readonly attachments?: readonly Attachment[]
  /** The same at each attempt, so that a receiver can tell a repetition. */
  readonly messageId: string
}

/** A file that comes with a message. */
interface Attachment {
  readonly filename: string
  readonly contentType: string
  readonly content: string
}

const MOST_RECIPIENTS = 50
const LONGEST_SUBJECT = 500

/** The settings, where this worker sends e-mail. Its error is permanent. */
export function requireSettings(settings: EmailSettings | null): EmailSettings {
  if (settings) return settings
  throw wrong(
    `This worker sends no e-mail. Set ${EMAIL_URL}, ALMANAC_EMAIL_FROM and ALMANAC_EMAIL_ALLOW on each machine with workers; then trigger the schedule again.`,
  )
}

/** Facts of the run are filled in; secrets are not sent by e-mail. */
export function emailFill(run: Run): Fill {
  return createFill(run, null)
}

/** Checks who is written to, and the subject, in which facts of the run are filled in. Its errors are permanent. */
export function readEnvelope(
  given: { to: string[]; cc: string[]; bcc: string[]; subject: string },
  run: Run,
  settings: EmailSettings,
): Pick<EmailMessage, 'to' | 'cc' | 'bcc' | 'subject' | 'messageId'> {
  const { to, cc, bcc } = given
  const everyone = [...to, ...cc, ...bcc]
  if (to.length === 0) throw wrong('The e-mail has no recipient: "to" is empty.')
  if (everyone.length > MOST_RECIPIENTS)
    throw wrong(`The e-mail has ${everyone.length} recipients; up to ${MOST_RECIPIENTS} are possible.`)
  const malformed = everyone.find((address) => !isAddress(address))
  if (malformed !== undefined)
    throw wrong(`"${malformed.slice(0, 100)}" is not an address of the form ann@example.com.`)
  const refused = everyone.filter((address) => !isAllowed(address, settings))
  if (refused.length > 0)
    throw wrong(
      `This worker may not write to ${refused.slice(0, 5).join(', ')}. To allow it, set this where the worker runs: ALMANAC_EMAIL_ALLOW=${refused[0]}`,
    )
  const subject = emailFill(run)(given.subject)
  if (/\p{Cc}|\p{Zl}|\p{Zp}/u.test(subject))
    throw wrong('The subject of the e-mail contains a line break or a control character.')
  if (subject.trim() === '' || subject.length > LONGEST_SUBJECT)
    throw wrong(`The subject of the e-mail must have 1 to ${LONGEST_SUBJECT} characters.`)
  return { to, cc, bcc, subject, messageId: messageIdOf(run, [everyone, subject], settings) }
}

/** Runs of several installations may have the same number. */
function messageIdOf(run: Run, message: unknown, { from }: EmailSettings): string {
  const which = JSON.stringify([run.id, run.scheduleId, run.scheduledFor, from, message])
  const mark = createHash('sha256').update(which).digest('hex').slice(0, 16)
  return `<almanac-run-${run.id}.${mark}@${from.address.slice(from.address.lastIndexOf('@') + 1)}>`
}

const Payload = v.object({ ...Envelope, text: v.optional(v.string()), html: v.optional(v.string()) })

/** Reads what a payload asks for. The database checks it by the schema of the task when it is written. Its errors are permanent. */
export function readEmail(payload: unknown, run: Run, settings: EmailSettings): EmailMessage {
  const read = v.safeParse(Payload, payload)
  if (!read.success) throw wrong(`The payload of almanac:email is invalid: ${read.issues[0].message}.`)
  const { text, html } = read.output
  if (text === undefined && html === undefined) throw wrong('The e-mail has neither a text nor an html.')
  const fill = emailFill(run)
  return {
    ...readEnvelope(read.output, run, settings),
    text: text === undefined ? undefined : fill(text),
    html: html === undefined ? undefined : fill(html),
  }
}

function wrong(message: string): Error {
  return markPermanent(new Error(message))
}
