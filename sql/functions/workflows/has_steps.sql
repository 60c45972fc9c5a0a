create or replace function almanac_private.has_steps(target almanac.schedule_target) returns boolean
language sql immutable parallel safe
return target in ('group', 'all', 'workflow');
comment on function almanac_private.has_steps(almanac.schedule_target) is
  'Whether what a schedule runs are steps that need each other. A plain expression, so that callers inline it.';
grant execute on function almanac_private.has_steps(almanac.schedule_target) to almanac_viewer;
