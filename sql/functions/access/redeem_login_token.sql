-- Definer: writes sessions.
create or replace function almanac_private.redeem_login_token(
  token_hash bytea, session_hash bytea, lifetime interval default '30 days'
) returns boolean
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_user_id bigint;
begin
  update almanac_private.login_tokens t set spent_at = clock_timestamp()
  from almanac.users u
  where t.token_hash = redeem_login_token.token_hash and t.spent_at is null and t.expires_at > clock_timestamp()
    and u.id = t.user_id and u.disabled_at is null
  returning t.user_id into v_user_id;
  if v_user_id is null then
    return false;
  end if;
  delete from almanac_private.sessions s where s.expires_at < clock_timestamp();
  insert into almanac_private.sessions (token_hash, user_id, expires_at)
  values (redeem_login_token.session_hash, v_user_id, clock_timestamp() + redeem_login_token.lifetime);
  insert into almanac_private.settings (key, value) values ('signed_in_at', to_jsonb(clock_timestamp()))
  on conflict (key) do nothing;
  return true;
end
$$;
comment on function almanac_private.redeem_login_token(bytea, bytea, interval) is
  'Redeems a sign-in token, once and in time, and opens a session under another hash; false: it was already used, '
  'has expired, or never existed.';
grant execute on function almanac_private.redeem_login_token(bytea, bytea, interval) to almanac_server;
