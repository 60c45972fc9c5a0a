create or replace function almanac_private.moved_occurrences(
  schedule almanac.schedules
) returns setof almanac.occurrence_overrides
language sql stable set search_path to pg_catalog, pg_temp
begin atomic
  select o.*
  from almanac.occurrence_overrides o
  where o.schedule_id = (moved_occurrences.schedule).id and o.action = 'move' and o.done_at is null
    and (o.is_owed or (o.scheduled_for > (moved_occurrences.schedule).cursor_at
      and almanac_private.next_occurrence(moved_occurrences.schedule, o.scheduled_for - interval '1 microsecond')
        = o.scheduled_for));
end;
comment on function almanac_private.moved_occurrences(almanac.schedules) is
  'The moved occurrences of a schedule that are still to run: those of its rule, and those owed although the rule is '
  'past them.';
grant execute on function almanac_private.moved_occurrences(almanac.schedules) to almanac_viewer;
