-- Definer: writes a table that only the owner may; who may is checked first.
create or replace function almanac.delete_resource_group(name text) returns almanac.resource_groups
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_group almanac.resource_groups;
  v_users text[];
begin
  perform almanac_private.check_admin('delete_resource_group');
  perform almanac_private.find_resource_group(delete_resource_group.name, 'name');
  -- Anyone who saves a schedule with it holds it until that is committed.
  select g.* into v_group from almanac.resource_groups g where g.name = delete_resource_group.name for update;
  v_users := array(
    select s.name from almanac.schedules s
    where s.resource_group = v_group.name and s.deleted_at is null order by s.name limit 4)
    || array(select 'task ' || t.identifier from almanac_private.known_tasks t
      where t.assigned_group = v_group.name order by t.identifier limit 4);
  if v_users <> '{}' then
    raise exception using errcode = 'AL034', column = 'name',
      message = format('The resource group %L is in use.', v_group.name),
      detail = format('By %s%s.', array_to_string(v_users[:3], ', '),
        case when cardinality(v_users) > 3 then ' and others' end),
      hint = 'Set resource_group of these to another one, or to null. To lift its limit for now, raise it: '
        'almanac.set_resource_group().';
  end if;
  delete from almanac.resource_groups g where g.id = v_group.id;
  perform almanac_private.notify_changed('almanac_runs', null);
  return v_group;
end
$$;
comment on function almanac.delete_resource_group(text) is
  'Deletes a resource group that no schedule names, and no task by set_task_resource_group(). Runs that wait for it '
  'begin. For admins.';
grant execute on function almanac.delete_resource_group(text) to almanac_viewer;
