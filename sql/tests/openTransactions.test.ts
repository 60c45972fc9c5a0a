import type { Client } from 'pg'
import { beforeAll, expect, it } from 'vitest'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'

/**
 * An operator calls each function that it may call, and leaves its transaction open. Meanwhile the engine does all that
 * it does, as a worker that waits for no lock: others' schedules fire, begin and end.
 */
const db = useTestDatabase()
let operator: Client
let worker: Client
let workerId: string

const START = Date.parse('2100-01-01T00:00:00Z')
let second = 0
const at = () => new Date(START + second * 1000).toISOString()

const WRITES: Readonly<Record<string, string>> = {
  'almanac.apply_schedules': `select almanac.apply_schedules('code', '[{"name": "coded", "kind": "manual",
    "task_identifier": "fresh"}]', '1')`,
  'almanac.cancel_queued': `select almanac.cancel_queued(task => 'almanac:noop')`,
  'almanac.cancel_run': `select almanac.cancel_run(id) from almanac.runs where almanac.runs_may_cancel(runs)`,
  'almanac.cancel_runs': `select almanac.cancel_runs('{"task": "almanac:noop"}')`,
  // A database role has none of its own, and is refused after it was looked for.
  'almanac.change_own_settings': `do $$ begin perform almanac.change_own_settings('{}');
    exception when sqlstate 'AL013' then null; end $$`,
  'almanac.create_business_days': `select almanac.create_business_days('own days')`,
  'almanac.create_calendar': `select almanac.create_calendar('another')`,
  'almanac.create_schedule': `select almanac.create_schedule('{"name": "new", "kind": "manual", "task_identifier": "fresh"}');
    select almanac.trigger_now('new')`,
  'almanac.define_workflow': `select almanac.define_workflow('new', '{"steps": [{"task": "almanac:noop"}]}')`,
  'almanac.delete_workflow': `select almanac.delete_workflow('unused')`,
  'almanac.delete_calendar': `select almanac.delete_calendar('unused')`,
  'almanac.exclude_dates': `select almanac.exclude_dates('days', '2100-01-01')`,
  'almanac.exclude_range': `select almanac.exclude_range('days', '2100-01-01Z', '2100-02-01Z')`,
  'almanac.exclude_recurring': `select almanac.exclude_recurring('days', '0 0 * * *', '1 day')`,
  'almanac.give_schedule': `select almanac.give_schedule('mine', current_user)`,
  'almanac.import_exclusions': `select almanac.import_exclusions('days', 'feed', '[{"starts_on": "2100-01-01"}]')`,
  'almanac.move_occurrence': `select almanac.move_occurrence('mine', (select next_scheduled_for from almanac.schedules where name = 'mine'), '2100-06-01Z')`,
  'almanac.move_series': `select almanac.move_series('mine', u.at, u.at + interval '10 seconds')
    from (select scheduled_for as at from almanac.upcoming('mine', max_count => 1)) u`,
  'almanac.pause': `select almanac.pause('mine'), almanac.pause('too')`,
  'almanac.release_schedule': `select almanac.release_schedule('mine')`,
  'almanac.remove_calendar_rule': `select almanac.remove_calendar_rule(id) from almanac.calendar_rules`,
  'almanac.remove_exclusion': `select almanac.remove_exclusion(id) from almanac.calendar_entries where rule_id is null`,
  'almanac.restore': `select almanac.restore('deleted')`,
  'almanac.restore_occurrence': `select almanac.restore_occurrence('mine', '2100-03-01Z')`,
  'almanac.restore_schedule': `select almanac.restore_schedule(id) from almanac.schedules where name = 'deleted'`,
  'almanac.resume': `select almanac.resume('paused')`,
  'almanac.retry_failed': `select almanac.retry_failed(jsonb_build_object('status', 'cancelled', 'ids', array[
    (almanac.cancel_run((almanac.trigger_now('too')).id)).id]))`,
  'almanac.retry_run': `select almanac.retry_run((almanac.cancel_run((almanac.trigger_now('mine')).id)).id)`,
  'almanac.schedule_at': `select almanac.schedule_at('mine', '2100-06-01Z', 'almanac:noop')`,
  'almanac.schedule_cron': `select almanac.schedule_cron('mine', '* * * * *', 'almanac:noop')`,
  'almanac.schedule_every': `select almanac.schedule_every('too', '1 minute', 'fresh')`,
  'almanac.skip_occurrence': `select almanac.skip_occurrence('mine', (select next_scheduled_for from almanac.schedules where name = 'mine'))`,
  'almanac.split_schedule': `select almanac.split_schedule('mine', u.at, u.at + interval '10 minutes')
    from (select scheduled_for as at from almanac.upcoming('mine', max_count => 3) order by 1 desc limit 1) u`,
  'almanac.trigger_now': `select almanac.trigger_now(name, respect_overlap => true) from unnest('{mine,too}'::text[]) name`,
  'almanac.undo_override': `select almanac.undo_override('mine', o.scheduled_for, o.created_at)
    from almanac.occurrence_overrides o join almanac.schedules s on s.id = o.schedule_id where s.name = 'mine'`,
  'almanac.undo_split': `select almanac.undo_split(s.id, n.id, null, n.updated_at, n.updated_at)
    from almanac.schedules s, almanac.split_schedule('mine', (
      select scheduled_for from almanac.upcoming('mine', max_count => 3) order by 1 desc limit 1), (
      select scheduled_for + interval '10 minutes' from almanac.upcoming('mine', max_count => 3) order by 1 desc limit 1)) n
    where s.name = 'mine'`,
  'almanac.unschedule': `select almanac.unschedule('mine'), almanac.unschedule('too')`,
  'almanac.update_calendar': `select almanac.update_calendar('days', '{"timezone": "Asia/Tokyo"}')`,
  'almanac.update_schedule': `select almanac.update_schedule(id, '{"task_identifier": "fresh"}') from almanac.schedules where name in ('mine', 'too')`,
  'almanac_private.begin_apply': `select almanac_private.begin_apply('code', '1', repeat('0', 64), false)`,
  'almanac_private.carry_over_overrides': `select almanac.move_series('mine', u.at, u.at + interval '10 seconds')
    from (select scheduled_for as at from almanac.upcoming('mine', max_count => 1)) u`,
  'almanac_private.check_unchanged': `select almanac_private.check_unchanged(id, updated_at) from almanac.schedules where name = 'mine'`,
  'almanac_private.count_uses': `select almanac_private.count_uses('triggers', 1)`,
  'almanac_private.end_apply': `select almanac_private.begin_apply('code', '1', repeat('0', 64), false);
    select almanac_private.end_apply('code', array(select id from almanac.schedules where name in ('mine', 'too')))`,
  'almanac_private.keep_author': `select almanac.split_schedule('mine', u.at, u.at + interval '20 minutes')
    from (select scheduled_for as at from almanac.upcoming('mine', max_count => 3) order by 1 desc limit 1) u`,
  'almanac_private.override_occurrence': `select almanac.skip_occurrence('mine', (select next_scheduled_for from almanac.schedules where name = 'mine'))`,
  'almanac_private.remove_imported': `select almanac.import_exclusions('days', 'series', '[]')`,
  'almanac_private.save_schedule': `select almanac.create_schedule('{"name": "new", "kind": "manual", "task_identifier": "fresh"}')`,
  'almanac_private.upsert_schedule': `select almanac.schedule_every('mine', '2 minutes', 'almanac:noop')`,
  'almanac_private.write_workflow': `select almanac.define_workflow('next', '{"steps": [{"task": "almanac:noop"}]}')`,
  'almanac_private.warn_lost_overrides': `select almanac_private.warn_lost_overrides(s, '{2100-01-01Z}') from almanac.schedules s where name = 'mine'`,
  'plain SQL: update': `update almanac.schedules set every = '1 minute'`,
  'plain SQL: rows for update': `select from almanac.schedules for update`,
  'plain SQL: rows of calendars for update': `select from almanac.calendar_entries for update; select from almanac.calendar_rules for update`,
  'plain SQL: constraints at once': `set constraints all immediate; select almanac.trigger_now('too', respect_overlap => true)`,
}

