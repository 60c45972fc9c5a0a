-- The next migration, in the making.

-- The next schedule of each role that schedules run as, for scheduled_roles().
create index if not exists schedules_by_scheduled_role on almanac.schedules (run_as, next_run_at)
  where next_run_at is not null and not is_system;

--!include functions/workers/scheduled_roles.sql

-- What has ended, by a worker's heartbeats, and is not recorded yet.
alter table almanac_private.vouchers add column if not exists ended jsonb;
comment on column almanac_private.vouchers.ended is
  'Of its runs, those that had ended for good by then, and when, though that was not recorded yet: {run: time}.';

--!include functions/runs/apply_counters.sql
--!include functions/firing/busy_times.sql
--!include functions/firing/decide.sql
--!include functions/firing/fire_due.sql
--!include functions/workers/heartbeat.sql
--!include functions/runs/take_back_runs.sql

-- How many runs each role has unfinished, and whether some are behind others'.
alter table almanac_private.live_runs add column if not exists run_as text not null default '';
alter table almanac_private.live_runs add column if not exists is_behind boolean not null default false;
create index if not exists live_runs_by_role on almanac_private.live_runs (run_as, is_behind);
comment on column almanac_private.live_runs.run_as is 'The role that it runs as.';
comment on column almanac_private.live_runs.is_behind is
  'Whether its job is behind those of other roles, as its own had a backlog when it was queued.';

--!include functions/firing/backlog_of.sql
--!include functions/firing/record_verdicts.sql
--!include functions/workers/runs_not_begun.sql
--!include functions/workers/slots_taken.sql
