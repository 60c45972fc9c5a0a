create or replace function almanac_private.is_host_job(key text, task_identifier text) returns boolean
language sql stable parallel safe
return case
  -- Whatever Graphile Worker keeps of a run loses its key when another job takes that.
  when is_host_job.task_identifier = 'almanac:wake' or is_host_job.task_identifier like 'almanac-run:%' then false
  -- Few have such a key: the others cost no call.
  when is_host_job.key ~ '^(run|schedule):[0-9]'
    then not almanac_private.is_own_job(is_host_job.key, is_host_job.task_identifier)
  else true
end;
comment on function almanac_private.is_host_job(text, text) is
  'Whether a job of Graphile Worker is the application''s: it neither wakes a schedule nor is a run.';
