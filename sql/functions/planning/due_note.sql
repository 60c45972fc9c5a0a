create or replace function almanac_private.due_note(
  schedule almanac.schedules, occurrence almanac_private.planned_occurrence
) returns text
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
begin
  return case
    when occurrence.outcome = 'moved' then 'Moved manually.'
    when occurrence.outcome = 'held over' then (
      select format('Held over: %s.', o.reason) from almanac.occurrence_overrides o
      where o.schedule_id = schedule.id and o.scheduled_for = occurrence.scheduled_for)
    when occurrence.due_at = occurrence.scheduled_for then null
    when schedule.calendars <> '{}'
      and occurrence.due_at - occurrence.scheduled_for > coalesce(schedule.jitter, interval '0')
      then format('Postponed by %s.', array_to_string(schedule.calendars, ', '))
    else 'Delayed by jitter.'
  end;
end
$$;
comment on function almanac_private.due_note(almanac.schedules, almanac_private.planned_occurrence) is
  'Why an occurrence is not due at its nominal time; null: it is.';
grant execute on function almanac_private.due_note(almanac.schedules, almanac_private.planned_occurrence)
  to almanac_viewer;
