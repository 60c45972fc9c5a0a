-- Without a set clause, so that callers inline it. An index of schedules is made with it.
create or replace function almanac_private.account(run_as text, owner_user bigint) returns text
language sql immutable parallel safe
return case when owner_user is null then run_as else run_as || ' user ' || owner_user::text end;
comment on function almanac_private.account(text, bigint) is
  'Who shares slots with others: a role, or a user of the web client, all of whom run as the same few roles.';
grant execute on function almanac_private.account(text, bigint) to almanac_viewer;
