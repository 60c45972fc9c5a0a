-- Who may do what to a schedule, and with whose rights it runs from then on. Invoker: for a definer current_user is
-- the owner.
--
-- A schedule belongs to a user (owner_user) or to a role (run_as with its key). The one who decides what runs answers
-- for it: a new task or payload makes them its run_as, unless they are a member of the role that it has, and a
-- statement (is_statement_task) makes them its owner too. A schedule that loses its owner gets the key of no role, or
-- it would run with the rights of all operators. A dump is loaded by someone who may create in almanac_private: its
-- roles and times of creation are kept, what was computed is not.
--
-- That a computed column was written is found first, before this function itself changes any, and refused last: what
-- is wrong with the owner is the better answer.
create or replace function almanac_private.tg_set_identity() returns trigger
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_computed text;
  v_gives boolean;
  v_takes boolean := false;
  v_was_owned boolean := false;
  v_loads boolean := tg_op = 'INSERT' and almanac_private.loads_dump();
begin
  if v_loads then
    if new.is_system then
      return null; -- it is there already
    end if;
    -- The id may be another user's here.
    v_was_owned := new.owner_user is not null;
    new.owner_user := (
      select u.id from almanac.users u
      where u.id = new.owner_user and u.username = new.created_by
        and (not almanac_private.is_statement_task(new.task_identifier) or u.role = 'admin'));
    new.next_run_at := null;
    new.next_scheduled_for := null;
    new.last_run_at := null;
    new.last_status := null;
    new.total_runs := 0;
    new.failed_runs := 0;
    new.fired_runs := 0;
    new.consecutive_failures := 0;
    new.has_overrides := false;
  end if;
  new := almanac_private.with_target(new, case when tg_op = 'UPDATE' then old end);
  if tg_op = 'UPDATE' and not almanac_private.may_change(old.owner_user, old.run_as_key) then
    perform almanac_private.refuse_change(old.id);
  end if;
  if tg_op = 'UPDATE' and old.managed_by is not null then
    perform almanac_private.check_managed(old, new);
  end if;
  if current_setting('almanac.system', true) is distinct from 'on'
    or not has_schema_privilege('almanac_private', 'create') then
    if tg_op = 'UPDATE' and old.is_system then
      perform almanac_private.refuse_change(old.id);
    elsif new.is_system is distinct from false then
      raise exception using errcode = 'AL017', column = 'is_system',
        message = 'Only a migration creates a system schedule.',
        detail = format('Schedule %s.', new.name), hint = 'Omit is_system.';
    elsif new.name like 'almanac:%' and (tg_op = 'INSERT' or new.name is distinct from old.name) then
      raise exception using errcode = 'AL017', column = 'name',
        message = 'Names that begin with almanac: are reserved for Almanac''s own schedules.',
        detail = format('Schedule %s.', new.name), hint = 'Choose another name.';
    end if;
  end if;
  if tg_op = 'INSERT' then
    new.run_as := case when v_loads then new.run_as else almanac_private.role_served(current_user) end;
    new.run_as_key := almanac_private.role_key(new.run_as);
    if v_was_owned and new.owner_user is null then
      new.run_as_key := almanac_private.no_role_key();
    end if;
    new.owner_user := coalesce(almanac.current_user_id(), new.owner_user);
    v_gives := new.owner_user is distinct from almanac.current_user_id();
    if not v_loads then
      new.created_at := statement_timestamp();
      new.created_by := almanac_private.actor();
    end if;
    v_computed := coalesce(almanac_private.computed_column_written(null, new),
      case when not v_loads and new.managed_by is not null then 'managed_by'
        when not v_loads and new.managed_version is not null then 'managed_version' end);
  else
    v_computed := almanac_private.computed_column_written(old, new);
    -- What people bring back from the bin is theirs.
    if old.managed_by is not null and old.deleted_at is not null and new.deleted_at is null
      and not almanac_private.is_applying(old.managed_by) then
      new.managed_by := null;
      new.managed_version := null;
    end if;
    if (new.task_identifier, new.target, new.task_group, new.workflow_name, new.workflow_version, new.payload)
      is distinct from (old.task_identifier, old.target, old.task_group, old.workflow_name, old.workflow_version,
        old.payload) then
      new.run_as := almanac_private.run_as_after(almanac_private.role_of_key(old.run_as_key),
        almanac_private.role_served(current_user));
      new.run_as_key := almanac_private.role_key(new.run_as);
      -- Those who have a statement run own it: otherwise the previous owner could trigger what is run for another.
      if almanac_private.is_statement_task(new.task_identifier)
        and old.owner_user is distinct from almanac.current_user_id()
        and old.owner_user is not null and new.owner_user = old.owner_user
      then
        new.owner_user := almanac.current_user_id();
        new.run_as := almanac_private.role_served(current_user);
        new.run_as_key := almanac_private.role_key(new.run_as);
        v_takes := true;
      end if;
    end if;
    -- Also when the user is deleted: what ran as the group of all operators is not theirs.
    if old.owner_user is not null and new.owner_user is null and not v_takes then
      new.run_as_key := almanac_private.no_role_key();
    end if;
    v_gives := new.owner_user is distinct from old.owner_user;
  end if;
  if v_gives then
    perform almanac_private.check_new_owner('schedule', new.name, new.owner_user);
  end if;
  if v_gives and almanac_private.is_statement_task(new.task_identifier)
    and exists (select from almanac.users u where u.id = new.owner_user and u.role <> 'admin')
  then
    -- They could trigger it, and the statement and the role that it runs as are another's.
    raise exception using errcode = 'AL011', column = 'owner_user',
      message = format('A schedule of %s can only be given to admins.', new.task_identifier),
      detail = format('Schedule %s; %s.', new.name, (
        select format('%s is %s', u.username, u.role) from almanac.users u where u.id = new.owner_user)),
      hint = 'Keep it, give it to an admin, or change its task first.';
  end if;
  if tg_op = 'INSERT' or (new.task_identifier, new.target, new.task_group, new.workflow_name, new.workflow_version,
      new.payload)
    is distinct from (old.task_identifier, old.target, old.task_group, old.workflow_name, old.workflow_version,
        old.payload) then
    perform almanac_private.check_target_use(new);
  end if;
  if v_computed is not null then
    perform almanac_private.refuse_computed(v_computed, new.name);
  end if;
  new.updated_at := statement_timestamp();
  new.updated_by := almanac_private.actor();
  return new;
end
$$;
comment on function almanac_private.tg_set_identity() is
  'Before an insert or update of a schedule by anyone but the engine: says who did it, with whose rights it runs, and '
  'refuses writes to other people''s schedules, to system schedules and to computed columns. Invoker: current_user is '
  'the point.';
