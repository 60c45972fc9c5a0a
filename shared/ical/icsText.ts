import { IcsError } from './icsError.ts'

/** A line of a calendar file: a name, parameters by their names in capitals, a value. */
export interface IcsProperty {
  name: string
  params: ReadonlyMap<string, string>
  value: string
}

/** What stands between BEGIN and END. */
export interface IcsComponent {
  name: string
  /** Where it begins in the file, from 1. */
  line: number
  properties: IcsProperty[]
  components: IcsComponent[]
  /** Lines that are not properties, by how they begin: one of them does not make a calendar unreadable. */
  unreadable: string[]
  /** Its END was found. */
  isWhole: boolean
}

const longest = 10_000_000
const deepest = 10

/** The bytes of a file as text: UTF-8, UTF-16 with its mark, or else what Windows writes in the west. */
export function decodeIcs(bytes: Uint8Array): string {
  const [first, second] = bytes
  if (first === 0xff && second === 0xfe) return new TextDecoder('utf-16le').decode(bytes)
  if (first === 0xfe && second === 0xff) return new TextDecoder('utf-16be').decode(bytes)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return new TextDecoder('windows-1252').decode(bytes)
  }
}

/** The calendars of a file (RFC 5545, 3.1). */
export function parseIcs(text: string): IcsComponent[] {
  if (text.length > longest)
    throw new IcsError(`The file has more than ${longest / 1_000_000} million characters.`)
  if (!/^\uFEFF?\s*BEGIN:(VCALENDAR|VEVENT)\b/i.test(text))
    throw new IcsError('This is not a calendar file: it does not begin with BEGIN:VCALENDAR.')
  const root = newComponent('', 0)
  let open = [root]
  for (const [line, content] of unfolded(text)) {
    const property = parseLine(content)
    const current = open.at(-1) ?? root
    if (property === null) {
      const [word = ''] = /^[\w-]*/.exec(content) ?? []
      current.unreadable.push(word.toUpperCase())
    } else if (property.name === 'BEGIN') {
      const begun = newComponent(property.value.trim().toUpperCase(), line)
      // What was not ended ends where its like begins.
      const like = open.findLastIndex(({ name }) => name === begun.name)
      if (like > 0) open = open.slice(0, like)
      if (open.length > deepest) throw new IcsError(`In line ${line} parts are nested too deeply.`)
      open.at(-1)?.components.push(begun)
      open.push(begun)
    } else if (property.name === 'END') {
      const ended = open.findLastIndex(({ name }) => name === property.value.trim().toUpperCase())
      const component = open[ended]
      if (ended > 0 && component) {
        component.isWhole = true
        open = open.slice(0, ended)
      }
    } else {
      current.properties.push(property)
    }
  }
  const calendars = root.components.filter(({ name }) => name === 'VCALENDAR')
  const isBare = root.components.some(({ name }) => name === 'VEVENT')
  return isBare ? [...calendars, { ...root, name: 'VCALENDAR' }] : calendars
}

function newComponent(name: string, line: number): IcsComponent {
  return { name, line, properties: [], components: [], unreadable: [], isWhole: false }
}

/** Lines with their numbers; those that begin with a space go on the one before. */
function unfolded(text: string): (readonly [number, string])[] {
  const lines: [number, string][] = []
  for (const [index, line] of text
    .replace(/^\uFEFF?\s*/, '')
    .split(/\r\n|\n|\r/)
    .entries()) {
    const last = lines.at(-1)
    if (/^[ \t]/.test(line) && last) last[1] += line.slice(1)
    else if (line.trim() !== '') lines.push([index + 1, line])
  }
  return lines
}

/** NAME;PARAM="a:b";OTHER=c:value */
function parseLine(line: string): IcsProperty | null {
  const name = /^[\w-]+/.exec(line)?.[0]
  if (name === undefined) return null
  const params = new Map<string, string>()
  let rest = line.slice(name.length)
  while (rest.startsWith(';')) {
    const found = /^;\s*([\w-]*)\s*=?((?:"[^"]*"|:\/\/|[^";:])*)/.exec(rest)
    if (found === null) return null
    params.set((found[1] ?? '').toUpperCase(), (found[2] ?? '').replaceAll('"', '').trim())
    rest = rest.slice(found[0].length)
  }
  return rest.startsWith(':') ? { name: name.toUpperCase(), params, value: rest.slice(1).trim() } : null
}

/** A text value without its escapes; null if it is missing or empty. */
export function textOf(component: IcsComponent, name: string): string | null {
  const value = component.properties.find((property) => property.name === name)?.value
  const text = value
    ?.replace(/\\([nN,;\\])/g, (_, escaped: string) => (/n/i.test(escaped) ? ' ' : escaped))
    .trim()
  return text === undefined || text === '' ? null : text
}

/** A component as lines again, with these properties and parts only. */
export function printIcs(component: IcsComponent, properties: readonly string[]): string {
  const lines = component.properties
    .filter(({ name }) => properties.includes(name))
    .map(({ name, params, value }) => {
      const written = [...params].map(([key, text]) => `;${key}="${text}"`).join('')
      return `${name}${written}:${value}`
    })
  const parts = component.components.map((part) => printIcs(part, properties))
  return [`BEGIN:${component.name}`, ...lines, ...parts, `END:${component.name}`].join('\r\n')
}
