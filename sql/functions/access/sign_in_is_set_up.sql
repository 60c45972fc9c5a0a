-- Definer: the server's login may not read tokens or sessions.
create or replace function almanac_private.sign_in_is_set_up() returns boolean
language sql stable security definer set search_path to pg_catalog, pg_temp
as $$
  select exists (select from almanac_private.settings s where s.key = 'signed_in_at')
    or exists (select from almanac_private.login_tokens t where t.spent_at is null and t.expires_at > clock_timestamp())
$$;
comment on function almanac_private.sign_in_is_set_up() is
  'Whether anyone has ever signed in, or can by a link that is still valid: until then the server answers on the '
  'loopback interface only.';
grant execute on function almanac_private.sign_in_is_set_up() to almanac_server;
