-- Definer: writes sessions.
create or replace function almanac_private.end_session(token_hash bytea) returns void
language sql volatile security definer set search_path to pg_catalog, pg_temp
as $$
  delete from almanac_private.sessions s where s.token_hash = end_session.token_hash
$$;
comment on function almanac_private.end_session(bytea) is 'Signs a session out.';
grant execute on function almanac_private.end_session(bytea) to almanac_server;