/** Granted so that they can say why not. */
const FOR_ADMINS = [
  'almanac.adopt',
  'almanac.delete_resource_group',
  'almanac.disable_task',
  'almanac.enable_task',
  'almanac.pause_all',
  'almanac.purge',
  'almanac.recompute',
  'almanac.reconcile',
  'almanac.register_task',
  'almanac.replan_from_now',
  'almanac.require_role',
  'almanac.resume_all',
  'almanac.set_resource_group',
  'almanac.set_retention',
  'almanac.set_task_resource_group',
]

const runsOf = (schedules: string) =>
  `array(select r.id from almanac.runs r where ${schedules} order by r.scheduled_for, r.id), array(select r.scheduled_for from almanac.runs r where ${schedules} order by r.scheduled_for, r.id)`
const QUEUED = `r.status = 'queued'`
const finishing = (status: string) => `
  select almanac_private.finish_runs(${'$WORKER'}, coalesce((
    select jsonb_agg(jsonb_build_object('runId', r.id, 'scheduledFor', r.scheduled_for, 'status', '${status}'))
    from almanac.runs r where r.status = 'running' and r.worker_id = ${'$WORKER'}), '[]'))`

/** What a worker calls, in the order of a run's life. $WORKER: its number; $AT: the time. */
const ENGINE: Readonly<Record<string, string>> = {
  'almanac_private.register_worker': `select almanac_private.register_worker('w', 'w', 1, '0', 1)`,
  'almanac_private.report_crontab': `select almanac_private.report_crontab($WORKER, '[{"identifier": "i", "task": "fresh", "backfill_ms": 0}]')`,
  'almanac_private.announce_tasks': `select almanac_private.announce_tasks('[{"identifier": "fresh"}]')`,
  'almanac_private.enter_place': `select almanac_private.enter_place(null)`,
  'almanac_private.raise_sequences': `select almanac_private.raise_sequences()`,
  'almanac_private.refresh_timezones': `select almanac_private.refresh_timezones()`,
  'almanac_private.ensure_partitions': `select almanac_private.ensure_partitions()`,
  'almanac_private.begin_runs': `select almanac_private.begin_runs($WORKER, ${runsOf(QUEUED)})`,
  'almanac_private.take_back_runs': `select almanac_private.take_back_runs(${runsOf(QUEUED)})`,
  'almanac_private.call_waiting': `select almanac_private.call_waiting()`,
  'almanac_private.note_wait': `select almanac_private.note_wait(r.id, r.scheduled_for, null) from almanac.runs r where r.status = 'running'`,
  'almanac_private.fire_due': `select almanac_private.fire_due('$AT')`,
  'almanac_private.wake': `select almanac_private.wake(array(select id from almanac.schedules), '$AT')`,
  'almanac_private.cancel_requests': `select almanac_private.cancel_requests($WORKER)`,
  'almanac_private.heartbeat': `select almanac_private.heartbeat($WORKER, '{pool}', true, null)`,
  'almanac_private.run_identifier': `select almanac_private.run_identifier('fresh')`,
  'almanac_private.note_progress': `select almanac_private.note_progress((
    select jsonb_agg(jsonb_build_object('run_id', r.id, 'scheduled_for', r.scheduled_for, 'attempt', r.attempt, 'progress', 0.5))
    from almanac.runs r where r.status = 'running'))`,
  'almanac_private.write_logs': `select almanac_private.write_logs((
    select jsonb_agg(jsonb_build_object('run_id', r.id, 'schedule_id', r.schedule_id, 'attempt', r.attempt, 'first_line', 1,
      'line_count', 1, 'at', 0, 'lines', '[[0, "info", "x"]]'::jsonb))
    from almanac.runs r where r.status = 'running'))`,
  'almanac_private.finish_runs': finishing('succeeded'),
  'almanac_private.release_waiting': `select almanac_private.release_waiting()`,
  'almanac.reconcile': `select almanac.reconcile(); select almanac.reconcile('2 minutes')`,
  'almanac.recompute': `select almanac.recompute(dry_run => true)`,
  'almanac_private.look_at_jobs': `select almanac_private.look_at_jobs('{almanac:wake}', '1 second')`,
  'almanac_private.kept_log': `select * from almanac_private.kept_log()`,
  'almanac_private.note_stall': `select almanac_private.note_stall($WORKER, '1 minute', 'it stalls'); select almanac_private.note_stall($WORKER, null, null)`,
  'almanac_private.end_blockers': `select almanac_private.end_blockers()`,
  'almanac_private.open_sql_login': `select almanac_private.open_sql_login(r.id, r.scheduled_for) from almanac.runs r where r.schedule_name = 'others'`,
  'almanac_private.rules_to_read_on': `select almanac_private.rules_to_read_on()`,
  'almanac_private.read_on': `select almanac_private.read_on(r.id, '2100-01-01Z', '[]', null) from almanac.calendar_rules r`,
  'almanac_private.apply_retention': `select almanac_private.apply_retention()`,
  'almanac_private.count_days': `select almanac_private.count_days()`,
  'almanac_private.take_archive': `select count(*) from almanac_private.take_archive()`,
  'almanac_private.run_ledger_check': `select almanac_private.run_ledger_check()`,
  'almanac_private.scheduled_accounts': `select almanac_private.scheduled_accounts()`,
  'almanac_private.runs_not_begun': `select almanac_private.runs_not_begun()`,
  'almanac_private.slots_taken': `select almanac_private.slots_taken(almanac_private.runs_not_begun())`,
  'almanac_private.drain_worker': `select almanac_private.drain_worker(almanac_private.register_worker('x', 'x', 1, '0', 1))`,
  'almanac_private.stop_worker': `select almanac_private.stop_worker(almanac_private.register_worker('x', 'x', 1, '0', 1))`,
  'almanac_private.mark_worker_lost': `select almanac_private.mark_worker_lost(almanac_private.register_worker('x', 'x', 1, '0', 1))`,
  'almanac_private.notify_changed': `select almanac_private.notify_changed('almanac_workers', '{$WORKER}')`,
  'almanac_private.reap_workers': `select almanac_private.reap_workers(clock_timestamp() + interval '1 hour')`,
}

