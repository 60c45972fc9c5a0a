create or replace function almanac_private.list_errors(task text, payload jsonb)
returns almanac_private.payload_error[]
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  -- About 2 s.
  v_most_steps constant integer := 100000;
  v_steps integer := 0;
  v_schema jsonb;
  v_element record;
  v_checked record;
  v_errors almanac_private.payload_error[] := '{}';
begin
  -- A copy: what is stored compressed would be read again for each element.
  v_schema := (select jsonb_build_array(t.checked_schema) -> 0 from almanac_private.known_tasks t
    where t.identifier = list_errors.task and t.checked_schema is not null);
  if v_schema is null then
    return null;
  end if;
  for v_element in select e.nth, e.payload from almanac_private.list_elements(list_errors.payload) e loop
    v_checked := almanac_private.schema_errors(v_schema, v_schema, v_element.payload,
      '/payloads/' || v_element.nth - 1);
    v_errors := v_errors || v_checked.errors;
    exit when cardinality(v_errors) > 5;
    v_steps := v_steps + v_checked.steps;
    if v_steps > v_most_steps then
      raise exception using errcode = 'AL019', column = 'payload',
        message = 'The list takes too long to be checked against the schema of its task.',
        detail = format('Checking its first %s elements took %s steps; %s are allowed for all.', v_element.nth, v_steps,
          v_most_steps),
        hint = 'Use several schedules with shorter lists, or simpler payloads.';
    end if;
  end loop;
  return v_errors;
end
$$;
comment on function almanac_private.list_errors(text, jsonb) is
  'Where elements of a list do not fit the schema of a task, the first of them; null if the task has none.';
grant execute on function almanac_private.list_errors(text, jsonb) to almanac_viewer;
