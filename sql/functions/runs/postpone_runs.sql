-- Called by begin_runs, with its rights and settings.
create or replace function almanac_private.postpone_runs(
  first_time timestamptz, last_time timestamptz, run_ids bigint[], run_ats timestamptz[], job_ids bigint[],
  flags text[] default null
) returns bigint[]
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_keys text[] := array(select 'run:' || i.id from unnest(postpone_runs.run_ids) i(id));
  -- A job that someone has come across while a worker fetched it stays locked until his transaction ends. Anyone who
  -- waited for it here, with other runs locked, could be what that transaction waits for next.
  v_free bigint[] := array(
    select w.id from graphile_worker._private_jobs w
    where w.id = any (postpone_runs.job_ids) and w.key = any (v_keys)
    order by w.id for update skip locked);
begin
  perform from graphile_worker.add_jobs(array(
    select (s.identifier, s.payload, s.queue_name, s.run_at, s.max_attempts, s.job_key, s.priority,
      postpone_runs.flags)::graphile_worker.job_spec
    from unnest(postpone_runs.run_ids, postpone_runs.run_ats) p(id, at)
    join almanac.runs r on r.id = p.id and r.scheduled_for between postpone_runs.first_time and postpone_runs.last_time
    join graphile_worker.jobs j on j.key = 'run:' || r.id
    cross join lateral almanac_private.run_job_spec(r.id, r.schedule_id, r.scheduled_for, r.attempt + 1, r.trigger,
      r.task_identifier, r.payload, r.priority, p.at, r.lost_attempts) s
    where r.status in ('queued', 'retrying') and j.id = any (v_free)
    order by r.id
  ));
  return array(
    select substr(w.key, 5)::bigint from graphile_worker._private_jobs w
    where w.id = any (postpone_runs.job_ids) and w.key = any (v_keys) and w.id <> all (v_free));
end
$$;
comment on function almanac_private.postpone_runs(
  timestamptz, timestamptz, bigint[], timestamptz[], bigint[], text[]
) is
  'Gives runs of one week that cannot begin now new jobs in place of those that they have, for these times and with '
  'these flags. So they take up no slot of a worker meanwhile. Returns those whose job someone holds locked: they '
  'keep it.';
