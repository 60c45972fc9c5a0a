create or replace function almanac_private.with_target(
  schedule almanac.schedules, old almanac.schedules
) returns almanac.schedules
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
begin
  if almanac_private.has_steps(schedule.target) and (schedule.task_identifier is null
    or not almanac_private.has_steps(old.target) and schedule.task_identifier = old.task_identifier) then
    schedule.task_identifier := 'almanac:tasks';
  end if;
  if schedule.target <> 'group' and old.target = 'group' and schedule.task_group = old.task_group then
    schedule.task_group := null;
  end if;
  if schedule.target <> 'workflow' and old.target = 'workflow' and schedule.workflow_name = old.workflow_name then
    schedule.workflow_name := null;
  end if;
  if schedule.workflow_name is null then
    schedule.workflow_version := null;
  elsif schedule.workflow_version is null or schedule.workflow_name <> old.workflow_name
    and schedule.workflow_version = old.workflow_version then
    schedule.workflow_version := (select w.version from almanac.workflows w where w.name = schedule.workflow_name);
  end if;
  return schedule;
end
$$;
comment on function almanac_private.with_target(almanac.schedules, almanac.schedules) is
  'A schedule with what follows from another target: the task of what has steps, and no group of tasks or '
  'workflow for any other; of a workflow that is named without a version, the newest. old: what it was; null: it is '
  'new.';
grant execute on function almanac_private.with_target(almanac.schedules, almanac.schedules) to almanac_viewer;
