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
