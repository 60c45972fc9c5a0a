create or replace function almanac_private.is_fired_late(
  missed_run_policy almanac.missed_run_policy, due_at timestamptz, is_latest boolean, tolerated timestamptz,
  since timestamptz
) returns boolean
language sql immutable parallel safe
return due_at >= tolerated
  or (due_at >= since and (missed_run_policy = 'run_all' or (missed_run_policy = 'run_latest' and is_latest)));
comment on function almanac_private.is_fired_late(
  almanac.missed_run_policy, timestamptz, boolean, timestamptz, timestamptz
) is
  'Whether an occurrence reached after its due time fires all the same: within late_tolerance, or, within the '
  'catch-up window, as the missed-run policy says (latest: the last one due by now).';
