create or replace function almanac_private.keyword_expects(keyword text, value jsonb) returns text
language sql immutable parallel safe set search_path to pg_catalog, pg_temp
return case
  when keyword in ('properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas', 'dependentRequired')
    then case when jsonb_typeof(value) <> 'object' then 'an object' end
  when keyword in ('minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum')
    then case when jsonb_typeof(value) <> 'number' then 'a number' end
  when keyword = 'multipleOf'
    then case when jsonb_path_exists(value, 'strict $ ? (@ > 0)') then null else 'a number greater than 0' end
  when keyword in ('minLength', 'maxLength', 'minItems', 'maxItems', 'minProperties', 'maxProperties', 'minContains',
    'maxContains') then case when jsonb_path_exists(value, 'strict $ ? (@ >= 0 && @ == @.floor())') then null
      else 'a whole number, 0 or more' end
  when keyword = 'uniqueItems' then case when jsonb_typeof(value) <> 'boolean' then 'true or false' end
  when keyword in ('pattern', 'format', '$ref') then case when jsonb_typeof(value) <> 'string' then 'a text' end
  when keyword = 'enum' then case when jsonb_typeof(value) <> 'array' then 'a list' end
  when keyword in ('allOf', 'anyOf', 'oneOf', 'prefixItems')
    then case when jsonb_typeof(value) <> 'array' or value = '[]' then 'a list of schemas' end
  when keyword = 'required' then case when jsonb_typeof(value) <> 'array'
    or jsonb_path_exists(value, '$[*] ? (@.type() != "string")') then 'a list of names' end
  when keyword = 'type' then case when jsonb_path_exists(value, '$[*] ? (@.type() != "string" || !(@ == "object"
    || @ == "array" || @ == "string" || @ == "number" || @ == "integer" || @ == "boolean" || @ == "null"))')
    then 'object, array, string, number, integer, boolean, null, or a list of these' end
end;
comment on function almanac_private.keyword_expects(text, jsonb) is
  'What a JSON Schema keyword takes, if this value is something else. Null: it fits, or the keyword is unknown.';
grant execute on function almanac_private.keyword_expects(text, jsonb) to almanac_viewer;
