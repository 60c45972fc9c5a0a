-- Definer: which checks of payloads are out of date is the owner's to read; all that is said of a schedule is for
-- no matter who sees it.
--
-- What is wrong with a schedule as it is, schedule_warnings() decides. Here is added what depends on the definition of
-- its task, again looking at as few schedules as possible: those of a task that is off or needs a role, those of one
-- that does not exist, and those whose payload was last checked by an earlier schema.
create or replace function almanac.advice(max_count integer default 100)
returns table (schedule_id bigint, schedule_name text, finding text, message text, remedy text)
language plpgsql stable security definer rows 20 set search_path to pg_catalog, pg_temp set jit to off
as $$
#variable_conflict use_column
begin
  perform almanac_private.checked_count(advice.max_count, 1000);
  return query
  with misfits as (
    select m.schedule_id as id, m.problem from almanac_private.misfits() m
  ), blocked as (
    select s.id, s.task_identifier, b.because, t.disabled_at is not null as is_off
    from almanac.tasks t join almanac.schedules s on s.task_identifier = t.identifier
    cross join lateral (select almanac.schedules_blocked_because(s) as because) b
    where (t.disabled_at is not null or t.required_role is not null)
      and s.status in ('active', 'paused') and s.deleted_at is null and s.archived_at is null
      and b.because is not null
    limit advice.max_count
  ), unknown_tasks as (
    select s.id, s.task_identifier from almanac.schedules s
    where s.status in ('active', 'paused') and s.deleted_at is null and s.archived_at is null
      and not exists (select from almanac_private.known_tasks t where t.identifier = s.task_identifier)
    limit advice.max_count
  ), unknown_groups as (
    select s.id, t.identifier, t.resource_group from almanac.tasks t
    join almanac.schedules s on s.task_identifier = t.identifier and s.resource_group is null
    where t.resource_group is not null and s.status in ('active', 'paused') and s.deleted_at is null
      and s.archived_at is null
      and not exists (select from almanac.resource_groups g where g.name = t.resource_group)
    limit advice.max_count
  ), findings as (
    select 1 as rank, m.id, 'misfit' as finding, m.problem as message,
      'Change the payload: until then its runs fail without an attempt.' as remedy
    from misfits m
    union all
    select 2, b.id, 'blocked', b.because,
      case when b.is_off then
          format('Give it another task, or ask an admin to run: select almanac.enable_task(%L)', b.task_identifier)
        else 'Grant the role, or give it another task.' end
    from blocked b
    union all
    select 2, u.id, 'unknown task', format('Its task %s is unknown.', u.task_identifier),
      'Start a worker that has the task, or give it another one.'
    from unknown_tasks u
    union all
    select 3, u.id, 'unknown group', format('Its task %s belongs to the resource group %s, which does not exist: its '
      'runs have no limit.', u.identifier, u.resource_group),
      format('Ask an admin to create it: select almanac.set_resource_group(%L, max_running => …).', u.resource_group)
    from unknown_groups u
    union all
    select case w.warning when 'no worker' then 2 when 'not loaded' then 2 when 'never runs' then 3 else 4 end,
      w.schedule_id, w.warning,
      case when w.warning = 'outlasts its slot' then
        format('Its runs take up to %s (19 of 20), and another can be due after %s. ',
          almanac_private.spoken_interval(date_trunc('milliseconds', w.p95)),
          almanac_private.spoken_interval(w.distance))
      else '' end || w.detail,
      case w.warning
        when 'no worker' then 'Start a worker that has the task, or give it another one.'
        when 'not loaded' then 'Fix its file and restart the worker: until then its runs fail.'
        when 'never runs' then 'Change its rule, its bounds or its calendars, or delete it.'
        else 'Run it less often, or allow overlapping runs.' end
    from almanac.schedule_warnings(greatest(300, advice.max_count)) w
  )
  select s.id, s.name, f.finding, f.message, f.remedy
  from findings f join almanac.schedules s on s.id = f.id and not s.is_system
  order by f.rank, s.name, s.id
  limit advice.max_count;
end
$$;
comment on function almanac.advice(integer) is
  'What will go wrong, schedule by schedule, with what to do. finding: what schedule_warnings() finds; and misfit, the '
  'payload no longer fits the changed schema of its task; blocked, the task is switched off or not for the role of the '
  'schedule; unknown task. Without system schedules. No rows: nothing was found.';
grant execute on function almanac.advice(integer) to almanac_viewer;
