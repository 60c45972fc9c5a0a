--! Previous: sha1:d570812e5069614f787383e00e3ed10ae94c7d87
--! Hash: sha1:bc4ef33a4aee08dc2be1a15b51f24379ab51e1ae
--! Message: Calendars, overrides and jitter; proof and control of firing

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
--! Included functions/occurrences_between.sql
create or replace function almanac_private.occurrences_between(
  schedule almanac.schedules, range_start timestamptz, range_end timestamptz, max_count bigint
) returns setof timestamptz
language plpgsql stable parallel safe rows 1000 set search_path to pg_catalog, pg_temp
as $$
declare
  v_at timestamptz := almanac_private.next_occurrence(schedule, occurrences_between.range_start - interval '1 microsecond');
  v_end timestamptz := least(occurrences_between.range_end, schedule.ends_at);
  v_left bigint := coalesce(occurrences_between.max_count, 9223372036854775807);
begin
  if schedule.max_runs is not null then
    v_left := least(v_left, schedule.max_runs - schedule.total_runs);
  end if;
  if v_at is null or v_at >= v_end or v_left <= 0 then
    return;
  end if;
  -- The first one comes from next_occurrence, which knows the bounds; dense rules then have a quicker way on.
  if schedule.kind = 'cron' then
    return query
    select o.at
    from almanac_private.cron_between(schedule.rule_seconds, schedule.rule_minutes, schedule.rule_hours, schedule.rule_first_time,
      schedule.rule_weekdays, schedule.rule_months, schedule.rule_days, schedule.rule_running, schedule.timezone,
      v_at - interval '1 microsecond', v_end, v_left) o(at);
  elsif schedule.kind = 'interval' and extract(epoch from justify_hours(schedule.every)) < 86400 and v_end < 'infinity' then
    return query
    select o.at from generate_series(v_at, v_end - interval '1 microsecond', schedule.every) o(at) limit v_left;
  else
    while v_at < v_end and v_left > 0 loop
      return next v_at;
      v_left := v_left - 1;
      v_at := almanac_private.next_occurrence(schedule, v_at);
    end loop;
  end if;
end
$$;
comment on function almanac_private.occurrences_between(almanac.schedules, timestamptz, timestamptz, bigint) is
  'Nominal times of a schedule in [range_start, range_end), at most max_count (null: all) and at most what max_runs leaves; by its rule and bounds alone.';
grant execute on function almanac_private.occurrences_between(almanac.schedules, timestamptz, timestamptz, bigint) to almanac_viewer;
--! EndIncluded functions/occurrences_between.sql
--! Included functions/exclusion_end.sql
create or replace function almanac_private.exclusion_end(starts_at timestamptz, duration interval, timezone text, rule almanac_private.compiled_cron) returns timestamptz
language plpgsql stable strict parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  v_local timestamp;
  v_planned timestamp;
begin
  if duration = make_interval(secs => date_part('epoch', duration)) and date_part('day', duration) = 0 and date_part('month', duration) = 0 then
    return starts_at + duration;
  end if;
  v_local := starts_at at time zone timezone;
  -- A start that the clock has skipped is meant as it stands in the calendar: midnight, not one o'clock.
  v_planned := (starts_at at time zone 'UTC') + ((starts_at - interval '25 hours') at time zone timezone - (starts_at - interval '25 hours') at time zone 'UTC');
  if v_planned <> v_local and almanac_private.local_instant(v_planned, timezone) = starts_at
    and not (rule.rule_hours >> date_part('hour', v_local)::integer & 1 = 1 and rule.rule_minutes >> date_part('minute', v_local)::integer & 1 = 1)
  then
    v_local := v_planned;
  end if;
  return almanac_private.local_instant(v_local + duration, timezone);
end
$$;
comment on function almanac_private.exclusion_end(timestamptz, interval, text, almanac_private.compiled_cron) is
  'End of a recurring window: days and months by the zone''s calendar and clock, time by elapsed time.';
grant execute on function almanac_private.exclusion_end(timestamptz, interval, text, almanac_private.compiled_cron) to almanac_viewer;
--! EndIncluded functions/exclusion_end.sql
--! Included functions/exclusion_windows.sql
create or replace function almanac_private.exclusion_windows(
  calendars text[], timezone text, range_start timestamptz, range_end timestamptz
) returns table (calendar text, label text, during tstzrange)
language plpgsql stable rows 10 set search_path to pg_catalog, pg_temp
as $$
begin
  return query
  with entries as not materialized (
    select c.name, coalesce(c.timezone, exclusion_windows.timezone) as zone, e.*
    from almanac.calendars c join almanac.calendar_entries e on e.calendar_id = c.id
    where c.name = any (exclusion_windows.calendars)
  ), windows as (
    select e.name, e.label, tstzrange(almanac_private.local_instant(e.starts_on::timestamp, e.zone),
      almanac_private.local_instant((coalesce(e.ends_on, e.starts_on) + 1)::timestamp, e.zone)) as during
    from entries e
    where e.starts_on <= (exclusion_windows.range_end at time zone 'UTC')::date + 2
      and coalesce(e.ends_on, e.starts_on) >= (exclusion_windows.range_start at time zone 'UTC')::date - 2
    union all
    select e.name, e.label, tstzrange(e.starts_at, e.ends_at) from entries e where e.starts_at is not null
    union all
    select e.name, e.label, tstzrange(o.at, almanac_private.exclusion_end(o.at, e.duration, e.zone, e.rule))
    from entries e
    cross join lateral almanac_private.cron_between((e.rule).rule_seconds, (e.rule).rule_minutes, (e.rule).rule_hours, (e.rule).rule_first_time,
      (e.rule).rule_weekdays, (e.rule).rule_months, (e.rule).rule_days, (e.rule).rule_running, e.zone,
      (exclusion_windows.range_start at time zone 'UTC' - e.duration - interval '26 hours') at time zone 'UTC',
      exclusion_windows.range_end + interval '1 microsecond') o(at)
    where e.cron_expression is not null
  )
  select w.name, w.label, w.during from windows w
  where w.during && tstzrange(exclusion_windows.range_start, exclusion_windows.range_end, '[]')
  order by w.during, w.name, w.label;
end
$$;
comment on function almanac_private.exclusion_windows(text[], text, timestamptz, timestamptz) is
  'What these calendars exclude within [range_start, range_end], both included, for a schedule of this zone: each entry''s windows, not cut to the range. Dates go from local midnight to local midnight.';
grant execute on function almanac_private.exclusion_windows(text[], text, timestamptz, timestamptz) to almanac_viewer;
--! EndIncluded functions/exclusion_windows.sql
--! Included functions/exclusions.sql
create or replace function almanac_private.exclusions(calendars text[], timezone text, range_start timestamptz, range_end timestamptz)
returns tstzmultirange
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_from timestamptz := exclusions.range_start;
  v_end timestamptz := exclusions.range_end;
  v_found tstzmultirange := '{}';
begin
  -- A stretch may go on behind the range, from window to window.
  loop
    v_found := v_found + coalesce((
      select range_agg(w.during) from almanac_private.exclusion_windows(exclusions.calendars, exclusions.timezone, v_from, v_end) w), '{}');
    exit when isempty(v_found) or upper(v_found) <= v_end;
    if v_end > exclusions.range_start + interval '10000 hours' then
      return v_found + tstzmultirange(tstzrange(v_end, 'infinity'));
    end if;
    v_from := v_end;
    v_end := greatest(upper(v_found), v_end + (v_end - exclusions.range_start));
  end loop;
  return v_found;
end
$$;
comment on function almanac_private.exclusions(text[], text, timestamptz, timestamptz) is
  'The union of what these calendars exclude within [range_start, range_end]; the last stretch in its full length, or to infinity if window follows window for more than a year.';
grant execute on function almanac_private.exclusions(text[], text, timestamptz, timestamptz) to almanac_viewer;
--! EndIncluded functions/exclusions.sql
--! Included functions/jitter_delay.sql
create or replace function almanac_private.jitter_delay(
  schedule_id bigint, scheduled_for timestamptz, jitter interval, due_at timestamptz, next_due_at timestamptz
) returns interval
language plpgsql stable parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  v_most bigint := round(date_part('epoch', jitter_delay.jitter) * 1000);
begin
  if jitter_delay.schedule_id is null then
    return interval '0';
  end if;
  if jitter_delay.next_due_at is not null then
    v_most := least(v_most, floor(extract(epoch from jitter_delay.next_due_at - jitter_delay.due_at) * 1000)::bigint - 1);
  end if;
  return make_interval(secs => case when v_most <= 0 then 0
    else ('x' || left(md5(schedule_id || ':' || floor(extract(epoch from jitter_delay.scheduled_for))), 13))::bit(52)::bigint % (v_most + 1) / 1000.0 end);
end
$$;
comment on function almanac_private.jitter_delay(bigint, timestamptz, interval, timestamptz, timestamptz) is
  'How much later than due_at an occurrence is due: h mod (J + 1) milliseconds, h from md5 of schedule and nominal second, J the jitter, cut to 1 ms less than the way to the next due time. Of a schedule without a number, not yet saved: nothing.';
grant execute on function almanac_private.jitter_delay(bigint, timestamptz, interval, timestamptz, timestamptz) to almanac_viewer;
--! EndIncluded functions/jitter_delay.sql
--! Included functions/planned_occurrences.sql
create or replace function almanac_private.planned_occurrences(
  schedule almanac.schedules, after timestamptz, range_end timestamptz, max_count bigint default null, with_omitted boolean default false,
  due_from timestamptz default '-infinity'
) returns setof almanac_private.planned_occurrence
language plpgsql stable rows 1000 set search_path to pg_catalog, pg_temp
as $$
declare
  v_at timestamptz := almanac_private.next_occurrence(schedule, planned_occurrences.after);
  v_left bigint := coalesce(planned_occurrences.max_count, 9223372036854775807);
  v_planned almanac_private.planned_occurrence;
  v_action almanac.override_action;
  v_excluded tstzmultirange;
  v_begins timestamptz[];
  v_ends timestamptz[];
  v_stretch integer;
  v_known_until timestamptz := '-infinity';
  v_span interval := '24 hours';
  v_back interval;
  v_stretch_end timestamptz;
  v_next timestamptz;
  v_unspread almanac.schedules := schedule;
  v_passed almanac_private.planned_occurrence;
  v_passed_since timestamptz;
  v_jumps integer := 0;
begin
  v_unspread.jitter := null;
  while v_at < planned_occurrences.range_end and v_left > 0 loop
    v_planned := row(v_at, v_at, 'run');
    v_stretch_end := null;
    v_action := case when schedule.has_overrides then (
      select o.action from almanac.occurrence_overrides o where o.schedule_id = (planned_occurrences.schedule).id and o.scheduled_for = v_at) end;
    if v_action is null and schedule.calendars <> '{}' then
      if v_at >= v_known_until then
        v_known_until := v_at + v_span;
        v_excluded := almanac_private.exclusions(schedule.calendars, schedule.timezone, v_at, v_known_until);
        v_begins := array(select lower(r) from unnest(v_excluded) r);
        v_ends := array(select upper(r) from unnest(v_excluded) r);
        v_stretch := 1;
        v_span := least(v_span * 2, interval '1536 hours');
      end if;
      while v_ends[v_stretch] <= v_at loop
        v_stretch := v_stretch + 1;
      end loop;
      if v_begins[v_stretch] <= v_at then
        v_stretch_end := v_ends[v_stretch];
      end if;
    end if;
    v_next := almanac_private.next_occurrence(schedule, v_at);

    if v_action is not null then
      v_planned.outcome := case v_action when 'move' then 'moved' else 'skipped' end;
    elsif v_stretch_end is not null and (schedule.exclusion_policy = 'skip' or v_stretch_end = 'infinity') then
      v_planned.outcome := 'excluded';
      if not with_omitted then
        v_next := almanac_private.next_occurrence(schedule, least(v_stretch_end, v_at + interval '8000 hours') - interval '1 microsecond');
      end if;
    elsif v_stretch_end is not null then
      v_planned.due_at := v_stretch_end;
      v_back := null;
      -- Does another one, not overridden, take its place? Close to the end at once, as only the last one runs.
      foreach v_back in array array[interval '1 minute', interval '1 hour', interval '24 hours', interval '768 hours', null] loop
        exit when v_next is null or v_next > v_stretch_end;
        v_known_until := greatest(v_known_until, v_stretch_end);
        v_at := almanac_private.next_occurrence(schedule, greatest(v_next, v_stretch_end - coalesce(v_back, interval '100 years')) - interval '1 microsecond');
        while schedule.has_overrides and v_at <= v_stretch_end and exists (
          select from almanac.occurrence_overrides o where o.schedule_id = (planned_occurrences.schedule).id and o.scheduled_for = v_at)
        loop
          v_at := almanac_private.next_occurrence(schedule, v_at);
        end loop;
        if v_at <= v_stretch_end then
          v_planned := row(v_planned.scheduled_for, v_planned.scheduled_for, 'merged');
          if not with_omitted then
            v_next := v_at;
          end if;
          exit;
        end if;
      end loop;
      v_at := v_planned.scheduled_for;
    end if;

    if v_planned.outcome <> 'run' then
      if with_omitted and v_at >= due_from then
        return next v_planned;
        v_left := v_left - 1;
      elsif not with_omitted and v_planned.outcome <> 'moved' then
        -- Should none that runs come after it, or none for long: for whoever waits for it to look again.
        v_jumps := v_jumps + 1;
        v_passed_since := coalesce(v_passed_since, v_at);
        v_passed := row(v_at, least(v_stretch_end, schedule.ends_at, v_at + case when v_action is null then interval '8000 hours' else interval '0' end), v_planned.outcome);
        if v_jumps > 1000 or v_at > v_passed_since + interval '17520 hours' then
          return next v_passed;
          return;
        end if;
      end if;
      v_at := v_next;
      continue;
    end if;

    if schedule.jitter > interval '0' then
      v_planned.due_at := v_planned.due_at + almanac_private.jitter_delay(schedule.id, v_at, schedule.jitter, v_planned.due_at,
        case when v_next <= v_planned.due_at + schedule.jitter then (
          select p.due_at
          from almanac_private.planned_occurrences(v_unspread, v_at, v_planned.due_at + schedule.jitter + interval '1 second', 1) p
          where p.outcome = 'run')
        end);
    end if;
    v_passed_since := null;
    v_jumps := 0;
    if v_planned.due_at >= due_from then
      return next v_planned;
      v_left := v_left - 1;
    end if;
    v_at := v_next;
  end loop;
  if v_at is null and v_passed_since is not null then
    return next v_passed;
  end if;
end
$$;
comment on function almanac_private.planned_occurrences(almanac.schedules, timestamptz, timestamptz, bigint, boolean, timestamptz) is
  'The occurrences of a schedule with a nominal time after a moment and before range_end, with what is to become of each. In this order: override, exclusion calendars, merging, jitter. with_omitted: every nominal time; else those that run in their order, of which due times never decrease, and at the very end, should none come any more, or for two years or a thousand exclusions, the last one that is left out, due when it is to be recorded. What is due before due_from is passed over.';
grant execute on function almanac_private.planned_occurrences(almanac.schedules, timestamptz, timestamptz, bigint, boolean, timestamptz) to almanac_viewer;
--! EndIncluded functions/planned_occurrences.sql
--! Included functions/moved_occurrences.sql
create or replace function almanac_private.moved_occurrences(schedule almanac.schedules) returns setof almanac.occurrence_overrides
language sql stable set search_path to pg_catalog, pg_temp
begin atomic
  select o.*
  from almanac.occurrence_overrides o
  where o.schedule_id = (moved_occurrences.schedule).id and o.action = 'move' and o.done_at is null
    and (o.is_owed or (o.scheduled_for > (moved_occurrences.schedule).cursor_at
      and almanac_private.next_occurrence(moved_occurrences.schedule, o.scheduled_for - interval '1 microsecond') = o.scheduled_for));
end;
comment on function almanac_private.moved_occurrences(almanac.schedules) is
  'The moved occurrences of a schedule that are still to run: those of its rule, and those owed although the rule is past them.';
grant execute on function almanac_private.moved_occurrences(almanac.schedules) to almanac_viewer;
--! EndIncluded functions/moved_occurrences.sql
--! Included functions/next_due.sql
create or replace function almanac_private.next_due(schedule almanac.schedules, out scheduled_for timestamptz, out due_at timestamptz)
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_moved record;
begin
  if schedule.max_runs <= schedule.total_runs then
    return;
  elsif schedule.calendars = '{}' and not schedule.has_overrides and schedule.jitter is null then
    scheduled_for := almanac_private.next_occurrence(schedule, schedule.cursor_at);
    due_at := scheduled_for;
    return;
  end if;
  select p.scheduled_for, p.due_at into next_due.scheduled_for, next_due.due_at
  from almanac_private.planned_occurrences(schedule, schedule.cursor_at, 'infinity', 1) p;
  if schedule.has_overrides then
    select m.scheduled_for, m.moved_to into v_moved from almanac_private.moved_occurrences(schedule) m order by m.moved_to, m.scheduled_for limit 1;
    if v_moved.moved_to < next_due.due_at or next_due.due_at is null then
      scheduled_for := v_moved.scheduled_for;
      due_at := v_moved.moved_to;
    end if;
  end if;
end
$$;
comment on function almanac_private.next_due(almanac.schedules) is
  'The occurrence of a schedule that is due next, after its cursor or moved: nominal and due time; null: none.';
grant execute on function almanac_private.next_due(almanac.schedules) to almanac_viewer;
--! EndIncluded functions/next_due.sql
--! Included functions/coming_occurrences.sql
create or replace function almanac_private.coming_occurrences(
  schedule almanac.schedules, range_start timestamptz, range_end timestamptz, max_count integer, with_omitted boolean default false
) returns setof almanac_private.planned_occurrence
language plpgsql stable rows 1000 set search_path to pg_catalog, pg_temp
as $$
declare
  v_from timestamptz := coming_occurrences.range_start - interval '1 microsecond';
  v_cursor timestamptz := case when schedule.cursor_at < coming_occurrences.range_start then schedule.cursor_at end;
  v_low timestamptz;
  v_left bigint;
begin
  if schedule.max_runs is not null then
    if schedule.status = 'active' then
      -- The first so many from now count, wherever the range begins.
      v_from := coalesce(v_cursor, v_from);
    end if;
    v_left := greatest(schedule.max_runs - schedule.total_runs, 0);
  end if;

  if schedule.calendars = '{}' and not schedule.has_overrides and schedule.jitter is null then
    return query
    select o.at, o.at, 'run'
    from almanac_private.occurrences_between(schedule, v_from + interval '1 microsecond', coming_occurrences.range_end,
      case when schedule.max_runs is null then max_count else v_left end) o(at)
    where o.at >= coming_occurrences.range_start
    limit max_count;
    return;
  end if;

  if schedule.calendars = '{}' and not schedule.has_overrides and schedule.max_runs is null and coming_occurrences.range_end < 'infinity' then
    -- Jitter alone: of each nominal time with the one that follows it.
    return query
    select s.at, s.due_at, 'run'
    from (
      select o.at, o.at + almanac_private.jitter_delay(schedule.id, o.at, schedule.jitter, o.at, lead(o.at) over (order by o.at)) as due_at
      from almanac_private.occurrences_between(schedule,
        greatest(v_from - schedule.jitter, v_cursor) + interval '1 microsecond', coming_occurrences.range_end + schedule.jitter, null) o(at)
    ) s
    where s.due_at >= coming_occurrences.range_start and s.due_at < coming_occurrences.range_end
    order by s.due_at
    limit max_count;
    return;
  end if;

  if schedule.max_runs is null then
    v_from := v_from - coalesce(schedule.jitter, interval '0');
    if schedule.calendars <> '{}' and schedule.exclusion_policy = 'move' then
      -- What a calendar holds back until the range begins has its nominal time before: back to where that stretch begins.
      v_low := coming_occurrences.range_start - coalesce(schedule.jitter, interval '0');
      for v_try in 1 .. 500 loop
        v_low := (select min(lower(w.during))
          from almanac_private.exclusion_windows(schedule.calendars, schedule.timezone, v_low - interval '1 microsecond', v_low) w
          where lower(w.during) < v_low);
        exit when v_low is null;
        v_from := least(v_from, v_low - interval '1 microsecond');
      end loop;
    end if;
    v_from := greatest(v_from, v_cursor);
  end if;

  return query
  with items as (
    select p.scheduled_for, p.due_at, p.outcome
    from almanac_private.planned_occurrences(schedule, v_from, coming_occurrences.range_end,
      case when not with_omitted then coalesce(v_left, max_count) end, with_omitted,
      case when v_left is null then coming_occurrences.range_start else '-infinity' end) p
    where p.outcome <> 'moved' and (with_omitted or p.outcome = 'run')
    union all
    select m.scheduled_for, m.moved_to, 'moved'
    from almanac_private.moved_occurrences(schedule) m where schedule.has_overrides and m.moved_to < coming_occurrences.range_end
  ), counted as (
    select i.*, count(*) filter (where i.outcome in ('run', 'moved')) over (order by i.due_at, i.scheduled_for) as nth from items i
  )
  select c.scheduled_for, c.due_at, c.outcome
  from counted c
  where c.due_at >= coming_occurrences.range_start and c.due_at < coming_occurrences.range_end and (v_left is null or c.nth <= v_left)
  order by c.due_at, c.scheduled_for
  limit max_count;
end
$$;
comment on function almanac_private.coming_occurrences(almanac.schedules, timestamptz, timestamptz, integer, boolean) is
  'What of a schedule is due in [range_start, range_end), the first max_count, no more than max_runs leaves; with_omitted: also what calendars and overrides leave out, by its nominal time. What is listed anywhere comes from here.';
grant execute on function almanac_private.coming_occurrences(almanac.schedules, timestamptz, timestamptz, integer, boolean) to almanac_viewer;
--! EndIncluded functions/coming_occurrences.sql
--! Included functions/due_note.sql
create or replace function almanac_private.due_note(schedule almanac.schedules, occurrence almanac_private.planned_occurrence) returns text
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
begin
  return case
    when occurrence.outcome = 'moved' then 'Moved by hand.'
    when occurrence.due_at = occurrence.scheduled_for then null
    when schedule.calendars <> '{}' and occurrence.due_at - occurrence.scheduled_for > coalesce(schedule.jitter, interval '0')
      then format('Held back by %s.', array_to_string(schedule.calendars, ', '))
    else 'Spread by jitter.'
  end;
end
$$;
comment on function almanac_private.due_note(almanac.schedules, almanac_private.planned_occurrence) is 'Why an occurrence is not due at its nominal time; null: it is.';
grant execute on function almanac_private.due_note(almanac.schedules, almanac_private.planned_occurrence) to almanac_viewer;
--! EndIncluded functions/due_note.sql
--! Included functions/upcoming.sql
create or replace function almanac.upcoming(schedule text, after timestamptz default now(), max_count integer default 10)
returns table (scheduled_for timestamptz, due_at timestamptz, note text)
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_schedule almanac.schedules := almanac_private.find_schedule(upcoming.schedule);
begin
  if v_schedule.status in ('completed', 'disabled') then
    return;
  end if;
  return query
  select c.scheduled_for, c.due_at, almanac_private.due_note(v_schedule, c)
  from almanac_private.coming_occurrences(v_schedule, upcoming.after + interval '1 microsecond', 'infinity',
    almanac_private.checked_count(upcoming.max_count)) c;
end
$$;
comment on function almanac.upcoming(text, timestamptz, integer) is
  'The next occurrences of a schedule that are due after a moment: nominal and due time, and why they differ. For a paused one, those it would have.';
grant execute on function almanac.upcoming(text, timestamptz, integer) to almanac_viewer;
--! EndIncluded functions/upcoming.sql
--! Included functions/prepare_schedule.sql
create or replace function almanac_private.prepare_schedule(schedule almanac.schedules) returns almanac.schedules
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_rule almanac_private.compiled_cron;
  v_surplus text;
  v_unknown text;
begin
  v_surplus := case
    when schedule.kind is null then 'kind'
    when schedule.kind = 'cron' and schedule.cron_expression is null then 'cron_expression'
    when schedule.kind = 'interval' and schedule.every is null then 'every'
    when schedule.kind = 'once' and schedule.run_at is null then 'run_at'
  end;
  if v_surplus is not null then
    raise exception using errcode = 'AL010', column = v_surplus,
      message = case when v_surplus = 'kind' then 'A schedule needs a kind.'
        else format('A schedule of kind %s needs %s.', schedule.kind, v_surplus) end,
      detail = format('kind: %s.', coalesce(schedule.kind::text, 'null')),
      hint = case when v_surplus = 'kind' then 'Give one of cron, interval, once, manual.' else format('Set %s, or choose another kind.', v_surplus) end;
  end if;
  v_surplus := case
    when schedule.kind <> 'cron' and schedule.cron_expression is not null then 'cron_expression'
    when schedule.kind <> 'interval' and schedule.every is not null then 'every'
    when schedule.kind <> 'once' and schedule.run_at is not null then 'run_at'
  end;
  if v_surplus is not null then
    raise exception using errcode = 'AL010', column = v_surplus,
      message = format('A schedule of kind %s takes no %s.', schedule.kind, v_surplus),
      detail = format('kind: %s.', schedule.kind),
      hint = format('Set %s to null, or choose the kind that goes with it.', v_surplus);
  end if;

  perform almanac_private.check_timezone(schedule.timezone);

  schedule.rule_seconds := null;
  schedule.rule_minutes := null;
  schedule.rule_hours := null;
  schedule.rule_first_time := null;
  schedule.rule_weekdays := null;
  schedule.rule_months := null;
  schedule.rule_days := null;
  schedule.rule_running := null;
  if schedule.kind = 'cron' then
    v_rule := almanac_private.compile_cron(schedule.cron_expression);
    schedule.rule_seconds := v_rule.rule_seconds;
    schedule.rule_minutes := v_rule.rule_minutes;
    schedule.rule_hours := v_rule.rule_hours;
    schedule.rule_first_time := v_rule.rule_first_time;
    schedule.rule_weekdays := v_rule.rule_weekdays;
    schedule.rule_months := v_rule.rule_months;
    schedule.rule_days := v_rule.rule_days;
    schedule.rule_running := v_rule.rule_running;
  elsif schedule.kind = 'interval' then
    perform almanac_private.check_interval(schedule.every);
  elsif schedule.kind = 'once' and not isfinite(schedule.run_at) then
    raise exception using errcode = 'AL004', column = 'run_at', message = 'A single run needs a finite time.',
      detail = format('run_at: %s.', schedule.run_at), hint = 'Give a timestamp with its zone.';
  end if;

  if jsonb_typeof(schedule.payload) is distinct from 'object' then
    raise exception using errcode = 'AL006', column = 'payload', message = 'The payload is not a JSON object.',
      detail = format('It is of type %s.', coalesce(jsonb_typeof(schedule.payload), 'null')),
      hint = 'Wrap it: {"value": …}. Without anything to say, give {}.';
  end if;

  if schedule.calendars <> '{}' then
    v_unknown := (select min(u.name) from unnest(schedule.calendars) u(name) where not exists (select from almanac.calendars c where c.name = u.name));
  end if;
  if v_unknown is not null or array_position(schedule.calendars, null) is not null then
    raise exception using errcode = 'AL015', column = 'calendars', message = format('There is no calendar %s.', coalesce(quote_literal(v_unknown), 'null')),
      detail = format('Known are: %s.', coalesce((select string_agg(c.name, ', ' order by c.name) from almanac.calendars c), 'none')),
      hint = 'Make it first: select almanac.create_calendar(''' || replace(coalesce(v_unknown, 'holidays'), '''', '''''') || ''').';
  end if;
  if not isfinite(schedule.jitter) or extract(month from schedule.jitter) <> 0 or extract(year from schedule.jitter) <> 0 then
    raise exception using errcode = 'AL003', column = 'jitter', message = 'The jitter is not a length of time.',
      detail = format('jitter: %s.', schedule.jitter), hint = 'Give seconds, minutes or hours, up to a day: 30 seconds.';
  end if;

  -- Of elapsed time: a day is 24 hours, whatever the session's zone does.
  schedule.jitter := make_interval(secs => extract(epoch from schedule.jitter)::float8);
  return schedule;
