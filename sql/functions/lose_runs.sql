create or replace function almanac_private.lose_runs(worker_id bigint, runs jsonb, as_of timestamptz) returns void
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
begin
  perform almanac_private.finish_runs(lose_runs.worker_id,
    (select jsonb_agg(r.value || '{"status": "failed", "error": "The worker was lost."}') from jsonb_array_elements(lose_runs.runs) r), lose_runs.as_of);
  -- At once, not after the schedule's delay: the task is not to blame.
  perform graphile_worker.add_jobs(array(
    select almanac_private.run_job_spec(r.id, r.schedule_id, r.scheduled_for, r.attempt + 1, r.trigger, r.task_identifier, r.payload, r.priority, null)
    from jsonb_to_recordset(lose_runs.runs) a("runId" bigint, "scheduledFor" timestamptz)
    join almanac.runs r on r.id = a."runId" and r.scheduled_for = a."scheduledFor"
    where r.status = 'retrying' order by r.id
  ));
end
$$;
comment on function almanac_private.lose_runs(bigint, jsonb, timestamptz) is 'Ends the attempts that a lost worker had running, and queues the next ones at once.';
