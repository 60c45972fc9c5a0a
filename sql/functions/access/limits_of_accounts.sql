-- Called by limits and check_limits, with their rights.
create or replace function almanac_private.limits_of_accounts(of_account text default null) returns table (
  account text, limit_name text, used bigint, most bigint, put_off bigint, since timestamptz, until timestamptz
)
language sql stable
begin atomic
  with waiting as materialized (
    select p.* from almanac_private.put_off_by_limit() p
    where p.account = coalesce(limits_of_accounts.of_account, p.account)
  ), used as materialized (
    select f.account, sum(f.runs)::bigint as runs, sum(f.bytes)::bigint as bytes
    from almanac_private.fired f
    where f.minute > clock_timestamp() - interval '1 hour'
      and f.account = coalesce(limits_of_accounts.of_account, f.account)
    group by f.account
  ), live as materialized (
    select l.account, count(*) from almanac_private.live_runs l
    where l.account = coalesce(limits_of_accounts.of_account, l.account)
    group by l.account
  ), accounts as (
    select u.account from used u union select w.account from waiting w
  )
  select a.account, l.limit_name, l.used, l.most, coalesce(w.count, 0), w.since, w.until
  from accounts a
  left join used u on u.account = a.account
  left join live v on v.account = a.account
  cross join lateral (
    select m.limit_name, almanac_private.limit_for(m.limit_name, a.account) as most, m.used
    from (values ('runs_per_hour', coalesce(u.runs, 0)), ('payload_bytes_per_hour', coalesce(u.bytes, 0)),
      ('unfinished_runs', coalesce(v.count, 0))) m(limit_name, used)
  ) l
  left join waiting w on w.account = a.account and w.limit_name = l.limit_name
  where almanac_private.is_limited(a.account);
end;
comment on function almanac_private.limits_of_accounts(text) is
  'What the schedules of each role, or user of the web client, have fired in the last hour, and have unfinished, next '
  'to what they may, and how many of them are put off as of which limit; of one account, if one is named.';
