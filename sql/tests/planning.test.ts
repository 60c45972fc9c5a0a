import fc from 'fast-check'
import type { ClientBase } from 'pg'
import { describe, expect, it } from 'vitest'
import { inTransaction } from '../../tests/database/createTestDatabase.ts'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'
import { cases, instant, limited, planned, prepare, type Case } from './planningCases.ts'
import { byDueTime, due, type Planned } from './planningOracle.ts'

const db = useTestDatabase()

const PROPERTY = { seed: 20_911_027, numRuns: 30, endOnFailure: true }
const property = (check: (client: ClientBase, c: Case) => Promise<void>, numRuns = PROPERTY.numRuns) =>
  fc.assert(
    fc.asyncProperty(cases, (c) =>
      inTransaction(db, async (client) => {
        await client.query(`set local statement_timeout to '20s'`)
        await check(client, c)
      }),
    ),
    { ...PROPERTY, numRuns },
  )

describe('the plan agrees with a second implementation', () => {
  it(
    'with what is left out, and without',
    () =>
      property(async (client, c) => {
        const { start, end, all } = await prepare(client, c)
        const expected = all.filter((item) => item.scheduledFor < end)
        const range = [instant(start - 1), instant(end)]

        const plain = `almanac_private.planned_occurrences(s.*, $1, $2, null, `
        expect((await planned(client, `${plain} true)`, range)).map(withoutDueUnlessRun)).toEqual(
          expected.map(withoutDueUnlessRun),
        )
        const running = await planned(client, `${plain} false)`, range)
        // At the very end there may be one that is left out, for callers that wait for it.
        if (running.at(-1)?.outcome !== 'run') running.pop()
        expect(running).toEqual(expected.filter((item) => item.outcome === 'run'))
      }),
    60_000,
  )

  it(
    'in what upcoming lists, and in the next run',
    () =>
      property(async (client, c) => {
        const { start, end, all } = await prepare(client, c)
        const complete = limited(all, c.maxRuns).filter((item) => item.dueAt < end)
        const count = Math.min(complete.length, c.maxCount)
        const list = (n: number) =>
          planned(client, `(select u.*, null as outcome from almanac.upcoming('x', $1, $2) u)`, [
            instant(start - 1),
            n,
          ])

        if (count > 0) {
          expect((await list(count)).map(withoutOutcome)).toEqual(
            complete.slice(0, count).map(withoutOutcome),
          )
          expect((await list(complete.length)).map(withoutOutcome)).toEqual(complete.map(withoutOutcome))
          const next = await planned(
            client,
            `(select next_scheduled_for as scheduled_for, next_run_at as due_at, null as outcome)`,
          )
          expect(next[0]!.dueAt).toBe(complete[0]!.dueAt)
        }
      }),
    60_000,
  )

  it(
    'in any part of a range: the parts are the whole',
    () =>
      property(async (client, c) => {
        const { start, end, all } = await prepare(client, c)
        const dues = due(all)
        const cuts = c.cuts.map((cut) => {
          const on = dues[Math.floor((dues.length * cut.at) / 1001)]
          const at = cut.onDue && on ? on.dueAt : start + Math.floor(((end - start) / 1000) * cut.at)
          return Math.min(end, Math.max(start, at + cut.shift))
        })
        const edges = [start, ...cuts.toSorted((a, b) => a - b), end]
        const running = limited(all, c.maxRuns)
        const listed = byDueTime([
          ...running,
          ...all.filter((item) => !['run', 'moved'].includes(item.outcome)),
        ])

        for (let i = 1; i < edges.length; i++) {
          const [from, to] = [edges[i - 1]!, edges[i]!]
          const within = (item: Planned) => item.dueAt >= from && item.dueAt < to
          const call = (count: string) =>
            planned(client, `almanac_private.coming_occurrences(s.*, $1, $2, ${count})`, [
              instant(from),
              instant(to),
            ])

          expect(await call('null, false')).toEqual(running.filter(within))
          expect(await call(`${c.maxCount}, false`)).toEqual(running.filter(within).slice(0, c.maxCount))
          if (c.maxRuns === null) expect(await call('null, true')).toEqual(listed.filter(within))
        }
      }),
    60_000,
  )

  it(
    'in what fires, however little firing looks at in one go, and keeps of it',
    () =>
      property(async (client, c) => {
        const { end, all } = await prepare(client, c)
        await client.query(`
          set local lock_timeout to '1s';
          create or replace function almanac_private.most_windows() returns integer language sql immutable return 1;
          do $$ begin
            execute replace(replace(pg_get_functiondef('almanac_private.exclusions'::regproc),
              'v_worth_keeping constant integer := 50', 'v_worth_keeping constant integer := 1'),
              'v_worth_more constant integer := 500', 'v_worth_more constant integer := 1');
            execute replace(pg_get_functiondef('almanac_private.keep_exclusions'::regproc),
              'v_most_kept constant integer := 500', 'v_most_kept constant integer := 3');
          end $$;
          update almanac.schedules set overlap_policy = 'allow', priority = 1 where name = 'x'`)
        const expected = limited(all, c.maxRuns).filter((item) => item.dueAt < end)

        for (let fired = 0; fired < 300; fired++) {
          const { rows } = await client.query<{ fired: string }>(
            `select almanac_private.fire_due(s.next_run_at)::text as fired from almanac.schedules s
             where s.name = 'x' and s.next_run_at < $1`,
            [instant(end)],
          )
          if (rows.length === 0) break
        }
        const runs = await planned(
          client,
          `(select r.scheduled_for, r.due_at, r.status::text as outcome from almanac.runs r
            where r.schedule_id = s.id and r.status <> 'skipped' order by r.due_at, r.scheduled_for)`,
        )
        expect(runs.map(withoutOutcome)).toEqual(expected.map(withoutOutcome).slice(0, runs.length))
        expect(runs.length).toBeGreaterThanOrEqual(Math.min(expected.length, 100))
      }, 15),
    120_000,
  )
})

const withoutDueUnlessRun = (item: Planned) =>
  item.outcome === 'run' ? item : { scheduledFor: item.scheduledFor, outcome: item.outcome }
const withoutOutcome = (item: Planned) => ({ scheduledFor: item.scheduledFor, dueAt: item.dueAt })
