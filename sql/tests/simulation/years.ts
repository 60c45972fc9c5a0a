import { randomFrom } from '../../../tests/random.ts'
import type { TestDatabase } from '../../../tests/database/createTestDatabase.ts'
import { DAY, HOUR, instant, micros, MINUTE, SECOND, type Micros } from './clock.ts'

/** How long a life to live, and which. */
export interface YearsOptions {
  readonly seed: number
  readonly years: number
  readonly schedules: number
}

/** What came of it. */
export interface Years {
  readonly calls: number
  readonly events: Readonly<Record<string, number>>
  readonly outcomes: Readonly<Record<string, number>>
  /** What check_ledger finds in all the time. */
  readonly problems: readonly unknown[]
  /** Schedules whose job, next run or status is not as it should be. */
  readonly unarmed: readonly unknown[]
}

const START = Date.parse('2090-01-01T00:00:00Z') * 1000
const ZONES = [
  'UTC',
  'Europe/Paris',
  'America/New_York',
  'Australia/Lord_Howe',
  'America/Santiago',
  'Asia/Kolkata',
]
/** Hourly, daily, weekly and monthly ones; some fall into the hours that clock changes skip or repeat. */
const RULES: readonly (readonly ['cron' | 'interval', string])[] = [
  ['cron', '17 * * * *'],
  ['cron', '0 */2 * * *'],
  ['cron', '30 2 * * *'],
  ['cron', '0 0 * * *'],
  ['cron', '30 1 * * *'],
  ['cron', '15 3 * * SUN'],
  ['cron', '0 9 * * MON-FRI'],
  ['cron', '45 2 1 * *'],
  ['cron', '0 6 31 * *'],
  ['interval', '1 hour'],
  ['interval', '36 hours'],
  ['interval', '1 day'],
  ['interval', '1 week'],
  ['interval', '1 month'],
]
const OVERLAPS = ['skip', 'queue_one', 'queue_all', 'allow', 'cancel_running']
const MISSED = ['run_latest', 'run_all', 'skip']

