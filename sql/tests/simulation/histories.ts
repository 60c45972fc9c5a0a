import type { ClientBase } from 'pg'
import { randomFrom } from '../../../tests/random.ts'
import { DAY, instant, micros, MINUTE, SECOND, type Micros } from './clock.ts'

/** The evening before the clocks change in Paris. */
const START = Date.parse('2091-03-24T23:00:00Z') * 1000
const SCHEDULES = 6
const STEPS = 10

const RULES = [
  { kind: 'interval', every: '1 minute' },
  { kind: 'interval', every: '1 minute' },
  { kind: 'interval', every: '30 seconds' },
  { kind: 'interval', every: '7 minutes' },
  { kind: 'cron', cron_expression: '* * * * *' },
  { kind: 'cron', cron_expression: '*/5 * * * *' },
  { kind: 'cron', cron_expression: '0,20,30 * * * *' },
  { kind: 'once', run_at: instant(START + 2 * MINUTE) },
]

const pickBy =
  (below: (count: number) => number) =>
  <T>(...choices: readonly T[]): T =>
    choices[below(choices.length)]!

/** Schedules of all kinds, others for each seed. */
export async function begin(client: ClientBase, seed: number): Promise<void> {
  const pick = pickBy(randomFrom(seed))
  // By the numbers of schedules goes their jitter.
  await client.query(`select setval('almanac.schedules_id_seq', $1, false)`, [1 + seed * SCHEDULES])
  await client.query(`select almanac.create_calendar('off')`)
  await client.query(`select almanac.exclude_recurring('off', '12 * * * *', '9 minutes')`)
  for (let i = 0; i < SCHEDULES; i++)
    await client.query(`select almanac_private.save_schedule($1)`, [
      {
        name: `x${i}`,
        task_identifier: 'almanac:noop',
        timezone: pick('UTC', 'Europe/Paris'),
        ...pick(...RULES),
        payload: pick({}, { a: 1 }),
        starts_at: instant(START + pick(0, 0, 0, MINUTE, 250_001)),
        ends_at: pick(null, null, null, instant(START + 30 * MINUTE), instant(START + DAY)),
        max_runs: pick(null, null, null, 1, 2, 5),
        jitter: pick(null, null, null, '5 seconds', '9 minutes'),
        calendars: pick([], [], ['off']),
        exclusion_policy: pick('skip', 'move'),
        overlap_policy: pick('skip', 'queue_one', 'queue_all', 'allow', 'cancel_running'),
        max_concurrent: null,
        missed_run_policy: pick('run_latest', 'run_latest', 'run_all', 'skip'),
        late_tolerance: pick('0', '1 second', '10 seconds', '1 hour'),
        catchup_window: pick('0', '10 minutes', '1 day'),
        max_attempts: pick(1, 2),
        retry_delay: pick('1 second', '3 minutes'),
        priority: pick(0, 2),
      },
    ])
  await client.query(
    `update almanac.schedules s set max_concurrent = 1 + s.id % 3 where s.overlap_policy = 'allow' and $1`,
    [pick(true, false)],
  )
  await client.query(`select test.begin_history()`)
}

/**
 * Lives through a history of its own for each seed: fired on time and late, runs that end or do not, stalls, stops.
 * Returns everything that was written, after each firing.
 */
