-- Without a set clause, so that callers inline it. The one place that says what an element of a list is run with.
create or replace function almanac_private.list_elements(payload jsonb)
returns table (nth integer, payload jsonb)
language sql immutable parallel safe
begin atomic
  select e.nth::integer, c.common || e.element
  -- Once: for each element all of the list would be copied.
  from (select list_elements.payload - 'payloads' as common offset 0) c
  cross join lateral jsonb_array_elements(list_elements.payload -> 'payloads') with ordinality e(element, nth);
end;
comment on function almanac_private.list_elements(jsonb) is
  'The payloads of the children of a run whose target is a list: each element of payloads, over what else the payload '
  'of the schedule holds.';
grant execute on function almanac_private.list_elements(jsonb) to almanac_viewer;
