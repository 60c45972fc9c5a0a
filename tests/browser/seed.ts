import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { Client } from 'pg'
import { queryOn, type Query } from '../../process/query.ts'
import { SCHEDULES, type SeedSchedule } from './seedSchedules.ts'

export interface SeedOptions {
  /** What is past and what is upcoming: now, without it. The same time gives the same rows. */
  readonly now?: Date
  /** How many runs there were. */
  readonly runs?: number
  /** That many schedules more, due once a day each. */
  readonly daily?: number
  /** That many schedules more, due every third day each: 10,000 have 100,000 occurrences a month. */
  readonly everyThirdDay?: number
}

/** How far back the history goes. */
const DAYS = 45

/**
 * Fills a migrated database with what a busy installation has: 70 schedules in five zones, 22,000 runs with every outcome,
 * some of them unfinished, exclusions, pauses, an outage, moved and skipped occurrences.
 */
export async function seed(query: Query, options: SeedOptions = {}): Promise<void> {
  const [row] = await query<{ now: Date }>(`select coalesce($1::timestamptz, now()) as now`, [options.now])
  const now = row!.now
  await addTasks(query)
  await addCalendars(query, now)
  for (const schedule of SCHEDULES) await addSchedule(query, schedule, now)
  await addMany(query, 'daily', options.daily ?? 0, '*')
  await addMany(query, 'third day', options.everyThirdDay ?? 0, '*/3')
  await addHistory(query, now, options.runs ?? 22_000)
  await addGaps(query, now)
  await changeOccurrences(query)
  await beginRuns(query)
  await query(`analyze almanac.schedules, almanac.runs, almanac.omissions`)
}

async function addTasks(query: Query): Promise<void> {
  await query(
    `select almanac.register_task(task, initcap(replace(task, '_', ' '))) from unnest($1::text[]) task`,
    [[...new Set(SCHEDULES.map(({ task }) => task))].filter((task) => !task.startsWith('almanac:'))],
  )
}

async function addCalendars(query: Query, now: Date): Promise<void> {
  await query(`select almanac.create_business_days('business days', 'Europe/Paris')`)
  await query(`select almanac.create_calendar('public holidays', 'Europe/Paris')`)
  await query(`select almanac.create_calendar('change freeze', 'UTC')`)
  await query(`select almanac.create_calendar('nights', 'America/New_York')`)
  await query(
    `select almanac.exclude_dates('public holidays', ($1::timestamptz at time zone 'Europe/Paris')::date + days, null, label)
     from (values (-11, 'Armistice'), (4, 'Founders'' Day'), (26, 'Christmas')) d(days, label)`,
    [now],
  )
  await query(
    `select almanac.exclude_range('change freeze', day + from_hours * interval '1 hour', day + to_hours * interval '1 hour', label)
     from (select date_trunc('day', $1::timestamptz, 'UTC') as day) d,
       (values (-200, -176, 'Data centre move'), (38, 66, 'Release freeze')) r(from_hours, to_hours, label)`,
    [now],
  )
  await query(`select almanac.exclude_recurring('nights', '0 22 * * *', '7 hours', 'Night')`)
}

async function addSchedule(query: Query, schedule: SeedSchedule, now: Date): Promise<void> {
  const { name, rule, zone = 'UTC', task, tags = [], settings = {} } = schedule
  const given = JSON.stringify({ tags, description: schedule.description ?? null, ...settings })
  const values = [name, task, zone, given]
  if (rule.startsWith('every '))
    await query(`select almanac.schedule_every($1, $5, $2, timezone => $3, settings => $4::jsonb)`, [
      ...values,
      rule.slice('every '.length),
    ])
  else if (rule.startsWith('in '))
    await query(
      `select almanac.schedule_at($1, $6::timestamptz + $5::interval, $2, timezone => $3, settings => $4::jsonb)`,
      [...values, rule.slice('in '.length), now],
    )
  else if (rule === 'manual')
    await query(
      `insert into almanac.schedules (name, kind, task_identifier, timezone, tags) values ($1, 'manual', $2, $3, $4)`,
      [name, task, zone, tags],
    )
  else
    await query(`select almanac.schedule_cron($1, $5, $2, timezone => $3, settings => $4::jsonb)`, [
      ...values,
      rule,
    ])
}

/** At all minutes of a day, half of them in Paris. */
async function addMany(query: Query, what: string, count: number, days: string): Promise<void> {
  await query(
    `insert into almanac.schedules (name, kind, cron_expression, timezone, task_identifier, tags)
     select $1::text || ' ' || lpad(i::text, 5, '0'), 'cron', format('%s %s %s * *', i % 60, i / 60 % 24, $3::text),
       case when i % 2 = 0 then 'Europe/Paris' else 'UTC' end, 'almanac:noop', array[$1::text]
     from generate_series(1, $2::integer) i`,
    [what, count, days],
  )
}

