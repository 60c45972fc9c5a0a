/** What may stand for a character in HTML by a name. */
const ENTITIES: Readonly<Record<string, string>> = {
  '&': 'amp',
  '<': 'lt',
  '>': 'gt',
  '"': 'quot',
  "'": 'apos',
  '/': 'sol',
  '+': 'plus',
  '=': 'equals',
  ':': 'colon',
  '@': 'commat',
}
/** Characters of the longest thing that stands for one. */
const LONGEST_ESCAPE = 16
/** How often a text within a text within a text has its backslashes doubled: no more, so that looking stays linear. */
const BACKSLASHES = '\\\\{1,8}'

/**
 * The source of an expression that finds a text however it was escaped on its way: percent-encoded, in JSON as any of its
 * writers has it, or in HTML. Letters and digits are escaped by no one.
 */
export function escapedPattern(text: string): string {
  return [...text].map(patternOf).join('')
}

/** Characters of the longest text that it finds. */
export function escapedLength(text: string): number {
  return [...text].reduce((sum, char) => sum + (isPlain(char) ? 1 : LONGEST_ESCAPE), 0)
}

/** The longest part of a text that is the same in all that it finds. */
export function longestPlain(text: string): string {
  return text
    .split(/[^A-Za-z0-9]+/)
    .reduce((longest, part) => (part.length > longest.length ? part : longest), '')
}

function isPlain(char: string): boolean {
  return /^[A-Za-z0-9]$/.test(char)
}

function patternOf(char: string): string {
  if (isPlain(char)) return char
  const literal = char.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')
  const code = char.codePointAt(0)!
  const entity = ENTITIES[char]
  const ways = [
    char === '\\' ? BACKSLASHES : `(?:${BACKSLASHES})?${literal}`,
    [...Buffer.from(char)].map((byte) => `%${anyCase(hex(byte, 2))}`).join(''),
    `${BACKSLASHES}u${char.length === 1 ? anyCase(hex(code, 4)) : surrogates(char)}`,
    `&#(?:0{0,4}${code}|[xX]0{0,4}${anyCase(hex(code, 1))});`,
    ...(entity === undefined ? [] : [`&${entity};`]),
    ...(char === ' ' ? ['\\+'] : []),
  ]
  return `(?:${ways.join('|')})`
}

function surrogates(char: string): string {
  return [0, 1].map((at) => anyCase(hex(char.charCodeAt(at), 4))).join(`${BACKSLASHES}u`)
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0')
}

function anyCase(digits: string): string {
  return digits.replace(/[a-f]/g, (letter) => `[${letter}${letter.toUpperCase()}]`)
}
