-- Each kind of entry is found by an index of its own: a calendar may have 25,000, of which a look-up needs those of
-- some days. To read all of them took 60 times as long, and each firing of a schedule with calendars has a look-up.
create or replace function almanac_private.exclusion_windows(
  calendars text[], timezone text, range_start timestamptz, range_end timestamptz
) returns table (calendar text, label text, during tstzrange)
language plpgsql stable rows 10 set search_path to pg_catalog, pg_temp
  set plan_cache_mode to force_generic_plan -- planning takes ten times as long as running
as $$
begin
  return query
  with used as materialized (
    select c.id, c.name, coalesce(c.timezone, exclusion_windows.timezone) as zone
    from almanac.exclusion_calendars c where c.name = any (exclusion_windows.calendars)
  ), windows as (
    select u.name, e.label, tstzrange(almanac_private.local_instant(e.starts_on::timestamp, z.zone),
      almanac_private.local_instant((coalesce(e.ends_on, e.starts_on) + 1)::timestamp, z.zone)) as during
    from almanac.calendar_entries e
    join used u on u.id = e.calendar_id
    cross join lateral (select coalesce(e.timezone, u.zone) as zone) z
    where e.starts_on is not null and daterange(e.starts_on, coalesce(e.ends_on, e.starts_on), '[]')
      && daterange((exclusion_windows.range_start at time zone 'UTC')::date - 2,
        (exclusion_windows.range_end at time zone 'UTC')::date + 2, '[]')
    union all
    select u.name, e.label, tstzrange(e.starts_at, e.ends_at)
    from almanac.calendar_entries e
    join used u on u.id = e.calendar_id
    where e.starts_at is not null
      and tstzrange(e.starts_at, e.ends_at)
        && tstzrange(exclusion_windows.range_start, exclusion_windows.range_end, '[]')
    union all
    select u.name, e.label, tstzrange(o.at, almanac_private.exclusion_end(o.at, e.duration, z.zone, e.rule))
    from used u
    join almanac.calendar_entries e on e.calendar_id = u.id
    cross join lateral (select coalesce(e.timezone, u.zone) as zone) z
    cross join lateral almanac_private.cron_between(e.rule, z.zone,
      (exclusion_windows.range_start at time zone 'UTC' - e.duration - interval '26 hours') at time zone 'UTC',
      exclusion_windows.range_end + interval '1 microsecond') o(at)
    where e.cron_expression is not null
  )
  select w.name, w.label, w.during from windows w
  where w.during && tstzrange(exclusion_windows.range_start, exclusion_windows.range_end, '[]')
  order by w.during, w.name, w.label;
end
$$;
comment on function almanac_private.exclusion_windows(text[], text, timestamptz, timestamptz) is
  'What these calendars exclude within [range_start, range_end], both included, for a schedule of this zone: each '
  'entry''s windows, not cut to the range. Dates go from local midnight to local midnight.';
grant execute on function almanac_private.exclusion_windows(text[], text, timestamptz, timestamptz) to almanac_viewer;
