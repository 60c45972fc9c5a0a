create or replace function almanac.runs_may_cancel(run almanac.runs) returns boolean
language sql stable set search_path to pg_catalog, pg_temp
return run.finished_at is null and run.cancel_requested_at is null and almanac_private.may_change_run(run);
comment on function almanac.runs_may_cancel(almanac.runs) is
  'Whether cancel_run() would do something: it has not ended, is not being cancelled, and the caller may.';
grant execute on function almanac.runs_may_cancel(almanac.runs) to almanac_viewer;
