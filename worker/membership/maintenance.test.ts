import type { QueryResultRow } from 'pg'
import { beforeAll, expect, test } from 'vitest'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'
import type { Query } from '../../process/query.ts'
import { createMaintenance } from './maintenance.ts'

const db = useTestDatabase()
let query: Query
beforeAll(async () => {
  const client = await db.connect('worker')
  query = async <Row extends QueryResultRow>(text: string, values?: unknown[]) =>
    (await client.query<Row>(text, values)).rows
})

function keep(isLeader = true) {
  const logged: string[] = []
  return {
    logged,
    maintenance: createMaintenance({
      query,
      isLeader: () => isLeader,
      log: (_, message) => logged.push(message),
    }),
  }
}

test('a worker that starts moves what other rules of a zone would have due at another time, and arms what has no job', async () => {
  await db.query(
    `select almanac.schedule_cron('nightly', '0 3 * * *', 'almanac:noop', timezone => 'Europe/Paris')`,
  )
  await keep().maintenance.start()
  await db.query(`update almanac_private.timezones set fingerprint = 'other' where name = 'Europe/Paris'`)
  await db.query(`delete from graphile_worker._private_jobs`)
  const { logged, maintenance } = keep()

  await maintenance.start()

  expect(logged).toEqual([
    'Time zone rules have changed: Europe/Paris. 0 schedules now have a different next run.',
    expect.stringMatching(/^Repaired: nightly armed\. It had no job\. It is due on /) as string,
  ])
})

test('only the leader looks again, and not with every heartbeat', async () => {
  await db.query(`select almanac.schedule_every('often', '1 minute', 'almanac:noop')`)
  await db.query(`delete from graphile_worker._private_jobs`)

  const follower = keep(false)
  await follower.maintenance.beat()
  expect(follower.logged).toEqual([])

  const leader = keep()
  await leader.maintenance.beat()
  await db.query(`delete from graphile_worker._private_jobs`)
  await leader.maintenance.beat()
  expect(leader.logged).toEqual([expect.stringContaining('often armed') as string])
})

test('a database that does not answer is told, and nothing more', async () => {
  const logged: string[] = []
  const maintenance = createMaintenance({
    query: () => Promise.reject(new Error('gone')),
    isLeader: () => true,
    log: (_, message) => logged.push(message),
  })

  await maintenance.start()

  expect(logged).toEqual([
    'The time zones could not be refreshed: gone',
    'Partitions could not be created: gone',
    'Schedules could not be compared with their jobs: gone',
    'Calendar series could not be extended: gone',
  ])
})

test('before a worker writes anything it raises the sequences that rows which came with their ids left behind', async () => {
  await db.query(`select setval('almanac.schedules_id_seq', 1)`)
  const { logged, maintenance } = keep()

  await maintenance.prepare()
  await maintenance.prepare()

  expect(logged).toEqual([
    'Repaired: the sequence almanac.schedules_id_seq was at 1, behind the highest value of its table, 2; it continues from there.',
  ])
})
