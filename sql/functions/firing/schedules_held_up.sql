-- Definer: reads what only the engine may. What it reads may be locked, as for overdue().
create or replace function almanac_private.schedules_held_up(
  out count bigint, out name text, out due_since timestamptz, out since timestamptz, out because text, out remedy text
) returns setof record
language plpgsql stable security definer set search_path to pg_catalog, pg_temp set lock_timeout to '200ms'
as $$
begin
  return query
  select g.count, g.name, g.due_since, g.since, b.because, b.remedy
  from (
    select h.reason, h.detail, s.run_as::text as run_as, count(*) as count,
      (array_agg(s.name order by s.next_run_at, s.id))[1] as name, min(h.due_at) as due_since, min(h.since) as since
    from almanac_private.held_up h join almanac.schedules s on s.id = h.schedule_id and s.next_run_at = h.due_at
    where s.is_system or not almanac_private.is_stopped()
    group by h.reason, h.detail, s.run_as
  ) g cross join lateral almanac_private.held_up_because(g.reason, g.detail, g.run_as) b
  order by g.count desc, g.since, g.reason limit 10;
exception when lock_not_available then
  return;
end
$$;
comment on function almanac_private.schedules_held_up() is
  'Schedules that are due and that firing has to leave for later, by what holds them up: how many, the first, since '
  'when it has been due, since when that holds them up, why, and what to do. The ten groups with most.';
grant execute on function almanac_private.schedules_held_up() to almanac_viewer;
