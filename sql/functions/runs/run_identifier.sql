create or replace function almanac_private.run_identifier(task_identifier text) returns text
language sql immutable parallel safe
-- Graphile Worker takes at most 128 characters.
return 'almanac-run:' || case
  when length(task_identifier) <= 116 then task_identifier
  else left(task_identifier, 83) || ':' || md5(task_identifier)
end;
comment on function almanac_private.run_identifier(text) is
  'The name that jobs of runs of a task have in Graphile Worker. Only workers that record runs know it, so that no '
  'other takes them; jobs under the task''s own name are a host''s.';
grant execute on function almanac_private.run_identifier(text) to almanac_worker;
