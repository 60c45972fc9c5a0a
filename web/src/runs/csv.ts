import { beginsFormula } from '../../../shared/formula.ts'

type Cell = string | number | null

/** A cell of a CSV file. What a spreadsheet would take for a formula begins with an apostrophe, which makes it text. */
function csvCell(value: Cell): string {
  if (value === null) return ''
  const text = typeof value === 'string' && beginsFormula(value) ? `'${value}` : String(value)
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/** Rows as a CSV file (RFC 4180), with a line of names. */
export function csvText(names: readonly string[], rows: readonly (readonly Cell[])[]): string {
  return [names, ...rows].map((row) => `${row.map(csvCell).join(',')}\r\n`).join('')
}
