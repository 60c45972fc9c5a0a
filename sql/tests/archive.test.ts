import type { ClientBase } from 'pg'
import { expect, it } from 'vitest'
import { asRole, inTransaction } from '../../tests/database/createTestDatabase.ts'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'
import { addRun, addWeeks, orphans, pass, runs } from './history.ts'
import { refusal } from './sqlError.ts'

const db = useTestDatabase()

interface Archived {
  readonly id: number
  readonly status: string
  readonly attempts: readonly { attempt: number }[]
  readonly log: readonly { lines: unknown }[]
}

/** Takes what waits, once. */
async function take(client: ClientBase, { count = 1000, bytes = 4_194_304 } = {}): Promise<Archived[]> {
  const { rows } = await client.query<{ document: string }>(
    `select almanac_private.take_archive($1, $2) as document`,
    [count, bytes],
  )
  return rows.map(({ document }) => JSON.parse(document) as Archived)
}

const ids = (taken: readonly Archived[]) => taken.map(({ id }) => String(id))
const keep = (client: ClientBase, rest = '') =>
  client.query(`select almanac.set_retention('90 days', archive => true${rest})`)
const waiting = async (client: ClientBase) =>
  (
    await client.query<{ waiting: number; isBehind: boolean; isSince: boolean }>(
      `select archive_waiting::int as waiting, archive_is_behind as "isBehind", archive_waits_since is not null as "isSince"
       from almanac.retention()`,
    )
  ).rows[0]!
const apart = async (client: ClientBase) =>
  (
    await client.query<{ name: string }>(
      `select relname as name from pg_class where relname ~ '^archive_.*_2020\\d{4}$' and relkind = 'r' order by 1`,
    )
  ).rows.map(({ name }) => name)

it('unless it is asked for, nothing waits', () =>
  inTransaction(db, async (client) => {
    await addWeeks(client, 200)
    await addRun(client, { days: 200 })
    await addRun(client, { days: 100 })

    await pass(client)

    expect(await runs(client)).toEqual([])
    expect(await take(client)).toEqual([])
    expect(await apart(client)).toEqual([])
    expect(await waiting(client)).toEqual({ waiting: 0, isBehind: false, isSince: false })
  }))

it('what goes run by run waits with its attempts and its log, and is taken once', () =>
  inTransaction(db, async (client) => {
    await keep(client)
    const gone = [await addRun(client, { days: 101, status: 'failed' }), await addRun(client, { days: 100 })]
    const kept = await addRun(client, { days: 1 })

    await pass(client)

    expect(await runs(client)).toEqual([kept])
    expect(await orphans(client)).toBe(0)
    expect(await waiting(client)).toEqual({ waiting: 2, isBehind: false, isSince: true })
    const taken = await take(client)
    expect(ids(taken)).toEqual(gone)
    expect(taken[0]).toMatchObject({
      schedule_id: 900,
      schedule_name: 'x',
      status: 'failed',
      payload: {},
      scheduled_for: '2020-06-28T12:00:00+00:00',
      attempts: [{ attempt: 1, status: 'succeeded' }],
      log: [{ attempt: 1, first_line: 1, lines: [[0, 'info', 'hello']] }],
    })
    expect(await take(client)).toEqual([])
    expect(await waiting(client)).toEqual({ waiting: 0, isBehind: false, isSince: false })
  }))

it('a week is set apart as it is and taken in parts, without what stays, and then dropped', () =>
  inTransaction(db, async (client) => {
    await keep(client, `, keep_failures_for => '1 year'`)
    await addWeeks(client, 200)
    const gone = [
      await addRun(client, { days: 201 }),
      await addRun(client, { days: 200.5 }),
      await addRun(client, { days: 200 }),
    ]
    const kept = await addRun(client, { days: 199.5, status: 'failed' })

    await pass(client)

    expect(await runs(client)).toEqual([kept])
    expect(await orphans(client)).toBe(0)
    expect(await apart(client)).toEqual([
      'archive_run_attempts_20200316',
      'archive_run_logs_20200316',
      'archive_runs_20200316',
    ])
    const first = await take(client, { count: 2 })
    expect(first).toMatchObject([
      { attempts: [{ attempt: 1 }], log: [{ lines: [[0, 'info', 'hello']] }] },
      { attempts: [{ attempt: 1 }] },
    ])
    expect(ids([...first, ...(await take(client, { count: 2 }))])).toEqual(gone)
    expect(await take(client)).toEqual([])
    expect(await apart(client)).toEqual([])
  }))

it('a part has about so many bytes, and one run at least', () =>
  inTransaction(db, async (client) => {
    await keep(client)
    await addWeeks(client, 200)
    for (const days of [200, 199.5, 100, 99.5]) await addRun(client, { days })
    await pass(client)

    const sizes = []
    for (
      let taken = await take(client, { bytes: 1 });
      taken.length > 0;
      taken = await take(client, { bytes: 1 })
    )
      sizes.push(taken.length)

    expect(sizes).toEqual([1, 1, 1, 1])
  }))

it('a week that lacks a table goes run by run, and nothing of it is in the way of others', () =>
  inTransaction(db, async (client) => {
    await keep(client)
    await addWeeks(client, 200)
    await client.query('drop table almanac_private.runs_20200316')
    const gone = await addRun(client, { days: 200 })

    await pass(client)

    expect(await runs(client)).toEqual([])
    expect(await orphans(client)).toBe(0)
    expect(await take(client)).toMatchObject([
      { id: Number(gone), attempts: [{ attempt: 1 }], log: [{ attempt: 1 }] },
    ])
    expect(await take(client)).toEqual([])
  }))

it('what is rolled back is taken again, and what one has taken no other takes', async () => {
  const client = await db.connect()
  const [one, other] = [await db.connect(), await db.connect()]
  await keep(client)
  await addWeeks(client, 200)
  const week = await addRun(client, { days: 200 })
  const single = await addRun(client, { days: 100 })
  await pass(client)

  await one.query('begin')
  await other.query('begin')
  const seen = [ids(await take(one)), ids(await take(other)), ids(await take(other))]
  await one.query('rollback')
  await other.query('commit')
  const again = [ids(await take(client)), ids(await take(client))]
  const left = await apart(client)
  await client.query(`select almanac.set_retention('90 days')`)

  expect(seen).toEqual([[single], [week], []])
  expect(again).toEqual([[single], []])
  expect(left).toEqual([])
})

it('what waits when an admin no longer wants files goes with the next pass', () =>
  inTransaction(db, async (client) => {
    await keep(client)
    await addWeeks(client, 200)
    await addRun(client, { days: 200 })
    await addRun(client, { days: 100 })
    await pass(client)
    await client.query(`select almanac.set_retention('90 days')`)

    await pass(client)

    expect(await apart(client)).toEqual([])
    expect(await take(client)).toEqual([])
  }))

it('retention is behind when something has waited for two days', () =>
  inTransaction(db, async (client) => {
    await keep(client)
    await addRun(client, { days: 100 })
    await pass(client)

    await client.query(`update almanac_private.archive_runs set removed_at = now() - interval '49 hours'`)

    expect(await waiting(client)).toEqual({ waiting: 1, isBehind: true, isSince: true })
  }))

it('only workers take it', () =>
  inTransaction(db, async (client) => {
    for (const role of ['almanac_viewer', 'almanac_operator', 'almanac_admin'] as const)
      expect(
        await refusal(asRole(client, role, () => client.query('select almanac_private.take_archive()'))),
      ).toMatchObject({ code: '42501' })
    await asRole(client, 'almanac_worker', async () => {
      expect(await take(client)).toEqual([])
    })
  }))
