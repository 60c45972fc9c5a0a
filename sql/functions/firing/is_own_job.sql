create or replace function almanac_private.is_own_job(key text, task_identifier text) returns boolean
language sql stable parallel safe
return case
  when key ~ '^schedule:[0-9]{1,18}$' then task_identifier = 'almanac:wake'
  -- Under the task's own name: added by an Almanac before runs had a name of their own.
  when key ~ '^run:[0-9]{1,18}$' then exists (
    select from almanac.runs r where r.id = substr(key, 5)::bigint
      and is_own_job.task_identifier in (almanac_private.run_identifier(r.task_identifier), r.task_identifier))
  else false
end;
comment on function almanac_private.is_own_job(text, text) is
  'Whether a job under such a key is Almanac''s: it wakes a schedule, or is of the task of that run. A host''s job '
  'under a key that looks alike is the host''s.';
