-- Definer: writes a table that only the owner may.
create or replace function almanac_private.refresh_timezones(
  as_of timestamptz default now(), out added integer, out changed text[], out moved integer
)
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp set datestyle to 'ISO'
as $$
declare
  v_year integer := date_part('year', as_of at time zone 'UTC');
begin
  perform almanac_private.take_turn('timezones');
  insert into almanac_private.timezones (name)
  select z.name from pg_timezone_names z
  where z.name not like 'posix/%' and z.name not like 'right/%' and z.name not in ('posixrules', 'localtime', 'Factory')
    -- `at time zone` takes these for abbreviations, without the daylight saving time of these zones.
    and z.name not in ('CET', 'EET', 'MET', 'WET')
  on conflict do nothing;
  get diagnostics added = row_count;

  -- The offsets at noon of every day of two years, of the zones in use: when they are not what they were, the rules
  -- have changed.
  with used as materialized (
    select s.timezone as name from almanac.schedules s where s.next_run_at is not null and s.timezone <> 'UTC'
    union
    select c.timezone from almanac.exclusion_calendars c where c.timezone <> 'UTC'
    union
    select e.timezone from almanac.calendar_entries e where e.timezone <> 'UTC'
  ), found as materialized (
    select u.name, md5(string_agg((d.at at time zone u.name)::text, ',' order by d.at)) as fingerprint
    from (select k.name from used k where almanac_private.knows_timezone(k.name) offset 0) u
    cross join generate_series(make_timestamptz(v_year, 1, 1, 12, 0, 0, 'UTC'),
      make_timestamptz(v_year + 2, 1, 1, 12, 0, 0, 'UTC'), interval '24 hours') d(at)
    group by u.name
  ), differing as (
    select f.name from found f join almanac_private.timezones t on t.name = f.name
    where t.fingerprint_year = v_year and t.fingerprint <> f.fingerprint
  ), written as (
    update almanac_private.timezones t set fingerprint = f.fingerprint, fingerprint_year = v_year
    from found f where t.name = f.name and (t.fingerprint_year, t.fingerprint) is distinct from (v_year, f.fingerprint)
    returning t.name
  )
  select coalesce(array_agg(d.name order by d.name), '{}') into refresh_timezones.changed from differing d;
  moved := (select count(*) from unnest(changed) z(name), almanac.recompute(z.name));
end
$$;
comment on function almanac_private.refresh_timezones(timestamptz) is
  'At the start of a worker, and after a migration: adds zones that the server has learned (added; none is '
  'removed: schedules may use it), finds the zones in use whose rules have changed since the last time (changed), '
  'and recomputes their schedules (moved).';
grant execute on function almanac_private.refresh_timezones(timestamptz) to almanac_worker;