export async function live(client: ClientBase, seed: number): Promise<unknown[]> {
  const below = randomFrom(seed)
  const pick = pickBy(below)
  const written: unknown[] = []
  let now: Micros = START

  const nextDue = async (): Promise<Micros | undefined> => {
    const { rows } = await client.query<{ at: string | null }>(
      `select ${micros('min(s.next_run_at)')} as at from almanac.schedules s`,
    )
    return rows[0]!.at === null ? undefined : Number(rows[0]!.at)
  }
  const fire = async () => {
    const { rows } = await client.query(
      `select f.fired, f.moved, f.next_due from almanac_private.fire_due($1) f`,
      [instant(now)],
    )
    written.push({ at: instant(now), fired: rows[0] as unknown, ...(await everythingWritten(client, now)) })
  }
  const acts = {
    'fire on time': async () => {
      now = Math.max(now, (await nextDue()) ?? now)
      await fire()
    },
    'fire late': async () => {
      const late = pick(1, 400_000, SECOND, SECOND + 1, 3 * SECOND, 10 * SECOND, 10 * SECOND + 1, MINUTE)
      now = Math.max(now, (await nextDue()) ?? now) + late
      await fire()
    },
    'be down': async () => {
      now += pick(MINUTE, 90 * SECOND, 10 * MINUTE, 10 * MINUTE + 1, 47 * MINUTE)
      await fire()
    },
    begin: async () => {
      now += below(3) * SECOND
      await client.query(`select test.begin($1, $2)`, [instant(now), below(1000)])
    },
    finish: async () => {
      now += below(3) * SECOND
      await client.query(`select test.finish($1, $2)`, [instant(now), below(1000)])
    },
    stall: () =>
      client.query(
        `update almanac.workers w
         set last_heartbeat_at = case w.last_heartbeat_at when 'infinity' then clock_timestamp() - interval '1 minute'
           else 'infinity' end`,
      ),
    stop: async () => {
      const since = now - pick(0, 30 * SECOND, 5 * MINUTE)
      now += pick(SECOND, 2 * MINUTE, 20 * MINUTE)
      await client.query(
        `insert into almanac.stops (stopped_at, resumed_at, stopped_by, catch_up) values ($1, $2, 'test', $3)`,
        [instant(since), instant(now), pick(true, false, false)],
      )
    },
    ask: () => client.query(`select test.ask($1, $2)`, [instant(now), below(SCHEDULES)]),
    override: () =>
      client.query(`select test.override($1, $2, $3, $4)`, [
        `x${1 + below(SCHEDULES - 1)}`,
        instant(now),
        below(4),
        pick(null, `${below(20)} minutes`),
      ]),
  }

  for (let step = 0; step < STEPS; step++) {
    for (let i = below(3); i > 0; i--)
      await acts[pick('begin', 'begin', 'finish', 'finish', 'finish', 'stall', 'stop', 'ask', 'override')]()
    await acts[pick('fire on time', 'fire on time', 'fire on time', 'fire late', 'fire late', 'be down')]()
  }
  return written
}

/**
 * All that the engine writes, with runs called by their schedule and time: their numbers differ from one life to
 * another. A job that is due is due at once.
 */
async function everythingWritten(client: ClientBase, now: Micros): Promise<object> {
  const { rows } = await client.query<{ written: object }>(
    `with named as materialized (
      select r.*, concat_ws(' ', r.schedule_name, r.trigger, r.scheduled_for) as called,
        row_number() over (partition by r.schedule_id order by r.id) as nth
      from almanac.runs r
    )
    select jsonb_build_object(
      'schedules', (
        select jsonb_object_agg(s.name, to_jsonb(s) - '{created_at,updated_at}'::text[]) from almanac.schedules s),
      'runs', (select jsonb_object_agg(n.called, to_jsonb(n) - '{id,worker_id}'::text[]) from named n),
      'attempts', (
        select jsonb_object_agg(n.called || ' ' || a.attempt, to_jsonb(a) - '{run_id,worker_id}'::text[])
        from almanac.run_attempts a join named n on n.id = a.run_id),
      'live', (
        select jsonb_object_agg(n.called, to_jsonb(l) - 'run_id')
        from almanac_private.live_runs l left join named n on n.id = l.run_id and n.scheduled_for = l.scheduled_for),
      'omissions', (
        select jsonb_object_agg(concat_ws(' ', o.schedule_name, o.during), to_jsonb(o) - 'id')
        from almanac.omissions o),
      'overrides', (
        select jsonb_object_agg(concat_ws(' ', o.schedule_id, o.scheduled_for), to_jsonb(o) - 'created_at')
        from almanac.occurrence_overrides o),
      'counters', (select jsonb_agg(to_jsonb(u) - 'id' order by u.id) from almanac_private.pending_counters u),
      'jobs', (
        select jsonb_object_agg(coalesce(n.called, j.key),
          to_jsonb(j) - '{id,key,task_id,payload,created_at,updated_at}'::text[] || jsonb_build_object(
            'task', t.identifier, 'run_at', greatest(j.run_at, $1), 'payload', to_jsonb(j.payload) #- '{_run,id}',
              'names its run', (to_jsonb(j.payload) #>> '{_run,id}') is not distinct from n.id::text))
        from graphile_worker._private_jobs j join graphile_worker._private_tasks t on t.id = j.task_id
        left join named n on j.key = 'run:' || n.id)
    ) as written`,
    [instant(now)],
  )
  return rows[0]!.written
}

