-- Called by definer functions, which may read users.
create or replace function almanac_private.account_label(account text) returns text
language sql stable
return (
  select case when o.owner_user is null then 'the role '
      when exists (select from almanac.users u where u.id = o.owner_user) then 'the user ' else 'the ' end
    || almanac_private.account_name(almanac_private.role_of_account(account_label.account), o.owner_user)
  from (select substring(almanac_private.user_of_account(account_label.account) from '^user (\d+)$')::bigint
    as owner_user) o);
comment on function almanac_private.account_label(text) is
  'An account in words: the role x, the user x of the web client, or the deleted user 12.';
