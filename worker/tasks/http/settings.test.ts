import { expect, test } from 'vitest'
import { readHttpSettings } from './settings.ts'

test('a secret has a name, a value and the hosts that it may be sent to', () => {
  const { secrets } = readHttpSettings({
    ALMANAC_SECRET_TOKEN: 'long enough',
    ALMANAC_SECRET_TOKEN_HOSTS: ' api.example.com, *.Example.org:8443, http://10.0.0.5:*, München.example, *',
    ALMANAC_SECRET_OTHER: 'nowhere to go',
    ALMANAC_SECRET_GREEN_HOSTS: 'a secret of that name',
    ALMANAC_SECRET_EMPTY: '',
  })

  expect([...secrets]).toEqual([
    [
      'TOKEN',
      {
        value: 'long enough',
        hosts: [
          { scheme: 'https', name: 'api.example.com', isBelow: false, port: '' },
          { scheme: 'https', name: 'example.org', isBelow: true, port: '8443' },
          { scheme: 'http', name: '10.0.0.5', isBelow: false, port: null },
          { scheme: 'https', name: 'xn--mnchen-3ya.example', isBelow: false, port: '' },
          { scheme: 'https', name: null, isBelow: false, port: '' },
        ],
      },
    ],
    ['OTHER', { value: 'nowhere to go', hosts: [] }],
    ['GREEN_HOSTS', { value: 'a secret of that name', hosts: [] }],
  ])
})

test.each([
  [
    { ALMANAC_SECRET_A: 'short' },
    'ALMANAC_SECRET_A must have at least 8 characters, and no leading or trailing spaces.',
  ],
  [{ ALMANAC_SECRET_A: 'long enough\n' }, 'ALMANAC_SECRET_A must have at least 8'],
  [
    { ALMANAC_SECRET_A: 'long enough', ALMANAC_SECRET_A_HOSTS: 'https://example.com/' },
    'ALMANAC_SECRET_A_HOSTS must list hosts: api.example.com, *.example.com, http://10.0.0.5:8080. "https://example.com/" is not one.',
  ],
  [{ ALMANAC_HTTP_ALLOW: '10.0.0.0/33' }, 'ALMANAC_HTTP_ALLOW must list addresses or ranges'],
  [{ ALMANAC_HTTP_ALLOW: 'localhost' }, '"localhost" is not one.'],
])('%j is refused, with what it should be', (environment, message) => {
  expect(() => readHttpSettings(environment)).toThrow(message)
})

test.each([
  '*.',
  'a.*',
  'me@example.com',
  'example.com:99999',
  '*.example.com:x',
  'ftp://example.com',
  'a b',
])('the host %s of a secret is refused', (hosts) => {
  expect(() => readHttpSettings({ ALMANAC_SECRET_A: 'long enough', ALMANAC_SECRET_A_HOSTS: hosts })).toThrow(
    `"${hosts}" is not one.`,
  )
})
