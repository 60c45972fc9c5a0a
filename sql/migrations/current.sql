-- The next migration, in the making.
comment on table almanac.runs is
  'The ledger: what happened to each occurrence, and manual runs. History outlives its schedule.';
comment on column almanac.occurrence_overrides.is_owed is
  'Its nominal time is past while it is still upcoming: it runs whatever happens to the rule.';
--!include functions/recurrence/spoken_time.sql
--!include functions/recurrence/recorded_time.sql
--!include functions/access/account_label.sql
--!include functions/access/create_login_token.sql
--!include functions/access/limit_met.sql
--!include functions/access/limits.sql
--!include functions/firing/decide.sql
--!include functions/firing/reconcile_schedules.sql
--!include functions/ledger/check_ledger.sql
--!include functions/ledger/why_at.sql
--!include functions/ledger/why_not_fired.sql
--!include functions/ledger/why_omitted.sql
--!include functions/ledger/why_run.sql
--!include functions/ledger/why_unnamed.sql
--!include functions/payloads/schema_errors.sql
--!include functions/payloads/value_errors.sql
--!include functions/planning/never_runs.sql
--!include functions/planning/override_occurrence.sql
--!include functions/planning/preview_change.sql
--!include functions/planning/undo_override.sql
--!include functions/recurrence/cron_between.sql
--!include functions/recurrence/refresh_timezones.sql
--!include functions/runs/cancel_run.sql
--!include functions/runs/end_unentitled.sql
--!include functions/runs/finish_runs.sql
--!include functions/runs/note_held_runs.sql
--!include functions/runs/retry_problem.sql
--!include functions/schedules/advice.sql
--!include functions/schedules/check_unchanged.sql
--!include functions/schedules/execution_note.sql
--!include functions/schedules/find_schedule.sql
--!include functions/schedules/schedules_blocked_because.sql
--!include functions/schedules/tg_set_identity.sql
--!include functions/schedules/undo_split.sql
--!include functions/workers/adopt.sql
--!include functions/workers/blockers.sql
--!include functions/workers/enable_task.sql
--!include functions/workers/role_problem.sql
--!include functions/workers/workers_is_leader.sql
-- Resource groups: named limits on how many runs go on at once, or start in a period, on all workers together. Until a
-- group is made nothing changes. Columns are added without defaults, so no table is rewritten.

create table if not exists almanac.resource_groups (
  id bigint generated always as identity primary key,
  name text not null,
  description text,
  max_running integer,
  max_starts integer,
  starts_per interval,
  created_at timestamptz not null default now(),
  created_by text not null,
  updated_at timestamptz not null default now(),
  updated_by text not null,
  constraint resource_group_name_is_unique unique (name),
  constraint resource_group_name_is_given check (name <> '' and length(name) <= 200),
  constraint resource_group_description_is_short check (length(description) <= 10000),
  constraint resource_group_has_a_limit check (num_nonnulls(max_running, max_starts) > 0),
  constraint resource_group_running_is_bounded check (max_running between 0 and 10000),
  constraint resource_group_starts_are_bounded check (max_starts between 1 and 100000),
  constraint resource_group_starts_have_a_period check (num_nonnulls(max_starts, starts_per) in (0, 2)),
  constraint resource_group_period_is_bounded check (starts_per between '1 second' and '7 days')
);
alter table almanac.resource_groups enable row level security;
drop policy if exists everyone_sees_resource_groups on almanac.resource_groups;
create policy everyone_sees_resource_groups on almanac.resource_groups for select to almanac_viewer using (true);
grant select on almanac.resource_groups to almanac_viewer;
comment on table almanac.resource_groups is
  'Named limits on how many runs go on at once, and how many start in a period, on all workers together: of whatever '
  'uses one database, one service, one licence. Schedules and tasks name the group that their runs belong to.';
comment on column almanac.resource_groups.id is 'Id of the group.';
comment on column almanac.resource_groups.name is
  'Unique name, by which schedules and tasks refer to it; it does not change.';
comment on column almanac.resource_groups.description is 'What it stands for.';
comment on column almanac.resource_groups.max_running is
  'How many of its runs go on at once, at most; 0: none begins; null: no limit.';
comment on column almanac.resource_groups.max_starts is
  'How many attempts of its runs start in any range of time that is as long as starts_per, at most; null: no limit.';
comment on column almanac.resource_groups.starts_per is 'The period that max_starts is for; null: there is none.';
comment on column almanac.resource_groups.created_at is 'When it was created.';
comment on column almanac.resource_groups.created_by is 'User or database role that created it.';
comment on column almanac.resource_groups.updated_at is 'When its limits or its description last changed.';
comment on column almanac.resource_groups.updated_by is 'User or database role that last changed it.';

create table if not exists almanac_private.group_turns (
  group_id bigint primary key,
  calls bigint not null default 0
) with (fillfactor = 50);
alter table almanac_private.group_turns enable row level security;
comment on table almanac_private.group_turns is
  'For each resource group the row that is locked while its runs are counted and let begin. Not that of the group: '
  'admins may hold that one.';
