-- The next migration, in the making.
--
-- A check is added to almanac.schedules: the table is locked while each row is read once, about a second for a million.

alter table almanac.schedules drop constraint if exists schedule_next_run_at_goes_with_next_scheduled_for;
alter table almanac.schedules add constraint schedule_next_run_at_goes_with_next_scheduled_for
  check ((next_run_at is null) = (next_scheduled_for is null));

--!include functions/firing/fire_in_order.sql

-- What the policies for update let through can also be locked, by select … for update: only what may be changed.
drop policy if exists owners_change_schedules on almanac.schedules;
create policy owners_change_schedules on almanac.schedules for update to almanac_operator
  using (almanac_private.may_change(owner_user, run_as_key))
  with check (almanac_private.may_change(owner_user, run_as_key));
drop policy if exists owners_change_calendars on almanac.calendars;
create policy owners_change_calendars on almanac.calendars for update to almanac_operator
  using (almanac_private.may_change(owner_user, owned_by_key))
  with check (almanac_private.may_change(owner_user, owned_by_key));
drop policy if exists owners_change_calendar_entries on almanac.calendar_entries;
create policy owners_change_calendar_entries on almanac.calendar_entries for all to almanac_operator
  using (exists (
    select from almanac.calendars c
    where c.id = calendar_id and almanac_private.may_change(c.owner_user, c.owned_by_key)))
  with check (exists (
    select from almanac.calendars c
    where c.id = calendar_id and almanac_private.may_change(c.owner_user, c.owned_by_key)));
drop policy if exists owners_change_calendar_rules on almanac.calendar_rules;
create policy owners_change_calendar_rules on almanac.calendar_rules for all to almanac_operator
  using (exists (
    select from almanac.calendars c
    where c.id = calendar_id and almanac_private.may_change(c.owner_user, c.owned_by_key)))
  with check (exists (
    select from almanac.calendars c
    where c.id = calendar_id and almanac_private.may_change(c.owner_user, c.owned_by_key)));
--!include functions/calendars/read_on.sql
