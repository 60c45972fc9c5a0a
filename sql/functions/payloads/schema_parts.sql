-- A query for each keyword, in PL/pgSQL: a function of SQL that pins its search path plans its statement in each call,
-- which took 0.15 ms, most of the time of a comparison.
create or replace function almanac_private.schema_parts(root jsonb, schema jsonb, instance jsonb, path text)
returns table (item jsonb, place text, part_schema jsonb)
language plpgsql immutable parallel safe rows 10 set search_path to pg_catalog, pg_temp
as $$
declare
  v_type text := jsonb_typeof(instance);
  v_named jsonb;
  v_others jsonb;
begin
  if v_type = 'array' and schema ?| array['items', 'prefixItems'] then
    v_named := schema -> 'prefixItems';
    v_others := schema -> 'items';
    return query
      select e.item, path || '/' || (e.n - 1), coalesce(v_named -> (e.n - 1)::integer, v_others)
      from jsonb_array_elements(instance) with ordinality e(item, n)
      where coalesce(v_named -> (e.n - 1)::integer, v_others, 'true') <> 'true';
  elsif v_type = 'object' then
    v_named := schema -> 'properties';
    v_others := schema -> 'additionalProperties';
    if schema ? 'patternProperties' then
      return query
        select e.value, path || '/' || almanac_private.pointer_step(e.key), s.part_schema
        from jsonb_each(instance) e,
          lateral (
            select v_named -> e.key as part_schema where v_named ? e.key
            union all
            select r.value from jsonb_each(schema -> 'patternProperties') r where e.key ~ r.key
            union all
            select v_others
            where v_others <> 'true' and (v_named ? e.key) is not true
              and not exists (
                select from jsonb_object_keys(schema -> 'patternProperties') r(regex) where e.key ~ r.regex)
          ) s;
    elsif v_others <> 'true' then
      return query
        select e.value, path || '/' || almanac_private.pointer_step(e.key), coalesce(v_named -> e.key, v_others)
        from jsonb_each(instance) e;
    elsif v_named is not null then
      return query
        select instance -> p.key, path || '/' || almanac_private.pointer_step(p.key), p.value
        from jsonb_each(v_named) p where instance ? p.key;
    end if;
    if schema ? 'propertyNames' then
      return query
        select to_jsonb(k.key), path || '/' || almanac_private.pointer_step(k.key), schema -> 'propertyNames'
        from jsonb_object_keys(instance) k(key);
    end if;
    if schema ? 'dependentSchemas' then
      return query
        select instance, path, d.value from jsonb_each(schema -> 'dependentSchemas') d where instance ? d.key;
    end if;
  end if;
  if schema ? 'allOf' then
    return query select instance, path, a.part_schema from jsonb_array_elements(schema -> 'allOf') a(part_schema);
  end if;
  if schema ? '$ref' then
    item := instance;
    place := path;
    part_schema := root #> array(select jsonb_array_elements_text(schema -> '$ref'));
    if part_schema is not null then
      return next;
    end if;
  end if;
end
$$;
comment on function almanac_private.schema_parts(jsonb, jsonb, jsonb, text) is
  'The parts of a value with the schemas that each has to fit: elements, keys, and itself for '
  'allOf and $ref.';
grant execute on function almanac_private.schema_parts(jsonb, jsonb, jsonb, text) to almanac_viewer;
