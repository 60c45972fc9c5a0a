-- A schema is compiled once, when a task is registered, and its payloads are checked by what results, on each write and
-- each firing: what costs time or can fail is done here. The tree stays; unknown keywords, and what only describes, go.
--
-- What cannot be checked here (a format that no one wrote, a regular expression that PostgreSQL has no form of, a
-- reference to another document) must not refuse a payload: it is listed in unchecked and passes. Under "not", "oneOf",
-- "if" and "contains" passing is what refuses, so such a keyword is left out as a whole if any part of it is unchecked.
-- A reference may lead to an unchecked part that is not known yet: it is compiled a second time without trusts_refs.
create or replace function almanac_private.compile_schema(
  schema jsonb, path text default '', trusts_refs boolean default true,
  out compiled jsonb, out refs text[], out unchecked text[], out wrong text[]
)
language plpgsql immutable parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  v_key text;
  v_value jsonb;
  v_at text;
  v_expected text;
  v_part record;
  v_parts jsonb;
  v_is_single boolean;
  v_is_refused boolean;
  v_dropped text[] := '{}';
  v_name text;
  v_names text[];
  v_compiled jsonb[];
  v_regex text;
begin
  refs := '{}';
  unchecked := '{}';
  wrong := '{}';
  compiled := 'true';
  if jsonb_typeof(schema) = 'boolean' then
    compiled := schema;
    return;
  elsif jsonb_typeof(schema) is distinct from 'object' then
    wrong := array[format('%s: a schema is an object, true or false, not %s', path, left(schema::text, 100))];
    return;
  elsif path <> '' and schema ? '$id' then
    unchecked := array[path || '/$id: only the root may have one'];
    return;
  end if;

  compiled := '{}';
  for v_key, v_value in select e.key, e.value from jsonb_each(schema) e order by e.key loop
    v_at := path || '/' || almanac_private.pointer_step(v_key);
    v_expected := almanac_private.keyword_expects(v_key, v_value);
    if v_expected is not null then
      wrong := wrong || format('%s: must be %s, not %s', v_at, v_expected, left(v_value::text, 100));
      continue;
    end if;

    v_parts := null;
    v_is_single := false;
    v_is_refused := false;
    case
      when v_key in ('minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf', 'minLength',
        'maxLength', 'minItems', 'maxItems', 'minProperties', 'maxProperties', 'minContains', 'maxContains', 'enum',
        'const', 'required', 'dependentRequired') or v_key = 'uniqueItems' and v_value = 'true' then
        compiled := compiled || jsonb_build_object(v_key, v_value);
      when v_key = 'type' then
        compiled := compiled || jsonb_build_object(v_key,
          case jsonb_typeof(v_value) when 'array' then v_value else jsonb_build_array(v_value) end);
      when v_key = 'format' then
        if v_value <@ '["date", "date-time", "email", "uri", "uuid"]' then
          compiled := compiled || jsonb_build_object(v_key, v_value);
        else
          unchecked := unchecked || format('%s: %s', v_at, v_value #>> '{}');
        end if;
      when v_key = 'pattern' then
        v_regex := almanac_private.regex_of(v_value #>> '{}');
        if v_regex is null then
          unchecked := unchecked || format('%s: %s', v_at, left(v_value #>> '{}', 100));
        else
          compiled := compiled || jsonb_build_object(v_key, v_value, 'regex', v_regex);
        end if;
      when v_key = '$ref' then
        v_name := v_value #>> '{}';
        if v_name ~ '^#(/|$)' then
          compiled := compiled || jsonb_build_object(v_key, almanac_private.pointer_steps(substr(v_name, 2)));
          refs := refs || v_at;
        else
          unchecked := unchecked || format('%s: %s', v_at, left(v_name, 100));
        end if;
      when v_key in ('items', 'additionalProperties', 'propertyNames', 'contains', 'not', 'if', 'then', 'else') then
        if v_key = 'items' and jsonb_typeof(v_value) = 'array' then
          unchecked := unchecked || (v_at || ': a list is prefixItems');
        else
          v_parts := jsonb_build_array(v_value);
          v_is_single := true;
        end if;
      when v_key in ('properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas', 'allOf', 'anyOf',
        'oneOf', 'prefixItems') then
        v_parts := v_value;
      when v_key in ('title', 'description', 'default', 'examples', 'deprecated', 'readOnly', 'writeOnly', '$comment',
        '$id', 'contentEncoding', 'contentMediaType', 'contentSchema', 'uniqueItems') or v_key like 'x-%' then
        null; -- says something to people and programs, and refuses nothing
      when v_key = '$schema' then
        if v_value <> '"https://json-schema.org/draft/2020-12/schema"' then
          unchecked := unchecked || (v_at || ': it is read as draft 2020-12');
        end if;
      else
        unchecked := unchecked || v_at;
    end case;

    continue when v_parts is null;
    v_names := '{}';
    v_compiled := '{}';
    for v_part in
      select p.key, p.n, c.* from (
        select o.key, o.value, 0::bigint as n
        from jsonb_each(case jsonb_typeof(v_parts) when 'object' then v_parts else '{}' end) o
        union all
        select null, a.value, a.n - 1
        from jsonb_array_elements(case jsonb_typeof(v_parts) when 'array' then v_parts else '[]' end)
          with ordinality a(value, n)
      ) p, lateral almanac_private.compile_schema(p.value, case when v_is_single then v_at
        else v_at || '/' || coalesce(almanac_private.pointer_step(p.key), p.n::text) end, compile_schema.trusts_refs) c
      order by p.n, p.key
    loop
      refs := refs || v_part.refs;
      unchecked := unchecked || v_part.unchecked;
      wrong := wrong || v_part.wrong;
      -- What is not checked passes, so what has it and must not pass, or only once, is not checked either.
      v_is_refused := v_is_refused or v_key in ('not', 'oneOf', 'if', 'contains')
        and (v_part.unchecked <> '{}' or v_part.refs <> '{}' and not compile_schema.trusts_refs);
      v_name := v_part.key;
      if v_key = 'patternProperties' then
        v_name := almanac_private.regex_of(v_part.key);
        if v_name is null then
          unchecked := unchecked || format('%s/%s', v_at, left(v_part.key, 100));
          v_is_refused := true;
          continue;
        end if;
      end if;
      v_names := v_names || v_name;
      v_compiled := v_compiled || v_part.compiled;
    end loop;
    compiled := compiled || jsonb_build_object(v_key, case
      when v_is_single then v_compiled[1]
      when jsonb_typeof(v_parts) = 'array' then to_jsonb(v_compiled)
      else (select coalesce(jsonb_object_agg(c.name, c.compiled), '{}')
        from unnest(v_names, v_compiled) c(name, compiled)) end);
    if v_is_refused then
      v_dropped := v_dropped || v_key;
    end if;
  end loop;
  if 'patternProperties' = any (v_dropped) then
    v_dropped := array_remove(v_dropped, 'patternProperties') || '{additionalProperties}';
  end if;
  unchecked := unchecked || array(select path || '/' || d.key || ': depends on something that is not checked'
    from unnest(v_dropped) d(key) where compiled ? d.key);
  compiled := compiled - v_dropped;
end
$$;
comment on function almanac_private.compile_schema(jsonb, text, boolean) is
  'What almanac_private.schema_errors checks of a JSON Schema (draft 2020-12): the same tree with the known keywords, '
  'whose patterns are PostgreSQL''s and whose references are paths. refs: where references are. unchecked: keywords, '
  'by JSON Pointer, that are not checked, so that what they refuse passes. wrong: those that are not a JSON Schema. '
  'trusts_refs: false if what a reference names may have unchecked parts.';
grant execute on function almanac_private.compile_schema(jsonb, text, boolean) to almanac_viewer;
