create or replace function almanac_private.is_own_job(key text, payload json) returns boolean
language sql immutable parallel safe
return (key = 'run:' || (payload #>> '{_run,id}') or key = 'schedule:' || (payload ->> 'scheduleId')) is true;
comment on function almanac_private.is_own_job(text, json) is
  'Whether a job under such a key is Almanac''s: its payload names the same run or schedule. A host''s job under a key that looks alike is the host''s.';
