-- Definer: writes what only the engine may.
create or replace function almanac_private.write_courses(courses almanac_private.course[]) returns void
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
  -- By key, whatever the statistics say, like fire_due.
  set jit to off set enable_hashjoin to off set enable_mergejoin to off set enable_seqscan to off
    set enable_bitmapscan to off set plan_cache_mode to force_generic_plan
as $$
begin
  update almanac.schedules s
  set cursor_at = c.cursor_at, next_scheduled_for = c.next_scheduled_for, next_run_at = c.next_run_at,
    has_overrides = c.has_overrides, last_run_at = c.last_run_at,
    total_runs = s.total_runs + c.fired, fired_runs = s.fired_runs + c.fired,
    status = almanac_private.status_when_due(s.status, s.kind, c.next_run_at)
  from unnest(write_courses.courses) c where s.id = any (array[c.schedule_id]);
end
$$;
comment on function almanac_private.write_courses(almanac_private.course[]) is
  'The one writer of what the engine keeps in schedules: how far they are, when they are next due, and what was '
  'fired. Schedules that the caller has locked, with the setting almanac.engine on.';
