-- Definer: run_as is written by nothing else; who may is checked first.
create or replace function almanac.give_schedule(schedule text, run_as name) returns almanac.schedules
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_schedule almanac.schedules := almanac_private.find_schedule(give_schedule.schedule);
  v_caller name := almanac_private.caller();
  v_engine text;
begin
  if v_schedule.is_system or not almanac_private.may_change(v_schedule.owner_user, v_schedule.run_as_key) then
    perform almanac_private.refuse_change(v_schedule.id);
  end if;
  if not exists (select from pg_roles r where r.rolname = give_schedule.run_as) then
    raise exception using errcode = 'AL024', column = 'run_as',
      message = format('There is no role %s.', coalesce(quote_ident(give_schedule.run_as), 'null')),
      detail = format('Schedule %s.', v_schedule.name),
      hint = 'Names must match exactly: select rolname from pg_roles.';
  end if;
  -- As PostgreSQL does with the owner of a table: no one makes others run what they could not run themselves.
  if not pg_has_role(v_caller, give_schedule.run_as, 'member')
    and not has_schema_privilege(v_caller, 'almanac_private', 'create') then
    raise exception using errcode = 'AL011', column = 'run_as',
      message = format('%s is not a member of %s.', v_caller, give_schedule.run_as),
      detail = format('Schedule %s.', v_schedule.name),
      hint = 'Choose a role that you are a member of, or ask the owner of the database.';
  end if;
  v_engine := almanac_private.enter_engine();
  update almanac.schedules s
  set run_as = give_schedule.run_as, run_as_key = almanac_private.role_key(give_schedule.run_as),
    updated_at = statement_timestamp(), updated_by = almanac_private.actor()
  where s.id = v_schedule.id
  returning s.* into v_schedule;
  perform almanac_private.leave_engine(v_engine);
  perform almanac_private.notify_changed('almanac_schedules', array[v_schedule.id]);
  return v_schedule;
end
$$;
comment on function almanac.give_schedule(text, name) is
  'Makes a schedule run as another role, of which the caller must be a member; an admin gives away the schedules of '
  'a dropped role.';
grant execute on function almanac.give_schedule(text, name) to almanac_operator;