/** From 0 to 999, by chance that is the same every time. */
const LOT = `abs(hashtextextended(s.name || extract(epoch from o.at)::bigint, 0)) % 1000`

const EXCLUDED = `(
  select (almanac_private.exclusions(s.calendars, s.timezone, $1::timestamptz - interval '${DAYS} days', $1)).excluded as times
  where s.calendars <> '{}' union all select null where s.calendars = '{}'
)`

/**
 * The latest occurrences of the rules, up to a minute ago. Of a thousand runs 15 failed, 5 timed out, 20 were skipped and 5
 * cancelled; one schedule has failed since two days ago, one fails every fourth time.
 */
async function addHistory(query: Query, now: Date, runs: number): Promise<void> {
  const took = JSON.stringify(Object.fromEntries(SCHEDULES.map(({ name, seconds }) => [name, seconds])))
  await query(
    `with past as (
       select s.*, o.at, ${LOT} as lot from almanac.schedules s
       cross join lateral (
         select at from almanac.occurrences(s.cron_expression, s.timezone, $1::timestamptz - $4 * interval '1 day',
           $1::timestamptz - interval '1 minute') at where s.kind = 'cron'
         union all
         select at from generate_series(date_trunc('day', $1::timestamptz, 'UTC') - $4 * interval '1 day',
           $1::timestamptz - interval '1 minute', s.every) at where s.kind = 'interval'
       ) o
       cross join lateral ${EXCLUDED} x
       where (x.times @> o.at) is not true and s.name in (select jsonb_object_keys($3::jsonb))
         and not (o.at >= date_trunc('day', $1::timestamptz, 'UTC') - interval '70 hours'
           and o.at < date_trunc('day', $1::timestamptz, 'UTC') - interval '68 hours')
         and not (s.name = 'warehouse-sync' and o.at > $1::timestamptz - interval '30 hours')
       order by o.at desc, s.name limit $2
     ), judged as (
       select p.*, ($3::jsonb ->> p.name)::float8 * (0.6 + p.lot % 97 / 100.0) as seconds,
         case when p.name = 'crm-sync' and p.at > $1::timestamptz - interval '2 days' then 'failed'
           when p.name = 'mail-digest' and p.lot % 4 = 0 then 'failed'
           when p.lot < 15 then 'failed' when p.lot < 20 then 'timed_out' when p.lot < 40 then 'skipped'
           when p.lot < 45 then 'cancelled' else 'succeeded' end::almanac.run_status as outcome
       from past p
     )
     insert into almanac.runs (schedule_id, schedule_name, task_identifier, payload, scheduled_for, due_at, trigger, status, reason,
       attempt, max_attempts, priority, queued_at, started_at, finished_at, error, run_as)
     select j.id, j.name, j.task_identifier, j.payload, j.at, j.at, 'schedule', j.outcome,
       case j.outcome when 'skipped' then 'The run before was still running.' when 'cancelled' then 'Cancelled by an operator.' end,
       case when j.outcome = 'skipped' then 0 when j.outcome in ('failed', 'timed_out') then coalesce(j.max_attempts, 3)
         else 1 + (j.lot % 50 = 49)::integer end,
       coalesce(j.max_attempts, 3), j.priority, j.at,
       case when j.outcome <> 'skipped' then j.at + interval '40 milliseconds' end,
       -- What may still run is not past.
       least(j.at + case when j.outcome = 'skipped' then interval '0' else j.seconds * interval '1 second' end, $1),
       case j.outcome when 'failed' then (array['connect ECONNREFUSED 10.0.4.17:5432', 'HTTP 503 from api.example.com',
         'duplicate key value violates unique constraint "invoices_pkey"'])[1 + j.lot % 3]
         when 'timed_out' then 'It took longer than it may.' end,
       j.run_as
     from judged j order by j.at, j.name`,
    [now, runs, took, DAYS],
  )
  await query(
    `do $$ begin
       perform set_config('almanac.engine', 'on', true);
       update almanac.schedules s
       set total_runs = r.total, fired_runs = r.total, failed_runs = r.failed, last_run_at = r.last_at, last_status = r.last_status,
         consecutive_failures = case when s.name = 'crm-sync' then 2 else 0 end
       from (
         select r.schedule_id, count(*) filter (where r.status <> 'skipped') as total,
           count(*) filter (where r.status in ('failed', 'timed_out')) as failed, max(r.due_at) as last_at,
           (array_agg(r.status order by r.due_at desc))[1] as last_status
         from almanac.runs r group by r.schedule_id
       ) r where r.schedule_id = s.id;
     end $$`,
  )
}

