import { setImmediate as nextTurn } from 'node:timers/promises'
import { stringify } from 'csv-stringify/sync'
import { types } from 'pg'
import { beginsFormula } from '../../../shared/formula.ts'
import { markPermanent } from '../../runs/permanent.ts'
import type { Column, Table } from './table.ts'

/** How rows are written. */
export type Format = 'csv' | 'json' | 'html'

/** Rows as a file. */
export interface Document {
  readonly text: string
  readonly contentType: string
  readonly rows: number
  /** Whether there were more rows than it has. */
  readonly isCut: boolean
}

const CONTENT_TYPES: Readonly<Record<Format, string>> = {
  csv: 'text/csv; charset=utf-8',
  json: 'application/json',
  html: 'text/html; charset=utf-8',
}
/** Bytes of a document. Many mail servers take 10 MB, of which an attachment uses four for each three. */
export const MOST_BYTES = 5 * 1024 ** 2
/** Rows that are written in one turn of the event loop. */
const ROWS_A_TURN = 200

/** What writes a document, part by part. */
interface Writer {
  readonly start: string
  row(cells: readonly (string | null)[], nth: number): string
  end(summary: string): string
}

/** What stands over the rows of a document for people. */
interface Heading {
  readonly title: string
  readonly introduction: string
}

/** Writes rows as far as they fit into a document. */
export async function writeDocument(
  { columns, rows, isCut }: Table,
  format: Format,
  heading: Heading,
): Promise<Document> {
  const writer = WRITERS[format](columns, heading)
  const parts = [writer.start]
  let bytes = Buffer.byteLength(writer.start)
  let count = 0
  for (const cells of rows) {
    if (count % ROWS_A_TURN === 0) await nextTurn()
    const part = writer.row(cells, count)
    bytes += Buffer.byteLength(part)
    if (bytes > MOST_BYTES) break
    parts.push(part)
    count++
  }
  const size = { rows: count, isCut: isCut || count < rows.length }
  parts.push(writer.end(summaryOf(size)))
  return { text: parts.join(''), contentType: CONTENT_TYPES[format], ...size }
}

/** How many rows there are, for people. */
export function summaryOf({ rows, isCut }: Pick<Document, 'rows' | 'isCut'>): string {
  const count = `${rows.toLocaleString('en')} row${rows === 1 ? '' : 's'}`
  return isCut ? `The first ${count}; there are more.` : `${count}.`
}

const WRITERS: Readonly<Record<Format, (columns: readonly Column[], heading: Heading) => Writer>> = {
  csv: (columns) => {
    const line = (cells: readonly (string | null)[]) =>
      stringify([cells.map((cell) => (cell === null ? null : withoutFormula(cell)))], {
        record_delimiter: 'windows',
        // A line break of any kind as well, and an empty text, which null is not.
        quoted_match: /^$|^ | $|[\t\r\n]/,
      })
    return { start: line(columns.map(({ name }) => name)), row: line, end: () => '' }
  },
  json: (columns) => {
    const names = columns.map(({ name }) => name)
    const twice = names.find((name, nth) => names.indexOf(name) !== nth)
    if (twice !== undefined)
      throw markPermanent(
        new Error(
          `Two columns of the report are called "${twice}", which a JSON object cannot have. Name them: select … as …`,
        ),
      )
    const keys = names.map((name) => JSON.stringify(name))
    return {
      start: '[',
      row: (cells, nth) =>
        `${nth === 0 ? '' : ','}\n{${cells.map((cell, at) => `${keys[at]}:${jsonOf(cell, columns[at]!.type)}`).join(',')}}`,
      end: () => '\n]\n',
    }
  },
  html: (columns, { title, introduction }) => {
    const isNumber = columns.map(({ type }) => NUMBERS.has(type))
    return {
      start: `<!doctype html>\n<html><head><meta charset="utf-8"><title>${escaped(title)}</title></head><body>\n${introduction === '' ? '' : `<p style="white-space: pre-line">${escaped(introduction)}</p>\n`}<table border="1" cellpadding="4" style="border-collapse: collapse; font-family: sans-serif">\n<thead><tr>${columns.map(({ name }) => `<th>${escaped(name)}</th>`).join('')}</tr></thead>\n<tbody>\n`,
      row: (cells) =>
        `<tr>${cells.map((cell, at) => `<td${isNumber[at] ? ' align="right"' : ''}>${escaped(cell ?? '')}</td>`).join('')}</tr>\n`,
      end: (summary) => `</tbody>\n</table>\n<p>${escaped(summary)}</p>\n</body></html>\n`,
    }
  },
}

const {
  BOOL,
  INT2,
  INT4,
  INT8,
  NUMERIC,
  FLOAT4,
  FLOAT8,
  JSON: JSON_TYPE,
  JSONB,
}: Readonly<Record<keyof typeof types.builtins, number>> = types.builtins
const NUMBERS = new Set([INT2, INT4, INT8, NUMERIC, FLOAT4, FLOAT8])
/** Numbers that JSON's readers keep as they are: others lose digits in many of them. */
const JSON_NUMBERS = new Set([INT2, INT4, FLOAT4, FLOAT8])
const PLAIN_NUMBER = /^[-+]?\d+(\.\d+)?(e[-+]?\d+)?$/i

/** JSON's own types as such, all else as the text that PostgreSQL writes. */
function jsonOf(cell: string | null, type: number): string {
  if (cell === null) return 'null'
  if (type === BOOL) return cell === 't' ? 'true' : 'false'
  if (type === JSON_TYPE || type === JSONB) return cell
  return JSON_NUMBERS.has(type) && PLAIN_NUMBER.test(cell) ? cell : JSON.stringify(cell)
}

/** A text that a spreadsheet would run is one that it shows; a number is none. */
function withoutFormula(cell: string): string {
  return beginsFormula(cell) && !PLAIN_NUMBER.test(cell) ? `'${cell}` : cell
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character]!)
}
