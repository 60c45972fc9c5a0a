import * as v from 'valibot'
import { markPermanent } from '../../runs/permanent.ts'
import type { Redaction } from '../../logs/redaction.ts'
import type { Run, RunHelpers, RunTask } from '../../run.ts'
import { emailFill, Envelope, readEnvelope, requireSettings } from '../email/message.ts'
import { sendEmail } from '../email/send.ts'
import type { EmailSettings } from '../email/settings.ts'
import type { SendRequest } from '../http/http.ts'
import type { WithSqlSession } from '../sqlSession.ts'
import { noteTo } from '../sqlStatement.ts'
import { MOST_BYTES, summaryOf, writeDocument, type Document } from './document.ts'
import { readTable } from './table.ts'

const DEFAULT_ROWS = 10_000

/** The database checks a payload by the schema of the task when it is written; this only tells TypeScript what it is. */
const Payload = v.object({
  statement: v.string(),
  format: v.picklist(['csv', 'json', 'html']),
  email: v.optional(
    v.object({ ...Envelope, text: v.optional(v.string(), ''), filename: v.optional(v.string()) }),
  ),
  request: v.optional(v.record(v.string(), v.unknown())),
  max_rows: v.optional(v.number(), DEFAULT_ROWS),
  when_empty: v.optional(v.picklist(['send', 'skip']), 'send'),
})
type Report = v.InferOutput<typeof Payload>

/** Where a report goes, by what is known before its statement runs. */
interface Destination {
  /** What stands over the rows, for people. */
  readonly title: string
  readonly introduction: string
  send(document: Document): Promise<object>
}

interface Means {
  readonly withSession: WithSqlSession
  readonly email: EmailSettings | null
  readonly sendRequest: SendRequest
  readonly redaction: Redaction
}

/**
 * The task `almanac:report`: sends the rows of a statement by e-mail or to a URL. What it may say is in docs/tasks.md. What cannot be
 * sent is refused before the statement runs.
 */
export function createReportTask(means: Means): RunTask {
  return async (payload, helpers) => {
    const report = readReport(payload)
    const destination = report.email
      ? byEmail(report.email, report, helpers, means)
      : byRequest(report.request ?? {}, helpers, means)
    const limits = { mostRows: report.max_rows, mostBytes: MOST_BYTES }
    const table = await means.withSession(helpers, (client) =>
      readTable(client, report.statement, limits, noteTo(helpers.logger)),
    )
    if (table.rows.length === 0 && report.when_empty === 'skip') return { rows: 0, is_sent: false }
    const document = await writeDocument(table, report.format, destination)
    helpers.abortSignal.throwIfAborted()
    if (document.isCut) helpers.logger.warn(`The report is cut. ${summaryOf(document)}`)
    return {
      rows: document.rows,
      ...(document.isCut && { is_cut: true }),
      bytes: Buffer.byteLength(document.text),
      is_sent: true,
      ...(await destination.send(document)),
    }
  }
}

function readReport(payload: unknown): Report {
  const read = v.safeParse(Payload, payload)
  if (!read.success) throw wrong(`The payload of almanac:report is invalid: ${read.issues[0].message}.`)
  const { email, request } = read.output
  if ((email === undefined) === (request === undefined))
    throw wrong('The report needs either an "email" or a "request" to be sent by.')
  return read.output
}

function byEmail(
  { text, filename, ...given }: NonNullable<Report['email']>,
  { format }: Report,
  { run, abortSignal }: RunHelpers,
  { email, redaction }: Means,
): Destination {
  const settings = requireSettings(email)
  const envelope = readEnvelope(given, run, settings)
  const introduction = emailFill(run)(text).trim()
  return {
    title: envelope.subject,
    introduction,
    async send(document) {
      const file = fileName(filename, format, run)
      const where = format === 'html' ? summaryOf(document) : `${file}: ${summaryOf(document)}`
      const message = {
        ...envelope,
        text: `${introduction === '' ? '' : `${introduction}\n\n`}${where}\n`,
        ...(format === 'html'
          ? { html: document.text }
          : {
              attachments: [
                { filename: file, contentType: document.contentType, content: fileOf(document, format) },
              ],
            }),
      }
      return { email: await sendEmail(message, settings, { redaction, abortSignal }) }
    },
  }
}

function byRequest(request: object, helpers: RunHelpers, { sendRequest }: Means): Destination {
  const bodyOf = ({ text, contentType, rows, isCut }: Document) => ({
    text,
    contentType,
    headers: { 'almanac-report-rows': String(rows), ...(isCut && { 'almanac-report-cut': 'true' }) },
  })
  sendRequest.check(request, helpers.run)
  return {
    title: 'Report',
    introduction: '',
    send: async (document) => ({ response: await sendRequest.send(request, helpers, bodyOf(document)) }),
  }
}

/** Spreadsheets take a file without a mark for one in the code page of their machine. */
function fileOf({ text }: Document, format: Report['format']): string {
  return format === 'csv' ? `\ufeff${text}` : text
}

function fileName(given: string | undefined, format: Report['format'], run: Run): string {
  const name = given ?? `report-${new Date(run.scheduledFor).toISOString().slice(0, 10)}`
  return name.toLowerCase().endsWith(`.${format}`) ? name : `${name}.${format}`
}

function wrong(message: string): Error {
  return markPermanent(new Error(message))
}
