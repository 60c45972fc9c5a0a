-- Firing with less work per run: begin_runs and finish_runs look each run up once, and only in its partition.
-- A worker that is asked to stop says so (draining) and gives up its lead at once; one whose pool has failed is given up at once.
-- Jobs of a host's are left alone whatever their keys look like: reaping, repairing and disarming touch only jobs that are of the
-- task of that run, or wake a schedule.
-- Rewrites the runs: with a long history, in a quiet hour.
alter table almanac.runs alter column run_as type text; -- a name takes 64 bytes, in each of the three versions that a run's row has
do $$
declare
  v_partition regclass;
begin
  for v_partition in select i.inhrelid::regclass from pg_inherits i where i.inhparent = 'almanac.runs'::regclass loop
    execute format('alter table %s set (fillfactor = 60)', v_partition);
  end loop;
end
$$;
drop function almanac_private.lose_runs(bigint, jsonb, timestamptz);
drop function almanac_private.begin_runs(bigint, bigint[], timestamptz[], bigint[], timestamptz);
--!include functions/is_own_job.sql
--!include functions/remove_jobs.sql
--!include functions/status_after_attempt.sql
--!include functions/begin_runs.sql
--!include functions/retry_runs.sql
--!include functions/count_runs.sql
--!include functions/finish_runs.sql
--!include functions/reap_workers.sql
--!include functions/cancel_live_runs.sql
--!include functions/run_job_spec.sql
--!include functions/arm_spec.sql
--!include functions/due_after.sql
--!include functions/fire_in_order.sql
--!include functions/fire_due.sql
--!include functions/ensure_partitions.sql
--!include functions/exclusion_windows.sql
--!include functions/exclusions.sql
--!include functions/planned_occurrences.sql
--!include functions/settle_schedule.sql
--!include functions/insert_run.sql
--!include functions/replan.sql
--!include functions/tg_arm_schedules.sql
--!include functions/reconcile.sql
--!include functions/heartbeat.sql
--!include functions/drain_worker.sql
--!include functions/give_up_worker.sql
