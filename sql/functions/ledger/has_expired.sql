-- Without a set clause, so that callers inline it. The one place that decides whether a run goes.
create or replace function almanac_private.has_expired(
  status almanac.run_status, finished_at timestamptz, due_at timestamptz, is_surplus boolean,
  runs_since timestamptz, failures_since timestamptz, last_run_at timestamptz
) returns boolean
language sql immutable parallel safe
return coalesce(has_expired.finished_at < has_expired.runs_since
    or has_expired.is_surplus and has_expired.finished_at is not null, false)
  and (has_expired.status not in ('failed', 'timed_out') or has_expired.finished_at < has_expired.failures_since)
  and (has_expired.status = 'skipped' or has_expired.due_at < coalesce(has_expired.last_run_at, 'infinity'));
comment on function almanac_private.has_expired(
  almanac.run_status, timestamptz, timestamptz, boolean, timestamptz, timestamptz, timestamptz
) is
  'Whether a run is no longer kept: it has finished, ended before runs_since or is_surplus (more than keep_last are '
  'newer), is not a failure that is kept for longer, and not the latest of a schedule (last_run_at; null: it may be).';
grant execute on function almanac_private.has_expired(
  almanac.run_status, timestamptz, timestamptz, boolean, timestamptz, timestamptz, timestamptz
) to almanac_viewer;
