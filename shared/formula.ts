/**
 * Whether a cell of a CSV file begins as spreadsheets take a formula to begin, also in the forms of East Asian scripts: with an
 * apostrophe before it, it is text.
 */
export function beginsFormula(cell: string): boolean {
  return /^[=+\-@\t\r\n＝＋－＠]/.test(cell)
}
