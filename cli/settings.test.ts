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
  [{ PORT: 'http' }, 'PORT is not a number.'],
  [{ PORT: '70000' }, 'PORT is not a port: it is above 65535.'],
  [{ ALMANAC_CONCURRENCY: '0' }, 'ALMANAC_CONCURRENCY must be at least 1.'],
  [{ ALMANAC_SQL_CONNECTIONS: '0' }, 'ALMANAC_SQL_CONNECTIONS must be at least 1.'],
  [
    { DATABASE_URL: 'localhost/almanac' },
    'DATABASE_URL is not a URL of the form postgres://user:password@host:5432/database',
  ],
])('a wrong value is refused by the name of its variable: %j', (environment, message) => {
  expect(() => readSettings(environment)).toThrow(message)
})