/** Lives through years by fire_due(as_of) alone: on time around clock changes and at random, with gaps of hours and of weeks between. */
export async function liveThroughYears(
  db: TestDatabase,
  { seed, years, schedules }: YearsOptions,
): Promise<Years> {
  const random = randomFrom(seed)
  const pick = <T>(items: readonly T[]): T => items[random(items.length)]!
  const chance = (percent: number) => random(100) < percent
  const client = await db.connect()
  const query = async <Row extends object>(text: string, values: unknown[] = []) =>
    (await client.query<Row & Record<string, unknown>>(text, values)).rows as Row[]
  const end = START + years * 365.25 * DAY
  const changes = clockChanges(years)
  const events: Record<string, number> = {}
  const paused = new Set<string>()
  const gone = new Set<string>()
  const names = Array.from({ length: schedules }, (_, index) => `s${index}`)
  let now = START
  let calls = 0
  let stopped = false

  /** Any column that a person may change. */
  const settings = () => {
    const [kind, rule] = pick(RULES)
    return {
      kind,
      cron_expression: kind === 'cron' ? rule : null,
      every: kind === 'interval' ? rule : null,
      timezone: pick(ZONES),
      overlap_policy: pick(OVERLAPS),
      max_concurrent: pick([null, null, 1, 3]),
      missed_run_policy: pick(MISSED),
      late_tolerance: pick(['1 second', '1 minute', '2 hours']),
      catchup_window: pick(['0', '1 hour', '3 days', '40 days']),
      jitter: pick([null, null, '10 minutes', '2 hours']),
      exclusion_policy: pick(['skip', 'move']),
      calendars: pick([[], [], ['off'], ['off', 'more']]),
    }
  }
  const settle = (name: string, omitAs: string | null, closing: string | null) =>
    query(`select simulation.resolve_at($1, $2, $3, $4)`, [name, instant(now), omitAs, closing])
  const settleAll = async () => {
    for (const name of names) if (!paused.has(name) && !gone.has(name)) await settle(name, null, null)
  }

  /** Fires until nothing more is due, as a ticker does; gives when the next is. */
  async function fire(): Promise<Micros | null> {
    for (let tries = 0; ; tries++) {
      calls++
      const [row] = await query<{ next: string | null; more: boolean }>(
        `select ${micros('next_due')} as next, coalesce(next_due <= $1, false) as more from almanac_private.fire_due($1)`,
        [instant(now)],
      )
      if (!row?.more) return row?.next ? Number(row.next) : null
      if (tries > 50) throw new Error(`At ${instant(now)} something stays due.`)
    }
  }

  async function onTime(count: number): Promise<void> {
    for (let next = await fire(); count > 0 && next !== null && next < end; count--) {
      now = next
      next = await fire()
    }
  }

  /** Workers: some of what is queued or running ends, well or badly, and what waited is released. */
  async function work(): Promise<void> {
    await query(`select simulation.work($1, $2)`, [instant(now), String(random(1_000_000))])
  }

  const EVENTS: Readonly<Record<string, () => Promise<unknown>>> = {
    async edit() {
      const name = pick(names)
      if (paused.has(name) || gone.has(name)) return
      await settle(name, null, 'hold')
      await update(name, settings())
    },
    async pause() {
      const name = pick(names)
      if (paused.has(name) || gone.has(name)) return
      await settle(name, null, null)
      await update(name, { status: 'paused' })
      paused.add(name)
    },
    async resume() {
      const name = [...paused].find((one) => !gone.has(one))
      if (name === undefined) return
      await settle(name, 'paused', 'hold')
      await update(name, { status: 'active' })
      paused.delete(name)
    },
    async 'catch up'() {
      const name = [...paused].find((one) => !gone.has(one))
      if (name === undefined) return
      await query(`select almanac.resume($1, catch_up => true)`, [name])
      paused.delete(name)
    },
    async unschedule() {
      const name = pick(names)
      if (gone.has(name)) return
      await settle(name, paused.has(name) ? 'paused' : null, 'stop')
      await query(`select almanac.unschedule($1)`, [name])
      gone.add(name)
    },
    async restore() {
      const [name] = gone
      if (name === undefined) return
      await query(`select almanac.restore($1)`, [name])
      gone.delete(name)
    },
    async 'stop all'() {
      if (stopped) return
      await query(`insert into almanac.stops (stopped_at, stopped_by) values ($1, 'simulation')`, [
        instant(now),
      ])
      stopped = true
    },
    async exclude() {
      await settleAll()
      const from = now + random(30 * 24) * HOUR + 17
      await query(`select almanac.exclude_range($1, $2, $3)`, [
        pick(['off', 'more']),
        instant(from),
        instant(from + (1 + random(72)) * HOUR),
      ])
    },
    async 'exclude no more'() {
      await settleAll()
      await query(
        `delete from almanac.calendar_entries where id in (select id from almanac.calendar_entries order by id offset $1 limit 1)`,
        [random(4)],
      )
    },
    skip: () => override((name, at) => query(`select almanac.skip_occurrence($1, $2)`, [name, at])),
    move: () =>
      override((name, at) =>
        query(`select almanac.move_occurrence($1, $2, $3)`, [
          name,
          at,
          instant(now + (1 + random(5_000)) * MINUTE),
        ]),
      ),
    async trigger() {
      const name = pick(names)
      if (!gone.has(name))
        await query(`select almanac.trigger_now($1, respect_overlap => $2)`, [name, chance(50)])
    },
  }

  async function update(name: string, columns: Readonly<Record<string, unknown>>): Promise<void> {
    const keys = Object.keys(columns)
    await query(
      `update almanac.schedules set ${keys.map((key, index) => `${key} = $${index + 2}`).join(', ')} where name = $1`,
      [name, ...Object.values(columns)],
    )
  }

  async function override(change: (name: string, at: string) => Promise<unknown>): Promise<void> {
    const name = pick(names)
    if (paused.has(name) || gone.has(name)) return
    await settle(name, null, null)
    const coming = await query<{ at: string }>(
      `select scheduled_for::text as at from almanac.upcoming($1, $2, $3)`,
      [name, instant(now), 1 + random(6)],
    )
    const last = coming.at(-1)
    if (last) await change(name, last.at)
  }

  async function resumeAll(): Promise<void> {
    await query(
      `update almanac.stops set resumed_at = $1, resumed_by = 'simulation', catch_up = $2 where resumed_at is null`,
      [instant(now), chance(30)],
    )
    stopped = false
  }

  await query(WORK)
  await query(`select almanac.create_calendar('off'), almanac.create_calendar('more')`)
  for (const name of names)
    await query(`select almanac_private.save_schedule($1)`, [
      {
        name,
        task_identifier: 'almanac:noop',
        starts_at: instant(START + SECOND),
        max_attempts: 2,
        ...settings(),
      },
    ])

  while (now < end) {
    const change = changes.find((at) => at > now)
    if (change !== undefined && chance(10)) now = change
    else now += chance(3) ? random(45 * 24) * HOUR : random(48 * 60) * MINUTE + random(60) * SECOND
    now = Math.min(now, end)
    if (stopped) await resumeAll()
    await onTime(now === change ? 16 : random(6))
    await work()
    if (chance(80)) {
      const name = pick(Object.keys(EVENTS))
      events[name] = (events[name] ?? 0) + 1
      await EVENTS[name]!()
      if (!stopped) await fire()
    }
  }
  if (stopped) await resumeAll()
  await fire()
  for (const name of names)
    if (!gone.has(name)) await settle(name, paused.has(name) ? 'paused' : null, 'hold')
  await fire()

  const problems: unknown[] = []
  for (let from = START; from < now; from += 365 * DAY)
    problems.push(
      ...(await query(`select c.* from almanac.check_ledger($1, $2) c`, [
        instant(from),
        instant(Math.min(now, from + 365 * DAY)),
      ])),
    )
  const unarmed = await query(
    `select s.name, s.status, s.next_run_at, j.run_at from almanac.schedules s
     left join graphile_worker.jobs j on j.key = 'schedule:' || s.id
     where case when s.status = 'active' and s.deleted_at is null then s.next_run_at > $1 and j.run_at = s.next_run_at + almanac_private.arm_delay()
       else s.next_run_at is null and j.key is null end is not true`,
    [instant(now)],
  )
  const [row] = await query<{ outcomes: Record<string, number> }>(`
    select jsonb_object_agg(outcome, count) as outcomes from (
      select status::text as outcome, count(*) from almanac.runs where trigger = 'schedule' group by 1
      union all select reason::text, sum(count) from almanac.omissions group by 1) o`)
  await client.end()
  return { calls, events, outcomes: row!.outcomes, problems, unarmed }
}