/** Why there are no runs: an outage of two hours, a pause, what calendars exclude. */
async function addGaps(query: Query, now: Date): Promise<void> {
  await query(
    `insert into almanac.omissions (schedule_id, schedule_name, during, reason, count)
     select s.id, s.name, tstzrange(min(o.at), max(o.at), '[]'), 'missed', count(*)
     from almanac.schedules s, date_trunc('day', $1::timestamptz, 'UTC') day,
       almanac.occurrences(coalesce(s.cron_expression, '@yearly'), s.timezone, day - interval '70 hours', day - interval '68 hours') o(at)
     where s.kind = 'cron' and not s.is_system and s.name = any ($2)
     group by s.id`,
    [now, SCHEDULES.map(({ name }) => name)],
  )
  await query(
    `insert into almanac.omissions (schedule_id, schedule_name, during, reason, count)
     select s.id, s.name, tstzrange(min(o.at), max(o.at), '[]'), 'paused', count(*)
     from almanac.schedules s,
       almanac.occurrences(s.cron_expression, s.timezone, $1::timestamptz - interval '30 hours', $1::timestamptz - interval '1 minute') o(at)
     where s.name = 'warehouse-sync' group by s.id`,
    [now],
  )
  await query(
    `insert into almanac.omissions (schedule_id, schedule_name, during, reason, count)
     select s.id, s.name, tstzrange(o.at, o.at, '[]'), 'excluded', 1
     from almanac.schedules s cross join lateral ${EXCLUDED} x
     cross join lateral almanac.occurrences(coalesce(s.cron_expression, '@yearly'), s.timezone, $1::timestamptz - interval '30 days', $1) o(at)
     where s.kind = 'cron' and x.times @> o.at
       and not exists (select from almanac.omissions m where m.schedule_id = s.id and m.during @> o.at)`,
    [now],
  )
  await query(`select almanac.pause('warehouse-sync', 'The supplier changes its interface')`)
  await query(`select almanac.pause('legacy-import', 'Replaced by orders-import')`)
}

async function changeOccurrences(query: Query): Promise<void> {
  const next = (name: string, nth: number) =>
    `(select scheduled_for from almanac.upcoming('${name}', max_count => ${nth}) order by scheduled_for desc limit 1)`
  await query(
    `select almanac.move_occurrence('nightly-rollup', at, at + interval '90 minutes', 'The disks are being replaced')
     from ${next('nightly-rollup', 2)} u(at)`,
  )
  await query(
    `select almanac.skip_occurrence('invoice-run', at, 'Accounts are being closed') from ${next('invoice-run', 2)} u(at)`,
  )
  await query(
    `select almanac.move_occurrence('board-report', at, at - interval '45 minutes', 'The board meets earlier')
     from (select scheduled_for from almanac.upcoming('board-report', now() + interval '1 hour', 1)) u(at)`,
  )
}

/** Of eight manual runs three stay queued, four run and one is retried. */
async function beginRuns(query: Query): Promise<void> {
  const names = SCHEDULES.filter(({ rule }) => rule.includes(' * * *') || rule === 'manual')
    .slice(0, 8)
    .map(({ name }) => name)
  const [worker] = await query<{ id: string }>(
    `select almanac_private.register_worker('worker-1', 'app-1.example.com', 4711, '0.1.0', 20, array(select identifier from almanac.tasks))::text as id`,
  )
  const runs = await query<{ id: string; scheduled_for: string }>(
    `select t.id::text, t.scheduled_for::text from unnest($1::text[]) name, almanac.trigger_now(name) t`,
    [names],
  )
  const begun = runs.slice(0, 5)
  await query(
    `select almanac_private.begin_runs($1::bigint, $2::bigint[], $3::timestamptz[],
       array(select job_id from almanac.runs r join unnest($2::bigint[]) with ordinality b(id, n) using (id) order by b.n))`,
    [worker!.id, begun.map(({ id }) => id), begun.map((run) => run.scheduled_for)],
  )
  await query(`select almanac_private.finish_runs($1::bigint, $2::jsonb)`, [
    worker!.id,
    JSON.stringify(
      begun.slice(4).map((run) => ({
        runId: run.id,
        scheduledFor: run.scheduled_for,
        status: 'failed',
        error: 'HTTP 503 from api.example.com',
      })),
    ),
  ])
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { daily: { type: 'string' }, 'every-third-day': { type: 'string' }, runs: { type: 'string' } },
  })
  const client = new Client({ connectionString: positionals[0] ?? process.env['DATABASE_URL'] })
  await client.connect()
  try {
    await seed(queryOn(client), {
      daily: Number(values.daily ?? 0),
      everyThirdDay: Number(values['every-third-day'] ?? 0),
      runs: Number(values.runs ?? 22_000),
    })
  } finally {
    await client.end()
  }
}
