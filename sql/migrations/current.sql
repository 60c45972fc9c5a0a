-- Every function, one include each; a new one is added to its folder's part. What is not a function (tables, types,
-- policies) goes below as blocks that can run again.

-- What the schedules of a role fire is counted here, and those over a limit are put off. The counts begin at zero.
create table if not exists almanac_private.fired (
  run_as text not null,
  minute timestamptz not null,
  backend integer not null,
  runs bigint not null,
  bytes bigint not null,
  primary key (run_as, minute, backend)
);
alter table almanac_private.fired set (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02);
alter table almanac_private.fired enable row level security;
comment on table almanac_private.fired is
  'How many runs were written for each role in each minute of the last hour, for the limits of roles. A row of each '
  'backend''s own, so that no one waits for whoever counts.';
comment on column almanac_private.fired.backend is 'The process that counts in this row, and no other does.';
comment on column almanac_private.fired.bytes is 'Of the payloads that these runs store.';

create table if not exists almanac_private.unfinished_counts (
  id bigint generated always as identity primary key,
  run_as text not null,
  counted_at timestamptz not null,
  unfinished bigint not null,
  fired bigint not null
);
create index if not exists unfinished_counts_by_role on almanac_private.unfinished_counts (run_as, counted_at);
alter table almanac_private.unfinished_counts enable row level security;
comment on table almanac_private.unfinished_counts is
  'How many runs of a role had not ended when they were last counted. What was fired since is added, so that they are '
  'counted again only when there may be too many.';
comment on column almanac_private.unfinished_counts.fired is
  'What had been fired in the minute of counted_at by then.';

create table if not exists almanac_private.put_off (
  schedule_id bigint primary key references almanac.schedules on delete cascade,
  scheduled_for timestamptz not null,
  due_at timestamptz not null,
  until timestamptz not null,
  limit_name text not null
);
alter table almanac_private.put_off enable row level security;
comment on table almanac_private.put_off is
  'Schedules that are due and whose role has met a limit. Their next_run_at is until, when they are due again as of '
  'due_at; what was changed meanwhile is due as the change said, and its row counts for nothing.';

create table if not exists almanac_private.limits_met (
  id bigint generated always as identity primary key,
  run_as text not null,
  limit_name text not null,
  most bigint not null,
  since timestamptz not null,
  until timestamptz not null
);
create index if not exists limits_met_by_role on almanac_private.limits_met (run_as, until);
alter table almanac_private.limits_met enable row level security;
comment on table almanac_private.limits_met is
  'When a role had met a limit, and until when its schedules were put off: why() tells it. purge() deletes it.';

insert into almanac_private.settings (key, value)
values ('runs_per_hour', '1000000'), ('payload_bytes_per_hour', '1000000000'), ('unfinished_runs', '20000')
on conflict (key) do nothing;

