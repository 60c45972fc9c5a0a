-- The next migration, in the making.
--!include functions/calendars/check_part_of_calendar.sql
--!include functions/calendars/remove_calendar_rule.sql
--!include functions/calendars/remove_exclusion.sql
--!include functions/access/account_name.sql
--!include functions/access/account_label.sql
--!include functions/access/limits.sql
--!include functions/access/check_limits.sql
--!include functions/access/count_uses.sql
--!include functions/groups/group_note.sql
--!include functions/runs/runs_blocked_because.sql
-- Retention: history is removed by itself once it is older than 90 days, unless an admin or a schedule says otherwise
-- (almanac.set_retention, keep_for, keep_failures_for and keep_last of schedules). The columns are added without a
-- default: the table is not rewritten. A long history is removed in small parts, from the first hour after migrating.
alter table almanac.schedules add column if not exists keep_for interval;
alter table almanac.schedules add column if not exists keep_failures_for interval;
alter table almanac.schedules add column if not exists keep_last integer;
comment on column almanac.schedules.keep_for is
  'How long its finished runs are kept, from a day to 100 years; null: as almanac.set_retention() says; 0: forever.';
comment on column almanac.schedules.keep_failures_for is
  'How long those that failed or timed out are kept, where that is longer; null: as almanac.set_retention() says; 0: '
  'forever.';
comment on column almanac.schedules.keep_last is
  'How many of its runs are kept, the latest; null: as almanac.set_retention() says; 0: however many.';
alter table almanac.schedules drop constraint if exists schedule_keep_for_is_0_or_a_day_to_100_years;
alter table almanac.schedules add constraint schedule_keep_for_is_0_or_a_day_to_100_years
  check (keep_for = '0' or keep_for between '1 day' and '100 years');
alter table almanac.schedules drop constraint if exists schedule_keep_failures_for_is_0_or_a_day_to_100_years;
alter table almanac.schedules add constraint schedule_keep_failures_for_is_0_or_a_day_to_100_years
  check (keep_failures_for = '0' or keep_failures_for between '1 day' and '100 years');
alter table almanac.schedules drop constraint if exists schedule_keep_last_is_0_to_1_000_000;
alter table almanac.schedules add constraint schedule_keep_last_is_0_to_1_000_000 check (keep_last between 0 and 1000000);
grant insert (keep_for, keep_failures_for, keep_last), update (keep_for, keep_failures_for, keep_last)
  on almanac.schedules to almanac_operator;

insert into almanac_private.settings (key, value)
values ('retention', jsonb_build_object('keep_for', '90 days', 'changed_at', now())) on conflict do nothing;

do $$
begin
  if to_regtype('almanac_private.retention_rule') is null then
    create type almanac_private.retention_rule as (keep_for interval, keep_failures_for interval, keep_last integer);
  end if;
end
$$;
comment on type almanac_private.retention_rule is
  'How long finished runs are kept, as almanac.set_retention() says for all schedules that say nothing else.';

create table if not exists almanac_private.retention_passes (
  is_only boolean primary key default true,
  step text not null default 'ended',
  as_of timestamptz,
  began_at timestamptz,
  ended_at timestamptz,
  swept_at timestamptz,
  after_at timestamptz,
  after_id bigint,
  held integer not null default 0,
  runs bigint not null default 0,
  weeks integer not null default 0,
  constraint there_is_one_pass check (is_only),
  constraint retention_step_is_known check (step in ('weeks', 'times', 'schedules', 'rest', 'ended'))
);
alter table almanac_private.retention_passes enable row level security;
comment on table almanac_private.retention_passes is
  'Where apply_retention() is: one row. A pass goes from step to step, one call after the other, whoever calls.';
comment on column almanac_private.retention_passes.step is
  'weeks: whole partitions; times: what is left of them, and of the default partition; schedules: by their own rules; '
  'rest: gaps, old rules, workers; ended: there is nothing to do until the next pass.';
comment on column almanac_private.retention_passes.as_of is 'The time from which the pass counts back.';
comment on column almanac_private.retention_passes.ended_at is 'When the last pass ended; null: none has.';
comment on column almanac_private.retention_passes.swept_at is
  'as_of of the last pass that looked at all that is old (weeks and times); null: none has.';
comment on column almanac_private.retention_passes.after_at is
  'How far the step has come: a week, or the nominal time of a run; null: at the beginning.';
comment on column almanac_private.retention_passes.after_id is 'And the id of that run, or of a schedule.';
comment on column almanac_private.retention_passes.held is
  'Weeks that could not be dropped, as others read the runs all the time: the next pass tries again.';
comment on column almanac_private.retention_passes.runs is 'Runs that this pass, or the last, has removed one by one.';
comment on column almanac_private.retention_passes.weeks is 'Weeks that it has dropped as a whole.';
insert into almanac_private.retention_passes default values on conflict do nothing;

set local almanac.system to on;
insert into almanac_private.known_tasks (identifier, label, description, is_builtin)
values ('almanac:apply_retention', 'Retention',
  'Removes history that is older than almanac.set_retention() and the schedules say, in small parts.', true)
on conflict (identifier) do nothing;
set local almanac.system to off;

--!include functions/schedules/definition_columns.sql
--!include functions/schedules/check_schedule.sql
--!include functions/access/check_task_use.sql
--!include functions/workers/disable_task.sql
--!include functions/ledger/retention_rule.sql
--!include functions/ledger/kept_since.sql
--!include functions/ledger/has_expired.sql
--!include functions/ledger/runs_that_stay.sql
--!include functions/ledger/set_retention.sql
--!include functions/ledger/remove_runs.sql
--!include functions/ledger/remove_week.sql
--!include functions/ledger/remove_by_time.sql
--!include functions/ledger/remove_by_schedule.sql
--!include functions/ledger/remove_rest.sql
--!include functions/ledger/raise_horizon.sql
--!include functions/ledger/tg_note_deleted.sql
--!include functions/ledger/apply_retention.sql
--!include functions/ledger/retention.sql
--!include functions/ledger/why_at.sql
--!include functions/schedules/install_system_schedules.sql
select almanac_private.install_system_schedules();
--!include functions/access/change_own_settings.sql
--!include functions/access/check_at_once.sql
--!include functions/calendars/import_exclusions.sql
--!include functions/calendars/tg_compute_calendar_entry.sql
--!include functions/calendars/update_calendar.sql
--!include functions/firing/wake.sql
--!include functions/groups/find_resource_group.sql
--!include functions/ledger/purge.sql
--!include functions/ledger/why_not_fired.sql
--!include functions/payloads/check_payload_fits.sql
--!include functions/planning/busy_hours.sql
--!include functions/planning/calendar.sql
--!include functions/planning/check_range.sql
--!include functions/planning/preview_change.sql
--!include functions/recurrence/check_timezone.sql
--!include functions/recurrence/parse_cron.sql
--!include functions/recurrence/parse_cron_item.sql
--!include functions/runs/begin_runs.sql
--!include functions/runs/failed_runs.sql
--!include functions/runs/read_run_filter.sql
--!include functions/runs/retry_run.sql
--!include functions/schedules/advice.sql
--!include functions/schedules/check_tags.sql
--!include functions/schedules/prepare_schedule.sql
--!include functions/schedules/read_definition.sql
--!include functions/schedules/upsert_schedule.sql
--!include functions/workers/reap_workers.sql
--!include functions/workers/tg_check_task.sql
--!include functions/access/tg_check_user.sql
