create or replace function almanac_private.overlap_status(
  overlap_policy almanac.overlap_policy, max_concurrent integer, live bigint, waiting bigint
) returns almanac.run_status
language sql immutable parallel safe
return case
  when live = 0 then 'queued'
  when overlap_policy = 'allow' then case when max_concurrent is null or live < max_concurrent then 'queued'
    else 'skipped' end
  when overlap_policy in ('queue_all', 'cancel_running') then 'waiting'
  when overlap_policy = 'queue_one' and waiting = 0 then 'waiting'
  else 'skipped'
end::almanac.run_status;
comment on function almanac_private.overlap_status(almanac.overlap_policy, integer, bigint, bigint) is
  'What happens to an occurrence that is due while `live` runs of its schedule are unfinished, `waiting` of them '
  'waiting. A plain expression, so that callers inline it.';
