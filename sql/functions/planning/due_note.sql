create or replace function almanac_private.due_note(
  schedule almanac.schedules, occurrence almanac_private.planned_occurrence
) returns text
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_nominal text := to_char(occurrence.scheduled_for at time zone schedule.timezone, 'YYYY-MM-DD HH24:MI');
begin
  return case
    when occurrence.outcome = 'moved' then format('Moved manually from %s.', v_nominal)
    when occurrence.outcome = 'carried over' then (
      select format('Carried over from %s: %s.', v_nominal, o.reason) from almanac.occurrence_overrides o
      where o.schedule_id = schedule.id and o.scheduled_for = occurrence.scheduled_for)
    when occurrence.due_at = occurrence.scheduled_for then null
    when schedule.calendars <> '{}'
      and occurrence.due_at - occurrence.scheduled_for > coalesce(schedule.jitter, interval '0')
      then format('Postponed from %s by %s.', v_nominal, array_to_string(schedule.calendars, ', '))
    else format('Delayed by jitter from %s.', v_nominal)
  end;
end
$$;
comment on function almanac_private.due_note(almanac.schedules, almanac_private.planned_occurrence) is
  'Why an occurrence is not due at its nominal time, which is named in the schedule''s zone; null: it is.';
grant execute on function almanac_private.due_note(almanac.schedules, almanac_private.planned_occurrence)
  to almanac_viewer;