end
$$;
comment on function almanac_private.prepare_schedule(almanac.schedules) is
  'Checks a definition and compiles its rule; raises AL001 to AL015 with the column at fault. Saving and previewing both go through it.';
grant execute on function almanac_private.prepare_schedule(almanac.schedules) to almanac_viewer;
--! EndIncluded functions/prepare_schedule.sql
--! Included functions/preview.sql
create or replace function almanac.preview(definition jsonb, max_count integer default 5)
returns table (scheduled_for timestamptz, due_at timestamptz, local_time text, utc_offset text, note text)
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_schedule almanac.schedules;
  v_now timestamptz := statement_timestamp();
begin
  if jsonb_typeof(preview.definition -> 'id') in ('string', 'number') then
    select s.* into v_schedule from almanac.schedules s where s.id::text = preview.definition ->> 'id';
    if v_schedule.id is null then
      raise exception using errcode = 'AL007', message = format('There is no schedule with the number %s.', preview.definition ->> 'id'),
        detail = 'It may have been deleted.', hint = 'Leave id out for a schedule that is not saved yet.';
    end if;
  else
    v_schedule.timezone := 'UTC';
    v_schedule.payload := '{}';
    v_schedule.overlap_policy := 'skip';
    v_schedule.total_runs := 0;
    v_schedule.calendars := '{}';
    v_schedule.exclusion_policy := 'skip';
    v_schedule.has_overrides := false;
    v_schedule.created_at := v_now;
  end if;
  v_schedule.status := 'active';
  v_schedule.cursor_at := v_now;
  v_schedule := almanac_private.prepare_schedule(almanac_private.read_definition(preview.definition - 'id', v_schedule));
  return query
  select o.at, o.due_at, to_char(l.shown, 'YYYY-MM-DD"T"HH24:MI:SS'), l.utc_offset,
    case
      when v_schedule.kind = 'cron' and not v_schedule.rule_running and l.shown <> n.planned then
        format('%s does not exist that day: the clock is put forward, so it runs at %s.', to_char(n.planned, 'HH24:MI'), to_char(l.shown, 'HH24:MI'))
      when l.repeated then
        format('%s is shown twice that day: the clock is put back. This is the %s time.', to_char(l.shown, 'HH24:MI'), l.pass)
      when o.outcome = 'moved' then format('Moved by hand from %s.', to_char(o.at at time zone v_schedule.timezone, 'YYYY-MM-DD HH24:MI'))
      when o.due_at > o.at + coalesce(v_schedule.jitter, '0') then format('Held back from %s by %s.', to_char(o.at at time zone v_schedule.timezone, 'YYYY-MM-DD HH24:MI'),
        array_to_string(v_schedule.calendars, ', '))
    end
  from almanac_private.coming_occurrences(v_schedule, v_now + interval '1 microsecond', 'infinity',
      almanac_private.checked_count(preview.max_count, 1000)) with ordinality o(at, due_at, outcome, position)
  cross join lateral almanac_private.local_reading(o.due_at, v_schedule.timezone) l
  cross join lateral (
    -- In the zone's standing offset of the day before, a moved time shows what the rule had planned.
    select (o.at at time zone 'UTC') + ((o.at - interval '25 hours') at time zone v_schedule.timezone - (o.at - interval '25 hours') at time zone 'UTC') as planned
  ) gap
  cross join lateral (
    select case when l.after_gap and o.due_at = o.at then gap.planned else l.shown end as planned
  ) n
  order by o.position;
end
$$;
comment on function almanac.preview(jsonb, integer) is
  'The next occurrences of a schedule that is not saved yet: columns of almanac.schedules as JSON. Refuses what saving would refuse, with the same errors. local_time is that of due_at; note says what a clock change or a calendar does to it. With id, the number of a saved schedule, the definition changes that one: its phase, its jitter and its moved occurrences are in the times. Without one jitter is not, as the number decides it.';
grant execute on function almanac.preview(jsonb, integer) to almanac_viewer;
--! EndIncluded functions/preview.sql
--! Included functions/read_definition.sql
create or replace function almanac_private.read_definition(definition jsonb, base almanac.schedules default null) returns almanac.schedules
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_known text[] := array['name', 'description', 'kind', 'cron_expression', 'every', 'run_at', 'timezone', 'starts_at', 'ends_at', 'max_runs',
    'task_identifier', 'payload', 'priority', 'status', 'pause_reason', 'overlap_policy', 'max_concurrent', 'missed_run_policy', 'late_tolerance',
    'catchup_window', 'catchup_per_minute', 'max_attempts', 'retry_delay', 'retry_backoff', 'retry_ceiling', 'timeout', 'jitter', 'calendars',
    'exclusion_policy', 'tags', 'owner_user'];
  v_key text;
  v_message text;
  v_read almanac.schedules;
begin
  if jsonb_typeof(read_definition.definition) is distinct from 'object' then
    raise exception using errcode = 'AL009', message = 'The definition is not a JSON object.',
      detail = format('It is of type %s.', coalesce(jsonb_typeof(read_definition.definition), 'null')), hint = 'Give {"column": value, …}.';
  end if;
  for v_key in select k from jsonb_object_keys(read_definition.definition) k order by k loop
    if v_key <> all (v_known) then
      raise exception using errcode = 'AL009', column = v_key, message = format('There is no setting %s.', v_key),
        detail = format('Known are: %s.', array_to_string(v_known, ', ')),
        hint = 'Settings are columns of almanac.schedules; computed ones cannot be set.';
    end if;
    begin
      v_read := jsonb_populate_record(read_definition.base, jsonb_build_object(v_key, read_definition.definition -> v_key));
    exception when others then
      get stacked diagnostics v_message = message_text;
      raise exception using errcode = sqlstate, column = v_key, message = format('%s cannot be read: %s', v_key, v_message),
        detail = format('%s: %s', v_key, left(read_definition.definition ->> v_key, 200)),
        hint = format('%s is of type %s.', v_key, (
          select format_type(a.atttypid, a.atttypmod) from pg_attribute a
          where a.attrelid = 'almanac.schedules'::regclass and a.attname = v_key));
    end;
  end loop;
  return jsonb_populate_record(read_definition.base, read_definition.definition);
end
$$;
comment on function almanac_private.read_definition(jsonb, almanac.schedules) is
  'A row of schedules from column names and values, on top of a base row. Unknown names (AL009) and unreadable values are refused, with the column at fault.';
grant execute on function almanac_private.read_definition(jsonb, almanac.schedules) to almanac_viewer;
--! EndIncluded functions/read_definition.sql
--! Included functions/tg_set_identity.sql
create or replace function almanac_private.tg_set_identity() returns trigger
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_computed text;
begin
  if tg_op = 'INSERT' then
    new.run_as := current_user;
    new.owner_user := coalesce(almanac.current_user_id(), new.owner_user);
    new.created_at := statement_timestamp();
    new.created_by := almanac_private.actor();
    v_computed := case
      when new.next_run_at is not null then 'next_run_at'
      when new.last_run_at is not null then 'last_run_at'
      when new.last_status is not null then 'last_status'
      when new.total_runs <> 0 then 'total_runs'
      when new.failed_runs <> 0 then 'failed_runs'
      when new.has_overrides then 'has_overrides'
    end;
  else
    v_computed := case
      when new.id <> old.id then 'id'
      when new.next_run_at is distinct from old.next_run_at then 'next_run_at'
      when new.next_scheduled_for is distinct from old.next_scheduled_for then 'next_scheduled_for'
      when new.cursor_at is distinct from old.cursor_at then 'cursor_at'
      when new.last_run_at is distinct from old.last_run_at then 'last_run_at'
      when new.last_status is distinct from old.last_status then 'last_status'
      when new.total_runs <> old.total_runs then 'total_runs'
      when new.failed_runs <> old.failed_runs then 'failed_runs'
      when new.run_as <> old.run_as then 'run_as'
      when new.created_at <> old.created_at then 'created_at'
      when new.created_by <> old.created_by then 'created_by'
      when new.paused_at is distinct from old.paused_at then 'paused_at'
      when new.has_overrides <> old.has_overrides then 'has_overrides'
      when (new.rule_seconds, new.rule_minutes, new.rule_hours, new.rule_first_time, new.rule_weekdays, new.rule_months, new.rule_days, new.rule_running)
        is distinct from
        (old.rule_seconds, old.rule_minutes, old.rule_hours, old.rule_first_time, old.rule_weekdays, old.rule_months, old.rule_days, old.rule_running)
        then 'rule_…'
      when new.status = 'completed' and old.status <> 'completed' then 'status'
    end;
    if (new.task_identifier, new.payload) is distinct from (old.task_identifier, old.payload) then
      new.run_as := current_user;
    end if;
    if new.owner_user is distinct from old.owner_user and not pg_has_role('almanac_admin', 'member') then
      raise exception using errcode = 'AL011', column = 'owner_user', message = 'Only an admin gives a schedule to another user.',
        detail = format('Schedule %s.', old.name), hint = 'Ask an admin.';
    end if;
  end if;
  if new.task_identifier = 'almanac:sql' and (tg_op = 'INSERT' or (new.task_identifier, new.payload) is distinct from (old.task_identifier, old.payload)) then
    perform almanac_private.check_may_run_sql();
  end if;
  if v_computed is not null then
    raise exception using errcode = 'AL008', column = v_computed,
      message = format('%s is computed and cannot be written.', v_computed),
      detail = format('Schedule %s.', new.name),
      hint = case
        when v_computed in ('next_run_at', 'next_scheduled_for', 'cursor_at') then 'Change the rule (cron_expression, every, run_at, timezone, starts_at), or call almanac.trigger_now().'
        when v_computed = 'status' then 'Almanac completes a schedule when no further run is possible. Use almanac.pause(), or set status to disabled.'
        when v_computed = 'paused_at' then 'Call almanac.pause() or almanac.resume().'
        when v_computed = 'has_overrides' then 'Call almanac.move_occurrence(), skip_occurrence() or restore_occurrence().'
        when v_computed = 'run_as' then 'Whoever changes the task or the payload becomes its run_as.'
        else 'Leave it out.'
      end;
  end if;
  new.updated_at := statement_timestamp();
  new.updated_by := almanac_private.actor();
  return new;
end
$$;
comment on function almanac_private.tg_set_identity() is
  'Before an insert or update of a schedule by anyone but the engine: says who did it, with whose rights it runs, and refuses writes to computed columns. Invoker: current_user is the point.';
--! EndIncluded functions/tg_set_identity.sql
--! Included functions/insert_skipped.sql
-- Definer: writes the ledger.
create or replace function almanac_private.insert_skipped(schedule almanac.schedules, scheduled_for timestamptz, reason text, as_of timestamptz) returns void
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
  insert into almanac.runs as r
    (schedule_id, schedule_name, task_identifier, payload, scheduled_for, due_at, trigger, status, reason, max_attempts, timeout, priority,
     finished_at, run_as)
  values (schedule.id, schedule.name, schedule.task_identifier, schedule.payload, insert_skipped.scheduled_for, insert_skipped.scheduled_for, 'schedule',
    'skipped', case insert_skipped.reason
      when 'skipped' then coalesce((
        select format('skipped by %s%s', o.created_by, ': ' || o.reason) from almanac.occurrence_overrides o
        where o.schedule_id = (insert_skipped.schedule).id and o.scheduled_for = insert_skipped.scheduled_for), 'skipped')
      else insert_skipped.reason end,
    schedule.max_attempts, schedule.timeout, schedule.priority, insert_skipped.as_of, schedule.run_as)
  on conflict (schedule_id, scheduled_for) where (r.trigger = 'schedule') do nothing;
end
$$;
comment on function almanac_private.insert_skipped(almanac.schedules, timestamptz, text, timestamptz) is
  'Writes to the ledger that an occurrence did not run because of itself: skipped by someone, or merged into a later one.';
--! EndIncluded functions/insert_skipped.sql
--! Included functions/is_fired_late.sql
create or replace function almanac_private.is_fired_late(
  missed_run_policy almanac.missed_run_policy, due_at timestamptz, is_latest boolean, tolerated timestamptz, since timestamptz
) returns boolean
language sql immutable parallel safe
return due_at >= tolerated or (due_at >= since and (missed_run_policy = 'run_all' or (missed_run_policy = 'run_latest' and is_latest)));
comment on function almanac_private.is_fired_late(almanac.missed_run_policy, timestamptz, boolean, timestamptz, timestamptz) is
  'Whether an occurrence reached after its due time fires all the same: within late_tolerance, or, within the catch-up window, as the missed-run policy says (latest: the last one due by now).';
--! EndIncluded functions/is_fired_late.sql
--! Included functions/hold_occurrence.sql
-- Definer: writes overrides on behalf of whoever changes the rule.
create or replace function almanac_private.hold_occurrence(schedule almanac.schedules, as_of timestamptz, reason text) returns boolean
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
begin
  insert into almanac.occurrence_overrides (schedule_id, scheduled_for, action, moved_to, reason, created_by)
  select schedule.id, p.scheduled_for, 'move', greatest(p.due_at, hold_occurrence.as_of), hold_occurrence.reason, 'almanac'
  from almanac_private.planned_occurrences(schedule, schedule.cursor_at, hold_occurrence.as_of + interval '1 microsecond', 1) p
  where p.outcome = 'run' and schedule.total_runs < coalesce(schedule.max_runs, 9223372036854775807)
  on conflict do nothing;
  return found;
end
$$;
comment on function almanac_private.hold_occurrence(almanac.schedules, timestamptz, text) is
  'Makes a moved occurrence of one whose nominal time is past and that has no outcome, so that it is due when it was, or now, whatever becomes of its rule or its calendars; says whether there was one.';
--! EndIncluded functions/hold_occurrence.sql
--! Included functions/settle_schedule.sql
-- Definer: writes the ledger on behalf of whoever changes a schedule that is due.
create or replace function almanac_private.settle_schedule(
  schedule almanac.schedules, as_of timestamptz, max_steps integer default 20000, omit_as almanac.omission_reason default null
) returns almanac.schedules
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
  -- By key, whatever the statistics say, as fire_due.
  set enable_hashjoin to off set enable_mergejoin to off set enable_seqscan to off
as $$
#variable_conflict use_column
declare
  v_tolerated timestamptz := settle_schedule.as_of - schedule.late_tolerance;
  v_window timestamptz := settle_schedule.as_of - schedule.catchup_window;
  v_planned almanac_private.planned_occurrence[];
  v_moved almanac.occurrence_overrides[] := '{}';
  v_item almanac_private.planned_occurrence;
  v_next_moved integer := 1;
  v_is_complete boolean;
  v_latest timestamptz;
  v_follows timestamptz := schedule.cursor_at;
  v_first timestamptz;
  v_count bigint := 0;
  v_reason almanac.omission_reason;
  v_outcome almanac.omission_reason;
  v_run almanac.runs;
  v_marks timestamptz[] := '{}';
  v_caught_up integer := 0;
  v_stopped tstzmultirange := almanac_private.stopped_times(least(schedule.cursor_at, schedule.next_run_at));
  v_settled almanac.schedules := schedule;
begin
  if schedule.calendars <> '{}' then
    schedule.cursor_at := almanac_private.settle_stretch(schedule, settle_schedule.as_of, settle_schedule.omit_as);
    v_settled.cursor_at := schedule.cursor_at;
    v_follows := schedule.cursor_at;
  end if;
  if schedule.has_overrides then
    -- Overridden times that a stretch must not cover: they have outcomes of their own, also under a rule that does not name them any more.
    v_marks := array(select o.scheduled_for from almanac.occurrence_overrides o
      where o.schedule_id = (settle_schedule.schedule).id and o.scheduled_for > (settle_schedule.schedule).cursor_at order by o.scheduled_for);
    v_moved := array(select m from almanac_private.moved_occurrences(schedule) m where m.moved_to <= settle_schedule.as_of order by m.moved_to, m.scheduled_for);
  end if;
  v_planned := array(
    select p from almanac_private.planned_occurrences(schedule, schedule.cursor_at, settle_schedule.as_of + interval '1 microsecond',
      settle_schedule.max_steps, true) p);
  v_is_complete := cardinality(v_planned) < settle_schedule.max_steps;
  if v_is_complete then
    v_latest := (
      select d.scheduled_for
      from (
        select p.scheduled_for, p.due_at from unnest(v_planned) p where p.outcome = 'run' and p.due_at <= settle_schedule.as_of
        union all
        select m.scheduled_for, m.moved_to from unnest(v_moved) m
      ) d
      where not v_stopped @> d.due_at
      order by d.due_at desc, d.scheduled_for desc limit 1);
  end if;

  for v_step in 1 .. cardinality(v_planned) + v_is_complete::integer loop
    v_item := v_planned[v_step]; -- after the last: null, for what else was moved
    exit when v_settled.max_runs <= v_settled.total_runs;
    if v_item.outcome = 'run' and v_item.due_at > settle_schedule.as_of then
      v_item := null; -- it is held back, and whatever comes after it
    end if;

    -- Moved ones whose time comes before this one's.
    while v_next_moved <= cardinality(v_moved) and (v_item is null or (v_item.outcome = 'run' and v_moved[v_next_moved].moved_to <= v_item.due_at)) loop
      exit when v_settled.max_runs <= v_settled.total_runs;
      if settle_schedule.omit_as is null and not v_stopped @> v_moved[v_next_moved].moved_to and almanac_private.is_fired_late(schedule.missed_run_policy,
        v_moved[v_next_moved].moved_to, v_moved[v_next_moved].scheduled_for is not distinct from v_latest, v_tolerated, v_window)
      then
        v_run := almanac_private.insert_run(v_settled, v_moved[v_next_moved].scheduled_for, v_moved[v_next_moved].moved_to, 'schedule',
          schedule.payload, null, settle_schedule.as_of, case when v_moved[v_next_moved].moved_to < v_tolerated then v_caught_up end);
        v_caught_up := v_caught_up + (v_moved[v_next_moved].moved_to < v_tolerated)::integer;
        if v_run.status <> 'skipped' then
          v_settled.total_runs := v_settled.total_runs + 1;
          v_settled.last_run_at := v_moved[v_next_moved].moved_to;
        end if;
      else
        perform almanac_private.record_omission(schedule.id, schedule.name, v_moved[v_next_moved].scheduled_for, v_moved[v_next_moved].scheduled_for, 1,
          coalesce(settle_schedule.omit_as, case when v_stopped @> v_moved[v_next_moved].moved_to then 'stopped' else 'missed' end::almanac.omission_reason), null, settle_schedule.as_of);
      end if;
      update almanac.occurrence_overrides o set done_at = settle_schedule.as_of
      where o.schedule_id = (settle_schedule.schedule).id and o.scheduled_for = v_moved[v_next_moved].scheduled_for;
      v_next_moved := v_next_moved + 1;
    end loop;
    exit when v_item is null or v_settled.max_runs <= v_settled.total_runs;

    v_outcome := case
      when v_item.outcome = 'moved' then null
      when settle_schedule.omit_as is not null then settle_schedule.omit_as
      when v_item.outcome = 'excluded' then 'excluded'
      when v_item.outcome = 'run' and v_stopped @> v_item.due_at then 'stopped'
      when v_item.outcome = 'run' and not almanac_private.is_fired_late(schedule.missed_run_policy, v_item.due_at,
        v_item.scheduled_for is not distinct from v_latest, v_tolerated, v_window) then 'missed'
    end;
    if v_count > 0 and (v_outcome is distinct from v_reason
      or exists (select from unnest(v_marks) m(at) where m.at > v_settled.cursor_at and m.at < v_item.scheduled_for))
    then
      perform almanac_private.record_omission(schedule.id, schedule.name, v_first, v_settled.cursor_at, v_count, v_reason, v_follows, settle_schedule.as_of);
      v_follows := null;
      v_count := 0;
    end if;
    if v_outcome is not null then
      if v_count = 0 then
        v_first := v_item.scheduled_for;
        v_reason := v_outcome;
      end if;
      v_count := v_count + 1;
    else
      v_follows := null;
      if v_item.outcome = 'run' then
        v_run := almanac_private.insert_run(v_settled, v_item.scheduled_for, v_item.due_at, 'schedule', schedule.payload, null, settle_schedule.as_of,
          case when v_item.due_at < v_tolerated then v_caught_up end);
        v_caught_up := v_caught_up + (v_item.due_at < v_tolerated)::integer;
        if v_run.status <> 'skipped' then
          v_settled.total_runs := v_settled.total_runs + 1;
          v_settled.last_run_at := v_item.due_at;
        end if;
      elsif v_item.outcome in ('skipped', 'merged') then
        perform almanac_private.insert_skipped(v_settled, v_item.scheduled_for, v_item.outcome, settle_schedule.as_of);
      end if;
    end if;
    if v_item.outcome in ('moved', 'skipped') then
      update almanac.occurrence_overrides o
      set is_owed = o.action = 'move' and o.done_at is null, done_at = coalesce(o.done_at, case o.action when 'skip' then settle_schedule.as_of end)
      where o.schedule_id = (settle_schedule.schedule).id and o.scheduled_for = v_item.scheduled_for;
    end if;
    v_settled.cursor_at := v_item.scheduled_for;
  end loop;
  if v_count > 0 then
    perform almanac_private.record_omission(schedule.id, schedule.name, v_first, v_settled.cursor_at, v_count, v_reason, v_follows, settle_schedule.as_of);
  end if;
  v_settled.has_overrides := schedule.has_overrides and exists (select from almanac.occurrence_overrides o where o.schedule_id = (settle_schedule.schedule).id and (o.done_at is null or o.scheduled_for > v_settled.cursor_at));
  select d.scheduled_for, d.due_at into v_settled.next_scheduled_for, v_settled.next_run_at from almanac_private.next_due(v_settled) d;
  return v_settled;
end
$$;
comment on function almanac_private.settle_schedule(almanac.schedules, timestamptz, integer, almanac.omission_reason) is
  'Gives every occurrence due by as_of its outcome, one by one: a run, or a place in a stretch of omitted ones; all of them omitted if omit_as says why. Returns the row as it is then, for the caller to write. The path for what is behind or out of line; fire_due does the rest at once.';
--! EndIncluded functions/settle_schedule.sql
--! Included functions/settle_rule.sql
-- Definer: writes the ledger on behalf of whoever changes a schedule.
create or replace function almanac_private.settle_rule(
  schedule almanac.schedules, as_of timestamptz, omit_as almanac.omission_reason, closing text default null
) returns almanac.schedules
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_settled almanac.schedules := schedule;
  v_unlimited almanac.schedules := schedule;
  v_follows timestamptz;
  v_stretch record;
begin
  perform set_config('almanac.engine', 'on', true);
  if settle_rule.omit_as is not null and not v_settled.has_overrides and v_settled.jitter is null and v_settled.exclusion_policy = 'skip' then
    -- All of one kind and in their order: counted at once, as a pause can be long. What is omitted does not count for max_runs.
    v_unlimited.max_runs := null;
    select min(o.at) as first, max(o.at) as last, count(*) as count into v_stretch
    from almanac_private.occurrences_between(v_unlimited, v_settled.cursor_at + interval '1 microsecond', settle_rule.as_of + interval '1 microsecond', null) o(at);
    if v_stretch.count > 0 then
      perform almanac_private.record_omission(v_settled.id, v_settled.name, v_stretch.first, v_stretch.last, v_stretch.count, settle_rule.omit_as,
        v_settled.cursor_at, settle_rule.as_of);
      v_settled.cursor_at := v_stretch.last;
    end if;
  else
    loop
      v_follows := v_settled.cursor_at;
      v_settled := almanac_private.settle_schedule(v_settled, settle_rule.as_of, 20000, settle_rule.omit_as);
      if v_settled.cursor_at = v_follows then
        -- What jitter or a calendar holds back: as a moved one it does not depend on the rule any more, and what comes after it can be settled.
        exit when settle_rule.closing is null or not almanac_private.hold_occurrence(v_settled, settle_rule.as_of, 'due when its rule changed');
        v_settled.has_overrides := true;
      end if;
    end loop;
  end if;
  if settle_rule.closing = 'stop' and v_settled.has_overrides then
    perform almanac_private.record_omission(o.schedule_id, v_settled.name, o.scheduled_for, o.scheduled_for, 1, 'stopped', null, settle_rule.as_of)
    from almanac.occurrence_overrides o where o.schedule_id = v_settled.id and o.is_owed and o.done_at is null;
    update almanac.occurrence_overrides o set done_at = settle_rule.as_of
    where o.schedule_id = v_settled.id and o.is_owed and o.done_at is null;
  end if;
  perform set_config('almanac.engine', 'off', true);
  return v_settled;
end
$$;
comment on function almanac_private.settle_rule(almanac.schedules, timestamptz, almanac.omission_reason, text) is
  'Settles all that a rule owes up to as_of before it changes, however much it is, and returns the row as it is then. closing: hold, the rule ends here and what it still holds back stays due; stop, the schedule ends firing and that is recorded as stopped.';
--! EndIncluded functions/settle_rule.sql
--! Included functions/write_settled.sql
-- Definer: writes what only the engine may.
create or replace function almanac_private.write_settled(settled almanac.schedules) returns void
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
begin
  update almanac.schedules s
  set cursor_at = settled.cursor_at, next_scheduled_for = settled.next_scheduled_for, next_run_at = settled.next_run_at,
    has_overrides = settled.has_overrides, last_run_at = settled.last_run_at, total_runs = settled.total_runs,
    status = case when settled.next_run_at is null and s.status = 'active' and s.kind <> 'manual' then 'completed'::almanac.schedule_status else s.status end
  where s.id = settled.id;
end
$$;
comment on function almanac_private.write_settled(almanac.schedules) is
  'Writes what settle_schedule found to the schedule''s row, with the setting almanac.engine on; completes it if nothing can come any more.';
--! EndIncluded functions/write_settled.sql
--! Included functions/fire_due.sql
-- Definer: writes the ledger and Graphile Worker's jobs. The setting keeps the triggers for people's writes out of the way
-- (a set clause on the function would need a superuser).
create or replace function almanac_private.fire_due(
  as_of timestamptz default now(), max_count integer default 500, out fired integer, out next_due timestamptz
)
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
  -- By key, whatever the statistics say: a hash join would read all of a large table for a handful of rows, here and in add_jobs.
  set enable_hashjoin to off set enable_mergejoin to off set enable_seqscan to off set plan_cache_mode to force_generic_plan
as $$
declare
  v_ids bigint[];
  v_done bigint[];
  v_resumed timestamptz;
  v_schedule almanac.schedules;
  v_settled almanac.schedules;
  v_delay interval := almanac_private.arm_delay();
