-- Definer: workers see no schedules.
create or replace function almanac_private.scheduled_accounts(as_of timestamptz default clock_timestamp())
returns setof text
language sql stable security definer set search_path to pg_catalog, pg_temp set jit to off
  -- From one to the next, whatever the statistics say: however many schedules there are, it reads two entries of each.
  set enable_seqscan to off set enable_bitmapscan to off set enable_sort to off
begin atomic
  with recursive accounts as (
    (select almanac_private.account(s.run_as, s.owner_user) as account from almanac.schedules s
      where s.next_run_at is not null and not s.is_system
      order by almanac_private.account(s.run_as, s.owner_user) limit 1)
    union all
    select (select almanac_private.account(s.run_as, s.owner_user) from almanac.schedules s
      where s.next_run_at is not null and not s.is_system
        and almanac_private.account(s.run_as, s.owner_user) > a.account
      order by almanac_private.account(s.run_as, s.owner_user) limit 1)
    from accounts a where a.account is not null
  )
  select a.account from accounts a
  where (
    select s.next_run_at from almanac.schedules s
    where almanac_private.account(s.run_as, s.owner_user) = a.account and s.next_run_at is not null
      and not s.is_system
    order by almanac_private.account(s.run_as, s.owner_user), s.next_run_at limit 1)
      < scheduled_accounts.as_of + interval '1 day'
  limit 1000;
end;
comment on function almanac_private.scheduled_accounts(timestamptz) is
  'The roles, and users of the web client, who have schedules that are due within a day, for whose runs a worker keeps '
  'slots; at most 1,000.';
grant execute on function almanac_private.scheduled_accounts(timestamptz) to almanac_worker;
