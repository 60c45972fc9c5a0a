-- The next migration, in the making.
--!include functions/planning/upcoming.sql
--!include functions/schedules/notify_changed.sql
--!include functions/access/scram_verifier.sql
--!include functions/workers/worker_lease.sql
--!include functions/workers/has_running_worker.sql
--!include functions/workers/task_is_available.sql
--!include functions/workers/runs_not_begun.sql
--!include functions/workers/health.sql
--!include functions/workers/reap_workers.sql
--!include functions/workers/mark_worker_lost.sql
-- It returns one more column.
drop function if exists almanac_private.heartbeat(bigint, text[], boolean, bigint[], jsonb, jsonb);
--!include functions/workers/heartbeat.sql

-- Deleting and truncating are noted by one function.
--!include functions/ledger/tg_note_deleted.sql
--!include functions/ledger/note_what_is_deleted.sql
create or replace trigger _800_note_truncated before truncate on almanac.omissions
  for each statement execute function almanac_private.tg_note_deleted();
do $$
begin
  perform almanac_private.note_what_is_deleted(i.inhrelid::regclass)
  from pg_inherits i where i.inhparent = 'almanac.runs'::regclass;
end
$$;
drop function if exists almanac_private.tg_note_truncated();
--!include functions/access/check_limits.sql
--!include functions/access/check_task_use.sql
--!include functions/access/count_uses.sql
--!include functions/access/limits.sql
--!include functions/access/refuse_change.sql
--!include functions/calendars/import_exclusions.sql
--!include functions/calendars/tg_compute_calendar.sql
--!include functions/calendars/update_calendar.sql
--!include functions/ledger/purge.sql
--!include functions/ledger/why.sql
--!include functions/ledger/why_omitted.sql
--!include functions/ledger/why_unnamed.sql
--!include functions/recurrence/check_interval.sql
--!include functions/recurrence/occurrences.sql
--!include functions/recurrence/parse_cron.sql
--!include functions/recurrence/suggested_cron.sql
--!include functions/runs/cancel_queued.sql
--!include functions/schedules/check_payload.sql
--!include functions/schedules/check_schedule.sql
--!include functions/schedules/check_visible.sql
--!include functions/schedules/tg_check_lengths.sql
--!include functions/schedules/tg_set_identity.sql
--!include functions/workers/announce_tasks.sql
--!include functions/workers/blockers.sql
--!include functions/workers/copied_from.sql
--!include functions/workers/enter_place.sql
--!include functions/workers/tg_check_task.sql
--!include functions/workers/lock_holders.sql
