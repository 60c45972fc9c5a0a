-- The next migration, in the making.

-- What firing leaves due, and why ------------------------------------------------------------------------------------

create table if not exists almanac_private.held_up (
  schedule_id bigint primary key references almanac.schedules (id) on delete cascade,
  due_at timestamptz not null,
  since timestamptz not null,
  reason text not null,
  detail text,
  constraint a_reason_is_known check (reason in ('call', 'calendars', 'payloads', 'run', 'error'))
);
alter table almanac_private.held_up enable row level security;
comment on table almanac_private.held_up is
  'Schedules that are due and that a call of fire_due had to leave for later: why() and status tell it. A row whose '
  'schedule is no longer due at due_at counts for nothing.';
comment on column almanac_private.held_up.due_at is 'The next_run_at of the schedule when it was left.';
comment on column almanac_private.held_up.since is 'When a call first left it for this reason.';
comment on column almanac_private.held_up.reason is
  'call: the limit of one call, of what it catches up; calendars: those of its role take long to search; payloads: '
  'those that are due are large; run: someone holds a run that cancel_running cancels; error: it cannot be fired.';
comment on column almanac_private.held_up.detail is 'Its calendars, or the error.';

-- Their results say what they leave.
drop function if exists almanac_private.verdicts(bigint[], timestamptz);
drop function if exists almanac_private.within_limits(bigint[], text[], bigint[], timestamptz);
--!include functions/firing/verdicts.sql
--!include functions/firing/within_limits.sql
--!include functions/firing/note_held_up.sql
--!include functions/firing/fire_due.sql
--!include functions/firing/reconcile.sql
--!include functions/firing/held_up_because.sql
--!include functions/firing/schedules_held_up.sql
--!include functions/ledger/why_not_fired.sql
--!include functions/ledger/why_at.sql

-- What stands in the client.
drop function if exists almanac.engine_state();
--!include functions/workers/engine_state.sql

-- What a login of almanac:sql lacks.
--!include functions/access/open_sql_login.sql

-- What runs leave behind counts as what they are given does.
--!include functions/runs/count_outcomes.sql
--!include functions/runs/finish_runs.sql
--!include functions/firing/limit_note.sql
comment on column almanac_private.fired.bytes is
  'Of the payloads that these runs store, and of the results and errors that were recorded in the minute.';
--!include functions/planning/shortest_distance.sql
--!include functions/planning/schedule_warnings.sql
-- What a schedule does not say of its attempts is null, and its task's default holds, or Almanac's: no rows are
-- rewritten. A schedule that is there keeps the values that it has as its own.
alter table almanac.schedules
  alter column max_attempts drop not null, alter column max_attempts drop default,
  alter column retry_delay drop not null, alter column retry_delay drop default,
  alter column retry_backoff drop not null, alter column retry_backoff drop default,
  alter column retry_ceiling drop not null, alter column retry_ceiling drop default,
  drop constraint if exists schedule_timeout_is_positive,
  drop constraint if exists schedule_timeout_is_not_negative,
  add constraint schedule_timeout_is_not_negative check (timeout >= interval '0');
comment on column almanac.schedules.max_attempts is
  'Attempts a run has, the first included; null: the default of its task, else 3.';
comment on column almanac.schedules.retry_delay is
  'Wait before the second attempt; null: the default of its task, else 5 seconds.';
comment on column almanac.schedules.retry_backoff is
  'Factor by which the wait grows with each attempt; null: the default of its task, else 2.';
comment on column almanac.schedules.retry_ceiling is
  'Longest wait between attempts; null: the default of its task, else 1 hour.';
comment on column almanac.schedules.timeout is
  'Longest time an attempt may take; null: the default of its task, else no limit; 0: no limit, whatever its task '
  'says.';

alter table almanac_private.known_tasks
  add column if not exists default_retry_delay interval,
  add column if not exists default_retry_backoff numeric,
  add column if not exists default_retry_ceiling interval,
  add column if not exists declared_role text,
  add column if not exists required_role text;
comment on column almanac_private.known_tasks.declared_role is
  'Role that the task''s own file says is needed to use it; null: none.';
comment on column almanac_private.known_tasks.required_role is
  'Role that an admin says is needed to use it; null: declared_role.';
create index if not exists known_tasks_with_defaults on almanac_private.known_tasks (identifier)
  where num_nonnulls(default_timeout, default_max_attempts, default_retry_delay, default_retry_backoff,
    default_retry_ceiling) > 0;
create index if not exists known_tasks_with_role on almanac_private.known_tasks (identifier)
  where coalesce(required_role, declared_role) is not null;

