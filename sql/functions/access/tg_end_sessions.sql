-- Definer: no one else may read sessions.
create or replace function almanac_private.tg_end_sessions() returns trigger
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
begin
  delete from almanac_private.sessions s where s.user_id = new.id;
  delete from almanac_private.login_tokens t where t.user_id = new.id and t.spent_at is null;
  return null;
end
$$;
comment on function almanac_private.tg_end_sessions() is
  'After a user is disabled: ends all sessions and sign-in links for good. A user who is enabled again signs in again.';
