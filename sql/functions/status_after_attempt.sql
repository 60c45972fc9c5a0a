create or replace function almanac_private.status_after_attempt(
  ended_as almanac.run_status, attempt integer, max_attempts integer, cancel_requested_at timestamptz
) returns almanac.run_status
language sql immutable parallel safe
return case
  when ended_as not in ('failed', 'timed_out') then ended_as
  when cancel_requested_at is not null then 'cancelled'
  when attempt < max_attempts then 'retrying'
  else ended_as
end::almanac.run_status;
comment on function almanac_private.status_after_attempt(almanac.run_status, integer, integer, timestamptz) is
  'What a run is after an attempt of it has ended so. A plain expression, so that callers inline it.';