begin
  fired := 0;
  if almanac_private.is_stopped() then
    return;
  end if;
  v_resumed := coalesce((select max(s.resumed_at) from almanac.stops s where not s.catch_up), '-infinity');
  perform set_config('almanac.engine', 'on', true);

  -- A statement of its own: the next one's snapshot is then younger than these locks, so that it counts the runs of whoever held them before.
  v_ids := array(
    select s.id from almanac.schedules s
    where s.next_run_at <= fire_due.as_of
    order by s.next_run_at, s.id
    limit fire_due.max_count
    for no key update skip locked
  );

  with due as materialized (
    select s.*, almanac_private.next_occurrence(s, s.next_scheduled_for) as following, case when s.jitter is not null then s end as spread
    from unnest(v_ids) u(id) join almanac.schedules s on s.id = u.id
    -- Written so that the index of due times does not serve: each call for a part of a herd would read all of the herd in it.
    where coalesce(s.next_run_at, 'infinity') between fire_due.as_of - s.late_tolerance and fire_due.as_of
      and coalesce(s.next_run_at, 'infinity') >= v_resumed and s.calendars = '{}' and not s.has_overrides
      and (s.overlap_policy <> 'cancel_running' or not exists (select from almanac_private.live_runs l where l.schedule_id = s.id))
  ), decided as materialized (
    -- What is behind by more than one occurrence, or out of line, is left to settle_schedule.
    select d.*, coalesce(o.status, 'queued') as run_status, o.reason as run_reason, nextval('almanac.runs_id_seq') as run_id,
      case when d.max_runs <= d.total_runs + (o.status is distinct from 'skipped')::integer then null else d.following end as then_scheduled_for,
      case
        when d.max_runs <= d.total_runs + (o.status is distinct from 'skipped')::integer then null
        when d.jitter is null then d.following
        else d.following
          + almanac_private.jitter_delay(d.id, d.following, d.jitter, d.following, almanac_private.next_occurrence(d.spread, d.following))
      end as then_due
    from due d
    left join lateral (
      select almanac_private.overlap_status(d.overlap_policy, d.max_concurrent, c.live, c.waiting) as status,
        almanac_private.overlap_reason(d.overlap_policy, d.max_concurrent, c.live, c.waiting) as reason
      from (
        select count(*) as live, count(*) filter (where l.is_waiting) as waiting
        from almanac_private.live_runs l where l.schedule_id = d.id and l.trigger = 'schedule'
      ) c
      where c.live > 0
    ) o on not (d.overlap_policy = 'allow' and d.max_concurrent is null)
    where d.following is null or d.following > fire_due.as_of
  ), ledger as (
    insert into almanac.runs as r
      (id, schedule_id, schedule_name, task_identifier, payload, scheduled_for, due_at, trigger, status, reason, max_attempts, timeout, priority,
       queued_at, finished_at, run_as)
    select d.run_id, d.id, d.name, d.task_identifier, d.payload, d.next_scheduled_for, d.next_run_at, 'schedule', d.run_status, d.run_reason,
      d.max_attempts, d.timeout, d.priority,
      case when d.run_status = 'queued' then fire_due.as_of end, case when d.run_status = 'skipped' then fire_due.as_of end, d.run_as
    from decided d
    on conflict (schedule_id, scheduled_for) where (r.trigger = 'schedule') do nothing
    returning r.id, r.schedule_id, r.scheduled_for, r.status, r.task_identifier, r.payload, r.priority
  ), live as (
    insert into almanac_private.live_runs (schedule_id, run_id, scheduled_for, trigger, is_waiting)
    select l.schedule_id, l.id, l.scheduled_for, 'schedule', l.status = 'waiting' from ledger l where l.status <> 'skipped'
  ), moved as (
    update almanac.schedules s
    set cursor_at = d.next_scheduled_for, next_scheduled_for = d.then_scheduled_for, next_run_at = d.then_due,
      status = case when d.then_due is null then 'completed' else s.status end,
      last_run_at = case when d.run_status = 'skipped' then s.last_run_at else d.next_run_at end,
      total_runs = s.total_runs + case when d.run_status = 'skipped' then 0 else 1 end
    from decided d where s.id = d.id
    returning s.id, s.next_run_at
  ), added as (
    select count(*) from graphile_worker.add_jobs(array(
      select almanac_private.run_job_spec(l.id, l.schedule_id, l.scheduled_for, 1, 'schedule', l.task_identifier, l.payload, l.priority, null)
      from ledger l where l.status = 'queued'
      union all
      select almanac_private.arm_spec(m.id, m.next_run_at, v_delay) from moved m where m.next_run_at is not null
    ))
  ), removed as (
    -- The job of a schedule that is done. A worker that has it locked finds nothing to do.
    select graphile_worker.remove_job('schedule:' || m.id) from moved m where m.next_run_at is null
  )
  select array_agg(m.id), (select count(*) from ledger l where l.status <> 'skipped')
  into v_done, fired
  from moved m, (select count(*) from added) a, (select count(*) from removed) b;
  fired := coalesce(fired, 0);

  for v_schedule in
    select s.* from almanac.schedules s
    where s.id = any (v_ids) and s.id <> all (coalesce(v_done, '{}')) and s.next_run_at <= fire_due.as_of
    order by s.id
  loop
    begin
      v_settled := almanac_private.settle_schedule(v_schedule, fire_due.as_of);
      perform almanac_private.write_settled(v_settled);
      if v_settled.next_run_at is null then
        perform graphile_worker.remove_job('schedule:' || v_schedule.id);
      else
        perform graphile_worker.add_jobs(array[almanac_private.arm_spec(v_schedule.id, v_settled.next_run_at, v_delay)]);
      end if;
      fired := fired + (v_settled.total_runs - v_schedule.total_runs)::integer;
    exception when others then
      -- One that cannot be settled must not keep the others from firing.
      raise warning 'Schedule % cannot be fired: %', v_schedule.name, sqlerrm using errcode = sqlstate;
    end;
  end loop;

  perform set_config('almanac.engine', 'off', true);
  next_due := (select min(s.next_run_at) from almanac.schedules s);
end
$$;
comment on function almanac_private.fire_due(timestamptz, integer) is
  'Fires up to max_count schedules that are due: ledger, run jobs, next run and re-arming in one transaction. Returns how many runs came of it and when the next is due (which may be already; null: none is, or all are stopped).';
grant execute on function almanac_private.fire_due(timestamptz, integer) to almanac_worker;
--! EndIncluded functions/fire_due.sql
--! Included functions/notify_schedules.sql
create or replace function almanac_private.notify_schedules(schedule_ids bigint[], op text default 'update') returns void
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
begin
  if cardinality(notify_schedules.schedule_ids) > 0 then
    perform pg_notify('almanac_schedules', json_build_object(
      'op', case when cardinality(notify_schedules.schedule_ids) > 200 then 'bulk' else notify_schedules.op end,
      'ids', case when cardinality(notify_schedules.schedule_ids) > 200 then '[]'::json else to_json(notify_schedules.schedule_ids::text[]) end)::text);
  end if;
end
$$;
comment on function almanac_private.notify_schedules(bigint[], text) is
  'Says which schedules have changed, once for all of them: tickers look when they are due, browsers fetch them anew.';
--! EndIncluded functions/notify_schedules.sql
--! Included functions/replan.sql
-- Definer: writes what only the engine may.
create or replace function almanac_private.replan(schedule_ids bigint[]) returns integer
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
  -- By key, whatever the statistics say, as fire_due.
  set enable_hashjoin to off set enable_mergejoin to off set enable_seqscan to off
as $$
declare
  v_schedule almanac.schedules;
  v_was timestamptz;
  v_was_for timestamptz;
  v_delay interval := almanac_private.arm_delay();
  v_specs graphile_worker.job_spec[] := '{}';
  v_moved bigint[] := '{}';
begin
  perform set_config('almanac.engine', 'on', true);
  for v_schedule in
    select s.* from almanac.schedules s
    where s.id = any (replan.schedule_ids) and s.status in ('active', 'completed') and s.kind <> 'manual' and s.deleted_at is null and s.archived_at is null
    order by s.id for no key update
  loop
    v_was := v_schedule.next_run_at;
    v_was_for := v_schedule.next_scheduled_for;
    select d.scheduled_for, d.due_at into v_schedule.next_scheduled_for, v_schedule.next_run_at from almanac_private.next_due(v_schedule) d;
    if v_schedule.next_run_at < statement_timestamp()
      and almanac_private.hold_occurrence(v_schedule, statement_timestamp(), 'due when what held it back went away')
    then
      v_schedule.has_overrides := true;
      select d.scheduled_for, d.due_at into v_schedule.next_scheduled_for, v_schedule.next_run_at from almanac_private.next_due(v_schedule) d;
    end if;
    continue when (v_schedule.next_run_at, v_schedule.next_scheduled_for) is not distinct from (v_was, v_was_for);
    update almanac.schedules s
    set has_overrides = v_schedule.has_overrides, next_scheduled_for = v_schedule.next_scheduled_for, next_run_at = v_schedule.next_run_at,
      status = case when v_schedule.next_run_at is null then 'completed' else 'active' end::almanac.schedule_status
    where s.id = v_schedule.id;
    v_moved := v_moved || v_schedule.id;
    if v_schedule.next_run_at is null then
      perform graphile_worker.remove_job('schedule:' || v_schedule.id);
    else
      v_specs := v_specs || almanac_private.arm_spec(v_schedule.id, v_schedule.next_run_at, v_delay);
    end if;
  end loop;
  perform set_config('almanac.engine', 'off', true);
  perform graphile_worker.add_jobs(v_specs);
  perform almanac_private.notify_schedules(replan.schedule_ids);
  return cardinality(v_moved);
end
$$;
comment on function almanac_private.replan(bigint[]) is
  'Computes anew when these schedules are next due, because something beside their rows has changed, and arms them; returns how many have moved. What is due by now must be settled before the change.';
--! EndIncluded functions/replan.sql
--! Included functions/settle_before_change.sql
-- Definer: writes the ledger on behalf of whoever changes what schedules depend on.
create or replace function almanac_private.settle_before_change(schedule_ids bigint[]) returns void
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_schedule almanac.schedules;
begin
  for v_schedule in
    select s.* from almanac.schedules s where s.id = any (settle_before_change.schedule_ids) and s.next_run_at is not null
    order by s.id for no key update
  loop
    -- Nothing is due, nor left out since the cursor and not recorded yet.
    continue when v_schedule.next_run_at > statement_timestamp() and not v_schedule.has_overrides
      and almanac_private.next_occurrence(v_schedule, v_schedule.cursor_at) > statement_timestamp();
    v_schedule := almanac_private.settle_rule(v_schedule, greatest(statement_timestamp(), v_schedule.cursor_at), null);
    perform set_config('almanac.engine', 'on', true);
    perform almanac_private.write_settled(v_schedule);
    perform set_config('almanac.engine', 'off', true);
  end loop;
end
$$;
comment on function almanac_private.settle_before_change(bigint[]) is
  'Locks schedules and settles what they owe up to this moment, before a calendar or an override of theirs changes; replan() comes after.';
--! EndIncluded functions/settle_before_change.sql
--! Included functions/tg_arm_schedules.sql
-- Definer: Graphile Worker's tables are the owner's.
create or replace function almanac_private.tg_arm_schedules() returns trigger
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_delay interval := almanac_private.arm_delay();
  v_specs graphile_worker.job_spec[];
  v_removed bigint[];
  v_changed bigint[];
  v_ended bigint[];
begin
  if tg_op = 'INSERT' then
    select array_agg(almanac_private.arm_spec(n.id, n.next_run_at, v_delay) order by n.id) filter (where n.next_run_at is not null), array_agg(n.id)
    into v_specs, v_changed from new_rows n;
    insert into almanac_private.rule_versions (schedule_id, rule, valid_from)
    select s.id, almanac_private.rule_of(s), s.cursor_at
    from almanac.schedules s where s.id = any (v_changed) and almanac_private.has_rule(s.kind, s.status, s.deleted_at, s.archived_at);
  elsif tg_op = 'UPDATE' then
    select
      array_agg(almanac_private.arm_spec(n.id, n.next_run_at, v_delay) order by n.id)
        filter (where n.next_run_at is not null and n.next_run_at is distinct from o.next_run_at),
      array_agg(n.id order by n.id) filter (where n.next_run_at is null and o.next_run_at is not null),
      array_agg(n.id)
    into v_specs, v_removed, v_changed
    from new_rows n left join old_rows o on o.id = n.id;
    v_ended := array(
      select o.id from old_rows o join new_rows n on n.id = o.id
      where (o.kind, o.every, o.run_at, o.timezone, o.starts_at, o.ends_at, o.cron_expression,
          almanac_private.has_rule(o.kind, o.status, o.deleted_at, o.archived_at))
        is distinct from (n.kind, n.every, n.run_at, n.timezone, n.starts_at, n.ends_at, n.cron_expression,
          almanac_private.has_rule(n.kind, n.status, n.deleted_at, n.archived_at)));
    if v_ended <> '{}' then
      update almanac_private.rule_versions v
      -- Of a schedule that had run out, what its rule names after the last outcome is nobody's.
      set valid_to = greatest(v.valid_from, case when o.status = 'completed' then o.cursor_at else greatest(statement_timestamp(), n.cursor_at) end)
      from old_rows o join new_rows n on n.id = o.id where o.id = any (v_ended) and v.schedule_id = o.id and v.valid_to is null;
      insert into almanac_private.rule_versions (schedule_id, rule, valid_from)
      select s.id, almanac_private.rule_of(s), s.cursor_at
      from almanac.schedules s where s.id = any (v_ended) and almanac_private.has_rule(s.kind, s.status, s.deleted_at, s.archived_at);
    end if;
  else
    select array_agg(o.id order by o.id), array_agg(o.id) into v_removed, v_changed from old_rows o;
    update almanac_private.rule_versions v
    set valid_to = greatest(v.valid_from, case when o.status = 'completed' then o.cursor_at else greatest(statement_timestamp(), o.cursor_at) end),
      schedule_name = o.name
    from old_rows o where v.schedule_id = o.id and v.valid_to is null;
  end if;

  if v_changed is null then
    return null;
  end if;
  perform almanac_private.add_jobs(v_specs);
  perform graphile_worker.remove_job('schedule:' || r.id) from unnest(v_removed) r(id);
  perform almanac_private.notify_schedules(v_changed, lower(tg_op));
  return null;
end
$$;
comment on function almanac_private.tg_arm_schedules() is
  'After a statement that changed schedules: arms or removes their schedule:<id> jobs in one call, keeps which rule held when for check_ledger(), and notifies once.';
--! EndIncluded functions/tg_arm_schedules.sql
--! Included functions/tg_compute_schedule.sql
-- Definer: settles what a rule still owes before it changes, which writes the ledger.
create or replace function almanac_private.tg_compute_schedule() returns trigger
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_now timestamptz := statement_timestamp();
  v_rule_changed boolean := true;
  v_was_firing boolean := false;
  v_fires boolean;
  v_restarts boolean;
  v_settled almanac.schedules;
begin
  if not exists (select from almanac.tasks t where t.identifier = new.task_identifier) then
    raise exception using errcode = 'AL005', column = 'task_identifier', message = format('The task %s is unknown.', new.task_identifier),
      detail = 'No worker has announced it.',
      hint = 'Start a worker that has it, or announce it: select almanac.register_task(''' || replace(new.task_identifier, '''', '''''') || ''').';
  end if;
  new := almanac_private.prepare_schedule(new);
  if new.calendars <> '{}' then
    perform from almanac.calendars c where c.name = any (new.calendars) order by c.id for key share;
  end if;

  if tg_op = 'UPDATE' then
    v_was_firing := old.next_scheduled_for is not null;
    v_rule_changed := (new.kind, new.cron_expression, new.every, new.run_at, new.timezone, new.starts_at, new.ends_at, new.max_runs,
        new.jitter, new.calendars, new.exclusion_policy)
      is distinct from (old.kind, old.cron_expression, old.every, old.run_at, old.timezone, old.starts_at, old.ends_at, old.max_runs,
        old.jitter, old.calendars, old.exclusion_policy);
    v_now := greatest(v_now, old.cursor_at);
  end if;

  if new.status = 'paused' then
    new.paused_at := case when tg_op = 'UPDATE' and old.status = 'paused' then old.paused_at else v_now end;
  else
    new.paused_at := null;
    new.pause_reason := null;
  end if;
  if new.status = 'completed' and v_rule_changed then
    new.status := 'active';
  end if;
  v_fires := new.status = 'active' and new.deleted_at is null and new.archived_at is null;
  v_restarts := v_fires and (v_rule_changed or not v_was_firing);
  if v_fires and new.kind = 'once' and v_rule_changed and new.run_at <= v_now then
    raise exception using errcode = 'AL004', column = 'run_at', message = 'The time of the single run is past.',
      detail = format('run_at: %s, now: %s.', new.run_at, v_now),
      hint = 'Give a time to come, or use a schedule of kind manual and almanac.trigger_now().';
  end if;

  if tg_op = 'UPDATE' then
    v_settled := old;
    if v_was_firing and (old.next_run_at <= v_now or not v_fires or v_restarts) then
      v_settled := almanac_private.settle_rule(old, v_now, null,
        case when v_restarts then 'hold' when not v_fires and new.status <> 'paused' then 'stop' end);
    elsif old.status = 'paused' and (new.status <> 'paused' or v_rule_changed) then
      v_settled := almanac_private.settle_rule(old, v_now,
        case when current_setting('almanac.catch_up', true) is distinct from 'on' or not v_fires then 'paused' end::almanac.omission_reason, case when v_fires or new.status = 'paused' then 'hold' else 'stop' end);
    end if;
    new.cursor_at := v_settled.cursor_at;
    new.next_scheduled_for := v_settled.next_scheduled_for;
    new.next_run_at := v_settled.next_run_at;
    new.total_runs := v_settled.total_runs;
    new.last_run_at := v_settled.last_run_at;
    new.has_overrides := v_settled.has_overrides;
  end if;

  if v_rule_changed or v_restarts then
    new.cursor_at := v_now;
  end if;
  if not v_fires then
    new.next_scheduled_for := null;
    new.next_run_at := null;
  elsif v_restarts then
    select d.scheduled_for, d.due_at into new.next_scheduled_for, new.next_run_at from almanac_private.next_due(new) d;
  end if;
  if v_fires and new.next_scheduled_for is null and new.kind <> 'manual' then
    new.status := 'completed';
  end if;
  return new;
end
$$;
comment on function almanac_private.tg_compute_schedule() is
  'Before an insert or update of a schedule by anyone but the engine: checks it, settles what the old rule owes up to this moment, and computes the next run by the new one.';
--! EndIncluded functions/tg_compute_schedule.sql
--! Included functions/tg_settle_deleted.sql
-- Definer: writes the ledger.
create or replace function almanac_private.tg_settle_deleted() returns trigger
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
begin
  if old.next_run_at is not null then
    perform almanac_private.settle_rule(old, statement_timestamp(), null, 'stop');
  elsif old.status = 'paused' and old.deleted_at is null then
    perform almanac_private.settle_rule(old, statement_timestamp(), 'paused', 'stop');
  end if;
  return old;
end
$$;
comment on function almanac_private.tg_settle_deleted() is 'Before a schedule is deleted: gives what is due by now its outcome.';
--! EndIncluded functions/tg_settle_deleted.sql
--! Included functions/schedules_of_calendars.sql
create or replace function almanac_private.schedules_of_calendars(names text[]) returns bigint[]
language sql stable parallel safe
return array(
  select s.id from almanac.schedules s
  where s.calendars && names and s.calendars <> '{}' and s.deleted_at is null and s.archived_at is null order by s.id);
comment on function almanac_private.schedules_of_calendars(text[]) is 'Numbers of the schedules that heed any of these calendars.';
--! EndIncluded functions/schedules_of_calendars.sql
--! Included functions/tg_compute_calendar.sql
create or replace function almanac_private.tg_compute_calendar() returns trigger
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
begin
  if new.timezone is not null then
    perform almanac_private.check_timezone(new.timezone);
  end if;
  if tg_op = 'INSERT' then
    new.owned_by := current_user;
    new.owner_user := coalesce(almanac.current_user_id(), new.owner_user);
    new.created_at := statement_timestamp();
    new.created_by := almanac_private.actor();
  else
    new.owned_by := old.owned_by;
    new.created_at := old.created_at;
    new.created_by := old.created_by;
    if new.owner_user is distinct from old.owner_user and not pg_has_role('almanac_admin', 'member') then
      raise exception using errcode = 'AL011', column = 'owner_user', message = 'Only an admin gives a calendar to another user.',
        detail = format('Calendar %s.', old.name), hint = 'Ask an admin.';
    end if;
  end if;
  new.updated_at := statement_timestamp();
  new.updated_by := almanac_private.actor();
  return new;
end
$$;
comment on function almanac_private.tg_compute_calendar() is
  'Before an insert or update of a calendar: checks its zone and says who did it. Invoker: current_user is the point.';
--! EndIncluded functions/tg_compute_calendar.sql
--! Included functions/tg_compute_calendar_entry.sql
create or replace function almanac_private.tg_compute_calendar_entry() returns trigger
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
begin
  new.rule := null;
  if new.cron_expression is not null then
    new.rule := almanac_private.compile_cron(new.cron_expression);
    if new.duration is null or not isfinite(new.duration) or new.duration > interval '366 days' then
      raise exception using errcode = 'AL015', column = 'duration', message = 'A recurring window needs a duration of at most 366 days.',
        detail = format('duration: %s.', coalesce(new.duration::text, 'null')), hint = 'For instance 1 day, or 8 hours.';
    end if;
    perform almanac_private.check_interval(new.duration);
    if bit_count((new.rule).rule_seconds::bit(60)) * bit_count((new.rule).rule_minutes::bit(60)) > 1 then
      raise exception using errcode = 'AL015', column = 'cron_expression', message = 'A recurring window may begin once an hour at most.',
        detail = format('cron_expression: %s.', new.cron_expression), hint = 'Name one minute, and make the duration longer.';
    end if;
  end if;
  if tg_op = 'INSERT' then
    new.created_at := statement_timestamp();
    new.created_by := almanac_private.actor();
  else
    new.created_at := old.created_at;
    new.created_by := old.created_by;
  end if;
  return new;
end
$$;
comment on function almanac_private.tg_compute_calendar_entry() is 'Before an insert or update of a calendar entry: compiles its recurring window, if it is one.';
--! EndIncluded functions/tg_compute_calendar_entry.sql
--! Included functions/tg_settle_calendar.sql
-- Definer: settles schedules of other people that heed the calendar.
create or replace function almanac_private.tg_settle_calendar() returns trigger
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_ids bigint[];
  v_names text[];
  v_mark text;
  v_done text := coalesce(current_setting('almanac.settled_calendars', true), '');
begin
  if tg_table_name = 'calendars' then
    if tg_op = 'DELETE' and exists (select from almanac.schedules s where s.calendars @> array[old.name] and s.deleted_at is null) then
      raise exception using errcode = 'AL015', message = format('Calendar %s is in use.', old.name),
        detail = format('By: %s.', (
          select string_agg(s.name, ', ' order by s.name) from (
            select s.name from almanac.schedules s where s.calendars @> array[old.name] and s.deleted_at is null order by s.name limit 10) s)),
        hint = 'Take it out of their column calendars first.';
    end if;
    v_ids := array[old.id];
  else
    v_ids := array_remove(array[case when tg_op <> 'INSERT' then old.calendar_id end, case when tg_op <> 'DELETE' then new.calendar_id end], null);
  end if;

  -- Once a statement: a thousand imported holidays need not settle a thousand times.
  v_mark := extract(epoch from statement_timestamp())::text;
  if split_part(v_done, ' ', 1) = v_mark then
    v_ids := array(select i from unnest(v_ids) i where i::text <> all (string_to_array(v_done, ' ')));
  else
    v_done := v_mark;
  end if;
  if v_ids <> '{}' then
    v_names := array(select c.name from almanac.calendars c where c.id = any (v_ids));
    perform almanac_private.settle_before_change(almanac_private.schedules_of_calendars(v_names));
    perform set_config('almanac.settled_calendars', v_done || ' ' || array_to_string(v_ids, ' '), true);
  end if;
  return case when tg_op = 'DELETE' then old else new end;
end
$$;
comment on function almanac_private.tg_settle_calendar() is
  'Before a calendar or an entry of it changes: settles by its old state what the schedules that heed it owe up to this moment. A calendar in use is not deleted.';
--! EndIncluded functions/tg_settle_calendar.sql
--! Included functions/tg_replan_calendar.sql
-- Definer: replans schedules of other people that heed the calendar.
create or replace function almanac_private.tg_replan_calendar() returns trigger
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_names text[];
  v_renamed record;
  v_ids bigint[];
begin
  if tg_table_name = 'calendars' then
    for v_renamed in
      select o.name as old_name, n.name as new_name from old_rows o join new_rows n on n.id = o.id where n.name <> o.name order by n.id
    loop
      perform set_config('almanac.engine', 'on', true);
      update almanac.schedules s set calendars = array_replace(s.calendars, v_renamed.old_name, v_renamed.new_name)
      where s.calendars @> array[v_renamed.old_name];
      perform set_config('almanac.engine', 'off', true);
    end loop;
    v_names := array(select n.name from new_rows n);
  elsif tg_op = 'INSERT' then
    v_names := array(select distinct c.name from new_rows n join almanac.calendars c on c.id = n.calendar_id);
  elsif tg_op = 'DELETE' then
    v_names := array(select distinct c.name from old_rows o join almanac.calendars c on c.id = o.calendar_id);
  else
    v_names := array(select distinct c.name from (select n.calendar_id from new_rows n union select o.calendar_id from old_rows o) e
      join almanac.calendars c on c.id = e.calendar_id);
  end if;
  if v_names <> '{}' then
    v_ids := almanac_private.schedules_of_calendars(v_names);
    perform almanac_private.replan(v_ids);
    if v_ids = '{}' then
      perform pg_notify('almanac_schedules', '{"op": "bulk", "ids": []}');
    end if;
  end if;
  return null;
end
$$;
comment on function almanac_private.tg_replan_calendar() is
  'After calendars or their entries changed: computes anew when the schedules that heed them are due; a new name goes into them.';
--! EndIncluded functions/tg_replan_calendar.sql
--! Included functions/calendar_triggers.sql
create or replace trigger _100_compute_calendar before insert or update on almanac.calendars
  for each row execute function almanac_private.tg_compute_calendar();
create or replace trigger _500_settle_calendar before update or delete on almanac.calendars
  for each row execute function almanac_private.tg_settle_calendar();
create or replace trigger _800_replan_calendar after update on almanac.calendars
  referencing old table as old_rows new table as new_rows for each statement execute function almanac_private.tg_replan_calendar();
create or replace trigger _100_compute_calendar_entry before insert or update on almanac.calendar_entries
  for each row execute function almanac_private.tg_compute_calendar_entry();
create or replace trigger _500_settle_calendar before insert or update or delete on almanac.calendar_entries
  for each row execute function almanac_private.tg_settle_calendar();
create or replace trigger _800_replan_inserted after insert on almanac.calendar_entries
  referencing new table as new_rows for each statement execute function almanac_private.tg_replan_calendar();
