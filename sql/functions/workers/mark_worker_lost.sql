-- Definer: workers have no right to write tables.
create or replace function almanac_private.mark_worker_lost(
  worker_id bigint, reason text default 'Its pool of jobs failed.', culprit_run_id bigint default null,
  is_crash boolean default false
) returns void
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp set jit to off
as $$
begin
  update almanac.workers w
  set last_heartbeat_at = '-infinity', end_reason = left(mark_worker_lost.reason, 2000),
    culprit_run_id = mark_worker_lost.culprit_run_id
  where w.id = mark_worker_lost.worker_id and w.status in ('active', 'draining');
  perform almanac_private.end_lead(mark_worker_lost.worker_id);
  perform almanac_private.reap_workers(blameless_worker => case when not mark_worker_lost.is_crash
    then mark_worker_lost.worker_id end);
end
$$;
comment on function almanac_private.mark_worker_lost(bigint, text, bigint, boolean) is
  'The last words of a worker whose pool has failed or whose process ends: it is lost from now on, and what it holds '
  'is taken over at once instead of when its lease ends. culprit_run_id: the run whose task ended it, which fails with '
  'the reason; all others are handed back. is_crash: it was a run, but it is not known which.';
grant execute on function almanac_private.mark_worker_lost(bigint, text, bigint, boolean) to almanac_worker;
