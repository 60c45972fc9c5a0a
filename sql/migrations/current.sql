-- The next migration, in the making.
comment on table almanac.runs is
  'The ledger: what happened to each occurrence, and manual runs. History outlives its schedule.';
comment on column almanac.occurrence_overrides.is_owed is
  'Its nominal time is past while it is still upcoming: it runs whatever happens to the rule.';
--!include functions/recurrence/spoken_time.sql
--!include functions/recurrence/recorded_time.sql
--!include functions/access/create_login_token.sql
--!include functions/access/limit_met.sql
--!include functions/firing/decide.sql
--!include functions/firing/reconcile_schedules.sql
--!include functions/ledger/check_ledger.sql
--!include functions/ledger/why_at.sql
--!include functions/ledger/why_not_fired.sql
--!include functions/ledger/why_omitted.sql
--!include functions/ledger/why_run.sql
--!include functions/ledger/why_unnamed.sql
--!include functions/planning/never_runs.sql
--!include functions/planning/undo_override.sql
--!include functions/recurrence/refresh_timezones.sql
--!include functions/runs/cancel_run.sql
--!include functions/runs/end_unentitled.sql
--!include functions/runs/finish_runs.sql
--!include functions/runs/note_held_runs.sql
--!include functions/runs/retry_problem.sql
--!include functions/schedules/advice.sql
--!include functions/schedules/check_unchanged.sql
--!include functions/schedules/execution_note.sql
--!include functions/schedules/find_schedule.sql
--!include functions/schedules/schedules_blocked_because.sql
--!include functions/schedules/tg_set_identity.sql
--!include functions/schedules/undo_split.sql
--!include functions/workers/adopt.sql
--!include functions/workers/blockers.sql
--!include functions/workers/enable_task.sql
--!include functions/workers/role_problem.sql
--!include functions/workers/workers_is_leader.sql
