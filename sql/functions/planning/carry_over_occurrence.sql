-- Definer: writes overrides on behalf of whoever changes the rule.
create or replace function almanac_private.carry_over_occurrence(
  schedule almanac.schedules, as_of timestamptz, reason text
) returns boolean
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
begin
  insert into almanac.occurrence_overrides (schedule_id, scheduled_for, action, moved_to, reason,
    created_by, is_carried_over)
  select schedule.id, p.scheduled_for, 'move', greatest(p.due_at, carry_over_occurrence.as_of),
    carry_over_occurrence.reason, 'almanac', true
  from almanac_private.planned_occurrences(schedule, schedule.cursor_at,
    carry_over_occurrence.as_of + interval '1 microsecond', 1) p
  where p.outcome = 'run' and schedule.fired_runs < coalesce(schedule.max_runs, 9223372036854775807)
  on conflict do nothing;
  return found;
end
$$;
comment on function almanac_private.carry_over_occurrence(almanac.schedules, timestamptz, text) is
  'Carries over, by an override, an occurrence whose nominal time is past and that has no outcome yet, so that it '
  'stays due whatever happens to its rule or its calendars; returns whether there was one.';
