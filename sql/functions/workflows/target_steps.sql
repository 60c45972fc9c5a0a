create or replace function almanac.target_steps(
  target almanac.schedule_target, task_group text default null, workflow_name text default null
) returns table (step integer, task_identifier text, label text, needs text[], is_off boolean, name text)
language sql stable rows 20 set search_path to pg_catalog, pg_temp
begin atomic
  select g.nth::integer, t.identifier, t.label, array(select jsonb_array_elements_text(g.step -> 'needs')),
    exists (select from almanac.task_stops s where s.task_identifier = t.identifier and s.resumed_at is null),
    almanac_private.step_name(g.step)
  from jsonb_array_elements(case when target_steps.target = 'workflow' then (
    select v.steps from almanac.workflows w
    join almanac.workflow_versions v on v.workflow_name = w.name and v.version = w.version
    where w.name = target_steps.workflow_name)
    else almanac_private.step_graph(target_steps.target, target_steps.task_group) end) with ordinality g(step, nth)
  join almanac_private.known_tasks t on t.identifier = g.step ->> 'task'
  order by g.nth;
end;
comment on function almanac.target_steps(almanac.schedule_target, text, text) is
  'What a schedule of the target group, all or workflow would run now, in order: each task with the tasks, of a '
  'workflow the steps, that must have ended before, and whether it is switched off, so that it would be skipped.';
grant execute on function almanac.target_steps(almanac.schedule_target, text, text) to almanac_viewer;
