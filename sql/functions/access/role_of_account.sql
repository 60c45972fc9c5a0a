-- What account() puts together, taken apart: no one else knows how it is written.
create or replace function almanac_private.role_of_account(account text) returns text
language sql immutable parallel safe
return regexp_replace(account, ' user \d+$', '');
comment on function almanac_private.role_of_account(text) is
  'The role that the runs of an account run as: itself, or that of the users of the web client.';
