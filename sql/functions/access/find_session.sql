-- Definer: reads sessions.
create or replace function almanac_private.find_session(token_hash bytea) returns almanac.users
language sql stable security definer set search_path to pg_catalog, pg_temp
as $$
  select u.* from almanac_private.sessions s join almanac.users u on u.id = s.user_id
  where s.token_hash = find_session.token_hash and s.expires_at > clock_timestamp() and u.disabled_at is null
    -- One whose claims do not count would act for the user without being them.
    and almanac_private.is_server_login()
$$;
comment on function almanac_private.find_session(bytea) is
  'The user signed in by this session; null: no one, or this connection is not the server''s, whose claims would not '
  'count.';
grant execute on function almanac_private.find_session(bytea) to almanac_server;
