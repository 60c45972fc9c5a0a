-- Called by definer functions, which may read users.
create or replace function almanac_private.account_name(run_as text, owner_user bigint) returns text
language sql stable
return coalesce((select u.username from almanac.users u where u.id = owner_user),
  'deleted user ' || owner_user, run_as);
comment on function almanac_private.account_name(text, bigint) is
  'What people call an account: the name of the user of the web client, or else of the role.';
