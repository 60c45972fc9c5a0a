-- What calendars exclude is kept once it was read: a look-up of 10,000 ranges, or of a chain of windows through a year,
-- took others' firing seconds. The index of ranges and dates begins with the calendar: another one's are not read.
-- A large calendar_entries is locked while its two indexes are built, some seconds for a million rows.

create table if not exists almanac_private.calendar_versions (
  calendar_id bigint primary key references almanac.exclusion_calendars (id) on delete cascade,
  version bigint not null
);
alter table almanac_private.calendar_versions enable row level security;
drop policy if exists everyone_sees_calendar_versions on almanac_private.calendar_versions;
create policy everyone_sees_calendar_versions on almanac_private.calendar_versions for select to almanac_viewer
  using (true);
grant select on almanac_private.calendar_versions to almanac_viewer;
comment on table almanac_private.calendar_versions is
  'How often the entries of a calendar have changed: what was kept of an earlier version no longer holds.';

create table if not exists almanac_private.known_exclusions (
  id bigint primary key generated always as identity,
  key text not null,
  calendar_ids bigint[] not null,
  known_from timestamptz not null,
  known_until timestamptz not null,
  excluded tstzmultirange not null,
  kept_at timestamptz not null default now()
);
create index if not exists known_exclusions_by_key on almanac_private.known_exclusions (key, known_until);
alter table almanac_private.known_exclusions enable row level security;
drop policy if exists everyone_sees_known_exclusions on almanac_private.known_exclusions;
create policy everyone_sees_known_exclusions on almanac_private.known_exclusions for select to almanac_viewer
  using (true);
grant select on almanac_private.known_exclusions to almanac_viewer;
comment on table almanac_private.known_exclusions is
  'What calendars exclude from known_from to known_until for schedules of a time zone, as exclusions() found it: key '
  'is of the calendars, their versions and the zone. All of it can be found again.';

drop index if exists almanac.calendar_entries_by_dates;
create index if not exists calendar_entries_by_calendar_and_dates on almanac.calendar_entries
  using gist (calendar_id, daterange(starts_on, coalesce(ends_on, starts_on), '[]')) where starts_on is not null;
drop index if exists almanac.calendar_entries_by_range;
create index if not exists calendar_entries_by_calendar_and_range on almanac.calendar_entries
  using gist (calendar_id, tstzrange(starts_at, ends_at)) where starts_at is not null;

drop function if exists almanac_private.exclusions(text[], text, timestamptz, timestamptz);
drop function if exists almanac_private.planned_occurrences(
  almanac.schedules, timestamptz, timestamptz, bigint, boolean, timestamptz);
drop function if exists almanac_private.carry_over_occurrence(almanac.schedules, timestamptz, text);

