create or replace function almanac_private.with_target(
  schedule almanac.schedules, old almanac.schedules
) returns almanac.schedules
language plpgsql immutable parallel safe set search_path to pg_catalog, pg_temp
as $$
begin
  if schedule.target in ('group', 'all') and (schedule.task_identifier is null
    or old.target not in ('group', 'all') and schedule.task_identifier = old.task_identifier) then
    schedule.task_identifier := 'almanac:tasks';
  end if;
  if schedule.target <> 'group' and old.target = 'group' and schedule.task_group = old.task_group then
    schedule.task_group := null;
  end if;
  return schedule;
end
$$;
comment on function almanac_private.with_target(almanac.schedules, almanac.schedules) is
  'A schedule with what follows from another target: the task of a group, or of all tasks, and no group of tasks for '
  'any other. old: what it was; null: it is new.';
grant execute on function almanac_private.with_target(almanac.schedules, almanac.schedules) to almanac_viewer;
