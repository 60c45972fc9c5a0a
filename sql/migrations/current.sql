-- What moves single occurrences away from their rule: exclusion calendars, overrides of one occurrence, jitter.
-- For an operator: columns are added to almanac.schedules without rewriting it; an index is built on almanac.runs, which
-- holds the recorder up meanwhile (a second per two million runs). Schedules that exist fire as before.

create type almanac.exclusion_policy as enum ('skip', 'move');
comment on type almanac.exclusion_policy is
  'What becomes of an occurrence that a calendar excludes. skip: it is left out; move: it is due when the exclusion ends, the latest one if there are several.';

create type almanac.override_action as enum ('skip', 'move');
comment on type almanac.override_action is 'What is done to a single occurrence. skip: it does not run; move: it is due at another time.';

create table almanac.calendars (
  id bigint generated always as identity primary key,
  name text not null,
  description text,
  timezone text,
  owner_user bigint references almanac.users (id) on delete set null,
  owned_by name not null,
  created_at timestamptz not null default now(),
  created_by text not null,
  updated_at timestamptz not null default now(),
  updated_by text not null,
  constraint calendar_name_is_unique unique (name),
  constraint calendar_name_is_given check (name <> '' and length(name) <= 200)
);
create index calendars_by_owner on almanac.calendars (owner_user) where owner_user is not null;
comment on table almanac.calendars is
  'Named sets of times at which schedules do not run: holidays, blackouts, maintenance. Shared: a schedule names those it heeds in its column calendars.';
comment on column almanac.calendars.id is 'Number of the calendar.';
comment on column almanac.calendars.name is 'Unique name, by which schedules refer to it. Renaming it renames it in them.';
comment on column almanac.calendars.description is 'What it is for.';
comment on column almanac.calendars.timezone is 'Zone in which its dates and recurring windows are meant; null: that of each schedule.';
comment on column almanac.calendars.owner_user is 'User who owns it; null: made by a database role, see owned_by.';
comment on column almanac.calendars.owned_by is 'Database role that made it.';
comment on column almanac.calendars.created_at is 'When it was created.';
comment on column almanac.calendars.created_by is 'User or database role that created it.';
comment on column almanac.calendars.updated_at is 'When it last changed; its entries have times of their own.';
comment on column almanac.calendars.updated_by is 'User or database role that last changed it.';

create table almanac.calendar_entries (
  id bigint generated always as identity primary key,
  calendar_id bigint not null references almanac.calendars (id) on delete cascade,
  label text,
  starts_on date,
  ends_on date,
  starts_at timestamptz,
  ends_at timestamptz,
  cron_expression text,
  duration interval,
  source text,
  rule almanac_private.compiled_cron,
  created_at timestamptz not null default now(),
  created_by text not null,
  constraint calendar_entry_is_dates_or_a_range_or_recurring check (num_nonnulls(starts_on, starts_at, cron_expression) = 1),
  constraint calendar_entry_dates_go_forward check (ends_on is null or (ends_on >= starts_on and isfinite(ends_on))),
  constraint calendar_entry_date_is_finite check (isfinite(starts_on) and starts_on between date '1900-01-01' and date '9999-12-31'),
  constraint calendar_entry_range_goes_forward check ((starts_at is null) = (ends_at is null) and ends_at > starts_at),
  constraint calendar_entry_range_is_finite check (isfinite(starts_at) and isfinite(ends_at)),
  constraint calendar_entry_duration_goes_with_cron check ((cron_expression is null) = (duration is null))
);
create index calendar_entries_by_calendar on almanac.calendar_entries (calendar_id, starts_on);
comment on table almanac.calendar_entries is
  'What a calendar excludes: dates (starts_on, ends_on), a range of instants (starts_at, ends_at), or a recurring window (cron_expression, duration).';
