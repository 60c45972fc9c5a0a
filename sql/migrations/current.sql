-- The next migration, in the making.

--!include functions/payloads/misfits.sql

--!include functions/schedules/advice.sql

--!include functions/workers/runs_not_begun.sql

drop function almanac_private.end_misfits(bigint[], timestamptz[], timestamptz);
--!include functions/runs/end_misfits.sql

--!include functions/runs/begin_runs.sql

--!include functions/workers/register_task.sql
