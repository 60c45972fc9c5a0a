create or replace function almanac.tasks_available(task almanac.tasks) returns boolean
language sql stable
return (tasks_available.task).available and almanac_private.a_worker_lives();
comment on function almanac.tasks_available(almanac.tasks) is
  'Whether a living worker has the task now. The column available is true until a worker says otherwise, also where the last one was killed.';
grant execute on function almanac.tasks_available(almanac.tasks) to almanac_viewer;
