create or replace function almanac_private.loads_dump() returns boolean
language sql stable parallel safe
return current_setting('check_function_bodies') = 'off'
  and current_setting('almanac.system', true) is distinct from 'on'
  and has_schema_privilege(session_user, 'almanac_private', 'create');
comment on function almanac_private.loads_dump() is
  'Whether a script of pg_dump writes, which says so by a setting that anyone may make, and for the owner or a '
  'superuser, who alone may load it.';
grant execute on function almanac_private.loads_dump() to almanac_viewer;
