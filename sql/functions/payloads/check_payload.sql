create or replace function almanac_private.check_payload(task text, payload jsonb) returns void
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_most constant integer := 262144;
  v_bytes integer := octet_length(check_payload.payload::text);
begin
  if v_bytes > v_most then
    raise exception using errcode = 'AL019', column = 'payload',
      message = format('A payload has at most %s bytes.', v_most),
      detail = format('This one has %s.', v_bytes), hint = 'Store the data elsewhere, and give its key or address.';
  elsif almanac_private.nests_too_deeply(check_payload.payload) then
    raise exception using errcode = 'AL019', column = 'payload', message = 'A payload has at most 100 levels.',
      detail = 'This one is nested deeper.', hint = 'Flatten it, or store nested parts as text.';
  elsif jsonb_typeof(check_payload.payload) is distinct from 'object' then
    raise exception using errcode = 'AL006', column = 'payload', message = 'The payload is not a JSON object.',
      detail = format('It is of type %s.', coalesce(jsonb_typeof(check_payload.payload), 'null')),
      hint = 'Wrap it: {"value": …}. If there is nothing to pass, give {}.';
  end if;
  perform almanac_private.check_payload_fits(check_payload.task, check_payload.payload);
end
$$;
comment on function almanac_private.check_payload(text, jsonb) is
  'Raises AL019 for a payload that is too large or nested too deeply for a program to read in a list, AL006 for one '
  'that is no object or does not fit the schema of its task.';
grant execute on function almanac_private.check_payload(text, jsonb) to almanac_viewer;
