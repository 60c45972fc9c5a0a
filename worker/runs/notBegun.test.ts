import type { QueryResultRow } from 'pg'
import { beforeAll, expect, test } from 'vitest'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'
import type { Query } from '../../process/query.ts'
import { createNotBegunWatch } from './notBegun.ts'

const db = useTestDatabase()
let query: Query
beforeAll(async () => {
  const client = await db.connect('worker')
  query = async <Row extends QueryResultRow>(text: string, values?: unknown[]) =>
    (await client.query<Row>(text, values)).rows
})

function watch(isLeader = true) {
  const logged: string[] = []
  let now = 0
  const { beat } = createNotBegunWatch({
    query,
    isLeader: () => isLeader,
    log: (level, message) => logged.push(`${level}: ${message}`),
    now: () => now,
  })
  return { logged, beat: () => beat().finally(() => (now += 60_000)) }
}

test('the leader says once that runs do not begin, of whom the slots are, and when they begin again', async () => {
  await db.query(`select almanac_private.register_worker('w', 'w', 1, '0', 1)`)
  await db.query(
    `insert into almanac.schedules (name, kind, task_identifier) values ('late', 'manual', 'almanac:noop')`,
  )
  await db.query(`select almanac.trigger_now('late')`)
  await db.query(`update almanac.runs set queued_at = now() - interval '6 minutes'`)
  const { logged, beat } = watch()
  const follower = watch(false)

  await beat()
  await beat()
  await follower.beat()
  expect(logged).toEqual([
    expect.stringMatching(
      /^warning: Runs are not starting: 1, one of late since .*\. No slot is taken\.$/,
    ) as string,
  ])
  expect(follower.logged).toEqual([])

  await db.query(`update almanac.runs set status = 'cancelled', finished_at = now()`)
  await beat()
  expect(logged.slice(1)).toEqual(['info: Runs are starting again.'])
})

test('it looks once a minute', async () => {
  const asked: string[] = []
  const { beat } = createNotBegunWatch({
    query: (text) => {
      asked.push(text)
      return Promise.resolve([])
    },
    isLeader: () => true,
    log: () => undefined,
    now: () => 0,
  })

  await beat()
  await beat()

  expect(asked).toHaveLength(1)
})
