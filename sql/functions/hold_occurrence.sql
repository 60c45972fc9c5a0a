-- Definer: writes overrides on behalf of whoever changes the rule.
create or replace function almanac_private.hold_occurrence(schedule almanac.schedules, as_of timestamptz) returns void
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
begin
  insert into almanac.occurrence_overrides (schedule_id, scheduled_for, action, moved_to, reason, is_owed, created_by)
  select schedule.id, p.scheduled_for, 'move', p.due_at, 'due when its rule changed', true, 'almanac'
  from almanac_private.planned_occurrences(schedule, schedule.cursor_at, hold_occurrence.as_of + interval '1 microsecond', null, false) p
  where p.outcome = 'run' and p.due_at > hold_occurrence.as_of and schedule.total_runs < coalesce(schedule.max_runs, 9223372036854775807)
  on conflict do nothing;
  perform almanac_private.insert_skipped(schedule, o.scheduled_for, 'skipped', hold_occurrence.as_of)
  from almanac.occurrence_overrides o
  where o.schedule_id = (hold_occurrence.schedule).id and o.action = 'skip' and o.done_at is null
    and o.scheduled_for > (hold_occurrence.schedule).cursor_at and o.scheduled_for <= hold_occurrence.as_of;
  update almanac.occurrence_overrides o
  set is_owed = o.action = 'move', done_at = case o.action when 'skip' then hold_occurrence.as_of end
  where o.schedule_id = (hold_occurrence.schedule).id and o.done_at is null and not o.is_owed
    and o.scheduled_for > (hold_occurrence.schedule).cursor_at and o.scheduled_for <= hold_occurrence.as_of;
end
$$;
comment on function almanac_private.hold_occurrence(almanac.schedules, timestamptz) is
  'When a rule ends behind its cursor: an occurrence of it whose nominal time is past, and that jitter or a calendar still holds back, becomes a moved occurrence, so that it is not lost.';
