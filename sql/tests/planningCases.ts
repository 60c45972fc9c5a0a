import fc from 'fast-check'
import type { ClientBase } from 'pg'
import { due, plan, union, type Micros, type Outcome, type Planned, type Range } from './planningOracle.ts'

const SECOND = 1_000_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const micros = (text: string): Micros => Date.parse(text) * 1000
/** PostgreSQL's text of an instant; a Date would lose the microseconds. */
export const instant = (at: Micros): string => {
  const seconds = Math.floor(at / SECOND)
  return `${new Date(seconds * 1000).toISOString().slice(0, 19)}.${String(at - seconds * SECOND).padStart(6, '0')}Z`
}

/** Rules with the longest way from one occurrence to the next. */
const RULES = [
  { cron: '*/7 * * * *', gap: 7 * MINUTE },
  { cron: '*/15 2 * * *', gap: DAY },
  { cron: '30 2 * * *', gap: 25 * HOUR },
  { cron: '0 0 * * *', gap: 25 * HOUR },
  { cron: '0 * * * *', gap: HOUR },
  { cron: '0 9,17 * * *', gap: 17 * HOUR },
  { cron: '*/20 * * * * *', gap: 20 * SECOND },
  { cron: '15 6 * * MON-FRI', gap: 73 * HOUR },
  { every: '45 seconds', gap: 45 * SECOND },
  { every: '90 minutes', gap: 90 * MINUTE },
  { every: '1 day', days: 1, gap: 25 * HOUR },
  { every: '1 week', days: 7, gap: 7 * DAY + HOUR },
]
const ZONES = [
  'UTC',
  'Europe/Paris',
  'America/New_York',
  'Australia/Lord_Howe',
  'Africa/Cairo',
  'America/Santiago',
  'Asia/Kolkata',
]
/** Around these days clocks change somewhere. */
const DAYS = [
  '2091-03-09',
  '2091-03-24',
  '2091-04-01',
  '2091-04-26',
  '2091-09-02',
  '2091-10-05',
  '2091-10-27',
  '2091-11-02',
  '2091-06-15',
]

const part = fc.integer({ min: 0, max: 1000 })
const length = fc.integer({ min: 1, max: 200 })
/** Positions are thousandths of the range, lengths of windows thousandths of it too. */
const entry = fc.oneof(
  fc.record({ kind: fc.constant('range' as const), at: part, length, onNominal: fc.boolean() }),
  fc.record({ kind: fc.constant('dates' as const), at: part, days: fc.integer({ min: 1, max: 3 }) }),
  fc.record({
    kind: fc.constant('daily' as const),
    hour: fc.integer({ min: 0, max: 20 }),
    minute: fc.constantFrom(0, 30),
    hours: fc.integer({ min: 1, max: 9 }),
  }),
  fc.record({
    kind: fc.constant('weekly' as const),
    weekday: fc.integer({ min: 0, max: 6 }),
    hour: fc.constantFrom(0, 0, 3),
    days: fc.integer({ min: 1, max: 2 }),
  }),
  fc.record({
    kind: fc.constant('dense' as const),
    at: part,
    /** Of each of them; they touch where there is none between. */
    seconds: fc.constantFrom(1, 10, 3600, 86_400),
    between: fc.constantFrom(0, 1, 10, 3600),
    count: fc.integer({ min: 60, max: 600 }),
  }),
)
type Entry = typeof entry extends fc.Arbitrary<infer T> ? T : never

export const cases = fc
  .record({
    rule: fc.constantFrom(...RULES),
    timezone: fc.constantFrom(...ZONES),
    day: fc.constantFrom(...DAYS),
    offset: fc.constantFrom(0, 0, 5 * HOUR, 1, 123_457, 7 * HOUR + 999_999),
    count: fc.integer({ min: 20, max: 120 }),
    calendars: fc.array(
      fc.record({
        timezone: fc.option(fc.constantFrom(...ZONES)),
        entries: fc.array(entry, { minLength: 1, maxLength: 3 }),
      }),
      { maxLength: 2 },
    ),
    policy: fc.constantFrom('skip' as const, 'move' as const),
    jitter: fc.option(
      fc.record({ seconds: fc.integer({ min: 1, max: 30 }), gaps: fc.constantFrom(0, 0.01, 0.5, 1, 4) }),
    ),
    overrides: fc.array(
      fc.record({ nth: part, to: fc.option(fc.record({ at: part, nominal: fc.boolean() })) }),
      { maxLength: 5 },
    ),
    ends: fc.boolean(),
    cuts: fc.array(fc.record({ at: part, onDue: fc.boolean(), shift: fc.constantFrom(0, 0, 1, -1, 1000) }), {
      minLength: 1,
      maxLength: 5,
    }),
    maxCount: fc.integer({ min: 1, max: 12 }),
    maxRuns: fc.option(fc.integer({ min: 1, max: 30 })),
  })
  // One daily window and one weekly one at most: together they never exclude everything.
  .map((one) => {
    const seen = new Set<string>()
    const calendars = one.calendars.map((calendar) => ({
      ...calendar,
      entries: calendar.entries.filter(
        (e) => e.kind === 'range' || e.kind === 'dates' || (!seen.has(e.kind) && seen.add(e.kind)),
      ),
    }))
    return { ...one, calendars }
  })
