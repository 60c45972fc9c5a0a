import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startCluster, type Cluster } from './embedded/cluster.ts'
import { applyMigrations } from './migrations.ts'

let dataDir: string
let cluster: Cluster
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'almanac-turns-'))
  await chmod(dataDir, 0o711)
  cluster = await startCluster({ dataDir, temporary: true, log: () => undefined })
  await migrate(60_000, () => undefined)
})
afterAll(async () => {
  await cluster.stop()
  await rm(dataDir, { recursive: true })
})

const migrate = (patience: number, log: (message: string) => void) =>
  applyMigrations({
    connectionString: cluster.connectionString,
    withCurrent: true,
    logins: { isTrial: true, log },
    patience,
    log,
  })

async function connect(): Promise<Client> {
  const client = new Client({
    connectionString: cluster.connectionString,
    application_name: 'another',
  })
  await client.connect()
  return client
}

test.each([
  ['the logins', 'lock table almanac_private.logins in exclusive mode'],
  ['the logins', `update almanac_private.logins set password = password`],
  [
    'the settings of the login',
    'alter role almanac in database almanac reset search_path; alter role almanac in database almanac set search_path = public',
  ],
])(
  'migrate waits for %s only so long, says who holds it up, and is done once it is free: %s',
  async (what, blocking) => {
    const other = await connect()
    await other.query(`alter role almanac in database almanac reset search_path`)
    await other.query(`begin; ${blocking}`)

    await expect(migrate(100, () => undefined)).rejects.toThrow(
      new RegExp(`^The migration waits for ${what}: process \\d+ of almanac, another, .*It gave up`),
    )
    let freed: Promise<unknown> | undefined
    await migrate(60_000, (message) => {
      if (message.startsWith(`The migration waits for ${what}`)) freed ??= other.query('rollback')
    })

    await freed
    expect(freed).toBeDefined()
    await other.end()
  },
)

test('a setting that another changed at the same moment is set all the same', async () => {
  const other = await connect()
  await other.query(`alter role almanac in database almanac reset search_path`)
  await other.query(`begin; alter role almanac in database almanac set search_path = "$user", public`)
  let ended: Promise<unknown> | undefined

  await migrate(60_000, (message) => {
    if (message.startsWith('The migration waits for the settings')) ended ??= other.query('commit')
  })

  await ended
  expect(ended).toBeDefined()
  await other.end()
  const after = await connect()
  expect((await after.query('show search_path')).rows).toEqual([{ search_path: 'public' }])
  await after.end()
})
