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

--!include functions/payloads/payload_problem.sql
--!include functions/payloads/note_payload_check.sql
--!include functions/payloads/tg_note_schema.sql
--!include functions/runs/end_misfits.sql
--!include functions/runs/begin_runs.sql
--!include functions/schedules/tg_arm_schedules.sql

drop trigger if exists _700_note_schema on almanac_private.known_tasks;
create trigger _700_note_schema after update of payload_schema on almanac_private.known_tasks
  for each row when (new.payload_schema is distinct from old.payload_schema)
  execute function almanac_private.tg_note_schema();
