-- Definer: places are kept in a table of the owner's. The row may be made up: only its id counts.
create or replace function almanac.resource_groups_running(resource_group almanac.resource_groups) returns integer
language sql stable security definer set search_path to pg_catalog, pg_temp
begin atomic
  select count(*)::integer from almanac_private.group_slots s
  where s.group_id = (resource_groups_running.resource_group).id and s.begun_at is not null;
end;
comment on function almanac.resource_groups_running(almanac.resource_groups) is 'How many of its runs are running.';
grant execute on function almanac.resource_groups_running(almanac.resource_groups) to almanac_viewer;
