create or replace function almanac.move_occurrence(
  schedule text, occurrence timestamptz, moved_to timestamptz, reason text default null
)
returns almanac.occurrence_overrides
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
begin
  return almanac_private.override_occurrence(move_occurrence.schedule, move_occurrence.occurrence, 'move',
    move_occurrence.moved_to, move_occurrence.reason);
end
$$;
comment on function almanac.move_occurrence(text, timestamptz, timestamptz, text) is
  'Makes one occurrence, named by its nominal time, run at another time. The rest of the series is unaffected. '
  'restore_occurrence() undoes it.';
grant execute on function almanac.move_occurrence(text, timestamptz, timestamptz, text) to almanac_operator;
