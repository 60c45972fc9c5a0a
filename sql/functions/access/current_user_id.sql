create or replace function almanac.current_user_id() returns bigint
language plpgsql stable parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  v_claim text := nullif(current_setting('jwt.claims.user_id', true), '');
begin
  if v_claim is null or not almanac_private.is_server_login() then
    return null;
  end if;
  return v_claim::bigint;
end
$$;
comment on function almanac.current_user_id() is
  'The user who is signed in, over the server''s connection only; null: a database role on its own.';
grant execute on function almanac.current_user_id() to almanac_viewer, almanac_server;
