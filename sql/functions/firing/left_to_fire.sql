-- Called by within_limits, resolve_rule and check_limits, with their rights.
--
-- What an account (a role, or a user of the web client) fires is counted by tg_count_fired in almanac_private.fired,
-- where each backend has a row of its own for each account and minute, so that counting keeps no one waiting: 60 to
-- some hundred rows are added up here, in 0.1 ms.
-- How many runs have not ended is counted in almanac_private.live_runs only when the last count and what has been fired
-- since exceed the limit: 20,000 are as many entries of an index. Of an hour's bytes one minute has a share, so that
-- workers have run what is large before others' runs wait behind it.
create or replace function almanac_private.left_to_fire(
  account text, as_of timestamptz, wanted bigint default 1, keeps_count boolean default false,
  out runs bigint, out bytes bigint, out unfinished bigint
)
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_most bigint := almanac_private.limit_for('unfinished_runs', left_to_fire.account);
  v_most_bytes bigint := almanac_private.limit_for('payload_bytes_per_hour', left_to_fire.account);
  v_count almanac_private.unfinished_counts;
  v_fired bigint;
begin
  select almanac_private.limit_for('runs_per_hour', left_to_fire.account) - coalesce(sum(f.runs), 0),
    least(v_most_bytes - coalesce(sum(f.bytes), 0), almanac_private.bytes_a_minute(v_most_bytes)
      - coalesce(sum(f.bytes) filter (where f.minute = date_bin('1 minute', left_to_fire.as_of, '2000-01-01Z')), 0))
  into left_to_fire.runs, left_to_fire.bytes
  from almanac_private.fired f
  where f.account = left_to_fire.account and f.minute > left_to_fire.as_of - interval '1 hour'
    and f.minute <= left_to_fire.as_of;
  if v_most is null then
    return;
  end if;
  select c.* into v_count from almanac_private.unfinished_counts c
  where c.account = left_to_fire.account and c.counted_at > left_to_fire.as_of - interval '1 hour'
    and c.counted_at <= left_to_fire.as_of
  order by c.counted_at desc, c.id desc limit 1;
  if v_count.id is not null then
    select coalesce(sum(f.runs), 0) into v_fired from almanac_private.fired f
    where f.account = left_to_fire.account and f.minute >= date_bin('1 minute', v_count.counted_at, '2000-01-01Z');
    unfinished := v_most - v_count.unfinished - (v_fired - v_count.fired);
    if unfinished >= left_to_fire.wanted then
      return;
    end if;
  end if;
  select v_most - almanac_private.count_unfinished(left_to_fire.account, v_most + 1), coalesce(sum(f.runs), 0)
  into left_to_fire.unfinished, v_fired
  from almanac_private.fired f
  where f.account = left_to_fire.account
    and f.minute >= date_bin('1 minute', left_to_fire.as_of, '2000-01-01Z');
  if keeps_count then
    insert into almanac_private.unfinished_counts (account, counted_at, unfinished, fired)
    values (left_to_fire.account, left_to_fire.as_of, v_most - left_to_fire.unfinished, v_fired);
    delete from almanac_private.unfinished_counts c where c.id = any (array(
      select o.id from almanac_private.unfinished_counts o
      where o.account = left_to_fire.account and o.id < v_count.id limit 100 for update skip locked));
  end if;
end
$$;
comment on function almanac_private.left_to_fire(text, timestamptz, bigint, boolean) is
  'What the schedules of an account may still fire, in runs and bytes of payload an hour, and in runs that have not '
  'ended (as long as more than wanted are left, at least that many); null: no limit. keeps_count: notes what it '
  'counted.';
