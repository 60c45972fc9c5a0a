-- Numbers with dots, 1.10 after 1.9, or a time: as numbers they have one order, in which a time comes after any number
-- that is not meant for one. A hash of a commit has no order, and is refused.
create or replace function almanac_private.version_order(version text) returns numeric[]
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_order numeric[];
begin
  if version_order.version ~ '^v?[0-9]{1,20}([.][0-9]{1,20}){0,9}$' then
    v_order := string_to_array(ltrim(version_order.version, 'v'), '.')::numeric[];
    while cardinality(v_order) > 1 and v_order[cardinality(v_order)] = 0 loop
      v_order := v_order[1:cardinality(v_order) - 1];
    end loop;
    return v_order;
  elsif version_order.version ~ '^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d([.]\d{1,9})?)?(Z|[-+]\d\d:?\d\d)$' then
    return array[extract(epoch from version_order.version::timestamptz)];
  end if;
  raise invalid_datetime_format;
exception when data_exception then
  raise exception using errcode = 'AL019', column = 'version',
    message = 'A version must be a number, numbers with dots, or a time, so that it is known which of two is newer.',
    detail = format('version: %s.', coalesce(quote_literal(left(version_order.version, 100)), 'null')),
    hint = 'For example 42, 1.4.0, the number of a build, or 2026-12-01T06:00:00Z. A hash of a commit has no order: '
      'use its time.';
end
$$;
comment on function almanac_private.version_order(text) is
  'A version as numbers that can be compared: 1.10 is newer than 1.9, and 1.0 is 1. AL019: it is none.';
grant execute on function almanac_private.version_order(text) to almanac_viewer;
