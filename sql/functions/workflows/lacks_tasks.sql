create or replace function almanac_private.lacks_tasks(schedule almanac.schedules) returns text
language sql stable set search_path to pg_catalog, pg_temp
return case when schedule.target in ('group', 'all')
    and almanac_private.tasks_of(schedule.target, schedule.task_group) = '{}'
  then 'No worker has announced a task that it would run: until one does, its runs fail.' end;
comment on function almanac_private.lacks_tasks(almanac.schedules) is
  'Says so where a schedule of a group, or of all tasks, has no task to run; null: it has, or is of another target.';
grant execute on function almanac_private.lacks_tasks(almanac.schedules) to almanac_viewer;
