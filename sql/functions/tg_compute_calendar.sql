create or replace function almanac_private.tg_compute_calendar() returns trigger
language plpgsql volatile set search_path to pg_catalog, pg_temp set jit to off
as $$
begin
  if new.timezone is not null then
    perform almanac_private.check_timezone(new.timezone);
  end if;
  if tg_op = 'INSERT' then
    new.owned_by := current_user;
    new.owner_user := coalesce(almanac.current_user_id(), new.owner_user);
    new.created_at := statement_timestamp();
    new.created_by := almanac_private.actor();
  else
    new.owned_by := old.owned_by;
    new.created_at := old.created_at;
    new.created_by := old.created_by;
    if new.owner_user is distinct from old.owner_user and not pg_has_role('almanac_admin', 'member') then
      raise exception using errcode = 'AL011', column = 'owner_user', message = 'Only an admin gives a calendar to another user.',
        detail = format('Calendar %s.', old.name), hint = 'Ask an admin.';
    end if;
  end if;
  new.updated_at := statement_timestamp();
  new.updated_by := almanac_private.actor();
  return new;
end
$$;
comment on function almanac_private.tg_compute_calendar() is
  'Before an insert or update of a calendar: checks its zone and says who did it. Invoker: current_user is the point.';
