-- The next migration, in the making.
-- Slots and connections of workers are shared between roles: what has no room stays queued.
drop function if exists almanac_private.begin_runs(bigint, bigint[], timestamptz[], bigint[], timestamptz);
drop function if exists almanac_private.postpone_runs(timestamptz, bigint[], bigint[], timestamptz);
--!include functions/runs/postpone_runs.sql
--!include functions/runs/room_of.sql
--!include functions/runs/runs_without_room.sql
--!include functions/runs/begin_runs.sql
--!include functions/runs/waits_for_slot.sql
--!include functions/runs/runs_blocked_because.sql
--!include functions/workers/scheduled_roles.sql
-- Gone, or with other parameters.
drop function if exists almanac_private.fire_in_order(bigint[], timestamptz, timestamptz);
drop function if exists almanac_private.resolve_schedule(
  almanac.schedules, timestamptz, integer, almanac.omission_reason);
drop function if exists almanac_private.resolve_long_exclusion(almanac.schedules, timestamptz, almanac.omission_reason);
drop function if exists almanac_private.write_resolved(almanac.schedules);
drop function if exists almanac_private.lock_what_is_cancelled(bigint[]);
drop function if exists almanac_private.insert_skipped(almanac.schedules, timestamptz, text, timestamptz);
drop function if exists almanac_private.due_after(almanac.schedules, timestamptz);
drop function if exists almanac_private.next_due(almanac.schedules);
drop function if exists almanac_private.overlap(bigint, almanac.overlap_policy, integer);
drop function if exists almanac_private.hold_occurrence(almanac.schedules, timestamptz, text);
drop function if exists almanac_private.insert_run(
  almanac.schedules, timestamptz, timestamptz, almanac.run_trigger, jsonb, text, timestamptz, integer, boolean,
  boolean);

-- What becomes of one due occurrence, or of a range of them, as verdicts() decides and record_verdicts() writes it.
do $$
begin
  if to_regtype('almanac_private.verdict') is null then
    create type almanac_private.verdict as (
      schedule_id bigint, scheduled_for timestamptz, due_at timestamptz, status almanac.run_status, reason text,
      job_at timestamptz, cancels boolean, gap almanac.omission_reason, first timestamptz, count bigint,
      follows timestamptz, override text, trigger almanac.run_trigger, payload jsonb, run_as text, requested_by text,
      counts_toward_overlap boolean
    );
    create type almanac_private.course as (
      schedule_id bigint, cursor_at timestamptz, next_scheduled_for timestamptz, next_run_at timestamptz,
      has_overrides boolean, last_run_at timestamptz, fired integer
    );
  end if;
end
$$;
comment on type almanac_private.verdict is
  'What becomes of a due occurrence: a run (status, and reason; job_at: when its job is to run, null: at once; cancels: '
  'what runs go on are cancelled for it), or the last place of a gap (gap says why; first, count; follows: the '
  'occurrence before, if its gap may be lengthened). override: done, the override that moved it has its outcome; '
  'passed, the rule is past the time that it names. The columns from trigger on are of runs that no rule names.';
comment on type almanac_private.course is
  'What the columns of a schedule that the engine writes become once its verdicts are recorded; fired: how many of '
  'them count as runs.';

--!include functions/firing/catchup_backlog.sql
--!include functions/firing/course_between.sql
--!include functions/firing/decide.sql
--!include functions/firing/excluded_range.sql
--!include functions/firing/fires_again_at.sql
--!include functions/firing/fire_due.sql
--!include functions/firing/live_counts.sql
--!include functions/firing/lock_cancellable.sql
--!include functions/firing/rule_range.sql
--!include functions/firing/most_steps.sql
--!include functions/firing/on_course.sql
--!include functions/firing/record_verdicts.sql
--!include functions/firing/resolve_rule.sql
--!include functions/firing/skip_reason.sql
--!include functions/firing/verdicts.sql
--!include functions/firing/write_courses.sql
--!include functions/planning/next_due.sql
--!include functions/planning/plain_due.sql
--!include functions/planning/planned_occurrences.sql
--!include functions/planning/carry_over_occurrence.sql
--!include functions/planning/replan.sql
--!include functions/recurrence/search_cron.sql
--!include functions/runs/insert_run.sql
--!include functions/workers/lock_holders.sql

-- Workers vouch for the runs that they have: what was due while none did is not overlapped by them.
create table if not exists almanac_private.vouchers (
  worker_id bigint not null,
  beaten_at timestamptz not null,
  vouched_until timestamptz,
  stopped tstzrange,
  constraint vouchers_pkey primary key (worker_id),
  constraint voucher_worker foreign key (worker_id) references almanac.workers on delete cascade
);
alter table almanac_private.vouchers enable row level security;
comment on table almanac_private.vouchers is 'Until when each worker is known to have had the runs that it has.';
comment on column almanac_private.vouchers.worker_id is 'The worker.';
comment on column almanac_private.vouchers.beaten_at is 'When its last heartbeat with its runs came.';
comment on column almanac_private.vouchers.vouched_until is
  'When the one before came: the last was sent after that, and may have been held up on its way. Null: there was none.';
comment on column almanac_private.vouchers.stopped is
  'When its process last stood still, so that no run could end. Null: never, as far as it knows.';
