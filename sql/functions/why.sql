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
      when almanac_private.is_stopped() and not v_schedule.is_system then 'All schedules are stopped.'
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
