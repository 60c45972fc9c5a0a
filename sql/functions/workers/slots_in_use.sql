-- Definer: runs in hand are kept in a table of the owner's.
create or replace function almanac.slots_in_use()
returns table (worker_id bigint, slots integer, in_use bigint)
language sql stable rows 10 security definer set search_path to pg_catalog, pg_temp
begin atomic
  with running as materialized (
    select r.worker_id, count(*) as count
    from almanac_private.live_runs l
    join almanac.runs r on r.id = l.run_id and r.scheduled_for = l.scheduled_for
    where r.status = 'running'
    group by r.worker_id
  )
  select w.id, w.concurrency, coalesce(r.count, 0)
  from almanac.workers w left join running r on r.worker_id = w.id
  where w.status in ('active', 'draining')
  order by w.id;
end;
comment on function almanac.slots_in_use() is
  'How many slots each running worker has, and how many runs it has in hand.';
grant execute on function almanac.slots_in_use() to almanac_viewer;