beforeAll(async () => {
  await db.query(`select almanac.register_task('fresh')`)
  await db.query(
    `insert into almanac.schedules (name, kind, every, starts_at, task_identifier, overlap_policy)
     values ('others', 'interval', '1 second', $1, 'almanac:noop', 'allow')`,
    [new Date(START)],
  )
  worker = await db.connect('worker')
  await worker.query(`set lock_timeout to '50ms'`)
})

/** What the operator has, with runs that run, wait and are queued; a worker has all jobs. */
async function setScene(): Promise<void> {
  operator = await db.connect('operator')
  // Each scene is set within the same hour, which allows an operator so much.
  await db.query(`delete from almanac_private.uses`)
  await db.query(`select almanac.set_resource_group('scarce', max_running => 1)`)
  await operator.query(`
    select almanac.create_calendar('days'), almanac.create_calendar('unused'),
      almanac.define_workflow('unused', '{"steps": [{"task": "almanac:noop"}]}');
    select almanac.exclude_dates('days', '2101-01-01'), almanac.import_exclusions('days', 'series', '[]',
      '[{"label": "Christmas", "ics": "BEGIN:VEVENT", "known_until": "2101-01-01Z"}]');
    insert into almanac.schedules (name, kind, every, starts_at, task_identifier, overlap_policy, calendars, resource_group)
    select name, 'interval', '1 second', '${new Date(START).toISOString()}', 'almanac:noop', policy::almanac.overlap_policy, '{days}', 'scarce'
    from (values ('mine', 'cancel_running'), ('too', 'cancel_running'), ('in a queue', 'queue_all'), ('paused', 'skip'), ('deleted', 'skip')) s(name, policy);
    select almanac.pause('paused'), almanac.unschedule('deleted'), almanac.skip_occurrence('mine', '2100-03-01Z')`)
  const { rows } = await worker.query<{ id: string }>(
    `select almanac_private.register_worker('w', 'w', 1, '0', 1) as id`,
  )
  workerId = rows[0]!.id
  await engine('almanac_private.fire_due')
  const begun = `r.schedule_name in ('others', 'mine')`
  await engine(`select almanac_private.begin_runs($WORKER, ${runsOf(begun)})`)
  second++
  await engine('almanac_private.fire_due')
  await db.query(`update graphile_worker._private_jobs set locked_at = now(), locked_by = 'pool'`)
}

