create or replace function almanac.run_page_runs(page almanac.run_page) returns setof almanac.runs
language sql stable rows 100 set search_path to pg_catalog, pg_temp
begin atomic
  select r.* from unnest((page).run_ids, (page).scheduled_fors) with ordinality u(id, at, nth)
  join almanac.runs r on r.id = u.id and r.scheduled_for = u.at
  order by u.nth;
end;
comment on function almanac.run_page_runs(almanac.run_page) is 'The runs of the page, the newest first.';
grant execute on function almanac.run_page_runs(almanac.run_page) to almanac_viewer;
