-- Definer: settings are the owner's.
create or replace function almanac_private.retention_rule() returns almanac_private.retention_rule
language plpgsql stable security definer parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  v_rule almanac_private.retention_rule;
begin
  select (s.value ->> 'keep_for')::interval, (s.value ->> 'keep_failures_for')::interval,
    (s.value ->> 'keep_last')::integer, coalesce((s.value ->> 'archive')::boolean, false)
  into v_rule
  from almanac_private.settings s where s.key = 'retention';
  return v_rule;
end
$$;
comment on function almanac_private.retention_rule() is
  'How long finished runs are kept, for all schedules that say nothing else. keep_for null: forever; keep_failures_for '
  'null: like others, 0: forever; keep_last null: however many; archive: whether what is removed is kept for files.';
grant execute on function almanac_private.retention_rule() to almanac_viewer;
