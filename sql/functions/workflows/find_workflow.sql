create or replace function almanac_private.find_workflow(name text, field text) returns almanac.workflows
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_workflow almanac.workflows;
begin
  select w.* into v_workflow from almanac.workflows w where w.name = find_workflow.name;
  if v_workflow.id is null then
    raise exception using errcode = 'AL036', column = find_workflow.field,
      message = format('There is no workflow %s.', coalesce(quote_literal(left(find_workflow.name, 200)), 'null')),
      detail = format('Workflows: %s.', coalesce((
        select left(string_agg(w.name, ', ' order by w.name), 1000) from almanac.workflows w), 'none')),
      hint = concat('Names must match exactly. Define it: select almanac.define_workflow(…).',
        almanac_private.perhaps(find_workflow.name, array(
          select w.name from almanac.workflows w order by w.name limit 1000)));
  end if;
  return v_workflow;
end
$$;
comment on function almanac_private.find_workflow(text, text) is
  'The workflow of this name; raises AL036, with the names that there are, if there is none.';
grant execute on function almanac_private.find_workflow(text, text) to almanac_viewer;
