-- The next migration, in the making.

-- It answers by run now.
drop function if exists almanac_private.take_back_runs(bigint[], timestamptz[]);
--!include functions/runs/take_back_runs.sql
--!include functions/planning/schedule_warnings.sql
--!include functions/schedules/advice.sql
