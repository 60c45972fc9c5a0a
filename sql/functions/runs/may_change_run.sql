create or replace function almanac_private.may_change_run(run almanac.runs) returns boolean
language sql stable set search_path to pg_catalog, pg_temp
return coalesce(
  (select not s.is_system and almanac_private.may_change(s.owner_user, s.run_as_key) from almanac.schedules s
    where s.id = may_change_run.run.schedule_id),
  -- Whose it was is gone with its schedule: admins may.
  almanac_private.may_change(null, null));
comment on function almanac_private.may_change_run(almanac.runs) is
  'Whether the caller may change the schedule of a run, and so cancel it. If that was deleted for good: an admin may.';
grant execute on function almanac_private.may_change_run(almanac.runs) to almanac_viewer;
