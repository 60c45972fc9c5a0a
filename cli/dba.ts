/** What to say when the migrating login lacks a right: all that a DBA has to run, at once. */
export function dbaError(statements: string | readonly string[], cause?: unknown): Error {
  const lines = [statements].flat().map((statement) => `  ${statement};\n`)
  return new Error(
    `The migrating login lacks a right. Ask a DBA to run this, then migrate again:\n\n${lines.join('')}`,
    { cause },
  )
}

export function isRefused(error: unknown): boolean {
  return hasCode(error, '42501')
}

export function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
