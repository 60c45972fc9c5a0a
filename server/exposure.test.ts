import { describe, expect, it } from 'vitest'
import { useTestDatabase } from '../tests/database/useTestDatabase.ts'
import { checkExposure, isLoopback } from './exposure.ts'
import { newLink, redeem, startTestServer } from './testing/client.ts'

describe('before anyone was given a sign-in link', () => {
  const db = useTestDatabase({ each: true })

  it.each(['0.0.0.0', '::'])('the server refuses to answer at %s, and says what to do', async (host) => {
    await expect(startTestServer(db, { host })).rejects.toThrow(/HOST .* "npx almanac login-link"/)
  })

  it('it answers on this machine; anywhere while a link is good, and for good once one was used', async () => {
    const server = await startTestServer(db)
    await newLink(db, server)
    await server.close()

    await checkExposure((text, values) => db.query(text, values), '0.0.0.0')
    await db.query(`update almanac_private.login_tokens set expires_at = now()`)
    await expect(startTestServer(db, { host: '0.0.0.0' })).rejects.toThrow('sign-in is not set up')

    const used = await startTestServer(db)
    await redeem(used, await newLink(db, used))
    await used.close()
    await db.query('delete from almanac_private.login_tokens; delete from almanac_private.sessions')
    await (await startTestServer(db, { host: '0.0.0.0' })).close()
  })
})

it.each([
  ['127.0.0.1', true],
  ['127.1.2.3', true],
  ['localhost', true],
  ['::1', true],
  ['0.0.0.0', false],
  ['::', false],
  ['', false],
  ['192.168.1.5', false],
  ['127.0.0.1.evil.example', false],
])('%s is of this machine only: %s', (host, expected) => {
  expect(isLoopback(host)).toBe(expected)
})
