-- The next migration, in the making.

--!include functions/planning/schedule_warnings.sql
--!include functions/schedules/advice.sql
