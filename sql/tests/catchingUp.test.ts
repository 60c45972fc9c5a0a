import { describe, expect, it } from 'vitest'
import { inTransaction } from '../../tests/database/createTestDatabase.ts'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'
import { after, everyMinute, fire, ledger, omissions, START, work } from './everyMinute.ts'

const db = useTestDatabase()

describe('what is reached late', () => {
  it('within the tolerance every occurrence fires', () =>
    inTransaction(db, async (client) => {
      await everyMinute(client, { late_tolerance: '5 minutes', overlap_policy: 'allow' })

      await fire(client, 150)

      expect(await ledger(client)).toEqual(['0 queued', '1 queued', '2 queued'])
    }))

  it('run_latest runs the latest and records the others as one gap', () =>
    inTransaction(db, async (client) => {
      await everyMinute(client, { late_tolerance: '10 seconds' })

      await fire(client, 630)

      expect(await ledger(client)).toEqual(['10 queued'])
      expect(await omissions(client)).toEqual([['missed', 0, 9, 10]])
    }))

  it('run_all runs what lies within the catch-up window', () =>
    inTransaction(db, async (client) => {
      await everyMinute(client, {
        missed_run_policy: 'run_all',
        catchup_window: '150 seconds',
        late_tolerance: '0',
        overlap_policy: 'allow',
      })

      await fire(client, 300)

      expect(await ledger(client)).toEqual(['3 queued', '4 queued', '5 queued'])
      expect(await omissions(client)).toEqual([['missed', 0, 2, 3]])
    }))

  it('skip runs none', () =>
    inTransaction(db, async (client) => {
      await everyMinute(client, { missed_run_policy: 'skip', late_tolerance: '1 second' })

      await fire(client, 125)

      expect(await ledger(client)).toEqual([])
      expect(await omissions(client)).toEqual([['missed', 0, 2, 3]])
    }))

  it('ranges of missed occurrences that follow each other are one', () =>
    inTransaction(db, async (client) => {
      await everyMinute(client, { missed_run_policy: 'skip', late_tolerance: '1 second' })

      await fire(client, 125)
      await fire(client, 245)

      expect(await omissions(client)).toEqual([['missed', 0, 4, 5]])
    }))

  it('what is caught up waits for the run before it, also where it would be skipped were it on time', () =>
    inTransaction(db, async (client) => {
      await everyMinute(client, { missed_run_policy: 'run_all', late_tolerance: '1 second' })

      await fire(client, 150)

      expect(await ledger(client)).toEqual(['0 queued', '1 waiting', '2 waiting'])
    }))

  it('what is caught up side by side is paced', () =>
    inTransaction(db, async (client) => {
      await everyMinute(client, {
        missed_run_policy: 'run_all',
        late_tolerance: '1 second',
        overlap_policy: 'allow',
        catchup_per_minute: 6,
      })

      await fire(client, 150)

      const { rows } = await client.query<{ run_at: Date }>(
        `select run_at from graphile_worker.jobs where key like 'run:%' order by run_at`,
      )
      expect(rows.map((row) => row.run_at.toISOString())).toEqual(
        [150, 160, 170].map((seconds) => after(seconds)),
      )
    }))

  it('what is far behind is caught up in parts, so that others fire between them, and paced as a whole', () =>
    inTransaction(db, async (client) => {
      await everyMinute(client, {
        missed_run_policy: 'run_all',
        late_tolerance: '1 second',
        catchup_window: '1 day',
        overlap_policy: 'allow',
      })
      const calls = []

      do calls.push(await fire(client, 1199 * 60 + 30))
      while (calls.at(-1) !== 0)

      expect(Math.max(...calls)).toBeLessThanOrEqual(500)
      const { rows } = await client.query(
        `select count(*)::int, count(distinct run_at)::int as times, min(run_at) as first, max(run_at) as last
         from graphile_worker.jobs where key like 'run:%'`,
      )
      expect(rows).toEqual([
        {
          count: 1200,
          times: 1200,
          first: new Date(after(1199 * 60 + 30)),
          last: new Date(after(1199 * 60 + 30 + 1199)),
        },
      ])
    }))

  it('what is due now is not kept waiting by what is far behind', () =>
    inTransaction(db, async (client) => {
      for (const name of ['behind', 'behind too'])
        await client.query(`select almanac.schedule_every($1, '1 minute', 'almanac:noop', settings => $2)`, [
          name,
          {
            starts_at: START,
            missed_run_policy: 'run_all',
            overlap_policy: 'allow',
            catchup_window: '1 day',
          },
        ])
      await client.query(`select almanac.schedule_every('now', '1 hour', 'almanac:noop', settings => $1)`, [
        { starts_at: after(36_000), jitter: '1 second' },
      ])

      await client.query('select almanac_private.fire_due($1, 2)', [after(36_001)])

      const { rows } = await client.query(
        `select count(*) filter (where schedule_name = 'now')::int as now, count(distinct schedule_name)::int as schedules from almanac.runs`,
      )
      expect(rows).toEqual([{ now: 1, schedules: 2 }])
    }))

  describe.each(['run_latest', 'run_all', 'skip'])(
    'what is settled in parts comes out as it does at once: %s',
    (policy) => {
      const exclude = `select almanac.create_calendar('off', 'UTC'), almanac.exclude_range('off', '2100-01-01T00:40:00Z', '2100-01-01T01:10:00Z');
      update almanac.schedules set calendars = '{off}'`
      it.each([
        ['a plain rule', {}, ''],
        ['a tail that is excluded', {}, exclude],
        ['a tail that moves behind an exclusion', { exclusion_policy: 'move' }, exclude],
        [
          'a tail that fell into a stop',
          {},
          `insert into almanac.stops (stopped_at, stopped_by, resumed_at, resumed_by, catch_up)
         values ('2100-01-01T00:40:00Z', 'me', '2100-01-01T01:05:10Z', 'me', false)`,
        ],
        ['jitter', { jitter: '50 seconds' }, ''],
        ['a few runs left', { max_runs: 3 }, ''],
        [
          'a tail that is skipped, and one before it moved behind it',
          {},
          `select almanac.skip_occurrence('x', at) from generate_series('2100-01-01T00:45:00Z', '2100-01-01T01:05:00Z', interval '1 minute') at;
         select almanac.move_occurrence('x', '2100-01-01T00:10:00Z', '2100-01-01T01:02:30Z')`,
        ],
      ])('%s', (_, settings, preparation) =>
        inTransaction(db, async (client) => {
          await everyMinute(client, {
            missed_run_policy: policy,
            late_tolerance: '20 seconds',
            catchup_window: '30 minutes',
            overlap_policy: 'allow',
            ...settings,
          })
          await client.query(preparation)
          const outcomes = async (part: number) => {
            await client.query('savepoint before')
            const { rows: calls } = await client.query(
              `select part from unnest(array[$1, $2]::timestamptz[]) with ordinality as_of (at, nth), pg_temp.resolve_in_parts(at, $3) part order by nth`,
              // What is excluded is recorded when the schedule next does something: after the exclusion.
              [after(65 * 60 + 30), after(71 * 60 + 30), part],
            )
            const { rows } = await client.query(
              `select coalesce((select jsonb_agg(jsonb_build_array(r.scheduled_for, r.due_at, r.status, r.reason) order by r.scheduled_for) from almanac.runs r), '[]') as runs,
               coalesce((select jsonb_agg(jsonb_build_array(o.reason, o.during, o.count) order by o.during) from almanac.omissions o), '[]') as omissions,
               (select s.next_run_at from almanac.schedules s) as next`,
            )
            await client.query('rollback to before')
            return { calls: calls.length, ...(rows[0] as object) }
          }
          await client.query(`
          create function pg_temp.resolve_in_parts(as_of timestamptz, part integer) returns setof integer language plpgsql as $$
          declare
            v_schedule almanac.schedules;
            v_decided record;
          begin
            perform set_config('almanac.engine', 'on', true);
            for v_call in 1 .. 100 loop
              select s.* into v_schedule from almanac.schedules s where s.next_run_at <= as_of;
              exit when not found;
              v_decided := almanac_private.decide(v_schedule, as_of,
                almanac_private.stopped_times(v_schedule.cursor_at), null, part, null);
              perform almanac_private.record_verdicts(v_decided.verdicts, array[v_decided.course], as_of);
              return next v_decided.steps;
            end loop;
            perform set_config('almanac.engine', 'off', true);
          end $$`)

          const { calls, ...atOnce } = await outcomes(20_000)
          expect(calls).toBeLessThanOrEqual(2)
          for (const part of [1, 2, 7]) {
            const inParts = await outcomes(part)
            expect(inParts).toMatchObject(atOnce)
            expect(inParts.calls).toBeGreaterThan(calls)
          }
        }),
      )
    },
  )

  it('the pace continues where it was, and the wait of a retry does not count', () =>
    inTransaction(db, async (client) => {
      await everyMinute(client, {
        missed_run_policy: 'run_all',
        overlap_policy: 'allow',
        late_tolerance: '1 second',
        retry_delay: '10 years',
        retry_ceiling: '10 years',
        catchup_per_minute: 2_147_483_647,
      })
      await fire(client, 0)
      await work(client, 'failed', 1, 'boom')

      await fire(client, 150)

      const { rows } = await client.query<{ run_at: Date }>(
        `select run_at from graphile_worker.jobs where key like 'run:%' order by run_at limit 2`,
      )
      expect(rows.map((row) => row.run_at.toISOString())).toEqual([after(150), after(150)])
    }))

  it('of what is caught up, only runs side by side are paced', () =>
    inTransaction(db, async (client) => {
      await everyMinute(client, {
        missed_run_policy: 'run_all',
        overlap_policy: 'cancel_running',
        late_tolerance: '1 second',
        catchup_per_minute: 1,
      })

      await fire(client, 150)

      expect(await ledger(client)).toEqual(['0 cancelled', '1 cancelled', '2 queued'])
      expect(
        (await client.query(`select from graphile_worker.jobs where key like 'run:%' and run_at <= now()`))
          .rowCount,
      ).toBe(1)
    }))

  it('what one firing settles one by one has a bound, also where no run comes of it', () =>
    inTransaction(db, async (client) => {
      for (const name of ['x', 'y'])
        await client.query(`select almanac.schedule_every($1, '1 minute', 'almanac:noop', settings => $2)`, [
          name,
          { starts_at: START, max_runs: 5 },
        ])

      const { rows } = await client.query(`select fired, moved from almanac_private.fire_due($1)`, [
        after(6_000 * 60),
      ])

      expect(rows).toEqual([{ fired: 0, moved: 1 }])
    }))

  it('a firing says how many schedules it moved on, and when the next is due that is not yet', () =>
    inTransaction(db, async (client) => {
      await everyMinute(client)
      await client.query(`select almanac.schedule_every('y', '1 hour', 'almanac:noop', settings => $1)`, [
        { starts_at: after(90) },
      ])

      const [schedule] = (
        await client.query<{ id: string }>(`select id from almanac.schedules where name = 'x'`)
      ).rows
      const { rows } = await client.query(`select * from almanac_private.fire_due($1, 1)`, [after(95)])

      expect(rows).toEqual([
        {
          fired: 1,
          moved: 1,
          moved_ids: [schedule?.id],
          next_due: new Date(after(90)),
          next_later: new Date(after(120)),
        },
      ])
    }))

  it('a pause is recorded as omitted when it ends', () =>
    inTransaction(db, async (client) => {
      await everyMinute(client, { starts_at: null })
      await client.query(`select almanac.pause('x')`)
      await client.query(`set local almanac.engine to 'on'`)
      await client.query(
        `update almanac.schedules set paused_at = now() - interval '5 minutes', cursor_at = now() - interval '5 minutes', created_at = date_trunc('second', now() - interval '10 minutes')`,
      )
      await client.query(`set local almanac.engine to 'off'`)

      await client.query(`select almanac.resume('x')`)

      expect((await client.query(`select reason, count::int from almanac.omissions`)).rows).toEqual([
        { reason: 'paused', count: 5 },
      ])
    }))
})
