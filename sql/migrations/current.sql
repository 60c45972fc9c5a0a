-- The next migration, in the making.

-- What begins tells its worker of how many attempts it is one. Before all else, as a changed result needs the function to be made again.
drop function if exists almanac_private.begin_runs(bigint, bigint[], timestamptz[], bigint[], timestamptz);

-- A change of someone else's row is refused by a trigger that says whose it is, where row security would only hide it: the policies let the
-- row through to the trigger, and still keep what is written among the writer's own.
--!include functions/run_as_after.sql
--!include functions/tg_set_identity.sql
--!include functions/refuse_change.sql
--!include functions/trigger_now.sql
--!include functions/schedules_may_change.sql
--!include functions/tg_refuse_delete.sql
drop trigger if exists _100_keep_system on almanac.schedules;
--!include functions/schedule_triggers.sql
drop function if exists almanac_private.tg_keep_system();
drop policy if exists owners_change_schedules on almanac.schedules;
create policy owners_change_schedules on almanac.schedules for update to almanac_operator
  using (true) with check (almanac_private.may_change(owner_user, run_as));
drop policy if exists owners_delete_schedules on almanac.schedules;
create policy owners_delete_schedules on almanac.schedules for delete to almanac_operator using (true);
--!include functions/check_calendar_owner.sql
--!include functions/find_calendar.sql
--!include functions/calendars_may_change.sql
--!include functions/tg_check_calendar_owner.sql
--!include functions/tg_compute_calendar.sql
--!include functions/calendar_triggers.sql
drop policy if exists owners_change_calendars on almanac.calendars;
create policy owners_change_calendars on almanac.calendars for update to almanac_operator
  using (true) with check (almanac_private.may_change(owner_user, owned_by));
drop policy if exists owners_delete_calendars on almanac.calendars;
create policy owners_delete_calendars on almanac.calendars for delete to almanac_operator using (true);
drop policy if exists owners_change_calendar_entries on almanac.calendar_entries;
create policy owners_change_calendar_entries on almanac.calendar_entries for all to almanac_operator
  using (true) with check (exists (
    select from almanac.calendars c where c.id = calendar_id and almanac_private.may_change(c.owner_user, c.owned_by)));
-- What schedule_cron(), schedule_every() and schedule_at() are not told stays as it is.
--!include functions/upsert_schedule.sql
--!include functions/schedule_cron.sql
--!include functions/schedule_every.sql
--!include functions/schedule_at.sql
--!include functions/pause.sql
-- A database knows where it is: a dump, a template or an upgraded server brings this row to another place, and nothing is fired or run there
-- until adopt() says what is to become of it. A dump that was made before this migration is recorded where it is migrated.
create table if not exists almanac_private.place (
  is_only boolean primary key default true constraint there_is_one_place check (is_only),
  system_identifier bigint,
  database_oid oid not null,
  database_name name not null,
  environment text,
  recorded_at timestamptz not null,
  recorded_by text not null
);
comment on table almanac_private.place is 'Where this database belongs: one row. In another place it is a copy.';
alter table almanac_private.place enable row level security;
--!include functions/here.sql
--!include functions/copied_from.sql
--!include functions/record_place.sql
do $$
begin
  if not exists (select from almanac_private.place) then
    perform almanac_private.record_place();
  end if;
end
$$;
--!include functions/adopt.sql
--!include functions/fire_due.sql
--!include functions/wake.sql
--!include functions/begin_runs.sql
