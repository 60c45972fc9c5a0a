create or replace function almanac.excluded_times(
  range_start timestamptz, range_end timestamptz, calendars text[] default null, timezone text default 'UTC',
  max_count integer default 1000
) returns table (calendar text, label text, starts_at timestamptz, ends_at timestamptz)
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_count bigint;
begin
  perform almanac_private.check_timezone(excluded_times.timezone);
  perform almanac_private.checked_count(excluded_times.max_count);
  perform almanac_private.check_range(excluded_times.range_start, excluded_times.range_end);
  return query
  select w.calendar, w.label, lower(w.during), upper(w.during)
  from almanac_private.exclusion_windows(
    coalesce(excluded_times.calendars, array(select c.name from almanac.exclusion_calendars c)),
    excluded_times.timezone, excluded_times.range_start, excluded_times.range_end - interval '1 microsecond') w
  limit excluded_times.max_count + 1;
  get diagnostics v_count = row_count;
  if v_count > excluded_times.max_count then
    raise exception using errcode = 'AL012',
      message = format('The range has more than %s windows.', excluded_times.max_count),
      detail = format('range_start: %s, range_end: %s.', excluded_times.range_start, excluded_times.range_end),
      hint = 'Use a shorter range, fewer calendars, or a larger max_count.';
  end if;
end
$$;
comment on function almanac.excluded_times(timestamptz, timestamptz, text[], text, integer) is
  'What calendars (null: all) exclude in [range_start, range_end): one row for each date, range or window, with its '
  'full length. timezone counts for calendars without a zone of their own.';
grant execute on function almanac.excluded_times(timestamptz, timestamptz, text[], text, integer) to almanac_viewer;
