-- Called by the engine, with its rights and settings.
create or replace function almanac_private.arm_free(specs graphile_worker.job_spec[]) returns void
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_held text[] := almanac_private.held_jobs(array(select s.job_key from unnest(arm_free.specs) s));
begin
  perform almanac_private.add_jobs(array(select s from unnest(arm_free.specs) s where s.job_key <> all (v_held)));
end
$$;
comment on function almanac_private.arm_free(graphile_worker.job_spec[]) is
  'Arms schedules without waiting. A wake-up job that someone holds locked is left as it is: once it is free it wakes '
  'its schedule, maybe too early, and is armed, or reconcile() arms it a minute before it would be too late.';
