-- Definer: workers see no schedules.
create or replace function almanac_private.scheduled_roles(as_of timestamptz default clock_timestamp())
returns setof text
language sql stable security definer set search_path to pg_catalog, pg_temp set jit to off
begin atomic
  select distinct s.run_as from almanac.schedules s
  where s.next_run_at < scheduled_roles.as_of + interval '1 day' and not s.is_system
  limit 1000;
end;
comment on function almanac_private.scheduled_roles(timestamptz) is
  'The roles that schedules run as that are due within a day, for whose runs a worker keeps slots; at most 1,000.';
grant execute on function almanac_private.scheduled_roles(timestamptz) to almanac_worker;
