create or replace trigger _800_notify_inserted after insert on almanac.workers
  referencing new table as new_rows
  for each statement execute function almanac_private.tg_notify_workers();
create or replace trigger _800_notify_updated after update on almanac.workers
  referencing old table as old_rows new table as new_rows
  for each statement execute function almanac_private.tg_notify_workers();
create or replace trigger _800_notify_deleted after delete on almanac.workers
  referencing old table as old_rows for each statement execute function almanac_private.tg_notify_workers();
