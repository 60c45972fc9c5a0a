/** Longest result kept, in characters of JSON. */
const LONGEST = 65_536
/** Longest error kept, in characters. */
const LONGEST_ERROR = 16_384

/** What a task returned, as JSON that PostgreSQL takes; `null`: nothing. Throws for what JSON cannot hold. */
export function resultJson(value: unknown): string | null {
  if (value === undefined || value === null) return null
  const text = JSON.stringify(value, (_key, part: unknown) => storable(part)) as string | undefined
  if (text === undefined) return null
  if (text.length > LONGEST)
    return JSON.stringify({ omitted: `The result has ${text.length} characters; up to ${LONGEST} are kept.` })
  return text
}

/** An error text that PostgreSQL takes. */
export function errorText(text: string): string {
  const clean = cleanString(text)
  return clean.length > LONGEST_ERROR ? `${clean.slice(0, LONGEST_ERROR)}…` : clean
}

function storable(part: unknown): unknown {
  if (typeof part === 'string') return cleanString(part)
  if (typeof part === 'bigint') return part.toString()
  if (typeof part !== 'object' || part === null || Array.isArray(part)) return part
  const keys = Object.keys(part)
  if (keys.every((key) => cleanString(key) === key)) return part
  return Object.fromEntries(Object.entries(part).map(([key, value]) => [cleanString(key), value as unknown]))
}

/** Whether PostgreSQL takes a text as it is, and it is no longer than what is kept of one. */
export function isStorable(text: string): boolean {
  return text.length <= LONGEST_ERROR && cleanString(text) === text
}

/** PostgreSQL's text holds neither NUL nor half a surrogate pair. */
function cleanString(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\uFFFD')
}
