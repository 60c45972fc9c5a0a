import { createTransport, type NodemailerError } from 'nodemailer'
import { isPermanent, markPermanent } from '../../runs/permanent.ts'
import type { Redaction } from '../../logs/redaction.ts'
import type { EmailMessage } from './message.ts'
import type { EmailSettings } from './settings.ts'

/** What is kept of a message that was taken. */
export interface EmailResult {
  readonly message_id: string
  readonly accepted: readonly string[]
  /** What the server said when it took it. */
  readonly response: string
}

const CONNECT_WITHIN = 10_000
/** Milliseconds of silence, and those in which all is done. */
const ANSWER_WITHIN = 60_000
const SEND_WITHIN = 120_000
/** Characters of what the server says. */
const LONGEST_SAID = 500

/**
 * Hands a message to the server. What it refuses for good (5xx) is permanent; what it refuses for now (4xx), and a
 * connection that fails, is not.
 */
export async function sendEmail(
  message: EmailMessage,
  { server, from }: EmailSettings,
  { redaction, abortSignal }: { redaction: Redaction; abortSignal: AbortSignal },
): Promise<EmailResult> {
  const late = AbortSignal.timeout(SEND_WITHIN)
  const transport = createTransport({
    host: server.host,
    port: server.port,
    secure: server.tls === 'implicit',
    requireTLS: server.tls === 'starttls',
    ignoreTLS: server.tls === 'off',
    ...(server.login && { auth: { user: server.login.user, pass: server.login.password }, forceAuth: true }),
    connectionTimeout: CONNECT_WITHIN,
    greetingTimeout: CONNECT_WITHIN,
    dnsTimeout: CONNECT_WITHIN,
    socketTimeout: ANSWER_WITHIN,
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  try {
    const { accepted, rejectedErrors, response, messageId } = await transport.sendMail({
      ...message,
      from,
      attachments: [...(message.attachments ?? [])],
      to: [...message.to],
      cc: [...message.cc],
      bcc: [...message.bcc],
      headers: { 'Auto-Submitted': 'auto-generated' },
      signal: AbortSignal.any([abortSignal, late]),
    })
    if (rejectedErrors?.length)
      throw markPermanent(
        new Error(
          `The e-mail went to ${accepted.join(', ')}, and was refused for others: ${refusals(rejectedErrors, redaction)}. It is not sent again, as those would get it twice.`,
        ),
      )
    return {
      message_id: messageId,
      accepted,
      response: said(response, redaction),
    }
  } catch (error) {
    abortSignal.throwIfAborted()
    if (late.aborted)
      throw new Error(`${server.host} did not take the e-mail within ${SEND_WITHIN / 1_000} s.`, {
        cause: error,
      })
    throw explained(error, server.host, redaction)
  }
}

/** Who was refused, and why. */
function refusals(errors: readonly NodemailerError[], redaction: Redaction): string {
  return said(
    errors.map(({ recipient, message }) => `${recipient ?? '?'} (${message})`).join(', '),
    redaction,
  )
}

function said(text: string, redaction: Redaction): string {
  return redaction.text(text).slice(0, LONGEST_SAID)
}

/** Says it without what nodemailer knows besides, which may be the login. */
function explained(error: unknown, host: string, redaction: Redaction): unknown {
  if (!(error instanceof Error) || isPermanent(error)) return error
  const failure = new Error(`${host} did not take the e-mail: ${said(error.message, redaction)}`)
  const code = 'responseCode' in error ? Number(error.responseCode) : 0
  return code >= 500 ? markPermanent(failure) : failure
}
