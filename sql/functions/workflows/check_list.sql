create or replace function almanac_private.check_list(payload jsonb) returns void
language plpgsql immutable parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  v_most constant integer := 10000;
  v_most_bytes constant bigint := 10000000;
  v_list jsonb := check_list.payload -> 'payloads';
  v_count integer := case when jsonb_typeof(v_list) = 'array' then jsonb_array_length(v_list) end;
  v_wrong record;
  v_bytes bigint;
begin
  if v_count is null or v_count = 0 then
    raise exception using errcode = 'AL006', column = 'payload',
      message = 'The payload has no list to run the task for.',
      detail = case when v_count = 0 then 'payloads is empty.'
        when v_list is null then 'It has no payloads.' else format('payloads is of type %s.', jsonb_typeof(v_list)) end,
      hint = 'With the target list it is {"payloads": [{…}, {…}]}: a run for each. What else it holds, each of them '
        'gets too.';
  elsif v_count > v_most then
    raise exception using errcode = 'AL019', column = 'payload',
      message = format('A list may have at most %s elements.', v_most), detail = format('This one has %s.', v_count),
      hint = 'Use several schedules, or have each element stand for several things.';
  end if;
  select e.nth, jsonb_typeof(e.element) as type into v_wrong
  from jsonb_array_elements(v_list) with ordinality e(element, nth)
  where jsonb_typeof(e.element) <> 'object' order by e.nth limit 1;
  if v_wrong.nth is not null then
    raise exception using errcode = 'AL006', column = 'payload',
      message = format('Element %s of the list is not a JSON object.', v_wrong.nth),
      detail = format('It is of type %s.', v_wrong.type),
      hint = 'Wrap it: {"value": …}. Each element is the payload of a run.';
  end if;
  v_bytes := octet_length((check_list.payload - 'payloads')::text)::bigint * v_count + octet_length(v_list::text);
  if v_bytes > v_most_bytes then
    raise exception using errcode = 'AL019', column = 'payload',
      message = format('The payloads of all runs of a list may have at most %s bytes.', v_most_bytes),
      detail = format('These have %s: what is next to payloads is in each of them.', v_bytes),
      hint = 'Store the data elsewhere, and pass its key or URL.';
  end if;
end
$$;
comment on function almanac_private.check_list(jsonb) is
  'Raises AL006 for a payload without a list of objects, AL019 for a list that is too long, or whose runs would take '
  'too much room.';
grant execute on function almanac_private.check_list(jsonb) to almanac_viewer;
