create or replace function almanac.next_run_at(
  cron text, timezone text default 'UTC', after timestamptz default now()
) returns timestamptz
language plpgsql stable parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  v_rule almanac_private.compiled_cron := almanac_private.compile_cron(next_run_at.cron);
begin
  perform almanac_private.check_timezone(next_run_at.timezone);
  return almanac_private.next_cron(v_rule, next_run_at.timezone, next_run_at.after);
end
$$;
comment on function almanac.next_run_at(text, text, timestamptz) is
  'First time that a cron expression names strictly after a moment, in a time zone; null: never.';
grant execute on function almanac.next_run_at(text, text, timestamptz) to almanac_viewer;