const engine = (name: string) =>
  worker.query((ENGINE[name] ?? name).replaceAll('$WORKER', workerId).replaceAll('$AT', at()))

async function clearScene(): Promise<void> {
  await operator.end()
  await db.query(`
    delete from almanac.schedules where name <> 'others' and not is_system;
    delete from almanac.runs;
    delete from almanac_private.live_runs;
    delete from almanac_private.group_slots;
    delete from almanac_private.group_line;
    select almanac.delete_calendar(name) from almanac.exclusion_calendars;
    select almanac.delete_workflow(name) from almanac.workflows;
    update almanac.workers set status = 'stopped', stopped_at = now() where status <> 'stopped'`)
  second++
}

it.each(Object.entries(WRITES))('while an operator has called %s, others go on', async (_name, statement) => {
  await setScene()
  try {
    await operator.query(`begin; ${statement}`)
    second++

    const failed: string[] = []
    for (const name of Object.keys(ENGINE))
      await engine(name).catch((error: unknown) => failed.push(`${name}: ${String(error)}`))
    // As Graphile Worker does.
    await engine(`delete from graphile_worker._private_jobs where locked_by = 'pool'`).catch(
      (error: unknown) => failed.push(`completing jobs: ${String(error)}`),
    )

    expect(failed).toEqual([])
    expect(
      await db.query(
        `select scheduled_for, status from almanac.runs where schedule_name = 'others' order by scheduled_for desc limit 2`,
      ),
    ).toEqual([
      { scheduled_for: new Date(at()), status: 'queued' },
      { scheduled_for: new Date(START + (second - 1) * 1000), status: 'succeeded' },
    ])
  } finally {
    await operator.query('rollback')
    await clearScene()
  }
})