--!include functions/planning/most_windows.sql
--!include functions/calendars/forget_exclusions.sql
--!include functions/calendars/kept_exclusions.sql
--!include functions/calendars/keep_exclusions.sql
--!include functions/calendars/exclusion_windows.sql
--!include functions/calendars/exclusions.sql
--!include functions/calendars/tg_replan_calendar.sql
--!include functions/planning/planned_occurrences.sql
--!include functions/planning/next_due.sql
--!include functions/planning/coming_occurrences.sql
--!include functions/planning/carry_over_occurrence.sql
--!include functions/planning/recompute.sql
--!include functions/planning/never_runs.sql
--!include functions/firing/excluded_range.sql
--!include functions/firing/decide.sql
--!include functions/firing/resolve_rule.sql
--!include functions/firing/verdicts.sql
-- The next migration, in the making.
drop function if exists almanac_private.within_limits(bigint[], timestamptz);
--!include functions/firing/within_limits.sql
--!include functions/firing/fire_due.sql
--!include functions/firing/rearm.sql
--!include functions/firing/record_verdicts.sql
drop function if exists almanac.pause(text, text);
drop function if exists almanac.resume(text, boolean);
drop function if exists almanac.split_schedule(text, timestamptz, timestamptz, text);
--!include functions/schedules/check_unchanged.sql
--!include functions/schedules/update_schedule.sql
--!include functions/schedules/pause.sql
--!include functions/schedules/resume.sql
--!include functions/planning/override_occurrence.sql
--!include functions/planning/undo_override.sql
--!include functions/planning/overrides_after.sql
--!include functions/planning/overrides_for_move.sql
--!include functions/planning/carry_over_overrides.sql
--!include functions/schedules/move_series.sql
--!include functions/schedules/undo_split.sql
drop function if exists almanac_private.check_name(text);
drop function if exists almanac_private.refuse_size(text, integer, integer);
drop function if exists almanac_private.check_name_is_free(text, bigint);
drop function if exists almanac.restore(text);
alter table almanac_private.uses add column if not exists backend integer;
update almanac_private.uses set backend = -id where backend is null;
alter table almanac_private.uses alter column backend set default pg_backend_pid(), alter column backend set not null;
alter table almanac_private.uses set (fillfactor = 50);
create unique index if not exists uses_by_backend on almanac_private.uses (who, kind, used_at, backend);
drop index if exists almanac_private.uses_by_user;
comment on table almanac_private.uses is
  'What operators wrote and triggered within the last hour, for the limits of users. A row for each minute and backend, '
  'so that no one waits for whoever counts.';
create table if not exists almanac_private.role_names (
  role_key text primary key,
  role_name name not null
);
alter table almanac_private.role_names enable row level security;
comment on table almanac_private.role_names is
  'What each role was called when it was last seen, by which renamed ones are found.';
comment on column almanac_private.role_names.role_key is 'The role, whatever it is called: see role_key().';
--!include functions/access/follow_renames.sql
--!include functions/access/open_sql_login.sql
--!include functions/access/bind_roles.sql
--!include functions/workers/heartbeat.sql
--!include functions/access/count_uses.sql
--!include functions/schedules/without_direction.sql
--!include functions/schedules/check_text.sql
--!include functions/schedules/check_visible.sql
--!include functions/schedules/check_name.sql
--!include functions/schedules/check_tags.sql
--!include functions/schedules/tg_check_lengths.sql
--!include functions/schedules/tg_check_sizes.sql
--!include functions/access/check_saved_views.sql
--!include functions/access/tg_check_user.sql
--!include functions/calendars/tg_compute_calendar.sql
--!include functions/calendars/import_exclusions.sql
--!include functions/workers/announce_tasks.sql
--!include functions/workers/check_task_is_known.sql
--!include functions/payloads/compile_schema.sql
--!include functions/payloads/value_errors.sql
--!include functions/payloads/schema_parts.sql
--!include functions/payloads/schema_errors.sql
--!include functions/payloads/task_errors.sql
--!include functions/payloads/check_payload_size.sql
--!include functions/payloads/check_payload.sql
--!include functions/payloads/payload_errors.sql
--!include functions/schedules/check_definition_size.sql
--!include functions/schedules/definition_columns.sql
--!include functions/schedules/unsaved_schedule.sql
--!include functions/schedules/read_definition.sql
--!include functions/schedules/upsert_schedule.sql
--!include functions/schedules/check_definition.sql
--!include functions/schedules/tg_compute_schedule.sql
--!include functions/schedules/next_free_name.sql
--!include functions/schedules/check_name_is_free.sql
--!include functions/schedules/restore.sql
--!include functions/schedules/split_schedule.sql
--!include functions/schedules/check_id.sql
--!include functions/calendars/check_calendar_name_is_free.sql
--!include functions/calendars/create_calendar.sql
--!include functions/calendars/update_calendar.sql
--!include functions/calendars/tg_check_calendar_rule.sql
--!include functions/calendars/tg_compute_calendar_entry.sql

