-- Called by put_off_over, with its rights.
create or replace function almanac_private.fires_again_at(
  account text, limit_name text, wanted bigint, as_of timestamptz
) returns timestamptz
language sql stable
begin atomic
  with minutes as (
    select f.minute, sum(case fires_again_at.limit_name when 'runs_per_hour' then f.runs else f.bytes end) as used
    from almanac_private.fired f
    where f.account = fires_again_at.account and f.minute > fires_again_at.as_of - interval '1 hour'
      and f.minute <= fires_again_at.as_of
    group by f.minute
  ), total as (
    select coalesce(sum(m.used), 0) as used,
      coalesce(sum(m.used) filter (
        where m.minute = date_bin('1 minute', fires_again_at.as_of, '2000-01-01Z')), 0) as used_now,
      almanac_private.limit_for(fires_again_at.limit_name, fires_again_at.account) as most
    from minutes m
  )
  select case
    -- When runs will end is unknown: look again every half minute.
    when fires_again_at.limit_name = 'unfinished_runs'
      then date_bin('30 seconds', fires_again_at.as_of, '2000-01-01Z') + interval '30 seconds'
    -- The minute's share is used up, and the hour's is not.
    when fires_again_at.limit_name = 'payload_bytes_per_hour'
      and almanac_private.bytes_a_minute(t.most) - t.used_now < t.most - t.used
      then date_bin('1 minute', fires_again_at.as_of, '2000-01-01Z') + interval '1 minute'
    else greatest(fires_again_at.as_of + interval '1 second', coalesce((
      select min(g.minute) + interval '1 hour'
      from (select m.minute, sum(m.used) over (order by m.minute) as gone from minutes m) g
      -- What was left is fired by the same call.
      where g.gone >= greatest(wanted, t.used + wanted - t.most)), fires_again_at.as_of + interval '1 hour'))
    end
  from total t;
end;
comment on function almanac_private.fires_again_at(text, text, bigint, timestamptz) is
  'When an account that has met a limit may fire again, runs or bytes as wanted: in the next minute, or once as much '
  'as it lacks was fired an hour ago.';