create table if not exists almanac.task_stops (
  id bigint generated always as identity primary key,
  task_identifier text not null,
  stopped_at timestamptz not null,
  stopped_by text not null,
  reason text,
  resumed_at timestamptz,
  resumed_by text,
  catch_up boolean not null default false,
  constraint task_stop_ends_after_it_begins check (resumed_at >= stopped_at)
);
create unique index if not exists task_stop_is_the_only_one_that_holds on almanac.task_stops (task_identifier)
  where resumed_at is null;
create index if not exists task_stops_by_task on almanac.task_stops (task_identifier, stopped_at);
alter table almanac.task_stops enable row level security;
comment on table almanac.task_stops is
  'When tasks were switched off by disable_task(), by whom and why; those without resumed_at are off now.';
comment on column almanac.task_stops.id is 'Id of the stop.';
comment on column almanac.task_stops.task_identifier is 'The task.';
comment on column almanac.task_stops.stopped_at is
  'When it was switched off: from then on none of its schedules fired.';
comment on column almanac.task_stops.stopped_by is 'User or database role that switched it off.';
comment on column almanac.task_stops.reason is 'Why, as whoever did it said.';
comment on column almanac.task_stops.resumed_at is 'When it was switched on again; null: it is off.';
comment on column almanac.task_stops.resumed_by is 'User or database role that switched it on.';
comment on column almanac.task_stops.catch_up is
  'Whether what was due meanwhile was to be treated as missed rather than stopped.';
create or replace trigger _400_check_lengths before insert or update of reason on almanac.task_stops
  for each row execute function almanac_private.tg_check_lengths('reason', '1000');
grant select on almanac.task_stops to almanac_viewer;
drop policy if exists everyone_sees_task_stops on almanac.task_stops;
create policy everyone_sees_task_stops on almanac.task_stops for select to almanac_viewer using (true);

--!include functions/workers/role_problem.sql
--!include functions/access/check_task_use.sql
--!include functions/workers/may_use_task.sql
comment on column almanac_private.known_tasks.default_retry_delay is
  'Wait before the second attempt for schedules that set none; null: 5 seconds.';
comment on column almanac_private.known_tasks.default_retry_backoff is
  'Factor by which the wait grows for schedules that set none; null: 2.';
comment on column almanac_private.known_tasks.default_retry_ceiling is
  'Longest wait between attempts for schedules that set none; null: 1 hour.';
create or replace view almanac.tasks with (security_invoker = true) as
select t.identifier, t.label, t.description, t.payload_schema, t.task_group, t.depends_on, t.default_timeout,
  t.default_max_attempts, t.is_builtin,
  almanac_private.task_is_available(t.identifier, t.is_builtin, t.last_seen_at) as available, t.last_seen_at,
  t.created_at, t.lacking_since, t.lacking_seen_at, t.schema_problems, t.default_retry_delay,
  t.default_retry_backoff, t.default_retry_ceiling, coalesce(t.required_role, t.declared_role) as required_role,
  almanac_private.may_use_task(t.identifier) as may_use,
  (select s.stopped_at from almanac.task_stops s where s.task_identifier = t.identifier and s.resumed_at is null)
    as disabled_at,
  (select s.stopped_by from almanac.task_stops s where s.task_identifier = t.identifier and s.resumed_at is null)
    as disabled_by,
  (select s.reason from almanac.task_stops s where s.task_identifier = t.identifier and s.resumed_at is null)
    as disabled_reason
from almanac_private.known_tasks t;
comment on column almanac.tasks.default_retry_delay is
  'Wait before the second attempt for schedules that set none; null: 5 seconds.';
comment on column almanac.tasks.default_retry_backoff is
  'Factor by which the wait grows for schedules that set none; null: 2.';
comment on column almanac.tasks.default_retry_ceiling is
  'Longest wait between attempts for schedules that set none; null: 1 hour.';
comment on column almanac.tasks.required_role is
  'Role that one must be a member of to use the task: what an admin says by require_role(), else what its file says; '
  'null: none.';
comment on column almanac.tasks.may_use is 'Whether whoever asks may save and trigger schedules of it.';
comment on column almanac.tasks.disabled_at is 'Since when it is switched off, by disable_task(); null: it is on.';
comment on column almanac.tasks.disabled_by is 'User or database role that switched it off; null: it is on.';
comment on column almanac.tasks.disabled_reason is 'Why it is switched off, as whoever did it said.';

do $$
begin
  if to_regtype('almanac.setting_source') is null then
    create type almanac.setting_source as enum ('schedule', 'task', 'almanac');
    create type almanac.execution as (
      max_attempts integer, max_attempts_from almanac.setting_source,
      retry_delay interval, retry_delay_from almanac.setting_source,
      retry_backoff numeric, retry_backoff_from almanac.setting_source,
      retry_ceiling interval, retry_ceiling_from almanac.setting_source,
      timeout interval, timeout_from almanac.setting_source
    );
  end if;
end
$$;
comment on type almanac.setting_source is
  'Who says how a run is attempted: its schedule, else its task by a default, else Almanac.';
