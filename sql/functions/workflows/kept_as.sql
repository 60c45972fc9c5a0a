-- Without a set clause, so that callers inline it.
create or replace function almanac_private.kept_as(
  status almanac.run_status, parent_id bigint, scheduled_for timestamptz
) returns almanac.run_status
language sql stable
return case when kept_as.parent_id is null then kept_as.status else coalesce((
  select p.status from almanac.runs p
  where p.id = kept_as.parent_id and p.scheduled_for = kept_as.scheduled_for), kept_as.status) end;
comment on function almanac_private.kept_as(almanac.run_status, bigint, timestamptz) is
  'The status by which retention looks at a run: that of its parent, with which it stays, where it has one.';
