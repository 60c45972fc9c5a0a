-- The next migration, in the making.
--!include functions/ledger/why_run.sql
--!include functions/ledger/why_at.sql
--!include functions/ledger/why.sql
--!include functions/ledger/schedules_why.sql
--!include functions/ledger/runs_why.sql
--!include functions/planning/never_runs.sql
--!include functions/workers/slots_in_use.sql

-- How the client looks to a user is kept with the user. The columns have no default, so that no row is rewritten.
alter table almanac.users add column if not exists clock_hours smallint;
alter table almanac.users add column if not exists week_starts_on smallint;
alter table almanac.users add column if not exists saved_views jsonb;
comment on column almanac.users.clock_hours is 'Whether clocks of the client have 12 or 24 hours; null: 24.';
comment on column almanac.users.week_starts_on is 'First day of weeks in the client, 1 (Monday) to 7; null: Monday.';
comment on column almanac.users.saved_views is
  'Views of the calendar to come back to, as [{"name": …, "address": …}]; null: none.';
grant insert (clock_hours, week_starts_on, saved_views) on almanac.users to almanac_admin;
--!include functions/access/check_saved_views.sql
--!include functions/access/tg_check_user.sql
--!include functions/access/change_own_settings.sql
do $$
begin
  if to_regtype('almanac_private.payload_error') is null then
    create type almanac_private.payload_error as (path text, found jsonb, wanted text);
  end if;
end
$$;
comment on type almanac_private.payload_error is
  'A place of a payload, by JSON Pointer, that its schema refuses: what is there (null: nothing), and what is wanted.';
alter table almanac_private.known_tasks
  add column if not exists checked_schema jsonb,
  add column if not exists schema_problems text[] not null default '{}';
comment on column almanac_private.known_tasks.checked_schema is
  'What is checked of payload_schema, as almanac_private.compile_schema makes it.';
comment on column almanac_private.known_tasks.schema_problems is 'What of payload_schema is not checked, and why.';
create or replace view almanac.tasks with (security_invoker = true) as
select t.identifier, t.label, t.description, t.payload_schema, t.task_group, t.depends_on, t.default_timeout,
  t.default_max_attempts, t.is_builtin,
  almanac_private.task_is_available(t.identifier, t.is_builtin, t.last_seen_at) as available, t.last_seen_at,
  t.created_at, t.lacking_since, t.lacking_seen_at, t.schema_problems
from almanac_private.known_tasks t;
comment on column almanac.tasks.payload_schema is
  'JSON Schema (draft 2020-12) that payloads are checked by when they are written; null: any object.';
comment on column almanac.tasks.schema_problems is
  'What of payload_schema is not checked, each with its place: what it refuses passes. docs/payloads.md';
--!include functions/payloads/regex_of.sql
--!include functions/payloads/pointer_step.sql
--!include functions/payloads/pointer_steps.sql
--!include functions/payloads/compile_schema.sql
--!include functions/payloads/read_schema.sql
--!include functions/payloads/is_ipv6.sql
--!include functions/payloads/is_of_format.sql
--!include functions/payloads/value_errors.sql
--!include functions/payloads/schema_parts.sql
--!include functions/payloads/schema_errors.sql
--!include functions/payloads/error_text.sql
--!include functions/payloads/task_errors.sql
--!include functions/payloads/payload_errors.sql
--!include functions/payloads/tg_read_schema.sql
drop function if exists almanac_private.check_payload(jsonb);
--!include functions/payloads/check_payload_fits.sql
--!include functions/payloads/check_payload.sql
--!include functions/schedules/tg_check_sizes.sql
drop function if exists almanac_private.check_task_use(text, jsonb, boolean);
--!include functions/access/check_task_use.sql
--!include functions/runs/trigger_now.sql
--!include functions/planning/preview.sql
--!include functions/planning/preview_change.sql
--!include functions/workers/register_task.sql
drop function if exists almanac_private.announce_tasks(jsonb, text[]);
--!include functions/workers/announce_tasks.sql
create or replace trigger _600_read_schema before insert or update of payload_schema on almanac_private.known_tasks
  for each row execute function almanac_private.tg_read_schema();
