create or replace function almanac_private.failed_list(run almanac.runs) returns jsonb
language sql stable set search_path to pg_catalog, pg_temp
return run.payload || jsonb_build_object('payloads', coalesce((
  select jsonb_agg(e.element order by e.nth)
  from jsonb_array_elements(run.payload -> 'payloads') with ordinality e(element, nth)
  where not exists (
    select from almanac.runs c
    where c.parent_id = (failed_list.run).id and c.scheduled_for = (failed_list.run).scheduled_for
      and c.element = e.nth and c.status = 'succeeded')), '[]'));
comment on function almanac_private.failed_list(almanac.runs) is
  'The payload of a parent run with those elements of its list whose child did not succeed.';
