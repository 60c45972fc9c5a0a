-- Definer: as retry_failed().
create or replace function almanac.count_runs_to_retry(
  filter jsonb, out failed bigint, out retried bigint, out impossible bigint, out others bigint
)
language plpgsql stable security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_filter almanac_private.run_filter := almanac_private.read_run_filter(count_runs_to_retry.filter);
begin
  select count(*) filter (where f.is_mine and f.is_possible and not f.is_retried),
    count(*) filter (where f.is_mine and f.is_retried),
    count(*) filter (where f.is_mine and not f.is_possible and not f.is_retried), count(*) filter (where not f.is_mine)
  into failed, retried, impossible, others
  from almanac_private.failed_runs(v_filter) f;
end
$$;
comment on function almanac.count_runs_to_retry(jsonb) is
  'What retry_failed() would repeat: failed. retried: those that were repeated already; impossible: those '
  'whose schedule was deleted or has another task; others: those of schedules that the caller may not change. It '
  'leaves all of these alone.';
grant execute on function almanac.count_runs_to_retry(jsonb) to almanac_viewer;