comment on column almanac.calendar_entries.id is 'Number of the entry.';
comment on column almanac.calendar_entries.calendar_id is 'Calendar it belongs to.';
comment on column almanac.calendar_entries.label is 'What it is, such as the name of the holiday.';
comment on column almanac.calendar_entries.starts_on is 'First excluded date, from local midnight.';
comment on column almanac.calendar_entries.ends_on is 'Last excluded date, to the midnight after it; null: the same as starts_on.';
comment on column almanac.calendar_entries.starts_at is 'Begin of an excluded range.';
comment on column almanac.calendar_entries.ends_at is 'End of an excluded range, not itself excluded.';
comment on column almanac.calendar_entries.cron_expression is 'When a recurring window begins: 0 0 * * SAT,SUN, or 0 0 25 12 * for every 25 December.';
comment on column almanac.calendar_entries.duration is 'How long a recurring window lasts; days go from local midnight to local midnight, hours are elapsed time.';
comment on column almanac.calendar_entries.source is 'Where it was imported from; importing from there again replaces it. Null: entered by hand.';
comment on column almanac.calendar_entries.rule is 'Compiled form of cron_expression. Computed.';
comment on column almanac.calendar_entries.created_at is 'When it was entered.';
comment on column almanac.calendar_entries.created_by is 'User or database role that entered it.';

alter table almanac.schedules
  add column jitter interval,
  add column calendars text[] not null default '{}',
  add column exclusion_policy almanac.exclusion_policy not null default 'skip',
  add column has_overrides boolean not null default false,
  add column catchup_per_minute integer not null default 60,
  add constraint schedule_catchup_per_minute_is_positive check (catchup_per_minute > 0),
  add constraint schedule_jitter_is_at_most_a_day check (jitter >= interval '0' and jitter <= interval '24 hours');
comment on column almanac.schedules.jitter is
  'Each occurrence is due up to so much later than its nominal time, always by the same for the same occurrence, and never as late as the next one; null: none.';
comment on column almanac.schedules.catchup_per_minute is
  'With missed_run_policy run_all and overlapping runs allowed: how many of those caught up begin in a minute; else they wait for each other.';
comment on column almanac.schedules.calendars is 'Names of calendars at whose times it does not run.';
comment on column almanac.schedules.exclusion_policy is 'What becomes of an occurrence that one of the calendars excludes.';
comment on column almanac.schedules.has_overrides is 'Some of its occurrences to come are moved or skipped. Computed.';
create index schedules_by_calendar on almanac.schedules using gin (calendars) where calendars <> '{}';

create table almanac.occurrence_overrides (
  schedule_id bigint not null references almanac.schedules (id) on delete cascade,
  scheduled_for timestamptz not null,
  action almanac.override_action not null,
  moved_to timestamptz,
  reason text,
  is_owed boolean not null default false,
  done_at timestamptz,
  created_at timestamptz not null default now(),
  created_by text not null,
  primary key (schedule_id, scheduled_for),
  constraint override_moves_to_a_time check ((action = 'move') = (moved_to is not null) and isfinite(moved_to))
);
comment on table almanac.occurrence_overrides is
  'Single occurrences that were skipped or moved, by move_occurrence and skip_occurrence. They beat calendars and take no jitter.';
comment on column almanac.occurrence_overrides.schedule_id is 'Schedule it belongs to.';
comment on column almanac.occurrence_overrides.scheduled_for is 'Nominal time of the occurrence.';
comment on column almanac.occurrence_overrides.action is 'What is done to it.';
comment on column almanac.occurrence_overrides.moved_to is 'When it is due instead; null: it is skipped.';
comment on column almanac.occurrence_overrides.reason is 'Why, as whoever did it said.';
comment on column almanac.occurrence_overrides.is_owed is 'Its nominal time is past while it is still to come: it runs whatever becomes of the rule.';
comment on column almanac.occurrence_overrides.done_at is 'When it got its outcome; null: not yet.';
comment on column almanac.occurrence_overrides.created_at is 'When it was overridden.';
comment on column almanac.occurrence_overrides.created_by is 'User or database role that did it.';

create index runs_by_due_time_elsewhere on almanac.runs (due_at, id) where due_at <> scheduled_for;

alter table almanac.calendars enable row level security;
alter table almanac.calendar_entries enable row level security;
alter table almanac.occurrence_overrides enable row level security;
grant select on almanac.calendars, almanac.calendar_entries, almanac.occurrence_overrides to almanac_viewer;
grant insert, update, delete on almanac.calendars, almanac.calendar_entries to almanac_operator;
create policy everyone_sees_calendars on almanac.calendars for select to almanac_viewer using (true);
create policy operators_create_calendars on almanac.calendars for insert to almanac_operator
  with check (almanac_private.may_change(owner_user, owned_by));
