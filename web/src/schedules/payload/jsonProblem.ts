/** Where a text stops being JSON, as far as the browser tells. */
function placeOf(error: unknown, text: string): string {
  const at = error instanceof Error ? /position (\d+)/.exec(error.message)?.[1] : undefined
  if (at === undefined) return ''
  const before = text.slice(0, Number(at)).split('\n')
  return ` at line ${before.length}, character ${(before.at(-1)?.length ?? 0) + 1}`
}

/** Why a text is not JSON, whatever browser reads it. */
export function jsonProblem(error: unknown, text: string): string {
  return `Not valid JSON${placeOf(error, text)}. Names and texts are in double quotes: {"to": "ann@example.com"}.`
}
