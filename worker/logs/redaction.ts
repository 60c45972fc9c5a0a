import { SHORTEST_SECRET } from '../tasks/http/settings.ts'
import { escapedLength, escapedPattern, longestPlain } from './secretPattern.ts'

/** A text that no one may read, and the name that stands in its place. */
export type NamedSecret = readonly [name: string, secret: { readonly value: string }]

/** Takes the secrets of a worker out of what comes back to it. */
export interface Redaction {
  /** The text, with the name of each secret in its place. */
  text(text: string): string
  /** The same of the first characters, where one may begin before their end. */
  start(text: string, length: number): string
  /** The same of all texts and keys in a JSON value. */
  value(value: unknown): unknown
  /** Characters of the longest form of a secret. */
  readonly longest: number
}

/** What a secret looks like as it is, and where others have encoded it, alone or within more: who changes it otherwise is not noticed. */
function formsOf(value: string): string[] {
  const hex = Buffer.from(value).toString('hex')
  const base64 = [Buffer.from(value).toString('base64').replace(/=+$/, ''), ...base64Parts(value)]
  return [
    value,
    value.replace(/^whsec_/, ''),
    ...base64,
    ...base64.map((form) => form.replaceAll('+', '-').replaceAll('/', '_')),
    hex,
    hex.toUpperCase(),
  ].filter((form) => form.length >= SHORTEST_SECRET)
}

/** In Base64, what is in the middle of a text depends on how many bytes are before it: of each of the three, what is always the same. */
function base64Parts(value: string): string[] {
  const bytes = Buffer.from(value)
  return [0, 1, 2].map((before) => {
    const length = before + bytes.length
    return Buffer.concat([Buffer.alloc(before), bytes])
      .toString('base64')
      .slice(Math.ceil((before * 8) / 6), Math.floor((length * 8) / 6))
  })
}

/** What no one escapes is looked for first, as most texts hold no secret: shorter than this, it is found too often. */
const SHORTEST_HINT = 3

/** Makes it of all secrets of a worker: one that a request does not use may come back all the same. */
export function createRedaction(secrets: Iterable<NamedSecret>): Redaction {
  const found = [...secrets]
    .map(([name, { value }]) => ({ name, forms: [...new Set(formsOf(value))].sort(longestFirst) }))
    .sort((one, other) => longestFirst(one.forms[0] ?? '', other.forms[0] ?? ''))
  const source = found.map(({ forms }) => `(${forms.map(escapedPattern).join('|')})`).join('|')
  const any = new RegExp(source === '' ? '(?!)' : source, 'g')

  const hints = found.flatMap(({ forms }) => forms.map(longestPlain))
  const mayHold = hints.every((hint) => hint.length >= SHORTEST_HINT) ? new RegExp(hints.join('|')) : any

  function start(text: string, length: number): string {
    if (mayHold !== any && !mayHold.test(text)) return text.slice(0, length)
    let kept = ''
    let at = 0
    for (const match of text.matchAll(any)) {
      if (match.index >= length) break
      const nth = match.findIndex((group, index) => index > 0 && group !== undefined)
      kept += `${text.slice(at, match.index)}{{secret:${found[nth - 1]!.name}}}`
      at = match.index + match[0].length
    }
    return kept + text.slice(at, Math.max(at, length))
  }

  const redaction: Redaction = {
    text: (text) => start(text, text.length),
    start,
    value(value) {
      if (typeof value === 'string') return redaction.text(value)
      if (Array.isArray(value)) return value.map((part) => redaction.value(part))
      if (typeof value !== 'object' || value === null) return value
      return Object.fromEntries(
        Object.entries(value).map(([key, part]) => [redaction.text(key), redaction.value(part)]),
      )
    },
    longest: Math.max(0, ...found.flatMap(({ forms }) => forms.map(escapedLength))),
  }
  return redaction
}

function longestFirst(one: string, other: string): number {
  return other.length - one.length
}
