create or replace function almanac_private.shortest_distance(
  schedule almanac.schedules, after timestamptz, max_count integer default 8
) returns interval
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_at timestamptz := almanac_private.next_occurrence(schedule, shortest_distance.after);
  v_next timestamptz;
  v_shortest interval;
begin
  for i in 2 .. max_count loop
    v_next := almanac_private.next_occurrence(schedule, v_at);
    exit when v_next is null;
    v_shortest := least(v_shortest, v_next - v_at);
    v_at := v_next;
  end loop;
  return v_shortest;
exception when invalid_parameter_value then
  -- The server no longer knows its time zone.
  return null;
end
$$;
comment on function almanac_private.shortest_distance(almanac.schedules, timestamptz, integer) is
  'The shortest time between two of the next nominal times of a schedule, of max_count of them; null: it has fewer '
  'than two.';
grant execute on function almanac_private.shortest_distance(almanac.schedules, timestamptz, integer) to almanac_viewer;
