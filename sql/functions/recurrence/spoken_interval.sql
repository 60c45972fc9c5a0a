create or replace function almanac_private.spoken_interval(length interval) returns text
language sql immutable strict parallel safe
return coalesce((
  select string_agg(format('%s %s%s', trim_scale(p.count), p.unit, case when abs(p.count) <> 1 then 's' end), ' '
    order by p.place)
  from (values
    (1, 'year', extract(year from length)), (2, 'month', extract(month from length)),
    (3, 'day', extract(day from length)), (4, 'hour', extract(hour from length)),
    (5, 'minute', extract(minute from length)), (6, 'second', extract(second from length))
  ) p(place, unit, count)
  where p.count <> 0), '0 seconds');
comment on function almanac_private.spoken_interval(interval) is
  'A length of time as people read it, whatever IntervalStyle is: 1 hour 30 minutes. The client has the same words.';
grant execute on function almanac_private.spoken_interval(interval) to almanac_viewer;
