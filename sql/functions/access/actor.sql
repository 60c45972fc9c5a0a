-- Definer: reads users on behalf of roles that may not.
create or replace function almanac_private.actor() returns text
language plpgsql stable security definer parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  v_user_id bigint := almanac.current_user_id();
begin
  if v_user_id is null then
    return session_user;
  end if;
  return (select u.username from almanac.users u where u.id = v_user_id);
end
$$;
comment on function almanac_private.actor() is 'Who is acting: the signed-in user''s name, otherwise the login role.';
grant execute on function almanac_private.actor() to almanac_viewer, almanac_server;
