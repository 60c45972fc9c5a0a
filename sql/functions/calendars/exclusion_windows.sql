create or replace function almanac_private.exclusion_windows(
  calendars text[], timezone text, range_start timestamptz, range_end timestamptz
) returns table (calendar text, label text, during tstzrange)
language plpgsql stable rows 10 set search_path to pg_catalog, pg_temp
  set plan_cache_mode to force_generic_plan -- planning takes ten times as long as running
as $$
begin
  return query
  with entries as not materialized (
    select c.name, coalesce(e.timezone, c.timezone, exclusion_windows.timezone) as zone, e.*
    from almanac.exclusion_calendars c join almanac.calendar_entries e on e.calendar_id = c.id
    where c.name = any (exclusion_windows.calendars)
  ), windows as (
    select e.name, e.label, tstzrange(almanac_private.local_instant(e.starts_on::timestamp, e.zone),
      almanac_private.local_instant((coalesce(e.ends_on, e.starts_on) + 1)::timestamp, e.zone)) as during
    from entries e
    where e.starts_on <= (exclusion_windows.range_end at time zone 'UTC')::date + 2
      and coalesce(e.ends_on, e.starts_on) >= (exclusion_windows.range_start at time zone 'UTC')::date - 2
    union all
    select e.name, e.label, tstzrange(e.starts_at, e.ends_at) from entries e where e.starts_at is not null
    union all
    select e.name, e.label, tstzrange(o.at, almanac_private.exclusion_end(o.at, e.duration, e.zone, e.rule))
    from entries e
    cross join lateral almanac_private.cron_between(e.rule, e.zone,
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
