create or replace function almanac_private.due_after(
  schedule almanac.schedules, scheduled_for timestamptz
) returns almanac_private.planned_occurrence
language plpgsql stable set search_path to pg_catalog, pg_temp
  set plan_cache_mode to force_generic_plan
as $$
declare
  v_next record;
begin
  schedule.cursor_at := due_after.scheduled_for;
  v_next := almanac_private.next_due(schedule);
  return row(v_next.scheduled_for, v_next.due_at, 'run'::text);
end
$$;
comment on function almanac_private.due_after(almanac.schedules, timestamptz) is
  'The occurrence of a schedule that is due next once this one has its outcome; its columns null: none.';
