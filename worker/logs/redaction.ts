import { SHORTEST_SECRET, type Secret } from '../tasks/http/settings.ts'

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

/** What a secret looks like as it is, in a URL, in JSON and in Base64: who changes it otherwise is not noticed. */
function formsOf(value: string): string[] {
  const encoded = encodeURIComponent(value)
  const base64 = Buffer.from(value).toString('base64').replace(/=+$/, '')
  return [
    value,
    value.replace(/^whsec_/, ''),
    encoded,
    encoded.replace(/%[0-9A-F]{2}/g, (escape) => escape.toLowerCase()),
    encoded.replaceAll('%20', '+'),
    JSON.stringify(value).slice(1, -1),
    base64,
    base64.replaceAll('+', '-').replaceAll('/', '_'),
  ]
}

/** Makes it of all secrets of a worker: one that a request does not use may come back all the same. */
export function createRedaction(secrets: ReadonlyMap<string, Secret>): Redaction {
  const names = new Map(
    [...secrets].flatMap(([name, { value }]) =>
      formsOf(value)
        .filter((form) => form.length >= SHORTEST_SECRET)
        .map((form) => [form, name] as const),
    ),
  )
  const forms = [...names.keys()].sort((a, b) => b.length - a.length)
  const escaped = forms.map((form) => form.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
  const any = new RegExp(forms.length > 0 ? escaped.join('|') : '(?!)', 'g')

  function start(text: string, length: number): string {
    let kept = ''
    let at = 0
    for (const { 0: form, index } of text.matchAll(any)) {
      if (index >= length) break
      kept += `${text.slice(at, index)}{{secret:${names.get(form)}}}`
      at = index + form.length
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
    longest: Math.max(0, ...forms.map((form) => form.length)),
  }
  return redaction
}
