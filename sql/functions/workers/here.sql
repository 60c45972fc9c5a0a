-- Definer: where pg_control_system() is closed to everyone, the owner's right to it counts.
create or replace function almanac_private.here(out system_identifier bigint, out database_oid oid)
language plpgsql stable security definer parallel safe set search_path to pg_catalog, pg_temp
as $$
begin
  -- A statement of its own: the right is looked at when it begins.
  if has_function_privilege('pg_catalog.pg_control_system()', 'execute') then
    here.system_identifier := (select c.system_identifier from pg_control_system() c);
  end if;
  here.database_oid := (select d.oid from pg_database d where d.datname = current_database());
end
$$;
comment on function almanac_private.here() is
  'Where this database is: the identifier of the server''s data, which a standby shares and no other server has '
  '(null: the owner may not ask), and the number of the database in it, which a rename keeps.';
grant execute on function almanac_private.here() to almanac_viewer, almanac_server;