comment on column almanac_private.group_turns.calls is
  'How many places were given to runs in line: every fourth goes to the one that was fired first.';

create table if not exists almanac_private.group_slots (
  run_id bigint primary key,
  scheduled_for timestamptz not null,
  group_id bigint not null,
  priority smallint not null,
  called_at timestamptz not null,
  begun_at timestamptz
) with (autovacuum_vacuum_scale_factor = 0.01);
create index if not exists group_slots_by_group on almanac_private.group_slots (group_id);
alter table almanac_private.group_slots enable row level security;
comment on table almanac_private.group_slots is
  'Runs that have a place in their resource group: they are running, or were called and are about to begin.';
comment on column almanac_private.group_slots.begun_at is 'When its attempt began; null: it was called.';

create table if not exists almanac_private.group_line (
  run_id bigint primary key,
  scheduled_for timestamptz not null,
  group_id bigint not null,
  priority smallint not null
) with (autovacuum_vacuum_scale_factor = 0.01);
create index if not exists group_line_by_priority on almanac_private.group_line (group_id, priority, run_id);
create index if not exists group_line_by_run on almanac_private.group_line (group_id, run_id);
alter table almanac_private.group_line enable row level security;
comment on table almanac_private.group_line is
  'Runs that wait for a place in their resource group, and are queued: a worker has asked for each at least once.';
comment on column almanac_private.group_line.priority is
  'That of the run; 3 worse where its role had a backlog when it was queued.';

create table if not exists almanac_private.group_starts (
  group_id bigint not null,
  started_before timestamptz not null,
  count bigint not null,
  primary key (group_id, started_before)
) with (fillfactor = 50);
alter table almanac_private.group_starts enable row level security;
comment on table almanac_private.group_starts is
  'How many attempts of a resource group started, by sixtieths of its period: all of a row before started_before.';

alter table almanac.schedules add column if not exists resource_group text;
comment on column almanac.schedules.resource_group is
  'Resource group that its runs belong to, which limits how many go on at once; null: that of its task, if any.';
grant insert (resource_group), update (resource_group) on almanac.schedules to almanac_operator;

alter table almanac.runs add column if not exists resource_group text;
comment on column almanac.runs.resource_group is
  'Resource group that it belonged to when it was fired or triggered; null: none.';

alter table almanac_private.known_tasks add column if not exists declared_group text
  constraint task_declared_group_is_short check (length(declared_group) <= 200);
alter table almanac_private.known_tasks add column if not exists assigned_group text
  constraint task_assigned_group_is_short check (length(assigned_group) <= 200);
comment on column almanac_private.known_tasks.declared_group is
  'Resource group for schedules that name none, as its file says; null: none.';
comment on column almanac_private.known_tasks.assigned_group is
  'Resource group for schedules that name none, as set_task_resource_group() says; null: declared_group.';
create index if not exists known_tasks_with_group on almanac_private.known_tasks (identifier)
  where coalesce(assigned_group, declared_group) is not null;

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
  coalesce(t.assigned_group, t.declared_group) as resource_group
from almanac_private.known_tasks t;
comment on column almanac.tasks.resource_group is
  'Resource group that runs of its schedules belong to, unless these name another; null: none.';

drop function if exists almanac_private.begin_runs(bigint, bigint[], timestamptz[], bigint[], timestamptz, jsonb);

--!include functions/groups/group_in_force.sql
--!include functions/groups/group_starts_used.sql
--!include functions/groups/group_room.sql
--!include functions/groups/count_group_starts.sql
--!include functions/groups/lock_group.sql
--!include functions/runs/take_back_runs.sql
--!include functions/groups/call_next.sql
--!include functions/groups/call_waiting.sql
--!include functions/groups/leave_groups.sql
--!include functions/groups/pass_on_places.sql
--!include functions/groups/reconcile_groups.sql
--!include functions/groups/check_resource_group.sql
--!include functions/groups/find_resource_group.sql
--!include functions/groups/set_resource_group.sql
--!include functions/groups/delete_resource_group.sql
--!include functions/groups/set_task_resource_group.sql
--!include functions/runs/begin_runs.sql
--!include functions/groups/begin_in_groups.sql
--!include functions/runs/runs_retries.sql
--!include functions/runs/cancel_locked_runs.sql
--!include functions/runs/end_misfits.sql
--!include functions/runs/end_lacking_runs.sql
--!include functions/workers/announce_tasks.sql
--!include functions/workers/heartbeat.sql
--!include functions/workers/tg_check_task.sql
--!include functions/firing/record_verdicts.sql
--!include functions/firing/reconcile.sql
--!include functions/schedules/definition_columns.sql
--!include functions/schedules/tg_compute_schedule.sql
--!include functions/groups/runs_place_in_line.sql
--!include functions/groups/resource_groups_running.sql
--!include functions/groups/resource_groups_waiting.sql
--!include functions/groups/resource_groups_starts.sql
--!include functions/groups/resource_groups_next_start_at.sql
--!include functions/groups/group_note.sql
--!include functions/runs/runs_blocked_because.sql
