-- Definer: counts are kept in a table of the owner's. The row may be made up: only its id and its limits count.
create or replace function almanac.resource_groups_next_start_at(resource_group almanac.resource_groups)
returns timestamptz
language sql stable security definer set search_path to pg_catalog, pg_temp
begin atomic
  with counted as (
    select t.started_before, t.count from almanac_private.group_starts t
    where t.group_id = (resource_groups_next_start_at.resource_group).id
      and t.started_before > clock_timestamp() - (resource_groups_next_start_at.resource_group).starts_per
  )
  select min(c.started_before) + (resource_groups_next_start_at.resource_group).starts_per
  from counted c
  where (select sum(o.count) from counted o) >= (resource_groups_next_start_at.resource_group).max_starts
    and (select coalesce(sum(o.count), 0) from counted o where o.started_before > c.started_before)
      < (resource_groups_next_start_at.resource_group).max_starts;
end;
comment on function almanac.resource_groups_next_start_at(almanac.resource_groups) is
  'When one more attempt of its runs may start, where as many have started within its period as may; '
  'null: one may now.';
grant execute on function almanac.resource_groups_next_start_at(almanac.resource_groups) to almanac_viewer;
