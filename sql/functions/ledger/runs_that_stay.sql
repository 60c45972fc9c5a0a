create or replace function almanac_private.runs_that_stay(
  rule almanac_private.retention_rule, range_start timestamptz, range_end timestamptz, first_id bigint,
  as_of timestamptz
) returns table (id bigint)
language sql stable
begin atomic
  select r.id
  from almanac.runs r
  left join almanac.schedules s on s.id = r.schedule_id
  cross join lateral almanac_private.kept_since(runs_that_stay.rule, s.keep_for, s.keep_failures_for,
    runs_that_stay.as_of) k
  where r.scheduled_for >= runs_that_stay.range_start and r.scheduled_for < runs_that_stay.range_end
    and r.id >= runs_that_stay.first_id
    and (
      not almanac_private.has_expired(almanac_private.kept_as(r.status, r.parent_id, r.scheduled_for),
        almanac_private.kept_from(r.finished_at, r.parent_id, r.scheduled_for), r.due_at, false, k.runs_since,
        k.failures_since,
        case when s.deleted_at is null then s.last_run_at end)
      -- What is repeated by another goes after that, and its children with it.
      or coalesce(r.parent_id, r.id) in (
        select t.retried_from from almanac.runs t
        where t.scheduled_for >= runs_that_stay.range_start and t.scheduled_for < runs_that_stay.range_end
          and t.id >= runs_that_stay.first_id and t.retried_from is not null));
end;
comment on function almanac_private.runs_that_stay(
  almanac_private.retention_rule, timestamptz, timestamptz, bigint, timestamptz
) is
  'Runs of a range of nominal times, from an id on, that are to be kept by the rules of age.';
