import type { ClientBase } from 'pg'
import { beforeAll, describe, expect, it } from 'vitest'
import { inTransaction } from '../../tests/database/createTestDatabase.ts'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'
import { after, begin, everyMinute, fire, ledger, omissions, START } from './everyMinute.ts'
import { begin as beginHistory, INSTALL_HISTORIES, live } from './simulation/histories.ts'

const db = useTestDatabase()
beforeAll(async () => {
  await db.query(INSTALL_HISTORIES)
})

const WAYS = ['at once', 'one by one'] as const
const go = (client: ClientBase, way: (typeof WAYS)[number]) =>
  client.query(`select set_config('test.one_by_one', $1, true)`, [way === 'one by one' ? 'on' : 'off'])
async function takenAtOnce(client: ClientBase): Promise<number> {
  const { rows } = await client.query<{ taken: number }>(`select count(*)::int as taken from test.taken`)
  expect((await client.query('select error from test.failures')).rows).toEqual([])
  return rows[0]!.taken
}

/** Each starts from the schedule x of every minute, and says what happens to it. */
const ROWS = [
  {
    rule: 'what is caught up waits for a run that is running',
    settings: { late_tolerance: '1 second' },
    before: 'a run is running',
    at: 630,
    expected: { ledger: ['0 running', '10 waiting'], omissions: [['missed', 1, 9, 9]], fired: 2, last: 600 },
  },
  {
    rule: 'what is skipped is not the last run, and does not count',
    settings: {},
    before: 'a run is running',
    at: 60,
    expected: { ledger: ['0 running', '1 skipped'], fired: 1, last: 0, next: 120 },
  },
  {
    rule: 'a schedule that has its max_runs is completed, and has no next occurrence',
    settings: { max_runs: 1 },
    at: 0,
    expected: { ledger: ['0 queued'], status: 'completed', next: null, nextFor: null },
  },
  {
    rule: 'a schedule that reaches its end is completed, and has no next occurrence',
    settings: { ends_at: after(60) },
    at: 0,
    expected: { ledger: ['0 queued'], status: 'completed', next: null, nextFor: null },
  },
  {
    rule: 'what is late by late_tolerance is on time',
    settings: { late_tolerance: '10 seconds', missed_run_policy: 'skip' },
    at: 10,
    expected: { ledger: ['0 queued'] },
  },
  {
    rule: 'the latest of several that is late by late_tolerance is on time',
    settings: { late_tolerance: '10 seconds', missed_run_policy: 'skip' },
    at: 70,
    expected: { ledger: ['1 queued'], omissions: [['missed', 0, 0, 1]] },
  },
  {
    rule: 'and so it is skipped while a run is running',
    settings: { late_tolerance: '10 seconds' },
    before: 'a run is running',
    at: 130,
    expected: { ledger: ['0 running', '2 skipped'], omissions: [['missed', 1, 1, 1]] },
  },
  {
    rule: 'what is late by catchup_window is caught up',
    settings: { late_tolerance: '10 seconds', catchup_window: '30 seconds' },
    at: 30,
    expected: { ledger: ['0 queued'] },
  },
  {
    rule: 'the latest of several waits for what had not begun when it was due, where the engine is late',
    settings: { late_tolerance: '10 seconds' },
    before: 'a run is to begin',
    at: 185,
    expected: { ledger: ['0 queued', '3 waiting'], omissions: [['missed', 1, 2, 2]] },
  },
  {
    rule: 'what waits because the engine is late counts for max_runs',
    settings: { late_tolerance: '10 seconds', max_runs: 2 },
    before: 'a run is to begin',
    at: 65,
    expected: { ledger: ['0 queued', '1 waiting'], status: 'completed', next: null, nextFor: null },
  },
  {
    rule: 'what was due after the last heartbeat of the worker whose run is in its way waits',
    settings: { late_tolerance: '10 seconds' },
    before: 'a run went on',
    at: 65,
    expected: { ledger: ['0 running', '1 waiting'], next: 120 },
  },
  {
    rule: 'what was due before that is skipped',
    settings: { late_tolerance: '10 seconds' },
    before: 'a run went on',
    at: 70,
    expected: { ledger: ['0 running', '1 skipped'], next: 120 },
  },
] as const

describe.each(WAYS)('decided %s', (way) => {
  it.each(ROWS)('$rule', ({ settings, at, expected, ...row }) =>
    inTransaction(db, async (client) => {
      await go(client, way)
      await everyMinute(client, settings)
      if ('before' in row) await fire(client, 0)
      if ('before' in row && row.before !== 'a run is to begin') await begin(client, 1)
      if ('before' in row && row.before === 'a run went on')
        await client.query(
          `update almanac.workers set last_heartbeat_at = clock_timestamp() - interval '8 seconds'`,
        )

      await fire(client, at)

      const seconds = (column: string) => `extract(epoch from ${column} - '${START}')::int`
      const { rows } = await client.query(
        `select s.status, s.fired_runs::int as fired, ${seconds('s.last_run_at')} as last,
           ${seconds('s.next_run_at')} as next, ${seconds('s.next_scheduled_for')} as "nextFor"
         from almanac.schedules s`,
      )
      expect({
        ...(rows[0] as object),
        ledger: await ledger(client),
        omissions: await omissions(client),
      }).toMatchObject({ omissions: [], ...expected })
    }),
  )
})

describe('what is due is decided at once, or one occurrence after the other', () => {
  let atOnce = 0

  it.each(Array.from({ length: 16 }, (_, seed) => seed))(
    'and the same is written either way: history %i',
    (seed) =>
      inTransaction(db, async (client) => {
        await client.query(`set local statement_timeout to '20s'`)
        await beginHistory(client, seed)
        await client.query('savepoint before')
        await go(client, 'one by one')
        const expected = await live(client, seed)
        await client.query('rollback to before')
        await go(client, 'at once')
        const written = await live(client, seed)

        for (const [i, one] of expected.entries()) expect(written[i]).toEqual(one)
        atOnce += await takenAtOnce(client)
      }),
  )

  it('and the histories go both ways', () => expect(atOnce).toBeGreaterThan(100))
})