create or replace trigger _800_replan_updated after update on almanac.calendar_entries
  referencing old table as old_rows new table as new_rows for each statement execute function almanac_private.tg_replan_calendar();
create or replace trigger _800_replan_deleted after delete on almanac.calendar_entries
  referencing old table as old_rows for each statement execute function almanac_private.tg_replan_calendar();
--! EndIncluded functions/calendar_triggers.sql
--! Included functions/find_calendar.sql
create or replace function almanac_private.find_calendar(name text, to_change boolean default false) returns almanac.calendars
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_calendar almanac.calendars;
begin
  select c.* into v_calendar from almanac.calendars c where c.name = find_calendar.name;
  if v_calendar.id is null then
    raise exception using errcode = 'AL015', message = format('There is no calendar %s.', coalesce(quote_literal(find_calendar.name), 'null')),
      detail = format('Known are: %s.', coalesce((select string_agg(c.name, ', ' order by c.name) from almanac.calendars c), 'none')),
      hint = 'Names are exact. Make one: select almanac.create_calendar(''holidays'').';
  elsif find_calendar.to_change and not almanac_private.may_change(v_calendar.owner_user, v_calendar.owned_by) then
    raise exception using errcode = 'AL011', message = format('Calendar %s may not be changed by %s.', v_calendar.name, almanac_private.actor()),
      detail = format('It belongs to %s.', coalesce((select u.username from almanac.users u where u.id = v_calendar.owner_user), v_calendar.owned_by::text)),
      hint = 'Its owner and admins may.';
  end if;
  return v_calendar;
end
$$;
comment on function almanac_private.find_calendar(text, boolean) is
  'The calendar of this name; raises AL015 if there is none, AL011 if it is to be changed by someone who may not.';
grant execute on function almanac_private.find_calendar(text, boolean) to almanac_viewer;
--! EndIncluded functions/find_calendar.sql
--! Included functions/create_calendar.sql
create or replace function almanac.create_calendar(name text, timezone text default null, description text default null) returns almanac.calendars
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_calendar almanac.calendars;
begin
  insert into almanac.calendars as c (name, timezone, description)
  values (create_calendar.name, create_calendar.timezone, create_calendar.description)
  returning c.* into v_calendar;
  return v_calendar;
end
$$;
comment on function almanac.create_calendar(text, text, text) is
  'Makes an empty calendar of exclusions. Without a timezone its dates are meant in the zone of each schedule that heeds it.';
grant execute on function almanac.create_calendar(text, text, text) to almanac_operator;
--! EndIncluded functions/create_calendar.sql
--! Included functions/update_calendar.sql
create or replace function almanac.update_calendar(calendar text, changes jsonb) returns almanac.calendars
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_calendar almanac.calendars := almanac_private.find_calendar(update_calendar.calendar, true);
  v_unknown text;
  v_new almanac.calendars;
begin
  v_unknown := (select min(k) from jsonb_object_keys(update_calendar.changes) k where k <> all (array['name', 'description', 'timezone', 'owner_user']));
  if v_unknown is not null then
    raise exception using errcode = 'AL009', column = v_unknown, message = format('There is no setting %s.', v_unknown),
      detail = 'Known are: name, description, timezone, owner_user.', hint = 'Entries are changed by functions of their own.';
  end if;
  v_new := jsonb_populate_record(v_calendar, update_calendar.changes);
  update almanac.calendars c
  set name = v_new.name, description = v_new.description, timezone = v_new.timezone, owner_user = v_new.owner_user
  where c.id = v_calendar.id returning c.* into v_new;
  return v_new;
end
$$;
comment on function almanac.update_calendar(text, jsonb) is
  'Changes name, description, timezone or owner_user of a calendar, given as JSON. Schedules that heed it follow a new name.';
grant execute on function almanac.update_calendar(text, jsonb) to almanac_operator;
--! EndIncluded functions/update_calendar.sql
--! Included functions/delete_calendar.sql
create or replace function almanac.delete_calendar(calendar text) returns almanac.calendars
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_calendar almanac.calendars := almanac_private.find_calendar(delete_calendar.calendar, true);
begin
  delete from almanac.calendars c where c.id = v_calendar.id;
  return v_calendar;
end
$$;
comment on function almanac.delete_calendar(text) is 'Deletes a calendar and its entries, unless a schedule heeds it.';
grant execute on function almanac.delete_calendar(text) to almanac_operator;
--! EndIncluded functions/delete_calendar.sql
--! Included functions/exclude_dates.sql
create or replace function almanac.exclude_dates(calendar text, starts_on date, ends_on date default null, label text default null)
returns almanac.calendar_entries
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_calendar almanac.calendars := almanac_private.find_calendar(exclude_dates.calendar, true);
  v_entry almanac.calendar_entries;
begin
  insert into almanac.calendar_entries as e (calendar_id, starts_on, ends_on, label)
  values (v_calendar.id, exclude_dates.starts_on, exclude_dates.ends_on, exclude_dates.label) returning e.* into v_entry;
  return v_entry;
end
$$;
comment on function almanac.exclude_dates(text, date, date, text) is
  'Adds a date, or the dates from starts_on to ends_on, to a calendar: from local midnight to the midnight after.';
grant execute on function almanac.exclude_dates(text, date, date, text) to almanac_operator;
--! EndIncluded functions/exclude_dates.sql
--! Included functions/exclude_range.sql
create or replace function almanac.exclude_range(calendar text, starts_at timestamptz, ends_at timestamptz, label text default null)
returns almanac.calendar_entries
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_calendar almanac.calendars := almanac_private.find_calendar(exclude_range.calendar, true);
  v_entry almanac.calendar_entries;
begin
  insert into almanac.calendar_entries as e (calendar_id, starts_at, ends_at, label)
  values (v_calendar.id, exclude_range.starts_at, exclude_range.ends_at, exclude_range.label) returning e.* into v_entry;
  return v_entry;
end
$$;
comment on function almanac.exclude_range(text, timestamptz, timestamptz, text) is 'Adds a blackout to a calendar: [starts_at, ends_at).';
grant execute on function almanac.exclude_range(text, timestamptz, timestamptz, text) to almanac_operator;
--! EndIncluded functions/exclude_range.sql
--! Included functions/exclude_recurring.sql
create or replace function almanac.exclude_recurring(calendar text, cron text, duration interval, label text default null)
returns almanac.calendar_entries
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_calendar almanac.calendars := almanac_private.find_calendar(exclude_recurring.calendar, true);
  v_entry almanac.calendar_entries;
begin
  insert into almanac.calendar_entries as e (calendar_id, cron_expression, duration, label)
  values (v_calendar.id, exclude_recurring.cron, exclude_recurring.duration, exclude_recurring.label) returning e.* into v_entry;
  return v_entry;
end
$$;
comment on function almanac.exclude_recurring(text, text, interval, text) is
  'Adds a window to a calendar that begins whenever cron says and lasts for duration: (''0 0 25 12 *'', ''1 day'') is every 25 December, (''0 22 * * *'', ''8 hours'') every night.';
grant execute on function almanac.exclude_recurring(text, text, interval, text) to almanac_operator;
--! EndIncluded functions/exclude_recurring.sql
--! Included functions/remove_exclusion.sql
create or replace function almanac.remove_exclusion(entry_id bigint) returns almanac.calendar_entries
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_entry almanac.calendar_entries;
begin
  select e.* into v_entry from almanac.calendar_entries e where e.id = remove_exclusion.entry_id;
  if v_entry.id is null then
    raise exception using errcode = 'AL015', message = format('There is no calendar entry with the number %s.', coalesce(remove_exclusion.entry_id::text, 'null')),
      detail = 'It may have been removed.', hint = 'Look at: select * from almanac.calendar_entries.';
  end if;
  perform almanac_private.find_calendar(c.name, true) from almanac.calendars c where c.id = v_entry.calendar_id;
  delete from almanac.calendar_entries e where e.id = v_entry.id;
  return v_entry;
end
$$;
comment on function almanac.remove_exclusion(bigint) is 'Takes an entry out of its calendar.';
grant execute on function almanac.remove_exclusion(bigint) to almanac_operator;
--! EndIncluded functions/remove_exclusion.sql
--! Included functions/import_exclusions.sql
create or replace function almanac.import_exclusions(calendar text, source text, entries jsonb) returns integer
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_calendar almanac.calendars := almanac_private.find_calendar(import_exclusions.calendar, true);
  v_count integer;
begin
  if jsonb_typeof(import_exclusions.entries) is distinct from 'array' or coalesce(import_exclusions.source, '') = '' then
    raise exception using errcode = 'AL009', message = 'An import needs the name of its source and an array of entries.',
      detail = format('source: %s, entries: %s.', coalesce(quote_literal(import_exclusions.source), 'null'), coalesce(jsonb_typeof(import_exclusions.entries), 'null')),
      hint = 'Give [{"starts_on": "2026-12-25", "label": "Christmas"}, …].';
  end if;
  delete from almanac.calendar_entries e where e.calendar_id = v_calendar.id and e.source = import_exclusions.source;
  insert into almanac.calendar_entries (calendar_id, label, starts_on, ends_on, starts_at, ends_at, cron_expression, duration, source)
  select v_calendar.id, r.label, r.starts_on, r.ends_on, r.starts_at, r.ends_at, r.cron_expression, r.duration, import_exclusions.source
  from jsonb_to_recordset(import_exclusions.entries)
    r(label text, starts_on date, ends_on date, starts_at timestamptz, ends_at timestamptz, cron_expression text, duration interval);
  get diagnostics v_count = row_count;
  return v_count;
end
$$;
comment on function almanac.import_exclusions(text, text, jsonb) is
  'Puts entries, given as columns of almanac.calendar_entries, into a calendar in the stead of those that came from the same source before; returns how many.';
grant execute on function almanac.import_exclusions(text, text, jsonb) to almanac_operator;
--! EndIncluded functions/import_exclusions.sql
--! Included functions/create_business_days.sql
create or replace function almanac.create_business_days(name text default 'business days', timezone text default null, weekend text default 'SAT,SUN')
returns almanac.calendars
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_calendar almanac.calendars := almanac.create_calendar(create_business_days.name, create_business_days.timezone,
    'Business days: leaves out the weekend and the holidays entered here.');
begin
  perform almanac.exclude_recurring(v_calendar.name, format('0 0 * * %s', create_business_days.weekend), interval '1 day', 'weekend');
  return v_calendar;
end
$$;
comment on function almanac.create_business_days(text, text, text) is
  'Makes a calendar that leaves out the weekend; add holidays by exclude_dates(), exclude_recurring() or an .ics file. weekend: days of the week as in cron.';
grant execute on function almanac.create_business_days(text, text, text) to almanac_operator;
--! EndIncluded functions/create_business_days.sql
--! Included functions/excluded_times.sql
create or replace function almanac.excluded_times(
  range_start timestamptz, range_end timestamptz, calendars text[] default null, timezone text default 'UTC', max_count integer default 1000
) returns table (calendar text, label text, starts_at timestamptz, ends_at timestamptz)
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_count bigint;
begin
  perform almanac_private.check_timezone(excluded_times.timezone);
  perform almanac_private.checked_count(excluded_times.max_count);
  perform almanac_private.check_range(excluded_times.range_start, excluded_times.range_end);
  return query
  select w.calendar, w.label, lower(w.during), upper(w.during)
  from almanac_private.exclusion_windows(coalesce(excluded_times.calendars, array(select c.name from almanac.calendars c)), excluded_times.timezone,
    excluded_times.range_start, excluded_times.range_end - interval '1 microsecond') w
  limit excluded_times.max_count + 1;
  get diagnostics v_count = row_count;
  if v_count > excluded_times.max_count then
    raise exception using errcode = 'AL012', message = format('The range has more than %s windows.', excluded_times.max_count),
      detail = format('range_start: %s, range_end: %s.', excluded_times.range_start, excluded_times.range_end),
      hint = 'Ask for a shorter range, for fewer calendars, or give max_count.';
  end if;
end
$$;
comment on function almanac.excluded_times(timestamptz, timestamptz, text[], text, integer) is
  'What calendars (null: all) exclude in [range_start, range_end): one row for each date, range or window, with its full length. timezone counts for calendars without a zone of their own.';
grant execute on function almanac.excluded_times(timestamptz, timestamptz, text[], text, integer) to almanac_viewer;
--! EndIncluded functions/excluded_times.sql
--! Included functions/override_occurrence.sql
-- Definer: writes overrides and the ledger; the caller's right to do so is checked first.
create or replace function almanac_private.override_occurrence(
  schedule text, occurrence timestamptz, action almanac.override_action, moved_to timestamptz, reason text
) returns almanac.occurrence_overrides
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_schedule almanac.schedules := almanac_private.find_schedule(override_occurrence.schedule);
  v_now timestamptz := statement_timestamp();
  v_override almanac.occurrence_overrides;
begin
  if not almanac_private.may_change(v_schedule.owner_user, v_schedule.run_as) then
    perform almanac_private.refuse_change(v_schedule.id);
  end if;
  if v_schedule.status not in ('active', 'paused') then
    raise exception using errcode = 'AL013', column = 'status', message = format('Schedule %s is %s: it has no occurrence to come.', v_schedule.name, v_schedule.status),
      detail = format('occurrence: %s.', override_occurrence.occurrence), hint = 'Look at: select * from almanac.upcoming(…).';
  end if;
  perform almanac_private.settle_before_change(array[v_schedule.id]);
  select s.* into v_schedule from almanac.schedules s where s.id = v_schedule.id for no key update;
  select o.* into v_override from almanac.occurrence_overrides o
  where o.schedule_id = v_schedule.id and o.scheduled_for = override_occurrence.occurrence;

  if override_occurrence.action = 'move' and (override_occurrence.moved_to > v_now and isfinite(override_occurrence.moved_to)) is not true then
    raise exception using errcode = 'AL016', message = 'The time to move to is not to come.',
      detail = format('moved_to: %s, now: %s.', coalesce(override_occurrence.moved_to::text, 'null'), v_now), hint = 'Give a later time, or use almanac.trigger_now().';
  elsif v_override.done_at is not null or (v_override.schedule_id is null and override_occurrence.occurrence <= v_schedule.cursor_at) then
    raise exception using errcode = 'AL016', message = 'The occurrence has its outcome already.',
      detail = format('occurrence: %s.', override_occurrence.occurrence), hint = 'Look at it in almanac.runs and almanac.omissions. To run it again, use almanac.trigger_now().';
  elsif override_occurrence.occurrence is null or v_override.schedule_id is null
    and almanac_private.next_occurrence(v_schedule, override_occurrence.occurrence - interval '1 microsecond') is distinct from override_occurrence.occurrence
  then
    raise exception using errcode = 'AL016', message = format('Schedule %s has no occurrence at this time.', v_schedule.name),
      detail = format('occurrence: %s.', coalesce(override_occurrence.occurrence::text, 'null')),
      hint = format('Give the nominal time, scheduled_for. The next one after it is %s.',
        coalesce(almanac_private.next_occurrence(v_schedule, override_occurrence.occurrence)::text, 'none'));
  end if;

  insert into almanac.occurrence_overrides as o (schedule_id, scheduled_for, action, moved_to, reason, created_by)
  values (v_schedule.id, override_occurrence.occurrence, override_occurrence.action, override_occurrence.moved_to, override_occurrence.reason,
    almanac_private.actor())
  on conflict (schedule_id, scheduled_for) do update
  set action = excluded.action, moved_to = excluded.moved_to, reason = excluded.reason, created_by = excluded.created_by, created_at = excluded.created_at
  returning o.* into v_override;
  if v_override.is_owed and v_override.action = 'skip' then
    perform almanac_private.insert_skipped(v_schedule, v_override.scheduled_for, 'skipped', v_now);
    update almanac.occurrence_overrides o set done_at = v_now
    where o.schedule_id = v_override.schedule_id and o.scheduled_for = v_override.scheduled_for returning o.* into v_override;
  end if;
  perform set_config('almanac.engine', 'on', true);
  update almanac.schedules s set has_overrides = true where s.id = v_schedule.id and not s.has_overrides;
  perform set_config('almanac.engine', 'off', true);
  perform almanac_private.replan(array[v_schedule.id]);
  return v_override;
end
$$;
comment on function almanac_private.override_occurrence(text, timestamptz, almanac.override_action, timestamptz, text) is
  'Moves or skips one occurrence that has no outcome yet, named by its nominal time; what is due by now is settled first.';
grant execute on function almanac_private.override_occurrence(text, timestamptz, almanac.override_action, timestamptz, text) to almanac_operator;
--! EndIncluded functions/override_occurrence.sql
--! Included functions/move_occurrence.sql
create or replace function almanac.move_occurrence(schedule text, occurrence timestamptz, moved_to timestamptz, reason text default null)
returns almanac.occurrence_overrides
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
begin
  return almanac_private.override_occurrence(move_occurrence.schedule, move_occurrence.occurrence, 'move', move_occurrence.moved_to, move_occurrence.reason);
end
$$;
comment on function almanac.move_occurrence(text, timestamptz, timestamptz, text) is
  'Lets one occurrence, named by its nominal time, run at another time. The rest of the series stays. restore_occurrence() takes it back.';
grant execute on function almanac.move_occurrence(text, timestamptz, timestamptz, text) to almanac_operator;
--! EndIncluded functions/move_occurrence.sql
--! Included functions/skip_occurrence.sql
create or replace function almanac.skip_occurrence(schedule text, occurrence timestamptz, reason text default null)
returns almanac.occurrence_overrides
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
begin
  return almanac_private.override_occurrence(skip_occurrence.schedule, skip_occurrence.occurrence, 'skip', null, skip_occurrence.reason);
end
$$;
comment on function almanac.skip_occurrence(text, timestamptz, text) is
  'Leaves one occurrence out, named by its nominal time. The rest of the series stays. restore_occurrence() takes it back.';
grant execute on function almanac.skip_occurrence(text, timestamptz, text) to almanac_operator;
--! EndIncluded functions/skip_occurrence.sql
--! Included functions/restore_occurrence.sql
-- Definer: writes overrides; the caller's right to do so is checked first.
create or replace function almanac.restore_occurrence(schedule text, occurrence timestamptz) returns almanac.schedules
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_schedule almanac.schedules := almanac_private.find_schedule(restore_occurrence.schedule);
  v_override almanac.occurrence_overrides;
begin
  if not almanac_private.may_change(v_schedule.owner_user, v_schedule.run_as) then
    perform almanac_private.refuse_change(v_schedule.id);
  end if;
  perform almanac_private.settle_before_change(array[v_schedule.id]);
  perform from almanac.schedules s where s.id = v_schedule.id for no key update;
  select o.* into v_override from almanac.occurrence_overrides o
  where o.schedule_id = v_schedule.id and o.scheduled_for = restore_occurrence.occurrence;
  if v_override.schedule_id is null then
    raise exception using errcode = 'AL016', message = 'The occurrence is neither moved nor skipped.',
      detail = format('occurrence: %s.', restore_occurrence.occurrence), hint = 'Look at: select * from almanac.occurrence_overrides.';
  elsif v_override.done_at is not null or v_override.is_owed then
    raise exception using errcode = 'AL016',
      message = case when v_override.is_owed and v_override.done_at is null then 'The nominal time of the occurrence is past.' else 'The occurrence has its outcome already.' end,
      detail = format('occurrence: %s, moved to: %s.', v_override.scheduled_for, coalesce(v_override.moved_to::text, 'nowhere')),
      hint = 'One that is still to come can be moved again, or skipped.';
  end if;
  delete from almanac.occurrence_overrides o where o.schedule_id = v_override.schedule_id and o.scheduled_for = v_override.scheduled_for;
  perform almanac_private.replan(array[v_schedule.id]);
  select s.* into v_schedule from almanac.schedules s where s.id = v_schedule.id;
  return v_schedule;
end
$$;
comment on function almanac.restore_occurrence(text, timestamptz) is
  'Takes back what move_occurrence() or skip_occurrence() did to an occurrence that is still to come.';
grant execute on function almanac.restore_occurrence(text, timestamptz) to almanac_operator;
--! EndIncluded functions/restore_occurrence.sql
alter type almanac.calendar_item add attribute scheduled_for timestamptz;
drop function almanac.calendar(timestamptz, timestamptz, text, interval, integer, integer);
--! Included functions/calendar_item.sql
do $$
begin
  if to_regtype('almanac.calendar_item') is null then
    create type almanac.calendar_item as (
      item text,
      schedule_id bigint,
      schedule_name text,
      schedule_status almanac.schedule_status,
      starts_at timestamptz,
      ends_at timestamptz,
      due_at timestamptz,
      run_id bigint,
      status almanac.run_status,
      trigger almanac.run_trigger,
      reason text,
      started_at timestamptz,
      finished_at timestamptz,
      attempt integer,
      max_attempts integer,
      total bigint,
      succeeded bigint,
      failed bigint,
      skipped bigint,
      running bigint,
      upcoming bigint,
      scheduled_for timestamptz
    );
  end if;
end
$$;
comment on type almanac.calendar_item is
  'What a calendar shows: a run, an occurrence to come, one to come that will not run, a bucket of many, a stretch of omitted ones, or counts of what was left out.';
comment on column almanac.calendar_item.item is 'run, occurrence, omitted, bucket, omission or left_out.';
comment on column almanac.calendar_item.starts_at is 'When it is due; of a bucket its start, of an omission the first nominal time.';
comment on column almanac.calendar_item.ends_at is 'End of a bucket or of what was left out, last nominal time of an omission; null otherwise.';
comment on column almanac.calendar_item.reason is 'Of a run or an omission why it is as it is; of one to come: moved (by hand), skipped, excluded or merged.';
comment on column almanac.calendar_item.scheduled_for is 'Nominal time of a run or an occurrence: with the schedule its identity. It is due at another time if it was moved, held back or spread.';
comment on column almanac.calendar_item.schedule_status is 'Status of the schedule now; null: it is gone.';
comment on column almanac.calendar_item.total is 'How many occurrences and runs the item stands for.';
comment on column almanac.calendar_item.failed is 'How many of them failed or timed out.';
comment on column almanac.calendar_item.running is 'How many of them wait, are queued, run or are being retried.';
comment on column almanac.calendar_item.upcoming is 'How many of them are to come.';
--! EndIncluded functions/calendar_item.sql
--! Included functions/calendar.sql
create or replace function almanac.calendar(
  range_start timestamptz, range_end timestamptz, timezone text default 'UTC', bucket interval default '1 hour', fold_above integer default 12,
  schedules text[] default null, tags text[] default null, task text default null, max_count integer default 5000
) returns setof almanac.calendar_item
language plpgsql stable set search_path to pg_catalog, pg_temp set jit to off set enable_mergejoin to off set work_mem to '64MB'
as $$
declare
  v_now timestamptz := statement_timestamp();
  v_ids bigint[];
  v_wide interval := calendar.bucket;
begin
  perform almanac_private.check_timezone(calendar.timezone);
  if calendar.max_count is distinct from 0 then
    perform almanac_private.checked_count(calendar.max_count);
  end if;
  perform almanac_private.check_range(calendar.range_start, calendar.range_end);
  if calendar.bucket is null or not (calendar.bucket between interval '1 minute' and interval '1 day') or extract(month from calendar.bucket) <> 0 then
    raise exception using errcode = 'AL012', message = 'The bucket must be between a minute and a day.',
      detail = format('bucket: %s.', calendar.bucket), hint = 'For instance 15 minutes, 1 hour or 1 day.';
  end if;
  if extract(epoch from calendar.range_end - calendar.range_start) / extract(epoch from calendar.bucket) > 1000 then
    v_wide := interval '1 day';
  end if;
  if calendar.schedules is not null or calendar.tags is not null or calendar.task is not null then
    v_ids := array(
      select s.id from almanac.schedules s
      where (calendar.schedules is null or s.name = any (calendar.schedules)) and (calendar.tags is null or s.tags && calendar.tags)
        and (calendar.task is null or s.task_identifier = calendar.task));
  end if;

  return query
  with listed as materialized (
    select 'run' as item, r.schedule_id, r.schedule_name, r.scheduled_for, r.due_at as at, r.id as run_id, r.status, r.trigger, r.reason,
      r.started_at, r.finished_at, r.attempt, r.max_attempts
    from almanac.runs r
    where r.scheduled_for >= calendar.range_start and r.scheduled_for < calendar.range_end and r.due_at = r.scheduled_for
      and (v_ids is null or r.schedule_id = any (v_ids))
    union all
    select 'run', r.schedule_id, r.schedule_name, r.scheduled_for, r.due_at, r.id, r.status, r.trigger, r.reason,
      r.started_at, r.finished_at, r.attempt, r.max_attempts
    from almanac.runs r
    where r.due_at >= calendar.range_start and r.due_at < calendar.range_end and r.due_at <> r.scheduled_for
      and (v_ids is null or r.schedule_id = any (v_ids))
    union all
    select 'occurrence', s.id, s.name, o.at, o.at, null, null, 'schedule', null, null, null, null, null
    from almanac.schedules s
    cross join lateral almanac_private.cron_between(s.rule_seconds, s.rule_minutes, s.rule_hours, s.rule_first_time, s.rule_weekdays,
      s.rule_months, s.rule_days, s.rule_running, s.timezone,
      greatest(calendar.range_start, coalesce(s.next_scheduled_for, v_now), s.starts_at) - interval '1 microsecond', least(calendar.range_end, s.ends_at)) o(at)
    where s.kind = 'cron' and s.deleted_at is null and s.archived_at is null and (s.next_scheduled_for < calendar.range_end or s.status = 'paused')
      and (v_ids is null or s.id = any (v_ids))
      and s.calendars = '{}' and not s.has_overrides and s.jitter is null and s.max_runs is null
    union all
    select 'occurrence', s.id, s.name, o.at, o.at, null, null, 'schedule', null, null, null, null, null
    from almanac.schedules s
    cross join lateral almanac_private.occurrences_between(
      s, greatest(calendar.range_start, coalesce(s.next_scheduled_for, v_now)), calendar.range_end, null) o(at)
    where s.kind <> 'cron' and s.deleted_at is null and s.archived_at is null and (s.next_scheduled_for < calendar.range_end or s.status = 'paused')
      and (v_ids is null or s.id = any (v_ids))
      and s.calendars = '{}' and not s.has_overrides and s.jitter is null and s.max_runs is null
    union all
    -- What may be due at another time than its nominal one, or not at all.
    select case when c.outcome in ('run', 'moved') then 'occurrence' else 'omitted' end, s.id, s.name, c.scheduled_for, c.due_at, null, null, 'schedule',
      case when c.outcome <> 'run' then c.outcome end, null, null, null, null
    from almanac.schedules s
    cross join lateral almanac_private.coming_occurrences(
      s, greatest(calendar.range_start, case when s.status = 'active' then s.cursor_at + interval '1 microsecond' else v_now end), calendar.range_end,
      null, true) c
    where s.deleted_at is null and s.archived_at is null and s.status in ('active', 'paused') and (v_ids is null or s.id = any (v_ids))
      and not (s.calendars = '{}' and not s.has_overrides and s.jitter is null and s.max_runs is null)
  ), placed as materialized (
    select l.*, date_trunc('day', l.at, calendar.timezone) as day from listed l
  ), dense as materialized (
    select p.schedule_id, p.day from placed p group by p.schedule_id, p.day having count(*) > calendar.fold_above
  ), items as materialized (
    select p.item, p.schedule_id, p.schedule_name, p.at as starts_at, null::timestamptz as ends_at, p.at as due_at, p.run_id, p.status, p.trigger, p.reason,
      p.started_at, p.finished_at, p.attempt, p.max_attempts, 1::bigint as total,
      (p.status is not distinct from 'succeeded')::int::bigint as succeeded, coalesce(p.status in ('failed', 'timed_out'), false)::int::bigint as failed,
      (p.item = 'omitted' or coalesce(p.status in ('skipped', 'cancelled'), false))::int::bigint as skipped,
      coalesce(p.status in ('waiting', 'queued', 'running', 'retrying'), false)::int::bigint as running, (p.item = 'occurrence')::int::bigint as upcoming,
      p.scheduled_for
    from placed p where not exists (select from dense d where d.schedule_id = p.schedule_id and d.day = p.day)
    union all
    select 'bucket', p.schedule_id, max(p.schedule_name), b.start, b.start + calendar.bucket, null, null, null, null, null, null, null, null, null,
      count(*), count(*) filter (where p.status = 'succeeded'), count(*) filter (where p.status in ('failed', 'timed_out')),
      count(*) filter (where p.item = 'omitted' or p.status in ('skipped', 'cancelled')),
      count(*) filter (where p.status in ('waiting', 'queued', 'running', 'retrying')), count(*) filter (where p.item = 'occurrence'), null
    from placed p join dense d on d.schedule_id = p.schedule_id and d.day = p.day
    cross join lateral (
      select case when calendar.bucket = interval '1 day' then p.day else date_bin(calendar.bucket, p.at, p.day) end as start
    ) b
    group by p.schedule_id, p.day, b.start
    union all
    select 'omission', o.schedule_id, o.schedule_name, lower(o.during), upper(o.during), null, null, null, null, o.reason::text, null, null, null, null,
      o.count, 0, 0, o.count, 0, 0, null
    from almanac.omissions o
    where o.during && tstzrange(calendar.range_start, calendar.range_end) and (v_ids is null or o.schedule_id = any (v_ids))
  ), ranked as (
    select i.*, row_number() over (order by i.failed > 0 desc, i.starts_at, i.schedule_id, i.run_id) as position from items i
  )
  select r.item, r.schedule_id, r.schedule_name, s.status, r.starts_at, r.ends_at, r.due_at, r.run_id, r.status, r.trigger, r.reason,
    r.started_at, r.finished_at, r.attempt, r.max_attempts, r.total, r.succeeded, r.failed, r.skipped, r.running, r.upcoming, r.scheduled_for
  from ranked r left join almanac.schedules s on s.id = r.schedule_id
  where r.position <= calendar.max_count
  union all
  select 'left_out', null, null, null, greatest(b.start, calendar.range_start), least(b.start + v_wide, calendar.range_end), null, null, null, null, null,
    null, null, null, null, sum(r.total)::bigint, sum(r.succeeded)::bigint, sum(r.failed)::bigint, sum(r.skipped)::bigint, sum(r.running)::bigint,
    sum(r.upcoming)::bigint, null
  from ranked r
  cross join lateral (select date_trunc('day', greatest(r.starts_at, calendar.range_start), calendar.timezone) as day) d
  cross join lateral (
    select case when v_wide = interval '1 day' then d.day else date_bin(v_wide, greatest(r.starts_at, calendar.range_start), d.day) end as start
  ) b
  where r.position > calendar.max_count
  group by b.start
  order by 5, 2, 8;
