-- A payload against a schema that compile_schema made, depth first: value_errors says what the value itself breaks,
-- schema_parts which parts of it have to fit which parts of the schema, and here those are walked, then alternatives.
-- Of anyOf and oneOf without one that fits, the branch that went deepest before it broke is taken for the one that was
-- meant, and its errors are told; it ends after some ten.
-- It runs in the transaction that saves, on a schema that anyone who may announce a task can write, so work is
-- counted: a step is a part of the value with a part of the schema, some 20 µs, more where it is large or matched by
-- patterns. 20,000 steps are about 0.4 s; what takes more, or more than 200 levels, is refused (AL019).
create or replace function almanac_private.schema_errors(
  root jsonb, schema jsonb, instance jsonb, path text default '', depth integer default 0,
  steps_left integer default 20000,
  out errors almanac_private.payload_error[], out steps integer
)
language plpgsql immutable parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  v_type text := jsonb_typeof(instance);
  v_count integer;
  v_key text;
  v_sub jsonb;
  v_part record;
  v_branch record;
  v_fitting integer[];
  v_nearest almanac_private.payload_error[];
begin
  errors := '{}';
  -- What is large is copied and walked, and a text or a key is matched by each pattern.
  steps := 1 + pg_column_size(instance) / 1024 + pg_column_size(schema) / 4096 + case
    when v_type = 'string' and schema ?| array['regex', 'format'] then pg_column_size(instance) / 128
    when v_type = 'object' and schema ? 'patternProperties' then (select count(*) from jsonb_object_keys(instance))
      * (select count(*) from jsonb_object_keys(schema -> 'patternProperties')) / 4
    else 0 end;
  if depth > 200 or steps > steps_left then
    raise exception using errcode = 'AL019', column = 'payload',
      message = 'The payload cannot be compared with the JSON Schema of its task.',
      detail = format('It takes more than %s at %s.', case when depth > 200 then '200 levels' else '20,000 steps' end,
        coalesce(nullif(left(path, 200), ''), 'the whole payload')),
      hint = 'Make the payload smaller, or the schema simpler: a $ref that leads to itself never ends.';
  elsif schema = 'true' or schema = '{}' then
    return;
  elsif schema = 'false' then
    errors := array[row(path, instance, 'is not allowed')::almanac_private.payload_error];
    return;
  end if;

  errors := almanac_private.value_errors(schema, instance, path);
  if not schema ?| array['properties', 'patternProperties', 'additionalProperties', 'propertyNames', 'dependentSchemas',
    'items', 'prefixItems', 'contains', 'allOf', 'anyOf', 'oneOf', 'not', 'if', '$ref'] then
    return;
  end if;
  -- What is in it: each part of the instance with the schema that it has to fit.
  for v_part in select p.* from almanac_private.schema_parts(root, schema, instance, path) p loop
    v_branch := almanac_private.schema_errors(root, v_part.part_schema, v_part.item, v_part.place,
      depth + 1, steps_left - steps);
    steps := steps + v_branch.steps;
    if v_part.part_schema = 'false' and v_type = 'object' and v_branch.errors <> '{}' then
      errors := errors || row(v_part.place, v_part.item, 'is not known' || coalesce('; known are ' || left((
        select string_agg(k.key, ', ' order by k.key) from jsonb_object_keys(schema -> 'properties') k(key)), 200), ''))
        ::almanac_private.payload_error;
    else
      errors := errors || v_branch.errors;
    end if;
    -- Enough for a person to go on with.
    exit when cardinality(errors) >= 10;
  end loop;

  -- Alternatives, of which the nearest says what is wrong.
  foreach v_key in array array['anyOf', 'oneOf', 'not', 'if', 'contains'] loop
    continue when not schema ? v_key or v_key = 'contains' and v_type <> 'array';
    v_fitting := '{}';
    v_nearest := null;
    for v_part in
      select e.value, e.n
      from jsonb_array_elements(case when v_key in ('anyOf', 'oneOf') then schema -> v_key
        when v_key = 'contains' then instance else jsonb_build_array(schema -> v_key) end) with ordinality e(value, n)
    loop
      v_branch := almanac_private.schema_errors(root,
        case v_key when 'contains' then schema -> v_key else v_part.value end,
        case v_key when 'contains' then v_part.value else instance end, path, depth + 1, steps_left - steps);
      steps := steps + v_branch.steps;
      if v_branch.errors = '{}' then
        v_fitting := v_fitting || v_part.n::integer;
        exit when v_key = 'anyOf';
      elsif v_nearest is null or length((v_branch.errors[1]).path) > length((v_nearest[1]).path) then
        v_nearest := v_branch.errors;
      end if;
    end loop;
    v_count := cardinality(v_fitting);
    if v_key in ('anyOf', 'oneOf') and v_count = 0 then
      errors := errors || case when (v_nearest[1]).path <> path then v_nearest
        else array[row(path, instance, 'must fit one of the alternatives; for the first: '
          || (v_nearest[1]).wanted)::almanac_private.payload_error] end;
    elsif v_key = 'oneOf' and v_count > 1 then
      errors := errors || row(path, instance, format('must fit exactly one of the alternatives, not %s',
        array_to_string(v_fitting, ' and ')))::almanac_private.payload_error;
    elsif v_key = 'not' and v_count > 0 then
      errors := errors || row(path, instance, 'is excluded by "not"')::almanac_private.payload_error;
    elsif v_key = 'contains' and not v_count between coalesce((schema -> 'minContains')::numeric, 1)
      and coalesce((schema -> 'maxContains')::numeric, v_count) then
      errors := errors || row(path, instance, format('must have %s to %s elements as "contains" says, not %s',
        coalesce(schema ->> 'minContains', '1'), coalesce(schema ->> 'maxContains', 'any number of'), v_count))
        ::almanac_private.payload_error;
    elsif v_key = 'if' then
      v_sub := schema -> case when v_count > 0 then 'then' else 'else' end;
      if v_sub is not null then
        v_branch := almanac_private.schema_errors(root, v_sub, instance, path, depth + 1,
          steps_left - steps);
        steps := steps + v_branch.steps;
        errors := errors || v_branch.errors;
      end if;
    end if;
  end loop;
end
$$;
comment on function almanac_private.schema_errors(jsonb, jsonb, jsonb, text, integer, integer) is
  'Where a value does not fit a schema that almanac_private.compile_schema made: some ten places at most. root: the '
  'whole schema, for references. Raises AL019 above 200 levels or 20,000 steps, a step being a part of the '
  'value with a part of the schema.';
grant execute on function almanac_private.schema_errors(jsonb, jsonb, jsonb, text, integer, integer) to almanac_viewer;