/** Shortly before the clocks of some zones change. */
function clockChanges(years: number): Micros[] {
  const first = new Date(START / 1000).getUTCFullYear()
  return Array.from({ length: years + 1 }, (_, index) => first + index)
    .flatMap((year) => [
      nthSunday(year, 3, 2, '06:30'),
      nthSunday(year, 3, -1, '00:30'),
      nthSunday(year, 4, 1, '02:30'),
      nthSunday(year, 9, 1, '03:30'),
      nthSunday(year, 10, 1, '14:30') - DAY,
      nthSunday(year, 10, -1, '00:30'),
      nthSunday(year, 11, 1, '05:30'),
    ])
    .sort((a, b) => a - b)
}

function nthSunday(year: number, month: number, nth: number, time: string): Micros {
  const first = new Date(Date.UTC(year, nth < 0 ? month : month - 1, 1))
  const day = nth < 0 ? 1 - (first.getUTCDay() || 7) : 1 + ((7 - first.getUTCDay()) % 7) + 7 * (nth - 1)
  const [hours, minutes] = time.split(':').map(Number)
  return Date.UTC(first.getUTCFullYear(), first.getUTCMonth(), day, hours, minutes) * 1000
}

const WORK = `
  create function simulation.work(as_of timestamptz, seed text) returns void language plpgsql as $$
  declare
    v_worker bigint := (select min(w.id) from almanac.workers w);
    v_runs bigint[];
    v_fors timestamptz[];
  begin
    if v_worker is null then
      v_worker := almanac_private.register_worker('simulation', 'simulation', 1, '1', 1);
    end if;
    select array_agg(l.run_id order by l.run_id), array_agg(l.scheduled_for order by l.run_id) into v_runs, v_fors
    from almanac_private.live_runs l where not l.is_waiting and abs(hashtext(l.run_id::text || work.seed)) % 3 > 0;
    perform almanac_private.begin_runs(worker_id => v_worker, run_ids => v_runs, scheduled_fors => v_fors, as_of => work.as_of);
    perform almanac_private.finish_runs(worker_id => v_worker, as_of => work.as_of, results => (
      select jsonb_agg(jsonb_build_object('runId', r.id, 'scheduledFor', r.scheduled_for,
        'status', case when r.id % 5 = 0 then 'failed' else 'succeeded' end) order by r.id)
      from almanac.runs r where r.id = any (v_runs) and r.scheduled_for = any (v_fors) and r.status = 'running' and abs(hashtext(work.seed || r.id::text)) % 3 > 0));
    -- Those that are over have no use for their jobs any more.
    perform graphile_worker.complete_jobs(array(
      select j.id from graphile_worker.jobs j
      where j.key like 'run:%' and not exists (select from almanac_private.live_runs l where j.key = 'run:' || l.run_id)));
  end $$`
