-- Called by record_verdicts for each run, where there are groups, with its rights and settings: a plain expression.
create or replace function almanac_private.group_in_force(task text, resource_group text) returns text
language sql stable parallel safe
return (
  select g.name from almanac.resource_groups g
  where g.name = coalesce(group_in_force.resource_group, (
    -- By an index of those that name one.
    select coalesce(t.assigned_group, t.declared_group) from almanac_private.known_tasks t
    where t.identifier = group_in_force.task and coalesce(t.assigned_group, t.declared_group) is not null)));
comment on function almanac_private.group_in_force(text, text) is
  'The resource group that a run of a task belongs to: the one that its schedule names, otherwise that of its task; '
  'null: none, or it does not exist.';
