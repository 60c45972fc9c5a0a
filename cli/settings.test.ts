import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { readSettings } from './settings.ts'

test('an empty variable counts as unset', () => {
  const settings = readSettings({ DATABASE_URL: '', PORT: '', HOST: '', ALMANAC_DATA_DIR: '' })

  expect(settings).toMatchObject({
    databaseUrl: undefined,
    port: 5678,
    host: '127.0.0.1',
    dataDir: resolve('.almanac'),
  })
})

test.each([
  [{ PORT: 'http' }, 'PORT must be a whole number from 0 to 65535. It is "http".'],
  [{ PORT: '70000' }, 'PORT must be a whole number from 0 to 65535. It is "70000".'],
  [{ ALMANAC_CONCURRENCY: '0' }, 'ALMANAC_CONCURRENCY must be a whole number from 1 to 1000. It is "0".'],
  [
    { ALMANAC_SQL_CONNECTIONS: '0' },
    'ALMANAC_SQL_CONNECTIONS must be a whole number from 1 to 1000. It is "0".',
  ],
  [
    { DATABASE_URL: 'localhost/almanac' },
    'DATABASE_URL must be a URL of the form postgres://user:password@host:5432/database',
  ],
  [
    { ALMANAC_BUSY_LIMIT: '1' },
    'ALMANAC_BUSY_LIMIT must be a whole number of seconds from 2 to 86400. It is "1".',
  ],
  [{ ALMANAC_PUBLIC_URL: 'almanac.example.com' }, 'ALMANAC_PUBLIC_URL must be a URL of the form https://'],
  [{ DATABASE_URL: 'postgres://a:50%@db/almanac' }, 'write %25 for a % in a password'],
])('a wrong value is refused by the name of its variable: %j', (environment, message) => {
  expect(() => readSettings(environment)).toThrow(message)
})

test.each([
  'mysql://ann:secret@db/almanac',
  'postgres://ann:sec%ret@db/almanac',
  'postgres://ann:se@cret@db:x/almanac',
])('the password of a URL that is refused is not shown: %s', (url) => {
  expect(() => readSettings({ DATABASE_URL: url })).toThrow(/"\w+:\/\/ann:…@db/)
})
