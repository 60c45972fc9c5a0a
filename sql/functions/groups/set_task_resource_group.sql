-- Definer: writes a table that only the owner may, for built-in tasks too; who may is checked first.
create or replace function almanac.set_task_resource_group(task text, resource_group text default null)
returns almanac.tasks
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_task almanac.tasks;
begin
  perform almanac_private.check_admin('set_task_resource_group');
  perform almanac_private.check_task_is_known(set_task_resource_group.task);
  if set_task_resource_group.resource_group is not null then
    perform almanac_private.find_resource_group(set_task_resource_group.resource_group, 'resource_group');
    perform from almanac.resource_groups g where g.name = set_task_resource_group.resource_group for key share;
  end if;
  update almanac_private.known_tasks t set assigned_group = set_task_resource_group.resource_group
  where t.identifier = set_task_resource_group.task;
  select t.* into v_task from almanac.tasks t where t.identifier = set_task_resource_group.task;
  perform almanac_private.notify_changed('almanac_schedules', null);
  return v_task;
end
$$;
comment on function almanac.set_task_resource_group(text, text) is
  'Has the runs of a task belong to a resource group, unless their schedule names another. Null: what the task''s own '
  'file says holds again. For admins.';
grant execute on function almanac.set_task_resource_group(text, text) to almanac_viewer;
