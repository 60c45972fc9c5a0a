--! Previous: -
--! Hash: sha1:d570812e5069614f787383e00e3ed10ae94c7d87
--! Message: First schema

-- The first schema: schedules, their ledger, tasks, workers, users, and who may do what with them.
-- For an operator: everything here is new, nothing existing is touched. Needs CREATEROLE, and CREATE on the database.

create schema almanac;
create schema almanac_private;
comment on schema almanac is 'Job schedules, their runs and what surrounds them: the API for SQL and GraphQL.';
comment on schema almanac_private is 'The inside of Almanac. Nothing here is promised to stay.';

create extension if not exists btree_gist with schema almanac_private;

-- Functions are closed until they are granted. The form with "in schema" would do nothing: it cannot take away what is given globally.
alter default privileges revoke execute on functions from public;

--! Included functions/ensure_role.sql
create or replace function almanac_private.ensure_role(role_name name, member_of name default null, inherits boolean default true) returns void
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
begin
  if not exists (select from pg_roles r where r.rolname = ensure_role.role_name) then
    begin
      execute format('create role %I nologin %s', ensure_role.role_name, case when ensure_role.inherits then 'inherit' else 'noinherit' end);
    exception when duplicate_object or unique_violation then
      null; -- roles belong to the whole cluster: another database was quicker
    end;
  end if;
  if ensure_role.member_of is not null and not exists (
    select from pg_auth_members m
    where m.roleid = (select r.oid from pg_roles r where r.rolname = ensure_role.member_of)
      and m.member = (select r.oid from pg_roles r where r.rolname = ensure_role.role_name)
  ) then
    execute format('grant %I to %I', ensure_role.member_of, ensure_role.role_name);
  end if;
exception when insufficient_privilege then
  raise exception using
    errcode = 'AL011',
    message = format('The role %I cannot be made by %I.', ensure_role.role_name, current_user),
    detail = sqlerrm,
    hint = format('Let a DBA run: alter role %I createrole; — or make the roles beforehand: see docs/operations.md.', current_user);
end
$$;
comment on function almanac_private.ensure_role(name, name, boolean) is 'Makes a group role where it is missing, and makes it a member of another. Without inherits, that must be asked for by set role.';
--! EndIncluded functions/ensure_role.sql
select almanac_private.ensure_role('almanac_viewer');
select almanac_private.ensure_role('almanac_operator', member_of => 'almanac_viewer');
select almanac_private.ensure_role('almanac_admin', member_of => 'almanac_operator');
-- The server takes on the role of who is signed in; by itself it has no right to anything.
select almanac_private.ensure_role('almanac_server', member_of => 'almanac_admin', inherits => false);
select almanac_private.ensure_role('almanac_worker', member_of => 'almanac_viewer');

grant usage on schema almanac to almanac_viewer, almanac_server, almanac_worker;
grant usage on schema almanac_private to almanac_viewer, almanac_server, almanac_worker;

-- Kinds, states and policies ---------------------------------------------------------------------------------------

create type almanac.schedule_kind as enum ('cron', 'interval', 'once', 'manual');
comment on type almanac.schedule_kind is 'cron: times by the clock; interval: every so often; once: a single time; manual: only when triggered.';

create type almanac.schedule_status as enum ('active', 'paused', 'completed', 'disabled');
comment on type almanac.schedule_status is 'active: fires; paused: held back, with a reason; completed: can have no further run; disabled: switched off.';

create type almanac.run_status as enum
  ('waiting', 'queued', 'running', 'retrying', 'succeeded', 'failed', 'timed_out', 'cancelled', 'skipped');
comment on type almanac.run_status is
  'waiting: behind an earlier run; queued: for a worker; running; retrying: failed, another attempt is due; the rest is final.';

create type almanac.run_trigger as enum ('schedule', 'manual', 'backfill', 'chain', 'workflow');
comment on type almanac.run_trigger is 'What asked for the run. A run that is caught up late is still the schedule''s.';

create type almanac.overlap_policy as enum ('skip', 'queue_one', 'queue_all', 'allow', 'cancel_running');
comment on type almanac.overlap_policy is
  'What to do while an earlier run goes on. skip: record and leave it; queue_one, queue_all: wait; allow: run beside it, up to max_concurrent.';

create type almanac.missed_run_policy as enum ('run_latest', 'run_all', 'skip');
comment on type almanac.missed_run_policy is
  'What to do with occurrences reached later than late_tolerance, back to catchup_window: run the latest, all, or none. What is not run is recorded as missed.';

create type almanac.omission_reason as enum ('missed', 'paused', 'stopped', 'excluded');
comment on type almanac.omission_reason is 'Why a stretch of occurrences has no run.';

create type almanac.user_role as enum ('viewer', 'operator', 'admin');
comment on type almanac.user_role is 'viewer: sees all; operator: also makes schedules and changes own ones; admin: changes all.';

-- Settings, logins, time zones -------------------------------------------------------------------------------------

create table almanac_private.settings (
  key text primary key,
  value jsonb not null
);
comment on table almanac_private.settings is 'Settings of this installation, and marks of what was done once.';
insert into almanac_private.settings (key, value) values ('arm_delay_ms', '2000');

create table almanac_private.logins (
  role_name name not null,
  purpose text not null,
  password text,
  primary key (role_name, purpose),
  constraint login_purpose_is_known check (purpose in ('server', 'worker', 'sql'))
);
comment on table almanac_private.logins is
  'Login roles with a task here: claims count only over a server''s login; the sql login is the one that almanac:sql runs as.';
comment on column almanac_private.logins.password is 'For the sql login that migrate made itself; null: ALMANAC_SQL_URL says how to log in.';

create table almanac_private.timezones (
  name text primary key
);
comment on table almanac_private.timezones is 'IANA names this server knows: a look at pg_timezone_names costs 20 ms, at this table nothing.';

-- Users ------------------------------------------------------------------------------------------------------------

create table almanac.users (
  id bigint generated always as identity primary key,
  username text not null,
  display_name text,
  role almanac.user_role not null default 'viewer',
  timezone text,
  created_at timestamptz not null default now(),
  disabled_at timestamptz,
  constraint username_is_unique unique (username),
  constraint username_is_one_word check (username ~ '^[[:alnum:]._@+-]{1,100}$')
);
comment on table almanac.users is 'People who sign in to the web client. Database roles need no row here.';
comment on column almanac.users.id is 'Number of the user; never used again.';
comment on column almanac.users.username is 'Name to sign in with.';
comment on column almanac.users.display_name is 'Name to show; null: the username.';
comment on column almanac.users.role is 'What the user may do.';
comment on column almanac.users.timezone is 'Zone in which the client shows times; null: the browser''s.';
comment on column almanac.users.created_at is 'When the user was added.';
comment on column almanac.users.disabled_at is 'Since when the user cannot sign in; null: can.';
insert into almanac.users (username, display_name, role) values ('admin', 'Administrator', 'admin');

-- Tasks ------------------------------------------------------------------------------------------------------------

create table almanac.tasks (
  identifier text primary key,
  label text,
  description text,
  payload_schema jsonb,
  task_group text,
  depends_on text[] not null default '{}',
  default_timeout interval,
  default_max_attempts integer,
  is_builtin boolean not null default false,
  available boolean not null default false,
  last_seen_at timestamptz,
  created_at timestamptz not null default now(),
  constraint task_identifier_is_valid check (identifier ~ '^[_a-zA-Z][_a-zA-Z0-9:_/-]*$'),
  constraint task_attempts_are_positive check (default_max_attempts > 0)
);
comment on table almanac.tasks is 'What schedules can run: announced by workers that have it, or by register_task before any has.';
comment on column almanac.tasks.identifier is 'Name by which schedules ask for the task, as in Graphile Worker.';
comment on column almanac.tasks.label is 'Short name for people; null: the identifier.';
comment on column almanac.tasks.description is 'What the task does.';
comment on column almanac.tasks.payload_schema is 'JSON Schema of the payload; null: any object.';
comment on column almanac.tasks.task_group is 'Group that the task belongs to.';
comment on column almanac.tasks.depends_on is 'Tasks that must have run before, when a group runs.';
comment on column almanac.tasks.default_timeout is 'Time-out for schedules that set none; null: none.';
comment on column almanac.tasks.default_max_attempts is 'Attempts for schedules that set none; null: 3.';
comment on column almanac.tasks.is_builtin is 'Comes with Almanac.';
comment on column almanac.tasks.available is 'A worker has announced it and not withdrawn it.';
comment on column almanac.tasks.last_seen_at is 'When a worker last announced it; null: never.';
comment on column almanac.tasks.created_at is 'When it became known.';

insert into almanac.tasks (identifier, label, description, payload_schema, is_builtin, available) values
  ('almanac:noop', 'Nothing', 'Does nothing and succeeds: for trying a schedule out.', null, true, true),
  ('almanac:sql', 'SQL statement', 'Runs one SQL statement as the login made for it.',
   '{"type": "object", "required": ["statement"], "properties": {"statement": {"type": "string", "title": "Statement", "format": "sql"}}, "additionalProperties": false}',
   true, true);

-- Schedules --------------------------------------------------------------------------------------------------------

create table almanac.schedules (
  id bigint generated always as identity primary key,
  name text not null,
  description text,
  kind almanac.schedule_kind not null,
  cron_expression text,
  every interval,
  run_at timestamptz,
  timezone text not null default 'UTC',
  starts_at timestamptz,
  ends_at timestamptz,
  max_runs integer,
  task_identifier text not null,
  payload jsonb not null default '{}',
  priority smallint not null default 1,
  status almanac.schedule_status not null default 'active',
  pause_reason text,
  paused_at timestamptz,
  overlap_policy almanac.overlap_policy not null default 'skip',
  max_concurrent integer,
  missed_run_policy almanac.missed_run_policy not null default 'run_latest',
  late_tolerance interval not null default '1 minute',
  catchup_window interval not null default '1 hour',
  max_attempts integer not null default 3,
  retry_delay interval not null default '5 seconds',
  retry_backoff numeric not null default 2,
  retry_ceiling interval not null default '1 hour',
  timeout interval,
  tags text[] not null default '{}',
  owner_user bigint references almanac.users (id) on delete set null,
  run_as name not null,
  created_at timestamptz not null default now(),
  created_by text not null,
  updated_at timestamptz not null default now(),
  updated_by text not null,
  archived_at timestamptz,
  deleted_at timestamptz,
  next_run_at timestamptz,
  last_run_at timestamptz,
  last_status almanac.run_status,
  total_runs bigint not null default 0,
  failed_runs bigint not null default 0,
  next_scheduled_for timestamptz,
  cursor_at timestamptz not null,
  rule_seconds bigint,
  rule_minutes bigint,
  rule_hours integer,
  rule_first_time integer,
  rule_weekdays integer,
  rule_months integer,
  rule_days bit varying,
  rule_running boolean,
  constraint schedule_name_is_given check (name <> '' and length(name) <= 200),
  constraint schedule_priority_is_0_1_or_2 check (priority between 0 and 2),
  constraint schedule_ends_after_it_starts check (ends_at > starts_at),
  constraint schedule_max_runs_is_positive check (max_runs > 0),
  constraint schedule_max_concurrent_is_positive check (max_concurrent > 0),
  constraint schedule_max_attempts_is_positive check (max_attempts between 1 and 1000),
  constraint schedule_retry_delay_is_not_negative check (retry_delay >= interval '0'),
  constraint schedule_retry_backoff_is_at_least_1 check (retry_backoff between 1 and 100),
  constraint schedule_retry_ceiling_is_not_negative check (retry_ceiling >= interval '0'),
  constraint schedule_late_tolerance_is_not_negative check (late_tolerance >= interval '0'),
  constraint schedule_catchup_window_is_not_negative check (catchup_window >= interval '0'),
  constraint schedule_timeout_is_positive check (timeout > interval '0')
) with (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02);

create unique index schedule_name_is_unique on almanac.schedules (name) where deleted_at is null;
create index schedules_by_next_run on almanac.schedules (next_run_at, id) where next_run_at is not null;
create index schedules_by_owner on almanac.schedules (owner_user) where owner_user is not null;

comment on table almanac.schedules is 'What runs when. Insert, update and delete rows, or call schedule_cron, schedule_every, schedule_at, pause, resume and the like.';
comment on column almanac.schedules.id is 'Number of the schedule; never used again.';
comment on column almanac.schedules.name is 'Unique among schedules that are not deleted; the first argument of pause, resume, trigger_now and the like.';
comment on column almanac.schedules.description is 'What it is for.';
comment on column almanac.schedules.kind is 'How its times are given.';
comment on column almanac.schedules.cron_expression is 'Five fields (minute hour day-of-month month day-of-week), six with a second in front, or a macro such as @daily; for kind cron.';
comment on column almanac.schedules.every is 'Interval of months, of days, or of time of at least a second; for kind interval.';
comment on column almanac.schedules.run_at is 'The time of the only run; for kind once.';
comment on column almanac.schedules.timezone is 'IANA name of the zone in which the rule''s local times are meant.';
comment on column almanac.schedules.starts_at is 'No occurrence before this; also the anchor of an interval. Null: from its creation on.';
comment on column almanac.schedules.ends_at is 'No occurrence at or after this; null: no end.';
comment on column almanac.schedules.max_runs is 'Completed after so many fired occurrences; null: no limit.';
comment on column almanac.schedules.task_identifier is 'Task that a worker runs; must be known in almanac.tasks.';
comment on column almanac.schedules.payload is 'JSON object given to the task, with _run added.';
comment on column almanac.schedules.priority is '0 urgent, 1 normal, 2 background.';
comment on column almanac.schedules.status is 'Whether it fires; completed is set by Almanac when no further run is possible.';
comment on column almanac.schedules.pause_reason is 'Why it is paused; null: not paused, or no reason given.';
comment on column almanac.schedules.paused_at is 'Since when it is paused; null: it is not.';
comment on column almanac.schedules.overlap_policy is 'What happens when it is due while an earlier run of it goes on.';
comment on column almanac.schedules.max_concurrent is 'With overlap policy allow: how many runs may go on at once; null: no limit.';
comment on column almanac.schedules.missed_run_policy is 'What happens to occurrences reached later than late_tolerance.';
comment on column almanac.schedules.late_tolerance is 'Reached within this of its due time, an occurrence simply fires late.';
comment on column almanac.schedules.catchup_window is 'How far back missed occurrences are caught up.';
comment on column almanac.schedules.max_attempts is 'Attempts a run has, the first included.';
comment on column almanac.schedules.retry_delay is 'Wait before the second attempt.';
comment on column almanac.schedules.retry_backoff is 'Factor by which the wait grows with each attempt.';
comment on column almanac.schedules.retry_ceiling is 'Longest wait between attempts.';
comment on column almanac.schedules.timeout is 'Longest time an attempt may take; null: no limit.';
comment on column almanac.schedules.tags is 'Words to find and group schedules by.';
comment on column almanac.schedules.owner_user is 'User who owns it; null: made by a database role, see run_as.';
comment on column almanac.schedules.run_as is 'Database role that last decided what runs (task or payload).';
comment on column almanac.schedules.created_at is 'When it was created.';
comment on column almanac.schedules.created_by is 'User or database role that created it.';
comment on column almanac.schedules.updated_at is 'When its definition last changed.';
comment on column almanac.schedules.updated_by is 'User or database role that last changed its definition.';
comment on column almanac.schedules.archived_at is 'When its definition left the code that declared it; null: it did not.';
comment on column almanac.schedules.deleted_at is 'When it was unscheduled; null: it is not. restore() brings it back.';
comment on column almanac.schedules.next_run_at is 'When it is next due; null: never, or not while it is paused. Computed.';
comment on column almanac.schedules.last_run_at is 'Due time of the occurrence that last fired; null: none yet. Computed.';
comment on column almanac.schedules.last_status is 'How its last finished run ended; null: none has. Computed.';
comment on column almanac.schedules.total_runs is 'Occurrences that have fired, skipped ones not counted. Computed.';
comment on column almanac.schedules.failed_runs is 'Of these, how many ended failed or timed out. Runs by hand count in neither. Computed.';
comment on column almanac.schedules.next_scheduled_for is 'Nominal time of the next occurrence. Computed.';
comment on column almanac.schedules.cursor_at is 'Nominal time up to which every occurrence has its outcome. Computed.';
comment on column almanac.schedules.rule_seconds is 'Compiled cron: bit mask of seconds. Computed, like the other rule columns; null for other kinds.';
comment on column almanac.schedules.rule_minutes is 'Compiled cron: bit mask of minutes.';
comment on column almanac.schedules.rule_hours is 'Compiled cron: bit mask of hours.';
comment on column almanac.schedules.rule_first_time is 'Compiled cron: first time of a day, in seconds.';
comment on column almanac.schedules.rule_weekdays is 'Compiled cron: bit mask of weekdays, doubled.';
comment on column almanac.schedules.rule_months is 'Compiled cron: bit mask of months from March, doubled.';
comment on column almanac.schedules.rule_days is 'Compiled cron: days for each shape of a month; null: weekdays decide.';
comment on column almanac.schedules.rule_running is 'Compiled cron: runs in both passes of a repeated hour.';

-- The ledger -------------------------------------------------------------------------------------------------------

create sequence almanac.runs_id_seq;

create table almanac.runs (
  id bigint not null default nextval('almanac.runs_id_seq'),
  schedule_id bigint not null,
  schedule_name text not null,
  task_identifier text not null,
  payload jsonb not null,
  scheduled_for timestamptz not null,
  due_at timestamptz not null,
  trigger almanac.run_trigger not null,
  status almanac.run_status not null,
  reason text,
  attempt integer not null default 0,
  max_attempts integer not null,
  timeout interval,
  priority smallint not null,
  queued_at timestamptz,
  started_at timestamptz,
  attempt_started_at timestamptz,
  finished_at timestamptz,
  error text,
  result jsonb,
  progress real,
  job_id bigint,
  worker_id bigint,
  run_as name not null,
  requested_by text,
  retried_from bigint,
  primary key (id, scheduled_for),
  constraint run_is_finished_when_final check
    ((finished_at is not null) = (status in ('succeeded', 'failed', 'timed_out', 'cancelled', 'skipped'))),
  constraint skipped_run_has_a_reason check (status <> 'skipped' or reason is not null)
) partition by range (scheduled_for);
alter sequence almanac.runs_id_seq owned by almanac.runs.id;

create unique index run_is_the_only_one_of_its_occurrence on almanac.runs (schedule_id, scheduled_for) where trigger = 'schedule';
create index runs_by_schedule on almanac.runs (schedule_id, scheduled_for desc, id desc);
create index runs_by_time on almanac.runs (scheduled_for, id);

comment on table almanac.runs is 'The ledger: what became of each occurrence, and runs asked for by hand. History outlives its schedule.';
comment on column almanac.runs.id is 'Number of the run.';
comment on column almanac.runs.schedule_id is 'Schedule it belongs to, which may be gone.';
comment on column almanac.runs.schedule_name is 'Name the schedule had when the run was recorded.';
comment on column almanac.runs.task_identifier is 'Task it runs.';
comment on column almanac.runs.payload is 'Payload given to the task.';
comment on column almanac.runs.scheduled_for is 'Nominal time: with the schedule, the identity of an occurrence. By hand: when it was asked for.';
comment on column almanac.runs.due_at is 'When it was due; differs from scheduled_for when the occurrence was moved or spread.';
comment on column almanac.runs.trigger is 'What asked for it.';
comment on column almanac.runs.status is 'Where it stands.';
comment on column almanac.runs.reason is 'Why it was skipped, waits or was cancelled.';
comment on column almanac.runs.attempt is 'Attempts begun so far.';
comment on column almanac.runs.max_attempts is 'Attempts it has.';
comment on column almanac.runs.timeout is 'Longest time an attempt may take; null: no limit.';
comment on column almanac.runs.priority is '0 urgent, 1 normal, 2 background.';
comment on column almanac.runs.queued_at is 'When it became ready for a worker; null: not yet.';
comment on column almanac.runs.started_at is 'When its first attempt began; null: not yet.';
comment on column almanac.runs.attempt_started_at is 'When its latest attempt began; null: none has.';
comment on column almanac.runs.finished_at is 'When it became final; null: not yet.';
comment on column almanac.runs.error is 'Error of the latest failed attempt.';
comment on column almanac.runs.result is 'What the task returned, as JSON.';
comment on column almanac.runs.progress is 'From 0 to 1, as the task reports it; null: it reports none.';
comment on column almanac.runs.job_id is 'Graphile Worker job of the latest attempt.';
comment on column almanac.runs.worker_id is 'Worker of the latest attempt.';
comment on column almanac.runs.run_as is 'Database role that decided what runs.';
comment on column almanac.runs.requested_by is 'Who triggered it by hand; null: its schedule.';
comment on column almanac.runs.retried_from is 'Run that this one repeats; null: none.';

create table almanac.run_attempts (
  run_id bigint not null,
  scheduled_for timestamptz not null,
  attempt integer not null,
  status almanac.run_status not null,
  started_at timestamptz not null,
  finished_at timestamptz not null,
  worker_id bigint,
  error text,
  primary key (run_id, attempt, scheduled_for)
) partition by range (scheduled_for);
comment on table almanac.run_attempts is 'Finished attempts of runs. No foreign key to runs: it would forbid dropping old partitions.';
comment on column almanac.run_attempts.run_id is 'Run it belongs to.';
comment on column almanac.run_attempts.scheduled_for is 'Nominal time of the run: the partition.';
comment on column almanac.run_attempts.attempt is 'Number of the attempt, from 1.';
comment on column almanac.run_attempts.status is 'How it ended.';
comment on column almanac.run_attempts.started_at is 'When it began.';
comment on column almanac.run_attempts.finished_at is 'When it ended.';
comment on column almanac.run_attempts.worker_id is 'Worker that ran it.';
comment on column almanac.run_attempts.error is 'Its error; null: it succeeded.';

create table almanac_private.live_runs (
  schedule_id bigint not null,
  run_id bigint not null,
  scheduled_for timestamptz not null,
  trigger almanac.run_trigger not null,
  is_waiting boolean not null default false,
  primary key (schedule_id, run_id)
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01);
comment on table almanac_private.live_runs is
  'Runs that are not final: what overlap policies count and what a dead worker held. An index over all partitions of runs would be probed once for each.';

create table almanac.omissions (
  id bigint generated always as identity primary key,
  schedule_id bigint not null,
  schedule_name text not null,
  during tstzrange not null,
  reason almanac.omission_reason not null,
  count bigint not null,
  recorded_at timestamptz not null default now(),
  constraint omission_counts_something check (count > 0),
  constraint omission_is_bounded check (not lower_inf(during) and not upper_inf(during) and lower_inc(during) and upper_inc(during)),
  constraint omissions_do_not_overlap exclude using gist (schedule_id with operator(pg_catalog.=), during with operator(pg_catalog.&&))
);
create index omissions_by_time on almanac.omissions using gist (during);
comment on table almanac.omissions is 'Stretches of occurrences that were not run, one row a stretch.';
comment on column almanac.omissions.id is 'Number of the stretch.';
comment on column almanac.omissions.schedule_id is 'Schedule it belongs to, which may be gone.';
comment on column almanac.omissions.schedule_name is 'Name the schedule had.';
comment on column almanac.omissions.during is 'From the first to the last nominal time, both included.';
comment on column almanac.omissions.reason is 'Why they were not run.';
comment on column almanac.omissions.count is 'How many occurrences.';
comment on column almanac.omissions.recorded_at is 'When it was first recorded.';

