create or replace function almanac_private.check_payload(
  schedule almanac.schedules, payload jsonb, graph jsonb default null
) returns void
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
begin
  perform almanac_private.check_payload_size(check_payload.payload);
  if jsonb_typeof(check_payload.payload) is distinct from 'object' then
    raise exception using errcode = 'AL006', column = 'payload', message = 'The payload is not a JSON object.',
      detail = format('It is of type %s.', coalesce(jsonb_typeof(check_payload.payload), 'null')),
      hint = 'Wrap it: {"value": …}. If there is nothing to pass, use {}.';
  end if;
  if schedule.target = 'list' then
    perform almanac_private.check_list(check_payload.payload);
  end if;
  perform almanac_private.check_target_payload(schedule, check_payload.payload, check_payload.graph);
end
$$;
comment on function almanac_private.check_payload(almanac.schedules, jsonb, jsonb) is
  'Raises AL019 for a payload that is too large or too deep, AL006 for one that is not an object or does not fit the '
  'schema of its task. Of the target list, each element is checked; of a group, all tasks or a workflow, what each '
  'gets.';
grant execute on function almanac_private.check_payload(almanac.schedules, jsonb, jsonb) to almanac_viewer;
