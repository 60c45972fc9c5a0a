-- Called by definer functions, with their rights.
create or replace function almanac_private.group_note(resource_group almanac.resource_groups) returns text
language sql stable
return concat_ws(' ',
  case when resource_group.max_running = 0 then 'none of its runs may begin.'
    when resource_group.max_running is not null then format('%s of %s runs %s running.',
      almanac.resource_groups_running(resource_group), resource_group.max_running,
      case resource_group.max_running when 1 then 'is' else 'are' end) end,
  case when resource_group.max_starts is not null then format('%s of %s starts in %s are used%s.',
    almanac.resource_groups_starts(resource_group), resource_group.max_starts,
    almanac_private.spoken_interval(resource_group.starts_per),
    coalesce(', the next is possible after '
      || almanac_private.recorded_time(almanac.resource_groups_next_start_at(resource_group)), '')) end);
comment on function almanac_private.group_note(almanac.resource_groups) is
  'Says in words how much of its limits a resource group uses.';
