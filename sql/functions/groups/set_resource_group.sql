-- Definer: writes a table that only the owner may, so that no one else can lock it; who may is checked first.
create or replace function almanac.set_resource_group(
  name text, max_running integer default null, max_starts integer default null, starts_per interval default null,
  description text default null
) returns almanac.resource_groups
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_most constant integer := 1000;
  v_group almanac.resource_groups;
begin
  perform almanac_private.check_admin('set_resource_group');
  perform almanac_private.check_resource_group(set_resource_group.name, set_resource_group.max_running,
    set_resource_group.max_starts, set_resource_group.starts_per, set_resource_group.description);
  perform almanac_private.take_turn('resource groups');
  if (select count(*) from almanac.resource_groups g where g.name <> set_resource_group.name) >= v_most then
    raise exception using errcode = 'AL012', message = format('There are %s resource groups already.', v_most),
      detail = format('Group %L.', set_resource_group.name),
      hint = 'Delete some that are not used: select almanac.delete_resource_group(…).';
  end if;
  insert into almanac.resource_groups as g (name, description, max_running, max_starts, starts_per, created_by,
    updated_by)
  values (set_resource_group.name, nullif(set_resource_group.description, ''), set_resource_group.max_running,
    set_resource_group.max_starts, set_resource_group.starts_per, almanac_private.actor(), almanac_private.actor())
  on conflict on constraint resource_group_name_is_unique do update
  set max_running = excluded.max_running, max_starts = excluded.max_starts, starts_per = excluded.starts_per,
    description = nullif(coalesce(set_resource_group.description, g.description), ''),
    updated_at = statement_timestamp(), updated_by = excluded.updated_by
  returning g.* into v_group;
  insert into almanac_private.group_turns (group_id) values (v_group.id) on conflict do nothing;
  perform almanac_private.notify_changed('almanac_runs', null);
  return v_group;
end
$$;
comment on function almanac.set_resource_group(text, integer, integer, interval, text) is
  'Creates a resource group, or changes the one with this name: at most max_running of its runs go on at once, on all '
  'workers together, and at most max_starts attempts start in any starts_per, from a second to 7 days. null: no such '
  'limit. A description of null leaves the one that is there, an empty one removes it. What runs continues where a '
  'limit is lowered; none begins until there is room. 0: none begins. Schedules name their group in resource_group. '
  'For admins.';
grant execute on function almanac.set_resource_group(text, integer, integer, interval, text) to almanac_viewer;
