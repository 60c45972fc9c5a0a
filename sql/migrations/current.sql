-- The next migration, in the making.

create table if not exists almanac_private.outdated_checks (
  schedule_id bigint not null,
  task_identifier text not null,
  changed_at timestamptz not null,
  problem text,
  constraint outdated_checks_pkey primary key (schedule_id)
);
alter table almanac_private.outdated_checks enable row level security;
comment on table almanac_private.outdated_checks is
  'Schedules whose payload was last checked by an earlier schema of their task: the next run that begins checks it. '
  'Nearly always empty.';
comment on column almanac_private.outdated_checks.schedule_id is 'The schedule.';
comment on column almanac_private.outdated_checks.task_identifier is 'Its task.';
comment on column almanac_private.outdated_checks.changed_at is 'When the schema of the task changed.';
comment on column almanac_private.outdated_checks.problem is
  'Why its payload does not fit the new schema; null: that was not looked at yet.';

alter table almanac.runs add column if not exists request_reason text;
comment on column almanac.runs.request_reason is 'Why someone had it repeated, as they said; null: they said nothing.';

do $$
begin
  if to_regtype('almanac_private.run_filter') is null then
    create type almanac_private.run_filter as (
      ids bigint[], schedule text, schedule_id bigint, task text, tag text, run_as text, worker_id bigint,
      trigger almanac.run_trigger, status almanac.run_status[], since timestamptz, until timestamptz, search text,
      without_frequent boolean
    );
  end if;
end
$$;
comment on type almanac_private.run_filter is
  'Which runs cancel_runs() and retry_failed() are asked for: those that fit all that is not null.';

--!include functions/payloads/payload_problem.sql
--!include functions/payloads/note_payload_check.sql
--!include functions/payloads/tg_note_schema.sql
--!include functions/runs/end_misfits.sql
--!include functions/runs/begin_runs.sql
--!include functions/schedules/tg_arm_schedules.sql
--!include functions/runs/find_run.sql
--!include functions/runs/said_by.sql
--!include functions/runs/may_change_run.sql
--!include functions/runs/cancel_locked_runs.sql
--!include functions/runs/cancel_live_runs.sql
--!include functions/runs/cancel_unbegun.sql
--!include functions/runs/cancel_run.sql
--!include functions/runs/read_run_filter.sql
--!include functions/runs/fits_run_filter.sql
--!include functions/runs/unfinished_runs.sql
--!include functions/runs/count_runs_to_cancel.sql
--!include functions/runs/cancel_runs.sql
--!include functions/runs/trigger_run.sql
--!include functions/runs/trigger_now.sql
--!include functions/runs/retry_problem.sql
--!include functions/runs/retry_run.sql
--!include functions/runs/failed_runs.sql
--!include functions/runs/count_runs_to_retry.sql
--!include functions/runs/retry_failed.sql
--!include functions/runs/runs_may_cancel.sql
--!include functions/runs/runs_may_retry.sql
--!include functions/runs/runs_retries.sql
--!include functions/ledger/why_run.sql

drop trigger if exists _700_note_schema on almanac_private.known_tasks;
create trigger _700_note_schema after update of payload_schema on almanac_private.known_tasks
  for each row when (new.payload_schema is distinct from old.payload_schema)
  execute function almanac_private.tg_note_schema();