--!include functions/access/actor.sql
--!include functions/access/bind_roles.sql
--!include functions/access/caller.sql
--!include functions/access/check_admin.sql
--!include functions/access/check_limits.sql
--!include functions/access/check_may_run_sql.sql
--!include functions/access/check_task_use.sql
--!include functions/access/count_uses.sql
--!include functions/access/create_login_token.sql
--!include functions/access/current_user_id.sql
--!include functions/access/end_session.sql
--!include functions/access/ensure_role.sql
--!include functions/access/find_session.sql
--!include functions/access/give_schedule.sql
--!include functions/access/grant_worker_rights.sql
--!include functions/access/hmac_sha256.sql
--!include functions/access/is_limited.sql
--!include functions/access/limit_for.sql
--!include functions/access/limit_met.sql
--!include functions/access/limits.sql
--!include functions/access/is_server_login.sql
--!include functions/access/loads_dump.sql
--!include functions/access/login_key.sql
--!include functions/access/may_change.sql
--!include functions/access/new_password.sql
--!include functions/access/no_role_key.sql
--!include functions/access/open_sql_login.sql
--!include functions/access/redeem_login_token.sql
--!include functions/access/refuse_change.sql
--!include functions/access/role_key.sql
--!include functions/access/role_of_key.sql
--!include functions/access/role_served.sql
--!include functions/access/run_as_after.sql
--!include functions/access/schedules_may_change.sql
--!include functions/access/scram_verifier.sql
--!include functions/access/server_key.sql
--!include functions/access/sign_in_is_set_up.sql
--!include functions/access/signed_in_user.sql
--!include functions/access/sql_login.sql
--!include functions/access/sql_logins_changed.sql
--!include functions/access/tg_check_user.sql
--!include functions/access/tg_count_created.sql
--!include functions/access/tg_end_sessions.sql
--!include functions/calendars/calendar_rule_triggers.sql
--!include functions/calendars/calendar_triggers.sql
--!include functions/calendars/exclusion_calendars_may_change.sql
--!include functions/calendars/check_calendar_owner.sql
--!include functions/calendars/create_business_days.sql
--!include functions/calendars/create_calendar.sql
--!include functions/calendars/delete_calendar.sql
--!include functions/calendars/exclude_dates.sql
--!include functions/calendars/exclude_range.sql
--!include functions/calendars/exclude_recurring.sql
--!include functions/calendars/excluded_times.sql
--!include functions/calendars/exclusion_end.sql
--!include functions/calendars/exclusion_windows.sql
--!include functions/calendars/exclusions.sql
--!include functions/calendars/find_calendar.sql
--!include functions/calendars/import_exclusions.sql
--!include functions/calendars/read_on.sql
--!include functions/calendars/remove_calendar_rule.sql
--!include functions/calendars/remove_exclusion.sql
--!include functions/calendars/remove_imported.sql
--!include functions/calendars/rules_to_read_on.sql
--!include functions/calendars/schedules_of_calendars.sql
--!include functions/calendars/tg_check_calendar_owner.sql
--!include functions/calendars/tg_check_calendar_rule.sql
--!include functions/calendars/tg_compute_calendar.sql
--!include functions/calendars/tg_compute_calendar_entry.sql
--!include functions/calendars/tg_replan_calendar.sql
--!include functions/calendars/tg_settle_calendar.sql
--!include functions/calendars/update_calendar.sql
--!include functions/firing/add_jobs.sql
--!include functions/firing/arm_delay.sql
--!include functions/firing/arm_jobs.sql
--!include functions/firing/arm_spec.sql
--!include functions/firing/busy_times.sql
--!include functions/firing/catchup_backlog.sql
--!include functions/firing/count_unfinished.sql
--!include functions/firing/enter_engine.sql
drop function if exists almanac_private.fire_due(timestamptz, integer);
--!include functions/firing/fire_due.sql
--!include functions/firing/fire_in_order.sql
drop function if exists almanac_private.fires_again_at(text, text, bigint, timestamptz);
--!include functions/firing/fires_again_at.sql
--!include functions/firing/has_met_limit.sql
--!include functions/firing/is_fired_late.sql
--!include functions/firing/is_own_job.sql
--!include functions/firing/leave_engine.sql
--!include functions/firing/left_to_fire.sql
--!include functions/firing/limit_note.sql
--!include functions/firing/overlap.sql
--!include functions/firing/overlap_reason.sql
--!include functions/firing/overlap_status.sql
--!include functions/firing/lock_what_is_cancelled.sql
--!include functions/firing/payload_bytes.sql
--!include functions/firing/most_steps.sql
--!include functions/firing/put_off_over.sql
--!include functions/firing/reconcile.sql
--!include functions/firing/remove_jobs.sql
--!include functions/firing/settle_before_change.sql
--!include functions/firing/settle_rule.sql
--!include functions/firing/settle_schedule.sql
--!include functions/firing/settle_stretch.sql
--!include functions/firing/status_when_due.sql
--!include functions/firing/take_up.sql
--!include functions/firing/tg_count_fired.sql
--!include functions/firing/waits_instead.sql
--!include functions/firing/within_limits.sql
--!include functions/firing/wake.sql
--!include functions/firing/write_settled.sql
--!include functions/ledger/check_ledger.sql
--!include functions/ledger/ensure_partitions.sql
--!include functions/ledger/history_horizon.sql
--!include functions/ledger/last_ledger_check.sql
--!include functions/ledger/note_what_is_deleted.sql
--!include functions/ledger/purge.sql
--!include functions/ledger/record_omission.sql
--!include functions/ledger/run_ledger_check.sql
--!include functions/ledger/tg_note_deleted.sql
--!include functions/ledger/tg_note_truncated.sql
--!include functions/ledger/why.sql
--!include functions/ledger/why_omitted.sql
--!include functions/ledger/why_run.sql
--!include functions/ledger/why_unnamed.sql
--!include functions/planning/calendar.sql
--!include functions/planning/calendar_item.sql
--!include functions/planning/check_range.sql
--!include functions/planning/checked_count.sql
--!include functions/planning/coming_occurrences.sql
--!include functions/planning/due_after.sql
--!include functions/planning/due_note.sql
--!include functions/planning/hold_occurrence.sql
--!include functions/planning/jitter_delay.sql
--!include functions/planning/move_occurrence.sql
--!include functions/planning/moved_occurrences.sql
--!include functions/planning/nearest_occurrences.sql
--!include functions/planning/never_runs.sql
--!include functions/planning/next_due.sql
--!include functions/planning/override_occurrence.sql
--!include functions/planning/planned_occurrences.sql
--!include functions/planning/preview.sql
--!include functions/planning/preview_change.sql
--!include functions/planning/recompute.sql
--!include functions/planning/replan.sql
--!include functions/planning/replan_from_now.sql
--!include functions/planning/restore_occurrence.sql
--!include functions/planning/schedules_ahead.sql
--!include functions/planning/skip_occurrence.sql
--!include functions/planning/tg_load_override.sql
--!include functions/planning/tg_plan_loaded_overrides.sql
--!include functions/planning/listed_occurrences.sql
drop function if exists almanac.upcoming(text, timestamptz, integer);
--!include functions/planning/upcoming.sql
--!include functions/recurrence/check_cron.sql
--!include functions/recurrence/check_interval.sql
--!include functions/recurrence/check_timezone.sql
--!include functions/recurrence/clock_change_warnings.sql
--!include functions/recurrence/compile_cron.sql
--!include functions/recurrence/compile_parsed_cron.sql
--!include functions/recurrence/compiled_cron.sql
--!include functions/recurrence/cron_between.sql
--!include functions/recurrence/cron_day_names.sql
--!include functions/recurrence/cron_from_words.sql
--!include functions/recurrence/cron_habit_warnings.sql
--!include functions/recurrence/cron_hint.sql
--!include functions/recurrence/cron_value.sql
--!include functions/recurrence/cron_word_start.sql
--!include functions/recurrence/interval_occurrence.sql
--!include functions/recurrence/knows_timezone.sql
--!include functions/recurrence/local_instant.sql
--!include functions/recurrence/local_reading.sql
--!include functions/recurrence/local_span.sql
--!include functions/recurrence/local_time.sql
--!include functions/recurrence/lost_timezone.sql
--!include functions/recurrence/lost_timezone_note.sql
--!include functions/recurrence/lowest_bit.sql
--!include functions/recurrence/suggested_cron.sql
--!include functions/recurrence/suggested_cron_item.sql
--!include functions/recurrence/month_start.sql
--!include functions/recurrence/next_cron.sql
--!include functions/recurrence/next_cron_at_transition.sql
--!include functions/recurrence/next_interval.sql
--!include functions/recurrence/next_occurrence.sql
--!include functions/recurrence/next_run_at.sql
--!include functions/recurrence/occurrences.sql
--!include functions/recurrence/occurrences_between.sql
--!include functions/recurrence/offset_timezone.sql
--!include functions/recurrence/parse_cron.sql
--!include functions/recurrence/parse_cron_item.sql
--!include functions/recurrence/parsed_cron.sql
--!include functions/recurrence/plain_cron.sql
--!include functions/recurrence/plain_words.sql
--!include functions/recurrence/refresh_timezones.sql
--!include functions/recurrence/search_cron.sql
--!include functions/recurrence/spoken_time.sql
--!include functions/recurrence/suggest_timezones.sql
--!include functions/recurrence/timezone_names.sql
--!include functions/recurrence/upper_ascii.sql
--!include functions/recurrence/wrapped_range_hint.sql
drop function if exists almanac_private.begin_runs(bigint, bigint[], timestamptz[], bigint[], timestamptz);
--!include functions/runs/begin_runs.sql
--!include functions/runs/cancel_deleted.sql
--!include functions/runs/cancel_live_runs.sql
--!include functions/runs/cancel_other_tasks.sql
--!include functions/runs/cancel_queued.sql
--!include functions/runs/cancel_requests.sql
--!include functions/runs/cancel_unbegun.sql
--!include functions/runs/count_runs.sql
--!include functions/runs/end_lacking_runs.sql
drop function if exists almanac_private.finish_runs(bigint, jsonb, timestamptz);
--!include functions/runs/ended_at.sql
--!include functions/runs/finish_runs.sql
--!include functions/runs/insert_run.sql
--!include functions/runs/insert_skipped.sql
--!include functions/runs/kept_outcome.sql
--!include functions/runs/kept_result.sql
--!include functions/runs/kept_text.sql
--!include functions/runs/lost_note.sql
--!include functions/runs/max_lost_attempts.sql
--!include functions/runs/note_held_runs.sql
--!include functions/runs/postpone_runs.sql
--!include functions/runs/release_waiting.sql
--!include functions/runs/retry_runs.sql
--!include functions/runs/run_identifier.sql
--!include functions/runs/run_job_spec.sql
--!include functions/runs/runs_blocked_because.sql
--!include functions/runs/settle_counters.sql
--!include functions/runs/status_after_attempt.sql
--!include functions/runs/tg_settle_counters.sql
--!include functions/runs/trigger_now.sql
--!include functions/schedules/check_given.sql
--!include functions/schedules/check_name_is_free.sql
--!include functions/schedules/check_payload.sql
--!include functions/schedules/check_schedule.sql
--!include functions/schedules/check_tags.sql
--!include functions/schedules/check_visible.sql
--!include functions/schedules/create_schedule.sql
--!include functions/schedules/find_schedule.sql
--!include functions/schedules/has_rule.sql
--!include functions/schedules/install_system_schedules.sql
--!include functions/schedules/is_stopped.sql
--!include functions/schedules/nests_too_deeply.sql
--!include functions/schedules/notify_changed.sql
--!include functions/schedules/pause.sql
--!include functions/schedules/pause_all.sql
--!include functions/schedules/perhaps.sql
--!include functions/schedules/prepare_schedule.sql
--!include functions/schedules/read_definition.sql
--!include functions/schedules/refuse_size.sql
--!include functions/schedules/restore.sql
--!include functions/schedules/resume.sql
--!include functions/schedules/resume_all.sql
--!include functions/schedules/rule_of.sql
--!include functions/schedules/save_schedule.sql
--!include functions/schedules/schedule_at.sql
--!include functions/schedules/schedule_cron.sql
--!include functions/schedules/schedule_every.sql
--!include functions/schedules/schedule_triggers.sql
--!include functions/schedules/schedules_warning.sql
--!include functions/schedules/stopped_times.sql
--!include functions/schedules/tg_arm_schedules.sql
--!include functions/schedules/tg_check_lengths.sql
--!include functions/schedules/tg_check_sizes.sql
--!include functions/schedules/tg_compute_schedule.sql
--!include functions/schedules/tg_refuse_delete.sql
--!include functions/schedules/tg_set_identity.sql
--!include functions/schedules/tg_settle_deleted.sql
--!include functions/schedules/type_hint.sql
--!include functions/schedules/unschedule.sql
--!include functions/schedules/update_schedule.sql
--!include functions/schedules/upsert_schedule.sql
--!include functions/workers/a_worker_lives.sql
--!include functions/workers/adopt.sql
--!include functions/workers/announce_server.sql
--!include functions/workers/announce_tasks.sql
--!include functions/workers/blockers.sql
--!include functions/workers/copied_from.sql
--!include functions/workers/drain_worker.sql
--!include functions/workers/end_blockers.sql
drop function if exists almanac.engine_state();
--!include functions/workers/engine_state.sql
--!include functions/workers/enter_place.sql
--!include functions/workers/give_up_lead.sql
--!include functions/workers/give_up_worker.sql
--!include functions/workers/runs_not_begun.sql
--!include functions/workers/slots_taken.sql
--!include functions/workers/health.sql
drop function if exists almanac_private.heartbeat(bigint, text[], boolean, bigint[], jsonb);
--!include functions/workers/leave_line.sql
--!include functions/workers/heartbeat.sql
--!include functions/workers/here.sql
--!include functions/workers/holders_of_runs.sql
--!include functions/workers/lockers.sql
--!include functions/workers/look_at_jobs.sql
--!include functions/workers/note_stall.sql
--!include functions/workers/overdue.sql
--!include functions/workers/raise_sequences.sql
--!include functions/workers/reap_workers.sql
--!include functions/workers/record_place.sql
--!include functions/workers/register_task.sql
--!include functions/workers/register_worker.sql
--!include functions/workers/server_url.sql
--!include functions/workers/stop_worker.sql
--!include functions/workers/take_turn.sql
--!include functions/workers/task_is_available.sql
--!include functions/workers/tg_name_jobs.sql
--!include functions/workers/task_triggers.sql
--!include functions/workers/tg_check_task.sql
--!include functions/workers/tg_notify_workers.sql
--!include functions/workers/worker_triggers.sql
--!include functions/workers/workers_is_leader.sql

