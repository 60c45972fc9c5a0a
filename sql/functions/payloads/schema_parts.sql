create or replace function almanac_private.schema_parts(root jsonb, schema jsonb, instance jsonb, path text)
returns table (item jsonb, place text, part_schema jsonb)
language sql immutable parallel safe set search_path to pg_catalog, pg_temp
as $$
  select p.item, p.place, p.part_schema
  from (
    select e.item, path || '/' || (e.n - 1) as place,
      coalesce(schema -> 'prefixItems' -> (e.n - 1)::integer, schema -> 'items') as part_schema
    from jsonb_array_elements(case when jsonb_typeof(instance) = 'array'
      and (schema ? 'items' or schema ? 'prefixItems') then instance end) with ordinality e(item, n)
    union all
    select e.value, path || '/' || almanac_private.pointer_step(e.key), s.part_schema
    from jsonb_each(case when jsonb_typeof(instance) = 'object' and (schema ? 'properties'
        or schema ? 'patternProperties' or schema ? 'additionalProperties') then instance end) e,
      lateral (
        select schema -> 'properties' -> e.key as part_schema where schema -> 'properties' ? e.key
        union all
        select r.value from jsonb_each(schema -> 'patternProperties') r where e.key ~ r.key
        union all
        select schema -> 'additionalProperties'
        where schema ? 'additionalProperties' and (schema -> 'properties' ? e.key) is not true
          and not exists (select from jsonb_object_keys(schema -> 'patternProperties') r(regex) where e.key ~ r.regex)
      ) s
    union all
    select to_jsonb(k.key), path || '/' || almanac_private.pointer_step(k.key), schema -> 'propertyNames'
    from jsonb_object_keys(case when jsonb_typeof(instance) = 'object' and schema ? 'propertyNames'
      then instance end) k(key)
    union all
    select instance, path, d.value
    from jsonb_each(case when jsonb_typeof(instance) = 'object' then schema -> 'dependentSchemas' end) d
    where instance ? d.key
    union all
    select instance, path, a.part_schema from jsonb_array_elements(schema -> 'allOf') a(part_schema)
    union all
    select instance, path, root #> array(select jsonb_array_elements_text(schema -> '$ref')) where schema ? '$ref'
  ) p
  where p.part_schema is not null
$$;
comment on function almanac_private.schema_parts(jsonb, jsonb, jsonb, text) is
  'The parts of a value with the schemas that each has to fit: elements, keys, and itself for '
  'allOf and $ref.';
grant execute on function almanac_private.schema_parts(jsonb, jsonb, jsonb, text) to almanac_viewer;
