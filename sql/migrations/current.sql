-- Firing with less work per run: begin_runs and finish_runs look each run up once, and only in its partition.
-- A worker that is asked to stop says so (draining) and gives up its lead at once; one whose pool has failed is given up at once.
-- Jobs of a host's are left alone whatever their keys look like: reaping, repairing and disarming touch only jobs that are of the
-- task of that run, or wake a schedule.
-- The ledger checks itself: system schedules, which are Almanac's own and nobody changes; one of them compares the ledger with the rules
-- every hour and keeps what it found. For an operator: a column with a constant default is added to schedules, which rewrites nothing;
-- names that begin with "almanac:" are kept for system schedules, and a schedule that has the name of one is renamed. The runs are rewritten: with a long history, in a quiet hour.

alter table almanac.schedules add column is_system boolean not null default false;
comment on column almanac.schedules.is_system is 'It is Almanac''s own housekeeping: nobody changes or deletes it, and pause_all() does not stop it.';

create table almanac.ledger_checks (
  id bigint generated always as identity primary key,
  checked_at timestamptz not null,
  range_start timestamptz not null,
  range_end timestamptz not null,
  unchecked_since timestamptz,
  found integer not null,
  counts jsonb not null default '{}',
  findings jsonb not null default '[]',
  took_ms integer not null,
  stale_at timestamptz not null,
  constraint ledger_check_range_goes_forward check (range_end > range_start),
  constraint ledger_check_left_out_lies_before_its_range check (unchecked_since < range_start),
  constraint ledger_check_findings_go_with_their_count check (found >= 0 and (found = 0) = (findings = '[]') and (found = 0) = (counts = '{}'))
);
create index ledger_checks_by_time on almanac.ledger_checks (checked_at);
comment on table almanac.ledger_checks is 'What the system schedule almanac:check-ledger found: one row a check, kept for 90 days.';
comment on column almanac.ledger_checks.id is 'Number of the check.';
comment on column almanac.ledger_checks.checked_at is 'When it was made.';
comment on column almanac.ledger_checks.range_start is 'First nominal time it looked at.';
comment on column almanac.ledger_checks.range_end is 'End of what it looked at, not itself looked at.';
comment on column almanac.ledger_checks.unchecked_since is 'Where the check before ended: from there to range_start no check has looked, as that is too long ago. Null: nothing is left out.';
comment on column almanac.ledger_checks.found is 'How many problems it found, counted up to 100,000; 0: no gap and no duplicate.';
comment on column almanac.ledger_checks.counts is 'How many of each kind of problem, as JSON: {"missing": 2}. The kinds are those of check_ledger().';
comment on column almanac.ledger_checks.findings is 'The first 100 problems in the order of their nominal times, as a JSON array of rows of check_ledger().';
comment on column almanac.ledger_checks.took_ms is 'How long it took, in milliseconds.';
comment on column almanac.ledger_checks.stale_at is 'If there is no newer check by then, nobody checks.';
alter table almanac.ledger_checks enable row level security;
grant select on almanac.ledger_checks to almanac_viewer;
create policy everyone_sees_ledger_checks on almanac.ledger_checks for select to almanac_viewer using (true);

insert into almanac.tasks (identifier, label, description, is_builtin, available) values
  ('almanac:check_ledger', 'Check of the ledger', 'Compares the ledger with what the rules name, and keeps what it finds in almanac.ledger_checks.', true, true)
on conflict (identifier) do update
set label = excluded.label, description = excluded.description, is_builtin = true, available = true;

--!include functions/refuse_change.sql
--!include functions/tg_set_identity.sql
--!include functions/tg_keep_system.sql
--!include functions/schedule_triggers.sql
--!include functions/override_occurrence.sql
--!include functions/restore_occurrence.sql
--!include functions/trigger_now.sql
drop function almanac.calendar(timestamptz, timestamptz, text, interval, integer, text[], text[], text, integer);
--!include functions/calendar.sql
--!include functions/check_ledger.sql
--!include functions/run_ledger_check.sql
--!include functions/last_ledger_check.sql
--!include functions/install_system_schedules.sql


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
--!include functions/release_waiting.sql
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
--!include functions/wake.sql
--!include functions/why.sql
--!include functions/pause_all.sql
--!include functions/replan.sql
--!include functions/tg_arm_schedules.sql
--!include functions/reconcile.sql
--!include functions/heartbeat.sql
--!include functions/drain_worker.sql
--!include functions/give_up_worker.sql

select almanac_private.install_system_schedules();
