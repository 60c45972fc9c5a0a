-- What it reads may be locked: /healthz and status must answer then too, and say by blockers() who holds the lock.
create or replace function almanac_private.overdue(as_of timestamptz default now()) returns jsonb
language plpgsql stable set search_path to pg_catalog, pg_temp set lock_timeout to '200ms'
as $$
begin
  return (
    with due as materialized (
      select s.name, s.timezone, s.next_run_at
      from almanac.schedules s
      where s.next_run_at < overdue.as_of - interval '30 seconds'
        and (s.is_system or not exists (select from almanac.stops t where t.resumed_at is null))
    )
    select jsonb_build_object(
      'count', count(*), 'name', (array_agg(d.name order by d.next_run_at))[1], 'at', min(d.next_run_at),
      -- Where it is the schedule itself that keeps it from firing, and not the engine.
      'lost', (
        select jsonb_agg(jsonb_build_object('name', z.name, 'timezone', z.timezone) order by z.timezone)
        from (select l.timezone, min(l.name) as name from due l group by l.timezone offset 0) z
        where not almanac_private.knows_timezone(z.timezone)))
    from due d
    having count(*) > 0);
exception when lock_not_available then
  return null;
end
$$;
comment on function almanac_private.overdue(timestamptz) is
  'Schedules that have been due for longer than it takes to replace a leader that died: how many, the first, and of '
  'each '
  'time zone that the server has lost one schedule. Null: none, or '
  'the schedules are locked, and not known.';
grant execute on function almanac_private.overdue(timestamptz) to almanac_viewer;
