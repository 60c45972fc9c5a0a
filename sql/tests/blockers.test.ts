import { Client } from 'pg'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'
import type { TestLogin } from '../../tests/database/template.ts'
import { until } from '../../worker/testing/until.ts'

const db = useTestDatabase()
let admin: Client
const sessions: Client[] = []
beforeAll(async () => {
  admin = new Client({ connectionString: db.adminConnectionString })
  await admin.connect()
})
afterEach(async () => {
  await Promise.all(sessions.splice(0).map((session) => session.end()))
  await db.query('delete from almanac.schedules')
})
afterAll(async () => {
  await admin.end()
})

async function open(
  login: TestLogin,
  application: string,
  statement: string,
): Promise<Client & { pid: number }> {
  const session = await db.connect(login)
  session.on('error', () => undefined)
  sessions.push(session)
  await session.query(`set application_name to '${application}'; begin; ${statement}`)
  const { rows } = await session.query<{ pid: number }>('select pg_backend_pid() as pid')
  return Object.assign(session, { pid: rows[0]!.pid })
}

/** A schedule of this login that has been due for a while. */
async function overdue(login: TestLogin, settings: object = {}): Promise<void> {
  const session = await db.connect(login)
  await session.query(`select almanac.schedule_every('due', '1 hour', 'almanac:noop', settings => $1)`, [
    settings,
  ])
  await session.end()
  const owner = await db.connect()
  await owner.query(
    `set almanac.engine to 'on'; update almanac.schedules set next_run_at = now() - interval '1 minute' where name = 'due'`,
  )
  await owner.end()
}

/** A calendar of an operator. Its changes hold the schedules that use it, whosever they are. */
async function shareCalendar(): Promise<void> {
  const session = await db.connect('operator')
  await session.query(`select almanac.create_calendar('shared')`)
  await session.end()
}

const blockersSeenBy = async (login: TestLogin) => {
  const session = await db.connect(login)
  try {
    const { rows } = await session.query<{ pid: number; query: string | null; blocks: string }>(
      'select pid, role_name, query, blocks from almanac.blockers()',
    )
    return rows
  } finally {
    await session.end()
  }
}

test('anyone who holds a lock that a ticker waits for is named, its statement to who may see it', async () => {
  const holder = await open('owner', 'psql', 'lock table almanac.schedules in access exclusive mode')
  const ticker = await open('worker', 'almanac ticker', 'select')
  const waiting = ticker.query('select from almanac.schedules')
  const found = await until('it waits', async () => {
    const rows = await blockersSeenBy('owner')
    return rows.length > 0 ? rows : undefined
  })

  expect(found).toEqual([
    {
      pid: holder.pid,
      role_name: 'almanac_test_owner',
      query: expect.stringContaining('pg_backend_pid') as string,
      blocks: 'almanac ticker',
    },
  ])
  expect(await blockersSeenBy('viewer')).toEqual([
    { pid: holder.pid, role_name: 'almanac_test_owner', query: null, blocks: 'almanac ticker' },
  ])
  const health = await db.query(
    `select (b ->> 'pid')::int as pid from jsonb_array_elements(almanac_private.health(now() + interval '1 minute') -> 'blockers') b`,
  )
  expect(health).toEqual([{ pid: holder.pid }])
  await holder.query('rollback')
  await waiting
  expect(await blockersSeenBy('viewer')).toEqual([])
})

test.each(['for update', 'for no key update', 'for share'])(
  'anyone who holds rows of schedules that are due is named: %s',
  async (mode) => {
    await overdue('owner')
    const holders = [await open('admin', 'psql', `select from almanac.schedules ${mode}`)]
    if (mode === 'for share')
      holders.push(await open('admin', 'psql', `select from almanac.schedules ${mode}`))

    expect((await blockersSeenBy('viewer')).map(({ pid, blocks }) => ({ pid, blocks }))).toEqual(
      holders
        .map(({ pid }) => ({ pid, blocks: `schedule 'due', which is due` }))
        .sort((a, b) => a.pid - b.pid),
    )
  },
)

test("rows of others' schedules are locked by no operator", async () => {
  await overdue('owner')
  await open('operator', 'psql', 'select from almanac.schedules for update')

  expect(await blockersSeenBy('viewer')).toEqual([])
  await db.query('select from almanac.schedules for update nowait')
})

test('a series of a calendar that its owner holds is not waited for', async () => {
  const session = await db.connect('operator')
  await session.query(`select almanac.create_calendar('series'), almanac.import_exclusions('series', 's', '[]',
    '[{"label": "Christmas", "ics": "BEGIN:VEVENT", "known_until": "2030-01-01Z"}]')`)
  await session.end()
  await open('operator', 'psql', 'select from almanac.calendar_rules for update')
  const worker = await db.connect('worker')
  await worker.query(`set lock_timeout to '100ms'`)

  const { rows } = await worker.query<{ read: number }>(
    `select almanac_private.read_on(r.id, '2030-01-01Z', '[]', null) as read from almanac.calendar_rules r`,
  )

  expect(rows).toEqual([{ read: 0 }])
  await worker.end()
})

const ended = () => db.query(`select pid, is_ended from almanac_private.end_blockers('1 second')`)

test("an operator's session that holds others' schedules is ended, where the owner may", async () => {
  await shareCalendar()
  await overdue('owner', { calendars: ['shared'] })
  const { pid } = await open('operator', 'psql', `select almanac.exclude_dates('shared', '2100-01-01')`)

  expect(await ended()).toEqual([{ pid, is_ended: false }])
  await admin.query('grant pg_signal_backend to almanac_test_owner')
  try {
    expect(await ended()).toEqual([{ pid, is_ended: true }])
  } finally {
    await admin.query('revoke pg_signal_backend from almanac_test_owner')
  }
  await until('it is gone', async () => (await blockersSeenBy('viewer')).length === 0)
})

test.each<[string, TestLogin, TestLogin]>([
  ['an operator its own', 'operator', 'operator'],
  ['an admin', 'owner', 'admin'],
])('%s may hold', async (_, owner, holder) => {
  await overdue(owner)
  await open(holder, 'psql', 'select from almanac.schedules for update')

  expect(await ended()).toEqual([])
})