create table if not exists almanac_private.outdated_checks (
  schedule_id bigint not null,
  task_identifier text not null,
  changed_at timestamptz not null,
  problem text,
  constraint outdated_checks_pkey primary key (schedule_id),
  constraint outdated_check_task_is_short check (length(task_identifier) <= 128),
  constraint outdated_check_problem_is_short check (length(problem) <= 20000)
);
alter table almanac_private.outdated_checks enable row level security;
comment on table almanac_private.outdated_checks is
  'Schedules whose payload was last checked by an earlier schema of their task: the next run that begins checks it. '
  'Nearly always empty.';
comment on column almanac_private.outdated_checks.schedule_id is 'The schedule.';
comment on column almanac_private.outdated_checks.task_identifier is 'Its task.';
comment on column almanac_private.outdated_checks.changed_at is 'When the schema of the task changed.';
comment on column almanac_private.outdated_checks.problem is
  'Why its payload does not fit the new schema; null: that was not looked at yet.';

alter table almanac.runs add column if not exists request_reason text;
comment on column almanac.runs.request_reason is 'Why someone had it repeated, as they said; null: they said nothing.';

do $$
begin
  if to_regtype('almanac_private.run_filter') is null then
    create type almanac_private.run_filter as (
      ids bigint[], schedule text, schedule_id bigint, task text, tag text, run_as text, worker_id bigint,
      trigger almanac.run_trigger, status almanac.run_status[], since timestamptz, until timestamptz, search text,
      without_frequent boolean
    );
  end if;
end
$$;
comment on type almanac_private.run_filter is
  'Which runs cancel_runs() and retry_failed() are asked for: those that fit all that is not null.';

--!include functions/payloads/payload_problem.sql
--!include functions/payloads/note_payload_check.sql
--!include functions/payloads/tg_note_schema.sql
--!include functions/runs/end_misfits.sql
--!include functions/runs/begin_runs.sql
--!include functions/schedules/tg_arm_schedules.sql
--!include functions/runs/find_run.sql
--!include functions/runs/said_by.sql
--!include functions/runs/may_change_run.sql
--!include functions/runs/cancel_locked_runs.sql
--!include functions/runs/cancel_live_runs.sql
--!include functions/runs/cancel_unbegun.sql
--!include functions/runs/cancel_run.sql
--!include functions/runs/read_run_filter.sql
--!include functions/runs/fits_run_filter.sql
--!include functions/runs/unfinished_runs.sql
--!include functions/runs/count_runs_to_cancel.sql
--!include functions/runs/cancel_runs.sql
--!include functions/runs/trigger_run.sql
--!include functions/runs/trigger_now.sql
--!include functions/runs/retry_problem.sql
--!include functions/runs/retry_run.sql
--!include functions/runs/failed_runs.sql
--!include functions/runs/count_runs_to_retry.sql
--!include functions/runs/retry_failed.sql
--!include functions/runs/runs_may_cancel.sql
--!include functions/runs/runs_may_retry.sql
--!include functions/runs/runs_retries.sql
--!include functions/ledger/why_run.sql

drop trigger if exists _700_note_schema on almanac_private.known_tasks;
create trigger _700_note_schema after update of payload_schema on almanac_private.known_tasks
  for each row when (new.payload_schema is distinct from old.payload_schema)
  execute function almanac_private.tg_note_schema();

