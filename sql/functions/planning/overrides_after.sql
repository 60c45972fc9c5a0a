create or replace function almanac_private.overrides_after(
  was almanac.schedules, rule almanac.schedules, occurrence timestamptz, moved_to timestamptz, since timestamptz
) returns table (scheduled_for timestamptz, action almanac.override_action, was_moved_to timestamptz,
  new_scheduled_for timestamptz)
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
  return query
  with upcoming as materialized (
    select o.scheduled_for, o.action, o.moved_to, o.scheduled_for at time zone was.timezone as local_time
    from almanac.occurrence_overrides o
    where o.schedule_id = was.id and o.done_at is null and not o.is_owed
      and o.scheduled_for >= overrides_after.since and o.scheduled_for > was.cursor_at
      and o.scheduled_for <> overrides_after.occurrence
      and almanac_private.next_occurrence(was, o.scheduled_for - interval '1 microsecond') = o.scheduled_for
  ), places as (
    -- Its own time, the local time as far off as the one that moves, as much later; or, as where the clock of a day
    -- skips a time, the only one of that day in place of the only one.
    select u.*, p.nth, p.at
    from upcoming u
    cross join lateral (values
      (1, u.scheduled_for),
      (2, almanac.local_time(u.local_time + ((overrides_after.moved_to at time zone was.timezone)
        - (overrides_after.occurrence at time zone was.timezone)), rule.timezone)),
      (3, u.scheduled_for + (overrides_after.moved_to - overrides_after.occurrence)),
      (4, (
        select min(n.at)
        from (values (u.local_time::date + ((overrides_after.moved_to at time zone was.timezone)::date
          - (overrides_after.occurrence at time zone was.timezone)::date))) d(day)
        cross join lateral almanac_private.occurrences_between(rule,
          almanac.local_time(d.day::timestamp, rule.timezone),
          almanac.local_time(d.day + interval '1 day', rule.timezone), 2) n(at)
        having count(*) = 1 and (
          select count(*) from almanac_private.occurrences_between(was,
            almanac.local_time(u.local_time::date::timestamp, was.timezone),
            almanac.local_time(u.local_time::date + interval '1 day', was.timezone), 2)) = 1))
    ) p(nth, at)
    where almanac_private.next_occurrence(rule, p.at - interval '1 microsecond') = p.at
  ), nearest as (
    select distinct on (p.scheduled_for) p.scheduled_for, p.nth, p.at from places p
    order by p.scheduled_for, p.nth
  ), taken as (
    -- One place takes one.
    select distinct on (n.at) n.scheduled_for, n.at from nearest n order by n.at, n.nth, n.scheduled_for
  )
  select u.scheduled_for, u.action, u.moved_to, t.at
  from upcoming u left join taken t on t.scheduled_for = u.scheduled_for
  order by u.scheduled_for;
end
$$;
comment on function almanac_private.overrides_after(
  almanac.schedules, almanac.schedules, timestamptz, timestamptz, timestamptz
) is
  'Which occurrence of a new rule each one that is moved or skipped, from since on, becomes, where an occurrence and '
  'those that follow move; null where there is none that takes its place.';
grant execute on function almanac_private.overrides_after(
  almanac.schedules, almanac.schedules, timestamptz, timestamptz, timestamptz
) to almanac_viewer;
