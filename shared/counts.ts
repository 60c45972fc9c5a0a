/** The server counts no more rows of a table than this; one more than it means that there are more. */
export const MOST_COUNTED = 10_000

/** How many rows there are: "1,234", or "10,000+" where no more were counted. */
export function countedRows(count: number): string {
  const shown = Math.min(count, MOST_COUNTED).toLocaleString('en-GB')
  return count > MOST_COUNTED ? `${shown}+` : shown
}

/** Rows of a page: the server gives no more, and the client keeps no more of a window. */
export const MOST_ROWS = 5_000
