create or replace function almanac_private.days_counted() returns datemultirange
language sql stable set search_path to pg_catalog, pg_temp
begin atomic
  select coalesce(range_agg(daterange(c.day, c.day + 1)), '{}')
  from almanac_private.counted_days c
  where c.counted_at is not null
    and not exists (select from almanac_private.changed_days d where d.day = c.day);
end;
comment on function almanac_private.days_counted() is
  'The days of which day_counts has what counting their runs would say.';
grant execute on function almanac_private.days_counted() to almanac_viewer;
