-- What a schedule does not say of its attempts is null, and its task's default holds, or Almanac's: no rows are
-- rewritten. A schedule that is there keeps the values that it has as its own.
alter table almanac.schedules
  alter column max_attempts drop not null, alter column max_attempts drop default,
  alter column retry_delay drop not null, alter column retry_delay drop default,
  alter column retry_backoff drop not null, alter column retry_backoff drop default,
  alter column retry_ceiling drop not null, alter column retry_ceiling drop default,
  drop constraint if exists schedule_timeout_is_positive,
  drop constraint if exists schedule_timeout_is_not_negative,
  add constraint schedule_timeout_is_not_negative check (timeout >= interval '0');
comment on column almanac.schedules.max_attempts is
  'Attempts a run has, the first included; null: the default of its task, else 3.';
comment on column almanac.schedules.retry_delay is
  'Wait before the second attempt; null: the default of its task, else 5 seconds.';
comment on column almanac.schedules.retry_backoff is
  'Factor by which the wait grows with each attempt; null: the default of its task, else 2.';
comment on column almanac.schedules.retry_ceiling is
  'Longest wait between attempts; null: the default of its task, else 1 hour.';
comment on column almanac.schedules.timeout is
  'Longest time an attempt may take; null: the default of its task, else no limit; 0: no limit, whatever its task says.';

alter table almanac_private.known_tasks
  add column if not exists default_retry_delay interval,
  add column if not exists default_retry_backoff numeric,
  add column if not exists default_retry_ceiling interval;
comment on column almanac_private.known_tasks.default_retry_delay is
  'Wait before the second attempt for schedules that set none; null: 5 seconds.';
comment on column almanac_private.known_tasks.default_retry_backoff is
  'Factor by which the wait grows for schedules that set none; null: 2.';
comment on column almanac_private.known_tasks.default_retry_ceiling is
  'Longest wait between attempts for schedules that set none; null: 1 hour.';
create or replace view almanac.tasks with (security_invoker = true) as
select t.identifier, t.label, t.description, t.payload_schema, t.task_group, t.depends_on, t.default_timeout,
  t.default_max_attempts, t.is_builtin,
  almanac_private.task_is_available(t.identifier, t.is_builtin, t.last_seen_at) as available, t.last_seen_at,
  t.created_at, t.lacking_since, t.lacking_seen_at, t.schema_problems, t.default_retry_delay,
  t.default_retry_backoff, t.default_retry_ceiling
from almanac_private.known_tasks t;
comment on column almanac.tasks.default_retry_delay is
  'Wait before the second attempt for schedules that set none; null: 5 seconds.';
comment on column almanac.tasks.default_retry_backoff is
  'Factor by which the wait grows for schedules that set none; null: 2.';
comment on column almanac.tasks.default_retry_ceiling is
  'Longest wait between attempts for schedules that set none; null: 1 hour.';

do $$
begin
  if to_regtype('almanac.setting_source') is null then
    create type almanac.setting_source as enum ('schedule', 'task', 'almanac');
    create type almanac.execution as (
      max_attempts integer, max_attempts_from almanac.setting_source,
      retry_delay interval, retry_delay_from almanac.setting_source,
      retry_backoff numeric, retry_backoff_from almanac.setting_source,
      retry_ceiling interval, retry_ceiling_from almanac.setting_source,
      timeout interval, timeout_from almanac.setting_source
    );
  end if;
end
$$;
comment on type almanac.setting_source is
  'Who says how a run is attempted: its schedule, else its task by a default, else Almanac.';
comment on type almanac.execution is 'How a run is attempted, each value with where it comes from.';
comment on column almanac.execution.max_attempts is 'Attempts a run has, the first included.';
comment on column almanac.execution.max_attempts_from is 'Who says so.';
comment on column almanac.execution.retry_delay is 'Wait before the second attempt.';
comment on column almanac.execution.retry_delay_from is 'Who says so.';
comment on column almanac.execution.retry_backoff is 'Factor by which the wait grows with each attempt.';
comment on column almanac.execution.retry_backoff_from is 'Who says so.';
comment on column almanac.execution.retry_ceiling is 'Longest wait between attempts.';
comment on column almanac.execution.retry_ceiling_from is 'Who says so.';
comment on column almanac.execution.timeout is 'Longest time an attempt may take; null: no limit.';
comment on column almanac.execution.timeout_from is 'Who says so.';

--!include functions/schedules/execution_in_force.sql
--!include functions/schedules/schedules_execution.sql
--!include functions/schedules/tasks_execution.sql
--!include functions/schedules/source_in_words.sql
--!include functions/schedules/execution_note.sql
--!include functions/schedules/tg_compute_schedule.sql
--!include functions/schedules/check_schedule.sql
--!include functions/firing/record_verdicts.sql
--!include functions/runs/retry_runs.sql
--!include functions/workers/announce_tasks.sql
--!include functions/workers/tg_check_task.sql
--!include functions/ledger/why_at.sql