create policy owners_change_calendars on almanac.calendars for update to almanac_operator
  using (almanac_private.may_change(owner_user, owned_by)) with check (almanac_private.may_change(owner_user, owned_by));
create policy owners_delete_calendars on almanac.calendars for delete to almanac_operator
  using (almanac_private.may_change(owner_user, owned_by));
create policy everyone_sees_calendar_entries on almanac.calendar_entries for select to almanac_viewer using (true);
create policy owners_change_calendar_entries on almanac.calendar_entries to almanac_operator
  using (exists (select from almanac.calendars c where c.id = calendar_id and almanac_private.may_change(c.owner_user, c.owned_by)))
  with check (exists (select from almanac.calendars c where c.id = calendar_id and almanac_private.may_change(c.owner_user, c.owned_by)));
create policy everyone_sees_overrides on almanac.occurrence_overrides for select to almanac_viewer using (true);

create type almanac_private.planned_occurrence as (scheduled_for timestamptz, due_at timestamptz, outcome text);
comment on type almanac_private.planned_occurrence is
  'What is to become of one nominal time. outcome: run (due at due_at), moved (its override says when), skipped (its override says so), excluded (by a calendar), merged (excluded, and a later occurrence runs in its stead when the exclusion ends).';

drop function almanac_private.settle_schedule(almanac.schedules, timestamptz, integer);
drop function almanac_private.occurrences_between(almanac.schedules, timestamptz, timestamptz, integer);
drop function almanac.upcoming(text, timestamptz, integer);
--!include functions/occurrences_between.sql
--!include functions/exclusion_end.sql
--!include functions/exclusion_windows.sql
--!include functions/exclusions.sql
--!include functions/jitter_delay.sql
--!include functions/planned_occurrences.sql
--!include functions/moved_occurrences.sql
--!include functions/next_due.sql
--!include functions/coming_occurrences.sql
--!include functions/due_note.sql
--!include functions/upcoming.sql
--!include functions/prepare_schedule.sql
--!include functions/preview.sql
--!include functions/read_definition.sql
--!include functions/tg_set_identity.sql
--!include functions/insert_skipped.sql
--!include functions/is_fired_late.sql
--!include functions/hold_occurrence.sql
--!include functions/settle_schedule.sql
--!include functions/settle_rule.sql
--!include functions/write_settled.sql
--!include functions/fire_due.sql
--!include functions/notify_schedules.sql
--!include functions/replan.sql
--!include functions/settle_before_change.sql
--!include functions/tg_arm_schedules.sql
--!include functions/tg_compute_schedule.sql
--!include functions/tg_settle_deleted.sql
--!include functions/schedules_of_calendars.sql
--!include functions/tg_compute_calendar.sql
--!include functions/tg_compute_calendar_entry.sql
--!include functions/tg_settle_calendar.sql
--!include functions/tg_replan_calendar.sql
--!include functions/calendar_triggers.sql
--!include functions/find_calendar.sql
--!include functions/create_calendar.sql
--!include functions/update_calendar.sql
--!include functions/delete_calendar.sql
--!include functions/exclude_dates.sql
--!include functions/exclude_range.sql
--!include functions/exclude_recurring.sql
--!include functions/remove_exclusion.sql
--!include functions/import_exclusions.sql
--!include functions/create_business_days.sql
--!include functions/excluded_times.sql
--!include functions/override_occurrence.sql
--!include functions/move_occurrence.sql
--!include functions/skip_occurrence.sql
--!include functions/restore_occurrence.sql
alter type almanac.calendar_item add attribute scheduled_for timestamptz;
drop function almanac.calendar(timestamptz, timestamptz, text, interval, integer, integer);
--!include functions/calendar_item.sql
--!include functions/calendar.sql
--!include functions/preview_change.sql
--!include functions/recompute.sql
alter table almanac_private.timezones add column fingerprint text, add column fingerprint_year integer;
comment on column almanac_private.timezones.fingerprint is 'What refresh_timezones() last saw of its rules; null: it is not in use.';
drop function almanac_private.refresh_timezones();
--!include functions/refresh_timezones.sql

