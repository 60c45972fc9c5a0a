create or replace function almanac_private.failures_known_since() returns timestamptz
language sql stable set search_path to pg_catalog, pg_temp
return statement_timestamp() - interval '72 hours';
comment on function almanac_private.failures_known_since() is
  'Since when all runs that failed or timed out are in recent_failures.';
grant execute on function almanac_private.failures_known_since() to almanac_viewer;
