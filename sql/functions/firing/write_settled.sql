-- Definer: writes what only the engine may.
create or replace function almanac_private.write_settled(settled almanac.schedules) returns void
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
begin
  update almanac.schedules s
  set cursor_at = settled.cursor_at, next_scheduled_for = settled.next_scheduled_for, next_run_at = settled.next_run_at,
    has_overrides = settled.has_overrides, last_run_at = settled.last_run_at, total_runs = settled.total_runs,
    fired_runs = settled.fired_runs,
    status = case when settled.next_run_at is null and s.status = 'active' and s.kind <> 'manual' then 'completed'::almanac.schedule_status else s.status end
  where s.id = settled.id;
end
$$;
comment on function almanac_private.write_settled(almanac.schedules) is
  'Writes what settle_schedule found to the schedule''s row, with the setting almanac.engine on; completes it if nothing can come any more.';