export type Case = typeof cases extends fc.Arbitrary<infer T> ? T : never

interface Row {
  scheduled_for: string
  due_at: string
  outcome?: Outcome
}
const AS_MICROS = (column: string) => `(extract(epoch from ${column}) * 1000000)::bigint::text`

async function times(client: ClientBase, query: string, values: unknown[]): Promise<Micros[]> {
  const { rows } = await client.query<{ at: string }>(
    `select ${AS_MICROS('q.at')} as at from (${query}) q(at)`,
    values,
  )
  return rows.map((row) => Number(row.at))
}
export async function planned(client: ClientBase, from: string, values: unknown[] = []): Promise<Planned[]> {
  const { rows } = await client.query<Row>(
    `select ${AS_MICROS('p.scheduled_for')} as scheduled_for, ${AS_MICROS('p.due_at')} as due_at, p.outcome
     from almanac.schedules s cross join lateral ${from} p where s.name = 'x'`,
    values,
  )
  return rows.map((row) => ({
    scheduledFor: Number(row.scheduled_for),
    dueAt: Number(row.due_at),
    outcome: row.outcome!,
  }))
}

/** What an entry excludes, in a zone: from local times by almanac.local_time and almanac.occurrences alone. */
async function rangesOf(
  client: ClientBase,
  e: Entry,
  zone: string,
  range: Range,
  nominal: readonly Micros[],
): Promise<Range[]> {
  const place = placeOf(e, range, nominal)
  if (e.kind === 'range') return [place]
  if (e.kind === 'dense')
    return Array.from({ length: countOf(e) }, (_, i) => {
      const from = place[0] + i * (e.seconds + e.between) * SECOND
      return [from, from + e.seconds * SECOND] as const
    })
  if (e.kind === 'dates') {
    const [from] = await times(client, `select almanac.local_time($1::date::timestamp, $2)`, [
      instant(place[0]),
      zone,
    ])
    const [to] = await times(client, `select almanac.local_time(($1::date + $3::int)::timestamp, $2)`, [
      instant(place[0]),
      zone,
      e.days,
    ])
    return [[from!, to!]]
  }
  const cron = cronOf(e)
  const { rows } = await client.query<{ starts: string; ends: string }>(
    `select ${AS_MICROS('o.at')} as starts, ${AS_MICROS(
      e.kind === 'daily'
        ? `o.at + make_interval(hours => $5)`
        : `almanac.local_time((o.at at time zone $2)::date + $5::int + make_time($6, 0, 0), $2)`,
    )} as ends from almanac.occurrences($1, $2, $3, $4) o(at) where $6::int is not null`,
    [
      cron,
      zone,
      instant(range[0] - 15 * DAY),
      instant(range[1] + 60 * DAY),
      e.kind === 'daily' ? e.hours : e.days,
      e.hour,
    ],
  )
  return rows.map((row) => [Number(row.starts), Number(row.ends)])
}
function placeOf(e: Entry, range: Range, nominal: readonly Micros[]): Range {
  const size = range[1] - range[0]
  const on = (thousandth: number) => range[0] + Math.floor((size / 1000) * thousandth)
  if (e.kind === 'dates' || e.kind === 'dense') return [on(e.at), on(e.at)]
  if (e.kind !== 'range') return range
  const from = on(e.at)
  const to = from + Math.max(SECOND, Math.floor((size / 1000) * e.length))
  if (!e.onNominal) return [from, to]
  // From an occurrence, to an occurrence.
  const at = (moment: Micros) => nominal.find((n) => n >= moment)
  const first = at(from)
  const last = at(to)
  return first !== undefined && last !== undefined && first < last ? [first, last] : [from, to]
}
/** No more than reach 20 days on: recurring windows are known so far. */
function countOf(e: Entry & { kind: 'dense' }): number {
  return Math.min(e.count, Math.floor((20 * DAY) / ((e.seconds + e.between) * SECOND)))
}
function cronOf(e: Entry): string {
  if (e.kind === 'daily') return `${e.minute} ${e.hour} * * *`
  if (e.kind === 'weekly') return `0 ${e.hour} * * ${e.weekday}`
  throw new Error('Not recurring.')
}
async function addEntry(client: ClientBase, calendar: string, e: Entry, place: Range): Promise<void> {
  if (e.kind === 'range')
    await client.query(`select almanac.exclude_range($1, $2, $3)`, [
      calendar,
      instant(place[0]),
      instant(place[1]),
    ])
  else if (e.kind === 'dense')
    await client.query(
      `insert into almanac.calendar_entries (calendar_id, starts_at, ends_at)
       select c.id, s.at, s.at + make_interval(secs => $3::int)
       from almanac.exclusion_calendars c, generate_series(0, $5::int - 1) i,
         lateral (select $2::timestamptz + i * make_interval(secs => $3::int + $4::int) as at) s
       where c.name = $1`,
      [calendar, instant(place[0]), e.seconds, e.between, countOf(e)],
    )
  else if (e.kind === 'dates')
    await client.query(`select almanac.exclude_dates($1, $2::date, $2::date + $3::int - 1)`, [
      calendar,
      instant(place[0]),
      e.days,
    ])
  else
    await client.query(`select almanac.exclude_recurring($1, $2, $3)`, [
      calendar,
      cronOf(e),
      e.kind === 'daily' ? `${e.hours} hours` : `${e.days} days`,
    ])
}

