/** The row that an address names; no row has the id 0, which stands for what is not an id. */
export function namedRow(text: string | undefined): string {
  return text !== undefined && /^[1-9]\d{0,17}$/.test(text) ? text : '0'
}
