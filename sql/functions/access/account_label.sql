-- Called by definer functions, which may read users.
create or replace function almanac_private.account_label(account text) returns text
language sql stable
return coalesce((
  select 'the user ' || u.username from almanac.users u
  where almanac_private.account(almanac_private.role_of_account(account_label.account), u.id) = account_label.account
), 'the role ' || almanac_private.role_of_account(account));
comment on function almanac_private.account_label(text) is
  'An account in words: the role x, or the user x of the web client.';
