create or replace function almanac.runs_may_retry(run almanac.runs) returns boolean
language sql stable set search_path to pg_catalog, pg_temp
return almanac_private.is_repeatable(run.status) and almanac_private.retry_problem(run) is null and exists (
  select from almanac.schedules s
  where s.id = run.schedule_id and almanac_private.may_change(s.owner_user, s.run_as_key));
comment on function almanac.runs_may_retry(almanac.runs) is
  'Whether retry_run() can repeat it: it failed, timed out or was cancelled, its schedule is there and has its task, '
  'no one is repeating it, and the caller may.';
grant execute on function almanac.runs_may_retry(almanac.runs) to almanac_viewer;
