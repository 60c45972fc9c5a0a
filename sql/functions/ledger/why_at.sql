-- Called by definer functions: rule versions are the owner's to read.
--
-- The answers in the order in which they exclude each other: runs of that time, or due at it; a zone that is lost, by
-- which nothing more can be said; a time that no rule named; the gap that it lies in; what someone did to it; and, of a
-- time to which the schedule has not come yet, why it will run, has not fired, or will not. By the rule that held at
-- that time, not the one of today.
create or replace function almanac_private.why_at(schedule_id bigint, moment timestamptz) returns text
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_schedule almanac.schedules;
  v_version almanac_private.rule_versions;
  v_rule almanac.schedules;
  v_zone text;
  v_is_named boolean := false;
  v_has_run boolean := false;
  v_run almanac.runs;
  v_planned almanac_private.planned_occurrence;
  v_omission almanac.omissions;
  v_override almanac.occurrence_overrides;
  v_lines text[] := '{}';
  v_lost text;
  v_limit text;
begin
  if why_at.moment is null or not almanac_private.is_in_reach(why_at.moment) then
    raise exception using errcode = 'AL012', message = 'The moment must be in the years 1 to 9999.',
      detail = format('moment: %s.', coalesce(why_at.moment::text, 'null')),
      hint = 'Use the time at which it ran, or should have run.';
  end if;
  select s.* into v_schedule from almanac.schedules s where s.id = why_at.schedule_id;
  v_zone := v_schedule.timezone;
  v_lost := almanac_private.lost_timezone_note(v_schedule);
  select v.* into v_version from almanac_private.rule_versions v
  where v.schedule_id = v_schedule.id and v.valid_from < why_at.moment
    and (v.valid_to is null or v.valid_to >= why_at.moment)
  order by v.valid_from desc limit 1;
  if v_version.id is not null then
    v_rule := jsonb_populate_record(null::almanac.schedules, v_version.rule);
    v_zone := v_rule.timezone;
  end if;
  if not almanac_private.knows_timezone(v_zone) then
    v_lost := coalesce(v_lost, format('This server does not know the time zone %s, which its rule had then.', v_zone));
    v_zone := 'UTC';
  elsif v_version.id is not null then
    v_is_named := almanac_private.next_occurrence(v_rule, why_at.moment - interval '1 microsecond')
      is not distinct from why_at.moment;
  end if;

  -- By its own time first, then what was due at it.
  for v_run in
    select r.* from almanac.runs r
    where r.id in (
      select a.id from almanac.runs a
      where a.schedule_id = v_schedule.id and a.scheduled_for = why_at.moment and a.parent_id is null
      union all
      select b.id from almanac.runs b where b.due_at = why_at.moment and b.due_at <> b.scheduled_for
        and b.schedule_id = v_schedule.id and b.parent_id is null)
    order by r.trigger = 'schedule' desc, r.scheduled_for = why_at.moment desc, r.id limit 10
  loop
    v_lines := v_lines || almanac_private.why_run(v_run, v_zone);
    v_has_run := v_has_run or v_run.trigger = 'schedule' and v_run.scheduled_for = why_at.moment;
  end loop;
  if v_has_run then
    return array_to_string(v_lines, E'\n');
  end if;

  if v_lost is not null then
    return array_to_string(v_lines || v_lost, E'\n');
  end if;

  select o.* into v_omission from almanac.omissions o where o.schedule_id = v_schedule.id and o.during @> why_at.moment;
  select o.* into v_override from almanac.occurrence_overrides o where o.schedule_id = v_schedule.id
    and o.scheduled_for = why_at.moment;
  -- A gap begins and ends with a time that had its outcome, whatever the rule names now.
  v_is_named := v_is_named or coalesce(why_at.moment in (lower(v_omission.during), upper(v_omission.during)), false)
    or coalesce(v_override.done_at is null and v_override.is_owed, false);
  if not v_is_named and v_lines <> '{}' then
    return array_to_string(v_lines, E'\n');
  elsif not v_is_named then
    return array_to_string(
      array[almanac_private.why_unnamed(v_schedule, v_rule, v_version.valid_from, why_at.moment, v_zone),
      case when v_omission.id is not null
        then 'The occurrences before and after it did not run. '
          || almanac_private.why_omitted(v_omission, why_at.moment, v_schedule, v_zone) end], E'\n');
  end if;

  v_lines := v_lines
    || format('The rule of %s names %s.', v_schedule.name, almanac_private.spoken_time(why_at.moment, v_zone));
  if v_omission.id is not null then
    v_lines := v_lines || almanac_private.why_omitted(v_omission, why_at.moment, v_schedule, v_zone);
  elsif v_override.schedule_id is not null and v_override.done_at is null then
    v_lines := v_lines || case
      when v_override.is_carried_over
        then format('It is postponed to %s: %s.', almanac_private.spoken_time(v_override.moved_to, v_zone),
        v_override.reason)
      when v_override.action = 'move'
        then format('It was moved to %s by %s%s.', almanac_private.spoken_time(v_override.moved_to, v_zone),
        v_override.created_by, ': ' || v_override.reason)
      else format('It will not run: skipped by %s%s.', v_override.created_by, ': ' || v_override.reason) end;
  elsif why_at.moment > v_schedule.cursor_at then
    select p.* into v_planned
    from almanac_private.planned_occurrences(v_schedule, why_at.moment - interval '1 microsecond',
      why_at.moment + interval '1 microsecond', null, true) p limit 1;
    select format('Its %s, %s, has reached the limit %s (%s), so it is put off until %s.',
      case when v_schedule.owner_user is null then 'role' else 'owner' end,
      almanac_private.account_name(v_schedule.run_as, v_schedule.owner_user), p.limit_name,
      almanac_private.limit_for(p.limit_name, v_schedule.run_as), almanac_private.recorded_time(p.until, v_zone))
    into v_limit
    from almanac_private.put_off p
    where p.schedule_id = v_schedule.id and p.limit_name <> 'task_is_off'
      and p.until = v_schedule.next_run_at and p.due_at >= v_schedule.cursor_at
      and why_at.moment < p.until;
    v_lines := v_lines || case
      when v_schedule.status <> 'active'
        then format('The schedule is %s%s.', v_schedule.status, ': ' || v_schedule.pause_reason)
      when almanac_private.is_stopped() and not v_schedule.is_system
        then 'All schedules are paused by almanac.pause_all().'
      when almanac.schedules_blocked_because(v_schedule) is not null
        then format(case when v_planned.due_at > statement_timestamp()
          then 'It will not run unless this changes before then. %s' else 'It does not run. %s' end,
          almanac.schedules_blocked_because(v_schedule))
      when v_limit is not null then v_limit
      when v_planned.outcome = 'excluded' then format('It is excluded by a calendar%s.', ': ' || (
        select string_agg(w.calendar || coalesce(', ' || w.label, ''), '; ')
        from almanac_private.exclusion_windows(v_schedule.calendars, v_schedule.timezone, why_at.moment,
          why_at.moment) w))
      when v_planned.outcome = 'merged' then 'A calendar excludes it, and a later occurrence runs in its place.'
      when v_planned.due_at > statement_timestamp()
        then concat_ws(E'\n',
          format('It is upcoming, due on %s.', almanac_private.spoken_time(v_planned.due_at, v_zone)),
          almanac_private.execution_note(almanac.schedules_execution(v_schedule)),
          almanac_private.not_loaded(v_schedule.task_identifier))
      else format('It has been due since %s but has not fired. %s',
        almanac_private.spoken_time(v_planned.due_at, v_zone),
        almanac_private.why_not_fired(v_schedule, statement_timestamp())) end;
  elsif why_at.moment < almanac_private.history_horizon() or exists (
    select from almanac_private.deleted_history d
    where d.schedule_id = v_schedule.id and d.during @> why_at.moment
      and (d.times is null or why_at.moment = any (d.times)))
  then
    v_lines := v_lines || 'What happened to it is no longer kept.'::text;
  else
    v_lines := v_lines || 'It has no outcome, which should not happen: see almanac.check_ledger().'::text;
  end if;
  return array_to_string(v_lines, E'\n');
end
$$;
comment on function almanac_private.why_at(bigint, timestamptz) is
  'Explains in words why a schedule, given by its id, ran, or did not run, at a time: see almanac.why().';