comment on type almanac.execution is 'How a run is attempted, each value with where it comes from.';
comment on column almanac.execution.max_attempts is 'Attempts a run has, the first included.';
comment on column almanac.execution.max_attempts_from is 'Who says so.';
comment on column almanac.execution.retry_delay is 'Wait before the second attempt.';
comment on column almanac.execution.retry_delay_from is 'Who says so.';
comment on column almanac.execution.retry_backoff is 'Factor by which the wait grows with each attempt.';
comment on column almanac.execution.retry_backoff_from is 'Who says so.';
comment on column almanac.execution.retry_ceiling is 'Longest wait between attempts.';
comment on column almanac.execution.retry_ceiling_from is 'Who says so.';
comment on column almanac.execution.timeout is 'Longest time an attempt may take; null: no limit.';
comment on column almanac.execution.timeout_from is 'Who says so.';

--!include functions/schedules/execution_in_force.sql
--!include functions/schedules/schedules_execution.sql
--!include functions/schedules/tasks_execution.sql
--!include functions/schedules/source_in_words.sql
--!include functions/schedules/execution_note.sql
--!include functions/schedules/tg_compute_schedule.sql
--!include functions/schedules/check_schedule.sql
--!include functions/firing/record_verdicts.sql
--!include functions/runs/retry_runs.sql
--!include functions/workers/announce_tasks.sql
--!include functions/workers/tg_check_task.sql
--!include functions/workers/task_stopped_times.sql
--!include functions/workers/disable_task.sql
--!include functions/workers/enable_task.sql
--!include functions/runs/take_back_task.sql
--!include functions/firing/put_off_stopped.sql
--!include functions/firing/resolve_rule.sql
--!include functions/access/put_off_by_limit.sql
--!include functions/runs/end_unentitled.sql
--!include functions/runs/begin_runs.sql
--!include functions/workers/require_role.sql
--!include functions/workers/check_task_is_on.sql
--!include functions/schedules/schedules_blocked_because.sql
--!include functions/runs/trigger_run.sql
--!include functions/runs/retry_failed.sql
--!include functions/runs/end_lacking_runs.sql
--!include functions/runs/runs_blocked_because.sql
--!include functions/ledger/why_omitted.sql
--
-- What runs log, and how far they say they are. The new tables are empty, the new columns are null.

create table if not exists almanac.run_logs (
  run_id bigint not null,
  scheduled_for timestamptz not null,
  attempt integer not null,
  first_line integer not null,
  line_count integer not null,
  logged_at timestamptz not null,
  bytes integer not null,
  lines jsonb,
  cut_because text,
  primary key (run_id, attempt, first_line, scheduled_for),
  constraint log_says_why_it_is_cut check (
    (lines is null) = (cut_because is not null) and cut_because = any ('{bound,limit,lost}'))
) partition by range (scheduled_for);
alter table almanac.run_logs enable row level security;
comment on table almanac.run_logs is
  'What attempts of runs have logged, many lines a row; almanac.run_log() reads them one by one. No foreign key to '
  'runs: it would forbid dropping old partitions.';
comment on column almanac.run_logs.run_id is 'Run it belongs to.';
comment on column almanac.run_logs.scheduled_for is 'Nominal time of the run: the partition.';
comment on column almanac.run_logs.attempt is 'Attempt that logged it, from 1.';
comment on column almanac.run_logs.first_line is 'Number of the first line, from 1 in each attempt.';
comment on column almanac.run_logs.line_count is 'How many lines these are.';
comment on column almanac.run_logs.logged_at is 'When the first was logged, by the clock of the worker.';
comment on column almanac.run_logs.bytes is 'Size of the lines.';
comment on column almanac.run_logs.lines is '[[milliseconds after logged_at, level, text]]; null: they are not kept.';
comment on column almanac.run_logs.cut_because is
  'Why lines are not kept: bound, limit or lost, as almanac.run_log() explains; null: they are.';
grant select on almanac.run_logs to almanac_viewer;
drop policy if exists everyone_sees_logs on almanac.run_logs;
create policy everyone_sees_logs on almanac.run_logs for select to almanac_viewer using (true);
insert into almanac_private.settings (key, value) values ('log_bytes_per_hour', '1000000000') on conflict do nothing;

alter table almanac.runs add column if not exists progress_note text;
comment on column almanac.runs.progress_note is 'What the task says of its progress; null: nothing.';

alter table almanac.run_attempts add column if not exists causes jsonb;
comment on column almanac.run_attempts.causes is
  'Its error and what caused it, from the outermost on: [{"name", "message", "code", "stack": [frames]}], without the '
  'folders of the worker''s machine; null: it succeeded, or no error was thrown.';

