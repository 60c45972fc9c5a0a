-- The one place that says what an archive holds of a run; plain, so that callers inline it.
create or replace function almanac_private.archived_run(run jsonb, attempts jsonb, log jsonb) returns text
language sql immutable parallel safe
return (run || jsonb_build_object('attempts', coalesce(attempts, '[]'), 'log', coalesce(log, '[]')))::text;
comment on function almanac_private.archived_run(jsonb, jsonb, jsonb) is
  'A run as a line of an archive: the columns of almanac.runs, attempts: rows of almanac.run_attempts, log: rows of '
  'almanac.run_logs. Times and intervals as the settings TimeZone and IntervalStyle say.';
