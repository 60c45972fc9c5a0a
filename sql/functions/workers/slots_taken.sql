create or replace function almanac_private.slots_taken(not_begun jsonb) returns text
language sql immutable parallel safe
return case when jsonb_array_length(not_begun -> 'holders') > 0 then format('%s slots of the workers are taken: %s.',
  (select sum((h.holder ->> 'count')::bigint) from jsonb_array_elements(not_begun -> 'holders') h(holder))
    || ' of ' || (not_begun ->> 'slots'),
  (select string_agg(format('%s by %s of %s', h.holder ->> 'count', h.holder ->> 'task', h.holder ->> 'role'), ', '
    order by h.nth) from jsonb_array_elements(not_begun -> 'holders') with ordinality h(holder, nth))) end;
comment on function almanac_private.slots_taken(jsonb) is
  'Says in words who holds the slots, from what runs_not_begun() found; null: no one holds any.';
grant execute on function almanac_private.slots_taken(jsonb) to almanac_worker;