create table almanac_private.unsettled_counters (
  id bigint generated always as identity primary key,
  schedule_id bigint not null,
  failed integer not null,
  last_status almanac.run_status not null
);
comment on table almanac_private.unsettled_counters is
  'Counters of schedules whose row was locked by someone when a run of theirs ended; applied by settle_counters().';

-- Workers ----------------------------------------------------------------------------------------------------------

create table almanac.workers (
  id bigint generated always as identity primary key,
  name text not null,
  host text not null,
  pid integer not null,
  version text not null,
  concurrency integer not null,
  pool_ids text[] not null default '{}',
  status text not null default 'active',
  started_at timestamptz not null default now(),
  last_heartbeat_at timestamptz not null default now(),
  stopped_at timestamptz,
  constraint worker_status_is_known check (status in ('active', 'draining', 'stopped', 'lost'))
);
create index workers_by_heartbeat on almanac.workers (last_heartbeat_at) where status in ('active', 'draining');
comment on table almanac.workers is 'Worker processes: living ones, and those of the last days.';
comment on column almanac.workers.id is 'Number of the worker.';
comment on column almanac.workers.name is 'Host and process.';
comment on column almanac.workers.host is 'Machine it runs on.';
comment on column almanac.workers.pid is 'Its process on that machine.';
comment on column almanac.workers.version is 'Version of Almanac.';
comment on column almanac.workers.concurrency is 'Jobs it runs at once.';
comment on column almanac.workers.pool_ids is 'Graphile Worker pools it has had: their ids are in the locks of its jobs.';
comment on column almanac.workers.status is 'active, draining, stopped, or lost: no heartbeat for 15 s.';
comment on column almanac.workers.started_at is 'When it started.';
comment on column almanac.workers.last_heartbeat_at is 'When it was last heard of; every 5 s while it lives.';
comment on column almanac.workers.stopped_at is 'When it stopped or was given up; null: it lives.';

create table almanac_private.leases (
  name text primary key,
  worker_id bigint not null references almanac.workers (id) on delete cascade,
  expires_at timestamptz not null
);
create index leases_by_worker on almanac_private.leases (worker_id);
comment on table almanac_private.leases is 'Who leads, and until when by the database''s clock: a session lock would not live through a transaction pooler.';

-- Sign-in ----------------------------------------------------------------------------------------------------------

create table almanac_private.login_tokens (
  token_hash bytea primary key,
  user_id bigint not null references almanac.users (id) on delete cascade,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  spent_at timestamptz
);
create index login_tokens_by_user on almanac_private.login_tokens (user_id);
comment on table almanac_private.login_tokens is 'One-time sign-in links, by the hash of their token.';

create table almanac_private.sessions (
  token_hash bytea primary key,
  user_id bigint not null references almanac.users (id) on delete cascade,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null
);
create index sessions_by_user on almanac_private.sessions (user_id);
comment on table almanac_private.sessions is 'Who is signed in, by the hash of the cookie.';

alter table almanac_private.login_tokens enable row level security;
alter table almanac_private.sessions enable row level security;

-- Row security -----------------------------------------------------------------------------------------------------

--! Included functions/is_server_login.sql
-- Definer: the table of logins holds a password and is closed to everyone who asks this.
create or replace function almanac_private.is_server_login() returns boolean
language sql stable security definer parallel safe set search_path to pg_catalog, pg_temp
as $$
  select exists (select from almanac_private.logins l where l.role_name = session_user and l.purpose = 'server')
$$;
comment on function almanac_private.is_server_login() is 'Whether this connection is the server''s, so that its claims count.';
grant execute on function almanac_private.is_server_login() to almanac_viewer, almanac_server;
--! EndIncluded functions/is_server_login.sql
--! Included functions/current_user_id.sql
create or replace function almanac.current_user_id() returns bigint
language plpgsql stable parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  v_claim text := nullif(current_setting('jwt.claims.user_id', true), '');
begin
  if v_claim is null or not almanac_private.is_server_login() then
    return null;
  end if;
  return v_claim::bigint;
end
$$;
comment on function almanac.current_user_id() is 'The user who is signed in, over the server''s connection only; null: a database role on its own.';
grant execute on function almanac.current_user_id() to almanac_viewer, almanac_server;
--! EndIncluded functions/current_user_id.sql
--! Included functions/actor.sql
-- Definer: reads users on behalf of roles that may not.
create or replace function almanac_private.actor() returns text
language plpgsql stable security definer parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  v_user_id bigint := almanac.current_user_id();
begin
  if v_user_id is null then
    return session_user;
  end if;
  return (select u.username from almanac.users u where u.id = v_user_id);
end
$$;
comment on function almanac_private.actor() is 'Who is acting: the signed-in user''s name, else the login role.';
grant execute on function almanac_private.actor() to almanac_viewer, almanac_server;
--! EndIncluded functions/actor.sql
--! Included functions/caller.sql
create or replace function almanac_private.caller() returns name
language sql stable parallel safe
return case when current_setting('role', true) in ('none', '') then session_user else current_setting('role', true)::name end;
comment on function almanac_private.caller() is
  'The role that acts, seen also from inside a security definer function, where current_user is the owner.';
grant execute on function almanac_private.caller() to almanac_viewer, almanac_server;
--! EndIncluded functions/caller.sql
--! Included functions/may_change.sql
create or replace function almanac_private.may_change(owner_user bigint, run_as name) returns boolean
language plpgsql stable parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  v_caller name := almanac_private.caller();
begin
  if pg_has_role(v_caller, 'almanac_admin', 'member') or has_schema_privilege(v_caller, 'almanac_private', 'create') then
    return true; -- the second is the owner of the schema, who bypasses row security anyway
  end if;
  if not pg_has_role(v_caller, 'almanac_operator', 'member') then
    return false;
  end if;
  if may_change.owner_user is null then
    return pg_has_role(v_caller, may_change.run_as, 'member');
  end if;
  return may_change.owner_user = almanac.current_user_id();
end
$$;
comment on function almanac_private.may_change(bigint, name) is
  'Whether the caller may change a schedule: admins all, operators what their user owns, or, without a user, what their role runs.';
grant execute on function almanac_private.may_change(bigint, name) to almanac_viewer, almanac_server;
--! EndIncluded functions/may_change.sql

alter table almanac.schedules enable row level security;
alter table almanac.runs enable row level security;
alter table almanac.run_attempts enable row level security;
alter table almanac.omissions enable row level security;
alter table almanac.tasks enable row level security;
alter table almanac.workers enable row level security;
alter table almanac.users enable row level security;
alter table almanac_private.settings enable row level security;
alter table almanac_private.logins enable row level security;
alter table almanac_private.timezones enable row level security;
alter table almanac_private.live_runs enable row level security;
alter table almanac_private.unsettled_counters enable row level security;
alter table almanac_private.leases enable row level security;

grant select on almanac.schedules, almanac.runs, almanac.run_attempts, almanac.omissions, almanac.tasks, almanac.workers, almanac.users to almanac_viewer;
grant insert, update, delete on almanac.schedules to almanac_operator;
grant insert, update on almanac.tasks to almanac_admin;
grant insert, update, delete on almanac.users to almanac_admin;
grant select on almanac_private.timezones to almanac_viewer;
grant select on almanac_private.leases to almanac_viewer;
grant select on almanac_private.logins, almanac_private.settings to almanac_worker;

create policy everyone_sees_schedules on almanac.schedules for select to almanac_viewer using (true);
create policy operators_create_schedules on almanac.schedules for insert to almanac_operator
  with check (almanac_private.may_change(owner_user, run_as));
create policy owners_change_schedules on almanac.schedules for update to almanac_operator
  using (almanac_private.may_change(owner_user, run_as)) with check (almanac_private.may_change(owner_user, run_as));
create policy owners_delete_schedules on almanac.schedules for delete to almanac_operator
  using (almanac_private.may_change(owner_user, run_as));
create policy everyone_sees_runs on almanac.runs for select to almanac_viewer using (true);
create policy everyone_sees_attempts on almanac.run_attempts for select to almanac_viewer using (true);
create policy everyone_sees_omissions on almanac.omissions for select to almanac_viewer using (true);
create policy everyone_sees_tasks on almanac.tasks for select to almanac_viewer using (true);
create policy admins_register_tasks on almanac.tasks for insert to almanac_admin with check (not is_builtin);
create policy admins_change_tasks on almanac.tasks for update to almanac_admin using (not is_builtin) with check (not is_builtin);
create policy everyone_sees_workers on almanac.workers for select to almanac_viewer using (true);
create policy everyone_sees_users on almanac.users for select to almanac_viewer using (true);
create policy admins_manage_users on almanac.users to almanac_admin using (true) with check (true);
create policy everyone_sees_timezones on almanac_private.timezones for select to almanac_viewer using (true);
create policy everyone_sees_leases on almanac_private.leases for select to almanac_viewer using (true);
create policy workers_read_logins on almanac_private.logins for select to almanac_worker using (purpose = 'sql');
create policy workers_read_settings on almanac_private.settings for select to almanac_worker using (true);

-- Time rules -------------------------------------------------------------------------------------------------------

--! Included functions/compiled_cron.sql
do $$
begin
  if to_regtype('almanac_private.compiled_cron') is null then
    create type almanac_private.compiled_cron as (
      rule_seconds bigint,
      rule_minutes bigint,
      rule_hours integer,
      rule_first_time integer,
      rule_weekdays integer,
      rule_months integer,
      rule_days bit varying,
      rule_running boolean
    );
  end if;
end
$$;
comment on type almanac_private.compiled_cron is
  'A cron text in the form that next_cron reads: masks of seconds, minutes, hours; first second of a day that matches; weekdays from Sunday, written twice; months from March, written twice (0: never matches); days for each of the 28 shapes a month can have (null: weekdays decide); whether it runs in both passes of a repeated hour.';
--! EndIncluded functions/compiled_cron.sql
--! Included functions/parsed_cron.sql
do $$
begin
  if to_regtype('almanac_private.parsed_cron') is null then
    create type almanac_private.parsed_cron as (
      error_field text,
      error_index integer,
      message text,
      hint text,
      seconds bigint,
      minutes bigint,
      hours bigint,
      days bigint,
      months bigint,
      weekdays bigint,
      last_days bigint,
      nearest_weekdays bigint,
      last_weekday_of_month boolean,
      nth_weekdays bigint,
      final_weekdays bigint,
      day_of_month_open boolean,
      day_of_week_open boolean,
      running boolean
    );
  end if;
end
$$;
comment on type almanac_private.parsed_cron is
  'A cron text taken apart, or the first thing wrong with it (message not null; error_index counts characters from 0). Masks have bit n for value n; last_days: n days before the last; nth_weekdays: bit 5 × weekday + k − 1; final_weekdays: last such weekday.';
