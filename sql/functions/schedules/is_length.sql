create or replace function almanac_private.is_length(length interval, shortest interval, longest interval)
returns boolean
language sql immutable parallel safe
return is_length.length between is_length.shortest and is_length.longest
  and least(extract(year from is_length.length), extract(month from is_length.length),
    extract(day from is_length.length), extract(hour from is_length.length), extract(minute from is_length.length),
    extract(second from is_length.length)) >= 0;
comment on function almanac_private.is_length(interval, interval, interval) is
  'Whether an interval is a length between two others, without negative parts: PostgreSQL compares months as 30 days, '
  'but adds those of the calendar, so that 5,000,000 years less 1,799,999,999 days is a day to the one and out of '
  'range to the other.';
grant execute on function almanac_private.is_length(interval, interval, interval) to almanac_viewer;
