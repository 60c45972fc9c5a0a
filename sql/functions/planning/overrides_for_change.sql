create or replace function almanac.overrides_for_change(
  schedule text, changes jsonb, max_count integer default 1000
) returns table (scheduled_for timestamptz, action almanac.override_action, was_moved_to timestamptz,
  new_scheduled_for timestamptz)
language plpgsql stable rows 10 set search_path to pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_schedule almanac.schedules := almanac_private.find_schedule(overrides_for_change.schedule);
begin
  perform almanac_private.checked_count(overrides_for_change.max_count);
  return query
  select c.scheduled_for, c.action, c.was_moved_to, c.new_scheduled_for
  from almanac_private.carried_overrides(v_schedule,
    almanac_private.prepare_schedule(almanac_private.read_definition(overrides_for_change.changes, v_schedule)),
    greatest(v_schedule.cursor_at, statement_timestamp())) c
  limit overrides_for_change.max_count;
end
$$;
comment on function almanac.overrides_for_change(text, jsonb, integer) is
  'Where the moved and skipped occurrences of a schedule go when it is changed (columns as JSON, as for '
  'update_schedule): new_scheduled_for is the one that is then moved or skipped in its place, the same if the rule '
  'still names it, null where there is none. was_moved_to: where one was moved to, null for one that is skipped.';
grant execute on function almanac.overrides_for_change(text, jsonb, integer) to almanac_viewer;
