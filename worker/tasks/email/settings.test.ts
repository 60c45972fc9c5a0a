import { expect, test } from 'vitest'
import { isAddress, isAllowed, readEmailSettings } from './settings.ts'

const FROM = 'almanac@example.com'
const read = (url: string, allow = '') =>
  readEmailSettings({
    ALMANAC_EMAIL_URL: url,
    ALMANAC_EMAIL_FROM: `Almanac <${FROM}>`,
    ALMANAC_EMAIL_ALLOW: allow,
  })!

test('without a server no e-mail is sent', () => {
  expect(readEmailSettings({ ALMANAC_EMAIL_FROM: FROM })).toBeNull()
  expect(readEmailSettings({ ALMANAC_EMAIL_URL: '' })).toBeNull()
})

test.each([
  ['smtp://mail.example.com', { host: 'mail.example.com', port: 587, tls: 'starttls', login: null }],
  ['smtps://mail.example.com', { host: 'mail.example.com', port: 465, tls: 'implicit', login: null }],
  ['smtp://10.0.0.5:25?tls=off', { host: '10.0.0.5', port: 25, tls: 'off', login: null }],
  ['smtp://[::1]:2525/?tls=off', { host: '::1', port: 2525, tls: 'off', login: null }],
  [
    'smtp://ann%40example.com:p%40ss%2Fw%C3%B6rd@mail.example.com:2587',
    {
      host: 'mail.example.com',
      port: 2587,
      tls: 'starttls',
      login: { user: 'ann@example.com', password: 'p@ss/wörd' },
    },
  ],
])('%s is read', (url, server) => {
  expect(read(url).server).toEqual(server)
})

test.each([
  'mail.example.com',
  'http://mail.example.com',
  'smtp://',
  'smtp://mail.example.com/inbox',
  'smtp://mail.example.com?tls=maybe',
  'smtp://mail.example.com?secure=false',
  'smtps://mail.example.com?tls=off',
  'smtp://user:s3cr3t@mail.example.com?tls=off',
  'smtp://user:s3cr3t%@mail.example.com',
])('%s is refused, and not shown', (url) => {
  expect(() => read(url)).toThrow(/^ALMANAC_EMAIL_URL /)
  expect(() => read(url)).not.toThrow(/s3cr3t/)
})

test.each([
  ['almanac@example.com', { name: '', address: 'almanac@example.com' }],
  ['Almanac <almanac@example.com>', { name: 'Almanac', address: 'almanac@example.com' }],
  ['"Jobs, nightly" <jobs@example.com>', { name: 'Jobs, nightly', address: 'jobs@example.com' }],
])('the sender %s is read', (text, from) => {
  expect(readEmailSettings({ ALMANAC_EMAIL_URL: 'smtp://a', ALMANAC_EMAIL_FROM: text })!.from).toEqual(from)
})

test.each(['', 'almanac', 'a@b.c, d@e.f', 'Almanac <a@b.c> <d@e.f>', 'A\r\nBcc: d@e.f <a@b.c>'])(
  'the sender %j is refused',
  (text) => {
    expect(() => readEmailSettings({ ALMANAC_EMAIL_URL: 'smtp://a', ALMANAC_EMAIL_FROM: text })).toThrow(
      /^ALMANAC_EMAIL_FROM must be an address/,
    )
  },
)

test.each([
  ['', 'ann@example.com', false],
  ['*', 'ann@anywhere.example', true],
  ['*@example.com', 'ann@example.com', true],
  ['*@example.com', 'ann@EXAMPLE.com', true],
  ['*@example.com', 'ann@sub.example.com', false],
  ['*@example.com', 'ann@notexample.com', false],
  ['*@*.example.com', 'ann@sub.example.com', true],
  ['*@*.example.com', 'ann@example.com', false],
  ['*@*.example.com', 'ann@notexample.com', false],
  ['bob@example.org, Ann@example.com', 'ann@example.com', true],
  ['ann@example.com', 'bob@example.com', false],
  ['*@münchen.example', 'ann@xn--mnchen-3ya.example', true],
])('with %j, %s may be written to: %s', (allow, address, may) => {
  expect(isAllowed(address, read('smtp://a', allow))).toBe(may)
})

test.each(['ann', 'ann@', '@example.com', '*@', '*@*', 'a b@example.com', '*@*.', '**', 'ann@example.com;'])(
  'the recipients %j are refused',
  (allow) => {
    expect(() => read('smtp://a', allow)).toThrow(/^ALMANAC_EMAIL_ALLOW must list addresses/)
  },
)

test.each([
  ['ann@example.com', true],
  ["o'brien+jobs@sub.example.com", true],
  ['jörg@münchen.example', true],
  ['ann', false],
  ['ann@exa mple.com', false],
  ['ann@example.com, bob@example.com', false],
  ['ann@example.com\r\nBcc: bob@example.com', false],
  ['Ann <ann@example.com>', false],
  ['"ann"@example.com', false],
  ['ann@example.com>', false],
  ['@one,@two:ann@example.com', false],
  [`${'a'.repeat(65)}@example.com`, false],
])('%j is one address: %s', (text, is) => {
  expect(isAddress(text)).toBe(is)
})
