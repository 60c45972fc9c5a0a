create or replace function almanac.skip_occurrence(schedule text, occurrence timestamptz, reason text default null)
returns almanac.occurrence_overrides
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
begin
  return almanac_private.override_occurrence(skip_occurrence.schedule, skip_occurrence.occurrence, 'skip', null,
    skip_occurrence.reason);
end
$$;
comment on function almanac.skip_occurrence(text, timestamptz, text) is
  'Skips one occurrence, named by its nominal time. The rest of the series is unaffected. restore_occurrence() takes '
  'it '
  'back.';
grant execute on function almanac.skip_occurrence(text, timestamptz, text) to almanac_operator;
