create or replace function almanac_private.add_jobs(specs graphile_worker.job_spec[]) returns void
language plpgsql volatile set search_path to pg_catalog, pg_temp
  -- By key, whatever the statistics say: a hash join would read all jobs for a handful, within Graphile Worker's
  -- function too.
  set jit to off set enable_hashjoin to off set enable_mergejoin to off set enable_seqscan to off
as $$
begin
  if cardinality(add_jobs.specs) > 0 then
    perform graphile_worker.add_jobs(add_jobs.specs);
  end if;
end
$$;
comment on function almanac_private.add_jobs(graphile_worker.job_spec[]) is
  'Adds jobs for callers that join sets of their own, which need hash joins, while Graphile Worker''s look-up by key '
  'must not use one.';
