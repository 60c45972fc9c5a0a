create or replace function almanac.usual_durations(
  schedules text[] default null, max_count integer default 2000
) returns table (schedule_id bigint, runs bigint, p50 interval, p95 interval)
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_now constant timestamptz := statement_timestamp();
begin
  perform almanac_private.checked_count(usual_durations.max_count, 10000);
  return query
  select s.id, d.runs, d.p50, d.p95
  from (
    select s.id from almanac.schedules s
    where s.deleted_at is null and (usual_durations.schedules is null or s.name = any (usual_durations.schedules))
    order by s.last_run_at desc nulls last, s.id limit usual_durations.max_count
  ) s
  cross join lateral (
    select count(*) as runs,
      percentile_cont(0.5) within group (order by r.finished_at - r.started_at) as p50,
      percentile_cont(0.95) within group (order by r.finished_at - r.started_at) as p95
    from (
      select r.status, r.started_at, r.finished_at from almanac.runs r
      where r.schedule_id = s.id and r.parent_id is null
        and r.scheduled_for > v_now - interval '90 days' and r.scheduled_for <= v_now
      order by r.scheduled_for desc limit 60
    ) r
    where r.status = 'succeeded' and r.finished_at >= r.started_at
  ) d
  where d.runs > 0;
end
$$;
comment on function almanac.usual_durations(text[], integer) is
  'How long the runs of schedules take: median and 95th percentile of those that succeeded among the last 60 of each, '
  'of the last 90 days, and how many these are. For schedules with one of the names, or all (null); with more than '
  'max_count of them, for those that ran last. A schedule of which none succeeded has no row.';
grant execute on function almanac.usual_durations(text[], integer) to almanac_viewer;
