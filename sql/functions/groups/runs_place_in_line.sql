-- Definer: lines are kept in a table of the owner's. The row may be made up: only its id counts.
create or replace function almanac.runs_place_in_line(run almanac.runs) returns integer
language sql stable security definer set search_path to pg_catalog, pg_temp
begin atomic
  select nullif(count(*), 0)::integer
  from almanac_private.group_line o
  join almanac_private.group_line l on l.group_id = o.group_id and (l.priority, l.run_id) <= (o.priority, o.run_id)
  where o.run_id = (runs_place_in_line.run).id;
end;
comment on function almanac.runs_place_in_line(almanac.runs) is
  'Its place among the runs that wait for its resource group, from 1, by priority and then by when they were fired; '
  'every fourth place goes to the one that was fired first. Null: it does not wait for its group.';
grant execute on function almanac.runs_place_in_line(almanac.runs) to almanac_viewer;
