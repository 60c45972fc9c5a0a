-- The next migration, in the making.

--!include functions/groups/set_resource_group.sql
--
-- The application's own jobs and crontab are shown. The new table has at most 1,000 small rows for each running worker.
create table if not exists almanac_private.crontab_items (
  worker_id bigint not null references almanac.workers (id) on delete cascade,
  identifier text not null,
  task_identifier text not null,
  rule text,
  cron text,
  queue_name text,
  max_attempts integer,
  priority integer,
  job_key text,
  backfill interval not null,
  constraint crontab_items_pkey primary key (worker_id, identifier),
  constraint crontab_item_is_short check (
    length(identifier) <= 500 and length(task_identifier) <= 128 and length(rule) <= 500 and length(cron) <= 1000
      and length(queue_name) <= 128 and length(job_key) <= 512)
);
alter table almanac_private.crontab_items enable row level security;
comment on table almanac_private.crontab_items is
  'What running workers say of the crontab that they fire, which Graphile Worker keeps to itself.';

--!include functions/hosts/is_host_job.sql
--!include functions/hosts/host_job_state.sql
--!include functions/hosts/look_at_most.sql
--!include functions/hosts/sees_host_errors.sql
--!include functions/hosts/refuse_other_jobs.sql
--!include functions/hosts/host_jobs.sql
--!include functions/hosts/host_job_counts.sql
--!include functions/hosts/host_job_payload.sql
--!include functions/hosts/report_crontab.sql
--!include functions/hosts/host_crontab.sql
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
-- The calendar counts what waits apart from what is running, and what was cancelled apart from what was skipped.
do $$
begin
  if not exists (
    select from pg_attribute a
    where a.attrelid = to_regclass('almanac.calendar_item') and a.attname = 'waiting'
  ) then
    alter type almanac.calendar_item add attribute cancelled bigint, add attribute waiting bigint;
  end if;
end
$$;
--!include functions/planning/calendar_item.sql
--!include functions/planning/calendar.sql
