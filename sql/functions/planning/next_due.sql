create or replace function almanac_private.next_due(
  schedule almanac.schedules, moved almanac.occurrence_overrides[] default null,
  out scheduled_for timestamptz, out due_at timestamptz
)
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_moved record;
begin
  if schedule.max_runs <= schedule.fired_runs then
    return;
  elsif schedule.calendars = '{}' and not schedule.has_overrides then
    scheduled_for := almanac_private.next_occurrence(schedule, schedule.cursor_at);
    due_at := almanac_private.plain_due(schedule, scheduled_for);
    return;
  end if;
  select p.scheduled_for, p.due_at into next_due.scheduled_for, next_due.due_at
  from almanac_private.planned_occurrences(schedule, schedule.cursor_at, 'infinity', 1,
    most_windows => almanac_private.most_windows()) p;
  if schedule.has_overrides then
    select m.scheduled_for, m.moved_to into v_moved
    from unnest(coalesce(next_due.moved, array(select o from almanac_private.moved_occurrences(schedule) o))) m
    order by m.moved_to, m.scheduled_for limit 1;
    if v_moved.moved_to < next_due.due_at or next_due.due_at is null then
      scheduled_for := v_moved.scheduled_for;
      due_at := v_moved.moved_to;
    end if;
  end if;
end
$$;
comment on function almanac_private.next_due(almanac.schedules, almanac.occurrence_overrides[]) is
  'The occurrence of a schedule that is due next, after its cursor or moved: nominal and due time; null: none. Where '
  'calendars exclude so much that the search ends early, when to look again: none is due before. '
  'moved: those of its moved ones that are still to run, as far as they are known better than they are stored.';
grant execute on function almanac_private.next_due(almanac.schedules, almanac.occurrence_overrides[]) to almanac_viewer;
