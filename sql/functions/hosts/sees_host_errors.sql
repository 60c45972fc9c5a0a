create or replace function almanac_private.sees_host_errors() returns boolean
language sql stable parallel safe
return pg_has_role(almanac_private.caller(), 'almanac_operator', 'usage')
  or has_schema_privilege(almanac_private.caller(), 'almanac_private', 'create');
comment on function almanac_private.sees_host_errors() is
  'Whether the caller may see what the application''s jobs failed with, which may quote their payloads: operators and '
  'admins may.';