/**
 * What happens between firings; and a wrapper around what decides, which notes of which schedules it had not to look at
 * each occurrence, and has it look where the setting test.one_by_one is on.
 */
export const INSTALL_HISTORIES = `
  create schema test;
  create table test.taken (id bigint);
  create table test.failures (error text);

  create function test.begin_history() returns void language sql as $$
    insert into almanac.workers (name, host, pid, version, concurrency, last_heartbeat_at)
    values ('w', 'w', 1, '0', 1, 'infinity');
    select set_config('almanac.engine', 'on', true);
    update almanac.schedules s set is_system = true where s.name = 'x0';
    select set_config('almanac.engine', 'off', true);
  $$;

  -- The same runs in each life, as they go by the names of their schedules.
  create function test.chosen(of almanac.runs, seed integer) returns boolean language sql as $$
    select hashtext(concat(seed, of.schedule_name, of.scheduled_for)) % 2 = 0
  $$;
  create function test.begin(as_of timestamptz, seed integer) returns void language sql as $$
    select almanac_private.begin_runs(max(w.id), array_agg(r.id), array_agg(r.scheduled_for), null, as_of)
    from almanac.runs r, almanac.workers w where r.status in ('queued', 'retrying') and test.chosen(r, seed)
  $$;
  create function test.finish(as_of timestamptz, seed integer) returns void language sql as $$
    select almanac_private.finish_runs(r.worker_id, as_of => as_of, results => jsonb_agg(jsonb_build_object(
      'runId', r.id, 'scheduledFor', r.scheduled_for,
      'status', (array['succeeded', 'succeeded', 'failed', 'timed_out'])[1 + (seed + r.schedule_id) % 4])
      order by r.schedule_id, r.id))
    from almanac.runs r where r.status = 'running' and test.chosen(r, seed) group by r.worker_id
  $$;
  create function test.ask(as_of timestamptz, nth integer) returns void language sql as $$
    select almanac_private.insert_run(s, as_of, as_of, 'manual', s.payload, 'test', as_of, counts_toward_overlap => true)
    from almanac.schedules s where s.name = 'x' || nth
  $$;
  create function test.override(name text, as_of timestamptz, nth integer, later interval) returns void
  language plpgsql as $$
  declare
    v_at timestamptz := (
      select u.scheduled_for from almanac.upcoming(name, as_of, nth + 1) u order by u.scheduled_for offset nth limit 1);
  begin
    if v_at is null or v_at <= as_of or exists (
      select from almanac.occurrence_overrides o join almanac.schedules s on s.id = o.schedule_id
      where s.name = override.name and o.scheduled_for = v_at)
    then
      return;
    elsif later is null then
      perform almanac.skip_occurrence(name, v_at);
    else
      perform almanac.move_occurrence(name, v_at, as_of + later);
    end if;
  end $$;

  alter function almanac_private.decide(
    almanac.schedules, timestamptz, tstzmultirange, boolean, integer, almanac.omission_reason) set schema test;
  create function almanac_private.decide(
    schedule almanac.schedules, as_of timestamptz, stopped tstzmultirange, was_idle boolean, max_steps integer,
    omit_as almanac.omission_reason, out verdicts almanac_private.verdict[], out course almanac_private.course,
    out steps integer
  ) language plpgsql as $$
  declare
    v_decided record;
  begin
    if current_setting('test.one_by_one', true) = 'on' then
      schedule.next_scheduled_for := null;
    end if;
    v_decided := test.decide(schedule, as_of, stopped, was_idle, max_steps, omit_as);
    verdicts := v_decided.verdicts;
    course := v_decided.course;
    steps := v_decided.steps;
    insert into test.taken select schedule.id where steps <= 1 and schedule.next_scheduled_for is not null;
  exception when others then
    insert into test.failures values (sqlerrm);
    raise;
  end $$`
