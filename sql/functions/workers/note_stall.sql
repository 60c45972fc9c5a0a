-- Definer: workers have no right to write tables.
create or replace function almanac_private.note_stall(worker_id bigint, lasted interval, reason text) returns void
language sql volatile security definer set search_path to pg_catalog, pg_temp
begin atomic
  update almanac.workers w
  set takes_nothing_since = clock_timestamp() - note_stall.lasted, takes_nothing_because = left(note_stall.reason, 1000)
  where w.id = note_stall.worker_id and w.status in ('active', 'draining');
end;
comment on function almanac_private.note_stall(bigint, interval, text) is
  'Records for how long a worker has taken no jobs although it has free slots, and why; both null: it takes them.';
grant execute on function almanac_private.note_stall(bigint, interval, text) to almanac_worker;
