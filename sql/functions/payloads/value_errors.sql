-- What one value breaks of one compiled schema, keyword by keyword; schema_errors walks the parts of both and the
-- alternatives (anyOf and others), so that nothing here recurses. A wrong type ends it: what a text has too many of is
-- no help to someone who has to write a number. Of two bounds of one kind at most one can be broken, hence elsif.
-- Every message is a half sentence after the path, and names what is wanted, cut to 200 characters where a schema may
-- be long. Patterns were made a regular expression of PostgreSQL when the schema was compiled (regex_of).
create or replace function almanac_private.value_errors(
  schema jsonb, instance jsonb, path text, out errors almanac_private.payload_error[]
)
language plpgsql immutable parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  v_type text := jsonb_typeof(instance);
  v_number numeric;
  v_text text;
  v_count integer;
begin
  errors := '{}';
  -- Of a wrong type nothing else is said.
  if schema ? 'type' and not (schema -> 'type' ? v_type
    or v_type = 'number' and schema -> 'type' ? 'integer' and instance::numeric % 1 = 0)
  then
    errors := errors || row(path, instance, 'must be ' || (
      select string_agg(case t.name when 'null' then 'null' when 'boolean' then 'true or false'
        when 'string' then 'text' when 'integer' then 'a whole number'
        when 'object' then 'an object' when 'array' then 'a list' else 'a ' || t.name end, ' or ' order by t.n)
      from jsonb_array_elements_text(schema -> 'type') with ordinality t(name, n)))::almanac_private.payload_error;
    return;
  end if;
  if schema ? 'const' and instance <> schema -> 'const' then
    errors := errors || row(path, instance, 'must be ' || left((schema -> 'const')::text, 200))
      ::almanac_private.payload_error;
  end if;
  -- A list contains a value that is neither a list nor an object exactly if one of its elements equals it.
  if schema ? 'enum' and not (case when v_type in ('object', 'array')
    then exists (select from jsonb_array_elements(schema -> 'enum') e(choice) where e.choice = instance)
    else schema -> 'enum' @> instance end)
  then
    errors := errors || row(path, instance, 'must be one of ' || left((
      select string_agg(e.choice::text, ', ' order by e.n)
      from jsonb_array_elements(schema -> 'enum') with ordinality e(choice, n)), 200))::almanac_private.payload_error;
  end if;

  if v_type = 'number'
    and schema ?| array['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'] then
    v_number := instance::numeric;
    errors := errors || array(
      select row(path, instance, format('must be %s %s', k.wanted, schema ->> k.keyword))::almanac_private.payload_error
      from (values ('minimum', 'at least'), ('maximum', 'at most'), ('exclusiveMinimum', 'more than'),
        ('exclusiveMaximum', 'less than'), ('multipleOf', 'a multiple of')) k(keyword, wanted)
      where schema ? k.keyword and not case k.keyword
        when 'minimum' then v_number >= (schema -> 'minimum')::numeric
        when 'maximum' then v_number <= (schema -> 'maximum')::numeric
        when 'exclusiveMinimum' then v_number > (schema -> 'exclusiveMinimum')::numeric
        when 'exclusiveMaximum' then v_number < (schema -> 'exclusiveMaximum')::numeric
        else v_number % (schema -> 'multipleOf')::numeric = 0 end);
  elsif v_type = 'string' then
    v_text := instance #>> '{}';
    v_count := length(v_text);
    if schema ? 'minLength' and v_count < (schema -> 'minLength')::numeric then
      errors := errors || row(path, instance, format('must have at least %s characters', schema ->> 'minLength'))
        ::almanac_private.payload_error;
    elsif schema ? 'maxLength' and v_count > (schema -> 'maxLength')::numeric then
      errors := errors || row(path, instance, format('must have at most %s characters, not %s', schema ->> 'maxLength',
        v_count))::almanac_private.payload_error;
    end if;
    if schema ? 'regex' and v_text !~ (schema ->> 'regex') then
      errors := errors || row(path, instance, 'must match ' || left(schema ->> 'pattern', 200))
        ::almanac_private.payload_error;
    end if;
    if schema ? 'format' and not almanac_private.is_of_format(v_text, schema ->> 'format') then
      errors := errors || row(path, instance, case schema ->> 'format'
        when 'date' then 'must be a date: 2030-01-31' when 'email' then 'must be an e-mail address'
        when 'date-time' then 'must be a time with its zone: 2030-01-31T09:00:00+01:00'
        when 'uri' then 'must be an absolute URI: https://example.com/x' else 'must be a UUID' end)
        ::almanac_private.payload_error;
    end if;
  elsif v_type = 'array' then
    v_count := jsonb_array_length(instance);
    if schema ? 'minItems' and v_count < (schema -> 'minItems')::numeric then
      errors := errors || row(path, instance, format('must have at least %s elements, not %s', schema ->> 'minItems',
        v_count))::almanac_private.payload_error;
    elsif schema ? 'maxItems' and v_count > (schema -> 'maxItems')::numeric then
      errors := errors || row(path, instance, format('must have at most %s elements, not %s', schema ->> 'maxItems',
        v_count))::almanac_private.payload_error;
    end if;
    if schema ? 'uniqueItems'
      and (select count(distinct e.item) < v_count from jsonb_array_elements(instance) e(item)) then
      errors := errors || row(path, instance, 'must not contain the same element twice')::almanac_private.payload_error;
    end if;
  elsif v_type = 'object' then
    if schema ?| array['minProperties', 'maxProperties'] then
      v_count := (select count(*) from jsonb_object_keys(instance));
    end if;
    if schema ? 'minProperties' and v_count < (schema -> 'minProperties')::numeric then
      errors := errors || row(path, instance, format('must have at least %s keys, not %s', schema ->> 'minProperties',
        v_count))::almanac_private.payload_error;
    elsif schema ? 'maxProperties' and v_count > (schema -> 'maxProperties')::numeric then
      errors := errors || row(path, instance, format('must have at most %s keys, not %s', schema ->> 'maxProperties',
        v_count))::almanac_private.payload_error;
    end if;
    if schema ? 'required' then
      errors := errors || array(
        select row(path || '/' || almanac_private.pointer_step(r.key), null, 'is missing')
          ::almanac_private.payload_error
        from jsonb_array_elements_text(schema -> 'required') with ordinality r(key, n)
        where not instance ? r.key order by r.n);
    end if;
    if schema ? 'dependentRequired' then
      errors := errors || array(
        select row(path || '/' || almanac_private.pointer_step(r.key), null, format('is missing: %s needs it', d.key))
          ::almanac_private.payload_error
        from jsonb_each(schema -> 'dependentRequired') d, jsonb_array_elements_text(d.value) r(key)
        where instance ? d.key and not instance ? r.key order by d.key, r.key);
    end if;
  end if;
end
$$;
comment on function almanac_private.value_errors(jsonb, jsonb, text) is
  'What of a schema the value itself does not fit, without its parts and without alternatives.';
grant execute on function almanac_private.value_errors(jsonb, jsonb, text) to almanac_viewer;
