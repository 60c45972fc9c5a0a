create or replace function almanac_private.why_omitted(
  omission almanac.omissions, at timestamptz, schedule almanac.schedules, timezone text
) returns text
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
begin
  return case omission.reason
      when 'missed'
        then format('It was missed: no worker fired it until %s, which is too late by late_tolerance and '
        'missed_run_policy.',
        almanac_private.recorded_time(omission.recorded_at, why_omitted.timezone))
        || coalesce((
          select format(' The schedules of %s had reached the limit %s (%s), and did not fire until %s.',
            almanac_private.account_label(l.account), l.limit_name, l.most,
            almanac_private.recorded_time(l.until, why_omitted.timezone))
          from almanac_private.limits_met l
          where l.account = almanac_private.account(schedule.run_as, schedule.owner_user) and not schedule.is_system
            and l.since <= omission.recorded_at and l.until > why_omitted.at
          order by l.since limit 1), '')
      when 'paused' then 'The schedule was paused.'
      when 'stopped' then coalesce((
        select format('All schedules were paused by %s%s.', s.stopped_by, ': ' || s.reason)
        from almanac.stops s where why_omitted.at >= s.stopped_at
          and why_omitted.at < coalesce(s.resumed_at, 'infinity') limit 1), (
        select format('Its task %s was switched off by %s%s.', s.task_identifier, s.stopped_by, ': ' || s.reason)
        from almanac.task_stops s
        where s.task_identifier = schedule.task_identifier and why_omitted.at >= s.stopped_at
          and why_omitted.at < coalesce(s.resumed_at, 'infinity') limit 1),
        'The schedule was disabled or deleted before it could run.')
      else format('It was excluded by a calendar%s.', ': ' || (
        select string_agg(w.calendar || coalesce(', ' || w.label, ''), '; ')
        from almanac_private.exclusion_windows(schedule.calendars, schedule.timezone, why_omitted.at,
          why_omitted.at) w)) end
    || case when omission.count > 1 then format(E'\nThe same applies to all %s from %s to %s.', omission.count,
      almanac_private.spoken_time(lower(omission.during), why_omitted.timezone),
      almanac_private.spoken_time(upper(omission.during), why_omitted.timezone))
      else '' end;
end
$$;
comment on function almanac_private.why_omitted(almanac.omissions, timestamptz, almanac.schedules, text) is
  'Explains in words why occurrences at a time did not run, and how many more.';
