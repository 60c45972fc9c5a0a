create or replace function almanac_private.graph_of(schedule almanac.schedules) returns jsonb
language sql stable set search_path to pg_catalog, pg_temp
return case when schedule.target = 'workflow' then coalesce((
  select v.steps from almanac.workflow_versions v
  where v.workflow_name = (graph_of.schedule).workflow_name and v.version = (graph_of.schedule).workflow_version), '[]')
  else almanac_private.step_graph(schedule.target, schedule.task_group) end;
comment on function almanac_private.graph_of(almanac.schedules) is
  'The steps that a schedule of a group, all tasks or a workflow runs now, in order.';
grant execute on function almanac_private.graph_of(almanac.schedules) to almanac_viewer;
