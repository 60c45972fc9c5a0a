create or replace function almanac_private.group_starts_used(
  resource_group almanac.resource_groups, as_of timestamptz
) returns bigint
language sql stable
return (
  select coalesce(sum(t.count), 0)::bigint from almanac_private.group_starts t
  where t.group_id = resource_group.id and t.started_before > group_starts_used.as_of - resource_group.starts_per);
comment on function almanac_private.group_starts_used(almanac.resource_groups, timestamptz) is
  'How many attempts of a group have started within its period. They are counted by sixtieths of it, each until all of '
  'it is past, so that no range of the length of the period ever has more than max_starts.';
