create or replace function almanac.run_page_found(page almanac.run_page) returns integer
language sql immutable set search_path to pg_catalog, pg_temp
return cardinality((page).run_ids);
comment on function almanac.run_page_found(almanac.run_page) is 'How many runs are on the page.';
grant execute on function almanac.run_page_found(almanac.run_page) to almanac_viewer;
