create or replace function almanac_private.overlap_reason(
  overlap_policy almanac.overlap_policy, max_concurrent integer, live bigint, waiting bigint
) returns text
language sql immutable parallel safe
return case
  when live = 0 then null
  when overlap_policy = 'allow' then
    case when max_concurrent is null or live < max_concurrent then null
      else 'as many runs are unfinished as max_concurrent allows' end
  when overlap_policy = 'queue_one' and waiting > 0 then 'an earlier run has not finished and another is waiting'
  when overlap_policy = 'cancel_running' then 'an earlier run is being cancelled'
  else 'an earlier run has not finished'
end;
comment on function almanac_private.overlap_reason(almanac.overlap_policy, integer, bigint, bigint) is
  'Why an occurrence waits or is skipped that is due while `live` runs of its schedule are unfinished, `waiting` of '
  'them waiting; null: it does not.';
