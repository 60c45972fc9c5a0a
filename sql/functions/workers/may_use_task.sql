create or replace function almanac_private.may_use_task(task text) returns boolean
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
begin
  perform almanac_private.check_task_use(may_use_task.task);
  return true;
exception when sqlstate 'AL011' or sqlstate 'AL033' then
  return false;
end
$$;
comment on function almanac_private.may_use_task(text) is
  'Whether the caller may save and trigger schedules of a task.';
grant execute on function almanac_private.may_use_task(text) to almanac_viewer;
