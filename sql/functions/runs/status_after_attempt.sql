create or replace function almanac_private.status_after_attempt(
  ended_as almanac.run_status, attempt integer, max_attempts integer, cancel_requested_at timestamptz,
  lost_attempts integer default 0, detail jsonb default null
) returns almanac.run_status
language sql stable parallel safe
return case
  when ended_as not in ('failed', 'timed_out') then ended_as
  when cancel_requested_at is not null then 'cancelled'
  -- A single attempt is what the task is called at most: it may have done its work.
  when max_attempts = 1 then ended_as
  when detail -> 'isReturned' = 'true' then 'retrying'
  when detail -> 'isLost' = 'true' and coalesce(lost_attempts, 0) + 1 >= almanac_private.max_lost_attempts()
    then 'failed'
  when detail -> 'isLost' = 'true' then 'retrying'
  when attempt < max_attempts and not coalesce(detail ? 'isPermanent', false) then 'retrying'
  else ended_as
end::almanac.run_status;
comment on function almanac_private.status_after_attempt(
  almanac.run_status, integer, integer, timestamptz, integer, jsonb
) is
  'What a run is after an attempt of it has ended so. detail: what finish_runs was told of it. A plain expression, '
  'so that callers inline it.';
