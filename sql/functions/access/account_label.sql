-- Called by definer functions, which may read users.
create or replace function almanac_private.account_label(account text) returns text
language sql stable
return (
  select case when o.owner_user is null then 'the role ' else 'the user ' end
    || almanac_private.account_name(almanac_private.role_of_account(account_label.account), o.owner_user)
  from (select substring(almanac_private.user_of_account(account_label.account) from '^user (\d+)$')::bigint
    as owner_user) o);
comment on function almanac_private.account_label(text) is
  'An account in words: the role x, or the user x of the web client.';
