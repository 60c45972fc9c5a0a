-- The next migration, in the making.

-- Filters of the calendar: by creator, and by a text in the name.
drop function if exists almanac.busy_hours(text, integer, boolean);
drop function if exists almanac.calendar(
  timestamptz, timestamptz, text, interval, integer, text[], text[], text, integer, boolean, bigint[]);
--!include functions/planning/calendar.sql
--!include functions/planning/busy_hours.sql
