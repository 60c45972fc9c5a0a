create or replace function almanac_private.status_of_parent(
  counts jsonb, cancel_requested_at timestamptz
) returns almanac.run_status
language sql immutable parallel safe
return case
  when counts ?| array['failed', 'timed_out'] then 'failed'
  when cancel_requested_at is not null or counts ? 'cancelled' then 'cancelled'
  when counts ? 'skipped' and not counts ? 'succeeded' then 'skipped'
  else 'succeeded'
end::almanac.run_status;
comment on function almanac_private.status_of_parent(jsonb, timestamptz) is
  'How a parent run ends whose children all have: failed if one failed or timed out, otherwise cancelled if it or one '
  'of them was, otherwise skipped if all of them were. A plain expression, so that callers inline it.';