/** Saves the case as schedule x, and plans it by the oracle. */
export async function prepare(client: ClientBase, c: Case) {
  const start = micros(`${c.day}T00:00:00Z`) - DAY + c.offset
  const end = start + c.rule.gap * c.count
  const range: Range = [start, end]
  const jitterMs = c.jitter
    ? Math.min(86_400_000, Math.max(c.jitter.seconds * 1000, Math.floor((c.rule.gap * c.jitter.gaps) / 1000)))
    : 0
  const settings = {
    starts_at: instant(start),
    ends_at: c.ends ? instant(end) : null,
    max_runs: c.maxRuns,
    jitter: c.jitter ? `${jitterMs / 1000} seconds` : null,
    exclusion_policy: c.policy,
  }
  if (c.rule.cron)
    await client.query(
      `select almanac.schedule_cron('x', $1, 'almanac:noop', timezone => $2, settings => $3)`,
      [c.rule.cron, c.timezone, settings],
    )
  else
    await client.query(
      `select almanac.schedule_every('x', $1, 'almanac:noop', timezone => $2, settings => $3)`,
      [c.rule.every, c.timezone, settings],
    )

  // Beyond the end as far as anything there can bear on what comes before it.
  const enough = end + 10 * c.rule.gap
  const nominalUntil = (until: Micros) =>
    c.rule.cron
      ? times(client, `select almanac.occurrences($1, $2, $3, $4)`, [
          c.rule.cron,
          c.timezone,
          instant(start),
          instant(until),
        ])
      : times(
          client,
          c.rule.days
            ? `select distinct o.at from generate_series(0, $4::int) k,
                 almanac.local_time(($1::timestamptz at time zone $2) + k * make_interval(days => $5), $2) o(at)
               where o.at >= $1 and o.at < $3 order by o.at`
            : `select o.at from generate_series($1::timestamptz, $3, make_interval(secs => $5)) o(at) where $4::int > 0 and o.at < $3 and $2 <> ''`,
          [
            instant(start),
            c.timezone,
            instant(until),
            Math.ceil((until - start) / DAY) + 2,
            c.rule.days ?? c.rule.gap / SECOND,
          ],
        )
  const first = await nominalUntil(end)

  const excluded: Range[] = []
  for (const [i, calendar] of c.calendars.entries()) {
    await client.query(`select almanac.create_calendar($1, $2)`, [`c${i}`, calendar.timezone])
    for (const e of calendar.entries) {
      const place = placeOf(e, range, first)
      await addEntry(client, `c${i}`, e, place)
      excluded.push(...(await rangesOf(client, e, calendar.timezone ?? c.timezone, range, first)))
    }
  }
  await client.query(`update almanac.schedules set calendars = $1 where name = 'x'`, [
    c.calendars.map((_, i) => `c${i}`),
  ])

  const overrides = new Map<Micros, 'skip' | Micros>()
  for (const override of c.overrides) {
    const at = first[Math.floor((first.length - 1) * (override.nth / 1000))]
    if (at === undefined || overrides.has(at)) continue
    if (override.to === null) {
      overrides.set(at, 'skip')
      await client.query(`select almanac.skip_occurrence('x', $1)`, [instant(at)])
    } else {
      const to = override.to.nominal
        ? first[Math.floor((first.length - 1) * (override.to.at / 1000))]!
        : start + Math.floor(((end - start) / 1000) * override.to.at)
      overrides.set(at, to)
      await client.query(`select almanac.move_occurrence('x', $1, $2)`, [instant(at), instant(to)])
    }
  }

  const lastEnd = union(excluded).findLast(([from]) => from < enough)?.[1] ?? 0
  const nominal = c.ends ? first : await nominalUntil(Math.max(enough, lastEnd) + 10 * c.rule.gap)
  const { rows } = await client.query<{ id: string }>(`select id from almanac.schedules where name = 'x'`)
  const all = plan(nominal, {
    scheduleId: Number(rows[0]!.id),
    excluded,
    exclusionPolicy: c.policy,
    overrides,
    jitterMs,
  })
  return { start, end, all }
}

/** The occurrences that max_runs leaves. */
export function limited(planned: readonly Planned[], maxRuns: number | null): Planned[] {
  return due(planned).slice(0, maxRuns ?? undefined)
}
