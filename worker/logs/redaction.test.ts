import { expect, test } from 'vitest'
import { createRedaction } from './redaction.ts'

const SECRET = `s3cr3t/of+the&"shop"<42>\\é 🎉'`
const redaction = createRedaction(new Map([['SHOP', { value: SECRET }]]))
const json = JSON.stringify(SECRET).slice(1, -1)
const escapeAs = (pattern: RegExp, escape: (code: number, char: string) => string) =>
  json.replace(pattern, (char) => escape(char.codePointAt(0)!, char))
const unicode = (code: number) => `\\u${code.toString(16).padStart(4, '0')}`

test.each([
  ['as it is', SECRET],
  ['in a url', encodeURIComponent(SECRET)],
  [
    'in a url, in small letters',
    encodeURIComponent(SECRET).replace(/%../g, (escape) => escape.toLowerCase()),
  ],
  ['in a form', new URLSearchParams({ a: SECRET }).toString().slice(2)],
  ['in JSON', json],
  ['in JSON of PHP', json.replaceAll('/', '\\/')],
  ['in JSON of Go and Rails', escapeAs(/[<>&]/g, unicode)],
  ['in JSON with ASCII alone', escapeAs(/[\u0080-\uffff]/g, unicode)],
  [
    'in JSON of .NET',
    escapeAs(/[+&<>'\u0080-\uffff]/g, (code) => unicode(code).toUpperCase().replace('U', 'u')),
  ],
  ['in JSON in JSON', JSON.stringify(json).slice(1, -1)],
  ['in JSON of PHP in JSON', JSON.stringify(json.replaceAll('/', '\\/')).slice(1, -1)],
  [
    'in HTML',
    SECRET.replace(
      /[&<>"']/g,
      (char) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[char] ?? '&#39;',
    ),
  ],
  [
    'in HTML by numbers',
    SECRET.replace(/[^\w]/gu, (char) => `&#x${char.codePointAt(0)!.toString(16).toUpperCase()};`),
  ],
  ['in Base64', Buffer.from(SECRET).toString('base64')],
  ['in Base64 of a url', Buffer.from(SECRET).toString('base64url')],
  ['in Base64 in JSON of PHP', Buffer.from(SECRET).toString('base64').replaceAll('/', '\\/')],
  ['in hexadecimal', Buffer.from(SECRET).toString('hex')],
])('a secret is found %s', (_how, text) => {
  const kept = redaction.text(`before ${text} after`)

  expect(kept).toMatch(/^before \{\{secret:SHOP\}\}[=']{0,2} after$/)
})

test.each([1, 2, 3, 4])('a secret is found in Base64 after %i bytes and before more', (count) => {
  const text = Buffer.from(`${'x'.repeat(count)}${SECRET}yyy`).toString('base64')

  const kept = redaction.text(text)

  expect(kept).toContain('{{secret:SHOP}}')
  // What is left of it has bits of its neighbors.
  expect(kept.length).toBeLessThan(20 + '{{secret:SHOP}}'.length)
})

test('texts without a secret stay as they are, and each secret is replaced by its own name', () => {
  const two = createRedaction(
    new Map([
      ['ONE', { value: 'first one' }],
      ['LONG', { value: 'first one and more' }],
      ['KEY', { value: 'whsec_MfKQ9r8GKYqrTwjU' }],
    ]),
  )

  expect(two.text('first, one; {"a": "\\n"}')).toBe('first, one; {"a": "\\n"}')
  expect(two.text('a first one, and a first one and more')).toBe('a {{secret:ONE}}, and a {{secret:LONG}}')
  expect(two.text('v1 MfKQ9r8GKYqrTwjU, whsec_MfKQ9r8GKYqrTwjU')).toBe('v1 {{secret:KEY}}, {{secret:KEY}}')
  expect(two.value({ 'first one': ['first%20one', 7, null] })).toEqual({
    '{{secret:ONE}}': ['{{secret:ONE}}', 7, null],
  })
  expect(createRedaction(new Map()).text('anything')).toBe('anything')
})

test('of the first characters, none ends within a secret', () => {
  expect(redaction.start(`123456${SECRET} and more`, 10)).toBe('123456{{secret:SHOP}}')
  expect(redaction.longest).toBeGreaterThanOrEqual(SECRET.length)
})
