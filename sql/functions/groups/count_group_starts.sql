-- Called while the turn of the group is held, with the rights and settings of begin_runs.
create or replace function almanac_private.count_group_starts(
  resource_group almanac.resource_groups, count bigint, as_of timestamptz
) returns void
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_width constant interval := make_interval(secs => extract(epoch from resource_group.starts_per)::float8 / 60);
begin
  if resource_group.max_starts is null or count_group_starts.count = 0 then
    return;
  end if;
  insert into almanac_private.group_starts as t (group_id, started_before, count)
  values (resource_group.id, date_bin(v_width, count_group_starts.as_of, '2000-01-01Z') + v_width,
    count_group_starts.count)
  on conflict on constraint group_starts_pkey do update set count = t.count + excluded.count;
  delete from almanac_private.group_starts t
  where t.group_id = resource_group.id
    and t.started_before < count_group_starts.as_of - resource_group.starts_per - v_width;
end
$$;
comment on function almanac_private.count_group_starts(almanac.resource_groups, bigint, timestamptz) is
  'Counts attempts of a group that start now, where their number in a period is limited, and clears what is past.';
