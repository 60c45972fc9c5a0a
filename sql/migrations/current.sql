-- The next migration, in the making.

-- It answers by run now.
drop function if exists almanac_private.take_back_runs(bigint[], timestamptz[]);
--!include functions/runs/take_back_runs.sql
--!include functions/planning/schedule_warnings.sql
--!include functions/schedules/advice.sql

-- A wake-up job that someone holds locked is not waited for.
--!include functions/firing/held_jobs.sql
--!include functions/firing/arm_free.sql
--!include functions/firing/rearm.sql
--!include functions/firing/remove_jobs.sql
--!include functions/firing/arm_jobs.sql
--!include functions/firing/wake.sql
--!include functions/firing/put_off_stopped.sql
--!include functions/firing/put_off_over.sql
--!include functions/firing/reconcile.sql
--!include functions/schedules/resume_all.sql
--!include functions/workers/enable_task.sql
--!include functions/runs/with_free_jobs.sql

-- What calendars postpone is listed by one statement too.
--!include functions/planning/coming_occurrences.sql
--!include functions/planning/planned_occurrences.sql
