create or replace function almanac.runs_needs(run almanac.runs) returns text[]
language sql stable set search_path to pg_catalog, pg_temp
return (
  select array(select jsonb_array_elements_text(p.graph -> run.element - 1 -> 'needs'))
  from almanac.runs p where p.id = run.parent_id and p.scheduled_for = run.scheduled_for and p.graph is not null);
comment on function almanac.runs_needs(almanac.runs) is
  'The tasks, of a workflow the steps, that must have ended before this step began, with success where its graph says '
  'nothing else; null: it is not a step.';
grant execute on function almanac.runs_needs(almanac.runs) to almanac_viewer;
