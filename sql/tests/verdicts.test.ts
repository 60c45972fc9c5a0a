import type { ClientBase } from 'pg'
import { describe, expect, it } from 'vitest'
import { inTransaction } from '../../tests/database/createTestDatabase.ts'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'
import { after, begin, everyMinute, fire, ledger, START } from './everyMinute.ts'

const db = useTestDatabase()

/** Minute (of a gap: the first and the last), what happens to it, and why. */
async function verdicts(client: ClientBase, seconds: number): Promise<string[]> {
  const { rows } = await client.query<{ verdict: string }>(
    `select concat_ws(' ', concat_ws('-', minute(v.first), minute(v.scheduled_for)), v.status, v.gap, v.override,
       ': ' || v.reason) as verdict
     from almanac_private.verdicts(array(select s.id from almanac.schedules s where s.name = 'x'), $1) d,
       unnest(d.verdicts) v`.replaceAll(/minute\((.*?)\)/g, `extract(minute from $1 - '${START}')::int`),
    [after(seconds)],
  )
  return rows.map(({ verdict }) => verdict)
}

async function written(client: ClientBase): Promise<unknown> {
  const { rows } = await client.query<{ written: unknown }>(
    `select jsonb_build_array((select jsonb_agg(s order by s.id) from almanac.schedules s),
       (select jsonb_agg(r order by r.id) from almanac.runs r), (select count(*) from almanac.omissions),
       (select jsonb_agg(o) from almanac.occurrence_overrides o),
       (select jsonb_agg(j order by j.id) from graphile_worker.jobs j)) as written`,
  )
  return rows[0]!.written
}

const LATE = { late_tolerance: '1 second' }
const ROWS = [
  { rule: 'runs', settings: {}, at: 0, expected: ['0 queued'] },
  {
    rule: 'is skipped while the previous run is running',
    settings: {},
    runsSince: 0,
    at: 60,
    expected: ['1 skipped : an earlier run has not finished'],
  },
  {
    rule: 'waits for that one, if its policy says so',
    settings: { overlap_policy: 'queue_one' },
    runsSince: 0,
    at: 60,
    expected: ['1 waiting : an earlier run has not finished'],
  },
  {
    rule: 'is missed, but for the latest',
    settings: LATE,
    at: 150,
    expected: ['0-1 missed', '2 queued'],
  },
  {
    rule: 'takes the place of those before it',
    settings: { ...LATE, overlap_policy: 'cancel_running', missed_run_policy: 'run_all' },
    at: 150,
    expected: [
      '0 cancelled : a later run took its place',
      '1 cancelled : a later run took its place',
      '2 queued',
    ],
  },
  {
    rule: 'waits in a queue behind the first that is caught up',
    settings: { ...LATE, overlap_policy: 'queue_all', missed_run_policy: 'run_all' },
    at: 90,
    expected: ['0 queued', '1 waiting : an earlier run has not finished'],
  },
  {
    rule: 'was stopped by a global pause',
    settings: LATE,
    prepare: `insert into almanac.stops (stopped_at, stopped_by, resumed_at, resumed_by, catch_up)
      values ('${after(30)}', 'me', '${after(90)}', 'me', false)`,
    at: 120,
    expected: ['0-0 missed', '1-1 stopped', '2 queued'],
  },
  {
    rule: 'was skipped by someone',
    settings: LATE,
    prepare: `select almanac.skip_occurrence('x', '${after(60)}', 'no need')`,
    at: 120,
    expected: ['0-0 missed', '1 skipped passed : skipped by almanac_test_owner: no need', '2 queued'],
  },
]

describe('what is due', () => {
  it.each(ROWS)('$rule, which is decided without a write', ({ settings, at, expected, ...row }) =>
    inTransaction(db, async (client) => {
      await everyMinute(client, settings)
      if (row.prepare !== undefined) await client.query(row.prepare)
      if (row.runsSince !== undefined) {
        await fire(client, row.runsSince)
        await begin(client, row.runsSince + 1)
      }
      const before = await written(client)

      expect(await verdicts(client, at)).toEqual(expected)
      expect(await written(client)).toEqual(before)
    }),
  )
})

describe('what is recorded', () => {
  it('a skipped occurrence does not count as fired', () =>
    inTransaction(db, async (client) => {
      await everyMinute(client)
      await fire(client, 0)
      await begin(client, 1)

      expect(await fire(client, 60)).toBe(0)

      expect(await ledger(client)).toEqual(['0 running', '1 skipped'])
    }))

  it('an occurrence that someone skipped is done when its time is past, and one that is moved then stays owed', () =>
    inTransaction(db, async (client) => {
      await everyMinute(client)
      await client.query(
        `select almanac.skip_occurrence('x', '${after(60)}'), almanac.move_occurrence('x', '${after(120)}', '${after(600)}')`,
      )
      const overrides = async () =>
        (
          await client.query<{ state: string }>(
            `select concat_ws(' ', action, case when is_owed then 'owed' end, extract(epoch from done_at - $1)::int) as state
             from almanac.occurrence_overrides order by scheduled_for`,
            [START],
          )
        ).rows.map(({ state }) => state)

      await fire(client, 60)
      await fire(client, 180)
      expect(await overrides()).toEqual(['skip 60', 'move owed'])

      await fire(client, 600)
      expect(await overrides()).toEqual(['skip 60', 'move owed 600'])
    }))
})
