-- Called by finish_runs, with its rights and settings.
create or replace function almanac_private.with_free_jobs(run_ids bigint[]) returns bigint[]
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_held text[] := almanac_private.held_jobs(array(select 'run:' || i.id from unnest(with_free_jobs.run_ids) i(id)));
begin
  return array(
    select i.id from unnest(with_free_jobs.run_ids) i(id) where 'run:' || i.id <> all (v_held) order by i.id);
end
$$;
comment on function almanac_private.with_free_jobs(bigint[]) is
  'Of runs, those whose job no one holds locked, or that have none: they can be given a new one without waiting. Their '
  'jobs are locked.';
