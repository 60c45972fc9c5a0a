-- Definer: writes a table that only the owner may, for built-in tasks too; who may is checked first.
create or replace function almanac.require_role(task text, role name default null) returns almanac.tasks
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_task almanac.tasks;
begin
  perform almanac_private.check_admin('require_role');
  perform almanac_private.check_task_is_known(require_role.task);
  if require_role.role is not null and not exists (select from pg_roles r where r.rolname = require_role.role) then
    raise exception using errcode = 'AL024', message = format('There is no role %s.', require_role.role),
      detail = format('Task %s.', require_role.task), hint = 'See: select rolname from pg_roles.';
  end if;
  update almanac_private.known_tasks t set required_role = require_role.role where t.identifier = require_role.task;
  select t.* into v_task from almanac.tasks t where t.identifier = require_role.task;
  perform almanac_private.notify_changed('almanac_schedules', null);
  return v_task;
end
$$;
comment on function almanac.require_role(text, name) is
  'Has a task be used by members of a role only: others cannot save schedules of it (AL033), and runs of theirs fail. '
  'Null: what the task''s own file says holds again. For admins.';
grant execute on function almanac.require_role(text, name) to almanac_viewer;