create table if not exists almanac_private.held_runs (
  run_id bigint not null,
  scheduled_for timestamptz not null,
  held_since timestamptz not null,
  constraint held_runs_pkey primary key (run_id)
);
alter table almanac_private.held_runs enable row level security;
comment on table almanac_private.held_runs is
  'Runs whose beginning or end could not be recorded, as someone holds them locked, until it can.';
comment on column almanac_private.held_runs.run_id is 'The run.';
comment on column almanac_private.held_runs.scheduled_for is 'Nominal time of the run: the partition.';
comment on column almanac_private.held_runs.held_since is 'When a worker first came to record it.';
drop function if exists almanac_private.mended_cron(text);
drop function if exists almanac_private.mended_cron_item(integer, text);
drop function if exists almanac_private.begun_at(bigint, timestamptz, timestamptz);
comment on column almanac_private.live_runs.in_line is
  'Whether it is in the way of others, by the overlap policy: those of the rule, and those by hand that were asked to '
  'respect it; not one that has ended and could not be recorded yet.';

-- Of each task that is known, jobs are added without a name of a transaction that may stay open.
insert into graphile_worker._private_tasks (identifier)
select almanac_private.run_identifier(t.identifier) from almanac_private.known_tasks t
on conflict do nothing;
drop trigger if exists _700_count_fired on almanac.runs;
create trigger _700_count_fired after insert on almanac.runs
referencing new table as new_rows for each statement execute function almanac_private.tg_count_fired();

-- begin_runs writes status and times in one statement; given null for as_of, as whoever may call it could, it wrote none.
do $do$
begin
  if not exists (
    select from pg_constraint c
    where c.conrelid = 'almanac.runs'::regclass and c.conname = 'running_run_has_started') then
    alter table almanac.runs add constraint running_run_has_started
      check (status <> 'running' or started_at is not null);
  end if;
end
$do$;
