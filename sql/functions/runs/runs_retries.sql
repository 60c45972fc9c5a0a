create or replace function almanac.runs_retries(run almanac.runs) returns setof almanac.runs
language sql stable rows 1 set search_path to pg_catalog, pg_temp
begin atomic
  select r.* from almanac.runs r
  -- A retry has the nominal time of the run that it repeats.
  where r.schedule_id = runs_retries.run.schedule_id and r.scheduled_for = runs_retries.run.scheduled_for
    and r.retried_from = runs_retries.run.id
  order by r.id;
end;
comment on function almanac.runs_retries(almanac.runs) is 'The runs that repeat it, by retry_run(), the oldest first.';
grant execute on function almanac.runs_retries(almanac.runs) to almanac_viewer;
