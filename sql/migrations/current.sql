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
--!include functions/access/take_uses.sql
--!include functions/access/count_uses.sql
--!include functions/firing/count_fired.sql
--!include functions/firing/tg_count_fired.sql
--!include functions/runs/count_outcomes.sql
--!include functions/runs/roles_without_log.sql
--!include functions/runs/kept_log.sql
--!include functions/runs/cut_log.sql
--!include functions/runs/cancel_runs.sql
--!include functions/runs/cancel_queued.sql
--!include functions/firing/reconcile_schedules.sql
--!include functions/runs/reconcile_runs.sql
--!include functions/schedules/computed_column_written.sql
--!include functions/schedules/refuse_computed.sql
--!include functions/schedules/tg_set_identity.sql
--!include functions/payloads/keyword_expects.sql
--!include functions/payloads/compile_schema.sql
--!include functions/recurrence/refresh_timezones.sql
--!include functions/recurrence/cron_habit_warnings.sql
--!include functions/access/sql_login.sql
--!include functions/access/sql_logins_changed.sql
--!include functions/schedules/tg_refuse_delete.sql
--!include functions/calendars/tg_check_calendar_owner.sql
--!include functions/workers/slots_taken.sql
drop function if exists almanac.split_schedule(text, timestamptz, timestamptz, text, timestamptz);
--!include functions/schedules/split_schedule.sql
--!include functions/payloads/misfits.sql


--!include functions/workers/runs_not_begun.sql

drop function almanac_private.end_misfits(bigint[], timestamptz[], timestamptz);
--!include functions/runs/end_misfits.sql

--!include functions/runs/begin_runs.sql

--!include functions/workers/register_task.sql
