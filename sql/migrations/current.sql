-- The next migration, in the making.
--
-- A check is added to almanac.schedules: the table is locked while each row is read once, about a second for a million.

alter table almanac.schedules drop constraint if exists schedule_next_run_at_goes_with_next_scheduled_for;
alter table almanac.schedules add constraint schedule_next_run_at_goes_with_next_scheduled_for
  check ((next_run_at is null) = (next_scheduled_for is null));

--!include functions/firing/fire_in_order.sql
