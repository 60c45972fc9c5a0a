create or replace function almanac_private.server_key() returns text
language plpgsql stable parallel safe set search_path to pg_catalog, pg_temp
as $$
begin
  -- What everyone may ask, the owner may: the short way, for statements over many rows.
  if has_function_privilege('public', 'pg_catalog.pg_control_system()', 'execute') then
    return (select c.system_identifier::text from pg_control_system() c);
  end if;
  return coalesce((select h.system_identifier from almanac_private.here() h)::text, '');
end
$$;
comment on function almanac_private.server_key() is
  'What the key of a role says of its server: as here() does, as text, and empty where the owner may not ask.';
grant execute on function almanac_private.server_key() to almanac_viewer, almanac_server;
