-- What has succeeded stays done if what it needed still holds: a step that ran as another one failed is decided again
-- when that one is run again.
create or replace function almanac_private.graph_again(run almanac.runs, only_failed boolean) returns jsonb
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_step record;
  v_done jsonb := '[]';
  v_graph jsonb := '[]';
  v_run jsonb;
begin
  for v_step in
    select g.step - 'run' as step, coalesce(g.step -> 'run', to_jsonb(c.id)) as run
    from jsonb_array_elements(run.graph) with ordinality g(step, nth)
    left join almanac.runs c on c.parent_id = run.id and c.scheduled_for = run.scheduled_for and c.element = g.nth
      and c.status = 'succeeded'
    order by g.nth
  loop
    v_run := case when graph_again.only_failed and (
      select case when v_step.step ? 'join' then count(*) = 0 or bool_or(n.holds)
        else coalesce(bool_and(n.holds), true) end
      from (
        select v_done ? a.name and coalesce(v_step.step -> 'on' ->> a.name, 'success') <> 'failure' as holds
        from jsonb_array_elements_text(v_step.step -> 'needs') a(name)) n) then v_step.run end;
    if v_run is not null then
      v_done := v_done || to_jsonb(almanac_private.step_name(v_step.step));
    end if;
    v_graph := v_graph || jsonb_build_array(v_step.step
      || case when v_run is null then '{}' else jsonb_build_object('run', v_run) end);
  end loop;
  return v_graph;
end
$$;
comment on function almanac_private.graph_again(almanac.runs, boolean) is
  'The graph of a run that repeats one: of all steps, or of those that did not succeed, with the others as done.';
