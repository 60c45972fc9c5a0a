create or replace function almanac_private.is_fired_late(
  schedule almanac.schedules, due_at timestamptz, latest timestamptz, tolerated timestamptz, since timestamptz
) returns boolean
language sql immutable parallel safe
return due_at >= tolerated
  or (due_at >= since and (
    (schedule).missed_run_policy = 'run_all' or ((schedule).missed_run_policy = 'run_latest' and due_at is not distinct from latest)));
comment on function almanac_private.is_fired_late(almanac.schedules, timestamptz, timestamptz, timestamptz, timestamptz) is
  'Whether an occurrence reached after its due time fires all the same: within late_tolerance, or, within the catch-up window, as the missed-run policy says (latest: the last one due by now).';
