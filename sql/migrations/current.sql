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
  'Longest time an attempt may take; null: the default of its task, else no limit; 0: no limit, whatever its task '
  'says.';

alter table almanac_private.known_tasks
  add column if not exists default_retry_delay interval,
  add column if not exists default_retry_backoff numeric,
  add column if not exists default_retry_ceiling interval,
  add column if not exists declared_role text,
  add column if not exists required_role text;
comment on column almanac_private.known_tasks.declared_role is
  'Role that the task''s own file says is needed to use it; null: none.';
comment on column almanac_private.known_tasks.required_role is
  'Role that an admin says is needed to use it; null: declared_role.';
create index if not exists known_tasks_with_defaults on almanac_private.known_tasks (identifier)
  where num_nonnulls(default_timeout, default_max_attempts, default_retry_delay, default_retry_backoff,
    default_retry_ceiling) > 0;
create index if not exists known_tasks_with_role on almanac_private.known_tasks (identifier)
  where coalesce(required_role, declared_role) is not null;

create table if not exists almanac.task_stops (
  id bigint generated always as identity primary key,
  task_identifier text not null,
  stopped_at timestamptz not null,
  stopped_by text not null,
  reason text,
  resumed_at timestamptz,
  resumed_by text,
  catch_up boolean not null default false,
  constraint task_stop_ends_after_it_begins check (resumed_at >= stopped_at)
);
create unique index if not exists task_stop_is_the_only_one_that_holds on almanac.task_stops (task_identifier)
  where resumed_at is null;
create index if not exists task_stops_by_task on almanac.task_stops (task_identifier, stopped_at);
alter table almanac.task_stops enable row level security;
comment on table almanac.task_stops is
  'When tasks were switched off by disable_task(), by whom and why; those without resumed_at are off now.';
comment on column almanac.task_stops.id is 'Id of the stop.';
comment on column almanac.task_stops.task_identifier is 'The task.';
comment on column almanac.task_stops.stopped_at is
  'When it was switched off: from then on none of its schedules fired.';
comment on column almanac.task_stops.stopped_by is 'User or database role that switched it off.';
comment on column almanac.task_stops.reason is 'Why, as whoever did it said.';
comment on column almanac.task_stops.resumed_at is 'When it was switched on again; null: it is off.';
comment on column almanac.task_stops.resumed_by is 'User or database role that switched it on.';
comment on column almanac.task_stops.catch_up is
  'Whether what was due meanwhile was to be treated as missed rather than stopped.';
create or replace trigger _400_check_lengths before insert or update of reason on almanac.task_stops
  for each row execute function almanac_private.tg_check_lengths('reason', '1000');
grant select on almanac.task_stops to almanac_viewer;
drop policy if exists everyone_sees_task_stops on almanac.task_stops;
create policy everyone_sees_task_stops on almanac.task_stops for select to almanac_viewer using (true);

--!include functions/workers/role_problem.sql
--!include functions/access/check_task_use.sql
--!include functions/workers/may_use_task.sql
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
  t.default_retry_backoff, t.default_retry_ceiling, coalesce(t.required_role, t.declared_role) as required_role,
  almanac_private.may_use_task(t.identifier) as may_use,
  (select s.stopped_at from almanac.task_stops s where s.task_identifier = t.identifier and s.resumed_at is null)
    as disabled_at,
  (select s.stopped_by from almanac.task_stops s where s.task_identifier = t.identifier and s.resumed_at is null)
    as disabled_by,
  (select s.reason from almanac.task_stops s where s.task_identifier = t.identifier and s.resumed_at is null)
    as disabled_reason
from almanac_private.known_tasks t;
comment on column almanac.tasks.default_retry_delay is
  'Wait before the second attempt for schedules that set none; null: 5 seconds.';
comment on column almanac.tasks.default_retry_backoff is
  'Factor by which the wait grows for schedules that set none; null: 2.';
comment on column almanac.tasks.default_retry_ceiling is
  'Longest wait between attempts for schedules that set none; null: 1 hour.';
comment on column almanac.tasks.required_role is
  'Role that one must be a member of to use the task: what an admin says by require_role(), else what its file says; '
  'null: none.';
comment on column almanac.tasks.may_use is 'Whether whoever asks may save and trigger schedules of it.';
comment on column almanac.tasks.disabled_at is 'Since when it is switched off, by disable_task(); null: it is on.';
comment on column almanac.tasks.disabled_by is 'User or database role that switched it off; null: it is on.';
comment on column almanac.tasks.disabled_reason is 'Why it is switched off, as whoever did it said.';

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
--!include functions/workers/task_stopped_times.sql
--!include functions/workers/disable_task.sql
--!include functions/workers/enable_task.sql
--!include functions/runs/take_back_task.sql
--!include functions/firing/put_off_stopped.sql
--!include functions/firing/within_limits.sql
--!include functions/firing/verdicts.sql
--!include functions/firing/resolve_rule.sql
--!include functions/access/put_off_by_limit.sql
--!include functions/runs/end_unentitled.sql
--!include functions/runs/begin_runs.sql
--!include functions/workers/require_role.sql
--!include functions/workers/check_task_is_on.sql
--!include functions/schedules/schedules_blocked_because.sql
--!include functions/runs/trigger_run.sql
--!include functions/runs/retry_failed.sql
--!include functions/runs/end_lacking_runs.sql
--!include functions/runs/runs_blocked_because.sql
--!include functions/ledger/why_omitted.sql
--!include functions/schedules/advice.sql
