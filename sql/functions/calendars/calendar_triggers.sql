create or replace trigger _100_check_calendar_owner before update or delete on almanac.exclusion_calendars
  for each row execute function almanac_private.tg_check_calendar_owner();
create or replace trigger _100_check_calendar_owner before insert or update or delete on almanac.calendar_entries
  for each row execute function almanac_private.tg_check_calendar_owner();
create or replace trigger _100_compute_calendar before insert or update on almanac.exclusion_calendars
  for each row execute function almanac_private.tg_compute_calendar();
create or replace trigger _500_resolve_calendar before update or delete on almanac.exclusion_calendars
  for each row execute function almanac_private.tg_resolve_calendar();
create or replace trigger _800_replan_calendar after update on almanac.exclusion_calendars
  referencing old table as old_rows new table as new_rows
  for each statement execute function almanac_private.tg_replan_calendar();
create or replace trigger _100_compute_calendar_entry before insert or update on almanac.calendar_entries
  for each row execute function almanac_private.tg_compute_calendar_entry();
create or replace trigger _500_resolve_calendar before insert or update or delete on almanac.calendar_entries
  for each row execute function almanac_private.tg_resolve_calendar();
create or replace trigger _800_replan_inserted after insert on almanac.calendar_entries
  referencing new table as new_rows
  for each statement execute function almanac_private.tg_replan_calendar();
create or replace trigger _800_replan_updated after update on almanac.calendar_entries
  referencing old table as old_rows new table as new_rows
  for each statement execute function almanac_private.tg_replan_calendar();
create or replace trigger _800_replan_deleted after delete on almanac.calendar_entries
  referencing old table as old_rows for each statement execute function almanac_private.tg_replan_calendar();
