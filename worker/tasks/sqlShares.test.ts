import { randomBytes } from 'node:crypto'
import { Client } from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { useTestWorkers } from '../testing/testWorkers.ts'
import { until } from '../testing/until.ts'

const workers = useTestWorkers()
const suffix = randomBytes(4).toString('hex')
const [busy, quick] = [`almanac_test_busy_${suffix}`, `almanac_test_quick_${suffix}`]

async function asAdmin(work: (admin: Client) => Promise<void>): Promise<void> {
  const admin = new Client({ connectionString: workers.database.adminConnectionString })
  await admin.connect()
  try {
    await work(admin)
  } finally {
    await admin.end()
  }
}
beforeAll(() =>
  asAdmin(async (admin) => {
    const { rows } = await admin.query<{ grants: boolean }>(
      `select current_setting('server_version_num')::int >= 160000 as grants`,
    )
    for (const role of [busy, quick])
      await admin.query(`create role ${role} login password 'secret' in role almanac_operator`)
    if (rows[0]!.grants)
      await admin.query(
        `grant ${busy}, ${quick} to almanac_test_owner with admin true, inherit false, set false`,
      )
  }),
)
afterAll(() =>
  asAdmin(async (admin) => {
    const { rows } = await admin.query<{ rolname: string }>(
      `select rolname from pg_roles where rolname like '%${suffix}%' order by rolname like 'almanac_sql%' desc`,
    )
    for (const { rolname } of rows) await admin.query(`drop owned by ${rolname}; drop role ${rolname}`)
  }),
)

async function as(role: string, text: string): Promise<void> {
  const url = Object.assign(new URL(workers.database.connectionString), {
    username: role,
    password: 'secret',
  })
  const client = new Client(url.href)
  await client.connect()
  await client.query(text).finally(() => client.end())
}

const RUNNING = `select from almanac.runs where schedule_name like 'sleeps %' and status = 'running'`

test("ten schedules that sleep in almanac:sql hold up no other role's statement of every 3 seconds", async () => {
  await as(
    busy,
    `select almanac.schedule_every('sleeps ' || i, '1 second', 'almanac:sql', '{"statement": "select pg_sleep(30)"}',
       settings => '{"overlap_policy": "allow"}') from generate_series(1, 10) i`,
  )
  await as(
    quick,
    `select almanac.schedule_every('quick', '3 seconds', 'almanac:sql', '{"statement": "select 1"}')`,
  )

  await workers.start({ concurrency: 10, sqlConnections: 10 })

  await until('all slots but one are taken', async () => (await workers.query(RUNNING)).length === 9)
  const [since] = await workers.query<{ at: string }>('select clock_timestamp()::text as at')
  const runs = () =>
    workers.query<{ status: string; is_punctual: boolean }>(
      `select status::text, coalesce(started_at < scheduled_for + interval '3 seconds', false) as is_punctual
       from almanac.runs where schedule_name = 'quick' and scheduled_for > $1 and finished_at is not null
       order by scheduled_for`,
      [since!.at],
    )
  const seen = await until(
    'four of the other role have ended',
    async () => {
      const found = await runs()
      return found.length >= 4 ? found : undefined
    },
    30_000,
  )

  // Each began before the next one was due.
  expect(new Set(seen.map(({ status, is_punctual }) => `${status} ${is_punctual}`))).toEqual(
    new Set(['succeeded true']),
  )
  expect(await workers.query(`select from almanac.omissions where schedule_name = 'quick'`)).toEqual([])
  expect((await workers.query(RUNNING)).length).toBe(9)
  // It is said of what has been queued for 30 seconds.
  const [status] = await workers.query<{ text: string }>(
    `select almanac_private.slots_taken(almanac_private.runs_not_begun(clock_timestamp() + interval '31 seconds')) as text`,
  )
  expect(status!.text).toContain(`9 by almanac:sql of ${busy}`)

  await as(busy, `select almanac.unschedule('sleeps ' || i) from generate_series(1, 10) i`)
  await workers.query(
    `select almanac.cancel_run(id) from almanac.runs where schedule_name like 'sleeps %' and status = 'running'`,
  )
  await until('none sleeps', async () => (await workers.query(RUNNING)).length === 0)
})
