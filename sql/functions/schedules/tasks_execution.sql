create or replace function almanac.tasks_execution(task almanac.tasks) returns almanac.execution
language sql stable
begin atomic
  select row(e.*)::almanac.execution
  from almanac_private.execution_in_force(task.identifier, null, null, null, null, null) e;
end;
comment on function almanac.tasks_execution(almanac.tasks) is
  'How runs of the task are attempted where their schedule says nothing: by its defaults, otherwise Almanac''s.';
grant execute on function almanac.tasks_execution(almanac.tasks) to almanac_viewer;
