create or replace function almanac_private.check_target_use(
  schedule almanac.schedules, graph jsonb default null
) returns void
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_task text;
begin
  if almanac_private.has_steps(schedule.target) then
    for v_task in
      select distinct g.step ->> 'task'
      from jsonb_array_elements(coalesce(check_target_use.graph, almanac_private.graph_of(schedule))) g(step) order by 1
    loop
      perform almanac_private.check_task_use(v_task);
    end loop;
  else
    perform almanac_private.check_task_use(schedule.task_identifier);
  end if;
end
$$;
comment on function almanac_private.check_target_use(almanac.schedules, jsonb) is
  'Raises what check_task_use() does, for the task of a schedule or for each that its target stands for. graph: the '
  'steps that are to be run; null: those of its target.';
grant execute on function almanac_private.check_target_use(almanac.schedules, jsonb) to almanac_viewer;
