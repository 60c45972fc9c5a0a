import { afterAll, beforeAll, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { newLink, signInBy, socketUrl } from '../../server/testing/client.ts'
import { useTestDatabase } from '../database/useTestDatabase.ts'
import { runAlmanac, type Almanac } from '../start/almanac.ts'

/** What a server logs of errors in five minutes. */
const MOST_MESSAGES = 300

const db = useTestDatabase()
let server: Almanac
let viewer: Awaited<ReturnType<typeof signInBy>>
let address: { url: string; close: () => Promise<void> }
beforeAll(async () => {
  server = runAlmanac({
    dataDir: '',
    args: ['server'],
    environment: { DATABASE_URL: db.connectionStringFor('server') },
  })
  const [, url = ''] = await server.printed(/listening at ([^,]+),/)
  address = { url, close: () => Promise.resolve() }
  await db.query(`insert into almanac.users (username, role) values ('viewer', 'viewer')`)
  viewer = await signInBy(address, await newLink(db, address, 'viewer'))
})
afterAll(async () => {
  server.process.kill('SIGTERM')
  await server.ended
})

/** Each has a library of the server print an error. */
const ATTACKS: [string, () => Promise<unknown>][] = [
  ['subscriptions over HTTP', () => viewer.graphql('subscription { runChanged { op } }')],
  [
    'sockets that speak as the server does',
    async () => {
      const socket = new WebSocket(socketUrl(address), ['graphql-transport-ws'], {
        headers: { cookie: viewer.cookie },
      })
      socket.on('error', () => undefined)
      socket.on('open', () => socket.send('{"type":"connection_ack"}'))
      await new Promise((resolve) => socket.once('close', resolve))
    },
  ],
]

test.each(ATTACKS)('a viewer fills no disk with what is logged of %s', async (_what, attack) => {
  for (let number = 0; number < MOST_MESSAGES + 100; number++) await attack()

  expect(server.output().match(/^(?! )./gm)!.length).toBeLessThan(MOST_MESSAGES + 10)
  expect((await viewer.graphql('{ __typename }')).errors).toBeUndefined()
})
