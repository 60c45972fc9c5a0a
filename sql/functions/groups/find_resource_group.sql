create or replace function almanac_private.find_resource_group(name text, field text) returns void
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_names text[];
begin
  if exists (select from almanac.resource_groups g where g.name = find_resource_group.name) then
    return;
  end if;
  v_names := array(select g.name from almanac.resource_groups g order by g.name limit 6);
  raise exception using errcode = 'AL034', column = find_resource_group.field,
    message = format('There is no resource group %s.',
      coalesce(quote_literal(left(find_resource_group.name, 200)), 'null')),
    detail = case when v_names = '{}' then 'There is none.' else format('There %s %s%s.',
      case when cardinality(v_names) = 1 then 'is' else 'are' end, array_to_string(v_names[:5], ', '),
      case when cardinality(v_names) > 5 then ' and others' end) end,
    hint = 'Names must match exactly. An admin can create it: select almanac.set_resource_group(…).';
end
$$;
comment on function almanac_private.find_resource_group(text, text) is
  'Raises AL034, with the names that there are, if there is no resource group of this name.';
grant execute on function almanac_private.find_resource_group(text, text) to almanac_viewer;
