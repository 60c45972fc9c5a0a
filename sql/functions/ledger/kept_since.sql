-- Without a set clause, so that callers inline it. Days and months are those of UTC, whatever the session's zone.
create or replace function almanac_private.kept_since(
  rule almanac_private.retention_rule, keep_for interval, keep_failures_for interval, as_of timestamptz
) returns table (runs_since timestamptz, failures_since timestamptz)
language sql immutable parallel safe rows 1
begin atomic
  select
    coalesce(
      (kept_since.as_of at time zone 'UTC' - nullif(coalesce(kept_since.keep_for, (kept_since.rule).keep_for),
        interval '0')) at time zone 'UTC', '-infinity'),
    case coalesce(kept_since.keep_failures_for, (kept_since.rule).keep_failures_for) when interval '0'
      then timestamptz '-infinity'
      else coalesce(
        (kept_since.as_of at time zone 'UTC' - coalesce(kept_since.keep_failures_for,
          (kept_since.rule).keep_failures_for)) at time zone 'UTC', 'infinity') end;
end;
comment on function almanac_private.kept_since(almanac_private.retention_rule, interval, interval, timestamptz) is
  'Since when runs are kept by what a schedule says, otherwise by the rule for all: runs_since, any that ended since '
  'then (-infinity: all); failures_since: also those that failed or timed out since then (infinity: like others).';
grant execute on function almanac_private.kept_since(almanac_private.retention_rule, interval, interval, timestamptz)
  to almanac_viewer;
