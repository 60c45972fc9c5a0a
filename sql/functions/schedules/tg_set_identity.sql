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
        and (new.task_identifier <> 'almanac:sql' or u.role = 'admin'));
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
  if tg_op = 'UPDATE' and not almanac_private.may_change(old.owner_user, old.run_as_key) then
    perform almanac_private.refuse_change(old.id);
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
    v_computed := case
      when new.next_run_at is not null then 'next_run_at'
      when new.last_run_at is not null then 'last_run_at'
      when new.last_status is not null then 'last_status'
      when new.total_runs is distinct from 0 then 'total_runs'
      when new.failed_runs is distinct from 0 then 'failed_runs'
      when new.fired_runs is distinct from 0 then 'fired_runs'
      when new.consecutive_failures is distinct from 0 then 'consecutive_failures'
      when new.has_overrides is distinct from false then 'has_overrides'
    end;
  else
    v_computed := case
      when new.id is distinct from old.id then 'id'
      when new.next_run_at is distinct from old.next_run_at then 'next_run_at'
      when new.next_scheduled_for is distinct from old.next_scheduled_for then 'next_scheduled_for'
      when new.cursor_at is distinct from old.cursor_at then 'cursor_at'
      when new.last_run_at is distinct from old.last_run_at then 'last_run_at'
      when new.last_status is distinct from old.last_status then 'last_status'
      when new.total_runs is distinct from old.total_runs then 'total_runs'
      when new.failed_runs is distinct from old.failed_runs then 'failed_runs'
      when new.fired_runs is distinct from old.fired_runs then 'fired_runs'
      when new.consecutive_failures is distinct from old.consecutive_failures then 'consecutive_failures'
      when (new.run_as, new.run_as_key) is distinct from (old.run_as, old.run_as_key) then 'run_as'
      when new.created_at is distinct from old.created_at then 'created_at'
      when new.created_by is distinct from old.created_by then 'created_by'
      when new.paused_at is distinct from old.paused_at then 'paused_at'
      when new.has_overrides is distinct from old.has_overrides then 'has_overrides'
      when new.rule is distinct from old.rule then 'rule'
      when new.status = 'completed' and old.status <> 'completed' then 'status'
    end;
    if (new.task_identifier, new.payload) is distinct from (old.task_identifier, old.payload) then
      new.run_as := almanac_private.run_as_after(almanac_private.role_of_key(old.run_as_key),
        almanac_private.role_served(current_user));
      new.run_as_key := almanac_private.role_key(new.run_as);
      -- Whoever has a statement run owns it: else the previous owner could trigger what is run for another.
      if new.task_identifier = 'almanac:sql' and old.owner_user is distinct from almanac.current_user_id()
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
  if v_gives and not pg_has_role('almanac_admin', 'member')
    and not has_schema_privilege('almanac_private', 'create') then
    raise exception using errcode = 'AL011', column = 'owner_user',
      message = 'Only an admin may give a schedule to another user.',
      detail = format('Schedule %s.', new.name), hint = 'Ask an admin.';
  elsif v_gives and new.owner_user is not null
    and not exists (select from almanac.users u where u.id = new.owner_user) then
    raise exception using errcode = 'AL019', column = 'owner_user',
      message = format('There is no user with id %s.', new.owner_user),
      detail = format('Schedule %s.', new.name), hint = 'See: select id, username from almanac.users.';
  elsif v_gives and new.task_identifier = 'almanac:sql'
    and exists (select from almanac.users u where u.id = new.owner_user and u.role <> 'admin')
  then
    -- They could trigger it, and the statement and the role that it runs as are another's.
    raise exception using errcode = 'AL011', column = 'owner_user',
      message = 'A schedule of almanac:sql can only be given to admins.',
      detail = format('Schedule %s; %s.', new.name, (
        select format('%s is %s', u.username, u.role) from almanac.users u where u.id = new.owner_user)),
      hint = 'Keep it, give it to an admin, or change its task first.';
  end if;
  if tg_op = 'INSERT' or (new.task_identifier, new.payload) is distinct from (old.task_identifier, old.payload) then
    perform almanac_private.check_task_use(new.task_identifier);
  end if;
  if v_computed is not null then
    raise exception using errcode = 'AL008', column = v_computed,
      message = format('%s is computed and cannot be written.', v_computed),
      detail = format('Schedule %s.', new.name),
      hint = case
        when v_computed in ('next_run_at', 'next_scheduled_for', 'cursor_at')
          then 'Change the rule (cron_expression, every, run_at, timezone, starts_at), or call almanac.trigger_now().'
        when v_computed = 'status' then 'Almanac completes a schedule when no further run is possible. Use '
          'almanac.pause(), or set status to disabled.'
        when v_computed = 'paused_at' then 'Call almanac.pause() or almanac.resume().'
        when v_computed = 'has_overrides'
          then 'Call almanac.move_occurrence(), skip_occurrence() or restore_occurrence().'
        when v_computed = 'run_as' then 'Call almanac.give_schedule(). Whoever changes the task or the payload becomes '
          'its run_as, unless they are a member of the role that already is.'
        else 'Omit it.'
      end;
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
