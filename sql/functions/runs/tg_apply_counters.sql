-- Definer: writes computed columns on behalf of those who trigger a run.
create or replace function almanac_private.tg_apply_counters() returns trigger
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
begin
  -- Elsewhere a row that was changed meanwhile would make the commit fail: the next heartbeat counts then.
  if current_setting('transaction_isolation') = 'read committed' then
    perform almanac_private.apply_counters(schedule_ids => array[new.schedule_id]);
  end if;
  return null;
end
$$;
comment on function almanac_private.tg_apply_counters() is
  'At the commit of a transaction that triggered a run: counts it. Sooner it would hold the schedule locked, '
  'which keeps it from firing for as long as the transaction lasts.';
