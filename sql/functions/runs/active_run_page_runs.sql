create or replace function almanac.active_run_page_runs(page almanac.active_run_page) returns setof almanac.runs
language sql stable rows 50 set search_path to pg_catalog, pg_temp
begin atomic
  select r.* from unnest((page).run_ids, (page).scheduled_fors) with ordinality u(id, at, nth)
  join almanac.runs r on r.id = u.id and r.scheduled_for = u.at
  order by u.nth;
end;
comment on function almanac.active_run_page_runs(almanac.active_run_page) is
  'The runs of the page: those that run, for longest first, then the others by nominal time.';
grant execute on function almanac.active_run_page_runs(almanac.active_run_page) to almanac_viewer;
