create or replace function almanac_private.overlap_outcome(
  overlap_policy almanac.overlap_policy, max_concurrent integer, live bigint, waiting bigint,
  out status almanac.run_status, out reason text
)
language sql immutable parallel safe
begin atomic
  select
    case
      when live = 0 then 'queued'
      when overlap_policy = 'allow' then case when max_concurrent is null or live < max_concurrent then 'queued' else 'skipped' end
      when overlap_policy = 'queue_all' then 'waiting'
      when overlap_policy = 'queue_one' and waiting = 0 then 'waiting'
      else 'skipped'
    end::almanac.run_status,
    case
      when live = 0 then null
      when overlap_policy = 'allow' then
        case when max_concurrent is null or live < max_concurrent then null else 'as many runs go on as max_concurrent allows' end
      when overlap_policy = 'queue_all' or (overlap_policy = 'queue_one' and waiting = 0) then 'an earlier run goes on'
      when overlap_policy = 'queue_one' then 'an earlier run goes on and another waits'
      else 'an earlier run goes on'
    end;
end;
comment on function almanac_private.overlap_outcome(almanac.overlap_policy, integer, bigint, bigint) is
  'What becomes of an occurrence that is due while `live` runs of its schedule go on, `waiting` of them waiting.';
