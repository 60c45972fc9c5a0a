create or replace function almanac_private.host_job_state(
  attempts integer, max_attempts integer, run_at timestamptz, locked_at timestamptz, as_of timestamptz
) returns text
language sql immutable parallel safe
return case
  when host_job_state.locked_at is not null then 'locked'
  when host_job_state.attempts >= host_job_state.max_attempts then 'failed'
  when host_job_state.run_at <= host_job_state.as_of then 'ready'
  when host_job_state.attempts > 0 then 'retrying'
  else 'scheduled'
end;
comment on function almanac_private.host_job_state(integer, integer, timestamptz, timestamptz, timestamptz) is
  'What happens with a job of Graphile Worker: locked (a worker has it), failed (it has no attempts left), ready, '
  'retrying (it waits for another attempt) or scheduled.';
