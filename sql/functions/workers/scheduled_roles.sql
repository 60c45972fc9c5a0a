-- Definer: workers see no schedules.
create or replace function almanac_private.scheduled_roles(as_of timestamptz default clock_timestamp())
returns setof text
language sql stable security definer set search_path to pg_catalog, pg_temp set jit to off
  -- From role to role, whatever the statistics say: however many schedules there are, it reads two entries of a role.
  set enable_seqscan to off set enable_bitmapscan to off set enable_sort to off
begin atomic
  with recursive roles as (
    (select s.run_as from almanac.schedules s where s.next_run_at is not null and not s.is_system
      order by s.run_as limit 1)
    union all
    select (select s.run_as from almanac.schedules s
      where s.next_run_at is not null and not s.is_system and s.run_as > r.run_as order by s.run_as limit 1)
    from roles r where r.run_as is not null
  )
  select r.run_as from roles r
  where (
    select s.next_run_at from almanac.schedules s
    where s.run_as = r.run_as and s.next_run_at is not null and not s.is_system
    order by s.run_as, s.next_run_at limit 1) < scheduled_roles.as_of + interval '1 day'
  limit 1000;
end;
comment on function almanac_private.scheduled_roles(timestamptz) is
  'The roles that schedules run as that are due within a day, for whose runs a worker keeps slots; at most 1,000.';
grant execute on function almanac_private.scheduled_roles(timestamptz) to almanac_worker;
