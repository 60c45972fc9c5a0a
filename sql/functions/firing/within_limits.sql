-- Called by fire_due, with its rights and its settings.
create or replace function almanac_private.within_limits(
  ids bigint[], accounts text[], bytes bigint[], as_of timestamptz, out kept bigint[], out put_off bigint[],
  out held_up almanac_private.held_up[]
)
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_most_bytes constant bigint := almanac_private.bytes_a_call();
  v_large constant bigint := 4000;
  v_bytes bigint := 0;
  v_account record;
  v_left record;
  v_over bigint[];
  v_kept bigint[];
begin
  kept := within_limits.ids;
  put_off := '{}';
  held_up := '{}';
  if exists (select from almanac_private.put_off) then
    perform almanac_private.take_up(within_limits.ids);
  end if;
  if exists (select from almanac.task_stops t where t.resumed_at is null) then
    put_off := almanac_private.put_off_stopped(kept, within_limits.as_of);
    select coalesce(array_agg(u.id order by u.nth), '{}'), array_agg(u.account order by u.nth),
      array_agg(u.bytes order by u.nth)
    into within_limits.ids, within_limits.accounts, within_limits.bytes
    from unnest(within_limits.ids, within_limits.accounts, within_limits.bytes)
      with ordinality u(id, account, bytes, nth)
    where u.id <> all (put_off);
    kept := within_limits.ids;
  end if;
  for v_account in
    select d.account, count(*) as runs, sum(d.bytes) as bytes
    from unnest(within_limits.accounts, within_limits.bytes) d(account, bytes)
    where d.account is not null
    group by d.account
  loop
    v_bytes := v_bytes + v_account.bytes;
    continue when not almanac_private.is_limited(v_account.account);
    v_left := almanac_private.left_to_fire(v_account.account, within_limits.as_of, v_account.runs, true);
    if v_left.runs < v_account.runs or v_left.bytes < v_account.bytes or v_left.unfinished < v_account.runs then
      v_over := almanac_private.put_off_over(kept, v_account.account, v_left.runs, v_left.bytes, v_left.unfinished,
        within_limits.as_of);
      put_off := put_off || v_over;
      kept := array(select u.id from unnest(kept) with ordinality u(id, nth) where u.id <> all (v_over) order by u.nth);
    end if;
  end loop;
  if v_bytes > v_most_bytes then
    -- Those with large payloads in parts, one at least; they stay due.
    v_kept := kept;
    kept := array(
      select d.id
      from (
        select u.id, u.nth, u.bytes, sum(u.bytes) filter (where u.bytes > v_large) over (order by u.nth) as total
        from unnest(within_limits.ids, within_limits.bytes) with ordinality u(id, bytes, nth)
        where u.id = any (kept)
      ) d
      where d.bytes <= v_large or d.total - d.bytes < v_most_bytes
      order by d.nth);
    if cardinality(kept) < cardinality(v_kept) then
      held_up := array(
        select row(s.id, s.next_run_at, within_limits.as_of, 'payloads', null)::almanac_private.held_up
        from unnest(v_kept) u(id) join almanac.schedules s on s.id = any (array[u.id])
        where u.id <> all (kept));
    end if;
  end if;
end
$$;
comment on function almanac_private.within_limits(bigint[], text[], bigint[], timestamptz) is
  'Of schedules that are due and locked, with their accounts (null: Almanac''s own) and the bytes of their payloads, '
  'those to fire now. put_off: those whose account has met a limit, or whose task is switched off, which '
  'are due again later. held_up: what stays due, as large payloads are fired in parts.';