create table almanac_private.rule_versions (
  id bigint generated always as identity primary key,
  schedule_id bigint not null,
  schedule_name text,
  rule jsonb not null,
  valid_from timestamptz not null,
  valid_to timestamptz
);
comment on table almanac_private.rule_versions is
  'Which rule a schedule had when: check_ledger() recomputes from it what should have been. valid_from is excluded, valid_to included.';
comment on column almanac_private.rule_versions.schedule_name is 'Last name of a schedule that is gone; null: it is there.';
comment on column almanac_private.rule_versions.valid_to is 'Null: it holds.';
create unique index rule_version_is_the_only_one_that_holds on almanac_private.rule_versions (schedule_id) where valid_to is null;
create index rule_versions_by_schedule on almanac_private.rule_versions (schedule_id, valid_from);
alter table almanac_private.rule_versions enable row level security;
--!include functions/rule_of.sql
--!include functions/has_rule.sql
insert into almanac_private.rule_versions (schedule_id, rule, valid_from)
select s.id, almanac_private.rule_of(s), s.cursor_at from almanac.schedules s
where almanac_private.has_rule(s.kind, s.status, s.deleted_at, s.archived_at);
--!include functions/check_ledger.sql

create table almanac.stops (
  id bigint generated always as identity primary key,
  stopped_at timestamptz not null,
  stopped_by text not null,
  reason text,
  resumed_at timestamptz,
  resumed_by text,
  catch_up boolean not null default false,
  constraint stop_ends_after_it_begins check (resumed_at >= stopped_at)
);
create unique index stop_is_the_only_one_that_holds on almanac.stops ((true)) where resumed_at is null;
comment on table almanac.stops is 'When all schedules were stopped by pause_all(), by whom and why; the one without resumed_at holds.';
comment on column almanac.stops.id is 'Number of the stop.';
comment on column almanac.stops.stopped_at is 'From when on nothing fired.';
comment on column almanac.stops.stopped_by is 'User or database role that stopped them.';
comment on column almanac.stops.reason is 'Why, as whoever did it said.';
comment on column almanac.stops.resumed_at is 'When it ended; null: it holds.';
comment on column almanac.stops.resumed_by is 'User or database role that ended it.';
comment on column almanac.stops.catch_up is 'What was due meanwhile was treated as missed, as each schedule''s policy says, and not left out.';
alter table almanac.stops enable row level security;
grant select on almanac.stops to almanac_viewer;
create policy everyone_sees_stops on almanac.stops for select to almanac_viewer using (true);
drop function almanac.resume(text);
--!include functions/stopped_times.sql
--!include functions/is_stopped.sql
--!include functions/pause_all.sql
--!include functions/resume_all.sql
--!include functions/resume.sql
--!include functions/wake.sql
--!include functions/reconcile.sql
--!include functions/spoken_time.sql
--!include functions/why.sql
drop function almanac_private.overlap_outcome(almanac.overlap_policy, integer, bigint, bigint);
--!include functions/overlap_status.sql
--!include functions/overlap_reason.sql
drop function almanac_private.insert_run(almanac.schedules, timestamptz, timestamptz, almanac.run_trigger, jsonb, text, timestamptz);
--!include functions/insert_run.sql
--!include functions/begin_runs.sql
--!include functions/finish_runs.sql
--!include functions/add_jobs.sql
alter table almanac.runs add column cancel_requested_at timestamptz;
comment on column almanac.runs.cancel_requested_at is 'Since when its worker is asked to abort it; null: it is not.';
--!include functions/cancel_live_runs.sql
--!include functions/cancel_requests.sql
--!include functions/settle_stretch.sql
--!include functions/check_range.sql

-- Functions that changed besides.
--!include functions/local_span.sql
--!include functions/clock_change_warnings.sql
--!include functions/check_cron.sql
--!include functions/month_start.sql
--!include functions/search_cron.sql
--!include functions/next_cron.sql
--!include functions/next_cron_at_transition.sql
--!include functions/cron_between.sql
--!include functions/cron_value.sql
--!include functions/cron_word_start.sql
--!include functions/upper_ascii.sql
drop function almanac_private.parse_cron_item(almanac_private.parsed_cron, integer, text);
--!include functions/parse_cron_item.sql
--!include functions/parse_cron.sql
--!include functions/compile_parsed_cron.sql
