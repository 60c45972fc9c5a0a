-- Called by begin_runs, with its rights and settings.
create or replace function almanac_private.postpone_runs(
  scheduled_for timestamptz, run_ids bigint[], job_ids bigint[], as_of timestamptz
) returns void
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
begin
  perform from graphile_worker.add_jobs(array(
    select almanac_private.run_job_spec(r.id, r.schedule_id, r.scheduled_for, r.attempt + 1, r.trigger,
      r.task_identifier, r.payload, r.priority, postpone_runs.as_of
        + least(greatest(postpone_runs.as_of - h.held_since, interval '1 second'), interval '1 minute'),
      r.lost_attempts)
    from almanac.runs r
    join almanac_private.held_runs h on h.run_id = r.id
    join graphile_worker.jobs j on j.key = 'run:' || r.id
    where r.id = any (postpone_runs.run_ids) and r.scheduled_for = postpone_runs.scheduled_for
      and r.status in ('queued', 'retrying') and j.id = any (postpone_runs.job_ids)
    order by r.id
  ));
end
$$;
comment on function almanac_private.postpone_runs(timestamptz, bigint[], bigint[], timestamptz) is
  'Gives runs of one time that someone holds locked, and that have not begun, new jobs in place of those that they '
  'have: a second later, or after as long again as they have been held, at most a minute. So they take up no place of '
  'a worker''s.';
