-- Without a set clause, so that callers inline it.
create or replace function almanac_private.kept_from(
  finished_at timestamptz, parent_id bigint, scheduled_for timestamptz
) returns timestamptz
language sql stable
return case when kept_from.parent_id is null then kept_from.finished_at else (
  select p.finished_at from almanac.runs p
  where p.id = kept_from.parent_id and p.scheduled_for = kept_from.scheduled_for) end;
comment on function almanac_private.kept_from(timestamptz, bigint, timestamptz) is
  'The end by which retention looks at a run: that of its parent, where it has one; null: none yet.';
