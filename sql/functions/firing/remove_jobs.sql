create or replace function almanac_private.remove_jobs(keys text[]) returns void
language plpgsql volatile set search_path to pg_catalog, pg_temp
  -- By key, whatever the statistics say, like fire_due.
  set jit to off set enable_hashjoin to off set enable_mergejoin to off set enable_seqscan to off
as $$
declare
  v_free bigint[] := array(
    select w.id from graphile_worker._private_jobs w
    where w.key = any (remove_jobs.keys) and (w.locked_at is null or w.locked_at < now() - interval '4 hours')
    order by w.id for update skip locked);
begin
  delete from graphile_worker._private_jobs d
  using graphile_worker.jobs j
  where j.key = any (remove_jobs.keys) and j.id = any (v_free) and almanac_private.is_own_job(j.key, j.task_identifier)
    and d.id = j.id;
end
$$;
comment on function almanac_private.remove_jobs(text[]) is
  'Removes the jobs under these keys, unless they are a host''s. One that a worker has is left alone, as the worker '
  'could not end it before this transaction ends, and one that someone holds locked, so that no one waits: it finds '
  'nothing to do.';
