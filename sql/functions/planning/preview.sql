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
      raise exception using errcode = 'AL007',
        message = format('There is no schedule with id %s.', preview.definition ->> 'id'),
        detail = 'It may have been deleted.', hint = 'Leave id out for a schedule that is not saved yet.';
    end if;
  else
    v_schedule.timezone := 'UTC';
    v_schedule.payload := '{}';
    v_schedule.overlap_policy := 'skip';
    v_schedule.fired_runs := 0;
    v_schedule.calendars := '{}';
    v_schedule.exclusion_policy := 'skip';
    v_schedule.has_overrides := false;
    v_schedule.created_at := v_now;
  end if;
  v_schedule.status := 'active';
  v_schedule.cursor_at := v_now;
  v_schedule := almanac_private.prepare_schedule(almanac_private.read_definition(
    case when jsonb_typeof(preview.definition) = 'object' then preview.definition - 'id'
      else preview.definition end, v_schedule));
  return query
  select o.at, o.due_at, to_char(l.shown, 'YYYY-MM-DD"T"HH24:MI:SS'), l.utc_offset,
    case
      when l.after_gap and o.due_at = o.at and gap.is_named then
        format('%s does not exist that day: clocks go forward, so it runs at %s.',
          to_char(gap.planned, 'HH24:MI'), to_char(l.shown, 'HH24:MI'))
      when l.repeated then
        format('%s occurs twice that day: clocks go back. This is the %s time.',
          to_char(l.shown, 'HH24:MI'), l.pass)
      when o.outcome = 'moved'
        then format('Moved manually from %s.', to_char(o.at at time zone v_schedule.timezone, 'YYYY-MM-DD HH24:MI'))
      when o.outcome = 'held over'
        then replace(almanac_private.due_note(v_schedule, row(o.at, o.due_at, o.outcome)), 'over:',
        format('over from %s:', to_char(o.at at time zone v_schedule.timezone, 'YYYY-MM-DD HH24:MI')))
      when o.due_at > o.at + coalesce(v_schedule.jitter, '0')
        then format('Postponed from %s by %s.', to_char(o.at at time zone v_schedule.timezone, 'YYYY-MM-DD HH24:MI'),
        array_to_string(v_schedule.calendars, ', '))
    end
  from almanac_private.coming_occurrences(v_schedule, v_now + interval '1 microsecond', 'infinity',
      almanac_private.checked_count(preview.max_count, 1000)) with ordinality o(at, due_at, outcome, position)
  cross join lateral almanac_private.local_reading(o.due_at, v_schedule.timezone) l
  cross join lateral (
    -- In the zone's standing offset of the day before, a moved time shows what the rule had planned.
    select (o.at at time zone 'UTC') + ((o.at - interval '25 hours') at time zone v_schedule.timezone
      - (o.at - interval '25 hours') at time zone 'UTC') as shown
  ) before
  cross join lateral (
    select before.shown as planned, case
      when v_schedule.kind = 'cron'
        then not v_schedule.rule_running and almanac_private.next_cron(v_schedule.rule_seconds, v_schedule.rule_minutes,
        v_schedule.rule_hours, v_schedule.rule_first_time, v_schedule.rule_weekdays, v_schedule.rule_months,
        v_schedule.rule_days, v_schedule.rule_running,
        'UTC', (before.shown at time zone 'UTC') - interval '1 microsecond') = before.shown at time zone 'UTC'
      -- Of days and months: at its first one's time of day.
      when v_schedule.kind = 'interval'
        then 0 < any (array[date_part('day', v_schedule.every), date_part('month', v_schedule.every),
        date_part('year', v_schedule.every)])
        and before.shown::time
          = (coalesce(v_schedule.starts_at,
          date_trunc('second', v_schedule.created_at)) at time zone v_schedule.timezone)::time
      else false end as is_named
  ) gap
  order by o.position;
end
$$;
comment on function almanac.preview(jsonb, integer) is
  'The next occurrences of a schedule that is not saved yet: columns of almanac.schedules as JSON. Refuses what '
  'saving would refuse, with the same errors. local_time is that of due_at; note says what a clock change or a '
  'calendar does to it. With id, the number of a saved schedule, the definition changes that one: its phase, its '
  'jitter and its moved occurrences are in the times. Without one jitter is not, as the number decides it.';
grant execute on function almanac.preview(jsonb, integer) to almanac_viewer;
