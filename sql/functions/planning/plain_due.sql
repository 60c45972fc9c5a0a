create or replace function almanac_private.plain_due(
  schedule almanac.schedules, scheduled_for timestamptz
) returns timestamptz
language sql stable parallel safe
return case
  when (schedule).jitter is null then scheduled_for
  else scheduled_for + almanac_private.jitter_delay((schedule).id, scheduled_for, (schedule).jitter, scheduled_for,
    almanac_private.next_occurrence(schedule, scheduled_for))
end;
comment on function almanac_private.plain_due(almanac.schedules, timestamptz) is
  'When an occurrence of a schedule without calendars and overrides is due. A plain expression, so that callers inline '
  'it.';
grant execute on function almanac_private.plain_due(almanac.schedules, timestamptz) to almanac_viewer;
