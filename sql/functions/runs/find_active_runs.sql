-- Definer: reads which runs are unfinished, which is the engine's: a few, however many runs have ended.
create or replace function almanac.find_active_runs(filter jsonb default '{}', max_count integer default 50)
returns almanac.active_run_page
language plpgsql stable security definer set search_path to pg_catalog, pg_temp set jit to off
  -- By key: a hash join would read all runs for the few that are unfinished.
  set enable_hashjoin to off set enable_mergejoin to off set enable_seqscan to off
as $$
declare
  v_filter constant almanac_private.run_filter :=
    almanac_private.list_filter(almanac_private.read_run_filter(coalesce(find_active_runs.filter, '{}'), true));
  v_most constant integer := almanac_private.checked_count(find_active_runs.max_count, 500);
  v_page almanac.active_run_page;
begin
  with found as materialized (
    select (r.run).id, (r.run).scheduled_for, (r.run).status, (r.run).started_at
    from almanac_private.live_runs l
    -- Apart (offset), or the planner begins with the runs: by its statistics none is unfinished.
    cross join lateral (
      select r as run from almanac.runs r where r.id = l.run_id and r.scheduled_for = l.scheduled_for offset 0) r
    left join almanac.schedules s on s.id = l.schedule_id
    where (r.run).finished_at is null and (v_filter.schedule_id is null or l.schedule_id = v_filter.schedule_id)
      and almanac_private.fits_run_filter(r.run, s, v_filter)
  )
  select coalesce(array_agg(f.id order by f.nth), '{}'), coalesce(array_agg(f.scheduled_for order by f.nth), '{}'),
    (select least(count(*), 10001) from found where status = 'running'),
    (select least(count(*), 10001) from found where status = 'retrying'),
    (select least(count(*), 10001) from found where status = 'queued'),
    (select least(count(*), 10001) from found where status = 'waiting')
  into v_page
  from (
    select o.id, o.scheduled_for, row_number() over (order by o.status <> 'running',
      case when o.status = 'running' then o.started_at else o.scheduled_for end, o.id) as nth
    from found o order by nth limit v_most
  ) f;
  return v_page;
end
$$;
comment on function almanac.find_active_runs(jsonb, integer) is
  'The unfinished runs that fit a filter, as cancel_runs() takes it (null or {}: all): how many there are in each '
  'state, and up to max_count (500 at most) of them: those that run, for longest first, then the others by nominal '
  'time. Takes as long with millions of runs that have ended as with none. '
  'Children are left out as by find_runs().';
grant execute on function almanac.find_active_runs(jsonb, integer) to almanac_viewer;
