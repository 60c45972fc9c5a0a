create or replace function almanac_private.read_place(place text, out at timestamptz, out id bigint)
language plpgsql immutable parallel safe set search_path to pg_catalog, pg_temp
as $$
begin
  if read_place.place is null then
    at := 'infinity';
    id := 0;
    return;
  end if;
  if read_place.place ~ '^\d{4,6}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z/\d{1,18}$' then
    at := (split_part(read_place.place, '/', 1))::timestamptz;
    id := (split_part(read_place.place, '/', 2))::bigint;
    return;
  end if;
  raise exception using errcode = 'AL012', message = 'This is not a place in the list of runs.',
    detail = format('after: %s.', left(read_place.place, 100)),
    hint = 'Give next of the page before, unchanged; null begins with the newest run.';
exception when datetime_field_overflow or numeric_value_out_of_range then
  raise exception using errcode = 'AL012', message = 'This is not a place in the list of runs.',
    detail = format('after: %s.', left(read_place.place, 100)),
    hint = 'Give next of the page before, unchanged; null begins with the newest run.';
end
$$;
comment on function almanac_private.read_place(text) is
  'The nominal time and id that written_place() has written; null: later than any run.';
