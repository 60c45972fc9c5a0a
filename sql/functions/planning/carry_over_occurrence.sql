-- Definer: writes overrides on behalf of those who change the rule.
create or replace function almanac_private.carry_over_occurrence(
  schedule almanac.schedules, as_of timestamptz, reason text, most_windows integer default null
) returns boolean
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
begin
  insert into almanac.occurrence_overrides (schedule_id, scheduled_for, action, moved_to, reason,
    created_by, is_carried_over)
  select schedule.id, p.scheduled_for, 'move', greatest(p.due_at, carry_over_occurrence.as_of),
    carry_over_occurrence.reason, 'almanac', true
  from almanac_private.planned_occurrences(schedule, schedule.cursor_at,
    carry_over_occurrence.as_of + interval '1 microsecond', 1, most_windows => carry_over_occurrence.most_windows) p
  where p.outcome in ('run', 'undecided') and schedule.fired_runs < coalesce(schedule.max_runs, 9223372036854775807)
  on conflict do nothing;
  return found;
end
$$;
comment on function almanac_private.carry_over_occurrence(almanac.schedules, timestamptz, text, integer) is
  'Carries over, by an override, an occurrence whose nominal time is past and that has no outcome yet, so that it '
  'stays due whatever happens to its rule or its calendars; returns whether there was one. most_windows: when it is '
  'due need not be exact.';
