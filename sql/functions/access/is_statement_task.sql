create or replace function almanac_private.is_statement_task(task_identifier text) returns boolean
language sql immutable parallel safe
return task_identifier in ('almanac:sql', 'almanac:report');
comment on function almanac_private.is_statement_task(text) is
  'Whether runs of a task run a statement of their payload, with the rights of the schedule''s role: who may write '
  'one, whose it is then, and how many go on at once, is decided by that.';
grant execute on function almanac_private.is_statement_task(text) to almanac_viewer;
