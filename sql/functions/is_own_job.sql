create or replace function almanac_private.is_own_job(key text, task_identifier text) returns boolean
language sql stable parallel safe
return case
  when key ~ '^schedule:[0-9]{1,18}$' then task_identifier = 'almanac:wake'
  when key ~ '^run:[0-9]{1,18}$' then exists (
    select from almanac.runs r where r.id = substr(key, 5)::bigint and r.task_identifier = is_own_job.task_identifier)
  else false
end;
comment on function almanac_private.is_own_job(text, text) is
  'Whether a job under such a key is Almanac''s: it wakes a schedule, or is of the task of that run. A host''s job under a key that looks alike is the host''s.';
