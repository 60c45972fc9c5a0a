create or replace function almanac_private.graph_again(run almanac.runs, only_failed boolean) returns jsonb
language sql stable set search_path to pg_catalog, pg_temp
return (
  select jsonb_agg(case
    when not graph_again.only_failed then g.step - 'run'
    when c.id is not null then g.step || jsonb_build_object('run', c.id)
    else g.step end order by g.nth)
  from jsonb_array_elements(run.graph) with ordinality g(step, nth)
  left join almanac.runs c on c.parent_id = run.id and c.scheduled_for = run.scheduled_for and c.element = g.nth
    and c.status = 'succeeded');
comment on function almanac_private.graph_again(almanac.runs, boolean) is
  'The graph of a run that repeats one: of all steps, or of those that did not succeed, with the others as done.';
