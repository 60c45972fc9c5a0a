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
--!include functions/schedules/check_name.sql
--!include functions/schedules/tg_compute_schedule.sql
--!include functions/schedules/check_definition.sql
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