end
$$;
comment on function almanac.calendar(timestamptz, timestamptz, text, interval, integer, text[], text[], text, integer) is
  'Runs and occurrences to come that are due in [range_start, range_end), of all schedules or of those with one of the names, one of the tags, a task. Where a schedule has more than fold_above in a local day, it comes as counts per bucket. Above max_count items (failures come first) the rest comes as left_out items: counts of all schedules together per bucket, per day if that were more than 1,000. max_count 0: only those.';
grant execute on function almanac.calendar(timestamptz, timestamptz, text, interval, integer, text[], text[], text, integer) to almanac_viewer;
--! EndIncluded functions/calendar.sql
--! Included functions/preview_change.sql
create or replace function almanac.preview_change(
  schedule text, changes jsonb, range_start timestamptz default now(), range_end timestamptz default null, max_count integer default 1000
) returns table (change text, was_scheduled_for timestamptz, was_due_at timestamptz, scheduled_for timestamptz, due_at timestamptz, count bigint)
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_old almanac.schedules := almanac_private.find_schedule(preview_change.schedule);
  v_new almanac.schedules;
  v_now timestamptz := statement_timestamp();
  v_start timestamptz := greatest(preview_change.range_start, statement_timestamp());
  v_end timestamptz := coalesce(preview_change.range_end, greatest(preview_change.range_start, statement_timestamp()) + interval '30 days');
  v_most constant integer := 100000;
begin
  perform almanac_private.checked_count(preview_change.max_count);
  if not (v_end > v_start and v_end < 'infinity') then
    raise exception using errcode = 'AL012', message = 'The range must end after now and after it begins.',
      detail = format('range_start: %s, range_end: %s.', preview_change.range_start, preview_change.range_end), hint = 'For instance now() + interval ''30 days''.';
  end if;
  v_new := almanac_private.prepare_schedule(almanac_private.read_definition(preview_change.changes, v_old));
  v_new.cursor_at := v_now;

  return query
  with before as materialized (
    select c.scheduled_for, c.due_at
    from almanac_private.coming_occurrences(v_old, v_start, v_end, v_most + 1) c
    where v_old.status = 'active' and v_old.archived_at is null
  ), after as materialized (
    select c.scheduled_for, c.due_at
    from almanac_private.coming_occurrences(v_new, v_start, v_end, v_most + 1) c
    where v_new.status in ('active', 'completed') and v_new.archived_at is null
  ), kept as (
    select b.scheduled_for as was_scheduled_for, b.due_at as was_due_at, a.scheduled_for, a.due_at
    from before b join after a on a.scheduled_for = b.scheduled_for
  ), gone as (
    select b.*, date_trunc('day', b.due_at, v_old.timezone) as day,
      row_number() over (partition by date_trunc('day', b.due_at, v_old.timezone) order by b.due_at, b.scheduled_for) as nth,
      count(*) over (partition by date_trunc('day', b.due_at, v_old.timezone)) as day_total
    from before b
    where not exists (select from kept k where k.was_scheduled_for = b.scheduled_for) and not exists (select from after a where a.due_at = b.due_at)
  ), come as (
    select a.*, date_trunc('day', a.due_at, v_old.timezone) as day,
      row_number() over (partition by date_trunc('day', a.due_at, v_old.timezone) order by a.due_at, a.scheduled_for) as nth,
      count(*) over (partition by date_trunc('day', a.due_at, v_old.timezone)) as day_total
    from after a
    where not exists (select from kept k where k.scheduled_for = a.scheduled_for) and not exists (select from before b where b.due_at = a.due_at)
  ), changed as (
    -- Where as many come on a local day as go, each takes the place of one.
    select 'moved' as change, k.* from kept k where k.due_at <> k.was_due_at
    union all
    select case when c.due_at is null then 'removed' when g.due_at is null then 'added' else 'moved' end, g.scheduled_for, g.due_at, c.scheduled_for, c.due_at
    from gone g full join come c on c.day = g.day and c.nth = g.nth and c.day_total = g.day_total
  ), ranked as (
    select c.*, row_number() over (order by least(c.was_due_at, c.due_at), c.due_at, c.was_due_at) as position from changed c
  )
  select l.change, l.was_scheduled_for, l.was_due_at, l.scheduled_for, l.due_at, l.count
  from (
    select r.change, r.was_scheduled_for, r.was_due_at, r.scheduled_for, r.due_at, 1::bigint as count, r.position
    from ranked r where r.position <= preview_change.max_count
    union all
    select r.change || ', not listed', null, null, null, null, count(*), min(r.position) from ranked r where r.position > preview_change.max_count group by r.change
    union all
    select 'too many to compare', null, null, null, null, greatest(b.total, a.total), null
    from (select count(*) as total from before) b, (select count(*) as total from after) a
    where greatest(b.total, a.total) > v_most
  ) l order by l.position;
end
$$;
comment on function almanac.preview_change(text, jsonb, timestamptz, timestamptz, integer) is
  'What a change of a schedule (columns as JSON, as for update_schedule) does to what is due in [range_start, range_end), by default 30 days: occurrences added, removed and moved. An occurrence is moved if its nominal time stays and its due time does not, or if on a local day as many come as go: then each takes the place of one. What does not fit into max_count is counted in rows of its own. Refuses what saving would refuse.';
grant execute on function almanac.preview_change(text, jsonb, timestamptz, timestamptz, integer) to almanac_viewer;
--! EndIncluded functions/preview_change.sql
--! Included functions/recompute.sql
-- Definer: writes what only the engine may; the right to execute is the admins'.
create or replace function almanac.recompute(timezone text default null, dry_run boolean default false)
returns table (schedule_id bigint, schedule_name text, schedule_timezone text, was_due_at timestamptz, due_at timestamptz)
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_now timestamptz := statement_timestamp();
  v_ids bigint[];
begin
  if recompute.timezone is not null then
    perform almanac_private.check_timezone(recompute.timezone);
  end if;
  -- What is due by now is being fired and stays out of it.
  v_ids := array(
    select s.id from almanac.schedules s cross join lateral almanac_private.next_due(s) d
    where s.next_run_at > v_now and (recompute.timezone is null or s.timezone = recompute.timezone or exists (
        select from almanac.calendars c where c.name = any (s.calendars) and c.timezone = recompute.timezone)) and d.due_at is distinct from s.next_run_at
    order by s.id);
  return query
  select s.id, s.name, s.timezone, s.next_run_at, d.due_at
  from almanac.schedules s cross join lateral almanac_private.next_due(s) d
  where s.id = any (v_ids) order by s.id;
  if not recompute.dry_run and v_ids <> '{}' then
    perform almanac_private.replan(v_ids);
  end if;
end
$$;
comment on function almanac.recompute(text, boolean) is
  'After the rules of time zones have changed in the operating system or in PostgreSQL: computes anew when schedules (null: of all zones) are next due, and moves those of which it is not true any more. Returns what moves; with dry_run that is all.';
grant execute on function almanac.recompute(text, boolean) to almanac_admin, almanac_worker;
--! EndIncluded functions/recompute.sql
alter table almanac_private.timezones add column fingerprint text, add column fingerprint_year integer;
comment on column almanac_private.timezones.fingerprint is 'What refresh_timezones() last saw of its rules; null: it is not in use.';
drop function almanac_private.refresh_timezones();
--! Included functions/refresh_timezones.sql
-- Definer: writes a table that only the owner may.
create or replace function almanac_private.refresh_timezones(as_of timestamptz default now(), out added integer, out changed text[], out moved integer)
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_year integer := date_part('year', as_of at time zone 'UTC');
begin
  perform pg_advisory_xact_lock(hashtextextended('almanac:timezones', 0));
  insert into almanac_private.timezones (name)
  select z.name from pg_timezone_names z
  where z.name not like 'posix/%' and z.name not like 'right/%' and z.name not in ('posixrules', 'localtime', 'Factory')
    -- `at time zone` takes these for abbreviations, without the summer time that the zones of these names have.
    and z.name not in ('CET', 'EET', 'MET', 'WET')
  on conflict do nothing;
  get diagnostics added = row_count;

  -- The offsets at noon of every day of two years, of the zones in use: when they are not what they were, the rules have changed.
  with used as materialized (
    select s.timezone as name from almanac.schedules s where s.next_run_at is not null and s.timezone <> 'UTC'
    union
    select c.timezone from almanac.calendars c where c.timezone <> 'UTC'
  ), found as materialized (
    select u.name, md5(string_agg((d.at at time zone u.name)::text, ',' order by d.at)) as fingerprint
    from used u cross join generate_series(make_timestamptz(v_year, 1, 1, 12, 0, 0, 'UTC'), make_timestamptz(v_year + 2, 1, 1, 12, 0, 0, 'UTC'), interval '24 hours') d(at)
    group by u.name
  ), differing as (
    select f.name from found f join almanac_private.timezones t on t.name = f.name
    where t.fingerprint_year = v_year and t.fingerprint <> f.fingerprint
  ), written as (
    update almanac_private.timezones t set fingerprint = f.fingerprint, fingerprint_year = v_year
    from found f where t.name = f.name and (t.fingerprint_year, t.fingerprint) is distinct from (v_year, f.fingerprint)
    returning t.name
  )
  select coalesce(array_agg(d.name order by d.name), '{}') into refresh_timezones.changed from differing d;
  moved := (select count(*) from unnest(changed) z(name), almanac.recompute(z.name));
end
$$;
comment on function almanac_private.refresh_timezones(timestamptz) is
  'At the start of a worker, and after a migration: adds zones that the server has learnt (added; none is taken away, schedules may use it), looks which zones in use have other rules than at the last look (changed), and recomputes their schedules (moved).';
grant execute on function almanac_private.refresh_timezones(timestamptz) to almanac_worker;
--! EndIncluded functions/refresh_timezones.sql

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
--! Included functions/rule_of.sql
create or replace function almanac_private.rule_of(schedule almanac.schedules) returns jsonb
language sql stable parallel safe
return jsonb_strip_nulls(jsonb_build_object(
  'kind', (schedule).kind, 'every', (schedule).every, 'run_at', (schedule).run_at, 'timezone', (schedule).timezone,
  'starts_at', (schedule).starts_at, 'ends_at', (schedule).ends_at, 'created_at', (schedule).created_at,
  'rule_seconds', (schedule).rule_seconds, 'rule_minutes', (schedule).rule_minutes, 'rule_hours', (schedule).rule_hours,
  'rule_first_time', (schedule).rule_first_time, 'rule_weekdays', (schedule).rule_weekdays, 'rule_months', (schedule).rule_months,
  'rule_days', (schedule).rule_days, 'rule_running', (schedule).rule_running));
comment on function almanac_private.rule_of(almanac.schedules) is
  'What decides the nominal times of a schedule, to be kept in rule_versions: columns of schedules by name, from which jsonb_populate_record makes a row again.';
--! EndIncluded functions/rule_of.sql
--! Included functions/has_rule.sql
create or replace function almanac_private.has_rule(
  kind almanac.schedule_kind, status almanac.schedule_status, deleted_at timestamptz, archived_at timestamptz
) returns boolean
language sql immutable parallel safe
return kind <> 'manual' and status <> 'disabled' and deleted_at is null and archived_at is null;
comment on function almanac_private.has_rule(almanac.schedule_kind, almanac.schedule_status, timestamptz, timestamptz) is
  'Whether the times that a schedule''s rule names need an outcome: paused ones do, disabled and deleted ones do not.';
--! EndIncluded functions/has_rule.sql
insert into almanac_private.rule_versions (schedule_id, rule, valid_from)
select s.id, almanac_private.rule_of(s), s.cursor_at from almanac.schedules s
where almanac_private.has_rule(s.kind, s.status, s.deleted_at, s.archived_at);
--! Included functions/check_ledger.sql
-- Definer: reads rule versions, which are the owner's.
create or replace function almanac.check_ledger(
  range_start timestamptz default now() - interval '1 day', range_end timestamptz default now(), max_count integer default 1000
) returns table (problem text, schedule_id bigint, schedule_name text, scheduled_for timestamptz, detail text)
language plpgsql stable security definer set search_path to pg_catalog, pg_temp set jit to off set work_mem to '64MB'
as $$
#variable_conflict use_column
declare
  v_now timestamptz := statement_timestamp();
begin
  perform almanac_private.checked_count(check_ledger.max_count);
  perform almanac_private.check_range(check_ledger.range_start, check_ledger.range_end);

  return query
  with versions as (
    select v.schedule_id, coalesce(s.name, v.schedule_name) as name, jsonb_populate_record(null::almanac.schedules, v.rule) as rule,
      v.valid_from, v.valid_to, coalesce(v.valid_to, s.cursor_at) as settled_until
    from almanac_private.rule_versions v left join almanac.schedules s on s.id = v.schedule_id
    where v.valid_from < check_ledger.range_end and coalesce(v.valid_to, 'infinity') >= check_ledger.range_start
  ), planned as materialized (
    select v.schedule_id, v.name, o.at, o.at <= v.settled_until as is_settled
    from versions v
    cross join lateral almanac_private.occurrences_between(v.rule, greatest(check_ledger.range_start, v.valid_from + interval '1 microsecond'),
      least(check_ledger.range_end, v.valid_to + interval '1 microsecond'), null) o(at)
  ), fired as materialized (
    select r.schedule_id, r.schedule_name, r.scheduled_for as at, r.status
    from almanac.runs r
    where r.trigger = 'schedule' and r.scheduled_for >= check_ledger.range_start and r.scheduled_for < check_ledger.range_end
  ), stretches as materialized (
    select o.* from almanac.omissions o where o.during && tstzrange(check_ledger.range_start, check_ledger.range_end)
  ), members as materialized (
    select o.id, p.schedule_id, p.at from stretches o join planned p on p.schedule_id = o.schedule_id and p.at <@ o.during
  ), found as (
    select 'missing' as problem, p.schedule_id, p.name, p.at, 'Neither a run nor an omission has it.' as detail
    from planned p
    where p.is_settled
      and not exists (select from fired f where f.schedule_id = p.schedule_id and f.at = p.at)
      and not exists (select from members m where m.schedule_id = p.schedule_id and m.at = p.at)
      and not exists (
        select from almanac.occurrence_overrides o
        where o.schedule_id = p.schedule_id and o.scheduled_for = p.at and o.action = 'move' and o.done_at is null)
    union all
    select 'twice', f.schedule_id, f.schedule_name, f.at, format('It has a run, which is %s, and lies in an omission.', f.status)
    from fired f join members m on m.schedule_id = f.schedule_id and m.at = f.at
    union all
    select 'unplanned', f.schedule_id, f.schedule_name, f.at, format('It has a run, which is %s, but no rule named the time.', f.status)
    from fired f
    where not exists (select from planned p where p.schedule_id = f.schedule_id and p.at = f.at)
      and exists (select from almanac_private.rule_versions v where v.schedule_id = f.schedule_id and v.valid_from < f.at)
      and not exists (select from almanac.occurrence_overrides o where o.schedule_id = f.schedule_id and o.scheduled_for = f.at)
    union all
    select 'miscounted', o.schedule_id, o.schedule_name, lower(o.during),
      format('The omission to %s (%s) counts %s, the rule names %s.', upper(o.during), o.reason, o.count, coalesce(m.count, 0))
    from stretches o left join (select m.id, count(*) from members m group by m.id) m on m.id = o.id
    where lower(o.during) >= check_ledger.range_start and upper(o.during) < check_ledger.range_end and o.count is distinct from coalesce(m.count, 0)
      and exists (select from almanac_private.rule_versions v where v.schedule_id = o.schedule_id and v.valid_from < lower(o.during))
      and not exists (select from almanac.occurrence_overrides v where v.schedule_id = o.schedule_id and v.scheduled_for = lower(o.during))
    union all
    select 'overdue', s.id, s.name, s.next_scheduled_for, format('It was due at %s. Does a worker live?', s.next_run_at)
    from almanac.schedules s
    where s.next_run_at < v_now - interval '1 minute' and s.next_scheduled_for >= check_ledger.range_start
      and s.next_scheduled_for < check_ledger.range_end
  )
  select f.problem, f.schedule_id, f.name, f.at, f.detail from found f order by f.at, f.schedule_id, f.problem limit check_ledger.max_count;
end
$$;
comment on function almanac.check_ledger(timestamptz, timestamptz, integer) is
  'Recomputes which nominal times in [range_start, range_end) the rules named that held then, and compares them with the ledger: missing (no outcome), twice (two), unplanned (an outcome that no rule asked for), miscounted (an omission whose count is not what the rule names), overdue (due for over a minute). No rows: no duplicate and no gap. Later than what a schedule has settled nothing is missing yet.';
grant execute on function almanac.check_ledger(timestamptz, timestamptz, integer) to almanac_viewer;
--! EndIncluded functions/check_ledger.sql

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
--! Included functions/stopped_times.sql
create or replace function almanac_private.stopped_times(since timestamptz) returns tstzmultirange
language sql stable parallel safe
return coalesce((
  select range_agg(tstzrange(s.stopped_at, s.resumed_at)) from almanac.stops s where not s.catch_up and (s.resumed_at is null or s.resumed_at > since)), '{}');
comment on function almanac_private.stopped_times(timestamptz) is
  'When all schedules were stopped, from stops that have not ended before a moment: what was due then is not caught up.';
--! EndIncluded functions/stopped_times.sql
--! Included functions/is_stopped.sql
create or replace function almanac_private.is_stopped() returns boolean
language sql stable parallel safe
return exists (select from almanac.stops s where s.resumed_at is null);
comment on function almanac_private.is_stopped() is 'Whether all schedules are stopped now, by pause_all().';
--! EndIncluded functions/is_stopped.sql
--! Included functions/pause_all.sql
-- Definer: writes a table that only the owner may; the right to execute is the admins'.
create or replace function almanac.pause_all(reason text default null) returns almanac.stops
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_stop almanac.stops;
begin
  lock table almanac.stops in share row exclusive mode;
  select s.* into v_stop from almanac.stops s where s.resumed_at is null;
  if v_stop.id is not null then
    raise exception using errcode = 'AL013', message = 'All schedules are stopped already.',
      detail = format('Since %s, by %s%s.', v_stop.stopped_at, v_stop.stopped_by, coalesce(': ' || v_stop.reason, '')), hint = 'almanac.resume_all() lets them go on.';
  end if;
  insert into almanac.stops as s (stopped_at, stopped_by, reason) values (statement_timestamp(), almanac_private.actor(), pause_all.reason)
  returning s.* into v_stop;
  perform pg_notify('almanac_schedules', '{"op": "bulk", "ids": []}');
  return v_stop;
end
$$;
comment on function almanac.pause_all(text) is
  'Stops all schedules from firing until resume_all(). Each keeps its own state; runs that are queued or going on are left alone.';
grant execute on function almanac.pause_all(text) to almanac_admin;
--! EndIncluded functions/pause_all.sql
--! Included functions/resume_all.sql
-- Definer: writes a table that only the owner may; the right to execute is the admins'.
create or replace function almanac.resume_all(catch_up boolean default false) returns almanac.stops
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
  -- By key, whatever the statistics say, as fire_due.
  set enable_hashjoin to off set enable_mergejoin to off
as $$
declare
  v_stop almanac.stops;
begin
  update almanac.stops s set resumed_at = statement_timestamp(), resumed_by = almanac_private.actor(), catch_up = resume_all.catch_up
  where s.resumed_at is null returning s.* into v_stop;
  if v_stop.id is null then
    raise exception using errcode = 'AL013', message = 'The schedules are not stopped.', detail = 'There is nothing to resume.',
      hint = 'A single one that is paused is resumed by almanac.resume().';
  end if;
  -- Where no ticker lives their jobs fire them, which have been put off meanwhile.
  perform graphile_worker.add_jobs(array(
    select almanac_private.arm_spec(s.id, s.next_run_at, almanac_private.arm_delay()) from almanac.schedules s
    where s.next_run_at <= statement_timestamp() order by s.id));
  perform pg_notify('almanac_schedules', '{"op": "bulk", "ids": []}');
  return v_stop;
end
$$;
comment on function almanac.resume_all(boolean) is
  'Ends a stop of all schedules. What was due meanwhile is recorded as stopped, or, with catch_up, treated as each schedule''s missed_run_policy says.';
grant execute on function almanac.resume_all(boolean) to almanac_admin;
--! EndIncluded functions/resume_all.sql
--! Included functions/resume.sql
create or replace function almanac.resume(schedule text, catch_up boolean default false) returns almanac.schedules
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_schedule almanac.schedules := almanac_private.find_schedule(resume.schedule);
  v_saved almanac.schedules;
begin
  if not almanac_private.may_change(v_schedule.owner_user, v_schedule.run_as) then
    perform almanac_private.refuse_change(v_schedule.id);
  end if;
  if v_schedule.status = 'completed' then
    raise exception using errcode = 'AL013', column = 'status', message = format('Schedule %s is completed and cannot be resumed.', v_schedule.name),
      detail = 'No further run is possible by its rule.', hint = 'Change its rule, its end or max_runs: it is active again then.';
  end if;
  if v_schedule.status = 'active' then
    return v_schedule;
  end if;
  perform set_config('almanac.catch_up', case when resume.catch_up then 'on' else 'off' end, true);
  update almanac.schedules s set status = 'active' where s.id = v_schedule.id returning s.* into v_saved;
  perform set_config('almanac.catch_up', 'off', true);
  if v_saved.id is null then
    perform almanac_private.refuse_change(v_schedule.id);
  end if;
  return v_saved;
end
$$;
comment on function almanac.resume(text, boolean) is
  'Lets a paused or disabled schedule fire again. What fell into a pause is recorded as paused, or, with catch_up, treated as missed_run_policy says.';
grant execute on function almanac.resume(text, boolean) to almanac_operator;
--! EndIncluded functions/resume.sql
--! Included functions/wake.sql
-- Definer: as fire_due.
create or replace function almanac_private.wake(schedule_ids bigint[], as_of timestamptz default now()) returns bigint[]
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
  -- By key, whatever the statistics say: a hash join would read all of a large table for a handful of rows, here and in add_jobs.
  set enable_hashjoin to off set enable_mergejoin to off set enable_seqscan to off
as $$
declare
  v_locked bigint[];
begin
  perform almanac_private.fire_due(wake.as_of);
  v_locked := array(
    select s.id from almanac.schedules s where s.id = any (wake.schedule_ids) order by s.id for no key update skip locked
  );
  -- Armed even if nothing was due: an add_job that met this job while a worker was locking it may have been dropped.
  perform graphile_worker.add_jobs(array(
    select almanac_private.arm_spec(s.id, case when almanac_private.is_stopped() then greatest(s.next_run_at, wake.as_of + interval '1 minute') else s.next_run_at end,
      almanac_private.arm_delay())
    from almanac.schedules s where s.id = any (v_locked) and s.next_run_at is not null order by s.id
  ));
  return array(
    select s.id from almanac.schedules s
    where s.id = any (wake.schedule_ids) and s.id <> all (v_locked) and s.next_run_at is not null
  );
end
$$;
comment on function almanac_private.wake(bigint[], timestamptz) is
  'What the schedule:<id> jobs call: fires whatever is due, then arms these schedules anew. Returns those that someone else holds locked: call again for them.';
grant execute on function almanac_private.wake(bigint[], timestamptz) to almanac_worker;
--! EndIncluded functions/wake.sql
--! Included functions/reconcile.sql
-- Definer: Graphile Worker's tables are the owner's.
create or replace function almanac.reconcile(within interval default null)
returns table (repair text, schedule_id bigint, schedule_name text, run_id bigint, detail text)
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp set jit to off
as $$
#variable_conflict use_column
declare
  v_now timestamptz := statement_timestamp();
  v_until timestamptz := coalesce(statement_timestamp() + reconcile.within, 'infinity');
  v_delay interval := almanac_private.arm_delay();
  v_found record;
  v_replanned bigint[];
