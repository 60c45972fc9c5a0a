create or replace function almanac_private.check_payload_size(payload jsonb) returns void
language plpgsql immutable parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  v_most constant integer := 262144;
  -- Nothing takes more than four times its text as jsonb: what is much too large is refused before it is written out.
  v_least integer := pg_column_size(check_payload_size.payload) / 4 - 1000;
  v_bytes integer;
begin
  if v_least <= v_most then
    v_bytes := octet_length(check_payload_size.payload::text);
  end if;
  if v_least > v_most or v_bytes > v_most then
    raise exception using errcode = 'AL019', column = 'payload',
      message = format('A payload may have at most %s bytes.', v_most),
      detail = case when v_bytes is null then format('This one has more than %s.', v_least)
        else format('This one has %s.', v_bytes) end,
      hint = 'Store the data elsewhere, and pass its key or URL.';
  elsif almanac_private.nests_too_deeply(check_payload_size.payload) then
    raise exception using errcode = 'AL019', column = 'payload',
      message = 'A payload may be nested at most 100 levels deep.',
      detail = 'This one is nested deeper.', hint = 'Flatten it, or store nested parts as text.';
  end if;
end
$$;
comment on function almanac_private.check_payload_size(jsonb) is
  'Raises AL019 for a payload that is too large or nested too deeply for a program to read in a list.';
grant execute on function almanac_private.check_payload_size(jsonb) to almanac_viewer;
