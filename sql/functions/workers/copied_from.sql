-- Definer: reads a table that is the owner's.
create or replace function almanac.copied_from() returns text
language sql stable security definer parallel safe set search_path to pg_catalog, pg_temp
as $$
  select format('%s (OID %s of system %s; here: %s, OID %s of system %s)', p.database_name, p.database_oid,
    coalesce(p.system_identifier::text, 'unknown'), current_database(), h.database_oid,
    coalesce(h.system_identifier::text, 'unknown'))
  from almanac_private.place p cross join almanac_private.here() h
  where p.database_oid <> h.database_oid or p.system_identifier <> h.system_identifier
$$;
comment on function almanac.copied_from() is
  'The database that this one is a copy of, by a dump, a template or an upgrade of the server, until adopt() says what '
  'happens to it; meanwhile nothing fires or runs here. Null: it is where it has always been.';
grant execute on function almanac.copied_from() to almanac_viewer;
