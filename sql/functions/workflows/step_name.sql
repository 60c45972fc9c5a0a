create or replace function almanac_private.step_name(step jsonb) returns text
language sql immutable parallel safe
return coalesce(step ->> 'name', step ->> 'task');
comment on function almanac_private.step_name(jsonb) is
  'What a step of a graph is called by those that need it: its name, or of a group and all tasks its task.';
grant execute on function almanac_private.step_name(jsonb) to almanac_viewer;
