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
  with asked as materialized (
    select s from almanac.schedules s
    where s.deleted_at is null and s.archived_at is null and s.status <> 'disabled'
    order by s.last_run_at desc nulls last, s.id limit schedule_warnings.max_count
  ), never as (
    select (a.s).id, almanac.schedules_warning(a.s) as detail from asked a
    -- Another that has a next time has it by its rule.
    where (a.s).next_run_at is null or (a.s).calendars <> '{}' or (a.s).has_overrides
  ), long as (
    select (a.s).id, (a.s).overlap_policy, u.p95, d.distance
    from asked a
    join almanac.usual_durations(null, schedule_warnings.max_count) u on u.schedule_id = (a.s).id
    cross join lateral (
      select almanac_private.shortest_distance(a.s, greatest((a.s).cursor_at, v_now)) as distance
      -- No two times are nearer than a second.
      where u.p95 > interval '1 second' and (a.s).kind in ('cron', 'interval') and (a.s).status = 'active'
        and (a.s).overlap_policy <> 'allow'
    ) d
    where u.p95 > d.distance
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
  select (a.s).id, 'no worker', format('No running worker has the task %s.', (a.s).task_identifier), null, null
  from asked a join almanac.tasks t on t.identifier = (a.s).task_identifier
  where v_has_worker and not t.available and (a.s).status in ('active', 'paused')
  order by 1, 2;
end
$$;
comment on function almanac.schedule_warnings(integer) is
  'What is wrong with schedules as they are, in warning: "never runs" (as schedules_warning() says in detail); '
  '"outlasts its slot": its runs take up to p95 (see usual_durations()), which is longer than the shortest distance '
  'between its next times, and its overlap policy does not allow several at once; "no worker": some worker is running, '
  'but none that has its task. For up to max_count schedules, those that ran last. A schedule with which nothing is '
  'wrong has no row.';
grant execute on function almanac.schedule_warnings(integer) to almanac_viewer;
