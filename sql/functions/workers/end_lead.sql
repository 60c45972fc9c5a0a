-- Called by drain_worker, stop_worker and mark_worker_lost, with their rights, after they have locked the worker's row,
-- as heartbeat() does: the other way round one that comes at the same time would wait for them, and they for it.
create or replace function almanac_private.end_lead(worker_id bigint) returns void
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
begin
  delete from almanac_private.leases l where l.worker_id = end_lead.worker_id;
  if found then
    notify almanac_leads;
  end if;
end
$$;
comment on function almanac_private.end_lead(bigint) is
  'Ends a worker''s lead, if it has it, and notifies the standbys, one of which leads from then on.';