--! EndIncluded functions/parsed_cron.sql
--! Included functions/upper_ascii.sql
create or replace function almanac_private.upper_ascii(word text) returns text
language sql immutable strict parallel safe
return translate(word, 'abcdefghijklmnopqrstuvwxyz', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ');
comment on function almanac_private.upper_ascii(text) is 'The word with a–z in capitals, whatever the database''s locale makes of other letters.';
grant execute on function almanac_private.upper_ascii(text) to almanac_viewer;
--! EndIncluded functions/upper_ascii.sql
--! Included functions/cron_value.sql
create or replace function almanac_private.cron_value(word text, field integer) returns integer
language plpgsql immutable strict parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  v_digits text;
begin
  if cron_value.word ~ '^[0-9]+$' then
    v_digits := ltrim(cron_value.word, '0');
    return case when v_digits = '' then 0 when length(v_digits) > 4 then 9999 else v_digits::integer end;
  end if;
  return case cron_value.field
    when 5 then array_position(array['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'], cron_value.word)
    when 6 then array_position(array['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'], cron_value.word) - 1
  end;
end
$$;
comment on function almanac_private.cron_value(text, integer) is
  'The number a word of a cron field stands for; of a number too long to be any, 9999; null: not a name of this field.';
grant execute on function almanac_private.cron_value(text, integer) to almanac_viewer;
--! EndIncluded functions/cron_value.sql
--! Included functions/lowest_bit.sql
create or replace function almanac_private.lowest_bit(mask bigint) returns integer
language sql immutable parallel safe
return (ln((mask & -mask)::float8) * 1.4426950408889634)::integer;
comment on function almanac_private.lowest_bit(bigint) is 'Number of the lowest bit that is set, which there must be. A plain expression, so that callers inline it.';
grant execute on function almanac_private.lowest_bit(bigint) to almanac_viewer;
--! EndIncluded functions/lowest_bit.sql
--! Included functions/parse_cron_item.sql
create or replace function almanac_private.parse_cron_item(parsed almanac_private.parsed_cron, field integer, item text)
returns almanac_private.parsed_cron
language plpgsql immutable parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  v_titles constant text[] := array['second', 'minute', 'hour', 'day of the month', 'month', 'day of the week'];
  v_least constant integer[] := array[0, 0, 0, 1, 1, 0];
  v_most constant integer[] := array[59, 59, 23, 31, 12, 7];
  v_steps constant integer[] := array[60, 60, 24, 31, 12, 7];
  v_low integer := v_least[parse_cron_item.field];
  v_high integer := v_most[parse_cron_item.field];
  v_parts text[];
  v_from integer;
  v_to integer;
  v_step integer := 1;
  v_mask bigint := 0;
  v_last text := '';
begin
  -- The common ones first: a star, a number.
  if parse_cron_item.item = '*' then
    v_parts := array[null, null, null];
    v_from := v_low;
    v_to := v_high;
  elsif parse_cron_item.field = 4 and parse_cron_item.item ~ '^(L|L-[0-9]+|LW|[0-9]+W)$' then
    if parse_cron_item.item = 'LW' then
      parsed.last_weekday_of_month := true;
    elsif parse_cron_item.item = 'L' then
      parsed.last_days := parsed.last_days | 1;
    elsif left(parse_cron_item.item, 2) = 'L-' then
      v_from := almanac_private.cron_value(substr(parse_cron_item.item, 3), 0);
      if v_from not between 1 and 30 then
        parsed.message := format('In %s the number is not between 1 and 30.', parse_cron_item.item);
        parsed.hint := 'L is the last day of the month, L-1 the day before it, L-30 the furthest.';
        return parsed;
      end if;
      parsed.last_days := parsed.last_days | (1::bigint << v_from);
    else
      v_from := almanac_private.cron_value(rtrim(parse_cron_item.item, 'W'), 0);
      if v_from not between 1 and 31 then
        parsed.message := format('In %s the day is not between 1 and 31.', parse_cron_item.item);
        parsed.hint := '15W is the Monday to Friday nearest to the 15th; LW the last one of the month.';
        return parsed;
      end if;
      parsed.nearest_weekdays := parsed.nearest_weekdays | (1::bigint << v_from);
    end if;
    return parsed;
  elsif parse_cron_item.field = 6 and parse_cron_item.item ~ '^([0-9]+|[A-Z]{3})(#[0-9]+|L)$' then
    v_parts := regexp_match(parse_cron_item.item, '^([0-9]+|[A-Z]{3})(?:#([0-9]+)|L)$');
    v_from := almanac_private.cron_value(v_parts[1], 6);
    if v_from is null or v_from > 7 then
      parsed.message := format('%s is no day of the week.', v_parts[1]);
      parsed.hint := 'Days of the week are 0 to 7 (0 and 7 are Sunday) or SUN to SAT.';
    elsif v_parts[2] is null then
      parsed.final_weekdays := parsed.final_weekdays | (1::bigint << (v_from % 7));
    elsif almanac_private.cron_value(v_parts[2], 0) not between 1 and 5 then
      parsed.message := format('In %s the number after # is not between 1 and 5.', parse_cron_item.item);
      parsed.hint := 'MON#2 is the second Monday of the month; FRIL the last Friday.';
    else
      parsed.nth_weekdays := parsed.nth_weekdays | (1::bigint << (v_from % 7 * 5 + almanac_private.cron_value(v_parts[2], 0) - 1));
    end if;
    return parsed;
  else
    v_parts := regexp_match(parse_cron_item.item, '^(?:\*|([0-9]+|[A-Z]+)(?:-([0-9]+|[A-Z]+))?)(?:/([0-9]+))?$');
    if v_parts is null then
      if parse_cron_item.item = '' then
        parsed.message := 'An item is missing.';
        parsed.hint := 'A list takes no empty items and no spaces: 1,2,3.';
      elsif parse_cron_item.item = '?' or position('?' in parse_cron_item.item) > 0 then
        parsed.message := format('%s cannot be used for the %s.', parse_cron_item.item, v_titles[parse_cron_item.field]);
        parsed.hint := '? stands alone, and only for the day of the month or of the week. Write * for every one.';
      else
        parsed.message := format('%s cannot be read as %s.', quote_literal(parse_cron_item.item), v_titles[parse_cron_item.field]);
        parsed.hint := case parse_cron_item.field
          when 4 then 'Takes 1 to 31, *, ranges 1-5, steps */2, L, L-3, LW and 15W, in a list.'
          when 5 then 'Takes 1 to 12 or JAN to DEC, *, ranges 1-5, steps */2, in a list.'
          when 6 then 'Takes 0 to 7 or SUN to SAT, *, ranges MON-FRI, steps */2, MON#2 and FRIL, in a list.'
          else format('Takes %s to %s, *, ranges 1-5, steps */2, in a list. To spread runs use jitter.', v_low, v_high)
        end;
      end if;
      return parsed;
    end if;

    if v_parts[1] is null then
      v_from := v_low;
      v_to := v_high;
    else
      v_from := almanac_private.cron_value(v_parts[1], parse_cron_item.field);
      v_to := case when v_parts[2] is not null then almanac_private.cron_value(v_parts[2], parse_cron_item.field) else v_from end;
      v_last := case when v_from is null or v_from not between v_low and v_high then v_parts[1]
        when v_to is null or v_to not between v_low and v_high then v_parts[2] end;
      if v_last is not null then
        if v_last ~ '^[0-9]' then
          parsed.message := format('%s is not between %s and %s.', v_last, v_low, v_high);
          parsed.hint := format('The %s takes %s to %s.', v_titles[parse_cron_item.field], v_low, v_high);
        elsif parse_cron_item.field = 6 and v_last = 'L' then
          parsed.message := 'L alone names no day of the week.';
          parsed.hint := 'Write 5L or FRIL for the last Friday of the month; L belongs to the day of the month.';
        else
          parsed.message := format('%s is no name for the %s.', v_last, v_titles[parse_cron_item.field]);
          parsed.hint := case parse_cron_item.field
            when 5 then 'Names of months have three letters: JAN, FEB, …, DEC.'
            when 6 then 'Names of days have three letters: SUN, MON, …, SAT.'
            else format('The %s takes numbers: %s to %s.', v_titles[parse_cron_item.field], v_low, v_high)
          end;
        end if;
        return parsed;
      end if;
      if parse_cron_item.field = 6 and v_parts[2] is not null and v_to = 0 and v_from > 0 then
        v_to := 7;
      end if;
      if v_from > v_to then
        parsed.message := format('The range %s-%s runs backwards.', v_parts[1], v_parts[2]);
        parsed.hint := case
          when parse_cron_item.field = 6 and v_from = 7 then format('A range begins with Sunday as 0: write 0-%s.', v_parts[2])
          else format('Write two ranges: %s-%s,%s-%s.', v_parts[1],
            case parse_cron_item.field when 6 then 'SAT' when 5 then 'DEC' else v_high::text end,
            case parse_cron_item.field when 6 then 'SUN' when 5 then 'JAN' else v_low::text end, v_parts[2])
        end;
        return parsed;
      end if;
      if v_parts[2] is null and v_parts[3] is not null then
        v_to := v_high;
      end if;
    end if;

    if v_parts[3] is not null then
      v_step := almanac_private.cron_value(v_parts[3], 0);
      if v_step not between 1 and v_steps[parse_cron_item.field] then
        parsed.message := format('The step %s is not between 1 and %s.', v_parts[3], v_steps[parse_cron_item.field]);
        parsed.hint := format('*/5 means every fifth %s.', v_titles[parse_cron_item.field]);
        return parsed;
      end if;
    end if;
  end if;

  while v_from <= v_to loop
    v_mask := v_mask | (1::bigint << v_from);
    v_from := v_from + v_step;
  end loop;
  case parse_cron_item.field
    when 1 then parsed.seconds := parsed.seconds | v_mask;
    when 2 then parsed.minutes := parsed.minutes | v_mask;
    when 3 then parsed.hours := parsed.hours | v_mask;
    when 4 then parsed.days := parsed.days | v_mask;
    when 5 then parsed.months := parsed.months | v_mask;
    else parsed.weekdays := parsed.weekdays | ((v_mask | (v_mask >> 7)) & 127);
  end case;
  return parsed;
end
$$;
comment on function almanac_private.parse_cron_item(almanac_private.parsed_cron, integer, text) is
  'Adds one item of a list to what is parsed so far, or says what is wrong with it. Fields count from 1, the second; the item is in capitals.';
grant execute on function almanac_private.parse_cron_item(almanac_private.parsed_cron, integer, text) to almanac_viewer;
--! EndIncluded functions/parse_cron_item.sql
--! Included functions/parse_cron.sql
create or replace function almanac_private.parse_cron(cron text) returns almanac_private.parsed_cron
language plpgsql immutable parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  v_parsed almanac_private.parsed_cron;
  v_names constant text[] := array['second', 'minute', 'hour', 'day_of_month', 'month', 'day_of_week'];
  v_blank constant text := E' \t\r\n';
  v_text text := parse_cron.cron;
  v_words text[] := '{}';
  v_starts integer[] := '{}';
  v_at integer := 0;
  v_length integer;
  v_macro text;
  v_field integer;
  v_item text;
  v_index integer;
  v_error text;
begin
  if v_text is null or btrim(v_text, v_blank) = '' then
    v_parsed.message := 'The cron expression is empty.';
    v_parsed.hint := 'Write five fields: minute, hour, day of month, month, day of week. For instance 0 3 * * *.';
    return v_parsed;
  elsif length(v_text) > 1024 then
    v_parsed.message := format('The cron expression has %s characters; 1024 are the most.', length(v_text));
    v_parsed.hint := 'Use ranges and steps, or several schedules.';
    return v_parsed;
  end if;

  loop
    v_length := length(v_text);
    v_text := ltrim(v_text, v_blank);
    exit when v_text = '';
    v_at := v_at + v_length - length(v_text);
    v_length := length(substring(v_text from '^[^ \t\r\n]+'));
    v_words := array_append(v_words, left(v_text, v_length));
    v_starts := v_starts || v_at;
    v_text := substr(v_text, v_length + 1);
    v_at := v_at + v_length;
  end loop;

  if left(v_words[1], 1) = '@' then
    v_macro := case almanac_private.upper_ascii(v_words[1])
      when '@YEARLY' then '0 0 1 1 *'
      when '@ANNUALLY' then '0 0 1 1 *'
      when '@MONTHLY' then '0 0 1 * *'
      when '@WEEKLY' then '0 0 * * 0'
      when '@DAILY' then '0 0 * * *'
      when '@MIDNIGHT' then '0 0 * * *'
      when '@HOURLY' then '0 * * * *'
    end;
    if v_macro is null then
      v_parsed.error_index := v_starts[1];
      v_parsed.message := format('There is no macro %s.', v_words[1]);
      v_parsed.hint := 'Known are @yearly, @annually, @monthly, @weekly, @daily, @midnight and @hourly. For "every so often" use an interval.';
      return v_parsed;
    elsif cardinality(v_words) > 1 then
      v_parsed.error_index := v_starts[2];
      v_parsed.message := format('%s stands alone; %s follows it.', v_words[1], quote_literal(v_words[2]));
      v_parsed.hint := format('Leave the rest out, or write the fields: %s.', v_macro);
      return v_parsed;
    end if;
    return almanac_private.parse_cron(v_macro);
  end if;

  if cardinality(v_words) = 5 then
    v_words := array['0'] || v_words;
    v_starts := array[0] || v_starts;
  elsif cardinality(v_words) <> 6 then
    v_parsed.error_index := case when cardinality(v_words) > 6 then v_starts[7] end;
    v_parsed.message := format('The expression has %s %s; it takes five, or six with a second in front.', cardinality(v_words),
      case cardinality(v_words) when 1 then 'field' else 'fields' end);
    v_parsed.hint := case when cardinality(v_words) > 6 then 'There is no field for the year, none for a user and none for a command.'
      else 'In order: minute, hour, day of month, month, day of week; * for every one.' end;
    return v_parsed;
  end if;

  v_parsed.seconds := 0;
  v_parsed.minutes := 0;
  v_parsed.hours := 0;
  v_parsed.days := 0;
  v_parsed.months := 0;
  v_parsed.weekdays := 0;
  v_parsed.last_days := 0;
  v_parsed.nearest_weekdays := 0;
  v_parsed.last_weekday_of_month := false;
  v_parsed.nth_weekdays := 0;
  v_parsed.final_weekdays := 0;
  v_parsed.day_of_month_open := v_words[4] in ('*', '?');
  v_parsed.day_of_week_open := v_words[6] in ('*', '?');
  v_parsed.running := v_words[1] ~ '[*/]' or v_words[2] ~ '[*/]' or v_words[3] ~ '[*/]';

  for v_field in 1 .. 6 loop
    v_index := v_starts[v_field];
    foreach v_item in array string_to_array(almanac_private.upper_ascii(v_words[v_field]), ',') loop
      if v_item = '?' and v_field in (4, 6) and v_words[v_field] = '?' then
        v_item := '*';
      end if;
      v_parsed := almanac_private.parse_cron_item(v_parsed, v_field, v_item);
      if v_parsed.message is not null then
        v_parsed.error_field := v_names[v_field];
        v_parsed.error_index := v_index;
        return v_parsed;
      end if;
      v_index := v_index + length(v_item) + 1;
    end loop;
  end loop;
  return v_parsed;
end
$$;
comment on function almanac_private.parse_cron(text) is
  'Takes a cron text apart: five or six fields, or a macro. The one place that knows the language; check_cron tells what it says, compile_cron refuses by it. At most 1024 characters, so bounded whatever the input.';
grant execute on function almanac_private.parse_cron(text) to almanac_viewer;
--! EndIncluded functions/parse_cron.sql
--! Included functions/compile_parsed_cron.sql
create or replace function almanac_private.compile_parsed_cron(parsed almanac_private.parsed_cron) returns almanac_private.compiled_cron
language plpgsql immutable parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  v_rule almanac_private.compiled_cron;
  v_on_dates bigint := 0;
  v_on_weekdays bigint;
  v_nearest bigint := 0;
  v_dates bigint;
  v_mask bigint;
  v_weekday integer;
  v_day integer;
  v_days bigint;
  v_by_weekday bigint;
  v_all bigint;
  v_months integer;
  v_lengths constant integer[] := array[31, 30, 31, 30, 31, 31, 30, 31, 30, 31, 31, 29];
  -- The 1st, 8th, 15th, 22nd and 29th.
  v_sevens constant bigint := 1082196484;
  v_possible integer := 0;
  v_bits bit varying := B'';
begin
  v_rule.rule_seconds := parsed.seconds;
  v_rule.rule_minutes := parsed.minutes;
  v_rule.rule_hours := parsed.hours::integer;
  v_rule.rule_first_time := almanac_private.lowest_bit(parsed.hours) * 3600 + almanac_private.lowest_bit(parsed.minutes) * 60
    + almanac_private.lowest_bit(parsed.seconds);
  v_rule.rule_running := parsed.running;
  v_rule.rule_weekdays := 16383;
  -- January is bit 1: March becomes bit 0, February bit 11.
  v_months := ((parsed.months >> 3) | ((parsed.months & 6) << 9))::integer & 4095;

  if parsed.day_of_month_open and parsed.nth_weekdays = 0 and parsed.final_weekdays = 0 then
    if not parsed.day_of_week_open then
      v_rule.rule_weekdays := (parsed.weekdays | (parsed.weekdays << 7))::integer;
    end if;
  else
    -- Within a mask of days, day 1 is bit 30: read as text, day 1 comes first.
    v_on_weekdays := case when parsed.day_of_week_open then 0 else parsed.weekdays end;
    if not parsed.day_of_month_open then
      v_on_dates := reverse((parsed.days >> 1)::bit(31)::text)::bit(31)::bigint;
      v_nearest := parsed.nearest_weekdays;
    end if;
    for v_length in 28 .. 31 loop
      v_all := (2147483647::bigint >> (31 - v_length)) << (31 - v_length);
      v_dates := v_on_dates | (parsed.last_days << (31 - v_length));
      for v_first in 0 .. 6 loop
        v_days := v_dates;
        v_mask := v_nearest | (parsed.last_weekday_of_month::integer::bigint << v_length);
        while v_mask <> 0 loop
          v_day := almanac_private.lowest_bit(v_mask);
          v_mask := v_mask & (v_mask - 1);
          continue when v_day > v_length;
          v_weekday := (v_first + v_day - 1) % 7;
          v_days := v_days | (1::bigint << (31 - v_day - case
            when v_weekday = 6 and v_day = 1 then 2
            when v_weekday = 6 then -1
            when v_weekday = 0 and v_day = v_length then -2
            when v_weekday = 0 then 1
            else 0
          end));
        end loop;
        v_mask := v_on_weekdays;
        while v_mask <> 0 loop
          v_days := v_days | (v_sevens >> ((almanac_private.lowest_bit(v_mask) - v_first + 7) % 7));
          v_mask := v_mask & (v_mask - 1);
        end loop;
        v_mask := parsed.nth_weekdays;
        while v_mask <> 0 loop
          v_day := almanac_private.lowest_bit(v_mask);
          v_days := v_days | ((17179869184 >> (v_day % 5 * 7 + (v_day / 5 - v_first + 7) % 7)) >> 4);
          v_mask := v_mask & (v_mask - 1);
        end loop;
        v_mask := parsed.final_weekdays;
        while v_mask <> 0 loop
          v_by_weekday := (v_sevens >> ((almanac_private.lowest_bit(v_mask) - v_first + 7) % 7)) & v_all;
          v_days := v_days | (v_by_weekday & -v_by_weekday);
          v_mask := v_mask & (v_mask - 1);
        end loop;
        v_days := v_days & v_all;
        v_bits := v_bits || v_days::bit(31);
        if v_days <> 0 then
          v_possible := v_possible | (1 << (v_length - 28));
        end if;
      end loop;
    end loop;
    v_rule.rule_days := v_bits;
    -- A month in which no shape has a day is as good as not named.
    for v_month in 0 .. 11 loop
      if v_possible >> (v_lengths[v_month + 1] - 28) & 1 = 0 and not (v_month = 11 and v_possible & 1 = 1) then
        v_months := v_months & ~(1 << v_month);
      end if;
    end loop;
  end if;
  v_rule.rule_months := v_months | (v_months << 12);
  return v_rule;
end
$$;
comment on function almanac_private.compile_parsed_cron(almanac_private.parsed_cron) is
  'Decides all that depends on the text alone: L, W, # and the union of day fields become one bit per day for each length and first weekday of a month; a rule that can never match loses all its months.';
grant execute on function almanac_private.compile_parsed_cron(almanac_private.parsed_cron) to almanac_viewer;
--! EndIncluded functions/compile_parsed_cron.sql
--! Included functions/compile_cron.sql
create or replace function almanac_private.compile_cron(cron text) returns almanac_private.compiled_cron
language plpgsql immutable parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  v_parsed almanac_private.parsed_cron := almanac_private.parse_cron(compile_cron.cron);
begin
  if v_parsed.message is not null then
    raise exception using
      errcode = 'AL001',
      column = 'cron_expression',
      message = v_parsed.message,
      detail = case
        when v_parsed.error_index is null then format('In: %s', coalesce(left(compile_cron.cron, 100), 'null'))
        else format('%sposition %s of: %s', v_parsed.error_field || ', ', v_parsed.error_index + 1, left(compile_cron.cron, 100))
      end,
      hint = v_parsed.hint;
  end if;
  return almanac_private.compile_parsed_cron(v_parsed);
end
$$;
comment on function almanac_private.compile_cron(text) is 'A cron text in the form that is kept on the row; raises AL001 with field, position and a hint if it is not valid.';
grant execute on function almanac_private.compile_cron(text) to almanac_viewer;
--! EndIncluded functions/compile_cron.sql
--! Included functions/next_cron.sql
-- Local times are counted in seconds since 0000-03-01: years then end with the leap day, and dates are integer arithmetic.
create or replace function almanac_private.next_cron(
  rule_seconds bigint, rule_minutes bigint, rule_hours integer, rule_first_time integer, rule_weekdays integer, rule_months integer,
  rule_days bit varying, rule_running boolean, timezone text, after timestamptz
) returns timestamptz
language plpgsql stable parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  v_after bigint;
  v_offset bigint := 0;
  v_local bigint;
  v_start integer;
  v_time integer;
  v_day integer;
  v_hour integer;
  v_minute integer;
  v_mask bigint;
  v_era integer;
  v_year integer;
  v_month integer;
  v_of_month integer;
  v_last_year integer;
  v_first integer;
  v_length integer;
  v_found integer;
  v_result bigint;
  v_instant timestamptz;
begin
  if rule_months = 0 or after >= '290000-01-01Z' or after is null or after = '-infinity' then
    return null;
  end if;
  v_after := floor(date_part('epoch', greatest(after, '0002-01-01Z')))::bigint;
  if timezone <> 'UTC' then
    v_instant := to_timestamp(v_after - 90000);
    v_offset := date_part('epoch', v_instant at time zone timezone)::bigint - v_after + 90000;
  end if;

  -- The first time of day not before the start, should its day match; else the next day's first.
  v_local := v_after + v_offset + 62162035201;
  v_start := v_local / 86400;
  v_time := v_local - v_start * 86400::bigint;
  v_hour := v_time / 3600;
  v_minute := v_time / 60 % 60;
  v_found := null;
  if rule_hours >> v_hour & 1 = 1 then
    if rule_minutes >> v_minute & 1 = 1 then
      v_mask := rule_seconds >> (v_time % 60);
      if v_mask <> 0 then
        v_found := v_time + almanac_private.lowest_bit(v_mask);
      end if;
    end if;
    if v_found is null then
      v_mask := rule_minutes >> (v_minute + 1);
      if v_mask <> 0 then
        v_found := v_hour * 3600 + (v_minute + 1 + almanac_private.lowest_bit(v_mask)) * 60 + rule_first_time % 60;
      end if;
    end if;
  end if;
  if v_found is null then
    v_mask := rule_hours >> (v_hour + 1);
    if v_mask <> 0 then
      v_found := (v_hour + 1 + almanac_private.lowest_bit(v_mask)) * 3600 + rule_first_time % 3600;
    else
      v_start := v_start + 1;
      v_found := rule_first_time;
    end if;
  end if;

  if rule_days is null and rule_months = 16777215 then
    v_day := v_start + almanac_private.lowest_bit(rule_weekdays >> ((v_start + 3) % 7));
  else
    v_era := v_start / 146097;
    v_of_month := v_start - v_era * 146097;
    v_year := (v_of_month - v_of_month / 1460 + v_of_month / 36524 - v_of_month / 146096) / 365;
    v_of_month := v_of_month - (365 * v_year + v_year / 4 - v_year / 100);
    v_year := v_year + v_era * 400;
    v_month := (5 * v_of_month + 2) / 153;
    v_of_month := v_of_month - (153 * v_month + 2) / 5 + 1;
    v_last_year := v_year + v_month / 10 + 50;
    v_day := null;
    loop
      if rule_months >> v_month & 1 = 1 then
        v_first := 365 * v_year + v_year / 4 - v_year / 100 + v_year / 400 + (153 * v_month + 2) / 5;
        v_length := case
          when v_month < 11 then (153 * v_month + 155) / 5 - (153 * v_month + 2) / 5
          when (v_year + 1) % 4 = 0 and ((v_year + 1) % 100 <> 0 or (v_year + 1) % 400 = 0) then 29
          else 28
        end;
        if rule_days is null then
          v_day := v_first + v_of_month - 1;
          v_day := v_day + almanac_private.lowest_bit(rule_weekdays >> ((v_day + 3) % 7));
          exit when v_day < v_first + v_length;
        else
          v_day := position(B'1' in substring(rule_days from ((v_length - 28) * 7 + (v_first + 3) % 7) * 31 + v_of_month for 32 - v_of_month));
          if v_day > 0 then
            v_day := v_first + v_of_month + v_day - 2;
            exit;
          end if;
        end if;
      end if;
      v_month := v_month + 1 + almanac_private.lowest_bit(rule_months >> (v_month + 1));
      v_year := v_year + v_month / 12;
      v_month := v_month % 12;
      v_of_month := 1;
      if v_year + v_month / 10 > v_last_year then
        return null;
      end if;
    end loop;
  end if;

  v_result := v_day * 86400::bigint + case when v_day = v_start then v_found else rule_first_time end - 62162035200 - v_offset;
  if timezone = 'UTC' then
    return to_timestamp(v_result);
  end if;
  v_instant := to_timestamp(v_result);
  -- Equal offsets less than 344,000 s apart have no change between them: Freetown came back after that in 1939, Gaza will after a week in 2040.
  if v_result - v_after <= 250000 then
    if date_part('epoch', v_instant at time zone timezone)::bigint - v_result = v_offset then
      return v_instant;
    end if;
  elsif date_part('epoch', to_timestamp(v_after + 90000) at time zone timezone)::bigint - v_after - 90000 = v_offset then
    v_local := v_result + v_offset;
    v_offset := date_part('epoch', to_timestamp(v_result - 90000) at time zone timezone)::bigint - v_result + 90000;
    v_result := v_local - v_offset;
    v_instant := to_timestamp(v_result);
    if date_part('epoch', v_instant at time zone timezone)::bigint - v_result = v_offset then
      return v_instant;
    end if;
  end if;
  return almanac_private.next_cron_at_transition(rule_seconds, rule_minutes, rule_hours, rule_first_time, rule_weekdays, rule_months, rule_days,
    rule_running, timezone, v_after);
end
$$;
comment on function almanac_private.next_cron(bigint, bigint, integer, integer, integer, integer, bit varying, boolean, text, timestamptz) is
  'First instant of a compiled rule strictly after a moment; null: none up to the year after it + 50, which means never. The zone''s offset is taken 25 h before (longer than any gap) and holds if the result has it too; else the clock changed near by, and next_cron_at_transition decides.';
grant execute on function almanac_private.next_cron(bigint, bigint, integer, integer, integer, integer, bit varying, boolean, text, timestamptz) to almanac_viewer;
--! EndIncluded functions/next_cron.sql
--! Included functions/next_cron_at_transition.sql
create or replace function almanac_private.next_cron_at_transition(
  rule_seconds bigint, rule_minutes bigint, rule_hours integer, rule_first_time integer, rule_weekdays integer, rule_months integer,
  rule_days bit varying, rule_running boolean, timezone text, after bigint
) returns timestamptz
language plpgsql stable parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  v_at bigint := next_cron_at_transition.after;
  v_changes bigint[];
  v_offsets bigint[];
  v_from bigint;
  v_offset bigint;
  v_next_offset bigint;
  v_low bigint;
  v_high bigint;
  v_middle bigint;
  v_end bigint;
  v_start bigint;
  v_stop bigint;
  v_before bigint;
  v_local bigint;
  v_best bigint;
begin
  for v_try in 1 .. 1000 loop
    -- The changes of the clock from 25 h before to 50 h after, by bisection.
    v_from := v_at - 90000;
    v_end := v_at + 180000;
    v_offset := date_part('epoch', to_timestamp(v_from) at time zone timezone)::bigint - v_from;
    v_changes := '{}';
    v_offsets := array[v_offset];
    while v_from < v_end loop
      v_low := v_from;
      v_high := v_from + 90000;
      v_from := v_high;
      v_next_offset := date_part('epoch', to_timestamp(v_high) at time zone timezone)::bigint - v_high;
      if v_next_offset <> v_offset then
        while v_high - v_low > 1 loop
          v_middle := (v_low + v_high) / 2;
          if date_part('epoch', to_timestamp(v_middle) at time zone timezone)::bigint - v_middle = v_offset then
            v_low := v_middle;
          else
            v_high := v_middle;
          end if;
        end loop;
        v_changes := v_changes || v_high;
        v_offsets := v_offsets || v_next_offset;
        v_offset := v_next_offset;
      end if;
    end loop;

    v_best := null;
    for v_segment in 1 .. cardinality(v_offsets) loop
      v_offset := v_offsets[v_segment];
      v_start := case when v_segment = 1 then v_at - 90000 else v_changes[v_segment - 1] end;
      v_stop := case when v_segment = cardinality(v_offsets) then v_end else v_changes[v_segment] end;
      v_before := case when v_segment = 1 then v_offset else v_offsets[v_segment - 1] end;

      -- Shown by the clock in this stretch; to a fixed rule what the clock has shown before is past.
      v_local := greatest(v_at + v_offset, v_start - 1 + case when rule_running then v_offset else greatest(v_offset, v_before) end);
      v_local := date_part('epoch', almanac_private.next_cron(rule_seconds, rule_minutes, rule_hours, rule_first_time, rule_weekdays, rule_months,
        rule_days, rule_running, 'UTC', to_timestamp(v_local)))::bigint;
      if v_local - v_offset < v_stop then
        v_best := least(v_best, v_local - v_offset);
      end if;

      -- Skipped by the clock at its start: forward by the length of the gap.
      if v_before < v_offset then
        v_local := greatest(v_at + v_before, v_start - 1 + v_before);
        v_local := date_part('epoch', almanac_private.next_cron(rule_seconds, rule_minutes, rule_hours, rule_first_time, rule_weekdays, rule_months,
          rule_days, rule_running, 'UTC', to_timestamp(v_local)))::bigint;
        if v_local < v_start + v_offset then
          v_best := least(v_best, v_local - v_before);
        end if;
      end if;
    end loop;
    if v_best is not null then
      return to_timestamp(v_best);
    end if;

    -- Nothing near by: on to a day before the next local time.
    v_local := date_part('epoch', almanac_private.next_cron(rule_seconds, rule_minutes, rule_hours, rule_first_time, rule_weekdays, rule_months,
      rule_days, rule_running, 'UTC', to_timestamp(v_end - 1 + v_offset)))::bigint;
    if v_local is null then
      return null;
    end if;
    v_at := greatest(v_at + 90000, v_local - v_offset - 100000);
  end loop;
  return null;
end
$$;
comment on function almanac_private.next_cron_at_transition(bigint, bigint, integer, integer, integer, integer, bit varying, boolean, text, bigint) is
  'As next_cron, where the clock changes near by (after: whole seconds of the epoch). A time that is skipped moves forward by the gap; a time shown twice is its first instant for a fixed rule and both for a running one; the least instant wins, as the order of local times is not that of instants.';
grant execute on function almanac_private.next_cron_at_transition(bigint, bigint, integer, integer, integer, integer, bit varying, boolean, text, bigint) to almanac_viewer;
--! EndIncluded functions/next_cron_at_transition.sql
--! Included functions/check_timezone.sql
create or replace function almanac_private.check_timezone(timezone text) returns void
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_close text;
begin
  if exists (select from almanac_private.timezones t where t.name = check_timezone.timezone) then
    return;
  end if;
  v_close := (select t.name from almanac_private.timezones t where lower(t.name) = lower(check_timezone.timezone));
  v_close := coalesce(v_close, (select min(t.name) from almanac_private.timezones t
    where lower(split_part(t.name, '/', -1)) = lower(replace(split_part(check_timezone.timezone, '/', -1), ' ', '_'))));
  raise exception using errcode = 'AL002', column = 'timezone', message = format('%s is not a time zone.', coalesce(quote_literal(check_timezone.timezone), 'null')),
    detail = 'Only IANA names are taken, in their own spelling; no offsets, no POSIX rules.',
    hint = case when v_close is null then 'For instance UTC or Europe/Paris. Look at: select name from pg_timezone_names.' else format('Perhaps %s.', v_close) end;
end
$$;
comment on function almanac_private.check_timezone(text) is 'Raises AL002 unless the name is one that this server knows.';
grant execute on function almanac_private.check_timezone(text) to almanac_viewer;
--! EndIncluded functions/check_timezone.sql
--! Included functions/refresh_timezones.sql
-- Definer: writes a table that only the owner may.
create or replace function almanac_private.refresh_timezones() returns integer
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_added integer;
begin
  insert into almanac_private.timezones (name)
  select z.name from pg_timezone_names z
  where z.name not like 'posix/%' and z.name not like 'right/%' and z.name not in ('posixrules', 'localtime', 'Factory')
    -- `at time zone` takes these for abbreviations, without the summer time that the zones of these names have.
    and z.name not in ('CET', 'EET', 'MET', 'WET')
  on conflict do nothing;
  get diagnostics v_added = row_count;
  return v_added;
end
$$;
comment on function almanac_private.refresh_timezones() is
  'Adds zones that the server has learnt; returns how many. None is taken away: schedules may use it.';
grant execute on function almanac_private.refresh_timezones() to almanac_worker;
--! EndIncluded functions/refresh_timezones.sql
--! Included functions/local_instant.sql
create or replace function almanac_private.local_instant(local timestamp, timezone text) returns timestamptz
language plpgsql stable strict parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  v_later timestamptz := local at time zone timezone; -- of a repeated time the second instant, of a skipped one the right one
  v_before timestamptz;
  v_earlier timestamptz;
begin
  if not isfinite(v_later) then
    return v_later;
  end if;
  v_before := v_later - interval '25 hours';
  v_earlier := (local at time zone 'UTC') - ((v_before at time zone timezone) - (v_before at time zone 'UTC'));
  if v_earlier at time zone timezone = local then
    return v_earlier;
  end if;
  return v_later;
end
$$;
comment on function almanac_private.local_instant(timestamp, text) is 'As almanac.local_time, for a zone that is known to be valid.';
grant execute on function almanac_private.local_instant(timestamp, text) to almanac_viewer;
--! EndIncluded functions/local_instant.sql
--! Included functions/local_time.sql
create or replace function almanac.local_time(local timestamp, timezone text) returns timestamptz
language plpgsql stable parallel safe set search_path to pg_catalog, pg_temp
as $$
begin
  if local_time.local is null or local_time.timezone is null then
    return null;
  end if;
  perform almanac_private.check_timezone(local_time.timezone);
  return almanac_private.local_instant(local_time.local, local_time.timezone);
end
$$;
comment on function almanac.local_time(timestamp, text) is
  'The instant at which a clock in the zone shows a time: the first of two; where the clock skips it, later by as much as it skips.';
grant execute on function almanac.local_time(timestamp, text) to almanac_viewer;
--! EndIncluded functions/local_time.sql
--! Included functions/check_interval.sql
create or replace function almanac_private.check_interval(every interval) returns void
language plpgsql immutable parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  v_months integer;
  v_days integer;
  v_time numeric;
  v_problem text;
begin
  if isfinite(every) then
    v_months := date_part('year', every) * 12 + date_part('month', every);
    v_days := date_part('day', every);
    v_time := extract(epoch from every - make_interval(months => v_months, days => v_days));
  end if;
  v_problem := case
    when every is null then 'is missing'
    when v_months is null then 'is not finite'
    when v_months > 120000 or v_days > 3652500 or v_time > 315576000000 then 'is longer than 10,000 years'
    when (v_months <> 0)::integer + (v_days <> 0)::integer + (v_time <> 0)::integer > 1 then 'mixes months, days and time'
    when v_months = 0 and v_days = 0 and v_time = 0 then 'is zero'
    when v_months < 0 or v_days < 0 or v_time < 0 then 'is negative'
    when v_time <> 0 and v_time < 1 then 'is shorter than a second'
    when v_time <> trunc(v_time) then 'has a fraction of a second'
  end;
  if v_problem is not null then
    raise exception using errcode = 'AL003', column = 'every', message = format('The interval %s.', v_problem),
      detail = format('every: %s.', coalesce(every::text, 'null')),
      hint = 'Use months, or days, or time of whole seconds: 3 months, 2 weeks, 90 minutes. A day is not 24 hours where clocks change.';
  end if;
end
$$;
comment on function almanac_private.check_interval(interval) is 'Raises AL003 unless the interval has one of PostgreSQL''s three parts, positive, in whole seconds.';
grant execute on function almanac_private.check_interval(interval) to almanac_viewer;
--! EndIncluded functions/check_interval.sql
--! Included functions/interval_occurrence.sql
create or replace function almanac_private.interval_occurrence(every interval, anchor timestamptz, timezone text, k bigint) returns timestamptz
language plpgsql stable strict parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  v_months integer := date_part('year', every) * 12 + date_part('month', every);
  v_days integer := date_part('day', every);
begin
  if k = 0 then
    return anchor;
  elsif v_months <> 0 then
    return almanac_private.local_instant((anchor at time zone timezone) + make_interval(months => (v_months * k)::integer), timezone);
  elsif v_days <> 0 then
    return almanac_private.local_instant((anchor at time zone timezone) + make_interval(days => (v_days * k)::integer), timezone);
  end if;
  return anchor + every * k;
end
$$;
comment on function almanac_private.interval_occurrence(interval, timestamptz, text, bigint) is
  'Occurrence k of an interval, counted from its anchor and never from the one before: months and days by the zone''s calendar and clock, time by elapsed time.';
grant execute on function almanac_private.interval_occurrence(interval, timestamptz, text, bigint) to almanac_viewer;
--! EndIncluded functions/interval_occurrence.sql
--! Included functions/next_interval.sql
create or replace function almanac_private.next_interval(every interval, anchor timestamptz, timezone text, after timestamptz) returns timestamptz
language plpgsql stable strict parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  v_months integer;
  v_days integer;
  v_step bigint;
  v_start bigint;
  v_local timestamp;
  v_k bigint;
  v_next timestamptz;
begin
  if after < anchor then
    return anchor;
  elsif after >= '290000-01-01Z' then
    return null;
  end if;
  v_months := date_part('year', every) * 12 + date_part('month', every);
  v_days := date_part('day', every);
  if v_months = 0 and v_days = 0 then
    v_step := date_part('epoch', every) * 1000000;
    v_start := round(date_part('epoch', anchor) * 1000000);
    v_k := (round(date_part('epoch', after) * 1000000)::bigint - v_start) / v_step + 1;
    return anchor + make_interval(secs => v_k * (v_step / 1000000));
  end if;

  v_local := anchor at time zone timezone;
  if v_months <> 0 then
    v_k := ((date_part('year', after at time zone timezone) - date_part('year', v_local)) * 12
      + date_part('month', after at time zone timezone) - date_part('month', v_local)) / v_months - 2;
  else
    v_k := ((after at time zone timezone)::date - v_local::date) / v_days - 2;
  end if;
  v_k := greatest(v_k, 0);
  loop
    v_next := almanac_private.interval_occurrence(every, anchor, timezone, v_k);
    if v_next > after then
      return v_next;
    end if;
    v_k := v_k + 1;
  end loop;
end
$$;
comment on function almanac_private.next_interval(interval, timestamptz, text, timestamptz) is 'First occurrence of an interval strictly after a moment.';
grant execute on function almanac_private.next_interval(interval, timestamptz, text, timestamptz) to almanac_viewer;
--! EndIncluded functions/next_interval.sql
--! Included functions/cron_between.sql
create or replace function almanac_private.cron_between(
  rule_seconds bigint, rule_minutes bigint, rule_hours integer, rule_first_time integer, rule_weekdays integer, rule_months integer,
  rule_days bit varying, rule_running boolean, timezone text, after timestamptz, range_end timestamptz, max_count bigint default null
) returns setof timestamptz
language plpgsql stable parallel safe rows 1000 set search_path to pg_catalog, pg_temp
as $$
declare
  v_at timestamptz := cron_between.after;
  v_left bigint := coalesce(cron_between.max_count, 9223372036854775807);
  v_times interval[];
  v_midnight timestamptz;
  v_count bigint;
begin
  -- Worth it only where a day has many.
  if bit_count(rule_hours::bit(24)) * bit_count(rule_minutes::bit(60)) * bit_count(rule_seconds::bit(60)) > 8 then
    v_times := array(
      select make_interval(hours => h, mins => m, secs => s)
      from generate_series(0, 23) h, generate_series(0, 59) m, generate_series(0, 59) s
      where rule_hours >> h & 1 = 1 and rule_minutes >> m & 1 = 1 and rule_seconds >> s & 1 = 1
      order by h, m, s
    );
  end if;
  while v_left > 0 loop
    v_at := almanac_private.next_cron(rule_seconds, rule_minutes, rule_hours, rule_first_time, rule_weekdays, rule_months, rule_days, rule_running,
      timezone, v_at);
    exit when v_at is null or v_at >= cron_between.range_end;
    v_midnight := date_trunc('day', v_at, timezone);
    if v_times is not null
      and (v_midnight - interval '25 hours') at time zone timezone = v_midnight at time zone timezone - interval '25 hours'
      and (v_midnight + interval '25 hours') at time zone timezone = v_midnight at time zone timezone + interval '25 hours'
    then
      -- No clock changes near this day: all of its times at once.
      return query
      select v_midnight + t.at from unnest(v_times) t(at)
      where v_midnight + t.at >= v_at and v_midnight + t.at < cron_between.range_end
      limit v_left;
      get diagnostics v_count = row_count;
      v_at := v_midnight + interval '86399 seconds';
    else
      return next v_at;
      v_count := 1;
    end if;
    v_left := v_left - v_count;
  end loop;
end
$$;
comment on function almanac_private.cron_between(bigint, bigint, integer, integer, integer, integer, bit varying, boolean, text, timestamptz, timestamptz, bigint) is
  'The occurrences of a compiled rule strictly after a moment and before range_end, at most max_count: those of next_cron, a whole day at once where the rule has many and no clock changes near by.';
grant execute on function almanac_private.cron_between(bigint, bigint, integer, integer, integer, integer, bit varying, boolean, text, timestamptz, timestamptz, bigint) to almanac_viewer;
--! EndIncluded functions/cron_between.sql
--! Included functions/next_run_at.sql
create or replace function almanac.next_run_at(cron text, timezone text default 'UTC', after timestamptz default now()) returns timestamptz
language plpgsql stable parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  v_rule almanac_private.compiled_cron := almanac_private.compile_cron(next_run_at.cron);
begin
  perform almanac_private.check_timezone(next_run_at.timezone);
  return almanac_private.next_cron(v_rule.rule_seconds, v_rule.rule_minutes, v_rule.rule_hours, v_rule.rule_first_time, v_rule.rule_weekdays,
    v_rule.rule_months, v_rule.rule_days, v_rule.rule_running, next_run_at.timezone, next_run_at.after);
end
$$;
comment on function almanac.next_run_at(text, text, timestamptz) is 'First time that a cron expression names strictly after a moment, in a time zone; null: never.';
grant execute on function almanac.next_run_at(text, text, timestamptz) to almanac_viewer;
--! EndIncluded functions/next_run_at.sql
--! Included functions/occurrences.sql
create or replace function almanac.occurrences(
  cron text, timezone text, range_start timestamptz, range_end timestamptz, max_count integer default null
) returns setof timestamptz
language plpgsql stable parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  v_rule almanac_private.compiled_cron := almanac_private.compile_cron(occurrences.cron);
  v_count bigint;
begin
  perform almanac_private.check_timezone(occurrences.timezone);
  if occurrences.max_count < 0 then
    raise exception using errcode = 'AL012', message = 'max_count must not be negative.', detail = format('max_count: %s.', occurrences.max_count),
      hint = 'Leave it out for all of the range.';
  end if;
  if occurrences.range_start = '-infinity' then
    raise exception using errcode = 'AL012', message = 'The range has no beginning.', detail = 'range_start: -infinity.',
      hint = 'Give the time from which to list.';
  end if;
  return query
  select o.at
  from almanac_private.cron_between(v_rule.rule_seconds, v_rule.rule_minutes, v_rule.rule_hours, v_rule.rule_first_time, v_rule.rule_weekdays,
    v_rule.rule_months, v_rule.rule_days, v_rule.rule_running, occurrences.timezone, occurrences.range_start - interval '1 microsecond',
    occurrences.range_end, least(occurrences.max_count, 1000001)) o(at);
  get diagnostics v_count = row_count;
  if v_count > 1000000 then
    raise exception using errcode = 'AL012', message = 'The range has more than 1,000,000 occurrences.',
      detail = format('range_start: %s, range_end: %s.', occurrences.range_start, occurrences.range_end), hint = 'Ask for a shorter range, or give max_count.';
  end if;
end
$$;
comment on function almanac.occurrences(text, text, timestamptz, timestamptz, integer) is
  'The times that a cron expression names in [range_start, range_end), in a time zone; at most max_count. Above 1,000,000 an error, never a silent cut.';
grant execute on function almanac.occurrences(text, text, timestamptz, timestamptz, integer) to almanac_viewer;
--! EndIncluded functions/occurrences.sql
--! Included functions/clock_change_warnings.sql
create or replace function almanac_private.clock_change_warnings(rule almanac_private.compiled_cron, timezone text, as_of timestamptz) returns jsonb
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_warnings jsonb := '[]';
  v_at timestamptz := date_trunc('hour', as_of, 'UTC');
  v_offset interval := v_at at time zone timezone - v_at at time zone 'UTC';
  v_new interval;
  v_low timestamptz;
  v_high timestamptz;
  v_middle timestamptz;
  v_start timestamp;
  v_end timestamp;
  v_next timestamp;
  v_minutes integer;
begin
  for v_day in 1 .. 366 loop
    v_low := v_at;
    v_high := v_at + interval '24 hours';
    v_at := v_high;
    v_new := v_high at time zone timezone - v_high at time zone 'UTC';
    continue when v_new = v_offset;
    while v_high - v_low > interval '1 second' loop
      v_middle := date_trunc('second', v_low + (v_high - v_low) / 2);
      if v_middle at time zone timezone - v_middle at time zone 'UTC' = v_offset then
        v_low := v_middle;
      else
        v_high := v_middle;
      end if;
    end loop;
    v_start := (v_high at time zone 'UTC') + least(v_offset, v_new);
    v_end := (v_high at time zone 'UTC') + greatest(v_offset, v_new);
    v_next := almanac_private.next_cron(rule.rule_seconds, rule.rule_minutes, rule.rule_hours, rule.rule_first_time, rule.rule_weekdays,
      rule.rule_months, rule.rule_days, rule.rule_running, 'UTC', (v_start at time zone 'UTC') - interval '1 microsecond') at time zone 'UTC';
    -- A rule of every hour does not notice, if the change carries its minutes onto themselves.
    v_minutes := (abs(date_part('epoch', v_new - v_offset)) / 60)::integer % 60;
    if v_next < v_end and not (rule.rule_running and rule.rule_hours = 16777215 and rule.rule_minutes
        = ((rule.rule_minutes << v_minutes) | (rule.rule_minutes >> (60 - v_minutes))) & 1152921504606846975) then
      v_warnings := v_warnings || case
        when v_new > v_offset then jsonb_build_object('code', 'gap', 'message', format('On %s clocks go from %s to %s: what is due in between runs later by that much.',
          to_char(v_start, 'YYYY-MM-DD'), to_char(v_start, 'HH24:MI'), to_char(v_end, 'HH24:MI')))
        when rule.rule_running then jsonb_build_object('code', 'overlap', 'message', format('On %s clocks show %s to %s twice: it runs in both passes.',
          to_char(v_start, 'YYYY-MM-DD'), to_char(v_start, 'HH24:MI'), to_char(v_end, 'HH24:MI')))
        else jsonb_build_object('code', 'overlap', 'message', format('On %s clocks show %s to %s twice: it runs in the first pass only.',
          to_char(v_start, 'YYYY-MM-DD'), to_char(v_start, 'HH24:MI'), to_char(v_end, 'HH24:MI')))
      end;
    end if;
    v_offset := v_new;
  end loop;
  return v_warnings;
end
$$;
comment on function almanac_private.clock_change_warnings(almanac_private.compiled_cron, text, timestamptz) is
  'What the clock changes of the 366 days from as_of do to a rule: an array of {code: gap or overlap, message}.';
grant execute on function almanac_private.clock_change_warnings(almanac_private.compiled_cron, text, timestamptz) to almanac_viewer;
--! EndIncluded functions/clock_change_warnings.sql
--! Included functions/check_cron.sql
create or replace function almanac.check_cron(
  cron text, timezone text default null,
  out valid boolean, out field text, out error_position integer, out message text, out hint text, out warnings jsonb
)
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_parsed almanac_private.parsed_cron := almanac_private.parse_cron(check_cron.cron);
  v_rule almanac_private.compiled_cron;
  v_late_days bigint;
begin
  if check_cron.timezone is not null then
    perform almanac_private.check_timezone(check_cron.timezone);
  end if;
  valid := v_parsed.message is null;
  field := v_parsed.error_field;
  error_position := v_parsed.error_index + 1;
  message := v_parsed.message;
  hint := v_parsed.hint;
  warnings := '[]';
  if not valid then
    return;
  end if;

  v_rule := almanac_private.compile_parsed_cron(v_parsed);
  if v_rule.rule_months = 0 then
    warnings := warnings || jsonb_build_object('code', 'never', 'message', 'No date ever matches: this rule has no occurrence.');
  end if;
  if not v_parsed.day_of_month_open and not v_parsed.day_of_week_open then
    warnings := warnings || jsonb_build_object('code', 'either_day',
      'message', 'Day of month and day of week are both given: a day that matches either of them counts.');
  end if;
  v_late_days := (v_parsed.days | v_parsed.nearest_weekdays) & (7::bigint << 29);
  -- February lacks one of them at least in some years, four months lack the 31st; 1-31 means every day.
  if v_parsed.days <> 4294967294 and (v_late_days <> 0 and v_parsed.months & 4 <> 0 or v_late_days >> 31 = 1 and v_parsed.months & 2640 <> 0) then
    warnings := warnings || jsonb_build_object('code', 'short_months',
      'message', 'Not every month has days 29 to 31: where the day is missing, it is skipped. L is the last day of every month.');
  end if;
  if check_cron.timezone is not null and v_rule.rule_months <> 0 then
    warnings := warnings || almanac_private.clock_change_warnings(v_rule, check_cron.timezone, statement_timestamp());
  end if;
end
$$;
comment on function almanac.check_cron(text, text) is
  'Whether a cron expression is valid; if not, the field and the position (from 1) of the first thing wrong, a message and a hint. Warnings: what is valid but surprises people, and, with a zone, what clock changes of the coming year do to it.';
grant execute on function almanac.check_cron(text, text) to almanac_viewer;
--! EndIncluded functions/check_cron.sql

-- Schedules: what an insert, update or delete does --------------------------------------------------------------------

--! Included functions/next_occurrence.sql
create or replace function almanac_private.next_occurrence(schedule almanac.schedules, after timestamptz) returns timestamptz
language plpgsql stable parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  v_next timestamptz;
  v_after timestamptz := next_occurrence.after;
begin
  if schedule.starts_at > v_after and schedule.kind <> 'once' then
    v_after := schedule.starts_at - interval '1 microsecond';
  end if;
  case schedule.kind
    when 'cron' then
      v_next := almanac_private.next_cron(schedule.rule_seconds, schedule.rule_minutes, schedule.rule_hours, schedule.rule_first_time,
        schedule.rule_weekdays, schedule.rule_months, schedule.rule_days, schedule.rule_running, schedule.timezone, v_after);
    when 'interval' then
      v_next := almanac_private.next_interval(schedule.every,
        coalesce(schedule.starts_at, date_trunc('second', schedule.created_at)), schedule.timezone, v_after);
    when 'once' then
      if schedule.run_at > v_after and schedule.run_at >= coalesce(schedule.starts_at, '-infinity') then
        v_next := schedule.run_at;
      end if;
    else
      return null;
  end case;
  if v_next >= schedule.ends_at then
    return null;
  end if;
  return v_next;
end
$$;
comment on function almanac_private.next_occurrence(almanac.schedules, timestamptz) is
  'First nominal time of a schedule strictly after a moment, within its bounds; null: none. What fires and what is shown both come from here.';
grant execute on function almanac_private.next_occurrence(almanac.schedules, timestamptz) to almanac_viewer;
--! EndIncluded functions/next_occurrence.sql
--! Included functions/occurrences_between.sql
create or replace function almanac_private.occurrences_between(
  schedule almanac.schedules, range_start timestamptz, range_end timestamptz, max_count integer
) returns setof timestamptz
language plpgsql stable parallel safe rows 1000 set search_path to pg_catalog, pg_temp
as $$
declare
  v_at timestamptz := almanac_private.next_occurrence(schedule, occurrences_between.range_start - interval '1 microsecond');
  v_end timestamptz := least(occurrences_between.range_end, schedule.ends_at);
  v_left bigint := occurrences_between.max_count;
begin
  if schedule.max_runs is not null then
    v_left := least(v_left, schedule.max_runs - schedule.total_runs);
  end if;
  if v_at is null or v_at >= v_end or v_left <= 0 then
    return;
  end if;
  -- The first one comes from next_occurrence, which knows the bounds; dense rules then have a quicker way on.
  if schedule.kind = 'cron' then
    return query
    select o.at
    from almanac_private.cron_between(schedule.rule_seconds, schedule.rule_minutes, schedule.rule_hours, schedule.rule_first_time,
      schedule.rule_weekdays, schedule.rule_months, schedule.rule_days, schedule.rule_running, schedule.timezone,
      v_at - interval '1 microsecond', v_end, v_left) o(at);
  elsif schedule.kind = 'interval' and extract(epoch from justify_hours(schedule.every)) < 86400 and v_end < 'infinity' then
    return query
    select o.at from generate_series(v_at, v_end - interval '1 microsecond', schedule.every) o(at) limit v_left;
  else
    while v_at < v_end and v_left > 0 loop
      return next v_at;
      v_left := v_left - 1;
      v_at := almanac_private.next_occurrence(schedule, v_at);
    end loop;
  end if;
end
$$;
comment on function almanac_private.occurrences_between(almanac.schedules, timestamptz, timestamptz, integer) is
  'Coming nominal times of a schedule in [range_start, range_end), at most max_count and at most what max_runs leaves.';
grant execute on function almanac_private.occurrences_between(almanac.schedules, timestamptz, timestamptz, integer) to almanac_viewer;
--! EndIncluded functions/occurrences_between.sql
--! Included functions/prepare_schedule.sql
create or replace function almanac_private.prepare_schedule(schedule almanac.schedules) returns almanac.schedules
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_rule almanac_private.compiled_cron;
  v_surplus text;
begin
  v_surplus := case
    when schedule.kind is null then 'kind'
    when schedule.kind = 'cron' and schedule.cron_expression is null then 'cron_expression'
    when schedule.kind = 'interval' and schedule.every is null then 'every'
    when schedule.kind = 'once' and schedule.run_at is null then 'run_at'
  end;
  if v_surplus is not null then
    raise exception using errcode = 'AL010', column = v_surplus,
      message = case when v_surplus = 'kind' then 'A schedule needs a kind.'
        else format('A schedule of kind %s needs %s.', schedule.kind, v_surplus) end,
      detail = format('kind: %s.', coalesce(schedule.kind::text, 'null')),
      hint = case when v_surplus = 'kind' then 'Give one of cron, interval, once, manual.' else format('Set %s, or choose another kind.', v_surplus) end;
  end if;
  v_surplus := case
    when schedule.kind <> 'cron' and schedule.cron_expression is not null then 'cron_expression'
    when schedule.kind <> 'interval' and schedule.every is not null then 'every'
    when schedule.kind <> 'once' and schedule.run_at is not null then 'run_at'
  end;
  if v_surplus is not null then
    raise exception using errcode = 'AL010', column = v_surplus,
      message = format('A schedule of kind %s takes no %s.', schedule.kind, v_surplus),
      detail = format('kind: %s.', schedule.kind),
      hint = format('Set %s to null, or choose the kind that goes with it.', v_surplus);
  end if;

  perform almanac_private.check_timezone(schedule.timezone);

  schedule.rule_seconds := null;
  schedule.rule_minutes := null;
  schedule.rule_hours := null;
  schedule.rule_first_time := null;
  schedule.rule_weekdays := null;
  schedule.rule_months := null;
  schedule.rule_days := null;
  schedule.rule_running := null;
  if schedule.kind = 'cron' then
    v_rule := almanac_private.compile_cron(schedule.cron_expression);
    schedule.rule_seconds := v_rule.rule_seconds;
    schedule.rule_minutes := v_rule.rule_minutes;
    schedule.rule_hours := v_rule.rule_hours;
    schedule.rule_first_time := v_rule.rule_first_time;
    schedule.rule_weekdays := v_rule.rule_weekdays;
    schedule.rule_months := v_rule.rule_months;
    schedule.rule_days := v_rule.rule_days;
    schedule.rule_running := v_rule.rule_running;
  elsif schedule.kind = 'interval' then
    perform almanac_private.check_interval(schedule.every);
  elsif schedule.kind = 'once' and not isfinite(schedule.run_at) then
    raise exception using errcode = 'AL004', column = 'run_at', message = 'A single run needs a finite time.',
      detail = format('run_at: %s.', schedule.run_at), hint = 'Give a timestamp with its zone.';
  end if;

  if jsonb_typeof(schedule.payload) is distinct from 'object' then
    raise exception using errcode = 'AL006', column = 'payload', message = 'The payload is not a JSON object.',
      detail = format('It is of type %s.', coalesce(jsonb_typeof(schedule.payload), 'null')),
      hint = 'Wrap it: {"value": …}. Without anything to say, give {}.';
  end if;

  if schedule.overlap_policy = 'cancel_running' then
    raise exception using errcode = 'AL013', column = 'overlap_policy', message = 'The overlap policy cancel_running is not available yet.',
      detail = 'Running tasks cannot be cancelled by this version.', hint = 'Use skip, queue_one, queue_all or allow.';
  end if;
  return schedule;
end
$$;
comment on function almanac_private.prepare_schedule(almanac.schedules) is
  'Checks a definition and compiles its rule; raises AL001 to AL013 with the column at fault. Saving and previewing both go through it.';
grant execute on function almanac_private.prepare_schedule(almanac.schedules) to almanac_viewer;
--! EndIncluded functions/prepare_schedule.sql
--! Included functions/run_job_spec.sql
create or replace function almanac_private.run_job_spec(
  run_id bigint, schedule_id bigint, scheduled_for timestamptz, attempt integer, trigger almanac.run_trigger,
  task_identifier text, payload jsonb, priority smallint, run_at timestamptz
) returns graphile_worker.job_spec
language sql stable parallel safe
return row(
  task_identifier,
  (payload || jsonb_build_object('_run', jsonb_build_object(
    'id', run_id::text, 'scheduleId', schedule_id::text, 'scheduledFor', scheduled_for, 'attempt', attempt, 'trigger', trigger)))::json,
  null, run_at, 1::smallint, 'run:' || run_id, priority, null
)::graphile_worker.job_spec;
comment on function almanac_private.run_job_spec(bigint, bigint, timestamptz, integer, almanac.run_trigger, text, jsonb, smallint, timestamptz) is
  'The Graphile Worker job of one attempt. It has one attempt of its own: only Almanac retries.';
--! EndIncluded functions/run_job_spec.sql
--! Included functions/overlap_outcome.sql
create or replace function almanac_private.overlap_outcome(
  overlap_policy almanac.overlap_policy, max_concurrent integer, live bigint, waiting bigint,
  out status almanac.run_status, out reason text
)
language sql immutable parallel safe
begin atomic
  select
    case
      when live = 0 then 'queued'
      when overlap_policy = 'allow' then case when max_concurrent is null or live < max_concurrent then 'queued' else 'skipped' end
      when overlap_policy = 'queue_all' then 'waiting'
      when overlap_policy = 'queue_one' and waiting = 0 then 'waiting'
      else 'skipped'
    end::almanac.run_status,
    case
      when live = 0 then null
      when overlap_policy = 'allow' then
        case when max_concurrent is null or live < max_concurrent then null else 'as many runs go on as max_concurrent allows' end
      when overlap_policy = 'queue_all' or (overlap_policy = 'queue_one' and waiting = 0) then 'an earlier run goes on'
      when overlap_policy = 'queue_one' then 'an earlier run goes on and another waits'
      else 'an earlier run goes on'
    end;
end;
comment on function almanac_private.overlap_outcome(almanac.overlap_policy, integer, bigint, bigint) is
  'What becomes of an occurrence that is due while `live` runs of its schedule go on, `waiting` of them waiting.';
--! EndIncluded functions/overlap_outcome.sql
--! Included functions/insert_run.sql
-- Definer: writes the ledger. Called by the engine only; rights are checked by whoever calls it.
create or replace function almanac_private.insert_run(
  schedule almanac.schedules, scheduled_for timestamptz, due_at timestamptz, trigger almanac.run_trigger,
  payload jsonb, requested_by text, as_of timestamptz
) returns almanac.runs
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
  -- By key, whatever the statistics say: a hash join would read all of a large table for a handful of rows, here and in add_jobs.
  set enable_hashjoin to off set enable_mergejoin to off set enable_seqscan to off
as $$
#variable_conflict use_column
declare
  v_run almanac.runs;
  v_live bigint := 0;
  v_waiting bigint := 0;
  v_status almanac.run_status := 'queued';
  v_reason text;
begin
  if insert_run.trigger = 'schedule' and not (schedule.overlap_policy = 'allow' and schedule.max_concurrent is null) then
    select count(*), count(*) filter (where l.is_waiting) into v_live, v_waiting
    from almanac_private.live_runs l
    where l.schedule_id = (insert_run.schedule).id and l.trigger = 'schedule';
    select o.status, o.reason into v_status, v_reason
    from almanac_private.overlap_outcome(schedule.overlap_policy, schedule.max_concurrent, v_live, v_waiting) o;
  end if;

  insert into almanac.runs as r
    (schedule_id, schedule_name, task_identifier, payload, scheduled_for, due_at, trigger, status, reason, max_attempts, timeout, priority,
     queued_at, finished_at, run_as, requested_by)
  values (schedule.id, schedule.name, schedule.task_identifier, insert_run.payload, insert_run.scheduled_for, insert_run.due_at, insert_run.trigger,
    v_status, v_reason, schedule.max_attempts, schedule.timeout, schedule.priority,
    case when v_status = 'queued' then insert_run.as_of end, case when v_status = 'skipped' then insert_run.as_of end,
    schedule.run_as, insert_run.requested_by)
  on conflict (schedule_id, scheduled_for) where (r.trigger = 'schedule') do nothing
  returning r.* into v_run;
  if v_run.id is null then
    return null;
  end if;

  if v_status <> 'skipped' then
    insert into almanac_private.live_runs (schedule_id, run_id, scheduled_for, trigger, is_waiting)
    values (schedule.id, v_run.id, v_run.scheduled_for, v_run.trigger, v_status = 'waiting');
  end if;
  if v_status = 'queued' then
    perform graphile_worker.add_jobs(array[almanac_private.run_job_spec(
      v_run.id, v_run.schedule_id, v_run.scheduled_for, 1, v_run.trigger, v_run.task_identifier, v_run.payload, v_run.priority, null)]);
  end if;
  return v_run;
end
$$;
comment on function almanac_private.insert_run(almanac.schedules, timestamptz, timestamptz, almanac.run_trigger, jsonb, text, timestamptz) is
  'Writes one run to the ledger, as its overlap policy has it, and adds its job; null: the occurrence has its run already.';
--! EndIncluded functions/insert_run.sql
--! Included functions/record_omission.sql
create or replace function almanac_private.record_omission(
  schedule_id bigint, schedule_name text, first timestamptz, last timestamptz, count bigint,
  reason almanac.omission_reason, follows timestamptz, as_of timestamptz
) returns void
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
begin
  update almanac.omissions o
  set during = tstzrange(lower(o.during), record_omission.last, '[]'), count = o.count + record_omission.count
  where o.schedule_id = record_omission.schedule_id and o.reason = record_omission.reason
    and o.during @> record_omission.follows and upper(o.during) = record_omission.follows;
  if not found then
    insert into almanac.omissions (schedule_id, schedule_name, during, reason, count, recorded_at)
    values (record_omission.schedule_id, record_omission.schedule_name, tstzrange(record_omission.first, record_omission.last, '[]'),
      record_omission.reason, record_omission.count, record_omission.as_of);
  end if;
end
$$;
comment on function almanac_private.record_omission(bigint, text, timestamptz, timestamptz, bigint, almanac.omission_reason, timestamptz, timestamptz) is
  'Records a stretch of occurrences without a run; lengthens the stretch that ends at `follows`, the occurrence before the first, if it has the same reason.';
--! EndIncluded functions/record_omission.sql
--! Included functions/settle_schedule.sql
-- Definer: writes the ledger on behalf of whoever changes a schedule that is due.
create or replace function almanac_private.settle_schedule(
  schedule almanac.schedules, as_of timestamptz, max_steps integer default 20000,
  out cursor_at timestamptz, out next_scheduled_for timestamptz, out fired integer, out last_due timestamptz
)
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_at timestamptz := schedule.next_scheduled_for;
  v_tolerated timestamptz := settle_schedule.as_of - schedule.late_tolerance;
  v_window timestamptz := settle_schedule.as_of - schedule.catchup_window;
  v_follows timestamptz := schedule.cursor_at;
  v_first timestamptz;
  v_last timestamptz;
  v_count bigint := 0;
  v_run almanac.runs;
  v_steps integer := 0;
  v_following timestamptz;
begin
  fired := 0;
  cursor_at := schedule.cursor_at;
  while v_at <= settle_schedule.as_of and v_steps < settle_schedule.max_steps loop
    if schedule.max_runs <= schedule.total_runs + fired then
      v_at := null;
      exit;
    end if;
    v_steps := v_steps + 1;
    v_following := almanac_private.next_occurrence(schedule, v_at);
    if v_at >= v_tolerated
      or (v_at >= v_window and schedule.missed_run_policy = 'run_all')
      or (v_at >= v_window and schedule.missed_run_policy = 'run_latest' and (v_following is null or v_following > settle_schedule.as_of))
    then
      v_run := almanac_private.insert_run(schedule, v_at, v_at, 'schedule', schedule.payload, null, settle_schedule.as_of);
      if v_run.status <> 'skipped' then
        fired := fired + 1;
        last_due := v_at;
      end if;
    else
      v_first := coalesce(v_first, v_at);
      v_last := v_at;
      v_count := v_count + 1;
    end if;
    cursor_at := v_at;
    v_at := v_following;
  end loop;
  if v_count > 0 then
    perform almanac_private.record_omission(schedule.id, schedule.name, v_first, v_last, v_count, 'missed', v_follows, settle_schedule.as_of);
  end if;
  next_scheduled_for := case when schedule.max_runs <= schedule.total_runs + fired then null else v_at end;
end
$$;
comment on function almanac_private.settle_schedule(almanac.schedules, timestamptz, integer) is
  'Gives every occurrence due by as_of its outcome, one by one: a run, or a place in a stretch of missed ones. The path for what is behind; fire_due does the rest at once.';
--! EndIncluded functions/settle_schedule.sql
--! Included functions/arm_delay.sql
create or replace function almanac_private.arm_delay() returns interval
language sql stable parallel safe
return (select make_interval(secs => (s.value #>> '{}')::float8 / 1000) from almanac_private.settings s where s.key = 'arm_delay_ms');
comment on function almanac_private.arm_delay() is
  'How long after its due time a schedule''s job wakes it, if no ticker did: armed for the very instant, hundreds of wakes would crowd the runs out.';
--! EndIncluded functions/arm_delay.sql
--! Included functions/arm_spec.sql
create or replace function almanac_private.arm_spec(schedule_id bigint, next_run_at timestamptz, delay interval) returns graphile_worker.job_spec
language sql stable parallel safe
return row('almanac:wake', json_build_object('scheduleId', schedule_id::text), null, next_run_at + delay,
  25::smallint, 'schedule:' || schedule_id, 9::smallint, null)::graphile_worker.job_spec;
comment on function almanac_private.arm_spec(bigint, timestamptz, interval) is
  'The job that wakes a schedule should no ticker have fired it. Behind every run: priority 9.';
--! EndIncluded functions/arm_spec.sql
--! Included functions/check_may_run_sql.sql
create or replace function almanac_private.check_may_run_sql() returns void
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
begin
  if almanac.current_user_id() is not null and not pg_has_role(almanac_private.caller(), 'almanac_admin', 'member') then
    raise exception using errcode = 'AL011', column = 'task_identifier', message = 'Only an admin lets almanac:sql run a statement over the API.',
      detail = format('Signed in as %s.', almanac_private.actor()),
      hint = 'Ask an admin, or make the schedule over a database connection of your own.';
  end if;
end
$$;
comment on function almanac_private.check_may_run_sql() is 'Raises AL011 for a signed-in user who is no admin: all statements run as one login, whose rights are not each user''s.';
grant execute on function almanac_private.check_may_run_sql() to almanac_viewer;
--! EndIncluded functions/check_may_run_sql.sql
--! Included functions/tg_set_identity.sql
create or replace function almanac_private.tg_set_identity() returns trigger
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_computed text;
begin
  if tg_op = 'INSERT' then
    new.run_as := current_user;
    new.owner_user := coalesce(almanac.current_user_id(), new.owner_user);
    new.created_at := statement_timestamp();
    new.created_by := almanac_private.actor();
    v_computed := case
      when new.next_run_at is not null then 'next_run_at'
      when new.last_run_at is not null then 'last_run_at'
      when new.last_status is not null then 'last_status'
      when new.total_runs <> 0 then 'total_runs'
      when new.failed_runs <> 0 then 'failed_runs'
    end;
  else
    v_computed := case
      when new.id <> old.id then 'id'
      when new.next_run_at is distinct from old.next_run_at then 'next_run_at'
      when new.next_scheduled_for is distinct from old.next_scheduled_for then 'next_scheduled_for'
      when new.cursor_at is distinct from old.cursor_at then 'cursor_at'
      when new.last_run_at is distinct from old.last_run_at then 'last_run_at'
      when new.last_status is distinct from old.last_status then 'last_status'
      when new.total_runs <> old.total_runs then 'total_runs'
      when new.failed_runs <> old.failed_runs then 'failed_runs'
      when new.run_as <> old.run_as then 'run_as'
      when new.created_at <> old.created_at then 'created_at'
      when new.created_by <> old.created_by then 'created_by'
      when new.paused_at is distinct from old.paused_at then 'paused_at'
      when (new.rule_seconds, new.rule_minutes, new.rule_hours, new.rule_first_time, new.rule_weekdays, new.rule_months, new.rule_days, new.rule_running)
        is distinct from
        (old.rule_seconds, old.rule_minutes, old.rule_hours, old.rule_first_time, old.rule_weekdays, old.rule_months, old.rule_days, old.rule_running)
        then 'rule_…'
      when new.status = 'completed' and old.status <> 'completed' then 'status'
    end;
    if (new.task_identifier, new.payload) is distinct from (old.task_identifier, old.payload) then
      new.run_as := current_user;
    end if;
    if new.owner_user is distinct from old.owner_user and not pg_has_role('almanac_admin', 'member') then
      raise exception using errcode = 'AL011', column = 'owner_user', message = 'Only an admin gives a schedule to another user.',
        detail = format('Schedule %s.', old.name), hint = 'Ask an admin.';
    end if;
  end if;
  if new.task_identifier = 'almanac:sql' and (tg_op = 'INSERT' or (new.task_identifier, new.payload) is distinct from (old.task_identifier, old.payload)) then
    perform almanac_private.check_may_run_sql();
  end if;
  if v_computed is not null then
    raise exception using errcode = 'AL008', column = v_computed,
      message = format('%s is computed and cannot be written.', v_computed),
      detail = format('Schedule %s.', new.name),
      hint = case
        when v_computed in ('next_run_at', 'next_scheduled_for', 'cursor_at') then 'Change the rule (cron_expression, every, run_at, timezone, starts_at), or call almanac.trigger_now().'
        when v_computed = 'status' then 'Almanac completes a schedule when no further run is possible. Use almanac.pause(), or set status to disabled.'
        when v_computed = 'paused_at' then 'Call almanac.pause() or almanac.resume().'
        when v_computed = 'run_as' then 'Whoever changes the task or the payload becomes its run_as.'
        else 'Leave it out.'
      end;
  end if;
  new.updated_at := statement_timestamp();
  new.updated_by := almanac_private.actor();
  return new;
end
$$;
comment on function almanac_private.tg_set_identity() is
  'Before an insert or update of a schedule by anyone but the engine: says who did it, with whose rights it runs, and refuses writes to computed columns. Invoker: current_user is the point.';
--! EndIncluded functions/tg_set_identity.sql
--! Included functions/tg_compute_schedule.sql
-- Definer: settles what a rule still owes before it changes, which writes the ledger.
create or replace function almanac_private.tg_compute_schedule() returns trigger
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_now timestamptz := statement_timestamp();
  v_rule_changed boolean := true;
  v_was_firing boolean := false;
  v_fires boolean;
  v_settled record;
  v_stretch record;
begin
  if not exists (select from almanac.tasks t where t.identifier = new.task_identifier) then
    raise exception using errcode = 'AL005', column = 'task_identifier', message = format('The task %s is unknown.', new.task_identifier),
      detail = 'No worker has announced it.',
      hint = 'Start a worker that has it, or announce it: select almanac.register_task(''' || replace(new.task_identifier, '''', '''''') || ''').';
  end if;
  new := almanac_private.prepare_schedule(new);

  if tg_op = 'UPDATE' then
    v_was_firing := old.next_scheduled_for is not null;
    v_rule_changed := (new.kind, new.cron_expression, new.every, new.run_at, new.timezone, new.starts_at, new.ends_at, new.max_runs)
      is distinct from (old.kind, old.cron_expression, old.every, old.run_at, old.timezone, old.starts_at, old.ends_at, old.max_runs);
    v_now := greatest(v_now, old.cursor_at);
    if v_was_firing and old.next_run_at <= v_now then
      v_settled := almanac_private.settle_schedule(old, v_now, 1000000);
      new.cursor_at := v_settled.cursor_at;
      new.next_scheduled_for := v_settled.next_scheduled_for;
      new.total_runs := old.total_runs + v_settled.fired;
      new.last_run_at := coalesce(v_settled.last_due, old.last_run_at);
    end if;
    if old.status = 'paused' and new.status <> 'paused' and old.paused_at is not null then
      -- What was due while it was paused, by the rule that held then.
      select min(o.at) as first, max(o.at) as last, count(*) as count into v_stretch
      from almanac_private.occurrences_between(old, old.paused_at + interval '1 microsecond', v_now, 1000000) o(at);
      if v_stretch.count > 0 then
        perform almanac_private.record_omission(old.id, old.name, v_stretch.first, v_stretch.last, v_stretch.count, 'paused', null, v_now);
      end if;
    end if;
  else
    new.cursor_at := v_now;
  end if;

  if new.status = 'paused' then
    new.paused_at := case when tg_op = 'UPDATE' and old.status = 'paused' then old.paused_at else v_now end;
  else
    new.paused_at := null;
    new.pause_reason := null;
  end if;
  if new.status = 'completed' and v_rule_changed then
    new.status := 'active';
  end if;

  v_fires := new.status = 'active' and new.deleted_at is null and new.archived_at is null;
  if v_fires and new.kind = 'once' and v_rule_changed and new.run_at <= v_now then
    raise exception using errcode = 'AL004', column = 'run_at', message = 'The time of the single run is past.',
      detail = format('run_at: %s, now: %s.', new.run_at, v_now),
      hint = 'Give a time to come, or use a schedule of kind manual and almanac.trigger_now().';
  end if;

  if not v_fires then
    new.next_scheduled_for := null;
  elsif v_rule_changed or not v_was_firing then
    new.cursor_at := v_now;
    new.next_scheduled_for := case when new.max_runs <= new.total_runs then null else almanac_private.next_occurrence(new, new.cursor_at) end;
  end if;
  new.next_run_at := new.next_scheduled_for;
  if v_fires and new.next_scheduled_for is null and new.kind <> 'manual' then
    new.status := 'completed';
  end if;
  return new;
end
$$;
comment on function almanac_private.tg_compute_schedule() is
  'Before an insert or update of a schedule by anyone but the engine: checks it, settles what the old rule owes up to this moment, and computes the next run by the new one.';
--! EndIncluded functions/tg_compute_schedule.sql
--! Included functions/tg_settle_deleted.sql
-- Definer: writes the ledger.
create or replace function almanac_private.tg_settle_deleted() returns trigger
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
begin
  if old.next_run_at <= statement_timestamp() then
    perform almanac_private.settle_schedule(old, statement_timestamp(), 1000000);
  end if;
  return old;
end
$$;
comment on function almanac_private.tg_settle_deleted() is 'Before a schedule is deleted: gives what is due by now its outcome.';
--! EndIncluded functions/tg_settle_deleted.sql
--! Included functions/tg_arm_schedules.sql
-- Definer: Graphile Worker's tables are the owner's.
create or replace function almanac_private.tg_arm_schedules() returns trigger
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
  -- By key, whatever the statistics say: a hash join would read all of a large table for a handful of rows, here and in add_jobs.
  set enable_hashjoin to off set enable_mergejoin to off set enable_seqscan to off
as $$
declare
  v_delay interval := almanac_private.arm_delay();
  v_specs graphile_worker.job_spec[];
  v_removed bigint[];
  v_changed bigint[];
begin
  if tg_op = 'INSERT' then
    select array_agg(almanac_private.arm_spec(n.id, n.next_run_at, v_delay) order by n.id) filter (where n.next_run_at is not null), array_agg(n.id)
    into v_specs, v_changed from new_rows n;
  elsif tg_op = 'UPDATE' then
    select
      array_agg(almanac_private.arm_spec(n.id, n.next_run_at, v_delay) order by n.id)
        filter (where n.next_run_at is not null and n.next_run_at is distinct from o.next_run_at),
      array_agg(n.id order by n.id) filter (where n.next_run_at is null and o.next_run_at is not null),
      array_agg(n.id)
    into v_specs, v_removed, v_changed
    from new_rows n left join old_rows o on o.id = n.id;
  else
    select array_agg(o.id order by o.id), array_agg(o.id) into v_removed, v_changed from old_rows o;
  end if;

  if v_changed is null then
    return null;
  end if;
  if v_specs is not null then
    perform graphile_worker.add_jobs(v_specs);
  end if;
  perform graphile_worker.remove_job('schedule:' || r.id) from unnest(v_removed) r(id);
  perform pg_notify('almanac_schedules', json_build_object(
    'op', case when cardinality(v_changed) > 200 then 'bulk' else lower(tg_op) end,
    'ids', case when cardinality(v_changed) > 200 then '[]'::json else to_json(v_changed::text[]) end)::text);
  return null;
end
$$;
comment on function almanac_private.tg_arm_schedules() is
  'After a statement that changed schedules: arms or removes their schedule:<id> jobs in one call, and notifies once.';
--! EndIncluded functions/tg_arm_schedules.sql
--! Included functions/schedule_triggers.sql
-- The engine's own updates pass by: it says so by a setting, and anyone may set that, so the right to create in the schema,
-- which only the owner has, is asked for as well. Both are built-in and cost half a microsecond a row.
create or replace trigger _100_set_identity before insert or update on almanac.schedules
  for each row when (current_setting('almanac.engine', true) is distinct from 'on' or not has_schema_privilege('almanac_private', 'create'))
  execute function almanac_private.tg_set_identity();
create or replace trigger _500_compute_schedule before insert or update on almanac.schedules
  for each row when (current_setting('almanac.engine', true) is distinct from 'on' or not has_schema_privilege('almanac_private', 'create'))
  execute function almanac_private.tg_compute_schedule();
create or replace trigger _500_settle_deleted before delete on almanac.schedules
  for each row execute function almanac_private.tg_settle_deleted();
create or replace trigger _800_arm_inserted after insert on almanac.schedules
  referencing new table as new_rows for each statement
  execute function almanac_private.tg_arm_schedules();
create or replace trigger _800_arm_updated after update on almanac.schedules
  referencing old table as old_rows new table as new_rows for each statement
  when (current_setting('almanac.engine', true) is distinct from 'on' or not has_schema_privilege('almanac_private', 'create'))
  execute function almanac_private.tg_arm_schedules();
create or replace trigger _800_disarm_deleted after delete on almanac.schedules
  referencing old table as old_rows for each statement
  execute function almanac_private.tg_arm_schedules();
--! EndIncluded functions/schedule_triggers.sql

-- The engine -------------------------------------------------------------------------------------------------------

--! Included functions/ensure_partitions.sql
-- Definer: makes tables.
create or replace function almanac_private.ensure_partitions(as_of timestamptz default now(), weeks_ahead integer default 8) returns integer
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_table text;
  v_from timestamptz;
  v_name text;
  v_made integer := 0;
begin
  perform pg_advisory_xact_lock(hashtextextended('almanac:partitions', 0));
  foreach v_table in array array['runs', 'run_attempts'] loop
    if to_regclass('almanac_private.' || v_table || '_default') is null then
      execute format('create table almanac_private.%I partition of almanac.%I default with (fillfactor = 70)', v_table || '_default', v_table);
      execute format('alter table almanac_private.%I enable row level security', v_table || '_default');
      v_made := v_made + 1;
    end if;
    for v_week in -1 .. ensure_partitions.weeks_ahead loop
      v_from := (date_trunc('week', ensure_partitions.as_of at time zone 'UTC') + make_interval(weeks => v_week)) at time zone 'UTC';
      v_name := v_table || '_' || to_char(v_from at time zone 'UTC', 'YYYYMMDD');
      continue when to_regclass('almanac_private.' || v_name) is not null;
      begin
        execute format('create table almanac_private.%I partition of almanac.%I for values from (%L) to (%L) with (fillfactor = 70)',
          v_name, v_table, to_char(v_from at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS+00'),
          to_char((v_from + interval '168 hours') at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS+00'));
        execute format('alter table almanac_private.%I enable row level security', v_name);
        v_made := v_made + 1;
      exception when check_violation then
        null; -- rows of that week are in the default partition already, and stay there
      end;
    end loop;
  end loop;
  return v_made;
end
$$;
comment on function almanac_private.ensure_partitions(timestamptz, integer) is
  'Makes the weekly partitions of runs and run_attempts from last week to weeks_ahead, and says how many were missing. What has no partition goes into the default one.';
grant execute on function almanac_private.ensure_partitions(timestamptz, integer) to almanac_worker;
--! EndIncluded functions/ensure_partitions.sql
--! Included functions/fire_due.sql
-- Definer: writes the ledger and Graphile Worker's jobs. The setting keeps the triggers for people's writes out of the way
-- (a set clause on the function would need a superuser).
create or replace function almanac_private.fire_due(
  as_of timestamptz default now(), max_count integer default 500, out fired integer, out next_due timestamptz
)
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
  -- By key, whatever the statistics say: a hash join would read all of a large table for a handful of rows, here and in add_jobs.
  set enable_hashjoin to off set enable_mergejoin to off set enable_seqscan to off set plan_cache_mode to force_generic_plan
as $$
declare
  v_ids bigint[];
  v_done bigint[];
  v_schedule almanac.schedules;
  v_settled record;
  v_delay interval := almanac_private.arm_delay();
begin
  perform set_config('almanac.engine', 'on', true);

  -- A statement of its own: the next one's snapshot is then younger than these locks, so that it counts the runs of whoever held them before.
  v_ids := array(
    select s.id from almanac.schedules s
    where s.next_run_at <= fire_due.as_of
    order by s.next_run_at, s.id
    limit fire_due.max_count
    for no key update skip locked
  );

  with due as materialized (
    select s.*, almanac_private.next_occurrence(s, s.next_scheduled_for) as following
    from unnest(v_ids) u(id) join almanac.schedules s on s.id = u.id
    where s.next_run_at <= fire_due.as_of and s.next_scheduled_for >= fire_due.as_of - s.late_tolerance
  ), decided as materialized (
    -- What is behind by more than one occurrence is left to settle_schedule.
    select d.*, coalesce(o.status, 'queued') as run_status, o.reason as run_reason, nextval('almanac.runs_id_seq') as run_id,
      case when d.max_runs <= d.total_runs + 1 then null else d.following end as then_due
    from due d
    left join lateral (
      select oo.* from (
        select count(*) as live, count(*) filter (where l.is_waiting) as waiting
        from almanac_private.live_runs l where l.schedule_id = d.id and l.trigger = 'schedule'
      ) c, almanac_private.overlap_outcome(d.overlap_policy, d.max_concurrent, c.live, c.waiting) oo
    ) o on not (d.overlap_policy = 'allow' and d.max_concurrent is null)
    where d.following is null or d.following > fire_due.as_of
  ), ledger as (
    insert into almanac.runs as r
      (id, schedule_id, schedule_name, task_identifier, payload, scheduled_for, due_at, trigger, status, reason, max_attempts, timeout, priority,
       queued_at, finished_at, run_as)
    select d.run_id, d.id, d.name, d.task_identifier, d.payload, d.next_scheduled_for, d.next_run_at, 'schedule', d.run_status, d.run_reason,
      d.max_attempts, d.timeout, d.priority,
      case when d.run_status = 'queued' then fire_due.as_of end, case when d.run_status = 'skipped' then fire_due.as_of end, d.run_as
    from decided d
    on conflict (schedule_id, scheduled_for) where (r.trigger = 'schedule') do nothing
    returning r.id, r.schedule_id, r.scheduled_for, r.status, r.task_identifier, r.payload, r.priority
  ), live as (
    insert into almanac_private.live_runs (schedule_id, run_id, scheduled_for, trigger, is_waiting)
    select l.schedule_id, l.id, l.scheduled_for, 'schedule', l.status = 'waiting' from ledger l where l.status <> 'skipped'
  ), moved as (
    update almanac.schedules s
    set cursor_at = d.next_scheduled_for, next_scheduled_for = d.then_due, next_run_at = d.then_due,
      status = case when d.then_due is null then 'completed' else s.status end,
      last_run_at = case when d.run_status = 'skipped' then s.last_run_at else d.next_run_at end,
      total_runs = s.total_runs + case when d.run_status = 'skipped' then 0 else 1 end
    from decided d where s.id = d.id
    returning s.id, s.next_run_at
  ), added as (
    select count(*) from graphile_worker.add_jobs(array(
      select almanac_private.run_job_spec(l.id, l.schedule_id, l.scheduled_for, 1, 'schedule', l.task_identifier, l.payload, l.priority, null)
      from ledger l where l.status = 'queued'
      union all
      select almanac_private.arm_spec(m.id, m.next_run_at, v_delay) from moved m where m.next_run_at is not null
    ))
  ), removed as (
    -- The job of a schedule that is done. A worker that has it locked finds nothing to do.
    select graphile_worker.remove_job('schedule:' || m.id) from moved m where m.next_run_at is null
  )
  select array_agg(m.id), (select count(*) from ledger l where l.status <> 'skipped')
  into v_done, fired
  from moved m, (select count(*) from added) a, (select count(*) from removed) b;
  fired := coalesce(fired, 0);

  for v_schedule in
    select s.* from almanac.schedules s
    where s.id = any (v_ids) and s.id <> all (coalesce(v_done, '{}')) and s.next_run_at <= fire_due.as_of
    order by s.id
  loop
    v_settled := almanac_private.settle_schedule(v_schedule, fire_due.as_of);
    update almanac.schedules s
    set cursor_at = v_settled.cursor_at, next_scheduled_for = v_settled.next_scheduled_for, next_run_at = v_settled.next_scheduled_for,
      status = case when v_settled.next_scheduled_for is null then 'completed' else s.status end,
      last_run_at = coalesce(v_settled.last_due, s.last_run_at), total_runs = s.total_runs + v_settled.fired
    where s.id = v_schedule.id;
    fired := fired + v_settled.fired;
    if v_settled.next_scheduled_for is null then
      perform graphile_worker.remove_job('schedule:' || v_schedule.id);
    else
      perform graphile_worker.add_jobs(array[almanac_private.arm_spec(v_schedule.id, v_settled.next_scheduled_for, v_delay)]);
    end if;
  end loop;

  perform set_config('almanac.engine', 'off', true);
  next_due := (select min(s.next_run_at) from almanac.schedules s);
end
$$;
comment on function almanac_private.fire_due(timestamptz, integer) is
  'Fires up to max_count schedules that are due: ledger, run jobs, next run and re-arming in one transaction. Returns how many runs came of it and when the next is due (which may be already).';
grant execute on function almanac_private.fire_due(timestamptz, integer) to almanac_worker;
--! EndIncluded functions/fire_due.sql
--! Included functions/wake.sql
-- Definer: as fire_due.
create or replace function almanac_private.wake(schedule_ids bigint[], as_of timestamptz default now()) returns bigint[]
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
  -- By key, whatever the statistics say: a hash join would read all of a large table for a handful of rows, here and in add_jobs.
  set enable_hashjoin to off set enable_mergejoin to off set enable_seqscan to off
as $$
declare
  v_locked bigint[];
begin
  perform almanac_private.fire_due(wake.as_of);
  v_locked := array(
    select s.id from almanac.schedules s where s.id = any (wake.schedule_ids) order by s.id for no key update skip locked
  );
  -- Armed even if nothing was due: an add_job that met this job while a worker was locking it may have been dropped.
  perform graphile_worker.add_jobs(array(
    select almanac_private.arm_spec(s.id, s.next_run_at, almanac_private.arm_delay())
    from almanac.schedules s where s.id = any (v_locked) and s.next_run_at is not null order by s.id
  ));
  return array(
    select s.id from almanac.schedules s
    where s.id = any (wake.schedule_ids) and s.id <> all (v_locked) and s.next_run_at is not null
  );
end
$$;
comment on function almanac_private.wake(bigint[], timestamptz) is
  'What the schedule:<id> jobs call: fires whatever is due, then arms these schedules anew. Returns those that someone else holds locked: call again for them.';
grant execute on function almanac_private.wake(bigint[], timestamptz) to almanac_worker;
--! EndIncluded functions/wake.sql
--! Included functions/settle_counters.sql
-- Definer: writes computed columns.
create or replace function almanac_private.settle_counters() returns integer
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
  -- By key, whatever the statistics say: a hash join would read all of a large table for a handful of rows, here and in add_jobs.
  set enable_hashjoin to off set enable_mergejoin to off set enable_seqscan to off
as $$
declare
  v_ids bigint[];
  v_count integer;
begin
  perform set_config('almanac.engine', 'on', true);
  v_ids := array(
    select s.id from almanac.schedules s
    where s.id in (select u.schedule_id from almanac_private.unsettled_counters u)
    order by s.id for no key update skip locked
  );
  with taken as (
    delete from almanac_private.unsettled_counters u
    where u.schedule_id = any (v_ids) or not exists (select from almanac.schedules s where s.id = u.schedule_id)
    returning u.*
  ), summed as (
    select t.schedule_id, sum(t.failed) as failed, (array_agg(t.last_status order by t.id desc))[1] as last_status from taken t group by t.schedule_id
  )
  update almanac.schedules s set failed_runs = s.failed_runs + c.failed, last_status = c.last_status
  from summed c where s.id = c.schedule_id;
  get diagnostics v_count = row_count;
  perform set_config('almanac.engine', 'off', true);
  return v_count;
end
$$;
comment on function almanac_private.settle_counters() is 'Applies the counters that finish_runs could not, because someone held the schedule locked.';
grant execute on function almanac_private.settle_counters() to almanac_worker;
--! EndIncluded functions/settle_counters.sql
--! Included functions/release_waiting.sql
-- Definer: writes the ledger.
create or replace function almanac_private.release_waiting(schedule_ids bigint[] default null, as_of timestamptz default now()) returns integer
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
  -- By key, whatever the statistics say: a hash join would read all of a large table for a handful of rows, here and in add_jobs.
  set enable_hashjoin to off set enable_mergejoin to off set enable_seqscan to off
as $$
declare
  v_count integer;
begin
  with candidates as (
    select distinct on (l.schedule_id) l.schedule_id, l.run_id, l.scheduled_for
    from almanac_private.live_runs l
    where l.is_waiting
      and (release_waiting.schedule_ids is null or l.schedule_id = any (release_waiting.schedule_ids))
      and not exists (
        select from almanac_private.live_runs b
        where b.schedule_id = l.schedule_id and not b.is_waiting and b.trigger = 'schedule'
      )
    order by l.schedule_id, l.run_id
  ), locked as (
    select r.id, r.scheduled_for from almanac.runs r
    join candidates c on c.run_id = r.id and c.scheduled_for = r.scheduled_for
    where r.status = 'waiting'
    order by r.id for update of r skip locked
  ), released as (
    update almanac.runs r set status = 'queued', reason = null, queued_at = release_waiting.as_of
    from locked l where r.id = l.id and r.scheduled_for = l.scheduled_for
    returning r.*
  ), freed as (
    update almanac_private.live_runs l set is_waiting = false
    from released r where l.schedule_id = r.schedule_id and l.run_id = r.id
  ), added as (
    select count(*) from graphile_worker.add_jobs(array(
      select almanac_private.run_job_spec(r.id, r.schedule_id, r.scheduled_for, 1, r.trigger, r.task_identifier, r.payload, r.priority, null)
      from released r order by r.id
    ))
  )
  select count(*) into v_count from released, (select count(*) from added) a;
  return v_count;
end
$$;
comment on function almanac_private.release_waiting(bigint[], timestamptz) is
  'Queues the oldest waiting run of each schedule that has none going on. Called when runs end, and with every heartbeat: an end and a firing at the same moment do not see each other.';
grant execute on function almanac_private.release_waiting(bigint[], timestamptz) to almanac_worker;
--! EndIncluded functions/release_waiting.sql
--! Included functions/begin_runs.sql
-- Definer: writes the ledger.
create or replace function almanac_private.begin_runs(
  worker_id bigint, run_ids bigint[], scheduled_fors timestamptz[], job_ids bigint[] default null, as_of timestamptz default clock_timestamp()
) returns table (run_id bigint, schedule_id bigint, started boolean, attempt integer, task_identifier text, timeout_ms double precision, run_as name)
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
  -- By key, whatever the statistics say: a hash join would read all of a large table for a handful of rows, here and in add_jobs.
  set enable_hashjoin to off set enable_mergejoin to off set enable_seqscan to off set plan_cache_mode to force_generic_plan
as $$
#variable_conflict use_column
begin
  return query
  with asked as (
    select a.id, a.scheduled_for, a.job_id from unnest(begin_runs.run_ids, begin_runs.scheduled_fors, begin_runs.job_ids) a(id, scheduled_for, job_id)
  ), locked as (
    select r.id, r.scheduled_for, a.job_id from asked a
    join almanac.runs r on r.id = a.id and r.scheduled_for = a.scheduled_for
    -- Its own running one: the answer to an earlier call was lost, and the worker asks again for the same job.
    where r.status in ('queued', 'retrying')
      or r.status = 'running' and r.worker_id = begin_runs.worker_id and r.job_id = a.job_id
    order by r.id for no key update of r
  ), begun as (
    update almanac.runs r
    set status = 'running', attempt = r.attempt + (r.status <> 'running')::integer, started_at = coalesce(r.started_at, begin_runs.as_of),
      attempt_started_at = begin_runs.as_of, worker_id = begin_runs.worker_id, job_id = l.job_id
    from locked l where r.id = l.id and r.scheduled_for = l.scheduled_for
    returning r.id, r.schedule_id, r.attempt, r.task_identifier, r.timeout, r.run_as
  )
  select a.id, b.schedule_id, b.id is not null, b.attempt, b.task_identifier, extract(epoch from b.timeout)::float8 * 1000, b.run_as
  from asked a left join begun b on b.id = a.id;
end
$$;
comment on function almanac_private.begin_runs(bigint, bigint[], timestamptz[], bigint[], timestamptz) is
  'Marks runs as running. A run that is not queued (cancelled, taken by another worker) comes back with started = false and must not be run. Asked again for the same job, it gives the same answer.';
grant execute on function almanac_private.begin_runs(bigint, bigint[], timestamptz[], bigint[], timestamptz) to almanac_worker;
--! EndIncluded functions/begin_runs.sql
--! Included functions/finish_runs.sql
-- Definer: writes the ledger and Graphile Worker's jobs.
create or replace function almanac_private.finish_runs(worker_id bigint, results jsonb, as_of timestamptz default clock_timestamp()) returns integer
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
  -- By key, whatever the statistics say: a hash join would read all of a large table for a handful of rows, here and in add_jobs.
  set enable_hashjoin to off set enable_mergejoin to off set enable_seqscan to off set plan_cache_mode to force_generic_plan
as $$
declare
  v_count integer;
  v_queueing bigint[];
begin
  perform set_config('almanac.engine', 'on', true);
  with asked as (
    select a."runId" as id, a."scheduledFor" as scheduled_for, a.status, a.error, a.result
    from jsonb_to_recordset(finish_runs.results)
      a("runId" bigint, "scheduledFor" timestamptz, status almanac.run_status, error text, result jsonb)
  ), locked as (
    select r.*, a.status as outcome, a.error as outcome_error, a.result as outcome_result
    from asked a join almanac.runs r on r.id = a.id and r.scheduled_for = a.scheduled_for
    where r.status = 'running' and r.worker_id = finish_runs.worker_id
    order by r.id for no key update of r
  ), decided as materialized (
    select l.*, l.outcome in ('failed', 'timed_out') and l.attempt < l.max_attempts as retries,
      case when l.outcome in ('failed', 'timed_out') and l.attempt < l.max_attempts then
        finish_runs.as_of + least(
          coalesce(s.retry_ceiling, interval '1 hour'),
          coalesce(s.retry_delay, interval '5 seconds') * least(power(coalesce(s.retry_backoff, 2), l.attempt - 1), 1000000000)::float8)
      end as retry_at
    from locked l left join almanac.schedules s on s.id = l.schedule_id and l.outcome in ('failed', 'timed_out')
  ), ended as (
    update almanac.runs r
    set status = case when d.retries then 'retrying' else d.outcome end,
      error = coalesce(d.outcome_error, case when d.outcome = 'succeeded' then null else r.error end),
      result = d.outcome_result,
      finished_at = case when d.retries then null else finish_runs.as_of end
    from decided d where r.id = d.id and r.scheduled_for = d.scheduled_for
    returning r.id
  ), attempts as (
    insert into almanac.run_attempts (run_id, scheduled_for, attempt, status, started_at, finished_at, worker_id, error)
    select d.id, d.scheduled_for, d.attempt, d.outcome, d.attempt_started_at, finish_runs.as_of, d.worker_id, d.outcome_error from decided d
    on conflict do nothing
  ), dead as (
    delete from almanac_private.live_runs l using decided d
    where l.schedule_id = d.schedule_id and l.run_id = d.id and not d.retries
  ), added as (
    select count(*) from graphile_worker.add_jobs(array(
      select almanac_private.run_job_spec(d.id, d.schedule_id, d.scheduled_for, d.attempt + 1, d.trigger, d.task_identifier, d.payload, d.priority, d.retry_at)
      from decided d where d.retries order by d.id
    ))
    where exists (select from decided d where d.retries)
  ), counted as (
    select d.schedule_id, count(*) filter (where d.outcome in ('failed', 'timed_out') and d.trigger = 'schedule') as failed, (array_agg(d.outcome order by d.id desc))[1] as last_status
    from decided d where not d.retries group by d.schedule_id
  ), stale as (
    select c.* from counted c join almanac.schedules s on s.id = c.schedule_id
    where c.failed > 0 or s.last_status is distinct from c.last_status
  ), free as (
    select t.* from stale t join almanac.schedules s on s.id = t.schedule_id order by s.id for no key update of s skip locked
  ), counters as (
    update almanac.schedules s set failed_runs = s.failed_runs + f.failed, last_status = f.last_status from free f where s.id = f.schedule_id
  ), kept as (
    insert into almanac_private.unsettled_counters (schedule_id, failed, last_status)
    select t.* from stale t where t.schedule_id not in (select f.schedule_id from free f)
  )
  select count(*), array_agg(distinct d.schedule_id) filter (where not d.retries and exists (
      select from almanac_private.live_runs w where w.schedule_id = d.schedule_id and w.is_waiting))
  into v_count, v_queueing
  from decided d, (select count(*) from added) a;

  perform set_config('almanac.engine', 'off', true);
  if v_queueing is not null then
    perform almanac_private.release_waiting(v_queueing, finish_runs.as_of);
  end if;
  return v_count;
end
$$;
comment on function almanac_private.finish_runs(bigint, jsonb, timestamptz) is
  'Records how attempts ended: [{"runId", "scheduledFor", "status": succeeded|failed|timed_out|cancelled, "error", "result"}]. Retries what has attempts left, and releases what waited. Counts only runs that this worker had running.';
grant execute on function almanac_private.finish_runs(bigint, jsonb, timestamptz) to almanac_worker;
--! EndIncluded functions/finish_runs.sql
--! Included functions/register_worker.sql
-- Definer: workers have no right to write tables.
create or replace function almanac_private.register_worker(name text, host text, pid integer, version text, concurrency integer) returns bigint
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_id bigint;
begin
  insert into almanac.workers (name, host, pid, version, concurrency)
  values (register_worker.name, register_worker.host, register_worker.pid, register_worker.version, register_worker.concurrency)
  returning id into v_id;
  return v_id;
end
$$;
comment on function almanac_private.register_worker(text, text, integer, text, integer) is 'Notes a worker process that starts; returns its number.';
grant execute on function almanac_private.register_worker(text, text, integer, text, integer) to almanac_worker;
--! EndIncluded functions/register_worker.sql
--! Included functions/lose_runs.sql
create or replace function almanac_private.lose_runs(worker_id bigint, runs jsonb, as_of timestamptz) returns void
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
begin
  perform almanac_private.finish_runs(lose_runs.worker_id,
    (select jsonb_agg(r.value || '{"status": "failed", "error": "The worker was lost."}') from jsonb_array_elements(lose_runs.runs) r), lose_runs.as_of);
  -- At once, not after the schedule's delay: the task is not to blame.
  perform graphile_worker.add_jobs(array(
    select almanac_private.run_job_spec(r.id, r.schedule_id, r.scheduled_for, r.attempt + 1, r.trigger, r.task_identifier, r.payload, r.priority, null)
    from jsonb_to_recordset(lose_runs.runs) a("runId" bigint, "scheduledFor" timestamptz)
    join almanac.runs r on r.id = a."runId" and r.scheduled_for = a."scheduledFor"
    where r.status = 'retrying' order by r.id
  ));
end
$$;
comment on function almanac_private.lose_runs(bigint, jsonb, timestamptz) is 'Ends the attempts that a lost worker had running, and queues the next ones at once.';
--! EndIncluded functions/lose_runs.sql
--! Included functions/reap_workers.sql
-- Definer: writes the ledger and Graphile Worker's jobs.
create or replace function almanac_private.reap_workers(as_of timestamptz default clock_timestamp(), lost_after interval default '15 seconds') returns integer
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
  -- By key, whatever the statistics say: a hash join would read all of a large table for a handful of rows, here and in add_jobs.
  set enable_hashjoin to off set enable_mergejoin to off set enable_seqscan to off
as $$
declare
  v_workers bigint[];
  v_pools text[];
  v_jobs bigint[];
  v_keys text[];
  v_results jsonb;
  v_worker bigint;
begin
  with dead as (
    select w.id from almanac.workers w
    where w.status in ('active', 'draining') and w.last_heartbeat_at < reap_workers.as_of - reap_workers.lost_after
    order by w.id for update skip locked
  ), lost as (
    update almanac.workers w set status = 'lost', stopped_at = reap_workers.as_of from dead d where w.id = d.id returning w.id, w.pool_ids
  )
  select array_agg(distinct l.id), array_agg(distinct p.id) into v_workers, v_pools from lost l left join lateral unnest(l.pool_ids) p(id) on true;
  if v_workers is null then
    return 0;
  end if;

  select array_agg(j.id), array_agg(j.key) filter (where j.key is not null) into v_jobs, v_keys
  from graphile_worker.jobs j where j.locked_by = any (v_pools)
    and (j.key ~ '^(run|schedule):[0-9]{1,18}$' or (j.key is null and j.task_identifier = 'almanac:wake'));

  -- Attempts that were going on count as failed and are tried again at once.
  foreach v_worker in array v_workers loop
    v_results := (
      select jsonb_agg(jsonb_build_object('runId', r.id, 'scheduledFor', r.scheduled_for) order by r.id)
      from almanac_private.live_runs l join almanac.runs r on r.id = l.run_id and r.scheduled_for = l.scheduled_for
      where r.status = 'running' and r.worker_id = v_worker
    );
    if v_results is not null then
      perform almanac_private.lose_runs(v_worker, v_results, reap_workers.as_of);
    end if;
  end loop;

  -- New jobs for what they had fetched but not begun. The old rows are still locked by the dead pools, so they lose their keys to the new ones.
  perform graphile_worker.add_jobs(array(
    select almanac_private.run_job_spec(r.id, r.schedule_id, r.scheduled_for, r.attempt + 1, r.trigger, r.task_identifier, r.payload, r.priority, null)
    from unnest(v_keys) k(key)
    join almanac_private.live_runs l on k.key = 'run:' || l.run_id
    join almanac.runs r on r.id = l.run_id and r.scheduled_for = l.scheduled_for
    where r.status in ('queued', 'retrying')
      and not exists (select from graphile_worker.jobs f where f.key = k.key and f.locked_by is null)
    order by r.id
  ));
  perform graphile_worker.add_jobs(array(
    select almanac_private.arm_spec(s.id, s.next_run_at, interval '0')
    from unnest(v_keys) k(key) join almanac.schedules s on k.key = 'schedule:' || s.id
    where s.next_run_at is not null order by s.id
  ));
  perform graphile_worker.force_unlock_workers(v_pools) where v_pools is not null;
  perform graphile_worker.complete_jobs(v_jobs) where v_jobs is not null;
  return cardinality(v_workers);
end
$$;
comment on function almanac_private.reap_workers(timestamptz, interval) is
  'Gives up workers without a heartbeat: their running attempts fail and are retried at once, what they had fetched goes to others, their locks are released. Returns how many were lost.';
grant execute on function almanac_private.reap_workers(timestamptz, interval) to almanac_worker;
--! EndIncluded functions/reap_workers.sql
--! Included functions/heartbeat.sql
-- Definer: workers have no right to write tables.
create or replace function almanac_private.heartbeat(worker_id bigint, pool_ids text[] default '{}', is_ticking boolean default false, out alive boolean, out leader boolean, out reaped integer)
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_now timestamptz := clock_timestamp();
begin
  update almanac.workers w
  set last_heartbeat_at = v_now, pool_ids = array(select distinct p from unnest(w.pool_ids || heartbeat.pool_ids) p order by p)
  where w.id = heartbeat.worker_id and w.status in ('active', 'draining');
  alive := found;
  leader := false;
  if alive and heartbeat.is_ticking then
    insert into almanac_private.leases as l (name, worker_id, expires_at) values ('ticker', heartbeat.worker_id, v_now + interval '15 seconds')
    on conflict (name) do update set worker_id = excluded.worker_id, expires_at = excluded.expires_at
    where l.worker_id = excluded.worker_id or l.expires_at < v_now;
    leader := found;
  end if;
  reaped := almanac_private.reap_workers(v_now);
  perform almanac_private.settle_counters() where exists (select from almanac_private.unsettled_counters);
  perform almanac_private.ensure_partitions(v_now)
  where to_regclass(to_char(v_now at time zone 'UTC' + interval '28 days' - make_interval(days => extract(isodow from v_now at time zone 'UTC')::integer - 1),
    '"almanac_private.runs_"YYYYMMDD')) is null;
  perform almanac_private.release_waiting() where exists (select from almanac_private.live_runs l where l.is_waiting);
end
$$;
comment on function almanac_private.heartbeat(bigint, text[], boolean) is
  'Every 5 s from each worker: it lives (alive = false: it was given up, and must register anew), leads or not; also gives up workers that were not heard of for 15 s, and makes partitions when fewer than four weeks are ahead.';
grant execute on function almanac_private.heartbeat(bigint, text[], boolean) to almanac_worker;
--! EndIncluded functions/heartbeat.sql
--! Included functions/stop_worker.sql
-- Definer: workers have no right to write tables.
create or replace function almanac_private.stop_worker(worker_id bigint) returns void
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
begin
  delete from almanac_private.leases l where l.worker_id = stop_worker.worker_id;
  update almanac.workers w set status = 'stopped', stopped_at = clock_timestamp()
  where w.id = stop_worker.worker_id and w.status in ('active', 'draining');
end
$$;
comment on function almanac_private.stop_worker(bigint) is 'Notes that a worker has ended in good order, and gives up its lead.';
grant execute on function almanac_private.stop_worker(bigint) to almanac_worker;
--! EndIncluded functions/stop_worker.sql
--! Included functions/announce_tasks.sql
-- Definer: workers have no right to write tables.
create or replace function almanac_private.announce_tasks(tasks jsonb, withdrawn text[] default '{}') returns integer
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_count integer;
begin
  insert into almanac.tasks as t
    (identifier, label, description, payload_schema, task_group, depends_on, default_timeout, default_max_attempts, available, last_seen_at)
  select a.identifier, a.label, a.description, a.payload_schema, a.task_group, coalesce(a.depends_on, '{}'), a.default_timeout, a.default_max_attempts,
    true, clock_timestamp()
  from jsonb_to_recordset(announce_tasks.tasks) a(identifier text, label text, description text, payload_schema jsonb, task_group text,
    depends_on text[], default_timeout interval, default_max_attempts integer)
  order by a.identifier
  on conflict (identifier) do update
  set label = excluded.label, description = excluded.description, payload_schema = excluded.payload_schema, task_group = excluded.task_group,
    depends_on = excluded.depends_on, default_timeout = excluded.default_timeout, default_max_attempts = excluded.default_max_attempts,
    available = true, last_seen_at = excluded.last_seen_at
  where not t.is_builtin;
  get diagnostics v_count = row_count;
  update almanac.tasks t set available = false where t.identifier = any (announce_tasks.withdrawn) and not t.is_builtin and t.available;
  return v_count;
end
$$;
comment on function almanac_private.announce_tasks(jsonb, text[]) is
  'What a worker says of its tasks at its start: an array of rows of almanac.tasks, and the identifiers whose files are gone, which stay known but unavailable.';
grant execute on function almanac_private.announce_tasks(jsonb, text[]) to almanac_worker;
--! EndIncluded functions/announce_tasks.sql
--! Included functions/grant_worker_rights.sql
create or replace function almanac_private.grant_worker_rights() returns void
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_table record;
begin
  grant usage on schema graphile_worker to almanac_worker;
  grant select, insert, update, delete on all tables in schema graphile_worker to almanac_worker;
  grant usage on all sequences in schema graphile_worker to almanac_worker;
  grant execute on all functions in schema graphile_worker to almanac_worker;
  for v_table in
    select c.oid::regclass as name from pg_class c
    where c.relnamespace = 'graphile_worker'::regnamespace and c.relkind in ('r', 'p') and c.relrowsecurity
      and not exists (select from pg_policy p where p.polrelid = c.oid and p.polname = 'almanac_worker')
  loop
    execute format('create policy almanac_worker on %s to almanac_worker using (true) with check (true)', v_table.name);
  end loop;
end
$$;
comment on function almanac_private.grant_worker_rights() is
  'Opens Graphile Worker''s tables, which only their owner may touch, to logins that are members of almanac_worker. Migrate calls it after Graphile Worker''s own migrations.';
--! EndIncluded functions/grant_worker_rights.sql

-- Verbs and views for people -----------------------------------------------------------------------------------------

--! Included functions/read_definition.sql
create or replace function almanac_private.read_definition(definition jsonb, base almanac.schedules default null) returns almanac.schedules
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_known text[] := array['name', 'description', 'kind', 'cron_expression', 'every', 'run_at', 'timezone', 'starts_at', 'ends_at', 'max_runs',
    'task_identifier', 'payload', 'priority', 'status', 'pause_reason', 'overlap_policy', 'max_concurrent', 'missed_run_policy', 'late_tolerance',
    'catchup_window', 'max_attempts', 'retry_delay', 'retry_backoff', 'retry_ceiling', 'timeout', 'tags', 'owner_user'];
  v_key text;
  v_message text;
  v_read almanac.schedules;
begin
  if jsonb_typeof(read_definition.definition) is distinct from 'object' then
    raise exception using errcode = 'AL009', message = 'The definition is not a JSON object.',
      detail = format('It is of type %s.', coalesce(jsonb_typeof(read_definition.definition), 'null')), hint = 'Give {"column": value, …}.';
  end if;
  for v_key in select k from jsonb_object_keys(read_definition.definition) k order by k loop
    if v_key <> all (v_known) then
      raise exception using errcode = 'AL009', column = v_key, message = format('There is no setting %s.', v_key),
        detail = format('Known are: %s.', array_to_string(v_known, ', ')),
        hint = 'Settings are columns of almanac.schedules; computed ones cannot be set.';
    end if;
    begin
      v_read := jsonb_populate_record(read_definition.base, jsonb_build_object(v_key, read_definition.definition -> v_key));
    exception when others then
      get stacked diagnostics v_message = message_text;
      raise exception using errcode = sqlstate, column = v_key, message = format('%s cannot be read: %s', v_key, v_message),
        detail = format('%s: %s', v_key, left(read_definition.definition ->> v_key, 200)),
        hint = format('%s is of type %s.', v_key, (
          select format_type(a.atttypid, a.atttypmod) from pg_attribute a
          where a.attrelid = 'almanac.schedules'::regclass and a.attname = v_key));
    end;
  end loop;
  return jsonb_populate_record(read_definition.base, read_definition.definition);
end
$$;
comment on function almanac_private.read_definition(jsonb, almanac.schedules) is
  'A row of schedules from column names and values, on top of a base row. Unknown names (AL009) and unreadable values are refused, with the column at fault.';
grant execute on function almanac_private.read_definition(jsonb, almanac.schedules) to almanac_viewer;
--! EndIncluded functions/read_definition.sql
--! Included functions/refuse_change.sql
create or replace function almanac_private.refuse_change(schedule_id bigint) returns void
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_schedule almanac.schedules;
begin
  select s.* into v_schedule from almanac.schedules s where s.id = refuse_change.schedule_id;
  if v_schedule.id is null then
    raise exception using errcode = 'AL007', message = format('There is no schedule with the number %s.', refuse_change.schedule_id),
      detail = 'It may have been deleted.', hint = 'Look at: select id, name from almanac.schedules.';
  end if;
  raise exception using errcode = 'AL011', message = format('Schedule %s may not be changed by %s.', v_schedule.name, almanac_private.actor()),
    detail = format('It belongs to %s.', coalesce((select u.username from almanac.users u where u.id = v_schedule.owner_user), v_schedule.run_as::text)),
    hint = 'Its owner and admins may.';
end
$$;
comment on function almanac_private.refuse_change(bigint) is 'Raises why a schedule cannot be changed by the caller: AL007, it is not there, or AL011, it is someone else''s.';
grant execute on function almanac_private.refuse_change(bigint) to almanac_viewer;
--! EndIncluded functions/refuse_change.sql
--! Included functions/save_schedule.sql
create or replace function almanac_private.save_schedule(definition jsonb, schedule_id bigint default null) returns almanac.schedules
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_columns text;
  v_read almanac.schedules := almanac_private.read_definition(save_schedule.definition);
  v_saved almanac.schedules;
begin
  v_columns := (select string_agg(quote_ident(k), ', ' order by k) from jsonb_object_keys(save_schedule.definition) k);
  if save_schedule.schedule_id is null then
    execute format('insert into almanac.schedules (%1$s) select %1$s from (select $1.*) d returning *', v_columns) using v_read into v_saved;
  else
    if v_columns is not null then
      execute format('update almanac.schedules s set (%1$s) = row(%2$s) where s.id = $2 returning s.*', v_columns,
        (select string_agg('($1).' || quote_ident(k), ', ' order by k) from jsonb_object_keys(save_schedule.definition) k))
        using v_read, save_schedule.schedule_id into v_saved;
    else
      select s.* into v_saved from almanac.schedules s where s.id = save_schedule.schedule_id;
    end if;
    if v_saved.id is null then
      perform almanac_private.refuse_change(save_schedule.schedule_id);
    end if;
  end if;
  return v_saved;
end
$$;
comment on function almanac_private.save_schedule(jsonb, bigint) is
  'Inserts a schedule, or updates the given columns of one, with the rights of the caller.';
grant execute on function almanac_private.save_schedule(jsonb, bigint) to almanac_operator;
--! EndIncluded functions/save_schedule.sql
--! Included functions/find_schedule.sql
create or replace function almanac_private.find_schedule(name text) returns almanac.schedules
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_schedule almanac.schedules;
begin
  select s.* into v_schedule from almanac.schedules s where s.name = find_schedule.name and s.deleted_at is null;
  if v_schedule.id is null then
    raise exception using errcode = 'AL007', message = format('There is no schedule %s.', coalesce(quote_literal(find_schedule.name), 'null')),
      detail = coalesce((
        select format('One of this name was deleted at %s.', max(s.deleted_at)) from almanac.schedules s
        where s.name = find_schedule.name having max(s.deleted_at) is not null), 'No schedule has this name.'),
      hint = 'Names are exact. Look at: select name from almanac.schedules where deleted_at is null. A deleted one comes back by almanac.restore().';
  end if;
  return v_schedule;
end
$$;
comment on function almanac_private.find_schedule(text) is 'The schedule of this name that is not deleted; raises AL007 if there is none.';
grant execute on function almanac_private.find_schedule(text) to almanac_viewer;
--! EndIncluded functions/find_schedule.sql
--! Included functions/create_schedule.sql
create or replace function almanac.create_schedule(definition jsonb) returns almanac.schedules
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
begin
  return almanac_private.save_schedule(create_schedule.definition);
end
$$;
comment on function almanac.create_schedule(jsonb) is
  'Creates a schedule from columns of almanac.schedules and their values, as JSON. What is left out has its default.';
grant execute on function almanac.create_schedule(jsonb) to almanac_operator;
--! EndIncluded functions/create_schedule.sql
--! Included functions/update_schedule.sql
create or replace function almanac.update_schedule(schedule_id bigint, changes jsonb) returns almanac.schedules
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
begin
  return almanac_private.save_schedule(update_schedule.changes, update_schedule.schedule_id);
end
$$;
comment on function almanac.update_schedule(bigint, jsonb) is
  'Changes columns of a schedule, given as JSON; the others stay. What the old rule owes up to this moment is settled first.';
grant execute on function almanac.update_schedule(bigint, jsonb) to almanac_operator;
--! EndIncluded functions/update_schedule.sql
--! Included functions/upsert_schedule.sql
create or replace function almanac_private.upsert_schedule(definition jsonb, settings jsonb) returns almanac.schedules
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_id bigint;
  v_taken text;
begin
  if jsonb_typeof(upsert_schedule.settings) is distinct from 'object' then
    raise exception using errcode = 'AL009', column = 'settings', message = 'The settings are not a JSON object.',
      detail = format('They are of type %s.', coalesce(jsonb_typeof(upsert_schedule.settings), 'null')), hint = 'Give {"column": value, …}, or {}.';
  end if;
  v_taken := (select min(k) from jsonb_object_keys(upsert_schedule.settings) k where upsert_schedule.definition ? k);
  if v_taken is not null then
    raise exception using errcode = 'AL009', column = v_taken, message = format('%s is an argument, not a setting.', v_taken),
      detail = format('Settings: %s.', upsert_schedule.settings), hint = 'Give it as an argument of the function.';
  end if;
  -- Two sessions that schedule one new name at the same moment: the second waits, and updates.
  perform pg_advisory_xact_lock(hashtextextended('almanac:name:' || coalesce(upsert_schedule.definition ->> 'name', ''), 0));
  v_id := (select s.id from almanac.schedules s where s.name = upsert_schedule.definition ->> 'name' and s.deleted_at is null);
  return almanac_private.save_schedule(upsert_schedule.definition || upsert_schedule.settings, v_id);
end
$$;
comment on function almanac_private.upsert_schedule(jsonb, jsonb) is 'Inserts a schedule, or changes the one of this name.';
grant execute on function almanac_private.upsert_schedule(jsonb, jsonb) to almanac_operator;
--! EndIncluded functions/upsert_schedule.sql
--! Included functions/schedule_cron.sql
create or replace function almanac.schedule_cron(
  name text, cron text, task text, payload jsonb default '{}', timezone text default 'UTC', settings jsonb default '{}'
) returns almanac.schedules
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
begin
  return almanac_private.upsert_schedule(jsonb_build_object(
    'name', schedule_cron.name, 'kind', 'cron', 'cron_expression', schedule_cron.cron, 'every', null, 'run_at', null,
    'task_identifier', schedule_cron.task, 'payload', schedule_cron.payload, 'timezone', schedule_cron.timezone), schedule_cron.settings);
end
$$;
comment on function almanac.schedule_cron(text, text, text, jsonb, text, jsonb) is
  'Schedules a task by a cron expression. Changes the schedule of this name if there is one. settings: any other columns of almanac.schedules, as JSON.';
grant execute on function almanac.schedule_cron(text, text, text, jsonb, text, jsonb) to almanac_operator;
--! EndIncluded functions/schedule_cron.sql
--! Included functions/schedule_every.sql
create or replace function almanac.schedule_every(
  name text, every interval, task text, payload jsonb default '{}', timezone text default 'UTC', settings jsonb default '{}'
) returns almanac.schedules
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
begin
  return almanac_private.upsert_schedule(jsonb_build_object(
    'name', schedule_every.name, 'kind', 'interval', 'cron_expression', null, 'every', schedule_every.every, 'run_at', null,
    'task_identifier', schedule_every.task, 'payload', schedule_every.payload, 'timezone', schedule_every.timezone), schedule_every.settings);
end
$$;
comment on function almanac.schedule_every(text, interval, text, jsonb, text, jsonb) is
  'Schedules a task every so often. Changes the schedule of this name if there is one. settings: any other columns of almanac.schedules, as JSON.';
grant execute on function almanac.schedule_every(text, interval, text, jsonb, text, jsonb) to almanac_operator;
--! EndIncluded functions/schedule_every.sql
--! Included functions/schedule_at.sql
create or replace function almanac.schedule_at(
  name text, run_at timestamptz, task text, payload jsonb default '{}', timezone text default 'UTC', settings jsonb default '{}'
) returns almanac.schedules
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
begin
  return almanac_private.upsert_schedule(jsonb_build_object(
    'name', schedule_at.name, 'kind', 'once', 'cron_expression', null, 'every', null, 'run_at', schedule_at.run_at,
    'task_identifier', schedule_at.task, 'payload', schedule_at.payload, 'timezone', schedule_at.timezone), schedule_at.settings);
end
$$;
comment on function almanac.schedule_at(text, timestamptz, text, jsonb, text, jsonb) is
  'Schedules a task for a single time. Changes the schedule of this name if there is one. settings: any other columns of almanac.schedules, as JSON.';
grant execute on function almanac.schedule_at(text, timestamptz, text, jsonb, text, jsonb) to almanac_operator;
--! EndIncluded functions/schedule_at.sql
--! Included functions/unschedule.sql
create or replace function almanac.unschedule(schedule text) returns almanac.schedules
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_schedule almanac.schedules := almanac_private.find_schedule(unschedule.schedule);
  v_saved almanac.schedules;
begin
  update almanac.schedules s set deleted_at = statement_timestamp() where s.id = v_schedule.id returning s.* into v_saved;
  if v_saved.id is null then
    perform almanac_private.refuse_change(v_schedule.id);
  end if;
  return v_saved;
end
$$;
comment on function almanac.unschedule(text) is 'Deletes a schedule so that restore() can bring it back. Its history stays; runs that go on are left alone.';
grant execute on function almanac.unschedule(text) to almanac_operator;
--! EndIncluded functions/unschedule.sql
--! Included functions/restore.sql
create or replace function almanac.restore(schedule text) returns almanac.schedules
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_id bigint := (
    select s.id from almanac.schedules s where s.name = restore.schedule and s.deleted_at is not null order by s.deleted_at desc, s.id desc limit 1);
  v_saved almanac.schedules;
begin
  if v_id is null then
    raise exception using errcode = 'AL007', message = format('There is no deleted schedule %s.', coalesce(quote_literal(restore.schedule), 'null')),
      detail = 'Only a schedule deleted by unschedule() can be restored.', hint = 'Look at: select name, deleted_at from almanac.schedules where deleted_at is not null.';
  end if;
  update almanac.schedules s set deleted_at = null where s.id = v_id returning s.* into v_saved;
  if v_saved.id is null then
    perform almanac_private.refuse_change(v_id);
  end if;
  return v_saved;
end
$$;
comment on function almanac.restore(text) is 'Brings back the schedule of this name that was unscheduled last. Nothing is caught up.';
grant execute on function almanac.restore(text) to almanac_operator;
--! EndIncluded functions/restore.sql
--! Included functions/pause.sql
create or replace function almanac.pause(schedule text, reason text default null) returns almanac.schedules
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_schedule almanac.schedules := almanac_private.find_schedule(pause.schedule);
  v_saved almanac.schedules;
begin
  if v_schedule.status in ('completed', 'disabled') then
    raise exception using errcode = 'AL013', column = 'status', message = format('Schedule %s is %s and cannot be paused.', v_schedule.name, v_schedule.status),
      detail = 'Only an active schedule can be paused.', hint = 'It does not fire as it is.';
  end if;
  update almanac.schedules s set status = 'paused', pause_reason = pause.reason where s.id = v_schedule.id returning s.* into v_saved;
  if v_saved.id is null then
    perform almanac_private.refuse_change(v_schedule.id);
  end if;
  return v_saved;
end
$$;
comment on function almanac.pause(text, text) is 'Holds a schedule back until it is resumed. Runs that have started or are queued go on.';
grant execute on function almanac.pause(text, text) to almanac_operator;
--! EndIncluded functions/pause.sql
--! Included functions/resume.sql
create or replace function almanac.resume(schedule text) returns almanac.schedules
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_schedule almanac.schedules := almanac_private.find_schedule(resume.schedule);
  v_saved almanac.schedules;
begin
  if v_schedule.status = 'completed' then
    raise exception using errcode = 'AL013', column = 'status', message = format('Schedule %s is completed and cannot be resumed.', v_schedule.name),
      detail = 'No further run is possible by its rule.', hint = 'Change its rule, its end or max_runs: it is active again then.';
  end if;
  if v_schedule.status = 'active' then
    return v_schedule;
  end if;
  update almanac.schedules s set status = 'active' where s.id = v_schedule.id returning s.* into v_saved;
  if v_saved.id is null then
    perform almanac_private.refuse_change(v_schedule.id);
  end if;
  return v_saved;
end
$$;
comment on function almanac.resume(text) is 'Lets a paused or disabled schedule fire again, from now on: what fell into the pause is recorded as omitted, not caught up.';
grant execute on function almanac.resume(text) to almanac_operator;
--! EndIncluded functions/resume.sql
--! Included functions/trigger_now.sql
-- Definer: writes the ledger; the caller's right to do so is checked first.
create or replace function almanac.trigger_now(schedule text, payload jsonb default null) returns almanac.runs
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_schedule almanac.schedules := almanac_private.find_schedule(trigger_now.schedule);
  v_payload jsonb := coalesce(trigger_now.payload, v_schedule.payload);
begin
  if not almanac_private.may_change(v_schedule.owner_user, v_schedule.run_as) then
    perform almanac_private.refuse_change(v_schedule.id);
  end if;
  if jsonb_typeof(v_payload) <> 'object' then
    raise exception using errcode = 'AL006', column = 'payload', message = 'The payload is not a JSON object.',
      detail = format('It is of type %s.', jsonb_typeof(v_payload)), hint = 'Wrap it: {"value": …}. Leave it out for the schedule''s own.';
  end if;
  if v_payload is distinct from v_schedule.payload then
    if v_schedule.task_identifier = 'almanac:sql' then
      perform almanac_private.check_may_run_sql();
    end if;
    v_schedule.run_as := almanac_private.caller();
  end if;
  perform pg_notify('almanac_runs', json_build_object('op', 'update', 'ids', json_build_array(v_schedule.id::text))::text);
  return almanac_private.insert_run(v_schedule, clock_timestamp(), clock_timestamp(), 'manual', v_payload, almanac_private.actor(), clock_timestamp());
end
$$;
comment on function almanac.trigger_now(text, jsonb) is
  'Runs a schedule''s task once, now, with its own payload or another. The next planned run stays as it is, and overlap is not looked at.';
grant execute on function almanac.trigger_now(text, jsonb) to almanac_operator;
--! EndIncluded functions/trigger_now.sql
--! Included functions/register_task.sql
create or replace function almanac.register_task(
  identifier text, label text default null, description text default null, payload_schema jsonb default null
) returns almanac.tasks
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_task almanac.tasks;
begin
  if register_task.identifier !~ '^[_a-zA-Z][_a-zA-Z0-9:_/-]*$' then
    raise exception using errcode = 'AL005', message = format('%s is no task identifier.', quote_literal(register_task.identifier)),
      detail = 'Graphile Worker takes letters, digits, _ : / and -, and a letter or _ first.', hint = 'Choose another name.';
  end if;
  insert into almanac.tasks as t (identifier, label, description, payload_schema)
  values (register_task.identifier, register_task.label, register_task.description, register_task.payload_schema)
  on conflict on constraint tasks_pkey do update
  set label = coalesce(excluded.label, t.label), description = coalesce(excluded.description, t.description),
    payload_schema = coalesce(excluded.payload_schema, t.payload_schema)
  returning t.* into v_task;
  return v_task;
end
$$;
comment on function almanac.register_task(text, text, text, jsonb) is
  'Makes a task known before any worker has it, so that schedules can name it. What a worker says of it later takes its place.';
grant execute on function almanac.register_task(text, text, text, jsonb) to almanac_admin;
--! EndIncluded functions/register_task.sql
--! Included functions/checked_count.sql
create or replace function almanac_private.checked_count(max_count integer, most integer default 100000) returns integer
language plpgsql immutable parallel safe set search_path to pg_catalog, pg_temp
as $$
begin
  if checked_count.max_count is null or checked_count.max_count not between 1 and checked_count.most then
    raise exception using errcode = 'AL012', message = format('max_count must be between 1 and %s.', checked_count.most),
      detail = format('max_count: %s.', coalesce(checked_count.max_count::text, 'null')), hint = 'Ask for a shorter list or range.';
  end if;
  return checked_count.max_count;
end
$$;
comment on function almanac_private.checked_count(integer, integer) is 'The count, if it is in bounds; else AL012.';
grant execute on function almanac_private.checked_count(integer, integer) to almanac_viewer;
--! EndIncluded functions/checked_count.sql
--! Included functions/upcoming.sql
create or replace function almanac.upcoming(schedule text, after timestamptz default now(), max_count integer default 10)
returns table (scheduled_for timestamptz, due_at timestamptz)
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_schedule almanac.schedules := almanac_private.find_schedule(upcoming.schedule);
begin
  if v_schedule.status in ('completed', 'disabled') then
    return;
  end if;
  return query
  select o.at, o.at
  from almanac_private.occurrences_between(v_schedule, upcoming.after + interval '1 microsecond', 'infinity',
    almanac_private.checked_count(upcoming.max_count)) o(at);
end
$$;
comment on function almanac.upcoming(text, timestamptz, integer) is
  'The next occurrences of a schedule after a moment: nominal and due time. For a paused one, those it would have.';
grant execute on function almanac.upcoming(text, timestamptz, integer) to almanac_viewer;
--! EndIncluded functions/upcoming.sql
--! Included functions/local_reading.sql
create or replace function almanac_private.local_reading(
  at timestamptz, timezone text, out shown timestamp, out utc_offset text, out after_gap boolean, out repeated boolean, out pass text
)
language plpgsql stable parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  v_offset interval;
  v_before interval;
  v_later interval;
  v_shift interval;
begin
  shown := local_reading.at at time zone local_reading.timezone;
  v_offset := shown - local_reading.at at time zone 'UTC';
  utc_offset := case when v_offset < interval '0' then '-' else '+' end
    || to_char(case when v_offset < interval '0' then -v_offset else v_offset end, 'HH24:MI');
  v_before := (local_reading.at - interval '25 hours') at time zone local_reading.timezone - (local_reading.at - interval '25 hours') at time zone 'UTC';
  v_later := (local_reading.at + interval '25 hours') at time zone local_reading.timezone - (local_reading.at + interval '25 hours') at time zone 'UTC';
  -- The clock went forward within the gap's own length before: the time would not be the same an offset ago.
  v_shift := v_offset - v_before;
  after_gap := v_shift > interval '0'
    and (local_reading.at - v_shift) at time zone local_reading.timezone - (local_reading.at - v_shift) at time zone 'UTC' = v_before;
  pass := case
    when v_offset > v_later
      and (local_reading.at + (v_offset - v_later)) at time zone local_reading.timezone = shown then 'first'
    when v_offset < v_before
      and (local_reading.at - (v_before - v_offset)) at time zone local_reading.timezone = shown then 'second'
  end;
  repeated := pass is not null;
end
$$;
comment on function almanac_private.local_reading(timestamptz, text) is
  'What a clock in the zone shows at an instant: local time, offset from UTC, whether the clock has just been put forward past it, and whether it shows this time twice (first or second pass).';
grant execute on function almanac_private.local_reading(timestamptz, text) to almanac_viewer;
--! EndIncluded functions/local_reading.sql
--! Included functions/preview.sql
create or replace function almanac.preview(definition jsonb, max_count integer default 5)
returns table (scheduled_for timestamptz, due_at timestamptz, local_time text, utc_offset text, note text)
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_schedule almanac.schedules;
  v_now timestamptz := statement_timestamp();
begin
  v_schedule.timezone := 'UTC';
  v_schedule.payload := '{}';
  v_schedule.overlap_policy := 'skip';
  v_schedule.total_runs := 0;
  v_schedule.created_at := v_now;
  v_schedule := almanac_private.prepare_schedule(almanac_private.read_definition(preview.definition, v_schedule));
  return query
  select o.at, o.at, to_char(l.shown, 'YYYY-MM-DD"T"HH24:MI:SS'), l.utc_offset,
    case
      when v_schedule.kind = 'cron' and not v_schedule.rule_running and l.shown <> n.planned then
        format('%s does not exist that day: the clock is put forward, so it runs at %s.', to_char(n.planned, 'HH24:MI'), to_char(l.shown, 'HH24:MI'))
      when l.repeated then
        format('%s is shown twice that day: the clock is put back. This is the %s time.', to_char(l.shown, 'HH24:MI'), l.pass)
    end
  from almanac_private.occurrences_between(v_schedule, v_now + interval '1 microsecond', 'infinity',
      almanac_private.checked_count(preview.max_count, 1000)) with ordinality o(at, position)
  cross join lateral almanac_private.local_reading(o.at, v_schedule.timezone) l
  cross join lateral (
    -- In the zone's standing offset of the day before, a moved time shows what the rule had planned.
    select (o.at at time zone 'UTC') + ((o.at - interval '25 hours') at time zone v_schedule.timezone - (o.at - interval '25 hours') at time zone 'UTC') as planned
  ) gap
  cross join lateral (
    select case when l.after_gap then gap.planned else l.shown end as planned
  ) n
  order by o.position;
end
$$;
comment on function almanac.preview(jsonb, integer) is
  'The next occurrences of a schedule that is not saved yet: columns of almanac.schedules as JSON. Refuses what saving would refuse, with the same errors. note says what the clock change does to it.';
grant execute on function almanac.preview(jsonb, integer) to almanac_viewer;
--! EndIncluded functions/preview.sql
--! Included functions/calendar_item.sql
do $$
begin
  if to_regtype('almanac.calendar_item') is null then
    create type almanac.calendar_item as (
      item text,
      schedule_id bigint,
      schedule_name text,
      schedule_status almanac.schedule_status,
      starts_at timestamptz,
      ends_at timestamptz,
      due_at timestamptz,
      run_id bigint,
      status almanac.run_status,
      trigger almanac.run_trigger,
      reason text,
      started_at timestamptz,
      finished_at timestamptz,
      attempt integer,
      max_attempts integer,
      total bigint,
      succeeded bigint,
      failed bigint,
      skipped bigint,
      running bigint,
      upcoming bigint
    );
  end if;
end
$$;
comment on type almanac.calendar_item is 'What a calendar shows: a run, an occurrence to come, a bucket of many, a stretch of omitted ones, or how many were left out.';
comment on column almanac.calendar_item.item is 'run, occurrence, bucket, omission or left_out.';
comment on column almanac.calendar_item.starts_at is 'Nominal time; of a bucket its start, of an omission the first nominal time.';
comment on column almanac.calendar_item.ends_at is 'End of a bucket, last nominal time of an omission; null otherwise.';
comment on column almanac.calendar_item.schedule_status is 'Status of the schedule now; null: it is gone.';
comment on column almanac.calendar_item.total is 'How many occurrences and runs the item stands for.';
comment on column almanac.calendar_item.failed is 'How many of them failed or timed out.';
comment on column almanac.calendar_item.running is 'How many of them wait, are queued, run or are being retried.';
comment on column almanac.calendar_item.upcoming is 'How many of them are to come.';
--! EndIncluded functions/calendar_item.sql
--! Included functions/calendar.sql
create or replace function almanac.calendar(
  range_start timestamptz, range_end timestamptz, timezone text default 'UTC', bucket interval default '1 hour',
  fold_above integer default 12, max_count integer default 5000
) returns setof almanac.calendar_item
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_now timestamptz := statement_timestamp();
begin
  perform almanac_private.check_timezone(calendar.timezone);
  perform almanac_private.checked_count(calendar.max_count);
  if not (calendar.range_end > calendar.range_start and calendar.range_end - calendar.range_start <= interval '400 days') then
    raise exception using errcode = 'AL012', message = 'The range must be longer than nothing and at most 400 days.',
      detail = format('range_start: %s, range_end: %s.', calendar.range_start, calendar.range_end), hint = 'Ask for a shorter range.';
  end if;
  if calendar.bucket is null or not (calendar.bucket between interval '1 minute' and interval '1 day') or extract(month from calendar.bucket) <> 0 then
    raise exception using errcode = 'AL012', message = 'The bucket must be between a minute and a day.',
      detail = format('bucket: %s.', calendar.bucket), hint = 'For instance 15 minutes, 1 hour or 1 day.';
  end if;

  return query
  with listed as materialized (
    select 'run' as item, r.schedule_id, r.schedule_name, r.scheduled_for as at, r.due_at, r.id as run_id, r.status, r.trigger, r.reason,
      r.started_at, r.finished_at, r.attempt, r.max_attempts
    from almanac.runs r
    where r.scheduled_for >= calendar.range_start and r.scheduled_for < calendar.range_end
    union all
    select 'occurrence', s.id, s.name, o.at, o.at, null, null, 'schedule', null, null, null, null, null
    from almanac.schedules s
    cross join lateral almanac_private.occurrences_between(
      s, greatest(calendar.range_start, coalesce(s.next_scheduled_for, v_now)), calendar.range_end, 1000000) o(at)
    where s.deleted_at is null and s.archived_at is null and (s.next_scheduled_for < calendar.range_end or s.status = 'paused')
  ), placed as (
    select l.*, date_trunc('day', l.at, calendar.timezone) as day,
      count(*) over (partition by l.schedule_id, date_trunc('day', l.at, calendar.timezone)) as day_total
    from listed l
  ), items as (
    select p.item, p.schedule_id, p.schedule_name, p.at as starts_at, null::timestamptz as ends_at, p.due_at, p.run_id, p.status, p.trigger, p.reason,
      p.started_at, p.finished_at, p.attempt, p.max_attempts, 1::bigint as total,
      (p.status is not distinct from 'succeeded')::int::bigint as succeeded, coalesce(p.status in ('failed', 'timed_out'), false)::int::bigint as failed,
      coalesce(p.status in ('skipped', 'cancelled'), false)::int::bigint as skipped,
      coalesce(p.status in ('waiting', 'queued', 'running', 'retrying'), false)::int::bigint as running, (p.item = 'occurrence')::int::bigint as upcoming
    from placed p where p.day_total <= calendar.fold_above
    union all
    select 'bucket', p.schedule_id, max(p.schedule_name), b.start, b.start + calendar.bucket, null, null, null, null, null, null, null, null, null,
      count(*), count(*) filter (where p.status = 'succeeded'), count(*) filter (where p.status in ('failed', 'timed_out')),
      count(*) filter (where p.status in ('skipped', 'cancelled')), count(*) filter (where p.status in ('waiting', 'queued', 'running', 'retrying')),
      count(*) filter (where p.item = 'occurrence')
    from placed p
    cross join lateral (
      select case when calendar.bucket = interval '1 day' then p.day else date_bin(calendar.bucket, p.at, p.day) end as start
    ) b
    where p.day_total > calendar.fold_above
    group by p.schedule_id, p.day, b.start
    union all
    select 'omission', o.schedule_id, o.schedule_name, lower(o.during), upper(o.during), null, null, null, null, o.reason::text, null, null, null, null,
      o.count, 0, 0, o.count, 0, 0
    from almanac.omissions o where o.during && tstzrange(calendar.range_start, calendar.range_end)
  ), ranked as (
    select i.*, row_number() over (order by i.failed > 0 desc, i.starts_at, i.schedule_id, i.run_id) as position from items i
  )
  select r.item, r.schedule_id, r.schedule_name, s.status, r.starts_at, r.ends_at, r.due_at, r.run_id, r.status, r.trigger, r.reason,
    r.started_at, r.finished_at, r.attempt, r.max_attempts, r.total, r.succeeded, r.failed, r.skipped, r.running, r.upcoming
  from ranked r left join almanac.schedules s on s.id = r.schedule_id
  where r.position <= calendar.max_count
  union all
  select 'left_out', null, null, null, calendar.range_start, calendar.range_end, null, null, null, null, null, null, null, null, null,
    sum(r.total)::bigint, sum(r.succeeded)::bigint, sum(r.failed)::bigint, sum(r.skipped)::bigint, sum(r.running)::bigint, sum(r.upcoming)::bigint
  from ranked r where r.position > calendar.max_count having count(*) > 0
  order by 5, 2, 8;
end
$$;
comment on function almanac.calendar(timestamptz, timestamptz, text, interval, integer, integer) is
  'Past runs and occurrences to come of all schedules in [range_start, range_end). Where a schedule has more than fold_above in a local day, it comes as counts per bucket. Above max_count items (failures come first) the rest is counted in one left_out item.';
grant execute on function almanac.calendar(timestamptz, timestamptz, text, interval, integer, integer) to almanac_viewer;
--! EndIncluded functions/calendar.sql
--! Included functions/signed_in_user.sql
create or replace function almanac.signed_in_user() returns almanac.users
language sql stable set search_path to pg_catalog, pg_temp
as $$
  select u.* from almanac.users u where u.id = almanac.current_user_id()
$$;
comment on function almanac.signed_in_user() is 'The user who is signed in; null: nobody, or a database role on its own.';
grant execute on function almanac.signed_in_user() to almanac_viewer;
--! EndIncluded functions/signed_in_user.sql
--! Included functions/workers_is_leader.sql
create or replace function almanac.workers_is_leader(worker almanac.workers) returns boolean
language sql stable set search_path to pg_catalog, pg_temp
as $$
  select exists (select from almanac_private.leases l where l.name = 'ticker' and l.worker_id = worker.id and l.expires_at > now())
$$;
comment on function almanac.workers_is_leader(almanac.workers) is 'Whether this worker''s ticker fires first.';
grant execute on function almanac.workers_is_leader(almanac.workers) to almanac_viewer;
--! EndIncluded functions/workers_is_leader.sql

--! Included functions/create_login_token.sql
-- Definer: the server's login may not read users or write tokens by itself.
create or replace function almanac_private.create_login_token(username text, token_hash bytea, lifetime interval default '15 minutes') returns timestamptz
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_user almanac.users;
  v_expires timestamptz := clock_timestamp() + create_login_token.lifetime;
begin
  select u.* into v_user from almanac.users u where u.username = create_login_token.username;
  if v_user.id is null or v_user.disabled_at is not null then
    raise exception using errcode = 'AL014',
      message = format('There is no user %s who may sign in.', coalesce(quote_literal(create_login_token.username), 'null')),
      detail = case when v_user.id is null then 'No user has this name.' else format('Disabled since %s.', v_user.disabled_at) end,
      hint = 'Look at: select username, role, disabled_at from almanac.users.';
  end if;
  delete from almanac_private.login_tokens t where t.expires_at < clock_timestamp() - interval '1 day';
  insert into almanac_private.login_tokens (token_hash, user_id, expires_at) values (create_login_token.token_hash, v_user.id, v_expires);
  return v_expires;
end
$$;
comment on function almanac_private.create_login_token(text, bytea, interval) is
  'Keeps the hash of a sign-in token for a user; returns until when it can be spent. Raises AL014 for a user who is not there or disabled.';
grant execute on function almanac_private.create_login_token(text, bytea, interval) to almanac_server;
--! EndIncluded functions/create_login_token.sql
--! Included functions/redeem_login_token.sql
-- Definer: writes sessions.
create or replace function almanac_private.redeem_login_token(
  token_hash bytea, session_hash bytea, lifetime interval default '30 days'
) returns boolean
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_user_id bigint;
begin
  update almanac_private.login_tokens t set spent_at = clock_timestamp()
  from almanac.users u
  where t.token_hash = redeem_login_token.token_hash and t.spent_at is null and t.expires_at > clock_timestamp()
    and u.id = t.user_id and u.disabled_at is null
  returning t.user_id into v_user_id;
  if v_user_id is null then
    return false;
  end if;
  delete from almanac_private.sessions s where s.expires_at < clock_timestamp();
  insert into almanac_private.sessions (token_hash, user_id, expires_at)
  values (redeem_login_token.session_hash, v_user_id, clock_timestamp() + redeem_login_token.lifetime);
  return true;
end
$$;
comment on function almanac_private.redeem_login_token(bytea, bytea, interval) is
  'Spends a sign-in token, once and in time, and opens a session under another hash; false: it was spent, has expired, or never was.';
grant execute on function almanac_private.redeem_login_token(bytea, bytea, interval) to almanac_server;
--! EndIncluded functions/redeem_login_token.sql
--! Included functions/find_session.sql
-- Definer: reads sessions.
create or replace function almanac_private.find_session(token_hash bytea) returns almanac.users
language sql stable security definer set search_path to pg_catalog, pg_temp
as $$
  select u.* from almanac_private.sessions s join almanac.users u on u.id = s.user_id
  where s.token_hash = find_session.token_hash and s.expires_at > clock_timestamp() and u.disabled_at is null
$$;
comment on function almanac_private.find_session(bytea) is 'Who is signed in by this session; null: nobody.';
grant execute on function almanac_private.find_session(bytea) to almanac_server;
--! EndIncluded functions/find_session.sql
--! Included functions/end_session.sql
-- Definer: writes sessions.
create or replace function almanac_private.end_session(token_hash bytea) returns void
language sql volatile security definer set search_path to pg_catalog, pg_temp
as $$
  delete from almanac_private.sessions s where s.token_hash = end_session.token_hash
$$;
comment on function almanac_private.end_session(bytea) is 'Signs a session out.';
grant execute on function almanac_private.end_session(bytea) to almanac_server;
--! EndIncluded functions/end_session.sql
--! Included functions/sign_in_is_set_up.sql
-- Definer: the server's login may not read tokens or sessions.
create or replace function almanac_private.sign_in_is_set_up() returns boolean
language sql stable security definer set search_path to pg_catalog, pg_temp
as $$
  select exists (select from almanac_private.login_tokens) or exists (select from almanac_private.sessions)
$$;
comment on function almanac_private.sign_in_is_set_up() is
  'Whether a sign-in link was ever issued: until then the server answers on the loopback interface only.';
grant execute on function almanac_private.sign_in_is_set_up() to almanac_server;
--! EndIncluded functions/sign_in_is_set_up.sql

select almanac_private.refresh_timezones();
select almanac_private.ensure_partitions();
