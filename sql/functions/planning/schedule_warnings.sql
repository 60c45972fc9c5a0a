-- Each kind looks at as few schedules as it can, so that 100,000 schedules cost what their faults cost: those without a
-- next run, those of a task that no worker has, and, as durations are read from history, those that ran last.
create or replace function almanac.schedule_warnings(max_count integer default 2000)
returns table (schedule_id bigint, warning text, detail text, p95 interval, distance interval)
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_now constant timestamptz := statement_timestamp();
  v_has_worker constant boolean := almanac_private.has_running_worker();
begin
  perform almanac_private.checked_count(schedule_warnings.max_count, 10000);
  return query
  with never as (
    select c.id, almanac.schedules_warning(c) as detail
    from (
      select s.* from almanac.schedules s
      where s.deleted_at is null and s.archived_at is null and s.kind <> 'manual'
        -- One that is completed is so rightly if it ever fired; any other that has a next time has it by its rule.
        and (s.status = 'completed' and s.next_run_at is null and s.fired_runs = 0
          or s.status in ('active', 'paused') and (s.next_run_at is null or s.calendars <> '{}' or s.has_overrides
            or s.target in ('group', 'all') and almanac_private.lacks_tasks(s) is not null))
      order by s.id limit schedule_warnings.max_count
    ) c
  ), long as (
    select s.id, s.overlap_policy, u.p95, d.distance
    from almanac.usual_durations(null, schedule_warnings.max_count) u
    join almanac.schedules s on s.id = u.schedule_id
    cross join lateral (
      select almanac_private.shortest_distance(s, greatest(s.cursor_at, v_now)) as distance
      -- No two times are nearer than a second.
      where u.p95 > interval '1 second' and s.kind in ('cron', 'interval') and s.status = 'active'
        and s.overlap_policy <> 'allow' and s.archived_at is null
    ) d
    where u.p95 > d.distance
  ), lacking as (
    select s.id, s.task_identifier
    from almanac.tasks t join almanac.schedules s on s.task_identifier = t.identifier
    where v_has_worker and not t.available
      and s.status in ('active', 'paused') and s.deleted_at is null and s.archived_at is null
    order by s.id limit schedule_warnings.max_count
  ), broken as (
    select s.id, s.task_identifier
    from almanac_private.known_tasks t join almanac.schedules s on s.task_identifier = t.identifier
    where t.problem is not null
      and s.status in ('active', 'paused') and s.deleted_at is null and s.archived_at is null
    order by s.id limit schedule_warnings.max_count
  )
  select n.id, 'never runs', n.detail, null::interval, null::interval from never n where n.detail is not null
  union all
  select l.id, 'outlasts its slot',
    case l.overlap_policy
      when 'skip' then 'What is due while a run is running is skipped.'
      when 'cancel_running' then 'The next one cancels a run that is still running.'
      else 'The next one waits until the run is over.' end, l.p95, l.distance
  from long l
  union all
  select l.id, 'no worker', format('No running worker has the task %s.', l.task_identifier), null, null
  from lacking l
  union all
  select b.id, 'not loaded', almanac_private.not_loaded(b.task_identifier), null, null from broken b
  order by 1, 2;
end
$$;
comment on function almanac.schedule_warnings(integer) is
  'What is wrong with schedules as they are, in warning: "never runs" (as schedules_warning() says in detail); '
  '"outlasts its slot": its runs take up to p95 (see usual_durations()), which is longer than the shortest distance '
  'between its next times, and its overlap policy does not allow several at once; "no worker": some worker is running, '
  'but none that has its task; "not loaded": a worker could not load the file of its task. Of each kind up to '
  'max_count; durations are known of the max_count schedules that ran last. A schedule with '
  'which nothing is wrong has no row. advice() adds what concerns payloads and rights.';
grant execute on function almanac.schedule_warnings(integer) to almanac_viewer;
