create or replace function almanac_private.check_target(schedule almanac.schedules, loads boolean) returns void
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_has_steps constant boolean := almanac_private.has_steps(schedule.target);
begin
  if v_has_steps is distinct from (schedule.task_identifier = 'almanac:tasks')
    and num_nulls(schedule.target, schedule.task_identifier) = 0 then
    raise exception using errcode = 'AL005', column = case when v_has_steps then 'task_identifier' else 'target' end,
      message = case when v_has_steps then format('With the target %s the task is almanac:tasks.', schedule.target)
        else 'The task almanac:tasks runs a group of tasks, all tasks, or a workflow.' end,
      detail = format('target: %s, task: %s.', schedule.target, schedule.task_identifier),
      hint = case when v_has_steps then 'Omit the task, or set target to task.'
        else 'Set target to group, and task_group to its name; or set target to all, or to workflow with '
          'workflow_name.' end;
  elsif (schedule.target = 'group') <> (schedule.task_group is not null) then
    raise exception using errcode = 'AL010', column = 'task_group',
      message = case when schedule.target = 'group' then 'A schedule of a group needs task_group.'
        else format('A schedule of the target %s takes no task_group.', schedule.target) end,
      detail = format('target: %s, task_group: %s.', schedule.target, coalesce(schedule.task_group, 'null')),
      hint = case when schedule.target = 'group'
        then 'See: select distinct task_group from almanac.tasks.' else 'Set it to null, or set target to group.' end;
  elsif schedule.task_group is not null and not check_target.loads
    and almanac_private.tasks_of('group', schedule.task_group) = '{}' then
    raise exception using errcode = 'AL005', column = 'task_group',
      message = format('No task belongs to the group %s.', quote_literal(left(schedule.task_group, 200))),
      detail = format('Groups: %s.', coalesce((
        select left(string_agg(distinct t.task_group, ', ' order by t.task_group), 1000)
        from almanac_private.known_tasks t), 'none')),
      hint = concat('A task says which in its metadata, or by almanac.register_task(…, task_group => …).',
        almanac_private.perhaps(schedule.task_group, array(
          select distinct t.task_group from almanac_private.known_tasks t where t.task_group is not null)));
  elsif (schedule.target = 'workflow') <> (schedule.workflow_name is not null) then
    raise exception using errcode = 'AL010', column = 'workflow_name',
      message = case when schedule.target = 'workflow' then 'A schedule of a workflow needs workflow_name.'
        else format('A schedule of the target %s takes no workflow_name.', schedule.target) end,
      detail = format('target: %s, workflow_name: %s.', schedule.target, coalesce(schedule.workflow_name, 'null')),
      hint = case when schedule.target = 'workflow' then 'See: select name, description from almanac.workflows.'
        else 'Set it to null, or set target to workflow.' end;
  elsif schedule.workflow_name is not null and not check_target.loads then
    perform almanac_private.find_workflow(schedule.workflow_name, 'workflow_name');
    if not exists (select from almanac.workflow_versions v
      where v.workflow_name = schedule.workflow_name and v.version = schedule.workflow_version) then
      raise exception using errcode = 'AL036', column = 'workflow_version',
        message = format('The workflow %s has no version %s.', quote_literal(schedule.workflow_name),
          schedule.workflow_version),
        detail = format('The newest is %s.', (
          select w.version from almanac.workflows w where w.name = schedule.workflow_name)),
        hint = 'Set workflow_version to null for the newest. See: select version, created_at from '
          'almanac.workflow_versions.';
    end if;
  end if;
end
$$;
comment on function almanac_private.check_target(almanac.schedules, boolean) is
  'Raises AL005, AL010 or AL036 for a schedule whose target, task, group of tasks and workflow do not go together, or '
  'whose group no task belongs to, or whose workflow there is not. loads: a dump is loaded, whose tasks may come '
  'later.';
grant execute on function almanac_private.check_target(almanac.schedules, boolean) to almanac_viewer;
