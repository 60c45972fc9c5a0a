-- Definer: the jobs are Graphile Worker's. The row may be made up: only its id counts, and only a time is told.
create or replace function almanac.runs_next_attempt_at(run almanac.runs) returns timestamptz
language sql stable security definer set search_path to pg_catalog, pg_temp
begin atomic
  select j.run_at from graphile_worker.jobs j
  where runs_next_attempt_at.run.status = 'retrying' and j.key = 'run:' || runs_next_attempt_at.run.id;
end;
comment on function almanac.runs_next_attempt_at(almanac.runs) is
  'When a run that is tried again begins its next attempt; null: it is not waiting for one.';
grant execute on function almanac.runs_next_attempt_at(almanac.runs) to almanac_viewer;
