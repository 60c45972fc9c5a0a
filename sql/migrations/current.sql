-- The first schema: schedules, their ledger, tasks, workers, users, and who may do what with them.
-- For an operator: everything here is new, nothing existing is touched. Needs CREATEROLE, and CREATE on the database.

create schema almanac;
create schema almanac_private;
comment on schema almanac is 'Job schedules, their runs and what surrounds them: the API for SQL and GraphQL.';
comment on schema almanac_private is 'The inside of Almanac. Nothing here is promised to stay.';

create extension if not exists btree_gist with schema almanac_private;

-- Functions are closed until they are granted. The form with "in schema" would do nothing: it cannot take away what is given globally.
alter default privileges revoke execute on functions from public;

--!include functions/ensure_role.sql
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
  constraint task_identifier_is_valid check (identifier ~ '^[_a-zA-Z][_a-zA-Z0-9:_-]*$'),
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
comment on column almanac.schedules.failed_runs is 'Runs that ended failed or timed out. Computed.';
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

--!include functions/is_server_login.sql
--!include functions/current_user_id.sql
--!include functions/actor.sql
--!include functions/caller.sql
--!include functions/may_change.sql

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

--!include functions/compiled_cron.sql
--!include functions/parsed_cron.sql
--!include functions/upper_ascii.sql
--!include functions/cron_value.sql
--!include functions/lowest_bit.sql
--!include functions/parse_cron_item.sql
--!include functions/parse_cron.sql
--!include functions/compile_parsed_cron.sql
--!include functions/compile_cron.sql
--!include functions/next_cron.sql
--!include functions/next_cron_at_transition.sql
--!include functions/check_timezone.sql
--!include functions/refresh_timezones.sql
--!include functions/local_instant.sql
--!include functions/local_time.sql
--!include functions/check_interval.sql
--!include functions/interval_occurrence.sql
--!include functions/next_interval.sql
--!include functions/next_run_at.sql
--!include functions/occurrences.sql
--!include functions/clock_change_warnings.sql
--!include functions/check_cron.sql

-- Schedules: what an insert, update or delete does --------------------------------------------------------------------

--!include functions/next_occurrence.sql
--!include functions/occurrences_between.sql
--!include functions/prepare_schedule.sql
--!include functions/run_job_spec.sql
--!include functions/overlap_outcome.sql
--!include functions/insert_run.sql
--!include functions/record_omission.sql
--!include functions/settle_schedule.sql
--!include functions/arm_delay.sql
--!include functions/arm_spec.sql
--!include functions/check_may_run_sql.sql
--!include functions/tg_set_identity.sql
--!include functions/tg_compute_schedule.sql
--!include functions/tg_settle_deleted.sql
--!include functions/tg_arm_schedules.sql
--!include functions/schedule_triggers.sql

-- The engine -------------------------------------------------------------------------------------------------------

--!include functions/ensure_partitions.sql
--!include functions/fire_due.sql
--!include functions/wake.sql
--!include functions/settle_counters.sql
--!include functions/release_waiting.sql
--!include functions/begin_runs.sql
--!include functions/finish_runs.sql
--!include functions/register_worker.sql
--!include functions/lose_runs.sql
--!include functions/reap_workers.sql
--!include functions/heartbeat.sql
--!include functions/stop_worker.sql
--!include functions/announce_tasks.sql
--!include functions/grant_worker_rights.sql

-- Verbs and views for people -----------------------------------------------------------------------------------------

--!include functions/read_definition.sql
--!include functions/refuse_change.sql
--!include functions/save_schedule.sql
--!include functions/find_schedule.sql
--!include functions/create_schedule.sql
--!include functions/update_schedule.sql
--!include functions/upsert_schedule.sql
--!include functions/schedule_cron.sql
--!include functions/schedule_every.sql
--!include functions/schedule_at.sql
--!include functions/unschedule.sql
--!include functions/restore.sql
--!include functions/pause.sql
--!include functions/resume.sql
--!include functions/trigger_now.sql
--!include functions/register_task.sql
--!include functions/checked_count.sql
--!include functions/upcoming.sql
--!include functions/local_reading.sql
--!include functions/preview.sql
--!include functions/calendar_item.sql
--!include functions/calendar.sql
--!include functions/signed_in_user.sql
--!include functions/workers_is_leader.sql

--!include functions/create_login_token.sql
--!include functions/redeem_login_token.sql
--!include functions/find_session.sql
--!include functions/end_session.sql

select almanac_private.refresh_timezones();
select almanac_private.ensure_partitions();