it('each function that an operator or viewer may call and that writes is called so', async () => {
  const callable = await db.query<{ name: string }>(
    `select distinct p.pronamespace::regnamespace || '.' || p.proname as name
     from pg_proc p join pg_namespace n on n.oid = p.pronamespace
     where n.nspname in ('almanac', 'almanac_private', 'almanac_migrate') and p.provolatile = 'v' and p.prorettype <> 'trigger'::regtype
       and (has_function_privilege('almanac_operator', p.oid, 'execute') or has_function_privilege('almanac_viewer', p.oid, 'execute'))
     order by 1`,
  )
  const known = Object.keys(WRITES).filter((name) => !name.startsWith('plain SQL'))

  expect([...known, ...FOR_ADMINS].sort()).toEqual(callable.map(({ name }) => name))
})

it('each function of a worker is called meanwhile', async () => {
  const callable = await db.query<{ name: string }>(
    `select distinct p.pronamespace::regnamespace || '.' || p.proname as name
     from pg_proc p cross join lateral aclexplode(p.proacl) a
     where a.grantee = 'almanac_worker'::regrole and p.pronamespace = 'almanac_private'::regnamespace
     order by 1`,
  )

  // Besides what it may call as anyone who may look.
  const own = Object.keys(ENGINE).filter((name) => name.startsWith('almanac_private.'))
  expect(own.sort()).toEqual(callable.map(({ name }) => name))
})
