-- What it reads may be locked: /healthz and status must answer then too, and say by blockers() who holds the lock.
create or replace function almanac_private.overdue(as_of timestamptz default now()) returns jsonb
language plpgsql stable set search_path to pg_catalog, pg_temp set lock_timeout to '200ms'
as $$
begin
  return (
    select jsonb_build_object(
      'count', count(*), 'name', (array_agg(s.name order by s.next_run_at))[1], 'at', min(s.next_run_at))
    from almanac.schedules s
    where s.next_run_at < overdue.as_of - interval '30 seconds'
      and (s.is_system or not exists (select from almanac.stops t where t.resumed_at is null))
    having count(*) > 0);
exception when lock_not_available then
  return null;
end
$$;
comment on function almanac_private.overdue(timestamptz) is
  'Schedules that are due for longer than it takes to follow a leader that died: how many, and the first. Null: none, or '
  'the schedules are locked, and not known.';
grant execute on function almanac_private.overdue(timestamptz) to almanac_viewer;
