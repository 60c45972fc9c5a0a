create or replace function almanac_private.read_definition(
  definition jsonb, base almanac.schedules default null
) returns almanac.schedules
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_known constant text[] := almanac_private.definition_columns();
  v_key text;
  v_message text;
  v_read almanac.schedules;
begin
  perform almanac_private.check_definition_size(read_definition.definition);
  if jsonb_typeof(read_definition.definition) is distinct from 'object' then
    raise exception using errcode = 'AL009', message = 'The definition is not a JSON object.',
      detail = format('It is of type %s.', coalesce(jsonb_typeof(read_definition.definition), 'null')),
      hint = 'Pass {"column": value, …}.';
  end if;
  for v_key in select k from jsonb_object_keys(read_definition.definition) k order by k loop
    if v_key <> all (v_known) then
      raise exception using errcode = 'AL009', column = v_key, message = format('There is no setting %s.', v_key),
        detail = format('Known settings: %s.', array_to_string(v_known, ', ')),
        hint = 'Settings are columns of almanac.schedules; computed ones cannot be set.'
          || coalesce(almanac_private.perhaps(v_key, v_known), '');
    end if;
    begin
      v_read :=
        jsonb_populate_record(read_definition.base, jsonb_build_object(v_key, read_definition.definition -> v_key));
    exception when others then
      get stacked diagnostics v_message = message_text;
      raise exception using errcode = sqlstate, column = v_key,
        message = format('%s is invalid: %s', v_key, v_message),
        detail = format('%s: %s', v_key, left(read_definition.definition ->> v_key, 200)),
        hint = (
          select almanac_private.type_hint(a.atttypid, read_definition.definition ->> v_key) from pg_attribute a
          where a.attrelid = 'almanac.schedules'::regclass and a.attname = v_key);
    end;
  end loop;
  return jsonb_populate_record(read_definition.base, read_definition.definition);
end
$$;
comment on function almanac_private.read_definition(jsonb, almanac.schedules) is
  'A row of schedules from column names and values, on top of a base row. Unknown names (AL009) and unreadable '
  'values are refused, with the column at fault.';
grant execute on function almanac_private.read_definition(jsonb, almanac.schedules) to almanac_viewer;
