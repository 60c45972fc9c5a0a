create or replace function almanac_private.checked_count(max_count integer, most integer default 100000) returns integer
language plpgsql immutable parallel safe set search_path to pg_catalog, pg_temp
as $$
begin
  if checked_count.max_count is null or checked_count.max_count not between 1 and checked_count.most then
    raise exception using errcode = 'AL012',
      message = format('max_count must be between 1 and %s.', checked_count.most),
      detail = format('max_count: %s.', coalesce(checked_count.max_count::text, 'null')),
      hint = case when checked_count.max_count > checked_count.most then 'Use a smaller max_count, or a shorter range.'
      else 'Use at least 1, or omit it.' end;
  end if;
  return checked_count.max_count;
end
$$;
comment on function almanac_private.checked_count(integer, integer) is
  'The count, if it is in bounds; otherwise AL012.';
grant execute on function almanac_private.checked_count(integer, integer) to almanac_viewer;
