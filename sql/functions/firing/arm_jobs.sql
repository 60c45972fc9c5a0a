-- Called by what people call, whose transaction may stay open, with the lock on the schedules.
create or replace function almanac_private.arm_jobs(specs graphile_worker.job_spec[]) returns void
language plpgsql volatile set search_path to pg_catalog, pg_temp
  -- By key, whatever the statistics say, like add_jobs.
  set jit to off set enable_hashjoin to off set enable_mergejoin to off set enable_seqscan to off
as $$
declare
  v_keys text[] := array(select s.job_key from unnest(arm_jobs.specs) s);
  v_free bigint[];
  v_taken text[];
begin
  if cardinality(v_keys) > 0 then
    -- From here on no worker takes these.
    v_free := array(
      select j.id from graphile_worker._private_jobs j
      where j.key = any (v_keys) and (j.locked_at is null or j.locked_at <= now() - interval '4 hours')
      order by j.id for update skip locked);
    v_taken := array(
      select j.key from graphile_worker._private_jobs j where j.key = any (v_keys) and j.id <> all (v_free));
    perform almanac_private.add_jobs(array(
      select s from unnest(arm_jobs.specs) s where s.job_key <> all (v_taken)));
  end if;
end
$$;
comment on function almanac_private.arm_jobs(graphile_worker.job_spec[]) is
  'Arms schedules for people. A wake-up job that a worker has is left alone, as the worker could not end it before the '
  'transaction ends: its task arms the schedule once it can lock it (wake). So is one that someone holds locked: '
  'arm_free says what happens then.';
