create or replace function almanac_private.caller() returns name
language sql stable parallel safe
return case when current_setting('role', true) in ('none', '') then session_user
  else current_setting('role', true)::name end;
comment on function almanac_private.caller() is
  'The role that acts, seen also from inside a security definer function, where current_user is the owner.';
grant execute on function almanac_private.caller() to almanac_viewer, almanac_server;
