import { beforeEach, expect, test } from 'vitest'
import { startTestServer } from '../server/testing/client.ts'
import { useTestDatabase } from '../tests/database/useTestDatabase.ts'
import { findServer } from './loginLink.ts'
import { readSettings } from './settings.ts'

const db = useTestDatabase()
beforeEach(() => db.query(`delete from almanac_private.settings where key = 'server'`))

const find = (environment: Record<string, string> = {}) =>
  findServer((text) => db.query(text), readSettings(environment))

test('a link leads to the server that started last, whatever its port', async () => {
  await (await startTestServer(db)).close()
  const server = await startTestServer(db)
  await server.close()

  expect(await find()).toBe(server.url)
})

test('a server that waits for sign-in to be set up has said where it will be', async () => {
  await expect(startTestServer(db, { host: '0.0.0.0', port: 6001 })).rejects.toThrow('sign-in is not set up')

  expect(await find()).toBe('http://localhost:6001')
})

test('a server behind a proxy is found by its public address', async () => {
  await (await startTestServer(db, { publicUrl: 'https://almanac.example.com' })).close()

  expect(await find()).toBe('https://almanac.example.com')
})

test.each([
  [{ PORT: '6002' }, 'http://127.0.0.1:6002'],
  [{ HOST: '::' }, 'http://localhost:5678'],
  [{ ALMANAC_PUBLIC_URL: 'https://almanac.example.com/' }, 'https://almanac.example.com'],
])('%j wins over what a server said', async (environment, url) => {
  await (await startTestServer(db)).close()

  expect(await find(environment)).toBe(url)
})

test('port 0, which has one chosen, is not a port to link to', async () => {
  const server = await startTestServer(db)
  await server.close()

  expect(await find({ PORT: '0' })).toBe(server.url)
})

test('without a server it leads to where one listens by default', async () => {
  expect(await find()).toBe('http://127.0.0.1:5678')
})

test('the server of the database that this is a copy of does not count', async () => {
  await (await startTestServer(db)).close()

  await db.query(
    `update almanac_private.settings set value = jsonb_set(value, '{place,system_identifier}', '1') where key = 'server'`,
  )

  expect(await find()).toBe('http://127.0.0.1:5678')
})
