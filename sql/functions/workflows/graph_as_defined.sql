create or replace function almanac_private.graph_as_defined(graph jsonb) returns jsonb
language sql immutable parallel safe
return (select jsonb_agg(g.step - 'run' order by g.nth)
  from jsonb_array_elements(graph_as_defined.graph) with ordinality g(step, nth));
comment on function almanac_private.graph_as_defined(jsonb) is
  'The graph of a run without what was done of it by an earlier one.';
