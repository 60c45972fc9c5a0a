create or replace function almanac_private.check_target_use(
  task_identifier text, target almanac.schedule_target, task_group text
) returns void
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_task text;
begin
  if check_target_use.target in ('group', 'all') then
    foreach v_task in array almanac_private.tasks_of(check_target_use.target, check_target_use.task_group) loop
      perform almanac_private.check_task_use(v_task);
    end loop;
  else
    perform almanac_private.check_task_use(check_target_use.task_identifier);
  end if;
end
$$;
comment on function almanac_private.check_target_use(text, almanac.schedule_target, text) is
  'Raises what check_task_use() does, for the task of a schedule or for each that its target stands for.';
grant execute on function almanac_private.check_target_use(text, almanac.schedule_target, text) to almanac_viewer;
