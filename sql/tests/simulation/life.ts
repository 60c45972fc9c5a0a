import fc from 'fast-check'
import type { ClientBase } from 'pg'
import { expect } from 'vitest'
import { HOUR, instant, micros, MINUTE, SECOND, type Micros } from './clock.ts'
import { checkExplanations } from './explanations.ts'

const START = Date.parse('2091-03-24T20:00:00Z') * 1000

interface Occurrence {
  readonly scheduledFor: Micros
  readonly dueAt: Micros
}

const RULES = [
  { kind: 'cron', cron_expression: '*/10 * * * *', every: null },
  { kind: 'cron', cron_expression: '0,20,30 * * * *', every: null },
  { kind: 'cron', cron_expression: '30 * * * *', every: null },
  { kind: 'interval', cron_expression: null, every: '12 minutes' },
  { kind: 'interval', cron_expression: null, every: '55 minutes' },
]
const rule = fc.constantFrom(...RULES)
const timezone = fc.constantFrom('UTC', 'Europe/Paris', 'Australia/Lord_Howe')
const jitter = fc.constantFrom(null, null, '5 seconds', '9 minutes', '3 hours')
const policy = fc.constantFrom('skip', 'move')
const calendars = fc.constantFrom([], ['off'], ['off', 'more'])
const span = fc.integer({ min: 1, max: 300 }).map((minutes) => minutes * MINUTE + 17)
const nth = fc.integer({ min: 0, max: 8 })

const events = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        event: fc.constant('fire on time' as const),
        count: fc.integer({ min: 1, max: 8 }),
      }),
    },
    { weight: 3, arbitrary: fc.record({ event: fc.constant('be down' as const), span }) },
    { weight: 2, arbitrary: fc.record({ event: fc.constant('skip' as const), nth }) },
    { weight: 3, arbitrary: fc.record({ event: fc.constant('move' as const), nth, span }) },
    { weight: 1, arbitrary: fc.record({ event: fc.constant('restore' as const), nth }) },
    {
      weight: 2,
      arbitrary: fc.record({
        event: fc.constant('exclude' as const),
        calendar: fc.constantFrom('off', 'more'),
        ago: fc.constantFrom(0, 0, HOUR),
        in: span,
        span,
      }),
    },
    { weight: 1, arbitrary: fc.record({ event: fc.constant('exclude no more' as const), nth }) },
    {
      weight: 1,
      arbitrary: fc.record({
        event: fc.constant('edit' as const),
        rule,
        timezone,
        jitter,
        policy,
        calendars,
        after: fc.constantFrom(0, 3 * MINUTE, 7 * MINUTE + 1),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        event: fc.constant('pause' as const),
        after: fc.constantFrom(0, 4 * MINUTE),
        span,
      }),
    },
  ),
  { minLength: 4, maxLength: 20 },
)
/** A schedule and what happens to it. */
export const cases = fc.record({
  rule,
  timezone,
  jitter,
  policy,
  calendars,
  missed: fc.constantFrom('run_latest', 'run_all', 'skip'),
  tolerance: fc.constantFrom(SECOND, MINUTE, 25 * MINUTE),
  window: fc.constantFrom(0, HOUR, 4 * HOUR),
  microseconds: fc.constantFrom(0, 250_001),
  events,
})
type Case = typeof cases extends fc.Arbitrary<infer T> ? T : never
type Event = Case['events'][number]