create or replace trigger _400_check_sizes
  before insert or update of task_identifier, payload, description, pause_reason, cron_expression, calendars
  on almanac.schedules
  for each row execute function almanac_private.tg_check_sizes();
select set_config('almanac.system', 'on', true);
update almanac_private.known_tasks set payload_schema = '{"type": "object", "required": ["statement"], "properties":
  {"statement": {"type": "string", "title": "Statement", "pattern": "\\S", "contentMediaType": "application/sql"}},
  "additionalProperties": false, "examples": [{"statement": "refresh materialized view sales"}]}' where identifier = 'almanac:sql';
select set_config('almanac.system', '', true);
-- The compiled rule of a schedule, until now eight columns, is one of the type that exclusion calendars keep theirs in.
-- Every schedule is written once; a table of thousands takes a second.
do $$
begin
  if exists (select from pg_attribute a where a.attrelid = 'almanac_private.compiled_cron'::regclass
    and a.attname = 'rule_seconds') then
    alter type almanac_private.compiled_cron rename attribute rule_seconds to seconds;
    alter type almanac_private.compiled_cron rename attribute rule_minutes to minutes;
    alter type almanac_private.compiled_cron rename attribute rule_hours to hours;
    alter type almanac_private.compiled_cron rename attribute rule_first_time to first_time;
    alter type almanac_private.compiled_cron rename attribute rule_weekdays to weekdays;
    alter type almanac_private.compiled_cron rename attribute rule_months to months;
    alter type almanac_private.compiled_cron rename attribute rule_days to days;
    alter type almanac_private.compiled_cron rename attribute rule_running to running;
  end if;
end
$$;
alter table almanac.schedules add column if not exists rule almanac_private.compiled_cron;
comment on column almanac.schedules.rule is 'Compiled cron text; null for other kinds. Computed.';
grant insert (rule), update (rule) on almanac.schedules to almanac_operator;

--!include functions/recurrence/compiled_cron.sql
--!include functions/recurrence/compile_parsed_cron.sql
--!include functions/recurrence/search_cron.sql
--!include functions/recurrence/next_cron_at_transition.sql
--!include functions/recurrence/next_cron.sql
--!include functions/recurrence/cron_between.sql
--!include functions/recurrence/next_occurrence.sql
--!include functions/recurrence/next_run_at.sql
--!include functions/recurrence/occurrences.sql
--!include functions/recurrence/occurrences_between.sql
--!include functions/recurrence/clock_change_warnings.sql
--!include functions/recurrence/check_cron.sql
--!include functions/calendars/exclusion_end.sql
--!include functions/calendars/exclusion_windows.sql
--!include functions/calendars/check_window_series.sql
--!include functions/calendars/tg_compute_calendar_entry.sql
drop function if exists almanac.calendar(
  timestamptz, timestamptz, text, interval, integer, text[], text[], text, integer, boolean
);
--!include functions/planning/calendar_item.sql
--!include functions/planning/calendar.sql
--!include functions/planning/listed_occurrences.sql
--!include functions/schedules/prepare_schedule.sql
--!include functions/schedules/rule_of.sql
--!include functions/schedules/tg_set_identity.sql

do $$
begin
  if exists (select from pg_attribute a where a.attrelid = 'almanac.schedules'::regclass and a.attname = 'rule_seconds') then
    set local almanac.engine to 'on';
    update almanac.schedules s set rule = row(s.rule_seconds, s.rule_minutes, s.rule_hours, s.rule_first_time,
      s.rule_weekdays, s.rule_months, s.rule_days, s.rule_running)
    where s.rule_months is not null;
    set local almanac.engine to 'off';
    update almanac_private.rule_versions v set rule = v.rule
      - array['rule_seconds', 'rule_minutes', 'rule_hours', 'rule_first_time', 'rule_weekdays', 'rule_months',
        'rule_days', 'rule_running']
      || jsonb_build_object('rule', jsonb_strip_nulls(jsonb_build_object(
        'seconds', v.rule -> 'rule_seconds', 'minutes', v.rule -> 'rule_minutes', 'hours', v.rule -> 'rule_hours',
        'first_time', v.rule -> 'rule_first_time', 'weekdays', v.rule -> 'rule_weekdays',
        'months', v.rule -> 'rule_months', 'days', v.rule -> 'rule_days', 'running', v.rule -> 'rule_running')))
    where v.rule ? 'rule_months';
    alter table almanac.schedules
      drop column rule_seconds, drop column rule_minutes, drop column rule_hours, drop column rule_first_time,
      drop column rule_weekdays, drop column rule_months, drop column rule_days, drop column rule_running;
  end if;
