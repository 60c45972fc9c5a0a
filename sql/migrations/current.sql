-- The next migration, in the making.

-- Texts give lengths of time in words; which runs may be repeated is said in one place; a cancel ends a
-- pass of retention.
--!include functions/recurrence/spoken_interval.sql
--!include functions/groups/group_note.sql
--!include functions/schedules/execution_note.sql
--!include functions/ledger/why_run.sql
--!include functions/runs/end_lacking_runs.sql
--!include functions/schedules/advice.sql
--!include functions/runs/is_repeatable.sql
--!include functions/runs/retry_problem.sql
--!include functions/runs/failed_runs.sql
--!include functions/runs/runs_may_retry.sql
--!include functions/ledger/remove_week.sql

-- What two triggers, and three functions that fail runs, had each for itself.
--!include functions/access/check_new_owner.sql
--!include functions/runs/fail_unbegun.sql
--!include functions/calendars/tg_compute_calendar.sql
--!include functions/runs/end_unentitled.sql

-- Comments, and texts that read as translated.
comment on column almanac.occurrence_overrides.reason is 'The reason given by the one who did it.';
comment on column almanac.stops.reason is 'The reason given by the one who did it.';
comment on column almanac.task_stops.reason is 'The reason given by the one who did it.';
comment on column almanac.tasks.disabled_reason is 'Why it is switched off, in the words of the one who did it.';
comment on column almanac.tasks.may_use is 'Whether the caller may save and trigger schedules of it.';
comment on table almanac_private.fired is
  'How many runs were written for each account in each minute of the last hour, for its limits. A row of each '
  'backend''s own, so that counting keeps no one waiting.';
comment on table almanac_private.retention_passes is
  'Where apply_retention() is: one row. A pass goes from step to step, one call after the other, no matter who calls.';
comment on table almanac_private.uses is
  'What operators wrote and triggered within the last hour, for the limits of users. A row for each minute and '
  'backend, so that counting keeps no one waiting.';
--!include functions/access/actor.sql
--!include functions/access/check_limits.sql
--!include functions/access/check_may_run_sql.sql
--!include functions/access/count_uses.sql
--!include functions/access/follow_renames.sql
--!include functions/access/limit_for.sql
--!include functions/access/limits.sql
--!include functions/access/open_sql_login.sql
--!include functions/access/run_as_after.sql
--!include functions/access/scram_verifier.sql
--!include functions/access/take_uses.sql
--!include functions/access/tg_count_written.sql
--!include functions/access/use_again_at.sql
--!include functions/calendars/check_window_series.sql
--!include functions/calendars/forget_exclusions.sql
--!include functions/calendars/keep_exclusions.sql
--!include functions/calendars/update_calendar.sql
--!include functions/firing/arm_jobs.sql
--!include functions/firing/excluded_range.sql
--!include functions/firing/fire_due.sql
--!include functions/firing/held_jobs.sql
--!include functions/firing/held_up_because.sql
--!include functions/firing/left_to_fire.sql
--!include functions/firing/live_counts.sql
--!include functions/firing/lock_cancellable.sql
--!include functions/firing/on_course.sql
--!include functions/firing/rearm.sql
--!include functions/firing/reconcile_schedules.sql
--!include functions/firing/remove_jobs.sql
--!include functions/firing/resolve_before_change.sql
--!include functions/firing/resolve_rule.sql
--!include functions/firing/verdicts.sql
--!include functions/firing/wake.sql
--!include functions/firing/write_courses.sql
--!include functions/groups/begin_in_groups.sql
--!include functions/groups/call_waiting.sql
--!include functions/groups/check_resource_group.sql
--!include functions/groups/delete_resource_group.sql
--!include functions/groups/group_in_force.sql
--!include functions/groups/leave_groups.sql
--!include functions/groups/lock_group.sql
--!include functions/groups/pass_on_places.sql
--!include functions/groups/reconcile_groups.sql
--!include functions/ledger/apply_retention.sql
--!include functions/ledger/kept_since.sql
--!include functions/ledger/remove_by_schedule.sql
--!include functions/ledger/remove_by_time.sql
--!include functions/ledger/remove_runs.sql
--!include functions/ledger/run_ledger_check.sql
--!include functions/payloads/check_payload.sql
--!include functions/payloads/compile_schema.sql
--!include functions/payloads/note_payload_check.sql
--!include functions/payloads/pointer_steps.sql
--!include functions/payloads/regex_of.sql
--!include functions/payloads/schema_errors.sql
--!include functions/planning/calendar.sql
--!include functions/planning/carry_over_occurrence.sql
--!include functions/planning/checked_count.sql
--!include functions/planning/coming_occurrences.sql
--!include functions/planning/planned_occurrences.sql
--!include functions/planning/recompute.sql
--!include functions/planning/replan.sql
--!include functions/planning/undo_override.sql
--!include functions/planning/warn_lost_overrides.sql
--!include functions/recurrence/clock_change_warnings.sql
--!include functions/recurrence/cron_hours.sql
--!include functions/recurrence/search_cron.sql
--!include functions/recurrence/suggested_cron_item.sql
--!include functions/runs/apply_counters.sql
--!include functions/runs/begin_runs.sql
--!include functions/runs/cancel_deleted.sql
--!include functions/runs/cancel_live_runs.sql
--!include functions/runs/cancel_other_tasks.sql
--!include functions/runs/cancel_unbegun.sql
--!include functions/runs/end_misfits.sql
--!include functions/runs/finish_runs.sql
--!include functions/runs/holders_of_slots.sql
--!include functions/runs/insert_run.sql
--!include functions/runs/kept_causes.sql
--!include functions/runs/max_lost_attempts.sql
--!include functions/runs/postpone_runs.sql
--!include functions/runs/runs_without_room.sql
--!include functions/runs/take_back_runs.sql
--!include functions/runs/tg_apply_counters.sql
--!include functions/runs/trigger_run.sql
--!include functions/runs/write_logs.sql
--!include functions/schedules/check_text.sql
--!include functions/schedules/check_visible.sql
--!include functions/schedules/execution_in_force.sql
--!include functions/schedules/perhaps.sql
--!include functions/schedules/refuse_computed.sql
--!include functions/schedules/restore_schedule.sql
--!include functions/schedules/resume_all.sql
--!include functions/schedules/schedules_execution.sql
--!include functions/schedules/split_schedule.sql
--!include functions/schedules/tasks_execution.sql
--!include functions/schedules/tg_set_identity.sql
--!include functions/workers/adopt.sql
--!include functions/workers/blockers.sql
--!include functions/workers/enable_task.sql
--!include functions/workers/heartbeat.sql
--!include functions/workers/holders_of_runs.sql
--!include functions/workers/limits_reached.sql
--!include functions/workers/reap_workers.sql
--!include functions/workers/register_task.sql
--!include functions/workers/role_problem.sql
--!include functions/workers/runs_not_begun.sql
--!include functions/workers/runs_paced.sql
--!include functions/workers/tg_check_task.sql
--!include functions/workers/disable_task.sql
--!include functions/workers/worker_lease.sql