drop function if exists almanac_private.heartbeat(bigint, text[], boolean, bigint[], jsonb, jsonb);
drop function if exists almanac_private.busy_times(almanac.schedules, timestamptz);
--!include functions/workers/stopped_during.sql
--!include functions/firing/busy_times.sql
-- Limits of users on all that they write, an hour and at once.
insert into almanac_private.settings (key, value) values
  ('calendars_per_hour', '100'), ('exclusions_per_hour', '25000'), ('overrides_per_hour', '2000'),
  ('changes_per_hour', '100000'), ('written_bytes_per_hour', '300000000'),
  ('schedules_at_once', '50000'), ('calendars_at_once', '1000'), ('exclusions_at_once', '25000'),
  ('overrides_at_once', '2000')
on conflict (key) do nothing;
create index if not exists schedules_by_role on almanac.schedules (run_as_key)
  where owner_user is null and deleted_at is null;
comment on table almanac_private.uses is
  'What operators wrote and triggered within the last hour, a row a statement, for the limits of users.';
comment on column almanac_private.uses.kind is 'What was done: <kind>_per_hour of almanac_private.settings limits it.';
drop function if exists almanac.limits();
--!include functions/access/is_counted.sql
--!include functions/access/use_note.sql
--!include functions/access/count_uses.sql
--!include functions/access/check_at_once.sql
--!include functions/access/schedules_of.sql
--!include functions/access/calendars_of.sql
--!include functions/access/tg_count_written.sql
--!include functions/access/put_off_by_limit.sql
--!include functions/access/limit_met.sql
--!include functions/access/limits.sql
--!include functions/planning/override_occurrence.sql
drop trigger if exists _700_count_created on almanac.schedules;
drop function if exists almanac_private.tg_count_created();
create or replace trigger _700_count_inserted after insert on almanac.schedules
  referencing new table as new_rows for each statement
  execute function almanac_private.tg_count_written('schedules');
create or replace trigger _700_count_updated after update on almanac.schedules
  referencing old table as old_rows new table as new_rows for each statement
  when (current_setting('almanac.engine', true) is distinct from 'on'
    or not has_schema_privilege('almanac_private', 'create'))
  execute function almanac_private.tg_count_written();
create or replace trigger _700_count_inserted after insert on almanac.exclusion_calendars
  referencing new table as new_rows for each statement
  execute function almanac_private.tg_count_written('calendars');
create or replace trigger _700_count_updated after update on almanac.exclusion_calendars
  referencing new table as new_rows for each statement execute function almanac_private.tg_count_written();
create or replace trigger _700_count_inserted after insert on almanac.calendar_entries
  referencing new table as new_rows for each statement
  execute function almanac_private.tg_count_written('exclusions');
create or replace trigger _700_count_updated after update on almanac.calendar_entries
  referencing new table as new_rows for each statement execute function almanac_private.tg_count_written();
create or replace trigger _700_count_inserted after insert on almanac.calendar_rules
  referencing new table as new_rows for each statement
  execute function almanac_private.tg_count_written('exclusions');
create or replace trigger _700_count_updated after update on almanac.calendar_rules
  referencing new table as new_rows for each statement execute function almanac_private.tg_count_written();

-- The text of a series has one limit, as the client's reader of .ics files has.
--!include functions/calendars/tg_check_calendar_rule.sql
--!include functions/calendars/import_exclusions.sql
create or replace trigger _400_check_lengths before insert or update of label, source on almanac.calendar_rules
  for each row execute function almanac_private.tg_check_lengths('label', '2000', 'source', '1000');
--!include functions/planning/upcoming.sql
--!include functions/schedules/notify_changed.sql
--!include functions/access/scram_verifier.sql
--!include functions/workers/worker_lease.sql
--!include functions/workers/has_running_worker.sql
--!include functions/workers/task_is_available.sql
--!include functions/workers/runs_not_begun.sql
--!include functions/workers/runs_paced.sql
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

-- Skipping one of many occurrences does not plan all again.
--!include functions/firing/resolve_before_change.sql

-- A run that is triggered fits what its role may still store.
drop function if exists almanac_private.check_limits(text);
--!include functions/runs/trigger_now.sql
--!include functions/access/check_limits.sql
--!include functions/access/check_task_use.sql
--!include functions/access/refuse_change.sql
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

--!include functions/calendars/exclusion_end.sql
--!include functions/calendars/tg_check_calendar_owner.sql
--!include functions/calendars/tg_resolve_calendar.sql
--!include functions/firing/arm_delay.sql
--!include functions/firing/overlap_reason.sql
--!include functions/firing/overlap_status.sql
--!include functions/firing/reconcile.sql
--!include functions/planning/calendar_item.sql
--!include functions/planning/schedules_ahead.sql
--!include functions/recurrence/interval_occurrence.sql
--!include functions/recurrence/lost_timezone.sql
--!include functions/runs/cancel_deleted.sql
--!include functions/runs/cancel_other_tasks.sql
--!include functions/runs/finish_runs.sql
--!include functions/schedules/tg_arm_schedules.sql
--!include functions/schedules/tg_compute_schedule.sql
--!include functions/schedules/update_schedule.sql
--!include functions/workers/adopt.sql
--!include functions/workers/leave_line.sql
--!include functions/planning/coming_occurrences.sql
