create or replace function almanac_private.carried_overrides(
  was almanac.schedules, rule almanac.schedules, as_of timestamptz
) returns table (scheduled_for timestamptz, action almanac.override_action, was_moved_to timestamptz,
  new_scheduled_for timestamptz)
language plpgsql stable rows 10 set search_path to pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  -- Of rules that name more a day, none takes the place of another.
  v_most constant integer := 300;
begin
  return query
  with upcoming as materialized (
    select o.scheduled_for, o.action, o.moved_to, (o.scheduled_for at time zone was.timezone)::date as day,
      almanac_private.next_occurrence(rule, o.scheduled_for - interval '1 microsecond')
        is not distinct from o.scheduled_for as stays
    from almanac.occurrence_overrides o
    where o.schedule_id = was.id and o.done_at is null and not o.is_owed and o.scheduled_for > carried_overrides.as_of
      and almanac_private.next_occurrence(was, o.scheduled_for - interval '1 microsecond') = o.scheduled_for
  ), days as materialized (
    select d.day, greatest(almanac.local_time(d.day::timestamp, was.timezone),
        carried_overrides.as_of + interval '1 microsecond') as starts_at,
      almanac.local_time(d.day + interval '1 day', was.timezone) as ends_at
    from (select distinct u.day from upcoming u
      where not u.stays and 'once' not in (was.kind::text, rule.kind::text)) d
  ), named as materialized (
    select d.day, b.at, n.is_new, count(*) over (partition by d.day, n.is_new) as total
    from days d
    cross join (values (false), (true)) n(is_new)
    cross join lateral almanac_private.occurrences_between(case when n.is_new then rule else was end,
      d.starts_at, d.ends_at, v_most + 1) b(at)
  ), changed as (
    select n.day, n.at, n.is_new, row_number() over (partition by n.day, n.is_new order by n.at) as nth,
      count(*) over (partition by n.day, n.is_new) as total
    from named n
    where n.total <= v_most
      and not exists (select from named other where other.day = n.day and other.at = n.at
        and other.is_new <> n.is_new)
  )
  select u.scheduled_for, u.action, u.moved_to, case when u.stays then u.scheduled_for else (
    select come.at
    from changed gone
    join changed come on come.is_new and come.day = gone.day and come.nth = gone.nth and come.total = gone.total
    where not gone.is_new and gone.at = u.scheduled_for
      and not exists (select from almanac.occurrence_overrides o where o.schedule_id = was.id
        and o.scheduled_for = come.at and (o.done_at is not null or o.is_owed))) end
  from upcoming u
  order by u.scheduled_for;
end
$$;
comment on function almanac_private.carried_overrides(almanac.schedules, almanac.schedules, timestamptz) is
  'Which occurrence of a changed rule each one that is moved or skipped becomes: itself, if the rule still names it, '
  'or the one that takes its place, where on a local day as many come as go; null where there is none. A single run '
  'has no successor.';
grant execute on function almanac_private.carried_overrides(almanac.schedules, almanac.schedules, timestamptz)
  to almanac_viewer;
