-- The engine's own updates pass by: it says so by a setting, and anyone may set that, so the right to create in the
-- schema, which only the owner has, is asked for as well. Both are built-in and cost half a microsecond a row.
create or replace trigger _100_set_identity before insert or update on almanac.schedules
  for each row when (current_setting('almanac.engine', true) is distinct from 'on'
    or not has_schema_privilege('almanac_private', 'create'))
  execute function almanac_private.tg_set_identity();
create or replace trigger _500_compute_schedule before insert or update on almanac.schedules
  for each row when (current_setting('almanac.engine', true) is distinct from 'on'
    or not has_schema_privilege('almanac_private', 'create'))
  execute function almanac_private.tg_compute_schedule();
create or replace trigger _100_refuse_delete before delete on almanac.schedules
  for each row execute function almanac_private.tg_refuse_delete();
create or replace trigger _500_resolve_deleted before delete on almanac.schedules
  for each row execute function almanac_private.tg_resolve_deleted();
create or replace trigger _800_arm_inserted after insert on almanac.schedules
  referencing new table as new_rows for each statement
  execute function almanac_private.tg_arm_schedules();
create or replace trigger _800_arm_updated after update on almanac.schedules
  referencing old table as old_rows new table as new_rows for each statement
  when (current_setting('almanac.engine', true) is distinct from 'on'
    or not has_schema_privilege('almanac_private', 'create'))
  execute function almanac_private.tg_arm_schedules();
create or replace trigger _800_disarm_deleted after delete on almanac.schedules
  referencing old table as old_rows for each statement
  execute function almanac_private.tg_arm_schedules();
