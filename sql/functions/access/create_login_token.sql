-- Definer: the server's login may not read users or write tokens by itself.
create or replace function almanac_private.create_login_token(
  username text, token_hash bytea, lifetime interval default '15 minutes'
) returns timestamptz
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_user almanac.users;
  v_expires timestamptz := clock_timestamp() + create_login_token.lifetime;
begin
  select u.* into v_user from almanac.users u where u.username = create_login_token.username;
  if v_user.id is null or v_user.disabled_at is not null then
    raise exception using errcode = 'AL014',
      message = format('There is no user %s who may sign in.',
        coalesce(quote_literal(create_login_token.username), 'null')),
      detail = case when v_user.id is null then 'No user has this name.'
        else format('Disabled since %s.', almanac_private.recorded_time(v_user.disabled_at)) end,
      hint = format(case when v_user.id is null
          then 'An admin can create the user: insert into almanac.users (username, role) values (%L, ''operator'').'
        else 'An admin can allow it again: update almanac.users set disabled_at = null where username = %L.' end,
        create_login_token.username);
  end if;
  delete from almanac_private.login_tokens t where t.expires_at < clock_timestamp() - interval '1 day';
  insert into almanac_private.login_tokens (token_hash, user_id, expires_at)
    values (create_login_token.token_hash, v_user.id, v_expires);
  return v_expires;
end
$$;
comment on function almanac_private.create_login_token(text, bytea, interval) is
  'Stores the hash of a sign-in token for a user; returns when it expires. Raises AL014 for a user who does not '
  'exist or is disabled.';
grant execute on function almanac_private.create_login_token(text, bytea, interval) to almanac_server;
