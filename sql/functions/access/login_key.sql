create or replace function almanac_private.login_key(role_name name) returns text
language plpgsql stable parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  v_key text := almanac_private.role_key(login_key.role_name);
begin
  return case when split_part(v_key, ':', 1) <> '' and split_part(v_key, ':', 2) <> '0' then v_key end;
end
$$;
comment on function almanac_private.login_key(name) is
  'As role_key(), for roles that are trusted: null where there is no such role, or the server''s identifier is not '
  'known, so that it equals nothing.';
grant execute on function almanac_private.login_key(name) to almanac_viewer, almanac_server;