begin
  -- Schedule rows first, then their jobs; what someone else holds locked is being seen to.
  v_replanned := array(
    select s.id from almanac.schedules s
    where reconcile.within is null and s.next_run_at is null and s.status = 'active' and s.kind <> 'manual' and s.deleted_at is null and s.archived_at is null
    order by s.id for no key update skip locked);
  if v_replanned <> '{}' then
    perform almanac_private.replan(v_replanned);
    return query
    select 'planned', s.id, s.name, null::bigint, format('It was active without a next run; now %s.', coalesce(s.next_run_at::text, s.status::text))
    from almanac.schedules s where s.id = any (v_replanned) order by s.id;
  end if;

  for v_found in
    with candidates as (
      select s.id from almanac.schedules s
      where s.next_run_at <= v_until and not exists (
        select from graphile_worker._private_jobs j
        where j.key = 'schedule:' || s.id and (j.locked_at is not null
          or j.run_at <= greatest(s.next_run_at, v_now) + v_delay + interval '70 seconds' and j.attempts < j.max_attempts))
    )
    select s.id, s.name, s.next_run_at, j.run_at, j.key is not null and j.attempts >= j.max_attempts as is_dead
    from candidates c join almanac.schedules s on s.id = c.id left join graphile_worker._private_jobs j on j.key = 'schedule:' || s.id
    where s.next_run_at is not null
    order by s.id for no key update of s skip locked
  loop
    if v_found.is_dead then
      -- It would lose its key to the new one, and stay.
      perform graphile_worker.remove_job('schedule:' || v_found.id);
    end if;
    perform graphile_worker.add_jobs(array[almanac_private.arm_spec(v_found.id, v_found.next_run_at, v_delay)]);
    repair := 'armed';
    schedule_id := v_found.id;
    schedule_name := v_found.name;
    run_id := null;
    detail := case when v_found.run_at is null then 'It had no job.' when v_found.is_dead then 'Its job had used up its attempts.'
      else format('Its job was for %s.', v_found.run_at) end || format(' It is due at %s.', v_found.next_run_at);
    return next;
  end loop;

  if reconcile.within is null then
    for v_found in
      select j.key, split_part(j.key, ':', 2) as id, s.id as schedule_id, s.name
      from graphile_worker._private_jobs j
      left join almanac.schedules s on s.id::text = split_part(j.key, ':', 2)
      where j.key ~ '^schedule:[0-9]+$' and j.locked_at is null and s.next_run_at is null
      order by j.key
    loop
      perform graphile_worker.remove_job(v_found.key);
      repair := 'disarmed';
      schedule_id := v_found.schedule_id;
      schedule_name := v_found.name;
      run_id := null;
      detail := format('The job %s was there, and nothing is due.', v_found.key);
      return next;
    end loop;
  end if;

  for v_found in
    select r.* from almanac_private.live_runs l join almanac.runs r on r.id = l.run_id and r.scheduled_for = l.scheduled_for
    where not l.is_waiting and r.status in ('queued', 'retrying') and coalesce(r.queued_at, r.attempt_started_at) < v_now - interval '15 seconds'
      and not exists (select from graphile_worker._private_jobs j where j.key = 'run:' || r.id)
      -- The job of an attempt that has just been fetched lost its key to nobody: a worker has it.
      and not exists (select from graphile_worker._private_jobs j where j.locked_at is not null and j.payload::jsonb #>> '{_run,id}' = r.id::text)
    order by r.id for no key update of r skip locked
  loop
    perform graphile_worker.add_jobs(array[almanac_private.run_job_spec(v_found.id, v_found.schedule_id, v_found.scheduled_for, v_found.attempt + 1,
      v_found.trigger, v_found.task_identifier, v_found.payload, v_found.priority, null)]);
    repair := 'queued';
    schedule_id := v_found.schedule_id;
    schedule_name := v_found.schedule_name;
    run_id := v_found.id;
    detail := format('Its run for %s was %s and had no job.', v_found.scheduled_for, v_found.status);
    return next;
  end loop;
end
$$;
comment on function almanac.reconcile(interval) is
  'Compares schedules and unfinished runs with the jobs that Graphile Worker has for them, and repairs what is missing or wrong (after a restore from a dump, or when jobs were deleted by hand). Returns what it repaired: planned, armed, disarmed or queued. within: only what is due that soon. Workers call it at their start, and the leading one every minute for what is due soon.';
grant execute on function almanac.reconcile(interval) to almanac_admin, almanac_worker;
--! EndIncluded functions/reconcile.sql
--! Included functions/spoken_time.sql
create or replace function almanac_private.spoken_time(at timestamptz, timezone text) returns text
language sql stable strict parallel safe
return to_char(at at time zone timezone, 'Dy DD Mon YYYY HH24:MI:SS') || ' (' || timezone || ')';
comment on function almanac_private.spoken_time(timestamptz, text) is 'An instant for people: as a clock in the zone shows it, with the zone.';
grant execute on function almanac_private.spoken_time(timestamptz, text) to almanac_viewer;
--! EndIncluded functions/spoken_time.sql
--! Included functions/why.sql
-- Definer: reads rule versions, which are the owner's.
create or replace function almanac.why(schedule text, moment timestamptz) returns text
language plpgsql stable security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_schedule almanac.schedules;
  v_version almanac_private.rule_versions;
  v_rule almanac.schedules;
  v_zone text;
  v_before timestamptz;
  v_at timestamptz;
  v_run almanac.runs;
  v_omission almanac.omissions;
  v_override almanac.occurrence_overrides;
  v_planned almanac_private.planned_occurrence;
  v_lines text[] := '{}';
begin
  if why.moment is null or not isfinite(why.moment) then
    raise exception using errcode = 'AL012', message = 'The moment must be a time.', detail = format('moment: %s.', coalesce(why.moment::text, 'null')),
      hint = 'Give the time at which it ran, or should have run.';
  end if;
  select s.* into v_schedule from almanac.schedules s where s.name = why.schedule order by s.deleted_at is not null, s.deleted_at desc, s.id desc limit 1;
  if v_schedule.id is null then
    v_schedule := almanac_private.find_schedule(why.schedule);
  end if;
  v_zone := v_schedule.timezone;

  -- The run that is meant: by its nominal time, its due time, or the one that was going on.
  select r.* into v_run from almanac.runs r
  where r.schedule_id = v_schedule.id and r.scheduled_for between why.moment - interval '400 days' and why.moment + interval '400 days'
    and (r.scheduled_for = why.moment or date_trunc('minute', r.due_at) = date_trunc('minute', why.moment)
      or why.moment between r.started_at and coalesce(r.finished_at, 'infinity'))
  order by r.scheduled_for = why.moment desc, r.due_at = why.moment desc, abs(extract(epoch from r.due_at - why.moment)), r.id desc limit 1;
  v_at := v_run.scheduled_for;

  select v.* into v_version from almanac_private.rule_versions v
  where v.schedule_id = v_schedule.id and v.valid_from < coalesce(v_at, why.moment) and (v.valid_to is null or v.valid_to >= coalesce(v_at, why.moment))
  order by v.valid_from desc limit 1;
  if v_version.id is not null then
    v_rule := jsonb_populate_record(null::almanac.schedules, v_version.rule);
    v_zone := v_rule.timezone;
    if v_at is null then
      -- The nominal time in the minute asked for, if its rule has one there.
      v_at := almanac_private.next_occurrence(v_rule, date_trunc('minute', why.moment, 'UTC') - interval '1 microsecond');
      if v_at >= date_trunc('minute', why.moment, 'UTC') + interval '1 minute' then
        v_at := null;
      end if;
    end if;
  end if;

  if v_run.id is not null then
    v_lines := v_lines || format('%s was to run for %s.', v_schedule.name, almanac_private.spoken_time(v_run.scheduled_for, v_zone));
    v_lines := v_lines || case v_run.trigger
      when 'manual' then format('Run %s was asked for by %s.', v_run.id, v_run.requested_by)
      when 'schedule' then format('Its rule names that time; run %s came of it.', v_run.id)
      else format('Run %s came of it (%s).', v_run.id, v_run.trigger) end;
    if v_run.due_at <> v_run.scheduled_for then
      select o.* into v_override from almanac.occurrence_overrides o where o.schedule_id = v_schedule.id and o.scheduled_for = v_run.scheduled_for;
      v_lines := v_lines || case when v_override.action = 'move'
        then format('It was moved to %s by %s%s.', almanac_private.spoken_time(v_run.due_at, v_zone), v_override.created_by, coalesce(': ' || v_override.reason, ''))
        else format('It was due at %s: a calendar held it back, or jitter spread it.', almanac_private.spoken_time(v_run.due_at, v_zone)) end;
    end if;
    v_lines := v_lines || case
      when v_run.status = 'skipped' then format('It did not run: %s.', v_run.reason)
      when v_run.started_at is null then format('It has not begun: it is %s%s.', v_run.status, coalesce(', ' || v_run.reason, ''))
      else format('It began at %s%s and %s.', almanac_private.spoken_time(v_run.started_at, v_zone),
        case when v_run.started_at > v_run.due_at + interval '1 second'
          then format(', %s after it was due', justify_interval(date_trunc('second', v_run.started_at - v_run.due_at))) else '' end,
        case when v_run.finished_at is null then format('is %s, attempt %s of %s', v_run.status, v_run.attempt, v_run.max_attempts)
          else format('%s after %s attempt%s', v_run.status, v_run.attempt, case when v_run.attempt = 1 then '' else 's' end) end) end;
    if v_run.error is not null then
      v_lines := v_lines || format('Its last error: %s', left(v_run.error, 500));
    end if;
    return array_to_string(v_lines, E'\n');
  end if;

  if v_version.id is null then
    return format('%s had no rule at %s: %s.', v_schedule.name, almanac_private.spoken_time(why.moment, v_zone), case
      when why.moment < v_schedule.created_at then format('it was created at %s', almanac_private.spoken_time(v_schedule.created_at, v_zone))
      when v_schedule.kind = 'manual' then 'it runs only when triggered'
      when v_schedule.deleted_at <= why.moment then format('it was deleted at %s', almanac_private.spoken_time(v_schedule.deleted_at, v_zone))
      else 'it was disabled or deleted, or it is from before rules were kept' end);
  end if;

  if v_at is null then
    v_before := (
      select max(o.at) from almanac_private.occurrences_between(v_rule, greatest(v_version.valid_from, why.moment - interval '40 days'), why.moment, 100000) o(at));
    v_lines := v_lines || format('The rule of %s names no time at %s.', v_schedule.name, almanac_private.spoken_time(why.moment, v_zone));
    v_lines := v_lines || format('Before it: %s. After it: %s.', coalesce(almanac_private.spoken_time(v_before, v_zone), 'none within 40 days'),
      coalesce(almanac_private.spoken_time(almanac_private.next_occurrence(v_rule, why.moment), v_zone), 'none'));
    return array_to_string(v_lines, E'\n');
  end if;

  v_lines := v_lines || format('The rule of %s names %s.', v_schedule.name, almanac_private.spoken_time(v_at, v_zone));
  select o.* into v_omission from almanac.omissions o where o.schedule_id = v_schedule.id and o.during @> v_at;
  select o.* into v_override from almanac.occurrence_overrides o where o.schedule_id = v_schedule.id and o.scheduled_for = v_at;
  if v_omission.id is not null then
    v_lines := v_lines || case v_omission.reason
      when 'missed' then format('It was missed: it was reached at %s, too late for late_tolerance and missed_run_policy.', almanac_private.spoken_time(v_omission.recorded_at, v_zone))
      when 'paused' then 'The schedule was paused.'
      when 'stopped' then coalesce((
        select format('All schedules were stopped by %s%s.', s.stopped_by, coalesce(': ' || s.reason, ''))
        from almanac.stops s where v_at >= s.stopped_at and v_at < coalesce(s.resumed_at, 'infinity') limit 1), 'The schedule was disabled or deleted before it could run.')
      else format('It was excluded by a calendar%s.', coalesce((
        select ': ' || string_agg(w.calendar || coalesce(', ' || w.label, ''), '; ')
        from almanac_private.exclusion_windows(v_schedule.calendars, v_schedule.timezone, v_at, v_at) w), '')) end;
    if v_omission.count > 1 then
      v_lines := v_lines || format('So it was with all %s from %s to %s.', v_omission.count, almanac_private.spoken_time(lower(v_omission.during), v_zone),
        almanac_private.spoken_time(upper(v_omission.during), v_zone));
    end if;
  elsif v_override.schedule_id is not null and v_override.done_at is null then
    v_lines := v_lines || case v_override.action
      when 'move' then format('It was moved to %s by %s%s.', almanac_private.spoken_time(v_override.moved_to, v_zone), v_override.created_by, coalesce(': ' || v_override.reason, ''))
      else format('It will be left out: skipped by %s%s.', v_override.created_by, coalesce(': ' || v_override.reason, '')) end;
  elsif v_at > v_schedule.cursor_at then
    select p.* into v_planned from almanac_private.planned_occurrences(v_schedule, v_at - interval '1 microsecond', v_at + interval '1 microsecond', null, true) p limit 1;
    v_lines := v_lines || case
      when v_schedule.status <> 'active' then format('The schedule is %s%s.', v_schedule.status, coalesce(': ' || v_schedule.pause_reason, ''))
      when almanac_private.is_stopped() then 'All schedules are stopped.'
      when v_planned.outcome = 'excluded' then format('It is excluded by a calendar%s.', coalesce((
        select ': ' || string_agg(w.calendar || coalesce(', ' || w.label, ''), '; ')
        from almanac_private.exclusion_windows(v_schedule.calendars, v_schedule.timezone, v_at, v_at) w), ''))
      when v_planned.outcome = 'merged' then 'A calendar excludes it, and a later one runs in its stead.'
      when v_planned.due_at > statement_timestamp() then format('It is to come: due at %s.', almanac_private.spoken_time(v_planned.due_at, v_zone))
      else format('It is due since %s and was not fired: does a worker live?', almanac_private.spoken_time(v_planned.due_at, v_zone)) end;
  else
    v_lines := v_lines || 'It has no outcome, which should not be: see almanac.check_ledger().'::text;
  end if;
  return array_to_string(v_lines, E'\n');
end
$$;
comment on function almanac.why(text, timestamptz) is
  'Explains in words why a schedule ran, or did not run, at a time: its rule then, its outcome, and what decided it. A time is meant to the minute.';
grant execute on function almanac.why(text, timestamptz) to almanac_viewer;
--! EndIncluded functions/why.sql
drop function almanac_private.overlap_outcome(almanac.overlap_policy, integer, bigint, bigint);
--! Included functions/overlap_status.sql
create or replace function almanac_private.overlap_status(
  overlap_policy almanac.overlap_policy, max_concurrent integer, live bigint, waiting bigint
) returns almanac.run_status
language sql immutable parallel safe
return case
  when live = 0 then 'queued'
  when overlap_policy = 'allow' then case when max_concurrent is null or live < max_concurrent then 'queued' else 'skipped' end
  when overlap_policy in ('queue_all', 'cancel_running') then 'waiting'
  when overlap_policy = 'queue_one' and waiting = 0 then 'waiting'
  else 'skipped'
end::almanac.run_status;
comment on function almanac_private.overlap_status(almanac.overlap_policy, integer, bigint, bigint) is
  'What becomes of an occurrence that is due while `live` runs of its schedule go on, `waiting` of them waiting. A plain expression, so that callers inline it.';
--! EndIncluded functions/overlap_status.sql
--! Included functions/overlap_reason.sql
create or replace function almanac_private.overlap_reason(
  overlap_policy almanac.overlap_policy, max_concurrent integer, live bigint, waiting bigint
) returns text
language sql immutable parallel safe
return case
  when live = 0 then null
  when overlap_policy = 'allow' then
    case when max_concurrent is null or live < max_concurrent then null else 'as many runs go on as max_concurrent allows' end
  when overlap_policy = 'queue_one' and waiting > 0 then 'an earlier run goes on and another waits'
  when overlap_policy = 'cancel_running' then 'an earlier run is being cancelled'
  else 'an earlier run goes on'
end;
comment on function almanac_private.overlap_reason(almanac.overlap_policy, integer, bigint, bigint) is
  'Why an occurrence waits or is skipped that is due while `live` runs of its schedule go on, `waiting` of them waiting; null: it does not.';
--! EndIncluded functions/overlap_reason.sql
drop function almanac_private.insert_run(almanac.schedules, timestamptz, timestamptz, almanac.run_trigger, jsonb, text, timestamptz);
--! Included functions/insert_run.sql
-- Definer: writes the ledger. Called by the engine only; rights are checked by whoever calls it.
create or replace function almanac_private.insert_run(
  schedule almanac.schedules, scheduled_for timestamptz, due_at timestamptz, trigger almanac.run_trigger,
  payload jsonb, requested_by text, as_of timestamptz, caught_up integer default null
) returns almanac.runs
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
  -- By key, whatever the statistics say: a hash join would read all of a large table for a handful of rows, here and in add_jobs.
  set enable_hashjoin to off set enable_mergejoin to off set enable_seqscan to off
as $$
#variable_conflict use_column
declare
  v_run almanac.runs;
  v_live bigint := 0;
  v_waiting bigint := 0;
  v_status almanac.run_status := 'queued';
  v_reason text;
begin
  if insert_run.trigger = 'schedule' and schedule.overlap_policy = 'cancel_running' then
    perform almanac_private.cancel_live_runs(schedule.id, 'a later run took its place', insert_run.as_of);
  end if;
  if insert_run.trigger = 'schedule' and not (schedule.overlap_policy = 'allow' and schedule.max_concurrent is null) then
    select count(*), count(*) filter (where l.is_waiting) into v_live, v_waiting
    from almanac_private.live_runs l
    where l.schedule_id = (insert_run.schedule).id and l.trigger = 'schedule';
    v_status := almanac_private.overlap_status(schedule.overlap_policy, schedule.max_concurrent, v_live, v_waiting);
    -- To be caught up means to run, so it waits where it would be skipped were it on time.
    if v_status = 'skipped' and insert_run.caught_up is not null and schedule.overlap_policy <> 'allow' then
      v_status := 'waiting';
    end if;
    v_reason := almanac_private.overlap_reason(schedule.overlap_policy, schedule.max_concurrent, v_live, v_waiting);
  end if;

  insert into almanac.runs as r
    (schedule_id, schedule_name, task_identifier, payload, scheduled_for, due_at, trigger, status, reason, max_attempts, timeout, priority,
     queued_at, finished_at, run_as, requested_by)
  values (schedule.id, schedule.name, schedule.task_identifier, insert_run.payload, insert_run.scheduled_for, insert_run.due_at, insert_run.trigger,
    v_status, v_reason, schedule.max_attempts, schedule.timeout, schedule.priority,
    case when v_status = 'queued' then insert_run.as_of end, case when v_status = 'skipped' then insert_run.as_of end,
    schedule.run_as, insert_run.requested_by)
  on conflict (schedule_id, scheduled_for) where (r.trigger = 'schedule') do nothing
  returning r.* into v_run;
  if v_run.id is null then
    return null;
  end if;

  if v_status <> 'skipped' then
    insert into almanac_private.live_runs (schedule_id, run_id, scheduled_for, trigger, is_waiting)
    values (schedule.id, v_run.id, v_run.scheduled_for, v_run.trigger, v_status = 'waiting');
  end if;
  if v_status = 'queued' then
    perform graphile_worker.add_jobs(array[almanac_private.run_job_spec(
      v_run.id, v_run.schedule_id, v_run.scheduled_for, 1, v_run.trigger, v_run.task_identifier, v_run.payload, v_run.priority,
      insert_run.as_of + make_interval(secs => insert_run.caught_up * 60.0 / schedule.catchup_per_minute))]);
  end if;
  return v_run;
end
$$;
comment on function almanac_private.insert_run(almanac.schedules, timestamptz, timestamptz, almanac.run_trigger, jsonb, text, timestamptz, integer) is
  'Writes one run to the ledger, as its overlap policy has it, and adds its job; null: the occurrence has its run already. caught_up: how many before it are caught up in the same go, so that their jobs are paced; null: it is not caught up.';
--! EndIncluded functions/insert_run.sql
--! Included functions/begin_runs.sql
-- Definer: writes the ledger.
create or replace function almanac_private.begin_runs(
  worker_id bigint, run_ids bigint[], scheduled_fors timestamptz[], job_ids bigint[] default null, as_of timestamptz default clock_timestamp()
) returns table (run_id bigint, schedule_id bigint, started boolean, attempt integer, task_identifier text, timeout_ms double precision, run_as name)
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
  -- By key, whatever the statistics say: a hash join would read all of a large table for a handful of rows, here and in add_jobs.
  set enable_hashjoin to off set enable_mergejoin to off set enable_seqscan to off set plan_cache_mode to force_generic_plan
as $$
#variable_conflict use_column
begin
  return query
  with asked as (
    select a.id, a.scheduled_for, a.job_id from unnest(begin_runs.run_ids, begin_runs.scheduled_fors, begin_runs.job_ids) a(id, scheduled_for, job_id)
    order by a.id
  ), locked as (
    select r.id, r.scheduled_for, a.job_id
    from asked a
    cross join lateral (
      -- Found by key and looked at afterwards: with its status as a condition here, all of a partition may be read for the few that are queued.
      select x.id, x.scheduled_for, x.status, x.worker_id, x.job_id
      from almanac.runs x where x.id = a.id and x.scheduled_for = a.scheduled_for offset 0 for no key update
    ) r
    -- Its own running one: the answer to an earlier call was lost, and the worker asks again for the same job.
    where r.status in ('queued', 'retrying')
      or r.status = 'running' and r.worker_id = begin_runs.worker_id and r.job_id = a.job_id
  ), begun as (
    update almanac.runs r
    set status = 'running', attempt = r.attempt + (r.status <> 'running')::integer, started_at = coalesce(r.started_at, begin_runs.as_of),
      attempt_started_at = begin_runs.as_of, worker_id = begin_runs.worker_id, job_id = l.job_id
    from locked l where r.id = l.id and r.scheduled_for = l.scheduled_for
    returning r.id, r.schedule_id, r.attempt, r.task_identifier, r.timeout, r.run_as
  )
  select b.id, b.schedule_id, true, b.attempt, b.task_identifier, extract(epoch from b.timeout)::float8 * 1000, b.run_as from begun b
  union all
  -- Not a join: without hash joins it would compare each with each.
  select a.id, null, false, null, null, null, null from asked a where a.id not in (select b.id from begun b);
end
$$;
comment on function almanac_private.begin_runs(bigint, bigint[], timestamptz[], bigint[], timestamptz) is
  'Marks runs as running. A run that is not queued (cancelled, taken by another worker) comes back with started = false and must not be run. Asked again for the same job, it gives the same answer.';
grant execute on function almanac_private.begin_runs(bigint, bigint[], timestamptz[], bigint[], timestamptz) to almanac_worker;
--! EndIncluded functions/begin_runs.sql
--! Included functions/finish_runs.sql
-- Definer: writes the ledger and Graphile Worker's jobs.
create or replace function almanac_private.finish_runs(worker_id bigint, results jsonb, as_of timestamptz default clock_timestamp()) returns integer
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
  -- By key, whatever the statistics say: a hash join would read all of a large table for a handful of rows, here and in add_jobs.
  set enable_hashjoin to off set enable_mergejoin to off set enable_seqscan to off set plan_cache_mode to force_generic_plan
as $$
declare
  v_count integer;
  v_queueing bigint[];
begin
  perform set_config('almanac.engine', 'on', true);
  with asked as (
    select a."runId" as id, a."scheduledFor" as scheduled_for, a.status, a.error, a.result
    from jsonb_to_recordset(finish_runs.results)
      a("runId" bigint, "scheduledFor" timestamptz, status almanac.run_status, error text, result jsonb)
    order by a."runId"
  ), locked as (
    select r.*, case when r.cancel_requested_at is not null and a.status in ('failed', 'timed_out') then 'cancelled' else a.status end as outcome, a.error as outcome_error, a.result as outcome_result
    from asked a
    cross join lateral (
      -- Found by key and looked at afterwards: with its status as a condition here, all of a partition is read for the few that run.
      select x.* from almanac.runs x where x.id = a.id and x.scheduled_for = a.scheduled_for offset 0 for no key update
    ) r
    where r.status = 'running' and r.worker_id = finish_runs.worker_id
  ), decided as materialized (
    select l.*, l.outcome in ('failed', 'timed_out') and l.attempt < l.max_attempts as retries,
      case when l.outcome in ('failed', 'timed_out') and l.attempt < l.max_attempts then
        finish_runs.as_of + least(
          coalesce(s.retry_ceiling, interval '1 hour'),
          coalesce(s.retry_delay, interval '5 seconds') * least(power(coalesce(s.retry_backoff, 2), l.attempt - 1), 1000000000)::float8)
      end as retry_at
    from locked l left join almanac.schedules s on s.id = l.schedule_id and l.outcome in ('failed', 'timed_out')
  ), ended as (
    update almanac.runs r
    set status = case when d.retries then 'retrying' else d.outcome end,
      error = coalesce(d.outcome_error, case when d.outcome = 'succeeded' then null else r.error end),
      result = d.outcome_result,
      finished_at = case when d.retries then null else finish_runs.as_of end
    from decided d where r.id = d.id and r.scheduled_for = d.scheduled_for
    returning r.id
  ), attempts as (
    insert into almanac.run_attempts (run_id, scheduled_for, attempt, status, started_at, finished_at, worker_id, error)
    select d.id, d.scheduled_for, d.attempt, d.outcome, d.attempt_started_at, finish_runs.as_of, d.worker_id, d.outcome_error from decided d
    on conflict do nothing
  ), dead as (
    delete from almanac_private.live_runs l using decided d
    where l.schedule_id = d.schedule_id and l.run_id = d.id and not d.retries
  ), added as (
    select count(*) from graphile_worker.add_jobs(array(
      select almanac_private.run_job_spec(d.id, d.schedule_id, d.scheduled_for, d.attempt + 1, d.trigger, d.task_identifier, d.payload, d.priority, d.retry_at)
      from decided d where d.retries order by d.id
    ))
    where exists (select from decided d where d.retries)
  ), counted as (
    select d.schedule_id, count(*) filter (where d.outcome in ('failed', 'timed_out') and d.trigger = 'schedule') as failed, (array_agg(d.outcome order by d.id desc))[1] as last_status
    from decided d where not d.retries group by d.schedule_id
  ), stale as (
    select c.* from counted c join almanac.schedules s on s.id = c.schedule_id
    where c.failed > 0 or s.last_status is distinct from c.last_status
  ), free as (
    select t.* from stale t join almanac.schedules s on s.id = t.schedule_id order by s.id for no key update of s skip locked
  ), counters as (
    update almanac.schedules s set failed_runs = s.failed_runs + f.failed, last_status = f.last_status from free f where s.id = f.schedule_id
  ), kept as (
    insert into almanac_private.unsettled_counters (schedule_id, failed, last_status)
    select t.* from stale t where t.schedule_id not in (select f.schedule_id from free f)
  )
  select count(*), array_agg(distinct d.schedule_id) filter (where not d.retries and exists (
      select from almanac_private.live_runs w where w.schedule_id = d.schedule_id and w.is_waiting))
  into v_count, v_queueing
  from decided d, (select count(*) from added) a;

  perform set_config('almanac.engine', 'off', true);
  if v_queueing is not null then
    perform almanac_private.release_waiting(v_queueing, finish_runs.as_of);
  end if;
  return v_count;
end
$$;
comment on function almanac_private.finish_runs(bigint, jsonb, timestamptz) is
  'Records how attempts ended: [{"runId", "scheduledFor", "status": succeeded|failed|timed_out|cancelled, "error", "result"}]. Retries what has attempts left, and releases what waited. Counts only runs that this worker had running.';
grant execute on function almanac_private.finish_runs(bigint, jsonb, timestamptz) to almanac_worker;
--! EndIncluded functions/finish_runs.sql
--! Included functions/add_jobs.sql
create or replace function almanac_private.add_jobs(specs graphile_worker.job_spec[]) returns void
language plpgsql volatile set search_path to pg_catalog, pg_temp
  -- By key, whatever the statistics say: a hash join would read all jobs for a handful, within Graphile Worker's function too.
  set enable_hashjoin to off set enable_mergejoin to off set enable_seqscan to off
as $$
begin
  if cardinality(add_jobs.specs) > 0 then
    perform graphile_worker.add_jobs(add_jobs.specs);
  end if;
end
$$;
comment on function almanac_private.add_jobs(graphile_worker.job_spec[]) is
  'Adds jobs for callers that join sets of their own, which need hash joins, while Graphile Worker''s look-up by key must not use one.';
--! EndIncluded functions/add_jobs.sql
alter table almanac.runs add column cancel_requested_at timestamptz;
comment on column almanac.runs.cancel_requested_at is 'Since when its worker is asked to abort it; null: it is not.';
--! Included functions/cancel_live_runs.sql
-- Definer: writes the ledger.
create or replace function almanac_private.cancel_live_runs(schedule_id bigint, reason text, as_of timestamptz default now()) returns integer
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
  -- By key, whatever the statistics say, as fire_due.
  set enable_hashjoin to off set enable_mergejoin to off set enable_seqscan to off
as $$
declare
  v_ended bigint[];
  v_asked bigint[];
begin
  with locked as (
    select r.id, r.scheduled_for, r.status
    from almanac_private.live_runs l join almanac.runs r on r.id = l.run_id and r.scheduled_for = l.scheduled_for
    where l.schedule_id = cancel_live_runs.schedule_id and l.trigger = 'schedule'
    order by r.id for no key update of r
  ), ended as (
    update almanac.runs r set status = 'cancelled', reason = cancel_live_runs.reason, finished_at = cancel_live_runs.as_of
    from locked l where r.id = l.id and r.scheduled_for = l.scheduled_for and l.status in ('waiting', 'queued', 'retrying')
    returning r.id
  ), dead as (
    delete from almanac_private.live_runs l using ended e where l.schedule_id = cancel_live_runs.schedule_id and l.run_id = e.id
  ), asked as (
    update almanac.runs r set cancel_requested_at = cancel_live_runs.as_of, reason = cancel_live_runs.reason
    from locked l where r.id = l.id and r.scheduled_for = l.scheduled_for and l.status = 'running' and r.cancel_requested_at is null
    returning r.id
  )
  select (select array_agg(e.id) from ended e), (select array_agg(a.id) from asked a) into v_ended, v_asked;
  perform graphile_worker.remove_job('run:' || e.id) from unnest(v_ended) e(id);
  if v_asked is not null then
    perform pg_notify('almanac_cancels', to_json(v_asked::text[])::text);
  end if;
  return coalesce(cardinality(v_ended), 0) + coalesce(cardinality(v_asked), 0);
end
$$;
comment on function almanac_private.cancel_live_runs(bigint, text, timestamptz) is
  'Cancels the runs of a schedule that go on: those not begun at once; of those that run, the workers are asked to abort them. Runs by hand are left alone.';
--! EndIncluded functions/cancel_live_runs.sql
--! Included functions/cancel_requests.sql
-- Definer: reads what only the engine may.
create or replace function almanac_private.cancel_requests(worker_id bigint) returns table (run_id bigint, reason text)
language sql stable security definer set search_path to pg_catalog, pg_temp
begin atomic
  select r.id, r.reason
  from almanac_private.live_runs l join almanac.runs r on r.id = l.run_id and r.scheduled_for = l.scheduled_for
  where r.worker_id = cancel_requests.worker_id and r.status = 'running' and r.cancel_requested_at is not null;
end;
comment on function almanac_private.cancel_requests(bigint) is
  'Runs of a worker that are to be aborted, and why: for when the NOTIFY on almanac_cancels did not reach it.';
grant execute on function almanac_private.cancel_requests(bigint) to almanac_worker;
--! EndIncluded functions/cancel_requests.sql
--! Included functions/settle_stretch.sql
-- Definer: writes the ledger.
create or replace function almanac_private.settle_stretch(schedule almanac.schedules, as_of timestamptz, omit_as almanac.omission_reason)
returns timestamptz
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_unlimited almanac.schedules := schedule;
  v_at timestamptz := almanac_private.next_occurrence(schedule, schedule.cursor_at);
  v_stretch_end timestamptz;
  v_stretch record;
begin
  if v_at is null or v_at > settle_stretch.as_of then
    return schedule.cursor_at;
  end if;
  v_stretch_end := (
    select upper(r) from unnest(almanac_private.exclusions(schedule.calendars, schedule.timezone, v_at, v_at + interval '24 hours')) r where r @> v_at);
  if v_stretch_end is null or schedule.has_overrides and exists (
    select from almanac.occurrence_overrides o
    where o.schedule_id = (settle_stretch.schedule).id and o.scheduled_for >= v_at and o.scheduled_for < least(v_stretch_end, settle_stretch.as_of))
  then
    return schedule.cursor_at;
  end if;

  v_unlimited.max_runs := null;
  select count(*) as count, min(n.at) as first, max(n.at) as last into v_stretch
  from (
    -- Where excluded ones move, all but the last are merged into it; the last hundred are left, to have a row each.
    select o.at, row_number() over (order by o.at desc) as nth
    from almanac_private.occurrences_between(v_unlimited, v_at, least(v_stretch_end, settle_stretch.as_of + interval '1 microsecond'), null) o(at)
  ) n
  where n.nth > case when schedule.exclusion_policy = 'skip' or v_stretch_end = 'infinity' then 0 else 100 end;
  if v_stretch.count < 100 then
    return schedule.cursor_at;
  end if;
  perform almanac_private.record_omission(schedule.id, schedule.name, v_stretch.first, v_stretch.last, v_stretch.count,
    coalesce(settle_stretch.omit_as, 'excluded'), schedule.cursor_at, settle_stretch.as_of);
  return v_stretch.last;
end
$$;
comment on function almanac_private.settle_stretch(almanac.schedules, timestamptz, almanac.omission_reason) is
  'Where hundreds of occurrences after the cursor lie in one exclusion: records them at once and returns the cursor behind them; else the cursor as it is.';
--! EndIncluded functions/settle_stretch.sql
--! Included functions/check_range.sql
create or replace function almanac_private.check_range(range_start timestamptz, range_end timestamptz) returns void
language plpgsql immutable parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  v_fits boolean := false;
begin
  -- Before PostgreSQL 17 infinite times cannot be subtracted.
  if isfinite(check_range.range_start) and isfinite(check_range.range_end) then
    v_fits := check_range.range_end > check_range.range_start and check_range.range_end - check_range.range_start <= interval '400 days';
  end if;
  if not v_fits then
    raise exception using errcode = 'AL012', message = 'The range must be longer than nothing and at most 400 days.',
      detail = format('range_start: %s, range_end: %s.', coalesce(check_range.range_start::text, 'null'), coalesce(check_range.range_end::text, 'null')),
      hint = 'Ask for a shorter range.';
  end if;
end
$$;
comment on function almanac_private.check_range(timestamptz, timestamptz) is 'Raises AL012 unless the range has an end, is longer than nothing and at most 400 days.';
grant execute on function almanac_private.check_range(timestamptz, timestamptz) to almanac_viewer;
--! EndIncluded functions/check_range.sql

-- Functions that changed besides.
--! Included functions/local_span.sql
create or replace function almanac_private.local_span(first timestamp, last timestamp, day date, joint text default 'to') returns text
language plpgsql stable strict parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  v_time text := case when date_part('second', first) = 0 and date_part('second', last) = 0 then 'HH24:MI' else 'HH24:MI:SS' end;
begin
  return to_char(first, case when first::date <> day then 'YYYY-MM-DD ' else '' end || v_time)
    || case when last <> first
      then format(' %s %s', joint, to_char(last, case when last::date <> first::date then 'YYYY-MM-DD ' else '' end || v_time))
      else ''
    end;
end
$$;
comment on function almanac_private.local_span(timestamp, timestamp, date, text) is
  'Two local times in words: 02:00 to 02:45, or one if they are the same; with the date where it is not the given day.';
grant execute on function almanac_private.local_span(timestamp, timestamp, date, text) to almanac_viewer;
--! EndIncluded functions/local_span.sql
--! Included functions/clock_change_warnings.sql
create or replace function almanac_private.clock_change_warnings(rule almanac_private.compiled_cron, timezone text, as_of timestamptz) returns jsonb
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_warnings jsonb := '[]';
  v_at timestamptz := date_trunc('second', as_of, 'UTC');
  v_offset interval := v_at at time zone timezone - v_at at time zone 'UTC';
  v_new interval;
  v_low timestamptz;
  v_high timestamptz;
  v_middle timestamptz;
  v_start timestamp;
  v_end timestamp;
  v_shift interval;
  v_days date[];
  v_count integer;
  v_kept integer;
  v_first timestamp;
  v_last timestamp;
  v_one boolean;
  v_joint text;
  v_runs text;
begin
  -- Where the offsets three days apart are equal, no change lies between: see next_cron.
  for v_step in 1 .. 122 loop
    v_low := v_at;
    v_high := v_at + interval '72 hours';
    v_at := v_high;
    v_new := v_high at time zone timezone - v_high at time zone 'UTC';
    continue when v_new = v_offset;
    while v_high - v_low > interval '1 second' loop
      v_middle := date_trunc('second', v_low + (v_high - v_low) / 2);
      if v_middle at time zone timezone - v_middle at time zone 'UTC' = v_offset then
        v_low := v_middle;
      else
        v_high := v_middle;
      end if;
    end loop;
    v_start := (v_high at time zone 'UTC') + least(v_offset, v_new);
    v_end := (v_high at time zone 'UTC') + greatest(v_offset, v_new);
    v_shift := v_end - v_start;

    -- Minutes that the rule names in between, and those whose counterpart on the far side of the change it names too.
    v_days := array(
      select d::date
      from generate_series(date_trunc('day', v_start) - interval '1 day', v_end + interval '1 day', interval '1 day') d
      where almanac_private.next_cron(rule.rule_seconds, rule.rule_minutes, rule.rule_hours, rule.rule_first_time, rule.rule_weekdays,
        rule.rule_months, rule.rule_days, rule.rule_running, 'UTC', (d at time zone 'UTC') - interval '1 microsecond') at time zone 'UTC' < d + interval '1 day'
    );
    select count(*), min(m.shown), max(m.shown),
      count(*) filter (where rule.rule_hours >> date_part('hour', m.across)::integer & 1 = 1
        and rule.rule_minutes >> date_part('minute', m.across)::integer & 1 = 1 and m.across::date = any (v_days))
    into v_count, v_first, v_last, v_kept
    from (
      select s as shown, s + case when v_new > v_offset then v_shift else -v_shift end as across
      from generate_series(v_start, v_end - interval '1 minute', interval '1 minute') s
    ) m
    where rule.rule_hours >> date_part('hour', m.shown)::integer & 1 = 1
      and rule.rule_minutes >> date_part('minute', m.shown)::integer & 1 = 1 and m.shown::date = any (v_days);

    -- A rule of every hour does not notice, if the change carries its minutes onto themselves.
    if v_count > 0 and not (rule.rule_hours = 16777215 and v_kept = v_count and (v_new > v_offset or rule.rule_running)) then
      v_first := v_first + make_interval(secs => almanac_private.lowest_bit(rule.rule_seconds));
      v_last := v_last + make_interval(secs => 60 - position('1' in rule.rule_seconds::bit(60)::text));
      v_count := v_count * bit_count(rule.rule_seconds::bit(60));
      v_kept := v_kept * bit_count(rule.rule_seconds::bit(60));
      v_one := v_count = 1;
      v_joint := case when v_count = 2 then 'and' else 'to' end;
      v_runs := case when v_one then 'the run of ' else format('the %s runs of ', v_count) end
        || almanac_private.local_span(v_first, v_last, v_start::date, v_joint);
      v_warnings := v_warnings || case
        when v_new > v_offset then jsonb_build_object('code', 'gap', 'message', format('On %s clocks go from %s to %s: %s %s %s%s.',
          to_char(v_start, 'YYYY-MM-DD'), almanac_private.local_span(v_start, v_start, v_start::date), almanac_private.local_span(v_end, v_end, v_start::date),
          v_runs,
          case when v_kept < v_count then case when v_one then 'is at' else 'are at' end
            when v_one then 'falls together with that of' else 'fall together with those of' end,
          almanac_private.local_span(v_first + v_shift, v_last + v_shift, v_start::date, v_joint),
          case when v_kept between 1 and v_count - 1 then format(', where %s', case v_kept when 1 then 'one of them falls together with another' else format('%s of them fall together with others', v_kept) end) end))
        else jsonb_build_object('code', 'overlap', 'message', format('On %s clocks show %s twice: %s %s in %s.',
          to_char(v_start, 'YYYY-MM-DD'), almanac_private.local_span(v_start, v_end, v_start::date),
          v_runs, case when v_one then 'comes' else 'come' end,
          case when not rule.rule_running then 'the first pass only'
            when v_one then 'both passes' else format('both passes, %s in all', 2 * v_count) end))
      end;
      exit when jsonb_array_length(v_warnings) = 4;
    end if;
    v_offset := v_new;
  end loop;
  return v_warnings;
end
$$;
comment on function almanac_private.clock_change_warnings(almanac_private.compiled_cron, text, timestamptz) is
  'What the clock changes of the 366 days from as_of do to a rule, the first four that concern it: an array of {code: gap or overlap, message}.';
grant execute on function almanac_private.clock_change_warnings(almanac_private.compiled_cron, text, timestamptz) to almanac_viewer;
--! EndIncluded functions/clock_change_warnings.sql
--! Included functions/check_cron.sql
create or replace function almanac.check_cron(
  cron text, timezone text default null,
  out valid boolean, out field text, out error_position integer, out message text, out hint text, out warnings jsonb
)
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_parsed almanac_private.parsed_cron := almanac_private.parse_cron(check_cron.cron);
  v_rule almanac_private.compiled_cron;
  v_words text[];
  v_needed bigint;
  v_months text[];
  v_lacking text[];
begin
  if check_cron.timezone is not null then
    perform almanac_private.check_timezone(check_cron.timezone);
  end if;
  valid := v_parsed.message is null;
  field := v_parsed.error_field;
  error_position := v_parsed.error_index + 1;
  message := v_parsed.message;
  hint := v_parsed.hint;
  warnings := '[]';
  if not valid then
    return;
  end if;

  v_rule := almanac_private.compile_parsed_cron(v_parsed);
  if v_rule.rule_months = 0 then
    warnings := warnings || jsonb_build_object('code', 'never', 'message', 'No date ever matches: this rule has no occurrence.');
  end if;
  if not v_parsed.day_of_month_open and not v_parsed.day_of_week_open then
    v_words := regexp_split_to_array(btrim(check_cron.cron, E' \t\r\n'), '[ \t\r\n]+');
    warnings := warnings || jsonb_build_object('code', 'either_day',
      'message', 'Day of month and day of week are both given: a day that matches either of them counts.'
        || case when v_words[cardinality(v_words) - 2] like '*%' or v_words[cardinality(v_words)] like '*%'
          then ' Vixie cron, cronie and pg_cron take a day field that begins with * for an open one: there a day must match both.' else '' end);
  end if;
  -- L-30 needs a month of 31 days, as day 31 does. Days 28 to 31 together mean the end of any month.
  if v_parsed.days >> 28 <> 15 then
    v_needed := v_parsed.days | v_parsed.nearest_weekdays | (v_parsed.last_days << 1);
    v_months := array(
      select m.name
      from (values (2, 'February'), (4, 'April'), (6, 'June'), (9, 'September'), (11, 'November')) m(number, name)
      where v_parsed.months >> m.number & 1 = 1
      order by m.number
    );
    v_lacking := array_remove(array[
      case when v_needed >> 31 & 1 = 1 and v_months <> '{}' then
        coalesce(nullif(array_to_string(trim_array(v_months, 1), ', '), '') || ' and ', '') || v_months[cardinality(v_months)]
          || case when cardinality(v_months) = 1 then ' has' else ' have' end || ' no day 31'
      end,
      case when v_needed >> 30 & 1 = 1 and v_months[1] = 'February' then 'February has no day 30' end,
      case when v_needed >> 29 & 1 = 1 and v_months[1] = 'February' then 'February has a day 29 only in leap years' end
    ], null);
    if v_lacking <> '{}' then
      warnings := warnings || jsonb_build_object('code', 'short_months', 'message',
        array_to_string(v_lacking, '; ') || '. Where the day is missing, it is skipped. L is the last day of every month.');
    end if;
  end if;
  if check_cron.timezone is not null and v_rule.rule_months <> 0 then
    warnings := warnings || almanac_private.clock_change_warnings(v_rule, check_cron.timezone, statement_timestamp());
  end if;
end
$$;
comment on function almanac.check_cron(text, text) is
  'Whether a cron expression is valid; if not, the field and the position (from 1) of the first thing wrong, a message and a hint. Warnings: what is valid but surprises people, and, with a zone, what clock changes of the coming year do to it.';
grant execute on function almanac.check_cron(text, text) to almanac_viewer;
--! EndIncluded functions/check_cron.sql
--! Included functions/month_start.sql
create or replace function almanac_private.month_start(month integer) returns integer
language sql immutable strict parallel safe
return 365 * (month / 12) + month / 48 - month / 1200 + month / 4800 + (153 * (month % 12) + 2) / 5;
comment on function almanac_private.month_start(integer) is 'Day on which a month begins; both count from March of the year 0. A plain expression, so that callers inline it.';
grant execute on function almanac_private.month_start(integer) to almanac_viewer;
--! EndIncluded functions/month_start.sql
--! Included functions/search_cron.sql
-- Local times are counted in seconds since 0000-03-01: years then end with the leap day, and dates are integer arithmetic.
-- A statement costs as much as ten operators, a variable as two: hence the long expressions.
create or replace function almanac_private.search_cron(
  rule_seconds bigint, rule_minutes bigint, rule_hours integer, rule_first_time integer, rule_weekdays integer, rule_months integer,
  rule_days bit varying, rule_running boolean, timezone text, after timestamptz
) returns timestamptz
language plpgsql stable parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  v_after bigint;
  v_offset bigint;
  v_time integer;
  v_found bigint;
begin
  if after is null or after = '-infinity' or after >= '290000-01-01Z' then
    return null;
  end if;
  v_after := floor(date_part('epoch', greatest(after, '0002-01-01Z')))::bigint;
  -- From seconds of the epoch to local ones.
  v_offset := case when timezone = 'UTC' then 62162035200
    else date_part('epoch', to_timestamp(v_after - 90000) at time zone timezone)::bigint - v_after + 62162125200 end;

  -- The first time of day not before the start, should its day match; else the next day's first.
  v_time := ((v_after + 1 + v_offset) % 86400)::integer;
  v_found := v_after + 1 + v_offset - v_time + case
    when rule_hours >> (v_time / 3600) & 1 = 1 and rule_minutes >> (v_time / 60 % 60) & 1 = 1 and rule_seconds >> (v_time % 60) <> 0
      then v_time + almanac_private.lowest_bit(rule_seconds >> (v_time % 60))
    when rule_hours >> (v_time / 3600) & 1 = 1 and rule_minutes >> (v_time / 60 % 60 + 1) <> 0
      then (v_time / 60 + 1 + almanac_private.lowest_bit(rule_minutes >> (v_time / 60 % 60 + 1))) * 60 + rule_first_time % 60
    when rule_hours >> (v_time / 3600 + 1) <> 0
      then (v_time / 3600 + 1 + almanac_private.lowest_bit(rule_hours >> (v_time / 3600 + 1))) * 3600 + rule_first_time % 3600
    else 86400 + rule_first_time
  end;

  if rule_days is not null or rule_months <> 16777215 then
    declare
      v_day integer := (v_found / 86400)::integer;
      v_rest integer := (4 * v_day + 3) % 146097 / 4 * 4 + 3;
      v_month integer := (4 * v_day + 3) / 146097 * 1200 + v_rest / 1461 * 12 + (5 * (v_rest % 1461 / 4) + 2) / 153;
      v_first integer := almanac_private.month_start(v_month);
      v_match integer;
    begin
      loop
        -- Which day of the rest of the month is the first that matches; 0: none.
        v_match := case
          when rule_months >> (v_month % 12) & 1 = 0 then 0
          when rule_days is not null then position(B'1' in substring(rule_days
            from ((almanac_private.month_start(v_month + 1) - v_first - 28) * 7 + (v_first + 3) % 7) * 31 + greatest(v_day - v_first, 0) + 1
            for 31 - greatest(v_day - v_first, 0)))
          when greatest(v_day, v_first) + almanac_private.lowest_bit(rule_weekdays >> ((greatest(v_day, v_first) + 3) % 7))
            < almanac_private.month_start(v_month + 1) then 1 + almanac_private.lowest_bit(rule_weekdays >> ((greatest(v_day, v_first) + 3) % 7))
          else 0
        end;
        exit when v_match > 0;
        v_month := v_month + 1 + almanac_private.lowest_bit(rule_months >> (v_month % 12 + 1));
        v_first := almanac_private.month_start(v_month);
        if v_first - v_day > 18262 then
          return null;
        end if;
      end loop;
      if greatest(v_day, v_first) + v_match - 1 > v_day then
        v_found := (greatest(v_day, v_first) + v_match - 1) * 86400::bigint + rule_first_time;
      end if;
    end;
  elsif rule_weekdays >> ((v_found / 86400 + 3) % 7)::integer & 1 = 0 then
    v_found := (v_found / 86400 + almanac_private.lowest_bit(rule_weekdays >> ((v_found / 86400 + 3) % 7)::integer)) * 86400 + rule_first_time;
  end if;

  -- Equal offsets less than 344,000 s apart have no change between them: Freetown came back after that in 1939, Gaza will after a week in 2040.
  if timezone = 'UTC' or (v_found - v_offset - v_after <= 250000
    and date_part('epoch', to_timestamp(v_found - v_offset) at time zone timezone) = v_found - 62162035200)
  then
    return to_timestamp(v_found - v_offset);
  elsif date_part('epoch', to_timestamp(v_after + 90000) at time zone timezone) = v_after + v_offset - 62161945200 then
    v_offset := date_part('epoch', to_timestamp(v_found - v_offset - 90000) at time zone timezone)::bigint - v_found + v_offset + 62162125200;
    if date_part('epoch', to_timestamp(v_found - v_offset) at time zone timezone) = v_found - 62162035200 then
      return to_timestamp(v_found - v_offset);
    end if;
  end if;
  return almanac_private.next_cron_at_transition(rule_seconds, rule_minutes, rule_hours, rule_first_time, rule_weekdays, rule_months, rule_days,
    rule_running, timezone, v_after);
end
$$;
comment on function almanac_private.search_cron(bigint, bigint, integer, integer, integer, integer, bit varying, boolean, text, timestamptz) is
  'next_cron for a rule that has months: the first instant strictly after a moment, within 50 years. The zone''s offset is taken 25 h before (longer than any gap) and holds if the result has it too; else the clock changed near by, and next_cron_at_transition decides.';
grant execute on function almanac_private.search_cron(bigint, bigint, integer, integer, integer, integer, bit varying, boolean, text, timestamptz) to almanac_viewer;
--! EndIncluded functions/search_cron.sql
--! Included functions/next_cron.sql
create or replace function almanac_private.next_cron(
  rule_seconds bigint, rule_minutes bigint, rule_hours integer, rule_first_time integer, rule_weekdays integer, rule_months integer,
  rule_days bit varying, rule_running boolean, timezone text, after timestamptz
) returns timestamptz
language sql stable parallel safe
return case when rule_months <> 0 then almanac_private.search_cron(rule_seconds, rule_minutes, rule_hours, rule_first_time, rule_weekdays, rule_months,
  rule_days, rule_running, timezone, after) end;
comment on function almanac_private.next_cron(bigint, bigint, integer, integer, integer, integer, bit varying, boolean, text, timestamptz) is
  'First instant of a compiled rule strictly after a moment; null: never. A plain expression, so that callers inline it and a rule that never matches costs nothing.';
grant execute on function almanac_private.next_cron(bigint, bigint, integer, integer, integer, integer, bit varying, boolean, text, timestamptz) to almanac_viewer;
--! EndIncluded functions/next_cron.sql
--! Included functions/next_cron_at_transition.sql
create or replace function almanac_private.next_cron_at_transition(
  rule_seconds bigint, rule_minutes bigint, rule_hours integer, rule_first_time integer, rule_weekdays integer, rule_months integer,
  rule_days bit varying, rule_running boolean, timezone text, after bigint
) returns timestamptz
language plpgsql stable parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  v_at bigint := next_cron_at_transition.after;
  v_changes bigint[];
  v_offsets bigint[];
  v_from bigint;
  v_offset bigint;
  v_next_offset bigint;
  v_low bigint;
  v_high bigint;
  v_middle bigint;
  v_end bigint;
  v_start bigint;
  v_stop bigint;
  v_before bigint;
  v_local bigint;
  v_best bigint;
begin
  for v_try in 1 .. 1000 loop
    -- The changes of the clock from 25 h before to 49 h after, by bisection; nearly all are at a whole or half hour.
    v_from := v_at - 90000 - (v_at % 1800 + 1800) % 1800;
    v_end := v_from + 270000;
    v_offset := date_part('epoch', to_timestamp(v_from) at time zone timezone)::bigint - v_from;
    v_changes := '{}';
    v_offsets := array[v_offset];
    while v_from < v_end loop
      v_low := v_from;
      v_high := v_from + 90000;
      v_from := v_high;
      v_next_offset := date_part('epoch', to_timestamp(v_high) at time zone timezone)::bigint - v_high;
      if v_next_offset <> v_offset then
        while v_high - v_low > 1 loop
          v_middle := case when v_high - v_low > 1800 then v_low + (v_high - v_low) / 3600 * 1800 when v_high - v_low = 1800 then v_high - 1
            else (v_low + v_high) / 2 end;
          if date_part('epoch', to_timestamp(v_middle) at time zone timezone)::bigint - v_middle = v_offset then
            v_low := v_middle;
          else
            v_high := v_middle;
          end if;
        end loop;
        v_changes := v_changes || v_high;
        v_offsets := v_offsets || v_next_offset;
        v_offset := v_next_offset;
      end if;
    end loop;

    v_best := null;
    for v_segment in 1 .. cardinality(v_offsets) loop
      v_offset := v_offsets[v_segment];
      v_start := case when v_segment = 1 then v_at - 90000 else v_changes[v_segment - 1] end;
      v_stop := case when v_segment = cardinality(v_offsets) then v_end else v_changes[v_segment] end;
      continue when v_stop <= v_at;
      v_before := case when v_segment = 1 then v_offset else v_offsets[v_segment - 1] end;

      -- Shown by the clock in this stretch; to a fixed rule what the clock has shown before is past.
      v_local := greatest(v_at + v_offset, v_start - 1 + case when rule_running then v_offset else greatest(v_offset, v_before) end);
      v_local := date_part('epoch', almanac_private.search_cron(rule_seconds, rule_minutes, rule_hours, rule_first_time, rule_weekdays, rule_months,
        rule_days, rule_running, 'UTC', to_timestamp(v_local)))::bigint;
      if v_local - v_offset < v_stop then
        v_best := least(v_best, v_local - v_offset);
      end if;

      -- Skipped by the clock at its start: forward by the length of the gap.
      if v_before < v_offset then
        v_local := greatest(v_at + v_before, v_start - 1 + v_before);
        v_local := date_part('epoch', almanac_private.search_cron(rule_seconds, rule_minutes, rule_hours, rule_first_time, rule_weekdays, rule_months,
          rule_days, rule_running, 'UTC', to_timestamp(v_local)))::bigint;
        if v_local < v_start + v_offset then
          v_best := least(v_best, v_local - v_before);
        end if;
      end if;
      exit when v_best < v_stop;
    end loop;
    if v_best is not null then
      return to_timestamp(v_best);
    end if;

    -- Nothing near by: on to a day before the next local time.
    v_local := date_part('epoch', almanac_private.search_cron(rule_seconds, rule_minutes, rule_hours, rule_first_time, rule_weekdays, rule_months,
      rule_days, rule_running, 'UTC', to_timestamp(v_end - 1 + v_offset)))::bigint;
    if v_local is null then
      return null;
    end if;
    v_at := greatest(v_at + 90000, v_local - v_offset - 100000);
  end loop;
  return null;
end
$$;
comment on function almanac_private.next_cron_at_transition(bigint, bigint, integer, integer, integer, integer, bit varying, boolean, text, bigint) is
  'As next_cron, where the clock changes near by (after: whole seconds of the epoch). A time that is skipped moves forward by the gap; a time shown twice is its first instant for a fixed rule and both for a running one; the least instant wins, as the order of local times is not that of instants.';
grant execute on function almanac_private.next_cron_at_transition(bigint, bigint, integer, integer, integer, integer, bit varying, boolean, text, bigint) to almanac_viewer;
--! EndIncluded functions/next_cron_at_transition.sql
--! Included functions/cron_between.sql
create or replace function almanac_private.cron_between(
  rule_seconds bigint, rule_minutes bigint, rule_hours integer, rule_first_time integer, rule_weekdays integer, rule_months integer,
  rule_days bit varying, rule_running boolean, timezone text, after timestamptz, range_end timestamptz, max_count bigint default null
) returns setof timestamptz
language plpgsql stable parallel safe rows 1000 set search_path to pg_catalog, pg_temp
as $$
declare
  v_at bigint;
  v_end bigint := 1000000000000000;
  v_left bigint := coalesce(cron_between.max_count, 9223372036854775807);
  v_is_dense boolean;
  v_is_sparse boolean := false;
  v_offset bigint := 0;
  v_steady bigint := 1000000000000000;
  v_local bigint;
  v_until bigint;
  v_times integer[];
  v_count bigint;
begin
  if rule_months = 0 or after is null or after = '-infinity' or after >= '290000-01-01Z' or range_end <= after or v_left <= 0 then
    return;
  end if;
  v_at := floor(date_part('epoch', greatest(after, '0002-01-01Z')))::bigint;
  if range_end < 'infinity' then
    v_end := ceil(date_part('epoch', range_end))::bigint;
  end if;
  -- A list of the times of a day is worth it where a day has many and an eighth of them is wanted.
  v_count := bit_count(rule_hours::bit(24)) * bit_count(rule_minutes::bit(60)) * bit_count(rule_seconds::bit(60));
  v_is_dense := v_count > 8 and least(v_left, v_count * (v_end - v_at)::float8 / 86400) * 8 > v_count;
  if timezone <> 'UTC' then
    v_steady := v_at - 90000;
    v_offset := date_part('epoch', to_timestamp(v_steady) at time zone timezone)::bigint - v_steady;
  end if;

  while v_left > 0 loop
    if not v_is_sparse then
      -- As if the offset of 25 h ago stayed.
      v_local := date_part('epoch', almanac_private.search_cron(rule_seconds, rule_minutes, rule_hours, rule_first_time, rule_weekdays, rule_months,
        rule_days, rule_running, 'UTC', to_timestamp(v_at + v_offset)))::bigint;
      v_until := least(v_end, v_local - v_offset + case when v_is_dense then 86399 - (v_local % 86400 + 86400) % 86400 else 0 end);
      v_is_sparse := v_until - v_steady > 1000000;
      -- Equal offsets less than 344,000 s apart have no change between them.
      while v_steady < v_until and not v_is_sparse loop
        if date_part('epoch', to_timestamp(v_steady + 340000) at time zone timezone) = v_steady + 340000 + v_offset then
          v_steady := v_steady + 340000;
        elsif v_until <= v_steady + 340000 and date_part('epoch', to_timestamp(v_until) at time zone timezone) = v_until + v_offset then
          v_steady := v_until;
        else
          exit;
        end if;
      end loop;
    end if;

    if v_steady < v_until or v_is_sparse then
      v_at := date_part('epoch', almanac_private.next_cron(rule_seconds, rule_minutes, rule_hours, rule_first_time, rule_weekdays, rule_months,
        rule_days, rule_running, timezone, to_timestamp(v_at)))::bigint;
      exit when v_at is null or v_at >= v_end;
      return next to_timestamp(v_at);
      v_left := v_left - 1;
      if not v_is_sparse then
        v_steady := v_at - 90000;
        v_offset := date_part('epoch', to_timestamp(v_steady) at time zone timezone)::bigint - v_steady;
      end if;
      continue;
    end if;

    v_at := v_local - v_offset;
    exit when v_at is null or v_at >= v_end;
    if v_is_dense then
      if v_times is null then
        v_times := array(
          with hours as materialized (select n from generate_series(0, 23) n where rule_hours >> n & 1 = 1),
            minutes as materialized (select n from generate_series(0, 59) n where rule_minutes >> n & 1 = 1),
            seconds as materialized (select n from generate_series(0, 59) n where rule_seconds >> n & 1 = 1)
          select h.n * 3600 + m.n * 60 + s.n from hours h, minutes m, seconds s order by 1
        );
      end if;
      v_until := v_local - (v_local % 86400 + 86400) % 86400 - v_offset;
      return query
      select to_timestamp(v_until + t.at) from unnest(v_times) t(at) where v_until + t.at >= v_at and v_until + t.at < v_end limit v_left;
      get diagnostics v_count = row_count;
      v_left := v_left - v_count;
      v_at := v_until + 86399;
    else
      return next to_timestamp(v_at);
      v_left := v_left - 1;
    end if;
  end loop;
end
$$;
comment on function almanac_private.cron_between(bigint, bigint, integer, integer, integer, integer, bit varying, boolean, text, timestamptz, timestamptz, bigint) is
  'The occurrences of a compiled rule strictly after a moment and before range_end, at most max_count: those of next_cron. While the zone keeps its offset they are searched as in UTC, and a whole day is listed at once where the rule has many.';
grant execute on function almanac_private.cron_between(bigint, bigint, integer, integer, integer, integer, bit varying, boolean, text, timestamptz, timestamptz, bigint) to almanac_viewer;
--! EndIncluded functions/cron_between.sql
--! Included functions/cron_value.sql
create or replace function almanac_private.cron_value(word text, field integer) returns integer
language sql immutable parallel safe
return case
  when word ~ '^[0-9]+$' then case when length(ltrim(word, '0')) > 4 then 9999 else ('0' || ltrim(word, '0'))::integer end
  when field = 5 then array_position(array['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'], word)
  when field = 6 then array_position(array['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'], word) - 1
end;
comment on function almanac_private.cron_value(text, integer) is
  'The number a word of a cron field stands for; of a number too long to be any, 9999; null: not a name of this field. A plain expression, so that callers inline it.';
grant execute on function almanac_private.cron_value(text, integer) to almanac_viewer;
--! EndIncluded functions/cron_value.sql
--! Included functions/cron_word_start.sql
create or replace function almanac_private.cron_word_start(cron text, number integer) returns integer
language sql immutable strict parallel safe
return length(substring(cron from format('^[ \t\r\n]*(?:[^ \t\r\n]+[ \t\r\n]+){%s}', number - 1)));
comment on function almanac_private.cron_word_start(text, integer) is 'How many characters of a cron text are before its first, second, … word.';
grant execute on function almanac_private.cron_word_start(text, integer) to almanac_viewer;
--! EndIncluded functions/cron_word_start.sql
--! Included functions/upper_ascii.sql
create or replace function almanac_private.upper_ascii(word text) returns text
language sql immutable strict parallel safe
return upper(word collate "C");
comment on function almanac_private.upper_ascii(text) is 'The word with a–z in capitals, whatever the database''s locale makes of other letters.';
grant execute on function almanac_private.upper_ascii(text) to almanac_viewer;
--! EndIncluded functions/upper_ascii.sql
drop function almanac_private.parse_cron_item(almanac_private.parsed_cron, integer, text);
--! Included functions/parse_cron_item.sql
create or replace function almanac_private.parse_cron_item(
  field integer, item text, out part integer, out mask bigint, out message text, out hint text
)
language plpgsql immutable parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  v_low integer := case when parse_cron_item.field in (4, 5) then 1 else 0 end;
  v_high integer := case parse_cron_item.field when 3 then 23 when 4 then 31 when 5 then 12 when 6 then 7 else 59 end;
  v_most integer;
  v_parts text[];
  v_every text;
  v_from integer;
  v_to integer;
  v_step integer := 1;
  v_title text;
  v_last text;
begin
  part := parse_cron_item.field;
  -- The common ones first: a star, a number.
  if parse_cron_item.item = '*' then
    mask := (2::bigint << v_high) - (1 << v_low);
    return;
  elsif parse_cron_item.item ~ '^[0-9]{1,2}$' and parse_cron_item.item::integer between v_low and v_high then
    mask := 1::bigint << parse_cron_item.item::integer;
    return;
  elsif parse_cron_item.field = 4 and parse_cron_item.item ~ '^(L|L-[0-9]+|LW|[0-9]+W)$' then
    if parse_cron_item.item = 'LW' then
      part := 9;
      mask := 1;
    elsif parse_cron_item.item = 'L' then
      part := 7;
      mask := 1;
    elsif left(parse_cron_item.item, 2) = 'L-' then
      part := 7;
      v_from := almanac_private.cron_value(substr(parse_cron_item.item, 3), 0);
      mask := 1::bigint << v_from;
      if v_from not between 1 and 30 then
        message := format('In %s the number is not between 1 and 30.', parse_cron_item.item);
        hint := 'L is the last day of the month, L-1 the day before it, L-30 the furthest.';
      end if;
    else
      part := 8;
      v_from := almanac_private.cron_value(rtrim(parse_cron_item.item, 'W'), 0);
      mask := 1::bigint << v_from;
      if v_from not between 1 and 31 then
        message := format('In %s the day is not between 1 and 31.', parse_cron_item.item);
        hint := '15W is the Monday to Friday nearest to the 15th; LW the last one of the month.';
      end if;
    end if;
    return;
  elsif parse_cron_item.field = 6 and parse_cron_item.item ~ '^([0-9]+|[A-Z]{3})(#[0-9]+|L)$' then
    v_parts := regexp_match(parse_cron_item.item, '^([0-9]+|[A-Z]{3})(?:#([0-9]+)|L)$');
    v_from := almanac_private.cron_value(v_parts[1], 6);
    v_to := almanac_private.cron_value(v_parts[2], 0);
    if v_from is null or v_from > 7 then
      message := format('%s is no day of the week.', v_parts[1]);
      hint := 'Days of the week are 0 to 7 (0 and 7 are Sunday) or SUN to SAT.';
    elsif v_to is null then
      part := 11;
      mask := 1 << (v_from % 7);
    elsif v_to not between 1 and 5 then
      message := format('In %s the number after # is not between 1 and 5.', parse_cron_item.item);
      hint := 'MON#2 is the second Monday of the month; FRIL the last Friday.';
    else
      part := 10;
      mask := 1::bigint << (v_from % 7 * 5 + v_to - 1);
    end if;
    return;
  end if;

  v_title := (array['second', 'minute', 'hour', 'day of the month', 'month', 'day of the week'])[parse_cron_item.field];
  if parse_cron_item.item !~ '^(\*|([0-9]+|[A-Z]+)(-([0-9]+|[A-Z]+))?)(/[0-9]+)?$' then
    if parse_cron_item.item = '' then
      message := 'An item is missing.';
      hint := 'A list takes no empty items and no spaces: 1,2,3.';
    elsif position('?' in parse_cron_item.item) > 0 then
      message := format('%s cannot be used for the %s.', parse_cron_item.item, v_title);
      hint := '? stands alone, and only for the day of the month or of the week. Write * for every one.';
    else
      message := format('%s cannot be read as %s.', quote_literal(parse_cron_item.item), v_title);
      hint := case parse_cron_item.field
        when 4 then 'Takes 1 to 31, *, ranges 1-5, steps */2, L, L-3, LW and 15W, in a list.'
        when 5 then 'Takes 1 to 12 or JAN to DEC, *, ranges 1-5, steps */2, in a list.'
        when 6 then 'Takes 0 to 7 or SUN to SAT, *, ranges MON-FRI, steps */2, MON#2 and FRIL, in a list.'
        else format('Takes %s to %s, *, ranges 1-5, steps */2, in a list. To spread runs use jitter.', v_low, v_high)
      end;
    end if;
    return;
  end if;

  -- A capturing regexp_match costs four times as much.
  v_parts := string_to_array(split_part(parse_cron_item.item, '/', 1), '-');
  v_every := split_part(parse_cron_item.item, '/', 2);
  v_from := v_low;
  v_to := v_high;
  if v_parts[1] <> '*' then
    v_from := almanac_private.cron_value(v_parts[1], parse_cron_item.field);
    v_to := case when v_parts[2] is null then v_from else almanac_private.cron_value(v_parts[2], parse_cron_item.field) end;
    v_last := case when v_from between v_low and v_high then case when v_to between v_low and v_high then null else v_parts[2] end else v_parts[1] end;
    if v_last is not null then
      if v_last ~ '^[0-9]' then
        message := format('%s is not between %s and %s.', v_last, v_low, v_high);
        hint := format('The %s takes %s to %s.', v_title, v_low, v_high);
      elsif parse_cron_item.field = 6 and v_last = 'L' then
        message := 'L alone names no day of the week.';
        hint := 'Write 5L or FRIL for the last Friday of the month; L belongs to the day of the month.';
      else
        message := format('%s is no name for the %s.', v_last, v_title);
        hint := case parse_cron_item.field
          when 5 then 'Names of months have three letters: JAN, FEB, …, DEC.'
          when 6 then 'Names of days have three letters: SUN, MON, …, SAT.'
          else format('The %s takes numbers: %s to %s.', v_title, v_low, v_high)
        end;
      end if;
      return;
    end if;
    if parse_cron_item.field = 6 and v_parts[2] is not null and v_to = 0 and v_from > 0 then
      v_to := 7;
    end if;
    if v_from > v_to then
      message := format('The range %s-%s runs backwards.', v_parts[1], v_parts[2]);
      hint := case
        when parse_cron_item.field = 6 and v_from = 7 then format('A range begins with Sunday as 0: write 0-%s.', v_parts[2])
        else format('Write two ranges: %s-%s,%s-%s.', v_parts[1],
          case parse_cron_item.field when 6 then 'SAT' when 5 then 'DEC' else v_high::text end,
          case parse_cron_item.field when 6 then 'SUN' when 5 then 'JAN' else v_low::text end, v_parts[2])
      end;
      return;
    end if;
    if v_parts[2] is null and v_every <> '' then
      v_to := v_high;
    end if;
  end if;

  if v_every <> '' then
    v_step := almanac_private.cron_value(v_every, 0);
    v_most := case when parse_cron_item.field < 4 then v_high + 1 else v_high end;
    if v_step not between 1 and v_most then
      message := format('The step %s is not between 1 and %s.', v_every, v_most);
      hint := format('*/5 means every fifth %s.', v_title);
      return;
    end if;
  end if;

  mask := 0;
  while v_from <= v_to loop
    mask := mask | (1::bigint << v_from);
    v_from := v_from + v_step;
  end loop;
end
$$;
comment on function almanac_private.parse_cron_item(integer, text) is
  'What one item of a list adds, or what is wrong with it. Fields count from 1, the second; the item is in capitals. part: 1 to 6 the values of that field, 7 last_days, 8 nearest_weekdays, 9 last_weekday_of_month, 10 nth_weekdays, 11 final_weekdays.';
grant execute on function almanac_private.parse_cron_item(integer, text) to almanac_viewer;
--! EndIncluded functions/parse_cron_item.sql
--! Included functions/parse_cron.sql
create or replace function almanac_private.parse_cron(cron text) returns almanac_private.parsed_cron
language plpgsql immutable parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  v_parsed almanac_private.parsed_cron;
  v_names constant text[] := array['second', 'minute', 'hour', 'day_of_month', 'month', 'day_of_week'];
  v_blank constant text := E' \t\r\n';
  v_words text[];
  v_fields text[];
  v_masks bigint[];
  v_macro text;
  v_items text[];
  v_item record;
begin
  if parse_cron.cron is null or btrim(parse_cron.cron, v_blank) = '' then
    v_parsed.message := 'The cron expression is empty.';
    v_parsed.hint := 'Write five fields: minute, hour, day of month, month, day of week. For instance 0 3 * * *.';
    return v_parsed;
  elsif length(parse_cron.cron) > 1024 then
    v_parsed.message := format('The cron expression has %s characters; 1024 are the most.', length(parse_cron.cron));
    v_parsed.hint := 'Use ranges and steps, or several schedules.';
    return v_parsed;
  end if;

  v_words := array_remove(string_to_array(translate(parse_cron.cron, v_blank, '    '), ' '), '');
  if left(v_words[1], 1) = '@' then
    v_macro := case almanac_private.upper_ascii(v_words[1])
      when '@YEARLY' then '0 0 1 1 *'
      when '@ANNUALLY' then '0 0 1 1 *'
      when '@MONTHLY' then '0 0 1 * *'
      when '@WEEKLY' then '0 0 * * 0'
      when '@DAILY' then '0 0 * * *'
      when '@MIDNIGHT' then '0 0 * * *'
      when '@HOURLY' then '0 * * * *'
    end;
    if v_macro is null then
      v_parsed.error_index := almanac_private.cron_word_start(parse_cron.cron, 1);
      v_parsed.message := format('There is no macro %s.', v_words[1]);
      v_parsed.hint := 'Known are @yearly, @annually, @monthly, @weekly, @daily, @midnight and @hourly. For "every so often" use an interval.';
      return v_parsed;
    elsif cardinality(v_words) > 1 then
      v_parsed.error_index := almanac_private.cron_word_start(parse_cron.cron, 2);
      v_parsed.message := format('%s stands alone; %s follows it.', v_words[1], quote_literal(v_words[2]));
      v_parsed.hint := format('Leave the rest out, or write the fields: %s.', v_macro);
      return v_parsed;
    end if;
    return almanac_private.parse_cron(v_macro);
  end if;

  if cardinality(v_words) not in (5, 6) then
    v_parsed.error_index := case when cardinality(v_words) > 6 then almanac_private.cron_word_start(parse_cron.cron, 7) end;
    v_parsed.message := format('The expression has %s %s; it takes five, or six with a second in front.', cardinality(v_words),
      case cardinality(v_words) when 1 then 'field' else 'fields' end);
    v_parsed.hint := case when cardinality(v_words) > 6 then 'There is no field for the year, none for a user and none for a command.'
      else 'In order: minute, hour, day of month, month, day of week; * for every one.' end;
    return v_parsed;
  end if;

  v_fields := case when cardinality(v_words) = 5 then array_prepend('0', v_words) else v_words end;
  v_masks := array[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
  for v_field in 1 .. 6 loop
    v_items := string_to_array(case when v_fields[v_field] = '?' and v_field in (4, 6) then '*' else almanac_private.upper_ascii(v_fields[v_field]) end, ',');
    for v_number in 1 .. cardinality(v_items) loop
      v_item := almanac_private.parse_cron_item(v_field, v_items[v_number]);
      if v_item.message is not null then
        v_parsed.message := v_item.message;
        v_parsed.hint := v_item.hint;
        v_parsed.error_field := v_names[v_field];
        v_parsed.error_index := almanac_private.cron_word_start(parse_cron.cron, v_field + cardinality(v_words) - 6)
          + length(array_to_string(array_append(v_items[1 : v_number - 1], ''), ','));
        return v_parsed;
      end if;
      v_masks[v_item.part] := v_masks[v_item.part] | v_item.mask;
    end loop;
  end loop;

  v_parsed.seconds := v_masks[1];
  v_parsed.minutes := v_masks[2];
  v_parsed.hours := v_masks[3];
  v_parsed.days := v_masks[4];
  v_parsed.months := v_masks[5];
  v_parsed.weekdays := (v_masks[6] | (v_masks[6] >> 7)) & 127;
  v_parsed.last_days := v_masks[7];
  v_parsed.nearest_weekdays := v_masks[8];
  v_parsed.last_weekday_of_month := v_masks[9] <> 0;
  v_parsed.nth_weekdays := v_masks[10];
  v_parsed.final_weekdays := v_masks[11];
  v_parsed.day_of_month_open := v_fields[4] in ('*', '?');
  v_parsed.day_of_week_open := v_fields[6] in ('*', '?');
  v_parsed.running := v_fields[1] ~ '[*/]' or v_fields[2] ~ '[*/]' or v_fields[3] ~ '[*/]';
  return v_parsed;
end
$$;
comment on function almanac_private.parse_cron(text) is
  'Takes a cron text apart: five or six fields, or a macro. The one place that knows the language; check_cron tells what it says, compile_cron refuses by it. At most 1024 characters, so bounded whatever the input.';
grant execute on function almanac_private.parse_cron(text) to almanac_viewer;
--! EndIncluded functions/parse_cron.sql
--! Included functions/compile_parsed_cron.sql
create or replace function almanac_private.compile_parsed_cron(parsed almanac_private.parsed_cron) returns almanac_private.compiled_cron
language plpgsql immutable parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  v_rule almanac_private.compiled_cron;
  v_on_dates bigint := 0;
  v_on_weekdays bigint;
  v_nearest bigint := 0;
  v_dates bigint;
  v_mask bigint;
  v_weekday integer;
  v_day integer;
  v_days bigint;
  v_by_weekday bigint;
  v_all bigint;
  v_months integer;
  v_lengths constant integer[] := array[31, 30, 31, 30, 31, 31, 30, 31, 30, 31, 31, 29];
  -- The 1st, 8th, 15th, 22nd and 29th.
  v_sevens constant bigint := 1082196484;
  v_alike integer := 1;
  v_possible integer := 0;
  v_bits bit varying := B'';
begin
  v_rule.rule_seconds := parsed.seconds;
  v_rule.rule_minutes := parsed.minutes;
  v_rule.rule_hours := parsed.hours::integer;
  v_rule.rule_first_time := almanac_private.lowest_bit(parsed.hours) * 3600 + almanac_private.lowest_bit(parsed.minutes) * 60
    + almanac_private.lowest_bit(parsed.seconds);
  v_rule.rule_running := parsed.running;
  v_rule.rule_weekdays := 16383;
  -- January is bit 1: March becomes bit 0, February bit 11.
  v_months := ((parsed.months >> 3) | ((parsed.months & 6) << 9))::integer & 4095;

  if parsed.day_of_month_open and parsed.nth_weekdays = 0 and parsed.final_weekdays = 0 then
    if not parsed.day_of_week_open then
      v_rule.rule_weekdays := (parsed.weekdays | (parsed.weekdays << 7))::integer;
    end if;
  else
    -- Within a mask of days, day 1 is bit 30: read as text, day 1 comes first.
    v_on_weekdays := case when parsed.day_of_week_open then 0 else parsed.weekdays end;
    if not parsed.day_of_month_open then
      v_on_dates := reverse((parsed.days >> 1)::bit(31)::text)::bit(31)::bigint;
      v_nearest := parsed.nearest_weekdays;
    end if;
    -- Plain dates are the same whatever the weekday of the 1st.
    if v_on_weekdays | v_nearest | parsed.nth_weekdays | parsed.final_weekdays = 0 and not parsed.last_weekday_of_month then
      v_alike := 7;
    end if;
    for v_length in 28 .. 31 loop
      v_all := (2147483647::bigint >> (31 - v_length)) << (31 - v_length);
      v_dates := v_on_dates | (parsed.last_days << (31 - v_length));
      for v_first in 0 .. 7 - v_alike loop
        v_days := v_dates;
        v_mask := v_nearest | (parsed.last_weekday_of_month::integer::bigint << v_length);
        while v_mask <> 0 loop
          v_day := almanac_private.lowest_bit(v_mask);
          v_mask := v_mask & (v_mask - 1);
          continue when v_day > v_length;
          v_weekday := (v_first + v_day - 1) % 7;
          v_days := v_days | (1::bigint << (31 - v_day - case
            when v_weekday = 6 and v_day = 1 then 2
            when v_weekday = 6 then -1
            when v_weekday = 0 and v_day = v_length then -2
            when v_weekday = 0 then 1
            else 0
          end));
        end loop;
        v_mask := v_on_weekdays;
        while v_mask <> 0 loop
          v_days := v_days | (v_sevens >> ((almanac_private.lowest_bit(v_mask) - v_first + 7) % 7));
          v_mask := v_mask & (v_mask - 1);
        end loop;
        v_mask := parsed.nth_weekdays;
        while v_mask <> 0 loop
          v_day := almanac_private.lowest_bit(v_mask);
          v_days := v_days | ((17179869184 >> (v_day % 5 * 7 + (v_day / 5 - v_first + 7) % 7)) >> 4);
          v_mask := v_mask & (v_mask - 1);
        end loop;
        v_mask := parsed.final_weekdays;
        while v_mask <> 0 loop
          v_by_weekday := (v_sevens >> ((almanac_private.lowest_bit(v_mask) - v_first + 7) % 7)) & v_all;
          v_days := v_days | (v_by_weekday & -v_by_weekday);
          v_mask := v_mask & (v_mask - 1);
        end loop;
        v_days := v_days & v_all;
        v_bits := v_bits || case when v_alike = 1 then v_days::bit(31) else repeat(v_days::bit(31)::text, v_alike)::bit varying end;
        if v_days <> 0 then
          v_possible := v_possible | (1 << (v_length - 28));
        end if;
      end loop;
    end loop;
    v_rule.rule_days := v_bits;
    -- A month in which no shape has a day is as good as not named.
    for v_month in 0 .. 11 loop
      if v_possible >> (v_lengths[v_month + 1] - 28) & 1 = 0 and not (v_month = 11 and v_possible & 1 = 1) then
        v_months := v_months & ~(1 << v_month);
      end if;
    end loop;
  end if;
  v_rule.rule_months := v_months | (v_months << 12);
  return v_rule;
end
$$;
comment on function almanac_private.compile_parsed_cron(almanac_private.parsed_cron) is
  'Decides all that depends on the text alone: L, W, # and the union of day fields become one bit per day for each length and first weekday of a month; a rule that can never match loses all its months.';
grant execute on function almanac_private.compile_parsed_cron(almanac_private.parsed_cron) to almanac_viewer;
--! EndIncluded functions/compile_parsed_cron.sql
