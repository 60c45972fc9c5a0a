-- Definer: which checks of payloads are out of date is the owner's to read; all that is said of a schedule is for
-- whoever sees it.
--
-- Each kind looks at as few schedules as it can, so that 100,000 schedules cost what their faults cost: those of a task
-- that is at fault, those without a next run, those whose payload was last checked by an earlier schema, and, as
-- durations are read from history, the 300 that ran last.
create or replace function almanac.advice(max_count integer default 100)
returns table (schedule_id bigint, schedule_name text, finding text, message text, remedy text)
language plpgsql stable security definer rows 20 set search_path to pg_catalog, pg_temp set jit to off
as $$
#variable_conflict use_column
begin
  perform almanac_private.checked_count(advice.max_count, 1000);
  return query
  with faulty as materialized (
    select t.identifier, t.available, t.disabled_at, t.required_role from almanac.tasks t
    where t.disabled_at is not null or t.required_role is not null
      or not t.available and almanac_private.has_running_worker()
  ), of_tasks as (
    select s.id, s.name, b.because, f.disabled_at is not null as is_off
    from faulty f join almanac.schedules s on s.task_identifier = f.identifier
    cross join lateral (select coalesce(almanac.schedules_blocked_because(s),
      case when not f.available then format('No running worker has its task %s.', f.identifier) end) as because) b
    where s.status in ('active', 'paused') and s.deleted_at is null and s.archived_at is null and not s.is_system
      and b.because is not null
    limit advice.max_count
  ), unknown_tasks as (
    select s.id, s.name, s.task_identifier from almanac.schedules s
    where s.status in ('active', 'paused') and s.deleted_at is null and s.archived_at is null
      and not exists (select from almanac_private.known_tasks t where t.identifier = s.task_identifier)
    limit advice.max_count
  ), misfits as (
    select m.schedule_id as id, m.schedule_name as name, m.problem from almanac_private.misfits() m
  ), never as (
    select c.id, c.name, w.why
    from (
      select s.* from almanac.schedules s
      where s.deleted_at is null and s.archived_at is null and s.kind <> 'manual' and not s.is_system
        and (s.status in ('active', 'completed') and s.next_run_at is null and s.fired_runs = 0
          or s.status in ('active', 'paused') and s.calendars <> '{}')
      order by s.id limit 1000
    ) c
    cross join lateral (select almanac.schedules_warning(c) as why) w
    where w.why is not null
  ), outlasting as (
    select s.id, s.name, d.p50, g.slot, s.overlap_policy
    from almanac.usual_durations(null, 300) d
    join almanac.schedules s on s.id = d.schedule_id
    cross join lateral (
      select almanac_private.next_occurrence(s, s.next_scheduled_for) - s.next_scheduled_for as slot) g
    where s.status = 'active' and s.next_scheduled_for is not null and d.p50 > g.slot
      and s.overlap_policy <> 'allow'
  )
  select f.id, f.name, f.finding, f.message, f.remedy
  from (
    select 1 as rank, m.id, m.name, 'misfit' as finding, m.problem as message,
      'Change the payload: until then its runs fail without an attempt.' as remedy
    from misfits m
    union all
    select 2, t.id, t.name, 'task', t.because,
      case when t.is_off then 'Give it another task, or let an admin switch the task on.'
        else 'Start a worker that has the task, grant the role, or give it another task.' end
    from of_tasks t
    union all
    select 2, u.id, u.name, 'task', format('Its task %s is unknown.', u.task_identifier),
      'Start a worker that has the task, or give it another one.'
    from unknown_tasks u
    union all
    select 3, n.id, n.name, 'never', format('It will never run: %s', n.why),
      'Change its rule, its bounds or its calendars, or delete it.'
    from never n
    union all
    select 4, o.id, o.name, 'outlasts',
      format('Its runs usually take %s, and the next one is due after %s.', date_trunc('milliseconds', o.p50), o.slot),
      case o.overlap_policy
        when 'skip' then 'Occurrences are skipped. Let it run less often, or allow overlapping runs.'
        when 'cancel_running' then 'Each run is cancelled before it ends. Let it run less often.'
        else 'Its runs queue up. Let it run less often, or allow overlapping runs.' end
    from outlasting o
  ) f
  order by f.rank, f.name, f.id
  limit advice.max_count;
end
$$;
comment on function almanac.advice(integer) is
  'What will go wrong, schedule by schedule, with what to do. finding: misfit, the payload no longer fits the changed '
  'schema of its task; task, the task is switched off, unknown, not for the schedule''s role, or no running worker has '
  'it; never, it will never run; outlasts, its runs take longer than the time to the next one, of the 300 schedules '
  'that ran last. No rows: nothing was found.';
grant execute on function almanac.advice(integer) to almanac_viewer;