end
$$;
drop function if exists almanac_private.cron_between(
  bigint, bigint, integer, integer, integer, integer, bit varying, boolean, text, timestamptz, timestamptz, bigint);
drop function if exists almanac_private.next_cron(
  bigint, bigint, integer, integer, integer, integer, bit varying, boolean, text, timestamptz);
drop function if exists almanac_private.search_cron(
  bigint, bigint, integer, integer, integer, integer, bit varying, boolean, text, timestamptz);
drop function if exists almanac_private.next_cron_at_transition(
  bigint, bigint, integer, integer, integer, integer, bit varying, boolean, text, bigint);
-- The next schedule of each role that schedules run as, for scheduled_roles().
create index if not exists schedules_by_scheduled_role on almanac.schedules (run_as, next_run_at)
  where next_run_at is not null and not is_system;

--!include functions/workers/scheduled_roles.sql

-- What has ended, by a worker's heartbeats, and is not recorded yet.
alter table almanac_private.vouchers add column if not exists ended jsonb;
comment on column almanac_private.vouchers.ended is
  'Of its runs, those that had ended for good by then, and when, though that was not recorded yet: {run: time}.';

--!include functions/runs/apply_counters.sql
--!include functions/firing/busy_times.sql
--!include functions/firing/decide.sql
--!include functions/firing/fire_due.sql
--!include functions/workers/heartbeat.sql
--!include functions/runs/take_back_runs.sql

-- How many runs each role has unfinished, and whether some are behind others'.
alter table almanac_private.live_runs add column if not exists run_as text not null default '';
alter table almanac_private.live_runs add column if not exists is_behind boolean not null default false;
create index if not exists live_runs_by_role on almanac_private.live_runs (run_as, is_behind);
comment on column almanac_private.live_runs.run_as is 'The role that it runs as.';
comment on column almanac_private.live_runs.is_behind is
  'Whether its job is behind those of other roles, as its own had a backlog when it was queued.';

--!include functions/firing/backlog_of.sql
--!include functions/firing/record_verdicts.sql
--!include functions/workers/runs_not_begun.sql
--!include functions/workers/slots_taken.sql
--!include functions/planning/coming_occurrences.sql
--!include functions/runs/finish_runs.sql
--!include functions/runs/cancel_other_tasks.sql
--!include functions/firing/resolve_rule.sql
--!include functions/planning/usual_durations.sql
--!include functions/planning/busy_hours.sql
drop function if exists almanac.update_schedule(bigint, jsonb);
--!include functions/schedules/update_schedule.sql
-- When an operator who has reached a limit of an hour can go on.
--!include functions/access/use_again_at.sql
--!include functions/access/count_uses.sql
--!include functions/access/limits.sql
--!include functions/access/check_limits.sql
--!include functions/runs/last_outcomes.sql
--!include functions/schedules/schedule_labels.sql

-- What a calendar excludes near a moment, found without reading all that it has. An index of thousands of entries takes
-- less than a second to make.
create index if not exists calendar_entries_by_dates on almanac.calendar_entries
  using gist (daterange(starts_on, coalesce(ends_on, starts_on), '[]')) where starts_on is not null;
create index if not exists calendar_entries_by_range on almanac.calendar_entries
  using gist (tstzrange(starts_at, ends_at)) where starts_at is not null;
create index if not exists calendar_entries_recurring on almanac.calendar_entries (calendar_id)
  where cron_expression is not null;
--!include functions/schedules/schedules_is_frequent.sql
--!include functions/runs/runs_next_attempt_at.sql
--!include functions/schedules/check_name_is_free.sql
--!include functions/runs/note_wait.sql
