create or replace function almanac_private.tg_compute_calendar() returns trigger
language plpgsql volatile set search_path to pg_catalog, pg_temp set jit to off
as $$
declare
  v_gives boolean;
  v_was_owned boolean := false;
  v_loads boolean := tg_op = 'INSERT' and almanac_private.loads_dump();
begin
  if coalesce(length(new.name), 0) not between 1 and 200 then
    raise exception using errcode = 'AL019', column = 'name', message = 'A name has 1 to 200 characters.',
      detail = format('name: %s.', coalesce(quote_literal(left(new.name, 100)), 'null')),
      hint = 'Put the rest into the description.';
  end if;
  if tg_op = 'INSERT' and not v_loads or tg_op = 'UPDATE' and new.name <> old.name then
    perform almanac_private.check_name('name', new.name);
  end if;
  -- Not before an insert, whose statement may say what to do on conflict.
  if tg_op = 'UPDATE' and new.name <> old.name then
    perform almanac_private.check_calendar_name_is_free(new.name, new.id);
  elsif tg_op = 'INSERT' then
    perform almanac_private.check_id(new.id);
  end if;
  if new.timezone is not null then
    perform almanac_private.check_timezone(new.timezone);
  end if;
  if tg_op = 'INSERT' then
    if v_loads then
      -- The id may be another user's here.
      v_was_owned := new.owner_user is not null;
      new.owner_user := (select u.id from almanac.users u where u.id = new.owner_user and u.username = new.created_by);
    else
      new.owned_by := almanac_private.role_served(current_user);
      new.owner_user := coalesce(almanac.current_user_id(), new.owner_user);
      new.created_at := statement_timestamp();
      new.created_by := almanac_private.actor();
    end if;
    new.owned_by_key := almanac_private.role_key(new.owned_by);
    v_gives := new.owner_user is distinct from almanac.current_user_id();
  else
    if current_setting('almanac.engine', true) is distinct from 'on'
      or not has_schema_privilege('almanac_private', 'create') then
      new.owned_by := old.owned_by;
      new.owned_by_key := old.owned_by_key;
    end if;
    new.created_at := old.created_at;
    new.created_by := old.created_by;
    v_was_owned := old.owner_user is not null;
    v_gives := new.owner_user is distinct from old.owner_user;
  end if;
  if v_was_owned and new.owner_user is null then
    new.owned_by_key := almanac_private.no_role_key();
  end if;
  if v_gives then
    perform almanac_private.check_new_owner('calendar', new.name, new.owner_user);
  end if;
  new.updated_at := statement_timestamp();
  new.updated_by := almanac_private.actor();
  return new;
end
$$;
comment on function almanac_private.tg_compute_calendar() is
  'Before an insert or update of a calendar: checks its zone and says who did it. Invoker: current_user is the point.';
