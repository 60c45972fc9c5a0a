-- Without a set clause, so that callers inline it.
create or replace function almanac_private.overlap(
  schedule_id bigint, overlap_policy almanac.overlap_policy, max_concurrent integer
) returns table (status almanac.run_status, reason text)
language sql stable rows 1
begin atomic
  select
    almanac_private.overlap_status(overlap.overlap_policy, overlap.max_concurrent, c.live, c.waiting),
    almanac_private.overlap_reason(overlap.overlap_policy, overlap.max_concurrent, c.live, c.waiting)
  from (
    -- As far as the policy cares: of a queue of thousands, each that joins it would count all before it.
    select
      (select count(*) from (
        select from almanac_private.live_runs l
        where l.schedule_id = overlap.schedule_id and l.counts_toward_overlap
        limit coalesce(overlap.max_concurrent, 1)) l) as live,
      case when overlap.overlap_policy = 'queue_one' then (
        select count(*) from (
          select from almanac_private.live_runs l
          where l.schedule_id = overlap.schedule_id and l.counts_toward_overlap and l.is_waiting limit 1) l)
            end as waiting
    offset 0
  ) c
  where c.live > 0;
end;
comment on function almanac_private.overlap(bigint, almanac.overlap_policy, integer) is
  'What the overlap policy makes of an occurrence that is on time, and why, by the runs of its schedule that go on and '
  'count toward overlap; no row: none goes on. Not to be asked where all may overlap.';
