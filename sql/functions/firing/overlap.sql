-- Without a set clause, so that callers inline it.
create or replace function almanac_private.overlap(
  overlap_policy almanac.overlap_policy, max_concurrent integer, live bigint, waiting bigint, is_late boolean,
  is_held_up boolean
) returns table (status almanac.run_status, reason text)
language sql immutable parallel safe rows 1
begin atomic
  select
    case when s.status = 'skipped'
        and almanac_private.waits_instead(overlap.overlap_policy, overlap.is_late, overlap.is_held_up) then 'waiting'
      else s.status end,
    almanac_private.overlap_reason(overlap.overlap_policy, overlap.max_concurrent, overlap.live, overlap.waiting)
  from (
    select almanac_private.overlap_status(overlap.overlap_policy, overlap.max_concurrent, overlap.live,
      overlap.waiting) as status
    offset 0
  ) s;
end;
comment on function almanac_private.overlap(
  almanac.overlap_policy, integer, bigint, bigint, boolean, boolean
) is
  'Whether an occurrence that is due while `live` runs of its schedule go on, `waiting` of them waiting, is queued, '
  'waits, or is skipped, and why. is_late: it is caught up. is_held_up: what is in its way was fired with it, or had '
  'not begun when it was due, as the engine was late.';
