-- Definer: writes a table that no one else may.
create or replace function almanac_private.run_ledger_check(
  as_of timestamptz default now()
) returns almanac.ledger_checks
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_began timestamptz := clock_timestamp();
  v_last almanac.ledger_checks := almanac.last_ledger_check();
  v_first timestamptz := run_ledger_check.as_of - interval '25 hours';
  v_from timestamptz := v_first;
  v_check almanac.ledger_checks;
begin
  if exists (
    select from almanac.ledger_checks c
    where c.checked_at > run_ledger_check.as_of - interval '24 hours'
      and c.range_end - c.range_start >= interval '25 hours')
  then
    -- What was found is checked again, so that a check without a problem means that none is left.
    v_from := greatest(v_first, least(v_last.range_end - interval '1 hour', run_ledger_check.as_of - interval '1 hour',
      (v_last.findings -> 0 ->> 'scheduled_for')::timestamptz));
  end if;
  insert into almanac.ledger_checks as c
    (checked_at, range_start, range_end, unchecked_since, found, counts, findings, took_ms, stale_at)
  with found as materialized (
    select row_number() over () as position, l.*
    from almanac.check_ledger(v_from, run_ledger_check.as_of, 100000) l
  )
  select run_ledger_check.as_of, v_from, run_ledger_check.as_of, case when v_last.range_end < v_from
    then v_last.range_end end,
    (select count(*) from found),
    (select coalesce(jsonb_object_agg(k.problem, k.count), '{}')
      from (select f.problem, count(*) from found f group by f.problem) k),
    (select coalesce(
      jsonb_agg(jsonb_build_object('problem', f.problem, 'schedule_id', f.schedule_id::text, 'schedule_name',
      f.schedule_name,
      'scheduled_for', f.scheduled_for, 'detail', f.detail) order by f.position), '[]') from found f
        where f.position <= 100),
    0, run_ledger_check.as_of + interval '2 hours'
  returning c.* into v_check;
  update almanac.ledger_checks c set took_ms = ceil(extract(epoch from clock_timestamp() - v_began) * 1000)
  where c.id = v_check.id returning c.* into v_check;
  delete from almanac.ledger_checks c where c.checked_at < run_ledger_check.as_of - interval '90 days';
  perform almanac_private.notify_changed('almanac_ledger', array[v_check.id], 'insert');
  return v_check;
end
$$;
comment on function almanac_private.run_ledger_check(timestamptz) is
  'Checks the ledger up to this moment and keeps the result: the last 25 hours once a day, otherwise from an hour '
  'before the last check ended, or from what that found; never more than 25 hours. Forgets what was found 90 days ago.';
grant execute on function almanac_private.run_ledger_check(timestamptz) to almanac_worker;
