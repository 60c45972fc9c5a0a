-- Definer: counts are kept in a table of the owner's. The row may be made up: only its id and its limits count.
create or replace function almanac.resource_groups_starts(resource_group almanac.resource_groups) returns integer
language sql stable security definer set search_path to pg_catalog, pg_temp
begin atomic
  select case when (resource_groups_starts.resource_group).max_starts is not null
    then almanac_private.group_starts_used(resource_groups_starts.resource_group, clock_timestamp())::integer end;
end;
comment on function almanac.resource_groups_starts(almanac.resource_groups) is
  'How many attempts of its runs have started within its period; null: it has no limit for that.';
grant execute on function almanac.resource_groups_starts(almanac.resource_groups) to almanac_viewer;
