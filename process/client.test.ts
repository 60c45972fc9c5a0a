import { connect, createServer, type AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { createTestDatabase } from '../tests/database/createTestDatabase.ts'
import { openConnections } from './connections.ts'
import { ENGINE_LIMITS } from '../worker/defaults.ts'

/** A way to the database that breaks at the first statement: after the login, before the pool has the client. */
async function startBreakingProxy(connectionString: string) {
  const target = new URL(connectionString)
  const server = createServer((outside) => {
    const inside = connect(Number(target.port), target.hostname)
    for (const socket of [inside, outside]) socket.on('error', () => socket.destroy())
    outside.on('close', () => inside.destroy())
    inside.pipe(outside)
    outside.on('data', (data: Buffer) => {
      if (data.includes('set_config')) outside.destroy()
      else inside.write(data)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: Object.assign(new URL(connectionString), { hostname: '127.0.0.1', port: String(port) }).href,
    close: () => new Promise((resolve) => server.close(resolve)),
  }
}

test('a connection that breaks while it is given its limits fails who asked for it, and ends no process', async () => {
  const db = await createTestDatabase()
  const proxy = await startBreakingProxy(db.connectionString)
  const uncaught: Error[] = []
  const note = (error: Error) => uncaught.push(error)
  process.on('uncaughtException', note)
  const connections = openConnections({ connectionString: proxy.url, limits: ENGINE_LIMITS })

  await expect(connections.pool.query('select')).rejects.toThrow('Connection terminated')

  await connections.end()
  process.off('uncaughtException', note)
  expect(uncaught).toEqual([])
  await proxy.close()
  await db.drop()
})
