-- Without a set clause, so that callers inline it.
create or replace function almanac_private.live_counts(
  schedule_id bigint, overlap_policy almanac.overlap_policy, max_concurrent integer
) returns table (live bigint, waiting bigint, running bigint)
language sql stable rows 1
begin atomic
  select
    -- As far as the policy cares: of a queue of thousands, each that joins it would count all before it.
    (select count(*) from (
      select from almanac_private.live_runs l
      where l.schedule_id = live_counts.schedule_id and l.counts_toward_overlap
      limit coalesce(live_counts.max_concurrent, 1)) l),
    case when live_counts.overlap_policy = 'queue_one' then (
      select count(*) from (
        select from almanac_private.live_runs l
        where l.schedule_id = live_counts.schedule_id and l.counts_toward_overlap and l.is_waiting limit 1) l) end,
    case when live_counts.overlap_policy = 'cancel_running' then (
      select count(*) from almanac_private.live_runs l
      join almanac.runs r on r.id = l.run_id and r.scheduled_for = l.scheduled_for
      where l.schedule_id = live_counts.schedule_id and l.counts_toward_overlap and r.status = 'running') end;
end;
comment on function almanac_private.live_counts(bigint, almanac.overlap_policy, integer) is
  'How many unfinished runs of a schedule count toward overlap, how many of them wait, and how many would still run '
  'once all are cancelled: each as far as the policy asks for it, otherwise null.';
