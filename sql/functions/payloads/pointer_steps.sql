create or replace function almanac_private.pointer_steps(pointer text) returns text[]
language sql immutable strict parallel safe set search_path to pg_catalog, pg_temp
as $$
  -- %25 and the like, as a fragment of a URI has them; then the steps' own ~1 and ~0.
  select coalesce(array_agg(replace(replace((
    select coalesce(convert_from(string_agg(case when m.part[1] like '\%__' then decode(substr(m.part[1], 2), 'hex')
      else convert_to(m.part[1], 'UTF8') end, '' order by m.n), 'UTF8'), '')
    from regexp_matches(s.step, '%[0-9A-Fa-f]{2}|[^%]+|%', 'g') with ordinality m(part, n)
  ), '~1', '/'), '~0', '~') order by s.nth), '{}')
  from unnest(string_to_array(nullif(substr(pointer_steps.pointer, 2), ''), '/')) with ordinality s(step, nth)
$$;
comment on function almanac_private.pointer_steps(text) is
  'The steps of a JSON Pointer (RFC 6901) that is in the fragment of a URI: ''/$defs/a~1b'' is {$defs,a/b}.';
grant execute on function almanac_private.pointer_steps(text) to almanac_viewer;
