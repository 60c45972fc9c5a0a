-- Called by functions that may read live_runs, with their rights.
create or replace function almanac_private.unfinished_runs(filter almanac_private.run_filter)
returns table (id bigint, scheduled_for timestamptz, status almanac.run_status, is_stopping boolean, is_mine boolean)
language plpgsql stable set search_path to pg_catalog, pg_temp set jit to off
as $$
begin
  return query
  select (r.run).id, (r.run).scheduled_for, (r.run).status, (r.run).cancel_requested_at is not null,
    almanac_private.may_change_run(r.run)
  from almanac_private.live_runs l
  -- Apart (offset), or the planner begins with the runs: by its statistics none is unfinished.
  cross join lateral (
    select r as run from almanac.runs r where r.id = l.run_id and r.scheduled_for = l.scheduled_for offset 0) r
  left join almanac.schedules s on s.id = l.schedule_id
  where (r.run).finished_at is null and (unfinished_runs.filter.schedule_id is null
      or l.schedule_id = unfinished_runs.filter.schedule_id)
    and almanac_private.fits_run_filter(r.run, s, unfinished_runs.filter);
end
$$;
comment on function almanac_private.unfinished_runs(almanac_private.run_filter) is
  'The unfinished runs that fit a filter, and whether the caller may cancel them.';