--!include functions/runs/runs_retries.sql
--!include functions/runs/kept_causes.sql
--!include functions/runs/kept_outcome.sql
--!include functions/runs/note_progress.sql
--!include functions/runs/log_bytes_at_once.sql
--!include functions/runs/cut_log.sql
--!include functions/runs/roles_without_log.sql
--!include functions/runs/write_logs.sql
--!include functions/runs/find_run.sql
--!include functions/runs/run_log.sql
--!include functions/ledger/ensure_partitions.sql
--!include functions/ledger/purge.sql
--!include functions/access/use_note.sql
--!include functions/schedules/notify_changed.sql

select almanac_private.ensure_partitions();
--!include functions/access/change_own_settings.sql
--!include functions/access/check_admin.sql
--!include functions/access/check_at_once.sql
--!include functions/access/check_saved_views.sql
--!include functions/access/count_uses.sql
--!include functions/access/create_login_token.sql
--!include functions/access/ensure_role.sql
--!include functions/access/give_schedule.sql
--!include functions/access/refuse_change.sql
--!include functions/access/tg_check_user.sql
--!include functions/calendars/check_calendar_owner.sql
--!include functions/calendars/check_recurring_windows.sql
--!include functions/calendars/check_window_series.sql
--!include functions/calendars/excluded_times.sql
--!include functions/calendars/find_calendar.sql
--!include functions/calendars/import_exclusions.sql
--!include functions/calendars/remove_calendar_rule.sql
--!include functions/calendars/remove_exclusion.sql
--!include functions/calendars/tg_check_calendar_rule.sql
--!include functions/calendars/tg_compute_calendar.sql
--!include functions/calendars/tg_compute_calendar_entry.sql
--!include functions/calendars/update_calendar.sql
--!include functions/ledger/check_ledger.sql
--!include functions/payloads/check_payload.sql
--!include functions/payloads/check_payload_fits.sql
--!include functions/payloads/check_payload_size.sql
--!include functions/payloads/compile_schema.sql
--!include functions/payloads/read_schema.sql
--!include functions/payloads/schema_errors.sql
--!include functions/payloads/value_errors.sql
--!include functions/planning/calendar.sql
--!include functions/planning/carry_over_overrides.sql
--!include functions/planning/check_range.sql
--!include functions/planning/checked_count.sql
--!include functions/planning/closed_times.sql
--!include functions/planning/never_runs.sql
--!include functions/planning/override_occurrence.sql
--!include functions/planning/preview.sql
--!include functions/planning/restore_occurrence.sql
--!include functions/planning/rule_for_move.sql
--!include functions/planning/undo_override.sql
--!include functions/recurrence/check_timezone.sql
--!include functions/recurrence/moved_cron.sql
--!include functions/recurrence/occurrences.sql
--!include functions/recurrence/parse_cron.sql
--!include functions/recurrence/parse_cron_item.sql
--!include functions/recurrence/refresh_timezones.sql
--!include functions/recurrence/suggested_cron.sql
--!include functions/runs/cancel_queued.sql
--!include functions/runs/failed_runs.sql
--!include functions/runs/last_outcomes.sql
--!include functions/runs/read_run_filter.sql
--!include functions/runs/retry_run.sql
--!include functions/schedules/check_definition_size.sql
--!include functions/schedules/check_given.sql
--!include functions/schedules/check_id.sql
--!include functions/schedules/check_name.sql
--!include functions/schedules/check_tags.sql
--!include functions/schedules/check_text.sql
--!include functions/schedules/check_unchanged.sql
--!include functions/schedules/find_schedule.sql
--!include functions/schedules/move_series.sql
--!include functions/schedules/pause.sql
--!include functions/schedules/perhaps.sql
--!include functions/schedules/prepare_schedule.sql
--!include functions/schedules/read_definition.sql
--!include functions/schedules/restore.sql
--!include functions/schedules/split_schedule.sql
--!include functions/schedules/tg_check_lengths.sql
--!include functions/schedules/tg_check_sizes.sql
--!include functions/schedules/tg_set_identity.sql
--!include functions/schedules/type_hint.sql
--!include functions/schedules/undo_split.sql
--!include functions/schedules/update_schedule.sql
--!include functions/schedules/upsert_schedule.sql
--!include functions/workers/check_task_is_known.sql
--!include functions/workers/register_task.sql
--!include functions/runs/with_free_jobs.sql
--!include functions/workers/reap_workers.sql
--!include functions/schedules/advice.sql
-- A changed rule keeps what was moved and skipped, and says beforehand what it cannot keep.
--!include functions/planning/warn_lost_overrides.sql
--!include functions/planning/carried_overrides.sql
--!include functions/planning/keep_overrides.sql
--!include functions/planning/overrides_for_change.sql
--!include functions/planning/preview_change.sql

-- Of several deleted schedules of a name, any can be restored.
--!include functions/schedules/restore_schedule.sql
