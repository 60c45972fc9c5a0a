-- The next migration, in the making.

--!include functions/planning/closed_times.sql
-- The calendar of a busy installation shows by itself what someone should see, and piles of the rest.
drop function if exists almanac.calendar(
  timestamptz, timestamptz, text, interval, integer, text[], text[], text, integer, boolean, bigint[], text, text
);
--!include functions/planning/calendar_item.sql
--!include functions/planning/calendar.sql
