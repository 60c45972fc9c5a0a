create or replace function almanac_private.code_columns() returns text[]
language sql immutable parallel safe
return array(
  select c from unnest(almanac_private.definition_columns()) c where c not in ('status', 'pause_reason', 'owner_user'));
comment on function almanac_private.code_columns() is
  'The columns of schedules that code decides, of those that it manages. Not the switch: status is how one begins, and '
  'whose it is follows from who applies.';
grant execute on function almanac_private.code_columns() to almanac_viewer;
