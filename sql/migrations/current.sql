-- The next migration, in the making.

drop function if exists almanac.split_schedule(text, timestamptz, timestamptz, text, timestamptz);
--!include functions/schedules/split_schedule.sql
