-- Called while the turn of the group is held, with the rights and settings of begin_runs or finish_runs.
create or replace function almanac_private.group_room(resource_group almanac.resource_groups, as_of timestamptz)
returns bigint
language sql volatile set search_path to pg_catalog, pg_temp
begin atomic
  select greatest(0, least(1000000,
    resource_group.max_running - count(s.run_id),
    -- Those that were called and have not begun yet will begin within the period, too.
    resource_group.max_starts - count(s.run_id) filter (where s.begun_at is null)
      - almanac_private.group_starts_used(resource_group, group_room.as_of)))
  from almanac_private.group_slots s where s.group_id = resource_group.id;
end;
comment on function almanac_private.group_room(almanac.resource_groups, timestamptz) is
  'How many more runs of a group may begin now.';
