-- As count_uses names who has done something.
create or replace function almanac_private.user_of_account(account text) returns text
language sql immutable parallel safe
return coalesce('user ' || substring(account from ' user (\d{1,18})$'), 'role ' || account);
comment on function almanac_private.user_of_account(text) is
  'Whose use of a limit of an hour is counted for an account: user <id>, or role <name>.';
