create or replace function almanac_private.type_hint(type regtype, value text) returns text
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_labels text[] := array(
    select e.enumlabel from pg_enum e where e.enumtypid = type_hint.type order by e.enumsortorder);
begin
  return case
    when v_labels <> '{}' then
      format('It is one of %s.%s', array_to_string(v_labels, ', '), almanac_private.perhaps(type_hint.value, v_labels))
    when type_hint.type = 'text[]'::regtype then
      'Use a list: ["crm", "night"] in JSON, array[''crm'', ''night''] in SQL.'
    when type_hint.type = 'interval'::regtype then 'Use a length of time: 90 seconds, 15 minutes, 2 hours.'
    when type_hint.type = 'timestamptz'::regtype then 'Use a time with its zone: 2030-01-31T09:00:00+01:00.'
    when type_hint.type in ('integer'::regtype, 'bigint'::regtype, 'smallint'::regtype) then 'Use a whole number.'
    when type_hint.type in ('numeric'::regtype, 'real'::regtype, 'float8'::regtype) then 'Use a number.'
    when type_hint.type = 'boolean'::regtype then 'Use true or false.'
    else format('It is of type %s.', type_hint.type) end;
end
$$;
comment on function almanac_private.type_hint(regtype, text) is
  'For the hint of a value that cannot be read as this type: what can.';
grant execute on function almanac_private.type_hint(regtype, text) to almanac_viewer;
