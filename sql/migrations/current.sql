-- Tasks that run in a process of their own: what they may use there. Null for all that is there: rows are not rewritten.
alter table almanac_private.known_tasks add column if not exists isolation jsonb,
  drop constraint if exists task_isolation_is_small,
  add constraint task_isolation_is_small check (jsonb_typeof(isolation) = 'object' and length(isolation::text) <= 500);
comment on column almanac_private.known_tasks.isolation is
  'What it may use in a process of its own; null: it runs in the worker.';
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
    as disabled_reason,
  coalesce(t.assigned_group, t.declared_group) as resource_group, t.isolation
from almanac_private.known_tasks t;
comment on column almanac.tasks.isolation is
  'What it may use in a process of its own: memory_mb, cpu_seconds (null: no limit) and runs, the attempts that a process '
  'may serve; null: it runs in the worker.';
--!include functions/workers/announce_tasks.sql
--!include functions/workers/tg_check_task.sql