/** A schedule x in a time of its own, and what its ledger must come to. */
export async function simulate(client: ClientBase, c: Case): Promise<void> {
  let now = START - 1
  let ruleSince = now
  const nominal = new Set<Micros>()
  const moved = new Set<Micros>()

  const occurrences = async (query: string, values: unknown[] = []): Promise<Occurrence[]> => {
    const { rows } = await client.query<{ scheduled_for: string; due_at: string }>(
      `select ${micros('q.scheduled_for')} as scheduled_for, ${micros('q.due_at')} as due_at from (${query}) q`,
      values,
    )
    return rows.map((row) => ({ scheduledFor: Number(row.scheduled_for), dueAt: Number(row.due_at) }))
  }
  const upcoming = (count: number) =>
    occurrences(`select * from almanac.upcoming('x', $1, $2)`, [instant(now), count])
  const runs = () =>
    occurrences(
      `select scheduled_for, due_at from almanac.runs where trigger = 'schedule' and status <> 'skipped' order by due_at, scheduled_for`,
    )
  const settle = (omitAs: string | null, closing: string | null) =>
    client.query(`select simulation.resolve_at('x', $1, $2, $3)`, [instant(now), omitAs, closing])
  /** The rule's own times up to now belong to the ledger. */
  const closeRule = async () => {
    const past = await occurrences(
      `select o.at as scheduled_for, o.at as due_at from almanac.schedules s
       cross join lateral almanac_private.occurrences_between(s.*, $1, $2, null) o(at) where s.name = 'x'`,
      [instant(ruleSince + 1), instant(now + 1)],
    )
    for (const { scheduledFor } of past) nominal.add(scheduledFor)
    ruleSince = now
  }
  const fire = async () => {
    for (let i = 0; ; i++) {
      const { rows } = await client.query<{ more: boolean }>(
        `select coalesce(next_due <= $1, false) as more from almanac_private.fire_due($1)`,
        [instant(now)],
      )
      if (!rows[0]!.more) return
      expect(i).toBeLessThan(20)
    }
  }
  /** Fires at a time in the future, and looks whether that gave the runs that were announced, and missed what it should. */
  const fireAt = async (moment: Micros) => {
    const announced = await occurrences(
      `select c.* from almanac.schedules s
       cross join lateral almanac_private.coming_occurrences(s.*, $1, $2, null) c where s.name = 'x'`,
      [instant(now + 1), instant(moment + 1)],
    )
    const before = await runs()
    now = moment
    await fire()

    const latest = announced.at(-1)
    const fires = (item: Occurrence) =>
      item.dueAt >= moment - c.tolerance ||
      (item.dueAt >= moment - c.window &&
        (c.missed === 'run_all' || (c.missed === 'run_latest' && item === latest)))
    const known = new Set(before.map((item) => item.scheduledFor))
    expect((await runs()).filter((item) => !known.has(item.scheduledFor))).toEqual(announced.filter(fires))
    const missed = announced.filter((item) => !fires(item)).map((item) => instant(item.scheduledFor))
    const { rows } = await client.query(
      `select m.at from unnest($1::timestamptz[]) m(at)
       where not exists (select from almanac.omissions o where o.during @> m.at and o.reason = 'missed')`,
      [missed],
    )
    expect(rows).toEqual([])
  }

  const happen = async (e: Event): Promise<void> => {
    switch (e.event) {
      case 'fire on time': {
        const listed = await upcoming(e.count)
        for (const dueAt of new Set(listed.map((item) => item.dueAt))) {
          const { rows } = await client.query(
            `select next_run_at = $1 as announced from almanac.schedules where name = 'x'`,
            [instant(dueAt)],
          )
          expect(rows).toEqual([{ announced: true }])
          await fireAt(dueAt)
        }
        return
      }
      case 'be down':
        return await fireAt(now + e.span)
      case 'skip':
      case 'move': {
        await settle(null, null)
        const item = (await upcoming(e.nth + 1)).at(-1)
        if (!item) return
        if (e.event === 'skip')
          await client.query(`select almanac.skip_occurrence('x', $1)`, [instant(item.scheduledFor)])
        else {
          moved.add(item.scheduledFor)
          await client.query(`select almanac.move_occurrence('x', $1, $2)`, [
            instant(item.scheduledFor),
            instant(now + e.span),
          ])
        }
        return
      }
      case 'restore': {
        await settle(null, null)
        const { rows } = await client.query<{ scheduled_for: Date }>(
          `select scheduled_for::text from almanac.occurrence_overrides
           where done_at is null and not is_owed and scheduled_for > $1 order by scheduled_for offset $2 limit 1`,
          [instant(now), e.nth % 2],
        )
        for (const row of rows)
          await client.query(`select almanac.restore_occurrence('x', $1)`, [row.scheduled_for])
        return await fire()
      }
      case 'exclude': {
        await settle(null, null)
        const from = e.ago ? now - e.ago : now + e.in
        await client.query(`select almanac.exclude_range($1, $2, $3)`, [
          e.calendar,
          instant(from),
          instant(from + e.span),
        ])
        return
      }
      case 'exclude no more': {
        await settle(null, null)
        await client.query(
          `delete from almanac.calendar_entries where id in (select id from almanac.calendar_entries order by id offset $1 limit 1)`,
          [e.nth % 3],
        )
        return await fire()
      }
      case 'edit': {
        await fireAt(now + e.after)
        await closeRule()
        await settle(null, 'hold')
        await client.query(
          `update almanac.schedules set kind = $1::almanac.schedule_kind, cron_expression = $2, every = $3::interval, timezone = $4,
             jitter = $5::interval, exclusion_policy = $6::almanac.exclusion_policy, calendars = $7 where name = 'x'`,
          [e.rule.kind, e.rule.cron_expression, e.rule.every, e.timezone, e.jitter, e.policy, e.calendars],
        )
        return
      }
      case 'pause': {
        await fireAt(now + e.after)
        await settle(null, null)
        await client.query(`update almanac.schedules set status = 'paused' where name = 'x'`)
        now += e.span
        await fire()
        await closeRule()
        await settle('paused', 'hold')
        await client.query(`update almanac.schedules set status = 'active' where name = 'x'`)
        return await fire()
      }
    }
  }

  await client.query(`select almanac.create_calendar('off'), almanac.create_calendar('more')`)
  await client.query(`select almanac_private.save_schedule($1)`, [
    {
      name: 'x',
      task_identifier: 'almanac:noop',
      ...c.rule,
      timezone: c.timezone,
      starts_at: instant(START + c.microseconds),
      jitter: c.jitter,
      exclusion_policy: c.policy,
      calendars: c.calendars,
      overlap_policy: 'allow',
      missed_run_policy: c.missed,
      late_tolerance: `${c.tolerance / SECOND} seconds`,
      catchup_window: `${c.window / SECOND} seconds`,
    },
  ])
  for (const e of c.events) await happen(e)
  await closeRule()
  await settle(null, 'hold')

  const outcomes = new Map<Micros, string[]>()
  const add = (at: Micros, outcome: string) => outcomes.set(at, [...(outcomes.get(at) ?? []), outcome])
  for (const item of await occurrences(
    `select scheduled_for, due_at from almanac.runs where trigger = 'schedule'`,
  ))
    add(item.scheduledFor, 'run')
  for (const item of await occurrences(
    `select m.scheduled_for, m.moved_to as due_at from almanac.schedules s cross join lateral almanac_private.moved_occurrences(s.*) m where s.name = 'x' and m.scheduled_for <= $1`,
    [instant(now)],
  ))
    add(item.scheduledFor, 'to come')
  const { rows: omissions } = await client.query<{ first: string; last: string; count: string }>(
    `select ${micros('lower(during)')} as first, ${micros('upper(during)')} as last, count from almanac.omissions`,
  )
  for (const omission of omissions) {
    const [first, last] = [Number(omission.first), Number(omission.last)]
    const within = [...nominal].filter((at) => at >= first && at <= last)
    if (first === last && within.length === 0) add(first, 'omitted')
    else expect({ first, last, count: Number(omission.count) }).toEqual({ first, last, count: within.length })
    for (const at of within) add(at, 'omitted')
  }
  const wrong = [...new Set([...nominal, ...outcomes.keys()])]
    .filter((at) => outcomes.get(at)?.length !== 1 || !(nominal.has(at) || moved.has(at)))
    .map(
      (at) =>
        `${instant(at)} ${nominal.has(at) ? 'of the rule' : 'not of the rule'}: ${outcomes.get(at)?.join(', ') ?? 'none'}`,
    )
  expect(wrong).toEqual([])
  await checkExplanations(client, nominal, now)
}
