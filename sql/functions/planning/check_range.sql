create or replace function almanac_private.check_range(range_start timestamptz, range_end timestamptz) returns void
language plpgsql immutable parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  v_fits boolean := false;
begin
  -- Before PostgreSQL 17 infinite times cannot be subtracted.
  if almanac_private.is_in_reach(check_range.range_start) and almanac_private.is_in_reach(check_range.range_end) then
    v_fits := check_range.range_end > check_range.range_start
      and check_range.range_end - check_range.range_start <= interval '400 days';
  end if;
  if not v_fits then
    raise exception using errcode = 'AL012',
      message = 'The range must not be empty, at most 400 days long, and in the years 1 to 9999.',
      detail = format('range_start: %s, range_end: %s.', coalesce(check_range.range_start::text, 'null'),
        coalesce(check_range.range_end::text, 'null')),
      hint = 'For example now() and now() + interval ''7 days''.';
  end if;
end
$$;
comment on function almanac_private.check_range(timestamptz, timestamptz) is
  'Raises AL012 unless the range is not empty, at most 400 days long, and in the years 1 to 9999.';
grant execute on function almanac_private.check_range(timestamptz, timestamptz) to almanac_viewer;
