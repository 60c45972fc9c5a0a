-- Definer: lines are kept in a table of the owner's. The row may be made up: only its id counts.
create or replace function almanac.resource_groups_waiting(resource_group almanac.resource_groups) returns integer
language sql stable security definer set search_path to pg_catalog, pg_temp
begin atomic
  select count(*)::integer from almanac_private.group_line l
  where l.group_id = (resource_groups_waiting.resource_group).id;
end;
comment on function almanac.resource_groups_waiting(almanac.resource_groups) is 'How many runs wait for it.';
grant execute on function almanac.resource_groups_waiting(almanac.resource_groups) to almanac_viewer;
