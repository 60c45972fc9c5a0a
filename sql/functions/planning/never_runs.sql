create or replace function almanac_private.never_runs(schedule almanac.schedules, after timestamptz) returns text
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_unbounded almanac.schedules := schedule;
  v_first timestamptz;
begin
  if schedule.kind = 'manual' or schedule.has_overrides
    and exists (select from almanac_private.moved_occurrences(schedule)) then
    return null;
  end if;
  v_first := almanac_private.next_occurrence(schedule, never_runs.after);
  if v_first is null then
    v_unbounded.starts_at := null;
    v_unbounded.ends_at := null;
    v_first := almanac_private.next_occurrence(v_unbounded, never_runs.after);
    return case
      when v_first is null and schedule.kind = 'cron'
        then format('No date ever matches its rule, %s.', schedule.cron_expression)
      when v_first is null then 'Its time is in the past.'
      when schedule.kind = 'once'
        then format('Its time, %s, lies outside its bounds.',
        almanac_private.spoken_time(v_first, schedule.timezone))
      when schedule.ends_at <= never_runs.after
        then format('It ended on %s.', almanac_private.spoken_time(schedule.ends_at, schedule.timezone))
      when schedule.ends_at is null
        then format('Its rule names no time that can be computed from its start on, %s: it is too far in the future.',
        almanac_private.spoken_time(schedule.starts_at, schedule.timezone))
      else format('Its rule names no time from %s to its end, %s.',
        almanac_private.spoken_time(greatest(schedule.starts_at, never_runs.after), schedule.timezone),
        almanac_private.spoken_time(schedule.ends_at, schedule.timezone)) end;
  elsif schedule.max_runs <= schedule.fired_runs then
    return format('Its rule has fired %s times already, and max_runs is %s.', schedule.fired_runs, schedule.max_runs);
  elsif (schedule.calendars <> '{}' or schedule.has_overrides)
    and not exists (
      select from almanac_private.planned_occurrences(schedule,
        greatest(v_first, never_runs.after) - interval '1 microsecond', 'infinity', 1, most_windows => 10000) p
      where p.outcome in ('run', 'undecided'))
  then
    return format('Its calendars (%s) exclude every time that its rule names%s.',
      array_to_string(schedule.calendars, ', '),
      case
        when schedule.ends_at is not null then ''
        when schedule.next_run_at > never_runs.after
          then format(' until %s; later times are checked then',
          almanac_private.spoken_time(schedule.next_run_at, schedule.timezone))
        else ', as far ahead as could be checked' end);
  end if;
  return null;
end
$$;
comment on function almanac_private.never_runs(almanac.schedules, timestamptz) is
  'Why a schedule will not run after a moment, as it is: no date matches, its bounds or its calendars leave nothing; '
  'null: it will, or is not meant to by itself.';
grant execute on function almanac_private.never_runs(almanac.schedules, timestamptz) to almanac_viewer;
