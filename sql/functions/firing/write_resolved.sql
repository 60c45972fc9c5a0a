-- Definer: writes what only the engine may.
create or replace function almanac_private.write_resolved(settled almanac.schedules) returns void
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
begin
  update almanac.schedules s
  set cursor_at = settled.cursor_at, next_scheduled_for = settled.next_scheduled_for, next_run_at = settled.next_run_at,
    has_overrides = settled.has_overrides, last_run_at = settled.last_run_at, total_runs = settled.total_runs,
    fired_runs = settled.fired_runs,
    status = almanac_private.status_when_due(s.status, s.kind, settled.next_run_at)
  where s.id = settled.id;
end
$$;
comment on function almanac_private.write_resolved(almanac.schedules) is
  'Writes what was found for a schedule that the caller has locked: what is settled, and when it is next due. With the '
  'setting almanac.engine on.';
