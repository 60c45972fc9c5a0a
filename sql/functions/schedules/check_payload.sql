create or replace function almanac_private.check_payload(payload jsonb) returns void
language plpgsql immutable parallel safe set search_path to pg_catalog, pg_temp
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
  end if;
end
$$;
comment on function almanac_private.check_payload(jsonb) is
  'Raises AL019 for a payload that is too large or nested too deeply for a program to read in a list.';
grant execute on function almanac_private.check_payload(jsonb) to almanac_viewer;
