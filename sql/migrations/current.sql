-- The next migration, in the making.
--!include functions/ledger/why_run.sql
--!include functions/ledger/why_at.sql
--!include functions/ledger/why.sql
--!include functions/ledger/schedules_why.sql
--!include functions/ledger/runs_why.sql
--!include functions/planning/never_runs.sql
--!include functions/workers/slots_in_use.sql

-- The next schedule of each role that schedules run as, for scheduled_roles().
create index if not exists schedules_by_scheduled_role on almanac.schedules (run_as, next_run_at)
  where next_run_at is not null and not is_system;

--!include functions/workers/scheduled_roles.sql
drop function if exists almanac.update_schedule(bigint, jsonb);
--!include functions/schedules/update_schedule.sql