select set_config('almanac.system', 'on', true);
insert into almanac_private.known_tasks (identifier, label, description, payload_schema, is_builtin) values
  ('almanac:http', 'HTTP request', 'Sends a request to a URL and keeps the answer as the result.',
   '{"type": "object", "required": ["url"], "properties": {'
   '"url": {"type": "string", "title": "URL", "pattern": "^(https?://|\\{\\{)", "maxLength": 2000}, '
   '"method": {"enum": ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"], "title": "Method", '
   '"description": "POST where there is a body, else GET."}, '
   '"headers": {"type": "object", "title": "Headers", "maxProperties": 50, '
   '"propertyNames": {"pattern": "^[A-Za-z0-9!#$%&''*+.^_`|~-]+$", "maxLength": 100}, '
   '"additionalProperties": {"type": "string", "maxLength": 8000}}, '
   '"body": {"title": "Body", "description": "Text is sent as it is; anything else as JSON."}, '
   '"sign_with": {"type": "string", "title": "Sign with", "pattern": "^[A-Z][A-Z0-9_]*$", "maxLength": 100, '
   '"description": "Name of the secret that signs the body."}, '
   '"expect_status": {"type": "array", "title": "Expected status", "minItems": 1, "maxItems": 20, '
   '"items": {"type": "integer", "minimum": 100, "maximum": 599}, "description": "Default: 200 to 299."}, '
   '"max_redirects": {"type": "integer", "title": "Redirects followed", "minimum": 0, "maximum": 5, "default": 0}, '
   '"timeout_seconds": {"type": "number", "title": "Timeout in seconds", "exclusiveMinimum": 0, "maximum": 3600, '
   '"default": 30}}, "additionalProperties": false, '
   '"examples": [{"url": "https://hooks.example.com/nightly", "method": "POST", "body": {"run": "{{run.id}}"}, '
   '"headers": {"authorization": "Bearer {{secret:HOOK_TOKEN}}"}}]}', true)
on conflict (identifier) do update
set label = excluded.label, description = excluded.description, payload_schema = excluded.payload_schema, is_builtin = true;
select set_config('almanac.system', '', true);

-- Filters of the calendar: by creator, and by a text in the name.
drop function if exists almanac.busy_hours(text, integer, boolean);
drop function if exists almanac.calendar(
  timestamptz, timestamptz, text, interval, integer, text[], text[], text, integer, boolean, bigint[]);
--!include functions/planning/calendar.sql
--!include functions/planning/busy_hours.sql
drop function if exists almanac_private.within_limits(bigint[], timestamptz);
drop function if exists almanac.pause(text, text);
drop function if exists almanac.resume(text, boolean);
drop function if exists almanac.split_schedule(text, timestamptz, timestamptz, text);
--!include functions/planning/preview.sql
--!include functions/calendars/exclusion_end.sql
--!include functions/recurrence/clock_change_warnings.sql

-- Users choose the second zone next to the hours of the calendar.
alter table almanac.users add column if not exists second_timezone text;
comment on column almanac.users.second_timezone is
  'Zone of the second column of hours in the client; "none": there is none; null: UTC.';
grant insert (second_timezone) on almanac.users to almanac_admin;
--!include functions/access/change_own_settings.sql
comment on column almanac.schedules.exclusion_policy is
  'What happens to an occurrence that one of the calendars excludes.';
comment on column almanac.users.saved_views is
  'Views of the calendar that are kept, as [{"name": …, "address": …}]; null: none.';
comment on column almanac_private.live_runs.counts_toward_overlap is
  'Whether it is in the way of others, by the overlap policy: those of the rule, and manual ones that were asked to '
  'respect it; not one that has ended and could not be recorded yet.';
comment on type almanac.exclusion_policy is
  'What happens to an occurrence that a calendar excludes. skip: it does not run; move: it is due when the exclusion '
  'ends, the latest one if there are several.';
comment on type almanac_private.planned_occurrence is
  'What happens to one nominal time. outcome: run (due at due_at), moved (its override says when), skipped (its '
  'override says so), excluded (by a calendar), merged (excluded, and a later occurrence runs in its place when the '
  'exclusion ends).';
comment on type almanac_private.verdict is
  'What happens to a due occurrence: a run (status, and reason; job_at: when its job is to run, null: at once; cancels: '
  'whatever is running is cancelled for it), or the last place of a gap (gap says why; first, count; follows: the '
  'occurrence before, if its gap may be lengthened). override: done, the override that moved it has its outcome; passed, '
  'the rule is past the time that it names. The columns from trigger on are of runs that no rule names.';

drop function if exists almanac.last_outcomes(bigint[], integer);
--!include functions/runs/last_outcomes.sql

--!include functions/runs/runs_without_room.sql
--!include functions/runs/holders_of_slots.sql
--!include functions/runs/runs_blocked_because.sql
