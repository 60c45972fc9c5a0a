-- The next migration, in the making.
--
-- What runs log, and how far they say they are. The new tables are empty, the new columns are null.

create table if not exists almanac.run_logs (
  run_id bigint not null,
  scheduled_for timestamptz not null,
  attempt integer not null,
  first_line integer not null,
  line_count integer not null,
  logged_at timestamptz not null,
  bytes integer not null,
  lines jsonb,
  cut_because text,
  primary key (run_id, attempt, first_line, scheduled_for),
  constraint log_says_why_it_is_cut check (
    (lines is null) = (cut_because is not null) and cut_because = any ('{bound,limit,lost}'))
) partition by range (scheduled_for);
alter table almanac.run_logs enable row level security;
comment on table almanac.run_logs is
  'What attempts of runs have logged, many lines a row; almanac.run_log() reads them one by one. No foreign key to '
  'runs: it would forbid dropping old partitions.';
comment on column almanac.run_logs.run_id is 'Run it belongs to.';
comment on column almanac.run_logs.scheduled_for is 'Nominal time of the run: the partition.';
comment on column almanac.run_logs.attempt is 'Attempt that logged it, from 1.';
comment on column almanac.run_logs.first_line is 'Number of the first line, from 1 in each attempt.';
comment on column almanac.run_logs.line_count is 'How many lines these are.';
comment on column almanac.run_logs.logged_at is 'When the first was logged, by the clock of the worker.';
comment on column almanac.run_logs.bytes is 'Size of the lines.';
comment on column almanac.run_logs.lines is '[[milliseconds after logged_at, level, text]]; null: they are not kept.';
comment on column almanac.run_logs.cut_because is
  'Why lines are not kept: bound, limit or lost, as almanac.run_log() explains; null: they are.';
grant select on almanac.run_logs to almanac_viewer;
drop policy if exists everyone_sees_logs on almanac.run_logs;
create policy everyone_sees_logs on almanac.run_logs for select to almanac_viewer using (true);
insert into almanac_private.settings (key, value) values ('log_bytes_per_hour', '1000000000') on conflict do nothing;

alter table almanac.runs add column if not exists progress_note text;
comment on column almanac.runs.progress_note is 'What the task says of its progress; null: nothing.';

alter table almanac.run_attempts add column if not exists causes jsonb;
comment on column almanac.run_attempts.causes is
  'Its error and what caused it, from the outermost on: [{"name", "message", "code", "stack": [frames]}], without the '
  'folders of the worker''s machine; null: it succeeded, or no error was thrown.';

--!include functions/runs/runs_retries.sql
--!include functions/runs/kept_causes.sql
--!include functions/runs/kept_outcome.sql
--!include functions/runs/finish_runs.sql
--!include functions/runs/note_progress.sql
--!include functions/runs/begin_runs.sql
--!include functions/runs/log_bytes_at_once.sql
--!include functions/runs/cut_log.sql
--!include functions/runs/roles_without_log.sql
--!include functions/runs/write_logs.sql
--!include functions/runs/find_run.sql
--!include functions/runs/run_log.sql
--!include functions/ledger/ensure_partitions.sql
--!include functions/ledger/purge.sql
--!include functions/access/use_note.sql
--!include functions/schedules/notify_changed.sql

select almanac_private.ensure_partitions();
