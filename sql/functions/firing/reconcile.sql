-- Definer: Graphile Worker's tables are the owner's.
--
-- Jobs and ledger are written in one transaction, so nothing here has anything to do while they are left alone. It is
-- for what a transaction cannot promise: a dump that has the ledger without Graphile Worker's jobs, jobs that someone
-- deleted, a worker that was killed between a job and its end, a partition that was dropped. Each repair is found by
-- comparing two tables and made under a lock on the schedule or the run; what someone else holds is skipped, as they
-- are changing it.
--
-- 1. reconcile_schedules: every schedule that is due some time has one job for it, and no other has one.
-- 2. Jobs that Graphile Worker keeps after their last attempt, and that nothing refers to, are deleted.
-- 3. reconcile_runs: every run that has not ended has a job, or a worker, or waits for another run.
-- 4. reconcile_groups: who has a place in a resource group is running, who stands in line is queued.
create or replace function almanac.reconcile(within interval default null)
returns table (repair text, schedule_id bigint, schedule_name text, run_id bigint, detail text)
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp set jit to off
  -- A partition may be younger than its statistics.
  set enable_seqscan to off
as $$
begin
  perform almanac_private.check_admin('reconcile', true);
  return query select r.* from almanac_private.reconcile_schedules(reconcile.within) r;

  -- A job that lost its key to the one after it, and then failed, and those of attempts that failed while their worker
  -- ended: Graphile Worker deletes none. To find them all jobs are read: where there are many, only when a worker
  -- starts.
  if reconcile.within is null
    or (select c.reltuples from pg_class c where c.oid = 'graphile_worker._private_jobs'::regclass) < 100000 then
    perform graphile_worker.complete_jobs(array(
      select w.id from graphile_worker._private_jobs w where w.id = any (array(
        select j.id from graphile_worker.jobs j
        where j.attempts >= j.max_attempts and j.locked_at is null and case
            when j.task_identifier = 'almanac:wake' then j.key is null
            when j.task_identifier like 'almanac-run:%'
              then not exists (select from almanac_private.live_runs l where 'run:' || l.run_id = j.key)
          end))
      order by w.id for update skip locked));
  end if;

  return query select r.* from almanac_private.reconcile_runs() r;
  perform almanac_private.reconcile_groups() where exists (select from almanac_private.group_turns);
end
$$;
comment on function almanac.reconcile(interval) is
  'Compares schedules and unfinished runs with the jobs that Graphile Worker has for them, and repairs what is missing '
  'or wrong (after a restore from a dump, or when jobs were deleted manually). Returns what it repaired: planned, '
  'armed, disarmed, queued, ended (an attempt that no worker has), failed (no running worker has had its task for an '
  'hour), or forgotten (a run that was deleted before it finished); blocked: a host''s job has the key of a '
  'schedule''s, and was left alone. within: only what is due that soon. Jobs that have failed for good are deleted. '
  'Workers call it at their start, and the leading one every minute for what is due soon.';
grant execute on function almanac.reconcile(interval) to almanac_viewer;
