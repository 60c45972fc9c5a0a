create or replace function almanac_private.cron_day_names(days text, sunday integer) returns text
language sql immutable strict parallel safe
return (
  select string_agg(case
    when part !~ '^[0-9]$' or previous ~ '[#/]$' then part
    else (array['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'])[(part::integer - sunday + 7) % 7 + 1]
  end, '' order by position)
  from (
    select m.part[1] as part, m.position, lag(m.part[1], 1, '') over (order by m.position) as previous
    from regexp_matches(days, '[0-9]+|[^0-9]+', 'g') with ordinality m(part, position)
  ) parts
);
comment on function almanac_private.cron_day_names(text, integer) is
  'A day-of-week field with names in place of the numbers of days, which count from this number for Sunday: 0 in '
  'cron, 1 in Quartz.';
grant execute on function almanac_private.cron_day_names(text, integer) to almanac_viewer;
