--! Previous: -
--! Hash: sha1:a8a84f10a4499687d5aff7b9c9709c0ee9fc946d
--! Message: baseline

-- Almanac's schema: types, tables, functions, and who may do what with them.
-- For an operator: everything here is new, nothing existing is touched. Needs CREATEROLE, and CREATE on the database.
-- Until the first release this file changes with every change: `npm run db:baseline` (CONTRIBUTING.md).

create schema almanac;
create schema almanac_private;
comment on schema almanac is 'Job schedules, their runs and what surrounds them: the API for SQL and GraphQL.';
comment on schema almanac_private is 'The inside of Almanac. Nothing here is promised to stay.';

create extension if not exists btree_gist with schema almanac_private;

-- Functions are closed until they are granted. The form with "in schema" would do nothing: it cannot take away what is
-- given globally.
alter default privileges revoke execute on functions from public;

-- Roles -------------------------------------------------------------------------------------------------------------

--! Included functions/access/ensure_role.sql
create or replace function almanac_private.ensure_role(
  role_name name, member_of name default null, inherits boolean default true
) returns void
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
begin
  if not exists (select from pg_roles r where r.rolname = ensure_role.role_name) then
    begin
      execute format('create role %I nologin %s', ensure_role.role_name, case when ensure_role.inherits then 'inherit'
        else 'noinherit' end);
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
    message = format('The role %I cannot be created by %I.', ensure_role.role_name, current_user),
    detail = sqlerrm,
    hint = format('Let a DBA run: alter role %I createrole; — or create the roles beforehand: see docs/operations.md.',
      current_user);
end
$$;
comment on function almanac_private.ensure_role(name, name, boolean) is
  'Creates a group role if it is missing and makes it a member of another. Without inherits, its rights need SET ROLE.';
--! EndIncluded functions/access/ensure_role.sql
select almanac_private.ensure_role('almanac_viewer');
select almanac_private.ensure_role('almanac_operator', member_of => 'almanac_viewer');
select almanac_private.ensure_role('almanac_admin', member_of => 'almanac_operator');
-- The server takes on the role of who is signed in; by itself it has no right to anything.
select almanac_private.ensure_role('almanac_server', member_of => 'almanac_admin', inherits => false);
select almanac_private.ensure_role('almanac_worker', member_of => 'almanac_viewer');

grant usage on schema almanac to almanac_viewer, almanac_server, almanac_worker;
grant usage on schema almanac_private to almanac_viewer, almanac_server, almanac_worker;

-- Types -------------------------------------------------------------------------------------------------------------

create type almanac.schedule_kind as enum ('cron', 'interval', 'once', 'manual');
comment on type almanac.schedule_kind is
  'cron: times by the clock; interval: at a fixed distance; once: a single time; manual: only when triggered.';

create type almanac.schedule_status as enum ('active', 'paused', 'completed', 'disabled');
comment on type almanac.schedule_status is
  'active: fires; paused: does not fire, with a reason; completed: can have no further run; disabled: switched off.';

create type almanac.run_status as enum (
  'waiting', 'queued', 'running', 'retrying', 'succeeded', 'failed', 'timed_out', 'cancelled', 'skipped'
);
comment on type almanac.run_status is
  'waiting: behind an earlier run; queued: for a worker; running; retrying: failed, another attempt is due; the '
  'rest is final.';

create type almanac.run_trigger as enum ('schedule', 'manual', 'backfill', 'chain', 'workflow');
comment on type almanac.run_trigger is 'What triggered the run. A run that is caught up late is still the schedule''s.';

create type almanac.overlap_policy as enum ('skip', 'queue_one', 'queue_all', 'allow', 'cancel_running');
comment on type almanac.overlap_policy is
  'What to do while an earlier run has not finished. skip: record it as skipped; queue_one, queue_all: wait; allow: '
  'run concurrently, up to max_concurrent.';

create type almanac.missed_run_policy as enum ('run_latest', 'run_all', 'skip');
comment on type almanac.missed_run_policy is
  'What to do with occurrences reached later than late_tolerance, back to catchup_window: run the latest, all, or '
  'none. What is not run is recorded as missed.';

create type almanac.omission_reason as enum ('missed', 'paused', 'stopped', 'excluded');
comment on type almanac.omission_reason is 'Why a range of occurrences has no run.';

create type almanac.user_role as enum ('viewer', 'operator', 'admin');
comment on type almanac.user_role is
  'viewer: sees all; operator: also creates schedules and changes own ones; admin: changes all.';

create type almanac.exclusion_policy as enum ('skip', 'move');
comment on type almanac.exclusion_policy is
  'What happens to an occurrence that a calendar excludes. skip: it does not run; move: it is due when the exclusion '
  'ends, the latest one if there are several.';

create type almanac.override_action as enum ('skip', 'move');
comment on type almanac.override_action is
  'What is done to a single occurrence. skip: it does not run; move: it is due at another time.';

--! Included functions/recurrence/compiled_cron.sql
do $$
begin
  if to_regtype('almanac_private.compiled_cron') is null then
    create type almanac_private.compiled_cron as (
      seconds bigint,
      minutes bigint,
      hours integer,
      first_time integer,
      weekdays integer,
      months integer,
      days bit varying,
      running boolean
    );
  end if;
end
$$;
comment on type almanac_private.compiled_cron is
  'A cron text in the form that next_cron reads: masks of seconds, minutes, hours; first second of a day that '
  'matches; weekdays from Sunday, written twice; months from March, written twice (0: never matches); days for each '
  'of the 28 shapes a month can have (null: weekdays decide); whether it runs in both passes of a repeated hour.';
--! EndIncluded functions/recurrence/compiled_cron.sql
--! Included functions/recurrence/parsed_cron.sql
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
  'A parsed cron text, or the first thing wrong with it (message not null; error_index counts characters from '
  '0). Masks have bit n for value n; last_days: n days before the last; nth_weekdays: bit 5 × weekday + k − 1; '
  'final_weekdays: last such weekday.';
--! EndIncluded functions/recurrence/parsed_cron.sql
--! Included functions/planning/calendar_item.sql
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
      upcoming bigint,
      scheduled_for timestamptz
    );
  end if;
end
$$;
comment on type almanac.calendar_item is
  'What a calendar shows: a run, an upcoming occurrence, an upcoming one that will not run, a bucket of many, a gap, '
  'or counts where there is too much for anything else.';
comment on column almanac.calendar_item.item is 'run, occurrence, omitted, bucket, omission or density.';
comment on column almanac.calendar_item.starts_at is
  'When it is due; of a bucket its start, of a gap the first nominal time.';
comment on column almanac.calendar_item.ends_at is
  'End of a bucket or of what a density counts, last nominal time of a gap; null otherwise.';
comment on column almanac.calendar_item.reason is
  'For a run or a gap, its reason; for an upcoming occurrence: moved (manually), carried over (by Almanac, because its '
  'rule or its calendars changed while it was still to run), skipped, excluded or merged.';
comment on column almanac.calendar_item.scheduled_for is
  'Nominal time of a run or an occurrence: its identity, together with the schedule. It is due at another time if it '
  'was moved, postponed or delayed by jitter.';
comment on column almanac.calendar_item.schedule_status is 'Status of the schedule now; null: it no longer exists.';
comment on column almanac.calendar_item.total is 'How many occurrences and runs the item stands for.';
comment on column almanac.calendar_item.failed is 'How many of them failed or timed out.';
comment on column almanac.calendar_item.running is 'How many of them wait, are queued, run or are being retried.';
comment on column almanac.calendar_item.upcoming is 'How many of them are upcoming.';
--! EndIncluded functions/planning/calendar_item.sql

create type almanac_private.planned_occurrence as (scheduled_for timestamptz, due_at timestamptz, outcome text);
comment on type almanac_private.planned_occurrence is
  'What happens to one nominal time. outcome: run (due at due_at), moved (its override says when), skipped (its '
  'override says so), excluded (by a calendar), merged (excluded, and a later occurrence runs in its place when the '
  'exclusion ends), undecided (firing looks on at due_at, before which nothing runs).';

create type almanac_private.payload_error as (path text, found jsonb, wanted text);
comment on type almanac_private.payload_error is
  'A place of a payload, by JSON Pointer, that its schema refuses: what is there (null: nothing), and what is wanted.';

-- What becomes of one due occurrence, or of a range of them: verdicts() decides, and record_verdicts() writes it.
create type almanac_private.verdict as (
  schedule_id bigint, scheduled_for timestamptz, due_at timestamptz, status almanac.run_status, reason text,
  job_at timestamptz, cancels boolean, gap almanac.omission_reason, first timestamptz, count bigint,
  follows timestamptz, override text, trigger almanac.run_trigger, payload jsonb, run_as text, requested_by text,
  counts_toward_overlap boolean
);
comment on type almanac_private.verdict is
  'What happens to a due occurrence: a run (status, and reason; job_at: when its job is to run, null: at once; cancels: '
  'whatever is running is cancelled for it), or the last place of a gap (gap says why; first, count; follows: the '
  'occurrence before, if its gap may be lengthened). override: done, the override that moved it has its outcome; passed, '
  'the rule is past the time that it names. The columns from trigger on are of runs that no rule names.';

create type almanac_private.course as (
  schedule_id bigint, cursor_at timestamptz, next_scheduled_for timestamptz, next_run_at timestamptz,
  has_overrides boolean, last_run_at timestamptz, fired integer
);
comment on type almanac_private.course is
  'What the columns of a schedule that the engine writes become once its verdicts are recorded; fired: how many of '
  'them count as runs.';

create type almanac_private.run_filter as (
  ids bigint[], schedule text, schedule_id bigint, task text, tag text, run_as text, worker_id bigint,
  trigger almanac.run_trigger, status almanac.run_status[], since timestamptz, until timestamptz, search text,
  without_frequent boolean
);
comment on type almanac_private.run_filter is
  'Which runs cancel_runs() and retry_failed() are asked for: those that fit all that is not null.';

-- Settings, logins, time zones, the place ---------------------------------------------------------------------------

create table almanac_private.settings (
  key text primary key,
  value jsonb not null
);
alter table almanac_private.settings enable row level security;
comment on table almanac_private.settings is 'Settings of this installation, and marks of what was done once.';
insert into almanac_private.settings (key, value) values
  ('arm_delay_ms', '2000'), ('max_lost_attempts', '3'), ('lacking_task_minutes', '60'),
  ('schedules_per_hour', '1000'), ('triggers_per_hour', '500'),
  ('runs_per_hour', '1000000'), ('payload_bytes_per_hour', '1000000000'), ('unfinished_runs', '20000'),
  ('calendars_per_hour', '100'), ('exclusions_per_hour', '25000'), ('overrides_per_hour', '2000'),
  ('changes_per_hour', '100000'), ('written_bytes_per_hour', '300000000'),
  ('schedules_at_once', '50000'), ('calendars_at_once', '1000'), ('exclusions_at_once', '25000'),
  ('overrides_at_once', '2000');

create table almanac_private.place (
  is_only boolean primary key default true,
  system_identifier bigint,
  database_oid oid not null,
  database_name name not null,
  environment text,
  recorded_at timestamptz not null,
  recorded_by text not null,
  constraint there_is_one_place check (is_only),
  constraint place_environment_is_short check (length(environment) <= 1000)
);
alter table almanac_private.place enable row level security;
comment on table almanac_private.place is 'Where this database belongs: one row. In another place it is a copy.';

create table almanac_private.turns (
  name text primary key
);
alter table almanac_private.turns enable row level security;
comment on table almanac_private.turns is
  'What one transaction at a time does: it locks the row. An advisory lock could be taken by any login.';
comment on column almanac_private.turns.name is 'What is done in turns.';

create table almanac_private.timezones (
  name text primary key,
  fingerprint text,
  fingerprint_year integer
);
alter table almanac_private.timezones enable row level security;
comment on table almanac_private.timezones is
  'IANA names this server knows: a look at pg_timezone_names costs 20 ms, at this table nothing.';
comment on column almanac_private.timezones.fingerprint is
  'What refresh_timezones() last saw of its rules; null: it is not in use.';

create table almanac_private.logins (
  role_name name not null,
  purpose text not null,
  password text,
  role_key text,
  serves text,
  database_oid oid,
  changed_at timestamptz,
  changed_what text,
  primary key (role_name, purpose),
  constraint login_purpose_is_known check (purpose in ('server', 'worker', 'sql'))
);
create unique index logins_serves_idx on almanac_private.logins (serves) where purpose = 'sql';
alter table almanac_private.logins enable row level security;
comment on table almanac_private.logins is
  'Login roles with a task here: claims count only over a server''s login; the sql login is the one that '
  'almanac:sql runs as.';
comment on column almanac_private.logins.password is
  'For the sql login that migrate made itself; null: ALMANAC_SQL_URL says how to log in.';
comment on column almanac_private.logins.role_key is
  'Which role the name meant when it was noted, as role_key() has it: a role of the same name created later, or on '
  'another server, is not that one. Null: not known, and nothing is trusted.';
comment on column almanac_private.logins.serves is
  'For the sql login that migrate or a worker made: the role whose statements run as it, as role_key() has it. '
  'Null: everyone''s, that of ALMANAC_SQL_URL.';
comment on column almanac_private.logins.database_oid is
  'For the sql login that was made: the database that it was made in. In a copy on the same server it is the other '
  'one''s.';
comment on column almanac_private.logins.changed_at is
  'When its password or settings were last found changed, and were reset; null: never.';
comment on column almanac_private.logins.changed_what is 'What had been changed then.';

-- Users and their sessions ------------------------------------------------------------------------------------------

create table almanac.users (
  id bigint generated always as identity primary key,
  username text not null,
  display_name text,
  role almanac.user_role not null default 'viewer',
  timezone text,
  created_at timestamptz not null default now(),
  disabled_at timestamptz,
  clock_hours smallint,
  week_starts_on smallint,
  saved_views jsonb,
  second_timezone text,
  constraint username_is_one_word check (username ~ '^[[:alnum:]._@+-]{1,100}$'),
  constraint username_is_unique unique (username)
);
alter table almanac.users enable row level security;
comment on table almanac.users is 'People who sign in to the web client. Database roles need no row here.';
comment on column almanac.users.id is 'Id of the user; never reused.';
comment on column almanac.users.username is 'Name to sign in with.';
comment on column almanac.users.display_name is 'Name to show; null: the username.';
comment on column almanac.users.role is 'What the user may do.';
comment on column almanac.users.timezone is 'Zone in which the client shows times; null: the browser''s.';
comment on column almanac.users.created_at is 'When the user was added.';
comment on column almanac.users.disabled_at is 'Since when the user cannot sign in; null: can.';
comment on column almanac.users.clock_hours is 'Whether clocks of the client have 12 or 24 hours; null: 24.';
comment on column almanac.users.week_starts_on is 'First day of weeks in the client, 1 (Monday) to 7; null: Monday.';
comment on column almanac.users.saved_views is
  'Views of the calendar that are kept, as [{"name": …, "address": …}]; null: none.';
comment on column almanac.users.second_timezone is
  'Zone of the second column of hours in the client; "none": there is none; null: UTC.';
insert into almanac.users (username, display_name, role) values ('admin', 'Administrator', 'admin');

create table almanac_private.login_tokens (
  token_hash bytea primary key,
  user_id bigint not null references almanac.users (id) on delete cascade,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  spent_at timestamptz,
  constraint login_token_is_short check (octet_length(token_hash) <= 64)
);
create index login_tokens_by_user on almanac_private.login_tokens (user_id);
alter table almanac_private.login_tokens enable row level security;
comment on table almanac_private.login_tokens is 'One-time sign-in links, by the hash of their token.';

create table almanac_private.sessions (
  token_hash bytea primary key,
  user_id bigint not null references almanac.users (id) on delete cascade,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  constraint session_token_is_short check (octet_length(token_hash) <= 64)
);
create index sessions_by_user on almanac_private.sessions (user_id);
alter table almanac_private.sessions enable row level security;
comment on table almanac_private.sessions is 'Who is signed in, by the hash of the cookie.';

create table almanac_private.uses (
  id bigint generated always as identity primary key,
  who text not null,
  kind text not null,
  used_at timestamptz not null,
  count bigint not null,
  backend integer not null default pg_backend_pid()
) with (fillfactor = 50);
create unique index uses_by_backend on almanac_private.uses (who, kind, used_at, backend);
create index uses_by_time on almanac_private.uses (used_at);
alter table almanac_private.uses enable row level security;
comment on table almanac_private.uses is
  'What operators wrote and triggered within the last hour, for the limits of users. A row for each minute and backend, '
  'so that no one waits for whoever counts.';
comment on column almanac_private.uses.who is 'The signed-in user''s id, or else the login role.';
comment on column almanac_private.uses.kind is 'What was done: <kind>_per_hour of almanac_private.settings limits it.';

create table almanac_private.role_names (
  role_key text primary key,
  role_name name not null
);
alter table almanac_private.role_names enable row level security;
comment on table almanac_private.role_names is
  'What each role was called when it was last seen, by which renamed ones are found.';
comment on column almanac_private.role_names.role_key is 'The role, whatever it is called: see role_key().';

-- Tasks -------------------------------------------------------------------------------------------------------------

create table almanac_private.known_tasks (
  identifier text constraint tasks_pkey primary key,
  label text,
  description text,
  payload_schema jsonb,
  task_group text,
  depends_on text[] not null default '{}',
  default_timeout interval,
  default_max_attempts integer,
  is_builtin boolean not null default false,
  last_seen_at timestamptz,
  created_at timestamptz not null default now(),
  lacking_since timestamptz,
  lacking_seen_at timestamptz,
  checked_schema jsonb,
  schema_problems text[] not null default '{}',
  constraint task_identifier_is_valid check (identifier ~ '^[_a-zA-Z][_a-zA-Z0-9:_/-]*$'),
  constraint task_attempts_are_positive check (default_max_attempts > 0)
);
alter table almanac_private.known_tasks enable row level security;
comment on table almanac_private.known_tasks is 'The tasks of almanac.tasks, without what is computed.';
comment on column almanac_private.known_tasks.identifier is
  'Name by which schedules refer to the task, as in Graphile Worker.';
comment on column almanac_private.known_tasks.label is 'Short name for people; null: the identifier.';
comment on column almanac_private.known_tasks.description is 'What the task does.';
comment on column almanac_private.known_tasks.payload_schema is 'JSON Schema of the payload; null: any object.';
comment on column almanac_private.known_tasks.checked_schema is
  'What is checked of payload_schema, as almanac_private.compile_schema makes it.';
comment on column almanac_private.known_tasks.schema_problems is 'What of payload_schema is not checked, and why.';
comment on column almanac_private.known_tasks.task_group is 'Group that the task belongs to.';
comment on column almanac_private.known_tasks.depends_on is 'Tasks that must have run before, when a group runs.';
comment on column almanac_private.known_tasks.default_timeout is 'Timeout for schedules that set none; null: none.';
comment on column almanac_private.known_tasks.default_max_attempts is 'Attempts for schedules that set none; null: 3.';
comment on column almanac_private.known_tasks.is_builtin is 'Comes with Almanac.';
comment on column almanac_private.known_tasks.last_seen_at is 'When a worker last announced it; null: never.';
comment on column almanac_private.known_tasks.created_at is 'When it was first registered.';
comment on column almanac_private.known_tasks.lacking_since is
  'Since when workers have been running of which none has it; null: one has it, or none is running.';
comment on column almanac_private.known_tasks.lacking_seen_at is
  'When that was last looked at; null: one has it, or none is running.';
insert into almanac_private.known_tasks (identifier, label, description, payload_schema, is_builtin) values
  ('almanac:noop', 'Nothing', 'Does nothing and succeeds: for trying a schedule out.', null, true),
  ('almanac:sql', 'SQL statement', 'Runs one SQL statement as the login made for it.',
   '{"type": "object", "required": ["statement"], "properties": {"statement": {"type": "string", "title": "Statement", '
   '"pattern": "\\S", "contentMediaType": "application/sql"}}, "additionalProperties": false, '
   '"examples": [{"statement": "refresh materialized view sales"}]}', true),
  ('almanac:http', 'HTTP request', 'Sends a request to a URL and keeps the answer as the result.',
   '{"type": "object", "required": ["url"], "properties": {'
   '"url": {"type": "string", "title": "URL", "pattern": "^(https?://|\\{\\{)", "maxLength": 2000}, '
   '"method": {"enum": ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"], "title": "Method", '
   '"description": "POST where there is a body, else GET."}, '
   '"headers": {"type": "object", "title": "Headers", "maxProperties": 50, '
   '"propertyNames": {"pattern": "^[A-Za-z0-9!#$%&''*+.^_`|~-]+$", "maxLength": 100}, '
   '"additionalProperties": {"type": "string", "maxLength": 8000}}, '
   '"body": {"title": "Body", "description": "Text is sent as it is; anything else as JSON."}, '
   '"sign_with": {"type": "string", "title": "Sign with", "pattern": "^[A-Z][A-Z0-9_]*$", "maxLength": 100, '
   '"description": "Name of the secret that signs the body."}, '
   '"expect_status": {"type": "array", "title": "Expected status", "minItems": 1, "maxItems": 20, '
   '"items": {"type": "integer", "minimum": 100, "maximum": 599}, "description": "Default: 200 to 299."}, '
   '"max_redirects": {"type": "integer", "title": "Redirects followed", "minimum": 0, "maximum": 5, "default": 0}, '
   '"timeout_seconds": {"type": "number", "title": "Timeout in seconds", "exclusiveMinimum": 0, "maximum": 3600, '
   '"default": 30}}, "additionalProperties": false, '
   '"examples": [{"url": "https://hooks.example.com/nightly", "method": "POST", "body": {"run": "{{run.id}}"}, '
   '"headers": {"authorization": "Bearer {{secret:HOOK_TOKEN}}"}}]}', true),
  ('almanac:check_ledger', 'Check of the ledger',
   'Compares the ledger with what the rules name, and keeps what it finds in almanac.ledger_checks.', null, true);

-- Exclusion calendars -----------------------------------------------------------------------------------------------

create table almanac.exclusion_calendars (
  id bigint generated always as identity primary key,
  name text not null,
  description text,
  timezone text,
  owner_user bigint references almanac.users (id) on delete set null,
  owned_by name not null,
  created_at timestamptz not null default now(),
  created_by text not null,
  updated_at timestamptz not null default now(),
  updated_by text not null,
  owned_by_key text,
  constraint calendar_name_is_given check (name <> '' and length(name) <= 200),
  constraint calendar_name_is_unique unique (name),
  constraint calendar_id_is_positive check (id > 0)
);
create index exclusion_calendars_by_owner on almanac.exclusion_calendars (owner_user) where owner_user is not null;
alter table almanac.exclusion_calendars enable row level security;
comment on table almanac.exclusion_calendars is
  'Named sets of times at which schedules do not run: holidays, blackouts, maintenance. Shared: a schedule names '
  'those it uses in its column calendars.';
comment on column almanac.exclusion_calendars.id is 'Id of the calendar.';
comment on column almanac.exclusion_calendars.name is
  'Unique name, by which schedules refer to it. Renaming it renames it in them.';
comment on column almanac.exclusion_calendars.description is 'What it is for.';
comment on column almanac.exclusion_calendars.timezone is
  'Zone in which its dates and recurring windows are meant; null: that of each schedule.';
comment on column almanac.exclusion_calendars.owner_user is
  'User who owns it; null: created by a database role, see owned_by.';
comment on column almanac.exclusion_calendars.owned_by is 'Database role that created it.';
comment on column almanac.exclusion_calendars.created_at is 'When it was created.';
comment on column almanac.exclusion_calendars.created_by is 'User or database role that created it.';
comment on column almanac.exclusion_calendars.updated_at is
  'When it last changed; its entries have times of their own.';
comment on column almanac.exclusion_calendars.updated_by is 'User or database role that last changed it.';
comment on column almanac.exclusion_calendars.owned_by_key is
  'Which role owned_by is, whatever it is called now: the server, and its oid there.';

create table almanac.calendar_rules (
  id bigint generated always as identity primary key,
  calendar_id bigint not null references almanac.exclusion_calendars (id) on delete cascade,
  label text,
  ics text not null,
  known_until timestamptz,
  source text not null,
  created_at timestamptz not null default now(),
  created_by text not null,
  constraint calendar_rule_is_short check (length(ics) <= 200000)
);
create index calendar_rules_by_calendar on almanac.calendar_rules (calendar_id, source);
create index calendar_rules_by_known_until on almanac.calendar_rules (known_until);
alter table almanac.calendar_rules enable row level security;
comment on table almanac.calendar_rules is
  'Series of imported calendar files that continue and that no cron text can express: their occurrences are entries '
  'until known_until, and workers add further ones years ahead.';
comment on column almanac.calendar_rules.id is 'Id of the rule.';
comment on column almanac.calendar_rules.calendar_id is 'Calendar it belongs to.';
comment on column almanac.calendar_rules.label is 'What it is, such as the title of the event.';
comment on column almanac.calendar_rules.ics is
  'The event as an iCalendar text, with what its times need and nothing else.';
comment on column almanac.calendar_rules.known_until is
  'Its occurrences before this are entries of the calendar; null: it has ended, all are.';
comment on column almanac.calendar_rules.source is
  'Where it was imported from; importing from there again replaces it.';
comment on column almanac.calendar_rules.created_at is 'When it was imported.';
comment on column almanac.calendar_rules.created_by is 'User or database role that imported it.';

create table almanac.calendar_entries (
  id bigint generated always as identity primary key,
  calendar_id bigint not null references almanac.exclusion_calendars (id) on delete cascade,
  label text,
  starts_on date,
  ends_on date,
  starts_at timestamptz,
  ends_at timestamptz,
  cron_expression text,
  duration interval,
  source text,
  rule almanac_private.compiled_cron,
  created_at timestamptz not null default now(),
  created_by text not null,
  timezone text,
  rule_id bigint references almanac.calendar_rules (id) on delete cascade,
  constraint calendar_entry_is_dates_or_a_range_or_recurring check (
    num_nonnulls(starts_on, starts_at, cron_expression) = 1
  ),
  constraint calendar_entry_dates_go_forward check (ends_on is null or (ends_on >= starts_on and isfinite(ends_on))),
  constraint calendar_entry_date_is_finite check (
    isfinite(starts_on) and starts_on between date '1900-01-01' and date '9999-12-31'
  ),
  constraint calendar_entry_range_goes_forward check ((starts_at is null) = (ends_at is null) and ends_at > starts_at),
  constraint calendar_entry_range_is_finite check (isfinite(starts_at) and isfinite(ends_at)),
  constraint calendar_entry_duration_goes_with_cron check ((cron_expression is null) = (duration is null)),
  constraint calendar_entry_range_has_no_zone check (timezone is null or starts_at is null)
);
create index calendar_entries_by_calendar on almanac.calendar_entries (calendar_id, starts_on);
create index calendar_entries_by_rule on almanac.calendar_entries (rule_id) where rule_id is not null;
-- What a calendar excludes near a moment, found without reading all that it has.
create index calendar_entries_by_calendar_and_dates on almanac.calendar_entries
  using gist (calendar_id, daterange(starts_on, coalesce(ends_on, starts_on), '[]')) where starts_on is not null;
create index calendar_entries_by_calendar_and_range on almanac.calendar_entries
  using gist (calendar_id, tstzrange(starts_at, ends_at)) where starts_at is not null;
create index calendar_entries_recurring on almanac.calendar_entries (calendar_id)
  where cron_expression is not null;
alter table almanac.calendar_entries enable row level security;
comment on table almanac.calendar_entries is
  'What a calendar excludes: dates (starts_on, ends_on), a range of instants (starts_at, ends_at), or a recurring '
  'window (cron_expression, duration).';
comment on column almanac.calendar_entries.id is 'Id of the entry.';
comment on column almanac.calendar_entries.calendar_id is 'Calendar it belongs to.';
comment on column almanac.calendar_entries.label is 'What it is, such as the name of the holiday.';
comment on column almanac.calendar_entries.starts_on is 'First excluded date, from local midnight.';
comment on column almanac.calendar_entries.ends_on is
  'Last excluded date, to the midnight after it; null: the same as starts_on.';
comment on column almanac.calendar_entries.starts_at is 'Start of an excluded range.';
comment on column almanac.calendar_entries.ends_at is 'End of an excluded range, exclusive.';
comment on column almanac.calendar_entries.cron_expression is
  'When a recurring window begins: 0 0 * * SAT,SUN, or 0 0 25 12 * for every 25 December.';
comment on column almanac.calendar_entries.duration is
  'How long a recurring window lasts; days go from local midnight to local midnight, hours are elapsed time.';
comment on column almanac.calendar_entries.source is
  'Where it was imported from; importing from there again replaces it. Null: entered manually.';
comment on column almanac.calendar_entries.rule is 'Compiled form of cron_expression. Computed.';
comment on column almanac.calendar_entries.created_at is 'When it was entered.';
comment on column almanac.calendar_entries.created_by is 'User or database role that entered it.';
comment on column almanac.calendar_entries.timezone is
  'Zone of the dates, or of the clock that cron reads; null: the calendar''s, or else each schedule''s. Ranges are '
  'instants and have none.';
comment on column almanac.calendar_entries.rule_id is 'Rule of an imported series that it came from; null: none.';

-- What calendars exclude is kept once it was read: a look-up of 10,000 ranges, or of a chain of windows through a year,
-- took others' firing seconds.

create table almanac_private.calendar_versions (
  calendar_id bigint primary key references almanac.exclusion_calendars (id) on delete cascade,
  version bigint not null
);
alter table almanac_private.calendar_versions enable row level security;
create policy everyone_sees_calendar_versions on almanac_private.calendar_versions for select to almanac_viewer
  using (true);
grant select on almanac_private.calendar_versions to almanac_viewer;
comment on table almanac_private.calendar_versions is
  'How often the entries of a calendar have changed: what was kept of an earlier version no longer holds.';

create table almanac_private.known_exclusions (
  id bigint primary key generated always as identity,
  key text not null,
  calendar_ids bigint[] not null,
  known_from timestamptz not null,
  known_until timestamptz not null,
  excluded tstzmultirange not null,
  kept_at timestamptz not null default now()
);
create index known_exclusions_by_key on almanac_private.known_exclusions (key, known_until);
alter table almanac_private.known_exclusions enable row level security;
create policy everyone_sees_known_exclusions on almanac_private.known_exclusions for select to almanac_viewer
  using (true);
grant select on almanac_private.known_exclusions to almanac_viewer;
comment on table almanac_private.known_exclusions is
  'What calendars exclude from known_from to known_until for schedules of a time zone, as exclusions() found it: key '
  'is of the calendars, their versions and the zone. All of it can be found again.';

-- Schedules ---------------------------------------------------------------------------------------------------------

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
  jitter interval,
  calendars text[] not null default '{}',
  exclusion_policy almanac.exclusion_policy not null default 'skip',
  has_overrides boolean not null default false,
  catchup_per_minute integer not null default 60,
  is_system boolean not null default false,
  run_as_key text,
  fired_runs bigint not null default 0,
  consecutive_failures integer not null default 0,
  rule almanac_private.compiled_cron,
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
  constraint schedule_timeout_is_positive check (timeout > interval '0'),
  constraint schedule_catchup_per_minute_is_positive check (catchup_per_minute > 0),
  constraint schedule_jitter_is_at_most_a_day check (jitter >= interval '0' and jitter <= interval '24 hours'),
  constraint schedule_late_tolerance_is_at_most_10_years check (late_tolerance <= interval '10 years'),
  constraint schedule_catchup_window_is_at_most_10_years check (catchup_window <= interval '10 years'),
  constraint schedule_retry_delay_is_at_most_10_years check (retry_delay <= interval '10 years'),
  constraint schedule_retry_ceiling_is_at_most_10_years check (retry_ceiling <= interval '10 years'),
  constraint schedule_timeout_is_at_most_10_years check (timeout <= interval '10 years'),
  constraint schedule_id_is_positive check (id > 0),
  constraint schedule_next_run_at_goes_with_next_scheduled_for check (
    (next_run_at is null) = (next_scheduled_for is null)
  )
) with (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02);
create unique index schedule_name_is_unique on almanac.schedules (name) where deleted_at is null;
create index schedules_by_next_run on almanac.schedules (next_run_at, id) where next_run_at is not null;
create index schedules_by_owner on almanac.schedules (owner_user) where owner_user is not null;
create index schedules_by_role on almanac.schedules (run_as_key) where owner_user is null and deleted_at is null;
-- The next schedule of each role that schedules run as, for scheduled_roles().
create index schedules_by_scheduled_role on almanac.schedules (run_as, next_run_at)
  where next_run_at is not null and not is_system;
create index schedules_by_calendar on almanac.schedules using gin (calendars) where calendars <> '{}';
alter table almanac.schedules enable row level security;
comment on table almanac.schedules is
  'What runs when. Insert, update and delete rows, or call schedule_cron, schedule_every, schedule_at, pause, '
  'resume and the like.';
comment on column almanac.schedules.id is 'Id of the schedule; never reused.';
comment on column almanac.schedules.name is
  'Unique among schedules that are not deleted; the first argument of pause, resume, trigger_now and the like.';
comment on column almanac.schedules.description is 'What it is for.';
comment on column almanac.schedules.kind is 'How its times are given.';
comment on column almanac.schedules.cron_expression is
  'Five fields (minute hour day-of-month month day-of-week), six with a second in front, or a macro such as @daily; '
  'for kind cron.';
comment on column almanac.schedules.every is
  'Interval of months, of days, or of time of at least a second; for kind interval.';
comment on column almanac.schedules.run_at is 'The time of the only run; for kind once.';
comment on column almanac.schedules.timezone is 'IANA name of the zone in which the rule''s local times are meant.';
comment on column almanac.schedules.starts_at is
  'No occurrence before this; also the anchor of an interval. Null: from its creation on.';
comment on column almanac.schedules.ends_at is 'No occurrence at or after this; null: no end.';
comment on column almanac.schedules.max_runs is
  'Completed when its rule has fired this many times (fired_runs; manual runs do not count); null: no limit.';
comment on column almanac.schedules.task_identifier is 'Task that a worker runs; must be known in almanac.tasks.';
comment on column almanac.schedules.payload is 'JSON object given to the task, with _run added.';
comment on column almanac.schedules.priority is '0 urgent, 1 normal, 2 background.';
comment on column almanac.schedules.status is
  'Whether it fires; completed is set by Almanac when no further run is possible.';
comment on column almanac.schedules.pause_reason is 'Why it is paused; null: not paused, or no reason given.';
comment on column almanac.schedules.paused_at is 'Since when it is paused; null: it is not.';
comment on column almanac.schedules.overlap_policy is
  'What happens when it is due while an earlier run of it has not finished.';
comment on column almanac.schedules.max_concurrent is
  'With overlap policy allow: how many runs may be unfinished at once; null: no limit.';
comment on column almanac.schedules.missed_run_policy is
  'What happens to occurrences reached later than late_tolerance.';
comment on column almanac.schedules.late_tolerance is
  'Reached within this of its due time, an occurrence simply fires late.';
comment on column almanac.schedules.catchup_window is 'How far back missed occurrences are caught up.';
comment on column almanac.schedules.max_attempts is 'Attempts a run has, the first included.';
comment on column almanac.schedules.retry_delay is 'Wait before the second attempt.';
comment on column almanac.schedules.retry_backoff is 'Factor by which the wait grows with each attempt.';
comment on column almanac.schedules.retry_ceiling is 'Longest wait between attempts.';
comment on column almanac.schedules.timeout is 'Longest time an attempt may take; null: no limit.';
comment on column almanac.schedules.tags is 'Words to find and group schedules by.';
comment on column almanac.schedules.owner_user is 'User who owns it; null: created by a database role, see run_as.';
comment on column almanac.schedules.run_as is 'Database role that last decided what runs (task or payload).';
comment on column almanac.schedules.created_at is 'When it was created.';
comment on column almanac.schedules.created_by is 'User or database role that created it.';
comment on column almanac.schedules.updated_at is 'When its definition last changed.';
comment on column almanac.schedules.updated_by is 'User or database role that last changed its definition.';
comment on column almanac.schedules.archived_at is
  'When its definition was removed from the code that declared it; null: it was not.';
comment on column almanac.schedules.deleted_at is 'When it was unscheduled; null: it is not. restore() brings it back.';
comment on column almanac.schedules.next_run_at is
  'When it is next due; null: never, or not while it is paused. Computed.';
comment on column almanac.schedules.last_run_at is
  'Due time of its latest run, by its rule or manual; null: none yet. Computed.';
comment on column almanac.schedules.last_status is 'How its last finished run ended; null: none has. Computed.';
comment on column almanac.schedules.total_runs is
  'How many runs it has had, by its rule and manual, skipped ones not counted. Computed.';
comment on column almanac.schedules.failed_runs is 'Of these, how many ended failed or timed out. Computed.';
comment on column almanac.schedules.next_scheduled_for is 'Nominal time of the next occurrence. Computed.';
comment on column almanac.schedules.cursor_at is 'Nominal time up to which every occurrence has its outcome. Computed.';
comment on column almanac.schedules.rule is 'Compiled cron text; null for other kinds. Computed.';
comment on column almanac.schedules.jitter is
  'Each occurrence is due up to this much later than its nominal time, always by the same amount for the same '
  'occurrence, and never as late as the next one; null: none.';
comment on column almanac.schedules.calendars is 'Names of calendars at whose times it does not run.';
comment on column almanac.schedules.exclusion_policy is
  'What happens to an occurrence that one of the calendars excludes.';
comment on column almanac.schedules.has_overrides is 'Some of its upcoming occurrences are moved or skipped. Computed.';
comment on column almanac.schedules.catchup_per_minute is
  'With missed_run_policy run_all and overlapping runs allowed: how many of those caught up start per minute; else '
  'they wait for each other.';
comment on column almanac.schedules.is_system is
  'It is Almanac''s own maintenance: no one changes or deletes it, and pause_all() does not stop it.';
comment on column almanac.schedules.run_as_key is
  'Which role run_as is, whatever it is called now: the server, and its oid there.';
comment on column almanac.schedules.fired_runs is
  'How many runs its rule has caused, which is what max_runs limits. Computed.';
comment on column almanac.schedules.consecutive_failures is
  'How many of its runs have failed or timed out since one last succeeded; cancelled ones change nothing. Computed.';

create table almanac.occurrence_overrides (
  schedule_id bigint not null references almanac.schedules (id) on delete cascade,
  scheduled_for timestamptz not null,
  action almanac.override_action not null,
  moved_to timestamptz,
  reason text,
  is_owed boolean not null default false,
  done_at timestamptz,
  created_at timestamptz not null default now(),
  created_by text not null,
  is_carried_over boolean not null default false,
  primary key (schedule_id, scheduled_for),
  constraint override_moves_to_a_time check ((action = 'move') = (moved_to is not null) and isfinite(moved_to))
);
alter table almanac.occurrence_overrides enable row level security;
comment on table almanac.occurrence_overrides is
  'Single occurrences that were skipped or moved, by move_occurrence and skip_occurrence. They take precedence over '
  'calendars and get no jitter.';
comment on column almanac.occurrence_overrides.schedule_id is 'Schedule it belongs to.';
comment on column almanac.occurrence_overrides.scheduled_for is 'Nominal time of the occurrence.';
comment on column almanac.occurrence_overrides.action is 'What is done to it.';
comment on column almanac.occurrence_overrides.moved_to is 'When it is due instead; null: it is skipped.';
comment on column almanac.occurrence_overrides.reason is 'Why, as whoever did it said.';
comment on column almanac.occurrence_overrides.is_owed is
  'Its nominal time is past while it is still upcoming: it runs whatever becomes of the rule.';
comment on column almanac.occurrence_overrides.done_at is 'When it got its outcome; null: not yet.';
comment on column almanac.occurrence_overrides.created_at is 'When it was overridden.';
comment on column almanac.occurrence_overrides.created_by is 'User or database role that did it.';
comment on column almanac.occurrence_overrides.is_carried_over is
  'Made by Almanac, not manually: the rule, or what postponed the occurrence, was changed while it was still to run, '
  'and it is to run all the same.';

create table almanac_private.rule_versions (
  id bigint generated always as identity primary key,
  schedule_id bigint not null,
  schedule_name text,
  rule jsonb not null,
  valid_from timestamptz not null,
  valid_to timestamptz
);
create unique index rule_version_is_the_only_one_that_holds on almanac_private.rule_versions (schedule_id)
  where valid_to is null;
create index rule_versions_by_schedule on almanac_private.rule_versions (schedule_id, valid_from);
alter table almanac_private.rule_versions enable row level security;
comment on table almanac_private.rule_versions is
  'Which rule a schedule had when: check_ledger() recomputes from it what should have been. valid_from is excluded, '
  'valid_to included.';
comment on column almanac_private.rule_versions.schedule_name is
  'Last name of a schedule that no longer exists; null: it exists.';
comment on column almanac_private.rule_versions.valid_to is 'Null: it is in force.';

create table almanac.stops (
  id bigint generated always as identity primary key,
  stopped_at timestamptz not null,
  stopped_by text not null,
  reason text,
  resumed_at timestamptz,
  resumed_by text,
  catch_up boolean not null default false,
  constraint stop_ends_after_it_begins check (resumed_at >= stopped_at)
);
create unique index stop_is_the_only_one_that_holds on almanac.stops ((true)) where resumed_at is null;
alter table almanac.stops enable row level security;
comment on table almanac.stops is
  'Global pauses: when all schedules were stopped by pause_all(), by whom and why; the one without resumed_at is in '
  'force.';
comment on column almanac.stops.id is 'Id of the global pause.';
comment on column almanac.stops.stopped_at is 'When it began: from then on nothing fired.';
comment on column almanac.stops.stopped_by is 'User or database role that began it.';
comment on column almanac.stops.reason is 'Why, as whoever did it said.';
comment on column almanac.stops.resumed_at is 'When it ended; null: it is in force.';
comment on column almanac.stops.resumed_by is 'User or database role that ended it.';
comment on column almanac.stops.catch_up is
  'What was due meanwhile was treated as missed, as each schedule''s policy says, and not recorded as stopped.';

create table almanac_private.pending_counters (
  id bigint generated always as identity primary key,
  schedule_id bigint not null,
  failed integer not null default 0,
  last_status almanac.run_status,
  total integer not null default 0,
  last_run_at timestamptz,
  has_succeeded boolean not null default false,
  failed_since integer not null default 0
);
create index pending_counters_by_schedule on almanac_private.pending_counters (schedule_id);
alter table almanac_private.pending_counters enable row level security;
comment on table almanac_private.pending_counters is
  'What is to be added to the counters of schedules: of manual runs until their transaction commits, of others where '
  'someone holds the row locked. In the order of their ids.';

-- The ledger --------------------------------------------------------------------------------------------------------

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
  run_as text not null,
  requested_by text,
  retried_from bigint,
  cancel_requested_at timestamptz,
  lost_attempts integer default 0,
  request_reason text,
  primary key (id, scheduled_for),
  constraint run_is_finished_when_final check (
    (finished_at is not null) = (status in ('succeeded', 'failed', 'timed_out', 'cancelled', 'skipped'))
  ),
  constraint skipped_run_has_a_reason check (status <> 'skipped' or reason is not null),
  constraint running_run_has_started check (status <> 'running' or started_at is not null)
) partition by range (scheduled_for);
alter sequence almanac.runs_id_seq owned by almanac.runs.id;
create unique index run_is_the_only_one_of_its_occurrence on almanac.runs (schedule_id, scheduled_for)
  where trigger = 'schedule';
create index runs_by_schedule on almanac.runs (schedule_id, scheduled_for desc, id desc);
create index runs_by_time on almanac.runs (scheduled_for, id);
create index runs_by_due_time_elsewhere on almanac.runs (due_at, id) where due_at <> scheduled_for;
alter table almanac.runs enable row level security;
comment on table almanac.runs is
  'The ledger: what became of each occurrence, and manual runs. History outlives its schedule.';
comment on column almanac.runs.id is 'Id of the run.';
comment on column almanac.runs.schedule_id is 'Schedule it belongs to, which may no longer exist.';
comment on column almanac.runs.schedule_name is 'Name the schedule had when the run was recorded.';
comment on column almanac.runs.task_identifier is 'Task it runs.';
comment on column almanac.runs.payload is 'Payload given to the task.';
comment on column almanac.runs.scheduled_for is
  'Nominal time: with the schedule, the identity of an occurrence. Of a manual run: when it was triggered.';
comment on column almanac.runs.due_at is
  'When it was due; differs from scheduled_for when the occurrence was moved, postponed or delayed by jitter.';
comment on column almanac.runs.trigger is 'What triggered it.';
comment on column almanac.runs.status is 'Its state.';
comment on column almanac.runs.reason is 'Why it was skipped, is waiting or was cancelled.';
comment on column almanac.runs.attempt is 'Attempts started so far.';
comment on column almanac.runs.max_attempts is
  'Attempts that it may have: as its schedule said, and one more for each that ended with its worker.';
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
comment on column almanac.runs.requested_by is 'Who triggered it manually; null: its schedule.';
comment on column almanac.runs.retried_from is 'Run that this one repeats; null: none.';
comment on column almanac.runs.cancel_requested_at is 'Since when its worker is asked to abort it; null: it is not.';
comment on column almanac.runs.lost_attempts is
  'Attempts that ended because their worker was lost: they do not use up one of max_attempts, but have a bound of '
  'their own; null: none.';
comment on column almanac.runs.request_reason is 'Why someone had it repeated, as they said; null: they said nothing.';

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
alter table almanac.run_attempts enable row level security;
comment on table almanac.run_attempts is
  'Finished attempts of runs. No foreign key to runs: it would forbid dropping old partitions.';
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
  is_waiting boolean not null default false,
  counts_toward_overlap boolean not null,
  run_as text not null default '',
  is_behind boolean not null default false,
  primary key (schedule_id, run_id)
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01);
create index live_runs_by_role on almanac_private.live_runs (run_as, is_behind);
alter table almanac_private.live_runs enable row level security;
comment on column almanac_private.live_runs.run_as is 'The role that it runs as.';
comment on column almanac_private.live_runs.is_behind is
  'Whether its job is behind those of other roles, as its own had a backlog when it was queued.';
comment on table almanac_private.live_runs is
  'Runs that are not final: what overlap policies count and what a dead worker held. An index over all partitions '
  'of runs would be probed once for each.';
comment on column almanac_private.live_runs.counts_toward_overlap is
  'Whether it is in the way of others, by the overlap policy: those of the rule, and manual ones that were asked to '
  'respect it; not one that has ended and could not be recorded yet.';

create table almanac_private.outdated_checks (
  schedule_id bigint not null,
  task_identifier text not null,
  changed_at timestamptz not null,
  problem text,
  constraint outdated_checks_pkey primary key (schedule_id),
  constraint outdated_check_task_is_short check (length(task_identifier) <= 128),
  constraint outdated_check_problem_is_short check (length(problem) <= 20000)
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

create table almanac_private.held_runs (
  run_id bigint not null,
  scheduled_for timestamptz not null,
  held_since timestamptz not null,
  constraint held_runs_pkey primary key (run_id)
);
alter table almanac_private.held_runs enable row level security;
comment on table almanac_private.held_runs is
  'Runs whose beginning or end could not be recorded, as someone holds them locked, until it can.';
comment on column almanac_private.held_runs.run_id is 'The run.';
comment on column almanac_private.held_runs.scheduled_for is 'Nominal time of the run: the partition.';
comment on column almanac_private.held_runs.held_since is 'When a worker first came to record it.';

create table almanac.omissions (
  id bigint generated always as identity primary key,
  schedule_id bigint not null,
  schedule_name text not null,
  during tstzrange not null,
  reason almanac.omission_reason not null,
  count bigint not null,
  recorded_at timestamptz not null default now(),
  constraint omission_counts_something check (count > 0),
  constraint omission_is_bounded check (
    not lower_inf(during) and not upper_inf(during) and lower_inc(during) and upper_inc(during)
  ),
  constraint omissions_do_not_overlap exclude using gist (
    schedule_id with operator(pg_catalog.=), during with operator(pg_catalog.&&)
  )
);
create index omissions_by_time on almanac.omissions using gist (during);
alter table almanac.omissions enable row level security;
comment on table almanac.omissions is 'Gaps: ranges of occurrences that did not run, one row each.';
comment on column almanac.omissions.id is 'Id of the gap.';
comment on column almanac.omissions.schedule_id is 'Schedule it belongs to, which may no longer exist.';
comment on column almanac.omissions.schedule_name is 'Name the schedule had.';
comment on column almanac.omissions.during is 'From the first to the last nominal time, both included.';
comment on column almanac.omissions.reason is 'Why they did not run.';
comment on column almanac.omissions.count is 'How many occurrences.';
comment on column almanac.omissions.recorded_at is 'When it was first recorded.';

create table almanac_private.deleted_history (
  schedule_id bigint not null,
  during tstzrange not null,
  times timestamp with time zone[],
  id bigint generated always as identity primary key
);
create index deleted_history_by_schedule on almanac_private.deleted_history using gist (schedule_id, during);
alter table almanac_private.deleted_history enable row level security;
comment on table almanac_private.deleted_history is
  'What history was deleted manually, so that the ledger check does not report it as missing.';
comment on column almanac_private.deleted_history.times is
  'Nominal times of runs that were deleted, of one day each row. Null: all times of the range, as of a gap.';
comment on column almanac_private.deleted_history.id is 'Id, by which replication finds the row.';

create table almanac.ledger_checks (
  id bigint generated always as identity primary key,
  checked_at timestamptz not null,
  range_start timestamptz not null,
  range_end timestamptz not null,
  unchecked_since timestamptz,
  found integer not null,
  counts jsonb not null default '{}',
  findings jsonb not null default '[]',
  took_ms integer not null,
  stale_at timestamptz not null,
  constraint ledger_check_range_goes_forward check (range_end > range_start),
  constraint ledger_check_left_out_lies_before_its_range check (unchecked_since < range_start),
  constraint ledger_check_findings_go_with_their_count check (
    found >= 0 and (found = 0) = (findings = '[]') and (found = 0) = (counts = '{}')
  )
);
create index ledger_checks_by_time on almanac.ledger_checks (checked_at);
alter table almanac.ledger_checks enable row level security;
comment on table almanac.ledger_checks is
  'What the system schedule almanac:check-ledger found: one row a check, kept for 90 days.';
comment on column almanac.ledger_checks.id is 'Id of the check.';
comment on column almanac.ledger_checks.checked_at is 'When it was made.';
comment on column almanac.ledger_checks.range_start is 'First nominal time it looked at.';
comment on column almanac.ledger_checks.range_end is 'End of what it looked at, exclusive.';
comment on column almanac.ledger_checks.unchecked_since is
  'Where the check before ended: from there to range_start no check has looked, as that is too long ago. Null: '
  'nothing is left out.';
comment on column almanac.ledger_checks.found is
  'How many problems it found, counted up to 100,000; 0: no gap and no duplicate.';
comment on column almanac.ledger_checks.counts is
  'How many of each kind of problem, as JSON: {"missing": 2}. The kinds are those of check_ledger().';
comment on column almanac.ledger_checks.findings is
  'The first 100 problems in the order of their nominal times, as a JSON array of rows of check_ledger().';
comment on column almanac.ledger_checks.took_ms is 'How long it took, in milliseconds.';
comment on column almanac.ledger_checks.stale_at is 'If there is no newer check by then, nothing is checking.';

-- What the schedules of a role may fire -----------------------------------------------------------------------------

create table almanac_private.fired (
  run_as text not null,
  minute timestamptz not null,
  backend integer not null,
  runs bigint not null,
  bytes bigint not null,
  primary key (run_as, minute, backend)
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02);
alter table almanac_private.fired enable row level security;
comment on table almanac_private.fired is
  'How many runs were written for each role in each minute of the last hour, for the limits of roles. A row of each '
  'backend''s own, so that no one waits for whoever counts.';
comment on column almanac_private.fired.backend is 'The process that counts in this row, and no other does.';
comment on column almanac_private.fired.bytes is 'Of the payloads that these runs store.';

create table almanac_private.unfinished_counts (
  id bigint generated always as identity primary key,
  run_as text not null,
  counted_at timestamptz not null,
  unfinished bigint not null,
  fired bigint not null
);
create index unfinished_counts_by_role on almanac_private.unfinished_counts (run_as, counted_at);
alter table almanac_private.unfinished_counts enable row level security;
comment on table almanac_private.unfinished_counts is
  'How many runs of a role had not ended when they were last counted. What was fired since is added, so that they are '
  'counted again only when there may be too many.';
comment on column almanac_private.unfinished_counts.fired is
  'What had been fired in the minute of counted_at by then.';

create table almanac_private.put_off (
  schedule_id bigint primary key references almanac.schedules (id) on delete cascade,
  scheduled_for timestamptz not null,
  due_at timestamptz not null,
  until timestamptz not null,
  limit_name text not null
);
alter table almanac_private.put_off enable row level security;
comment on table almanac_private.put_off is
  'Schedules that are due and whose role has met a limit. Their next_run_at is until, when they are due again as of '
  'due_at; what was changed meanwhile is due as the change said, and its row counts for nothing.';

create table almanac_private.limits_met (
  id bigint generated always as identity primary key,
  run_as text not null,
  limit_name text not null,
  most bigint not null,
  since timestamptz not null,
  until timestamptz not null
);
create index limits_met_by_role on almanac_private.limits_met (run_as, until);
alter table almanac_private.limits_met enable row level security;
comment on table almanac_private.limits_met is
  'When a role had met a limit, and until when its schedules were put off: why() tells it. purge() deletes it.';

-- Workers -----------------------------------------------------------------------------------------------------------

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
  run_ids bigint[] not null default '{}',
  busy_since timestamptz,
  culprit_run_id bigint,
  culprit_at text,
  end_reason text,
  takes_nothing_since timestamptz,
  takes_nothing_because text,
  tasks text[],
  constraint worker_status_is_known check (status in ('active', 'draining', 'stopped', 'lost'))
);
create index workers_by_heartbeat on almanac.workers (last_heartbeat_at) where status in ('active', 'draining');
alter table almanac.workers enable row level security;
comment on table almanac.workers is 'Worker processes: running ones, and those of the last days.';
comment on column almanac.workers.id is 'Id of the worker.';
comment on column almanac.workers.name is 'Host and process.';
comment on column almanac.workers.host is 'Machine it runs on.';
comment on column almanac.workers.pid is 'Its process on that machine.';
comment on column almanac.workers.version is 'Version of Almanac.';
comment on column almanac.workers.concurrency is 'Jobs it runs at once.';
comment on column almanac.workers.pool_ids is
  'Graphile Worker pools it has had: their ids are in the locks of its jobs.';
comment on column almanac.workers.status is 'active, draining, stopped, or lost: no heartbeat for 15 s.';
comment on column almanac.workers.started_at is 'When it started.';
comment on column almanac.workers.last_heartbeat_at is 'Its last heartbeat; every 5 s while it is running.';
comment on column almanac.workers.stopped_at is 'When it stopped or was marked lost; null: it is running.';
comment on column almanac.workers.run_ids is 'Runs that it has in hand, by its last heartbeat.';
comment on column almanac.workers.busy_since is
  'Since when a task has blocked its CPU without a pause, so that nothing else in it makes progress; null: none does.';
comment on column almanac.workers.culprit_run_id is
  'Run whose task blocks its CPU, or ended it; null: none does, or it is not known which.';
comment on column almanac.workers.culprit_at is 'Where in its code the task that blocks the CPU is.';
comment on column almanac.workers.end_reason is 'Why it was lost; null: it is alive, or ended in good order.';
comment on column almanac.workers.takes_nothing_since is
  'Since when it has taken no jobs although it has free slots; null: it takes them. Its pool is replaced when that '
  'is not the database''s fault.';
comment on column almanac.workers.takes_nothing_because is 'Why it takes none, in words; null: it takes them.';
comment on column almanac.workers.tasks is
  'Tasks that it has in addition to the built-in ones; null: a worker of an older release, of which it is known from '
  'what '
  'was announced lately.';

create table almanac_private.vouchers (
  worker_id bigint not null,
  beaten_at timestamptz not null,
  vouched_until timestamptz,
  stopped tstzrange,
  ended jsonb,
  constraint vouchers_pkey primary key (worker_id),
  constraint voucher_worker foreign key (worker_id) references almanac.workers on delete cascade
);
alter table almanac_private.vouchers enable row level security;
comment on table almanac_private.vouchers is 'Until when each worker is known to have had the runs that it has.';
comment on column almanac_private.vouchers.worker_id is 'The worker.';
comment on column almanac_private.vouchers.beaten_at is 'When its last heartbeat with its runs came.';
comment on column almanac_private.vouchers.vouched_until is
  'When the one before came: the last was sent after that, and may have been held up on its way. Null: there was none.';
comment on column almanac_private.vouchers.stopped is
  'When its process last stood still, so that no run could end. Null: never, as far as it knows.';
comment on column almanac_private.vouchers.ended is
  'Of its runs, those that had ended for good by then, and when, though that was not recorded yet: {run: time}.';

create table almanac_private.leases (
  name text primary key,
  worker_id bigint not null references almanac.workers (id) on delete cascade,
  expires_at timestamptz not null
);
create index leases_by_worker on almanac_private.leases (worker_id);
alter table almanac_private.leases enable row level security;
comment on table almanac_private.leases is
  'Who leads, and until when by the database''s clock: a session lock would not live through a transaction pooler.';

-- Tasks as everyone sees them ---------------------------------------------------------------------------------------

--! Included functions/workers/worker_lease.sql
create or replace function almanac_private.worker_lease() returns interval
language sql immutable security invoker parallel safe
return interval '15 seconds';
comment on function almanac_private.worker_lease() is
  'How long a heartbeat counts: a worker without one for longer is lost, and a leader without one leads no more.';
grant execute on function almanac_private.worker_lease() to almanac_viewer;
--! EndIncluded functions/workers/worker_lease.sql
--! Included functions/workers/task_is_available.sql
create or replace function almanac_private.task_is_available(
  identifier text, is_builtin boolean, last_seen_at timestamptz
) returns boolean
language sql stable
return exists (
  select from almanac.workers w
  where w.status = 'active' and w.last_heartbeat_at > clock_timestamp() - almanac_private.worker_lease() and case
      when task_is_available.is_builtin then true
      when w.tasks is null then task_is_available.last_seen_at > clock_timestamp() - interval '3 minutes'
      else task_is_available.identifier = any (w.tasks) end);
comment on function almanac_private.task_is_available(text, boolean, timestamptz) is
  'Whether a running worker, by its heartbeat, has the task. One of an older release lists none: it has what was '
  'announced in the last three minutes.';
grant execute on function almanac_private.task_is_available(text, boolean, timestamptz) to almanac_viewer;
--! EndIncluded functions/workers/task_is_available.sql
create view almanac.tasks with (security_invoker = true) as
select t.identifier, t.label, t.description, t.payload_schema, t.task_group, t.depends_on, t.default_timeout,
  t.default_max_attempts, t.is_builtin,
  almanac_private.task_is_available(t.identifier, t.is_builtin, t.last_seen_at) as available, t.last_seen_at,
  t.created_at, t.lacking_since, t.lacking_seen_at, t.schema_problems
from almanac_private.known_tasks t;
comment on view almanac.tasks is
  'What schedules can run: announced by workers that have them, or by register_task before any does.';
comment on column almanac.tasks.identifier is 'Name by which schedules refer to the task, as in Graphile Worker.';
comment on column almanac.tasks.label is 'Short name for people; null: the identifier.';
comment on column almanac.tasks.description is 'What the task does.';
comment on column almanac.tasks.payload_schema is
  'JSON Schema (draft 2020-12) that payloads are checked by when they are written; null: any object.';
comment on column almanac.tasks.schema_problems is
  'What of payload_schema is not checked, each with its place: what it refuses passes. docs/payloads.md';
comment on column almanac.tasks.task_group is 'Group that the task belongs to.';
comment on column almanac.tasks.depends_on is 'Tasks that must have run before, when a group runs.';
comment on column almanac.tasks.default_timeout is 'Timeout for schedules that set none; null: none.';
comment on column almanac.tasks.default_max_attempts is 'Attempts for schedules that set none; null: 3.';
comment on column almanac.tasks.is_builtin is 'Comes with Almanac.';
comment on column almanac.tasks.available is
  'Whether a worker that is running now has it: one whose last heartbeat is less than 15 seconds old, and which was '
  'not asked to stop. Computed when it is read.';
comment on column almanac.tasks.last_seen_at is
  'When a worker last announced it; null: never, or it comes with Almanac.';
comment on column almanac.tasks.created_at is 'When it was first registered.';
comment on column almanac.tasks.lacking_since is
  'Since when workers have been running of which none has it; null: one has it, or none is running.';
comment on column almanac.tasks.lacking_seen_at is
  'When that was last looked at; null: one has it, or none is running.';

-- Functions ---------------------------------------------------------------------------------------------------------

--! Included functions/access/actor.sql
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
--! EndIncluded functions/access/actor.sql
--! Included functions/access/bind_roles.sql
create or replace function almanac_private.bind_roles() returns integer
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_here text := split_part(almanac_private.role_key(current_user), ':', 1);
  v_schedules integer;
  v_calendars integer;
  v_engine text;
begin
  perform almanac_private.follow_renames();
  v_engine := almanac_private.enter_engine();
  with bound as (
    select s.id, k.run_as_key, coalesce(almanac_private.role_of_key(k.run_as_key), s.run_as) as run_as
    from almanac.schedules s
    cross join lateral (select case
      when split_part(s.run_as_key, ':', 1) = v_here
        and s.run_as not in ('almanac_viewer', 'almanac_operator', 'almanac_admin') then s.run_as_key
      else almanac_private.role_key(s.run_as) end as run_as_key) k
  )
  update almanac.schedules s set run_as = b.run_as, run_as_key = b.run_as_key from bound b
  where b.id = s.id and (s.run_as, s.run_as_key) is distinct from (b.run_as, b.run_as_key);
  get diagnostics v_schedules = row_count;
  with bound as (
    select c.id, k.owned_by_key, coalesce(almanac_private.role_of_key(k.owned_by_key), c.owned_by) as owned_by
    from almanac.exclusion_calendars c
    cross join lateral (select case
      when split_part(c.owned_by_key, ':', 1) = v_here
        and c.owned_by not in ('almanac_viewer', 'almanac_operator', 'almanac_admin') then c.owned_by_key
      else almanac_private.role_key(c.owned_by) end as owned_by_key) k
  )
  update almanac.exclusion_calendars c set owned_by = b.owned_by, owned_by_key = b.owned_by_key from bound b
  where b.id = c.id and (c.owned_by, c.owned_by_key) is distinct from (b.owned_by, b.owned_by_key);
  get diagnostics v_calendars = row_count;
  perform almanac_private.leave_engine(v_engine);
  return v_schedules + v_calendars;
end
$$;
comment on function almanac_private.bind_roles() is
  'Follows renamed roles, and looks up by name the roles of schedules and calendars that came from another server, '
  'and Almanac''s own. Returns how many rows changed. For migrations: only the owner may call it.';
--! EndIncluded functions/access/bind_roles.sql
--! Included functions/access/calendars_of.sql
create or replace function almanac_private.calendars_of(owner_user bigint, role_key text) returns bigint
language sql stable
begin atomic
  select count(*) from almanac.exclusion_calendars c
  where c.owner_user is not distinct from calendars_of.owner_user
    and (calendars_of.owner_user is not null or c.owned_by_key = calendars_of.role_key);
end;
comment on function almanac_private.calendars_of(bigint, text) is
  'How many exclusion calendars belong to a user, or else to the role of the key.';
grant execute on function almanac_private.calendars_of(bigint, text) to almanac_viewer;
--! EndIncluded functions/access/calendars_of.sql
--! Included functions/access/caller.sql
create or replace function almanac_private.caller() returns name
language sql stable parallel safe
return case when current_setting('role', true) in ('none', '') then session_user
  else current_setting('role', true)::name end;
comment on function almanac_private.caller() is
  'The role that acts, seen also from inside a security definer function, where current_user is the owner.';
grant execute on function almanac_private.caller() to almanac_viewer, almanac_server;
--! EndIncluded functions/access/caller.sql
--! Included functions/access/change_own_settings.sql
-- Definer: only admins may write users; this writes the caller's own row, and there only what is theirs to choose.
create or replace function almanac.change_own_settings(settings jsonb) returns almanac.users
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_known constant text[] := array['timezone', 'second_timezone', 'clock_hours', 'week_starts_on', 'saved_views'];
  v_key text;
  v_message text;
  v_user almanac.users;
begin
  select u.* into v_user from almanac.users u where u.id = almanac.current_user_id() for no key update;
  if v_user.id is null then
    raise exception using errcode = 'AL013', message = 'No user is signed in.',
      detail = 'These settings are of users of the web client; a database role has none.',
      hint = 'An admin changes those of a user: update almanac.users.';
  end if;
  if jsonb_typeof(change_own_settings.settings) is distinct from 'object' then
    raise exception using errcode = 'AL009', message = 'The settings are not a JSON object.',
      detail = format('They are of type %s.', coalesce(jsonb_typeof(change_own_settings.settings), 'null')),
      hint = 'Give {"column": value, …}.';
  end if;
  for v_key in select k from jsonb_object_keys(change_own_settings.settings) k order by k loop
    if v_key <> all (v_known) then
      raise exception using errcode = 'AL009', column = v_key,
        message = format('There is no user setting %s.', left(v_key, 100)),
        detail = format('Known are: %s.', array_to_string(v_known, ', ')),
        hint = 'They are columns of almanac.users.' || coalesce(almanac_private.perhaps(v_key, v_known), '');
    end if;
    begin
      v_user := jsonb_populate_record(v_user, jsonb_build_object(v_key, nullif(
        change_own_settings.settings -> v_key, 'null')));
    exception when data_exception then
      get stacked diagnostics v_message = message_text;
      raise exception using errcode = 'AL019', column = v_key,
        message = format('%s cannot be read: %s', v_key, left(v_message, 200)),
        hint = 'Look at: comment on column almanac.users.' || v_key || '.';
    end;
  end loop;
  update almanac.users u
  set timezone = v_user.timezone, second_timezone = v_user.second_timezone, clock_hours = v_user.clock_hours,
    week_starts_on = v_user.week_starts_on, saved_views = v_user.saved_views
  where u.id = v_user.id
    and (u.timezone, u.second_timezone, u.clock_hours, u.week_starts_on, u.saved_views) is distinct from
      (v_user.timezone, v_user.second_timezone, v_user.clock_hours, v_user.week_starts_on, v_user.saved_views);
  return v_user;
end
$$;
comment on function almanac.change_own_settings(jsonb) is
  'Changes how the client looks to the signed-in user: columns of almanac.users by name, of timezone, '
  'second_timezone, clock_hours, week_starts_on and saved_views. What is not given stays; null: the default.';
grant execute on function almanac.change_own_settings(jsonb) to almanac_viewer;
--! EndIncluded functions/access/change_own_settings.sql
--! Included functions/access/check_admin.sql
create or replace function almanac_private.check_admin(action text, or_worker boolean default false) returns void
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_caller name := almanac_private.caller();
begin
  -- By rights that the caller has right now: the server's login has those of the user it acts for, once it does.
  if pg_has_role(v_caller, 'almanac_admin', 'usage') or has_schema_privilege(v_caller, 'almanac_private', 'create')
    or check_admin.or_worker and pg_has_role(v_caller, 'almanac_worker', 'usage')
  then
    return;
  end if;
  raise exception using errcode = 'AL011', message = format('Only an admin may use almanac.%s().', check_admin.action),
    detail = format('%s is none.', almanac_private.actor()),
    hint = case when almanac.current_user_id() is null
      then format('Ask an admin, or let a DBA run: grant almanac_admin to %I;', v_caller)
      else 'Ask an admin to do it, or to grant you the role.' end;
end
$$;
comment on function almanac_private.check_admin(text, boolean) is
  'Raises AL011, with whom to ask, for a caller who is neither an admin nor the owner nor, where they may, a worker.';
grant execute on function almanac_private.check_admin(text, boolean) to almanac_viewer;
--! EndIncluded functions/access/check_admin.sql
--! Included functions/access/check_at_once.sql
-- Definer: reads settings that no one else may.
create or replace function almanac_private.check_at_once(limit_name text, of_role name, whose text, held bigint)
returns void
language plpgsql stable security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_most bigint := almanac_private.limit_for(check_at_once.limit_name, check_at_once.of_role);
begin
  if check_at_once.held > v_most then
    raise exception using errcode = 'AL028', message = almanac_private.use_note(check_at_once.limit_name, v_most),
      detail = format('%s: it would be %s.', check_at_once.whose, check_at_once.held),
      hint = format('Delete what is not needed. An admin has no limit, and the owner of the schema changes it: %s in '
        'almanac_private.settings.', check_at_once.limit_name);
  end if;
end
$$;
comment on function almanac_private.check_at_once(text, name, text, bigint) is
  'Raises AL028 if there would be more of something than the setting of this name allows.';
grant execute on function almanac_private.check_at_once(text, name, text, bigint) to almanac_operator;
--! EndIncluded functions/access/check_at_once.sql
--! Included functions/access/check_limits.sql
-- Called by trigger_now, with its rights.
create or replace function almanac_private.check_limits(run_as text, bytes bigint) returns void
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_caller name := almanac_private.caller();
  v_met record;
begin
  if pg_has_role(v_caller, 'almanac_admin', 'member') or has_schema_privilege(v_caller, 'almanac_private', 'create')
    or not almanac_private.is_limited(check_limits.run_as)
  then
    return;
  end if;
  select m.limit_name, almanac_private.limit_for(m.limit_name, check_limits.run_as) as most, m.remaining,
    to_char(almanac_private.fires_again_at(check_limits.run_as, m.limit_name, m.wanted, clock_timestamp())
      at time zone 'UTC' + interval '1 second', 'YYYY-MM-DD HH24:MI:SS') as again into v_met
  from almanac_private.left_to_fire(check_limits.run_as, clock_timestamp()) l
  cross join lateral (values ('runs_per_hour', l.runs, 1), ('payload_bytes_per_hour', l.bytes, check_limits.bytes),
    ('unfinished_runs', l.unfinished, 1)) m(limit_name, remaining, wanted)
  where m.remaining < m.wanted limit 1;
  if v_met.limit_name is not null then
    raise exception using errcode = 'AL028',
      message = almanac_private.limit_note(check_limits.run_as, v_met.limit_name, coalesce((
        select l.used from almanac.limits() l
        where l.run_as = check_limits.run_as and l.limit_name = v_met.limit_name), v_met.most), v_met.most),
      detail = 'Its schedules do not fire until then either.',
      hint = case v_met.limit_name when 'unfinished_runs' then 'Try again when some of them have ended.'
          else format('Try again after %s UTC.', v_met.again) end
        || format(' See select * from almanac.limits(). Admins have no limit, and the owner of the schema can change '
          'it: %s in almanac_private.settings.', v_met.limit_name);
  end if;
end
$$;
comment on function almanac_private.check_limits(text, bigint) is
  'Raises AL028 where a caller who is no admin triggers a run, with so many bytes of payload, for which its role has '
  'no room left.';
--! EndIncluded functions/access/check_limits.sql
--! Included functions/access/check_may_run_sql.sql
create or replace function almanac_private.check_may_run_sql() returns void
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
begin
  if almanac.current_user_id() is not null and not pg_has_role(almanac_private.caller(), 'almanac_admin', 'member') then
    raise exception using errcode = 'AL011', column = 'task_identifier',
      message = 'Only an admin may have almanac:sql run a statement over the API.',
      detail = format('Signed in as %s.', almanac_private.actor()),
      hint = 'Ask an admin, or create the schedule over your own database connection.';
  end if;
end
$$;
comment on function almanac_private.check_may_run_sql() is
  'Raises AL011 for a signed-in user who is no admin: statements of all operators of the web client run as one role, '
  'whose rights are not each user''s.';
grant execute on function almanac_private.check_may_run_sql() to almanac_viewer;
--! EndIncluded functions/access/check_may_run_sql.sql
--! Included functions/access/check_saved_views.sql
create or replace function almanac_private.check_saved_views(views jsonb) returns void
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_size constant int := octet_length(check_saved_views.views::text);
  v_names text[];
begin
  if (case
    when v_size > 16000 or jsonb_typeof(check_saved_views.views) <> 'array' then true
    when jsonb_array_length(check_saved_views.views) > 50 then true
    else exists (
      select from jsonb_array_elements(check_saved_views.views) v
      where case when jsonb_typeof(v) <> 'object' then true
        else jsonb_typeof(v -> 'name') is distinct from 'string' or length(v ->> 'name') not between 1 and 100
          -- A path within the client: it leads to no other host.
          or jsonb_typeof(v -> 'address') is distinct from 'string' or length(v ->> 'address') > 1000
          or v ->> 'address' !~ '^/calendar/[!-~]+$' or v - '{name,address}'::text[] <> '{}' end)
    end)
  then
    raise exception using errcode = 'AL019', column = 'saved_views',
      message = 'The saved views cannot be read, or are too many.',
      detail = format('%s bytes of JSON.', v_size),
      hint = 'Give at most 50 of {"name": "…", "address": "/calendar/…"}, 16,000 bytes in all.';
  end if;
  v_names := array(select v ->> 'name' from jsonb_array_elements(check_saved_views.views) v);
  if cardinality(v_names) <> (select count(distinct n) from unnest(v_names) n) then
    raise exception using errcode = 'AL019', column = 'saved_views', message = 'Two saved views have the same name.',
      detail = format('%s names.', cardinality(v_names)), hint = 'Rename or delete one.';
  end if;
  perform almanac_private.check_name('saved_views', n) from unnest(v_names) n;
end
$$;
comment on function almanac_private.check_saved_views(jsonb) is
  'Raises AL019 unless they are views of the calendar that a user may keep: an array of names and addresses.';
grant execute on function almanac_private.check_saved_views(jsonb) to almanac_admin;
--! EndIncluded functions/access/check_saved_views.sql
--! Included functions/access/check_task_use.sql
create or replace function almanac_private.check_task_use(task_identifier text) returns void
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_caller name := almanac_private.caller();
begin
  if task_identifier = 'almanac:sql' then
    perform almanac_private.check_may_run_sql();
  elsif task_identifier = 'almanac:check_ledger' and not pg_has_role(v_caller, 'almanac_admin', 'member')
    and not has_schema_privilege(v_caller, 'almanac_private', 'create')
  then
    raise exception using errcode = 'AL011', column = 'task_identifier',
      message = 'Only an admin schedules almanac:check_ledger.',
      detail = 'It reads the whole ledger, and Almanac''s own schedule almanac:check-ledger already runs '
        'it every hour.',
      hint = 'Look at what it found: select * from almanac.last_ledger_check(), or ask an admin.';
  end if;
end
$$;
comment on function almanac_private.check_task_use(text) is
  'Raises AL011 for a built-in task that the caller may not schedule.';
grant execute on function almanac_private.check_task_use(text) to almanac_viewer;
--! EndIncluded functions/access/check_task_use.sql
--! Included functions/access/count_uses.sql
-- Definer: keeps the counts in a table that no one else may write.
create or replace function almanac_private.count_uses(kind text, count bigint) returns void
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_now timestamptz := clock_timestamp();
  v_minute timestamptz := date_bin('1 minute', clock_timestamp(), '2000-01-01Z');
  v_limit_name constant text := count_uses.kind || '_per_hour';
  v_user bigint := almanac.current_user_id();
  v_role name := almanac_private.role_served(session_user);
  v_who text := coalesce('user ' || v_user, 'role ' || v_role);
  v_most bigint;
  v_used bigint;
  v_again timestamptz;
begin
  -- Whoever calls it directly only adds to their own count.
  if (count_uses.count > 0) is not true or not almanac_private.is_counted() then
    return;
  end if;
  v_most := almanac_private.limit_for(v_limit_name,
    case when v_user is null then v_role else almanac_private.caller() end);
  if v_most is null then
    return;
  end if;
  v_used := (
    select coalesce(sum(u.count), 0) from almanac_private.uses u
    where u.who = v_who and u.kind = count_uses.kind and u.used_at > v_now - interval '1 hour');
  if v_used + count_uses.count > v_most then
    v_again := almanac_private.use_again_at(v_who, count_uses.kind, count_uses.count, v_most, v_now);
    raise exception using errcode = 'AL028', message = almanac_private.use_note(v_limit_name, v_most),
      detail = format('%s: %s in the last hour, and %s more.', v_who, v_used, count_uses.count),
      hint = case when v_again is null then format('Ask for at most %s at a time.', v_most)
        else format('Try again after %s UTC.',
          to_char(v_again at time zone 'UTC' + interval '1 second', 'YYYY-MM-DD HH24:MI:SS')) end
        || format(' Admins have no limit, and the owner of the schema can change it: %s in almanac_private.settings.',
          v_limit_name);
  end if;
  -- A row for each minute and backend, so that an hour is a few rows, and who counts waits for no one.
  insert into almanac_private.uses as u (who, kind, used_at, backend, count)
  values (v_who, count_uses.kind, v_minute, pg_backend_pid(), count_uses.count)
  on conflict (who, kind, used_at, backend) do update set count = u.count + excluded.count;
  delete from almanac_private.uses u where u.id = any (array(
    select o.id from almanac_private.uses o where o.used_at < v_now - interval '1 hour'
    order by o.used_at limit 20 for update skip locked));
end
$$;
comment on function almanac_private.count_uses(text, bigint) is
  'Counts what an operator does, of a kind, by user and hour. Raises AL028 above <kind>_per_hour of '
  'almanac_private.settings. Admins and the owner are not counted.';
grant execute on function almanac_private.count_uses(text, bigint) to almanac_operator;
--! EndIncluded functions/access/count_uses.sql
--! Included functions/access/create_login_token.sql
-- Definer: the server's login may not read users or write tokens by itself.
create or replace function almanac_private.create_login_token(
  username text, token_hash bytea, lifetime interval default '15 minutes'
) returns timestamptz
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_user almanac.users;
  v_expires timestamptz := clock_timestamp() + create_login_token.lifetime;
begin
  select u.* into v_user from almanac.users u where u.username = create_login_token.username;
  if v_user.id is null or v_user.disabled_at is not null then
    raise exception using errcode = 'AL014',
      message = format('There is no user %s who may sign in.',
        coalesce(quote_literal(create_login_token.username), 'null')),
      detail = case when v_user.id is null then 'No user has this name.'
        else format('Disabled since %s.', v_user.disabled_at) end,
      hint = 'Look at: select username, role, disabled_at from almanac.users.';
  end if;
  delete from almanac_private.login_tokens t where t.expires_at < clock_timestamp() - interval '1 day';
  insert into almanac_private.login_tokens (token_hash, user_id, expires_at)
    values (create_login_token.token_hash, v_user.id, v_expires);
  return v_expires;
end
$$;
comment on function almanac_private.create_login_token(text, bytea, interval) is
  'Stores the hash of a sign-in token for a user; returns when it expires. Raises AL014 for a user who does not '
  'exist or is disabled.';
grant execute on function almanac_private.create_login_token(text, bytea, interval) to almanac_server;
--! EndIncluded functions/access/create_login_token.sql
--! Included functions/access/current_user_id.sql
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
comment on function almanac.current_user_id() is
  'The user who is signed in, over the server''s connection only; null: a database role on its own.';
grant execute on function almanac.current_user_id() to almanac_viewer, almanac_server;
--! EndIncluded functions/access/current_user_id.sql
--! Included functions/access/end_session.sql
-- Definer: writes sessions.
create or replace function almanac_private.end_session(token_hash bytea) returns void
language sql volatile security definer set search_path to pg_catalog, pg_temp
as $$
  delete from almanac_private.sessions s where s.token_hash = end_session.token_hash
$$;
comment on function almanac_private.end_session(bytea) is 'Signs a session out.';
grant execute on function almanac_private.end_session(bytea) to almanac_server;
--! EndIncluded functions/access/end_session.sql
--! Included functions/access/find_session.sql
-- Definer: reads sessions.
create or replace function almanac_private.find_session(token_hash bytea) returns almanac.users
language sql stable security definer set search_path to pg_catalog, pg_temp
as $$
  select u.* from almanac_private.sessions s join almanac.users u on u.id = s.user_id
  where s.token_hash = find_session.token_hash and s.expires_at > clock_timestamp() and u.disabled_at is null
$$;
comment on function almanac_private.find_session(bytea) is 'The user signed in by this session; null: no one.';
grant execute on function almanac_private.find_session(bytea) to almanac_server;
--! EndIncluded functions/access/find_session.sql
--! Included functions/access/follow_renames.sql
-- Called by the leader's heartbeat and by migrate, with the owner's rights.
--
-- A role's identity is its key, its oid on this server. Its name is stored next to it, as whatever groups, limits and
-- indexes by role goes by the name. PostgreSQL tells no one that a role was renamed, so the names as they were last
-- seen are kept, and compared every few seconds with what they are.
--
-- A schedule and its runs that have not ended change together, as open_sql_login tells by their names whether a run has
-- its schedule's role. What someone else holds locked is left for the next time, and so is a schedule with live runs
-- while another role has the old name, which some of these runs may mean.
create or replace function almanac_private.follow_renames() returns void
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_here constant text := almanac_private.server_key();
  v_role record;
  v_ids bigint[];
  v_engine text;
  v_fired almanac_private.fired[];
begin
  if v_here = '' then
    return; -- of another server, or of this one: an oid alone does not tell
  end if;
  for v_role in
    select n.role_key as key, n.role_name::text as was, r.rolname::text as name,
      exists (select from pg_roles o where o.rolname = n.role_name) as is_taken
    from almanac_private.role_names n join pg_roles r on r.oid = split_part(n.role_key, ':', 2)::oid
    where split_part(n.role_key, ':', 1) = v_here and r.rolname <> n.role_name
    order by n.role_key
  loop
    v_engine := almanac_private.enter_engine();
    v_ids := array(
      select s.id from almanac.schedules s where s.run_as_key = v_role.key and s.run_as <> v_role.name
      order by s.id for no key update skip locked);
    if not v_role.is_taken then
      with free as (
        select r.id, r.scheduled_for from almanac_private.live_runs l
        join almanac.runs r on r.id = l.run_id and r.scheduled_for = l.scheduled_for
        where l.schedule_id = any (v_ids) and l.run_as = v_role.was
        order by r.scheduled_for, r.id for no key update of r skip locked
      ), renamed as (
        update almanac.runs r set run_as = v_role.name from free f
        where r.id = f.id and r.scheduled_for = f.scheduled_for
        returning r.id, r.schedule_id
      )
      update almanac_private.live_runs l set run_as = v_role.name from renamed n
      where l.schedule_id = n.schedule_id and l.run_id = n.id;
    end if;
    update almanac.schedules s set run_as = v_role.name
    where s.id = any (v_ids) and not exists (
      select from almanac_private.live_runs l where l.schedule_id = s.id and l.run_as = v_role.was);
    update almanac.exclusion_calendars c set owned_by = v_role.name
    where c.owned_by_key = v_role.key and c.owned_by <> v_role.name;
    perform almanac_private.leave_engine(v_engine);

    if not v_role.is_taken then
      -- What its limits count, and the limits that are its own.
      with gone as (
        delete from almanac_private.fired f where f.run_as = v_role.was returning f
      ) select array_agg(g.f) into v_fired from gone g;
      insert into almanac_private.fired as f (run_as, minute, backend, runs, bytes)
      select v_role.name, o.minute, o.backend, o.runs, o.bytes from unnest(v_fired) o
      on conflict (run_as, minute, backend) do update
      set runs = f.runs + excluded.runs, bytes = f.bytes + excluded.bytes;
      update almanac_private.limits_met m set run_as = v_role.name where m.run_as = v_role.was;
      delete from almanac_private.unfinished_counts c where c.run_as in (v_role.was, v_role.name);
      update almanac_private.uses u set who = 'role ' || v_role.name
      where u.who = 'role ' || v_role.was and not exists (
        select from almanac_private.uses o
        where (o.who, o.kind, o.used_at, o.backend) = ('role ' || v_role.name, u.kind, u.used_at, u.backend));
      update almanac_private.settings s set key = split_part(s.key, ':', 1) || ':' || v_role.name
      where substr(s.key, strpos(s.key, ':') + 1) = v_role.was and s.key like '%:%' and not exists (
        select from almanac_private.settings o where o.key = split_part(s.key, ':', 1) || ':' || v_role.name);
    end if;
    update almanac_private.logins l set role_name = v_role.name
    where l.role_key = v_role.key and l.role_name = v_role.was;
    update almanac_private.role_names n set role_name = v_role.name
    where n.role_key = v_role.key and not exists (
      select from almanac.schedules s where s.run_as_key = v_role.key and s.run_as <> v_role.name);
  end loop;
  delete from almanac_private.role_names n
  where split_part(n.role_key, ':', 1) <> v_here
    or not exists (select from pg_roles r where r.oid = split_part(n.role_key, ':', 2)::oid);
  insert into almanac_private.role_names (role_key, role_name)
  select v_here || ':' || r.oid, r.rolname from pg_roles r
  where not exists (select from almanac_private.role_names n where n.role_key = v_here || ':' || r.oid)
  on conflict (role_key) do nothing;
end
$$;
comment on function almanac_private.follow_renames() is
  'Writes the new names of roles that were renamed wherever their names stand next to their keys: schedules, runs that '
  'have not ended, calendars, logins, what limits count, and the settings of a role. History keeps the old ones.';
--! EndIncluded functions/access/follow_renames.sql
--! Included functions/access/give_schedule.sql
-- Definer: run_as is written by nothing else; who may is checked first.
create or replace function almanac.give_schedule(schedule text, run_as name) returns almanac.schedules
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_schedule almanac.schedules := almanac_private.find_schedule(give_schedule.schedule);
  v_caller name := almanac_private.caller();
  v_engine text;
begin
  if v_schedule.is_system or not almanac_private.may_change(v_schedule.owner_user, v_schedule.run_as_key) then
    perform almanac_private.refuse_change(v_schedule.id);
  end if;
  if not exists (select from pg_roles r where r.rolname = give_schedule.run_as) then
    raise exception using errcode = 'AL024', column = 'run_as',
      message = format('There is no role %s.', coalesce(quote_ident(give_schedule.run_as), 'null')),
      detail = format('Schedule %s.', v_schedule.name), hint = 'Names are exact: select rolname from pg_roles.';
  end if;
  -- As PostgreSQL does with the owner of a table: no one makes others run what they could not run themselves.
  if not pg_has_role(v_caller, give_schedule.run_as, 'member')
    and not has_schema_privilege(v_caller, 'almanac_private', 'create') then
    raise exception using errcode = 'AL011', column = 'run_as',
      message = format('%s is not a member of %s.', v_caller, give_schedule.run_as),
      detail = format('Schedule %s.', v_schedule.name),
      hint = 'Give it to a role that you are a member of, or ask the owner of the database.';
  end if;
  v_engine := almanac_private.enter_engine();
  update almanac.schedules s
  set run_as = give_schedule.run_as, run_as_key = almanac_private.role_key(give_schedule.run_as),
    updated_at = statement_timestamp(), updated_by = almanac_private.actor()
  where s.id = v_schedule.id
  returning s.* into v_schedule;
  perform almanac_private.leave_engine(v_engine);
  perform almanac_private.notify_changed('almanac_schedules', array[v_schedule.id]);
  return v_schedule;
end
$$;
comment on function almanac.give_schedule(text, name) is
  'Makes a schedule run as another role, of which the caller must be a member; an admin gives away the schedules of '
  'a dropped role.';
grant execute on function almanac.give_schedule(text, name) to almanac_operator;
--! EndIncluded functions/access/give_schedule.sql
--! Included functions/access/grant_worker_rights.sql
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
  'Opens Graphile Worker''s tables, which only their owner may touch, to logins that are members of almanac_worker. '
  'Migrate calls it after Graphile Worker''s own migrations.';
--! EndIncluded functions/access/grant_worker_rights.sql
--! Included functions/access/hmac_sha256.sql
create or replace function almanac_private.hmac_sha256(key bytea, message bytea) returns bytea
language sql immutable strict security invoker parallel safe
return (
  select sha256(decode(string_agg(lpad(to_hex(b.byte # 92), 2, '0'), '' order by b.i), 'hex')
    || sha256(decode(string_agg(lpad(to_hex(b.byte # 54), 2, '0'), '' order by b.i), 'hex') || hmac_sha256.message))
  from (
    select i, case when i < length(hmac_sha256.key) then get_byte(hmac_sha256.key, i) else 0 end as byte
    from generate_series(0, 63) i
  ) b
);
comment on function almanac_private.hmac_sha256(bytea, bytea) is 'HMAC-SHA-256 with a key of at most 64 bytes.';
--! EndIncluded functions/access/hmac_sha256.sql
--! Included functions/access/is_counted.sql
create or replace function almanac_private.is_counted() returns boolean
language plpgsql stable parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  v_caller name := almanac_private.caller();
begin
  return pg_has_role(v_caller, 'almanac_operator', 'member') and not pg_has_role(v_caller, 'almanac_admin', 'member')
    and not has_schema_privilege(v_caller, 'almanac_private', 'create');
end
$$;
comment on function almanac_private.is_counted() is
  'Whether the limits of users hold for the caller: operators. Admins and the owner have none, and workers write for '
  'the engine.';
grant execute on function almanac_private.is_counted() to almanac_viewer;
--! EndIncluded functions/access/is_counted.sql
--! Included functions/access/is_limited.sql
create or replace function almanac_private.is_limited(run_as text) returns boolean
language sql stable parallel safe set search_path to pg_catalog, pg_temp
return not exists (
  select from pg_roles r where r.rolname = is_limited.run_as
    and (pg_has_role(r.oid, 'almanac_admin', 'member') or has_schema_privilege(r.oid, 'almanac_private', 'create')));
comment on function almanac_private.is_limited(text) is
  'Whether what schedules of this role fire is limited: not for admins and the owner.';
--! EndIncluded functions/access/is_limited.sql
--! Included functions/access/login_key.sql
create or replace function almanac_private.login_key(role_name name) returns text
language plpgsql stable parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  v_key text := almanac_private.role_key(login_key.role_name);
begin
  return case when split_part(v_key, ':', 1) <> '' and split_part(v_key, ':', 2) <> '0' then v_key end;
end
$$;
comment on function almanac_private.login_key(name) is
  'As role_key(), for roles that are trusted: null where there is no such role, or the server''s identifier is not '
  'known, so that it equals nothing.';
grant execute on function almanac_private.login_key(name) to almanac_viewer, almanac_server;
--! EndIncluded functions/access/login_key.sql
--! Included functions/access/is_server_login.sql
-- Definer: the table of logins holds a password and is closed to everyone who asks this.
create or replace function almanac_private.is_server_login() returns boolean
language sql stable security definer parallel safe set search_path to pg_catalog, pg_temp
as $$
  select exists (
    select from almanac_private.logins l
    where l.role_name = session_user and l.purpose = 'server' and l.role_key = almanac_private.login_key(session_user)
  )
$$;
comment on function almanac_private.is_server_login() is
  'Whether this connection is the server''s, so that its claims count.';
grant execute on function almanac_private.is_server_login() to almanac_viewer, almanac_server;
--! EndIncluded functions/access/is_server_login.sql
--! Included functions/access/limit_for.sql
create or replace function almanac_private.limit_for(limit_name text, run_as text) returns bigint
language sql stable parallel safe
return (
  -- What is no number is no limit: it must not keep anything from firing.
  select case when s.value #>> '{}' ~ '^\d{1,15}(\.\d{1,15})?$' then trunc((s.value #>> '{}')::numeric)::bigint end
  from almanac_private.settings s
  where s.key in (limit_name, limit_name || ':' || run_as) order by length(s.key) desc limit 1);
comment on function almanac_private.limit_for(text, text) is
  'A limit of what the schedules of a role fire: its own, <limit>:<role> of almanac_private.settings, else that of '
  'all roles; null: none.';
--! EndIncluded functions/access/limit_for.sql
--! Included functions/access/put_off_by_limit.sql
-- Called by definer functions, which may read what is put off.
create or replace function almanac_private.put_off_by_limit()
returns table (run_as text, limit_name text, count bigint, since timestamptz, until timestamptz)
language sql stable
begin atomic
  select s.run_as::text, p.limit_name, count(*), min(p.due_at), min(p.until)
  from almanac_private.put_off p join almanac.schedules s on s.id = p.schedule_id and s.next_run_at = p.until
  group by s.run_as, p.limit_name;
end;
comment on function almanac_private.put_off_by_limit() is
  'How many schedules of each role are put off as it has met a limit, since when the first was due, and until when.';
--! EndIncluded functions/access/put_off_by_limit.sql
--! Included functions/access/limit_met.sql
-- Definer: reads what is put off, which no one else may. For every page of a browser, so without counting.
create or replace function almanac_private.limit_met(
  out run_as text, out limit_name text, out most bigint, out schedules bigint, out until timestamptz
)
language sql stable security definer set search_path to pg_catalog, pg_temp
begin atomic
  select p.run_as, p.limit_name, almanac_private.limit_for(p.limit_name, p.run_as), p.count, p.until
  from almanac_private.put_off_by_limit() p order by p.count desc, p.run_as, p.limit_name limit 1;
end;
comment on function almanac_private.limit_met() is
  'The role with most schedules that are put off, as it has met a limit, and which; null: none is.';
grant execute on function almanac_private.limit_met() to almanac_viewer;
--! EndIncluded functions/access/limit_met.sql
--! Included functions/access/limits.sql
-- Definer: reads counts that no one else may.
create or replace function almanac.limits() returns table (
  run_as text, limit_name text, used bigint, most bigint, put_off bigint, since timestamptz, until timestamptz,
  note text, who text
)
language plpgsql stable security definer set search_path to pg_catalog, pg_temp set lock_timeout to '200ms'
as $$
#variable_conflict use_column
declare
  v_now timestamptz := clock_timestamp();
begin
  return query
  with waiting as materialized (
    select p.* from almanac_private.put_off_by_limit() p
  ), used as materialized (
    select f.run_as, sum(f.runs)::bigint as runs, sum(f.bytes)::bigint as bytes
    from almanac_private.fired f where f.minute > v_now - interval '1 hour' group by f.run_as
  ), roles as (
    select u.run_as from used u union select w.run_as from waiting w
  )
  select r.run_as, l.limit_name, l.used, l.most, coalesce(w.count, 0), w.since, w.until,
    case when w.count > 0
      then format('%s %s put off, the first until %s UTC. The owner of the schema can change the limit, for all roles '
      'or for one: %s or %s in almanac_private.settings.',
      almanac_private.limit_note(r.run_as, l.limit_name, l.used, l.most),
      case w.count when 1 then '1 schedule is' else w.count || ' schedules are' end,
      to_char(w.until at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS'),
      l.limit_name, l.limit_name || ':' || r.run_as) end, null
  from roles r
  left join used u on u.run_as = r.run_as
  cross join lateral (
    select m.limit_name, almanac_private.limit_for(m.limit_name, r.run_as) as most, m.used
    from (values ('runs_per_hour', coalesce(u.runs, 0)), ('payload_bytes_per_hour', coalesce(u.bytes, 0)),
      ('unfinished_runs', almanac_private.count_unfinished(r.run_as, 1000000))) m(limit_name, used)
  ) l
  left join waiting w on w.run_as = r.run_as and w.limit_name = l.limit_name
  where almanac_private.is_limited(r.run_as)
  order by w.count is null, r.run_as, l.limit_name;

  return query
  with users as (
    select u.who, u.kind, sum(u.count)::bigint as count
    from almanac_private.uses u where u.used_at > v_now - interval '1 hour' group by u.who, u.kind
  ), owners as (
    -- Users have the limits of all operators.
    select d.who, split_part(d.who, ' ', 1) as is_a, p.name, case when d.who like 'role %' then p.name
      else 'almanac_operator' end as of_role
    from (select distinct u.who from users u) d
    cross join lateral (select substr(d.who, 6) as name) p
  ), used as (
    select u.who, u.kind, u.kind || '_per_hour' as limit_name, u.count from users u
    union all
    select o.who, null, h.limit_name, h.count
    from owners o
    cross join lateral (
      select case o.is_a when 'user' then o.name::bigint end as owner_user,
        case o.is_a when 'role' then almanac_private.role_key(o.name::name) end as role_key) k
    cross join lateral (values
      ('schedules_at_once', almanac_private.schedules_of(k.owner_user, k.role_key)),
      ('calendars_at_once', almanac_private.calendars_of(k.owner_user, k.role_key))) h(limit_name, count)
    where h.count > 0
  )
  select null::text, u.limit_name, u.count, l.most, 0::bigint, null::timestamptz, a.again_at,
    case when u.count >= l.most then almanac_private.use_note(u.limit_name, l.most)
      || format(' %s has reached it, with %s', n.name, u.count)
      || coalesce(to_char(a.again_at at time zone 'UTC',
        '": one more is possible after" YYYY-MM-DD HH24:MI:SS "UTC"'), '')
      || format('. The owner of the schema changes it: %s in almanac_private.settings.', u.limit_name) end,
    n.name
  from used u join owners o on o.who = u.who
  cross join lateral (
    select coalesce((select a.username from almanac.users a where o.is_a = 'user' and a.id::text = o.name),
      o.name) as name) n
  cross join lateral (select almanac_private.limit_for(u.limit_name, o.of_role) as most) l
  cross join lateral (
    select case when u.count >= l.most then almanac_private.use_again_at(u.who, u.kind, 1, l.most, v_now) end
      as again_at) a
  order by n.name, u.limit_name;
exception when lock_not_available then
  return;
end
$$;
comment on function almanac.limits() is
  'What the schedules of each role that is neither an admin nor the owner have fired in the last hour, and have '
  'unfinished, next to what they may. most: null, no limit. put_off: how many of its schedules are put off as it has '
  'met the limit, since when the first was due, and until when; note says so in words, and how to change it. '
  'Then what each operator has done in the last hour, and has: who, a user or a login; run_as is null. until: when one '
  'more is possible, where a limit of an hour is reached.';
grant execute on function almanac.limits() to almanac_viewer;
--! EndIncluded functions/access/limits.sql
--! Included functions/access/loads_dump.sql
create or replace function almanac_private.loads_dump() returns boolean
language sql stable parallel safe
return current_setting('check_function_bodies') = 'off'
  and current_setting('almanac.system', true) is distinct from 'on'
  and has_schema_privilege(session_user, 'almanac_private', 'create');
comment on function almanac_private.loads_dump() is
  'Whether a script of pg_dump writes, which says so by a setting that anyone may make, and for the owner or a '
  'superuser, who alone may load it.';
grant execute on function almanac_private.loads_dump() to almanac_viewer;
--! EndIncluded functions/access/loads_dump.sql
--! Included functions/access/may_change.sql
create or replace function almanac_private.may_change(owner_user bigint, role_key text) returns boolean
language plpgsql stable parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  v_caller name := almanac_private.caller();
begin
  if pg_has_role(v_caller, 'almanac_admin', 'member')
    or has_schema_privilege(v_caller, 'almanac_private', 'create') then
    return true; -- the second is the owner of the schema, who bypasses row security anyway
  end if;
  if not pg_has_role(v_caller, 'almanac_operator', 'member') then
    return false;
  end if;
  if may_change.owner_user is null then
    -- By the number, and the server last: for each row of a statement over many.
    return coalesce(pg_has_role(v_caller, split_part(may_change.role_key, ':', 2)::oid, 'member')
      and split_part(may_change.role_key, ':', 1) = almanac_private.server_key(), false);
  end if;
  return coalesce(may_change.owner_user = almanac.current_user_id(), false);
end
$$;
comment on function almanac_private.may_change(bigint, text) is
  'Whether the caller may change a schedule: admins all, operators what their user owns, or, without a user, what '
  'their role runs.';
grant execute on function almanac_private.may_change(bigint, text) to almanac_viewer, almanac_server;
--! EndIncluded functions/access/may_change.sql
--! Included functions/access/new_password.sql
create or replace function almanac_private.new_password() returns text
language sql volatile security invoker parallel safe
return replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', '');
comment on function almanac_private.new_password() is
  'A password of 244 random bits for a login. It is made here as PostgreSQL logs what it is sent, and not what it '
  'answers.';
--! EndIncluded functions/access/new_password.sql
--! Included functions/access/server_key.sql
create or replace function almanac_private.server_key() returns text
language plpgsql stable parallel safe set search_path to pg_catalog, pg_temp
as $$
begin
  -- What everyone may ask, the owner may: the short way, for statements over many rows.
  if has_function_privilege('public', 'pg_catalog.pg_control_system()', 'execute') then
    return (select c.system_identifier::text from pg_control_system() c);
  end if;
  return coalesce((select h.system_identifier from almanac_private.here() h)::text, '');
end
$$;
comment on function almanac_private.server_key() is
  'What the key of a role says of its server: as here() does, as text, and empty where the owner may not ask.';
grant execute on function almanac_private.server_key() to almanac_viewer, almanac_server;
--! EndIncluded functions/access/server_key.sql
--! Included functions/access/no_role_key.sql
create or replace function almanac_private.no_role_key() returns text
language sql stable parallel safe set search_path to pg_catalog, pg_temp
return almanac_private.server_key() || ':0';
comment on function almanac_private.no_role_key() is
  'The key of no role: what has this key and no user belongs to no one, and only admins change it.';
grant execute on function almanac_private.no_role_key() to almanac_viewer, almanac_server;
--! EndIncluded functions/access/no_role_key.sql
--! Included functions/access/open_sql_login.sql
-- Definer: makes roles, and the table of logins is the owner's.
create or replace function almanac_private.open_sql_login(
  run_id bigint, scheduled_for timestamptz, make boolean default false, failed text default null,
  out role_name name, out kept text, out serves name, out lacks text, out changed text
) returns setof record
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp set lock_timeout to '2s'
as $$
#variable_conflict use_column
declare
  v_login almanac_private.logins;
  v_found boolean;
  v_key text;
  v_role pg_roles;
  v_setting pg_db_role_setting;
  v_restricted boolean := current_setting('server_version_num')::integer >= 160000;
begin
  select case
      when s.run_as is distinct from r.run_as then r.run_as
      -- Renamed, and another role has the name now: which of them the run means cannot be told.
      when almanac_private.role_of_key(s.run_as_key) <> s.run_as
        and exists (select from pg_roles o where o.rolname = s.run_as) then null
      else almanac_private.role_of_key(s.run_as_key) end
    into open_sql_login.serves
  from almanac.runs r left join almanac.schedules s on s.id = r.schedule_id
  where r.id = open_sql_login.run_id and r.scheduled_for = open_sql_login.scheduled_for and r.status = 'running'
    and r.task_identifier = 'almanac:sql';
  if not found then
    return;
  end if;
  v_key := almanac_private.login_key(open_sql_login.serves);
  select r.* into v_role from pg_roles r where r.rolname = open_sql_login.serves;
  if v_key is null then
    open_sql_login.lacks := 'role';
    return next;
    return;
  end if;

  -- One after the other, where it may have to be made; who reads waits for nothing.
  if open_sql_login.make then
    lock table almanac_private.logins in share row exclusive mode;
  end if;
  select l.* into v_login from almanac_private.logins l
  where l.purpose = 'sql' and l.database_oid = (select d.oid from pg_database d where d.datname = current_database())
    and (l.serves = v_key or l.role_key = v_key)
    and (l.role_key = almanac_private.login_key(l.role_name) or l.role_key = almanac_private.server_key() || ':0')
  order by l.role_key = v_key desc limit 1;
  v_found := found;
  if not v_found and not open_sql_login.make then
    open_sql_login.lacks := 'login';
    return next;
    return;
  end if;

  if not v_found then
    v_login.role_name := 'almanac_sql_' || left(open_sql_login.serves, 40);
    if to_regrole(quote_ident(v_login.role_name)) is not null then
      v_login.role_name := v_login.role_name || '_' || left(md5(almanac_private.new_password()), 8);
    end if;
    v_login.password := almanac_private.new_password();
    begin
      execute format('create role %I login password %L',
        v_login.role_name, almanac_private.scram_verifier(v_login.password));
      v_login.role_key := almanac_private.login_key(v_login.role_name);
    exception when insufficient_privilege then
      -- Noted all the same: a DBA makes it, with the password that is kept.
      v_login.role_key := almanac_private.server_key() || ':0';
    end;
    -- What a copy or a dump brought, or is of a role that is gone.
    delete from almanac_private.logins l
      where l.purpose = 'sql' and (l.serves = v_key or l.role_name = v_login.role_name);
    insert into almanac_private.logins (role_name, purpose, password, role_key, serves, database_oid)
    select v_login.role_name, 'sql', v_login.password, v_login.role_key, v_key, d.oid from pg_database d
      where d.datname = current_database();
  elsif split_part(v_login.role_key, ':', 2) = '0' then
    v_login.role_key := coalesce(almanac_private.login_key(v_login.role_name), v_login.role_key);
    update almanac_private.logins l set role_key = v_login.role_key where l.role_name = v_login.role_name
      and l.purpose = 'sql';
  elsif open_sql_login.make
    and open_sql_login.failed = encode(sha256(convert_to(v_login.password, 'UTF8')), 'hex')
  then
    v_login.password := almanac_private.new_password();
    execute format('alter role %I password %L',
      v_login.role_name, almanac_private.scram_verifier(v_login.password));
    open_sql_login.changed := 'its password';
    update almanac_private.logins l set password = v_login.password where l.role_name = v_login.role_name
      and l.purpose = 'sql';
  end if;
  open_sql_login.role_name := v_login.role_name;
  open_sql_login.kept := v_login.password;
  -- Nothing runs with the rights of the owner or a superuser: the logins of such roles have only what they are granted.
  -- A login that is the run's role has its own.
  if pg_has_role(v_role.oid, (select n.nspowner from pg_namespace n where n.nspname = 'almanac'), 'member')
    or v_role.rolname = v_login.role_name then
    open_sql_login.serves := null;
  end if;
  if split_part(v_login.role_key, ':', 2) = '0' then
    open_sql_login.lacks := 'creation';
    return next;
    return;
  end if;
  if open_sql_login.serves is not null
    and not exists (select from pg_auth_members m
      where m.roleid = v_role.oid and m.member = to_regrole(quote_ident(v_login.role_name))) then
    begin
      execute format('grant %I to %I %s', v_role.rolname, v_login.role_name,
        case when v_restricted then 'with inherit true, set false' end);
    exception when insufficient_privilege then
      open_sql_login.lacks := 'grant';
    end;
  end if;

  for v_setting in select s.* from pg_db_role_setting s
    where s.setrole = to_regrole(quote_ident(v_login.role_name)) loop
    begin
      execute format('alter role %I %s reset all', v_login.role_name,
        (select format('in database %I', d.datname) from pg_database d where d.oid = v_setting.setdatabase));
    exception when insufficient_privilege then
      open_sql_login.lacks := 'reset';
    end;
    -- What stays, a superuser has set: no statement could.
    if open_sql_login.lacks is not null or not exists (
      select from pg_db_role_setting s
        where (s.setrole, s.setdatabase, s.setconfig) = (v_setting.setrole, v_setting.setdatabase, v_setting.setconfig))
    then
      open_sql_login.changed := concat_ws(', ', open_sql_login.changed, array_to_string(v_setting.setconfig, ', '));
    end if;
  end loop;
  if open_sql_login.changed is not null then
    update almanac_private.logins l set changed_at = clock_timestamp(),
      -- Settings and password are found one after the other.
      changed_what
        = left(concat_ws(', ', case when l.changed_at > clock_timestamp() - interval '10 seconds' then l.changed_what
        end, open_sql_login.changed), 1000)
    where l.role_name = v_login.role_name and l.purpose = 'sql';
  end if;
  return next;
end
$$;
comment on function almanac_private.open_sql_login(bigint, timestamptz, boolean, text) is
  'The login for a run of almanac:sql, which has the rights of the role that the run runs as and serves no other. '
  'serves: that role; null: it has no rights of another. lacks: why it cannot be used. With make, it is created, or '
  'given a new password if the stored one failed (failed is the SHA-256 of that one). changed: what someone had '
  'changed, which is undone. No row: this is not a running run of that task.';
grant execute on function almanac_private.open_sql_login(bigint, timestamptz, boolean, text) to almanac_worker;
--! EndIncluded functions/access/open_sql_login.sql
--! Included functions/access/redeem_login_token.sql
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
  insert into almanac_private.settings (key, value) values ('signed_in_at', to_jsonb(clock_timestamp()))
  on conflict (key) do nothing;
  return true;
end
$$;
comment on function almanac_private.redeem_login_token(bytea, bytea, interval) is
  'Redeems a sign-in token, once and in time, and opens a session under another hash; false: it was already used, '
  'has expired, or never existed.';
grant execute on function almanac_private.redeem_login_token(bytea, bytea, interval) to almanac_server;
--! EndIncluded functions/access/redeem_login_token.sql
--! Included functions/access/refuse_change.sql
create or replace function almanac_private.refuse_change(schedule_id bigint) returns void
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_schedule almanac.schedules;
  v_role name;
begin
  select s.* into v_schedule from almanac.schedules s where s.id = refuse_change.schedule_id;
  v_role := almanac_private.role_of_key(v_schedule.run_as_key);
  if v_schedule.id is null then
    raise exception using errcode = 'AL007',
      message = format('There is no schedule with id %s.', refuse_change.schedule_id),
      detail = 'It may have been deleted.', hint = 'Look at: select id, name from almanac.schedules.';
  end if;
  if v_schedule.is_system then
    raise exception using errcode = 'AL017',
      message = format('Schedule %s is Almanac''s own and cannot be changed.', v_schedule.name),
      detail = 'It is a system schedule.',
      hint = 'An admin can run it at once, with almanac.trigger_now(). To leave it out of a statement over '
        'many rows, add: '
      'where almanac.schedules_may_change(schedules).';
  end if;
  raise exception using errcode = 'AL011',
    message = format('Schedule %s may not be changed by %s.', v_schedule.name, almanac_private.actor()),
    detail = format('It belongs to %s.',
      coalesce((select u.username from almanac.users u where u.id = v_schedule.owner_user), v_role::text,
      case when v_schedule.owner_user is null
        then format('no one: its user, or the role %s, no longer exists', v_schedule.run_as) end)),
    hint = case when v_schedule.owner_user is null and v_role is null
      then format('An admin can give it to another role: select almanac.give_schedule(%L, ''…''). After a restore '
        'from another server: npx almanac migrate. ', v_schedule.name)
      else 'Its owner and admins may change it. ' end || 'To leave it out of a statement over many rows, add: where '
        'almanac.schedules_may_change(schedules).';
end
$$;
comment on function almanac_private.refuse_change(bigint) is
  'Raises why a schedule cannot be changed by the caller: AL007, it is not there, AL017, it is Almanac''s own, or '
  'AL011, it is someone else''s.';
grant execute on function almanac_private.refuse_change(bigint) to almanac_viewer;
--! EndIncluded functions/access/refuse_change.sql
--! Included functions/access/role_key.sql
create or replace function almanac_private.role_key(role_name name) returns text
language plpgsql stable parallel safe set search_path to pg_catalog, pg_temp
as $$
begin
  return almanac_private.server_key() || ':'
    || coalesce((select r.oid from pg_roles r where r.rolname = role_key.role_name), 0::oid);
end
$$;
comment on function almanac_private.role_key(name) is
  'Which role a name means here and now: the server, and the role''s oid there, which survives a rename and is not '
  'reused. Oid 0: there is none.';
grant execute on function almanac_private.role_key(name) to almanac_viewer, almanac_server;
--! EndIncluded functions/access/role_key.sql
--! Included functions/access/role_of_key.sql
create or replace function almanac_private.role_of_key(role_key text) returns name
language plpgsql stable parallel safe set search_path to pg_catalog, pg_temp
as $$
begin
  if split_part(role_of_key.role_key, ':', 1) is distinct from almanac_private.server_key() then
    return null;
  end if;
  return (select r.rolname from pg_roles r where r.oid = split_part(role_of_key.role_key, ':', 2)::oid);
end
$$;
comment on function almanac_private.role_of_key(text) is
  'What the role of a key is called now. Null: it was dropped, or belongs to another server, from which a dump came; '
  'migrate then looks for the name.';
grant execute on function almanac_private.role_of_key(text) to almanac_viewer, almanac_server;
--! EndIncluded functions/access/role_of_key.sql
--! Included functions/access/role_served.sql
-- Definer: the table of logins holds a password and is closed to everyone who asks this.
create or replace function almanac_private.role_served(login name) returns name
language sql stable security definer parallel safe set search_path to pg_catalog, pg_temp
as $$
  select coalesce((
    select r.rolname from almanac_private.logins l join pg_roles r on r.rolname = almanac_private.role_of_key(l.serves)
    where l.role_name = role_served.login and l.purpose = 'sql'
      and l.role_key = almanac_private.login_key(role_served.login) and pg_has_role(role_served.login, r.oid, 'usage')
  ), role_served.login)
$$;
comment on function almanac_private.role_served(name) is
  'The role whose statements run as a login of almanac:sql, and which owns what they make; any other role as it is, '
  'and a login that has no rights of the role that it serves.';
grant execute on function almanac_private.role_served(name) to almanac_viewer, almanac_server;
--! EndIncluded functions/access/role_served.sql
--! Included functions/access/run_as_after.sql
create or replace function almanac_private.run_as_after(run_as name, editor name) returns name
language sql stable parallel safe set search_path to pg_catalog, pg_temp
return case
  when exists (select from pg_roles r where r.rolname = run_as_after.run_as
    and pg_has_role(run_as_after.editor, r.oid, 'member'))
  then run_as_after.run_as
  else run_as_after.editor
end;
comment on function almanac_private.run_as_after(name, name) is
  'The role that a schedule runs as once someone has changed what it runs: its own where the editor is a member of '
  'it (a team keeps its schedule), else the editor''s, so that no one''s text runs with rights that they do not have.';
grant execute on function almanac_private.run_as_after(name, name) to almanac_viewer;
--! EndIncluded functions/access/run_as_after.sql
--! Included functions/access/schedules_may_change.sql
create or replace function almanac.schedules_may_change(schedule almanac.schedules) returns boolean
language sql stable parallel safe
return not (schedules_may_change.schedule).is_system
  and almanac_private.may_change((schedules_may_change.schedule).owner_user,
    (schedules_may_change.schedule).run_as_key);
comment on function almanac.schedules_may_change(almanac.schedules) is
  'Whether the caller may change or delete the schedule: update almanac.schedules set … where '
  'almanac.schedules_may_change(schedules).';
grant execute on function almanac.schedules_may_change(almanac.schedules) to almanac_viewer;
--! EndIncluded functions/access/schedules_may_change.sql
--! Included functions/access/schedules_of.sql
create or replace function almanac_private.schedules_of(owner_user bigint, role_key text) returns bigint
language sql stable
begin atomic
  -- Each part by its index.
  select (
    select count(*) from almanac.schedules s
    where s.owner_user = schedules_of.owner_user
      and s.deleted_at is null and s.status <> 'completed' and not s.is_system
  ) + (
    select count(*) from almanac.schedules s
    where schedules_of.owner_user is null and s.owner_user is null and s.run_as_key = schedules_of.role_key
      and s.deleted_at is null and s.status <> 'completed' and not s.is_system
  );
end;
comment on function almanac_private.schedules_of(bigint, text) is
  'How many schedules that can still run belong to a user, or else to the role of the key.';
grant execute on function almanac_private.schedules_of(bigint, text) to almanac_viewer;
--! EndIncluded functions/access/schedules_of.sql
--! Included functions/access/scram_verifier.sql
-- As worker/scram.ts, with one iteration: more of them slow down whoever guesses a person's password; 244 random bits
-- are not guessed.
create or replace function almanac_private.scram_verifier(password text) returns text
language sql volatile strict security invoker parallel safe
return (
  with salt as materialized (select uuid_send(gen_random_uuid()) as salt),
  salted as materialized (
    select salt.salt,
      almanac_private.hmac_sha256(convert_to(scram_verifier.password, 'UTF8'), salt.salt || '\x00000001'::bytea) as key
    from salt)
  select 'SCRAM-SHA-256$1:' || encode(salted.salt, 'base64')
    || '$' || encode(sha256(almanac_private.hmac_sha256(salted.key, 'Client Key'::bytea)), 'base64')
    || ':' || encode(almanac_private.hmac_sha256(salted.key, 'Server Key'::bytea), 'base64')
  from salted
);
comment on function almanac_private.scram_verifier(text) is
  'What PostgreSQL keeps of a password from new_password(): statements that create a login have this, never the '
  'password itself.';
--! EndIncluded functions/access/scram_verifier.sql
--! Included functions/access/sign_in_is_set_up.sql
-- Definer: the server's login may not read tokens or sessions.
create or replace function almanac_private.sign_in_is_set_up() returns boolean
language sql stable security definer set search_path to pg_catalog, pg_temp
as $$
  select exists (select from almanac_private.settings s where s.key = 'signed_in_at')
    or exists (select from almanac_private.login_tokens t where t.spent_at is null and t.expires_at > clock_timestamp())
$$;
comment on function almanac_private.sign_in_is_set_up() is
  'Whether anyone has ever signed in, or can by a link that is still valid: until then the server answers on the '
  'loopback interface only.';
grant execute on function almanac_private.sign_in_is_set_up() to almanac_server;
--! EndIncluded functions/access/sign_in_is_set_up.sql
--! Included functions/access/signed_in_user.sql
create or replace function almanac.signed_in_user() returns almanac.users
language sql stable set search_path to pg_catalog, pg_temp
as $$
  select u.* from almanac.users u where u.id = almanac.current_user_id()
$$;
comment on function almanac.signed_in_user() is
  'The user who is signed in; null: no one, or a database role on its own.';
grant execute on function almanac.signed_in_user() to almanac_viewer;
--! EndIncluded functions/access/signed_in_user.sql
--! Included functions/access/sql_login.sql
-- Definer: the table of logins holds a password and is closed to everyone who asks this.
create or replace function almanac.sql_login(run_as name default null) returns text
language sql stable security definer parallel safe set search_path to pg_catalog, pg_temp
as $$
  select l.role_name from almanac_private.logins l
  where l.purpose = 'sql' and l.role_key = almanac_private.login_key(l.role_name)
    and (l.serves is null
      or almanac_private.login_key(coalesce(sql_login.run_as, almanac_private.caller())) in (l.serves, l.role_key))
  order by l.serves is null, l.role_name limit 1
$$;
comment on function almanac.sql_login(name) is
  'The login that statements of almanac:sql run as, for schedules that run as a role; null: the caller''s. It has '
  'the rights of that role, and what it is granted itself; that of the owner, almanac_sql, only the latter. Null: it '
  'is made when the first statement runs, or see ALMANAC_SQL_URL.';
grant execute on function almanac.sql_login(name) to almanac_viewer;
--! EndIncluded functions/access/sql_login.sql
--! Included functions/access/sql_logins_changed.sql
-- Definer: the table of logins holds a password and is closed to everyone who asks this.
create or replace function almanac_private.sql_logins_changed(
  since timestamptz, out role_name name, out changed_at timestamptz, out changed_what text
)
returns setof record
language sql stable security definer parallel safe set search_path to pg_catalog, pg_temp
as $$
  select l.role_name, l.changed_at, l.changed_what from almanac_private.logins l
  where l.changed_at >= sql_logins_changed.since order by l.changed_at desc limit 20
$$;
comment on function almanac_private.sql_logins_changed(timestamptz) is
  'Logins of almanac:sql whose password or settings someone had changed, which was undone; the latest first.';
grant execute on function almanac_private.sql_logins_changed(timestamptz) to almanac_viewer;
--! EndIncluded functions/access/sql_logins_changed.sql
--! Included functions/access/tg_check_user.sql
create or replace function almanac_private.tg_check_user() returns trigger
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_message text;
  v_detail text;
  v_hint text;
begin
  if tg_op = 'INSERT' and almanac_private.loads_dump()
    and exists (select from almanac.users u where u.id = new.id or u.username = new.username)
  then
    raise exception using errcode = 'AL013', column = 'id',
      message = 'A dump of users cannot be loaded where users already exist.',
      detail = format('User %s, id %s.', new.username, new.id),
      hint = 'Restore a whole dump into an empty database, or load schedules and calendars alone: docs/operations.md, '
        '"Schedules alone".';
  elsif (new.username ~ '^[[:alnum:]._@+-]{1,100}$') is not true then
    raise exception using errcode = 'AL019', column = 'username',
      message = 'A user name is one word of 1 to 100 letters, digits and . _ @ + - characters.',
      detail = format('username: %s.', coalesce(quote_literal(left(new.username, 200)), 'null')),
      hint = 'Put any other name into display_name.';
  end if;
  if tg_op = 'INSERT' or new.username <> old.username then
    perform almanac_private.check_name('username', new.username);
  end if;
  if tg_op = 'INSERT' then
    perform almanac_private.check_id(new.id);
  elsif new.username <> old.username and exists (select from almanac.users u where u.username = new.username) then
    raise exception using errcode = '23505', column = 'username', constraint = 'username_is_unique',
      message = format('A user %s already exists.', quote_literal(new.username)),
      detail = format('User %s, id %s.', old.username, old.id), hint = 'Choose another name.';
  end if;
  if tg_op = 'INSERT' or new.display_name is distinct from old.display_name then
    perform almanac_private.check_name('display_name', new.display_name);
  end if;
  if new.timezone is not null and (tg_op = 'INSERT' or new.timezone is distinct from old.timezone) then
    perform almanac_private.check_timezone(new.timezone);
  end if;
  if new.second_timezone <> 'none'
    and (tg_op = 'INSERT' or new.second_timezone is distinct from old.second_timezone)
  then
    begin
      perform almanac_private.check_timezone(new.second_timezone);
    exception when sqlstate 'AL002' then
      get stacked diagnostics v_message = message_text, v_detail = pg_exception_detail, v_hint = pg_exception_hint;
      raise exception using errcode = 'AL002', column = 'second_timezone', message = v_message, detail = v_detail,
        hint = v_hint;
    end;
  end if;
  if new.clock_hours not in (12, 24) then
    raise exception using errcode = 'AL019', column = 'clock_hours', message = 'A clock has 12 or 24 hours.',
      detail = format('clock_hours: %s.', new.clock_hours), hint = 'Give 12 or 24; null: 24.';
  elsif new.week_starts_on not between 1 and 7 then
    raise exception using errcode = 'AL019', column = 'week_starts_on', message = 'A week has the days 1 to 7.',
      detail = format('week_starts_on: %s.', new.week_starts_on),
      hint = 'Give 1 for Monday to 7 for Sunday; null: Monday.';
  end if;
  if new.saved_views is not null and (tg_op = 'INSERT' or new.saved_views is distinct from old.saved_views) then
    perform almanac_private.check_saved_views(new.saved_views);
  end if;
  perform almanac_private.check_given('almanac.users', to_jsonb(new));
  return new;
end
$$;
comment on function almanac_private.tg_check_user() is 'Before an insert or update of a user: checks it.';
--! EndIncluded functions/access/tg_check_user.sql
--! Included functions/access/tg_count_written.sql
create or replace function almanac_private.tg_count_written() returns trigger
language plpgsql volatile set search_path to pg_catalog, pg_temp
  -- By key: the tables may be large, and what is counted of them is an owner's.
  set jit to off
as $$
declare
  v_written record;
  v_held record;
begin
  if not almanac_private.is_counted() then
    return null;
  end if;
  -- What a row is made of is stored as it is measured here: a large value compressed.
  if tg_op = 'UPDATE' and tg_table_name = 'schedules' then
    -- A payload that stays is not written again.
    select count(*) as rows, sum(case when n.payload is distinct from o.payload
      or n.description is distinct from o.description then pg_column_size(n) end) as bytes,
      bool_or(o.deleted_at is not null or o.status = 'completed') as are_more
    into v_written
    from new_rows n join old_rows o on o.id = n.id;
  else
    select count(*) as rows, sum(pg_column_size(n)) as bytes, true as are_more into v_written from new_rows n;
  end if;
  if v_written.rows = 0 then
    return null;
  end if;
  perform almanac_private.count_uses(case tg_op when 'INSERT' then tg_argv[0] else 'changes' end, v_written.rows);
  perform almanac_private.count_uses('written_bytes', v_written.bytes);

  if not v_written.are_more then
    return null;
  end if;
  if tg_table_name = 'schedules' then
    for v_held in
      select n.owner_user, n.run_as_key, min(n.run_as::text) as run_as,
        almanac_private.schedules_of(n.owner_user, n.run_as_key) as count
      from new_rows n where n.deleted_at is null
      group by n.owner_user, n.run_as_key
    loop
      perform almanac_private.check_at_once('schedules_at_once', v_held.run_as::name,
        coalesce('user ' || v_held.owner_user, 'role ' || v_held.run_as), v_held.count);
    end loop;
  elsif tg_table_name = 'exclusion_calendars' then
    for v_held in
      select n.owner_user, n.owned_by_key, min(n.owned_by::text) as owned_by,
        almanac_private.calendars_of(n.owner_user, n.owned_by_key) as count
      from new_rows n group by n.owner_user, n.owned_by_key
    loop
      perform almanac_private.check_at_once('calendars_at_once', v_held.owned_by::name,
        coalesce('user ' || v_held.owner_user, 'role ' || v_held.owned_by), v_held.count);
    end loop;
  else
    for v_held in
      select c.name, c.owned_by, (select count(*) from almanac.calendar_entries e where e.calendar_id = c.id)
        + (select count(*) from almanac.calendar_rules r where r.calendar_id = c.id) as count
      from (select distinct n.calendar_id from new_rows n) n
      join almanac.exclusion_calendars c on c.id = n.calendar_id
    loop
      perform almanac_private.check_at_once('exclusions_at_once', v_held.owned_by, 'calendar ' || v_held.name,
        v_held.count);
    end loop;
  end if;
  return null;
end
$$;
comment on function almanac_private.tg_count_written() is
  'After a statement that writes schedules, calendars or exclusions: counts its rows for whoever did it, once for all, '
  'as changes or as what the argument says, with their bytes, and looks how many there are now. Invoker: who calls is '
  'the point.';
--! EndIncluded functions/access/tg_count_written.sql
--! Included functions/access/tg_end_sessions.sql
-- Definer: no one else may read sessions.
create or replace function almanac_private.tg_end_sessions() returns trigger
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
begin
  delete from almanac_private.sessions s where s.user_id = new.id;
  delete from almanac_private.login_tokens t where t.user_id = new.id and t.spent_at is null;
  return null;
end
$$;
comment on function almanac_private.tg_end_sessions() is
  'After a user is disabled: ends all sessions and sign-in links for good. A user who is enabled again signs in again.';
--! EndIncluded functions/access/tg_end_sessions.sql
--! Included functions/access/use_again_at.sql
-- Called by count_uses and limits, with their rights.
create or replace function almanac_private.use_again_at(
  who text, kind text, wanted bigint, most bigint, as_of timestamptz
) returns timestamptz
language sql stable
begin atomic
  -- When enough of them are an hour old.
  select min(o.used_at) + interval '1 hour' from (
    select u.used_at, sum(u.count) over () - sum(u.count) over (order by u.used_at, u.id) as remaining
    from almanac_private.uses u
    where u.who = use_again_at.who and u.kind = use_again_at.kind
      and u.used_at > use_again_at.as_of - interval '1 hour'
  ) o
  where o.remaining + use_again_at.wanted <= use_again_at.most;
end;
comment on function almanac_private.use_again_at(text, text, bigint, bigint, timestamptz) is
  'When an operator who has reached a limit of an hour can do so many more. Null: never so many at once.';
--! EndIncluded functions/access/use_again_at.sql
--! Included functions/access/use_note.sql
create or replace function almanac_private.use_note(limit_name text, most bigint) returns text
language sql immutable parallel safe set search_path to pg_catalog, pg_temp
return format(case limit_name
    when 'schedules_per_hour' then 'An operator may create at most %s schedules an hour.'
    when 'triggers_per_hour' then 'An operator may trigger at most %s runs an hour.'
    when 'calendars_per_hour' then 'An operator may create at most %s exclusion calendars an hour.'
    when 'exclusions_per_hour' then 'An operator may add at most %s exclusions an hour.'
    when 'overrides_per_hour' then 'An operator may move or skip at most %s occurrences an hour.'
    when 'changes_per_hour' then 'An operator may make at most %s changes to schedules and calendars an hour.'
    when 'written_bytes_per_hour' then 'An operator may write at most %s bytes of schedules and calendars an hour.'
    when 'schedules_at_once' then 'An operator may have at most %s schedules that can still run.'
    when 'calendars_at_once' then 'An operator may have at most %s exclusion calendars.'
    when 'exclusions_at_once' then 'A calendar of an operator may have at most %s exclusions.'
    when 'overrides_at_once' then 'An operator may move or skip at most %s occurrences of one schedule.' end,
  most);
comment on function almanac_private.use_note(text, bigint) is
  'Says in words what a limit of users is. Null: there is no such limit.';
--! EndIncluded functions/access/use_note.sql
--! Included functions/calendars/tg_check_calendar_owner.sql
create or replace function almanac_private.tg_check_calendar_owner() returns trigger
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
begin
  if current_setting('almanac.system', true) = 'on' and has_schema_privilege('almanac_private', 'create') then
    null; -- read_on(), for the worker
  elsif tg_table_name = 'exclusion_calendars' then
    perform almanac_private.check_calendar_owner(old);
  else
    -- Gone when the calendar is deleted together with its entries.
    perform almanac_private.check_calendar_owner(c) from almanac.exclusion_calendars c
    where c.id in (case when tg_op <> 'INSERT' then old.calendar_id end,
      case when tg_op <> 'DELETE' then new.calendar_id end);
  end if;
  return case when tg_op = 'DELETE' then old else new end;
end
$$;
comment on function almanac_private.tg_check_calendar_owner() is
  'Before a calendar, an entry or a rule of it changes: refuses it to who may not change the calendar.';
--! EndIncluded functions/calendars/tg_check_calendar_owner.sql
--! Included functions/calendars/tg_check_calendar_rule.sql
create or replace function almanac_private.tg_check_calendar_rule() returns trigger
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
begin
  if not exists (select from almanac.exclusion_calendars c where c.id = new.calendar_id) then
    raise exception using errcode = 'AL015', column = 'calendar_id', message = 'There is no such calendar.',
      detail = format('calendar_id: %s.', coalesce(new.calendar_id::text, 'null')),
      hint = 'Look at: select id, name from almanac.exclusion_calendars.';
  elsif length(new.ics) > 100000 then
    raise exception using errcode = 'AL015', column = 'ics',
      message = 'The text of a series has at most 100,000 characters.',
      detail = format('It has %s.', length(new.ics)), hint = 'Import the file in parts, or leave the series out.';
  end if;
  if tg_op = 'INSERT' then
    new.created_at := statement_timestamp();
    new.created_by := almanac_private.actor();
  else
    new.created_at := old.created_at;
    new.created_by := old.created_by;
  end if;
  perform almanac_private.check_given('almanac.calendar_rules', to_jsonb(new));
  return new;
end
$$;
comment on function almanac_private.tg_check_calendar_rule() is
  'Before a series of an import is written: refuses what the constraints of the table would show raw, and says who '
  'did it.';
--! EndIncluded functions/calendars/tg_check_calendar_rule.sql
--! Included functions/calendars/calendar_rule_triggers.sql
create or replace trigger _100_check_calendar_owner before insert or update or delete on almanac.calendar_rules
  for each row execute function almanac_private.tg_check_calendar_owner();
create or replace trigger _200_check_calendar_rule before insert or update on almanac.calendar_rules
  for each row execute function almanac_private.tg_check_calendar_rule();
--! EndIncluded functions/calendars/calendar_rule_triggers.sql
--! Included functions/calendars/tg_compute_calendar.sql
create or replace function almanac_private.tg_compute_calendar() returns trigger
language plpgsql volatile set search_path to pg_catalog, pg_temp set jit to off
as $$
declare
  v_gives boolean;
  v_was_owned boolean := false;
  v_loads boolean := tg_op = 'INSERT' and almanac_private.loads_dump();
begin
  if coalesce(length(new.name), 0) not between 1 and 200 then
    raise exception using errcode = 'AL019', column = 'name', message = 'A name has 1 to 200 characters.',
      detail = format('name: %s.', coalesce(quote_literal(left(new.name, 100)), 'null')),
      hint = 'Put the rest into the description.';
  end if;
  if tg_op = 'INSERT' and not v_loads or tg_op = 'UPDATE' and new.name <> old.name then
    perform almanac_private.check_name('name', new.name);
  end if;
  -- Not before an insert, whose statement may say what to do on conflict.
  if tg_op = 'UPDATE' and new.name <> old.name then
    perform almanac_private.check_calendar_name_is_free(new.name, new.id);
  elsif tg_op = 'INSERT' then
    perform almanac_private.check_id(new.id);
  end if;
  if new.timezone is not null then
    perform almanac_private.check_timezone(new.timezone);
  end if;
  if tg_op = 'INSERT' then
    if v_loads then
      -- The id may be another user's here.
      v_was_owned := new.owner_user is not null;
      new.owner_user := (select u.id from almanac.users u where u.id = new.owner_user and u.username = new.created_by);
    else
      new.owned_by := almanac_private.role_served(current_user);
      new.owner_user := coalesce(almanac.current_user_id(), new.owner_user);
      new.created_at := statement_timestamp();
      new.created_by := almanac_private.actor();
    end if;
    new.owned_by_key := almanac_private.role_key(new.owned_by);
    v_gives := new.owner_user is distinct from almanac.current_user_id();
  else
    if current_setting('almanac.engine', true) is distinct from 'on'
      or not has_schema_privilege('almanac_private', 'create') then
      new.owned_by := old.owned_by;
      new.owned_by_key := old.owned_by_key;
    end if;
    new.created_at := old.created_at;
    new.created_by := old.created_by;
    v_was_owned := old.owner_user is not null;
    v_gives := new.owner_user is distinct from old.owner_user;
  end if;
  if v_was_owned and new.owner_user is null then
    new.owned_by_key := almanac_private.no_role_key();
  end if;
  if v_gives and not pg_has_role('almanac_admin', 'member')
    and not has_schema_privilege('almanac_private', 'create') then
    raise exception using errcode = 'AL011', column = 'owner_user',
      message = 'Only an admin may give a calendar to another user.',
      detail = format('Calendar %s.', new.name), hint = 'Ask an admin.';
  elsif v_gives and new.owner_user is not null
    and not exists (select from almanac.users u where u.id = new.owner_user) then
    raise exception using errcode = 'AL019', column = 'owner_user',
      message = format('There is no user with id %s.', new.owner_user),
      detail = format('Calendar %s.', new.name), hint = 'Look at: select id, username from almanac.users.';
  end if;
  new.updated_at := statement_timestamp();
  new.updated_by := almanac_private.actor();
  return new;
end
$$;
comment on function almanac_private.tg_compute_calendar() is
  'Before an insert or update of a calendar: checks its zone and says who did it. Invoker: current_user is the point.';
--! EndIncluded functions/calendars/tg_compute_calendar.sql
--! Included functions/calendars/tg_resolve_calendar.sql
-- Definer: resolves schedules of other people that use the calendar.
create or replace function almanac_private.tg_resolve_calendar() returns trigger
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp set jit to off
as $$
declare
  v_ids bigint[];
  v_names text[];
  v_mark text;
  v_done text := coalesce(current_setting('almanac.resolved_calendars', true), '');
begin
  if tg_table_name = 'exclusion_calendars' then
    if tg_op = 'DELETE'
      and exists (select from almanac.schedules s where s.calendars @> array[old.name] and s.deleted_at is null) then
      raise exception using errcode = 'AL015', message = format('Calendar %s is in use.', old.name),
        detail = format('By: %s.', (
          select string_agg(s.name, ', ' order by s.name) from (
            select s.name from almanac.schedules s where s.calendars @> array[old.name] and s.deleted_at is null
              order by s.name limit 10) s)),
        hint = 'Remove it from their calendars column first.';
    end if;
    v_ids := array[old.id];
  else
    v_ids :=
      array_remove(array[case when tg_op <> 'INSERT' then old.calendar_id end,
      case when tg_op <> 'DELETE' then new.calendar_id end], null);
  end if;

  -- Once per statement: a thousand imported holidays need not resolve a thousand times.
  v_mark := extract(epoch from statement_timestamp())::text;
  if split_part(v_done, ' ', 1) = v_mark then
    v_ids := array(select i from unnest(v_ids) i where i::text <> all (string_to_array(v_done, ' ')));
  else
    v_done := v_mark;
  end if;
  if v_ids <> '{}' then
    v_names := array(select c.name from almanac.exclusion_calendars c where c.id = any (v_ids));
    perform almanac_private.resolve_before_change(almanac_private.schedules_of_calendars(v_names));
    perform set_config('almanac.resolved_calendars', v_done || ' ' || array_to_string(v_ids, ' '), true);
  end if;
  return case when tg_op = 'DELETE' then old else new end;
end
$$;
comment on function almanac_private.tg_resolve_calendar() is
  'Before a calendar or an entry of it changes: resolves by its old state what the schedules that use it owe up to '
  'this moment. A calendar in use is not deleted.';
--! EndIncluded functions/calendars/tg_resolve_calendar.sql
--! Included functions/calendars/tg_replan_calendar.sql
-- Definer: replans schedules of other people that use the calendar.
create or replace function almanac_private.tg_replan_calendar() returns trigger
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp set jit to off
as $$
declare
  v_names text[];
  v_renamed record;
  v_ids bigint[];
  v_engine text;
begin
  if tg_table_name = 'exclusion_calendars' then
    for v_renamed in
      select o.name as old_name, n.name as new_name from old_rows o join new_rows n on n.id = o.id
        where n.name <> o.name order by n.id
    loop
      v_engine := almanac_private.enter_engine();
      update almanac.schedules s set calendars = array_replace(s.calendars, v_renamed.old_name, v_renamed.new_name)
      where s.calendars @> array[v_renamed.old_name];
      perform almanac_private.leave_engine(v_engine);
    end loop;
    v_names := array(select n.name from new_rows n);
  elsif tg_op = 'INSERT' then
    v_names := array(select distinct c.name from new_rows n join almanac.exclusion_calendars c on c.id = n.calendar_id);
  elsif tg_op = 'DELETE' then
    v_names := array(select distinct c.name from old_rows o join almanac.exclusion_calendars c on c.id = o.calendar_id);
  else
    v_names := array(select distinct c.name
      from (select n.calendar_id from new_rows n union select o.calendar_id from old_rows o) e
      join almanac.exclusion_calendars c on c.id = e.calendar_id);
  end if;
  if v_names <> '{}' then
    if tg_table_name = 'calendar_entries' then
      perform almanac_private.forget_exclusions(array(
        select c.id from almanac.exclusion_calendars c where c.name = any (v_names)));
    end if;
    v_ids := almanac_private.schedules_of_calendars(v_names);
    if tg_table_name = 'calendar_entries' and tg_op <> 'DELETE' then
      if exists (select from new_rows n where n.cron_expression is not null) then
        perform almanac_private.check_recurring_windows(u.calendars, 'cron_expression')
        from (
          select array[n.name] as calendars from unnest(v_names) n(name)
          union
          select s.calendars from almanac.schedules s where s.id = any (v_ids)
        ) u;
      end if;
    end if;
    perform almanac_private.replan(v_ids);
    if v_ids = '{}' then
      perform almanac_private.notify_changed('almanac_schedules', null);
    end if;
  end if;
  return null;
end
$$;
comment on function almanac_private.tg_replan_calendar() is
  'After calendars or their entries change: recomputes when the schedules that use them are due, and writes a new '
  'name into them. Refuses more recurring windows than a schedule may use.';
--! EndIncluded functions/calendars/tg_replan_calendar.sql
--! Included functions/calendars/tg_compute_calendar_entry.sql
create or replace function almanac_private.tg_compute_calendar_entry() returns trigger
language plpgsql volatile set search_path to pg_catalog, pg_temp set jit to off
as $$
declare
  v_wrong text[];
begin
  v_wrong := case
    when not exists (select from almanac.exclusion_calendars c where c.id = new.calendar_id) then array[
      'calendar_id', 'There is no such calendar.', 'Look at: select id, name from almanac.exclusion_calendars.']
    when new.rule_id is not null and not exists (
        select from almanac.calendar_rules r where r.id = new.rule_id and r.calendar_id = new.calendar_id)
      then array['rule_id', 'The calendar has no such series.',
      'Look at: select id, label from almanac.calendar_rules.']
    when num_nonnulls(new.starts_on, new.starts_at, new.cron_expression) <> 1 then array[
      'starts_on', 'An entry is dates, a range of times or a recurring window.',
      'Give one of starts_on, starts_at and cron_expression.']
    when not isfinite(new.starts_on) or new.starts_on not between '1900-01-01' and '9999-12-31' then array[
      'starts_on', 'The first date must be between 1900 and 9999.', 'For instance 2026-12-25.']
    when new.ends_on < new.starts_on
      then array['ends_on', 'The last date comes before the first.', 'Leave it null for a single date.']
    when new.ends_on is not null and (new.starts_on is null or not isfinite(new.ends_on)) then array[
      'ends_on', 'The last date is not a date, or there is no first one.', 'Leave it null for a single date.']
    when not isfinite(new.starts_at)
      then array['starts_at', 'The range does not start at a time.', 'Give a timestamp with its zone.']
    when (new.ends_at is null) <> (new.starts_at is null) or not isfinite(new.ends_at) then array[
      'ends_at', 'A range of times needs a start and an end.',
      'Give a timestamp with its zone; for no end, one far in the future.']
    when new.ends_at <= new.starts_at
      then array['ends_at', 'The range ends before it starts.',
      'The end is exclusive: for one hour, give the next full hour.']
    when new.duration is not null and new.cron_expression is null
      then array['duration', 'Only a recurring window has a duration.', 'Give cron_expression too.']
    when new.timezone is not null and new.starts_at is not null
      then array['timezone', 'A range of times takes no time zone.', 'Its start and end are instants.']
  end;
  if v_wrong is not null then
    raise exception using errcode = 'AL015', column = v_wrong[1], message = v_wrong[2], hint = v_wrong[3],
      detail = format('%s.', (
        select string_agg(format('%s: %s', f.key, coalesce(left(f.value, 100), 'null')), ', '
          order by array_position(array['calendar_id', 'rule_id', 'starts_on', 'ends_on', 'starts_at', 'ends_at'],
            f.key))
        from jsonb_each_text(to_jsonb(new)) f
        where f.key in ('calendar_id', 'rule_id', 'starts_on', 'ends_on', 'starts_at', 'ends_at', 'cron_expression',
          'duration', 'timezone')
          and (f.value is not null or f.key = v_wrong[1])));
  end if;
  new.rule := null;
  if new.timezone is not null then
    perform almanac_private.check_timezone(new.timezone);
  end if;
  if new.cron_expression is not null then
    new.rule := almanac_private.compile_cron(new.cron_expression);
    if new.duration is null or not isfinite(new.duration) or new.duration > interval '366 days' then
      raise exception using errcode = 'AL015', column = 'duration',
        message = 'A recurring window needs a duration of at most 366 days.',
        detail = format('duration: %s.', coalesce(new.duration::text, 'null')),
        hint = 'For instance 1 day, or 8 hours.';
    end if;
    perform almanac_private.check_interval(new.duration, 'duration');
    if bit_count((new.rule).seconds::bit(60)) * bit_count((new.rule).minutes::bit(60)) > 1 then
      raise exception using errcode = 'AL015', column = 'cron_expression',
        message = 'A recurring window may start at most once an hour.',
        detail = format('cron_expression: %s.', new.cron_expression),
        hint = 'Name a single minute, and make the duration longer.';
    end if;
    perform almanac_private.check_window_series(new.calendar_id, new.id, new.cron_expression, new.rule, new.duration);
  end if;
  if tg_op = 'INSERT' then
    new.created_at := statement_timestamp();
    new.created_by := almanac_private.actor();
  else
    new.created_at := old.created_at;
    new.created_by := old.created_by;
  end if;
  return new;
end
$$;
comment on function almanac_private.tg_compute_calendar_entry() is
  'Before an insert or update of a calendar entry: checks it, and compiles its recurring window, if it is one.';
--! EndIncluded functions/calendars/tg_compute_calendar_entry.sql
--! Included functions/calendars/calendar_triggers.sql
create or replace trigger _100_check_calendar_owner before update or delete on almanac.exclusion_calendars
  for each row execute function almanac_private.tg_check_calendar_owner();
create or replace trigger _100_check_calendar_owner before insert or update or delete on almanac.calendar_entries
  for each row execute function almanac_private.tg_check_calendar_owner();
create or replace trigger _100_compute_calendar before insert or update on almanac.exclusion_calendars
  for each row execute function almanac_private.tg_compute_calendar();
create or replace trigger _500_resolve_calendar before update or delete on almanac.exclusion_calendars
  for each row execute function almanac_private.tg_resolve_calendar();
create or replace trigger _800_replan_calendar after update on almanac.exclusion_calendars
  referencing old table as old_rows new table as new_rows
  for each statement execute function almanac_private.tg_replan_calendar();
create or replace trigger _100_compute_calendar_entry before insert or update on almanac.calendar_entries
  for each row execute function almanac_private.tg_compute_calendar_entry();
create or replace trigger _500_resolve_calendar before insert or update or delete on almanac.calendar_entries
  for each row execute function almanac_private.tg_resolve_calendar();
create or replace trigger _800_replan_inserted after insert on almanac.calendar_entries
  referencing new table as new_rows
  for each statement execute function almanac_private.tg_replan_calendar();
create or replace trigger _800_replan_updated after update on almanac.calendar_entries
  referencing old table as old_rows new table as new_rows
  for each statement execute function almanac_private.tg_replan_calendar();
create or replace trigger _800_replan_deleted after delete on almanac.calendar_entries
  referencing old table as old_rows for each statement execute function almanac_private.tg_replan_calendar();
--! EndIncluded functions/calendars/calendar_triggers.sql
--! Included functions/calendars/check_calendar_name_is_free.sql
create or replace function almanac_private.check_calendar_name_is_free(name text, calendar_id bigint default null)
returns void
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_taken almanac.exclusion_calendars;
begin
  select c.* into v_taken from almanac.exclusion_calendars c
  where c.name = check_calendar_name_is_free.name and c.id is distinct from check_calendar_name_is_free.calendar_id;
  if v_taken.id is not null then
    raise exception using errcode = '23505', column = 'name', constraint = 'calendar_name_is_unique',
      message = format('A calendar %s already exists.', quote_literal(v_taken.name)),
      detail = format('It has id %s, and was created by %s.', v_taken.id, v_taken.created_by),
      hint = 'Choose another name; or change it: almanac.update_calendar(), almanac.exclude_dates() and the like.';
  end if;
end
$$;
comment on function almanac_private.check_calendar_name_is_free(text, bigint) is
  'Raises 23505, as the index would, with words of its own, where another calendar has the name.';
grant execute on function almanac_private.check_calendar_name_is_free(text, bigint) to almanac_operator;
--! EndIncluded functions/calendars/check_calendar_name_is_free.sql
--! Included functions/calendars/check_calendar_owner.sql
create or replace function almanac_private.check_calendar_owner(calendar almanac.exclusion_calendars) returns void
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
begin
  if not almanac_private.may_change(calendar.owner_user, calendar.owned_by_key) then
    raise exception using errcode = 'AL011',
      message = format('Calendar %s may not be changed by %s.', calendar.name, almanac_private.actor()),
      detail = format('It belongs to %s.',
        coalesce((select u.username from almanac.users u where u.id = calendar.owner_user), calendar.owned_by::text)),
      hint = 'Its owner and admins may change it. To leave it out of a statement over many rows, add: where '
        'almanac.exclusion_calendars_may_change(exclusion_calendars).';
  end if;
end
$$;
comment on function almanac_private.check_calendar_owner(almanac.exclusion_calendars) is
  'Raises AL011 if the calendar is someone else''s.';
grant execute on function almanac_private.check_calendar_owner(almanac.exclusion_calendars) to almanac_viewer;
--! EndIncluded functions/calendars/check_calendar_owner.sql
--! Included functions/calendars/check_recurring_windows.sql
create or replace function almanac_private.check_recurring_windows(calendars text[], field text) returns void
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  -- Each costs some 20 µs whenever the next occurrence is computed, and others' firing waits meanwhile.
  v_most constant integer := 200;
  v_count bigint := (
    select count(*) from almanac.exclusion_calendars c
    join almanac.calendar_entries e on e.calendar_id = c.id and e.cron_expression is not null
    where c.name = any (check_recurring_windows.calendars));
begin
  if v_count > v_most then
    raise exception using errcode = 'AL015', column = check_recurring_windows.field,
      message = format('The calendars of a schedule have at most %s recurring windows together.', v_most),
      detail = format('%s: %s.', left(array_to_string(check_recurring_windows.calendars, ', '), 200), v_count),
      hint = 'One cron text may name several days and hours; what does not recur by a rule is dates or ranges.';
  end if;
end
$$;
comment on function almanac_private.check_recurring_windows(text[], text) is
  'Refuses (AL015) calendars that have more recurring windows together than firing has time for.';
--! EndIncluded functions/calendars/check_recurring_windows.sql
--! Included functions/calendars/check_window_series.sql
-- Whoever looks up exclusions lists the windows around a moment, at some 6 µs each, and follows those that touch each
-- other to where the last one ends. One series of an hourly window of 366 days meant 8,800 windows at each look-up, and
-- 3.6 s to compute a schedule's next run.
create or replace function almanac_private.check_window_series(
  calendar_id bigint, entry_id bigint, cron_expression text, rule almanac_private.compiled_cron, duration interval
) returns void
language plpgsql stable set search_path to pg_catalog, pg_temp set jit to off
as $$
declare
  v_daily integer := bit_count((rule).hours::bit(24));
  v_overlapping bigint;
  v_chain bigint;
  v_others bigint;
begin
  if v_daily = 1 and check_window_series.duration <= interval '31 days' then
    return;
  end if;

  -- Two years that have no leap day, in UTC: a clock change alters little.
  with starts as materialized (
    select o.at, coalesce(lag(o.at) over (order by o.at) + check_window_series.duration >= o.at, false) as touches
    from almanac_private.cron_between(rule, 'UTC', '2024-12-31T23:59:59Z', '2027-01-01T00:00:00Z') o(at)
  ), chains as (
    select count(*) as windows
    from (select count(*) filter (where not s.touches) over (order by s.at) as nth from starts s) c
    group by c.nth
  )
  select
    -- A window that ends as the other begins does not overlap it.
    (select max(w.windows) from (
      select count(*) over (order by s.at range between current row
        and check_window_series.duration - interval '1 second' following) as windows
      from starts s) w),
    (select max(c.windows) from chains c)
  into v_overlapping, v_chain;

  if v_overlapping > 31 then
    raise exception using errcode = 'AL015', column = 'duration',
      message = 'At most 31 windows of a series may overlap.',
      detail = format('cron_expression: %s, duration: %s, windows that overlap: %s.',
        check_window_series.cron_expression, check_window_series.duration, v_overlapping),
      hint = 'Give a shorter duration. To exclude everything from one moment to another, use exclude_range.';
  end if;
  if v_daily > 1 and v_chain > 400 then
    raise exception using errcode = 'AL015', column = 'cron_expression',
      message = 'At most 400 windows that start more than once a day may follow each other without a gap.',
      detail = format('cron_expression: %s, duration: %s, windows without a gap: %s.',
        check_window_series.cron_expression, check_window_series.duration, v_chain),
      hint = 'Have one start each day and last longer: 0 0 * * * for 1 day excludes whole days.';
  end if;

  if v_daily > 1 then
    v_others := (
      select coalesce(sum(bit_count((e.rule).hours::bit(24))), 0) from almanac.calendar_entries e
      where e.calendar_id = check_window_series.calendar_id and e.id is distinct from check_window_series.entry_id
        and bit_count((e.rule).hours::bit(24)) > 1);
    if v_others + v_daily > 240 then
      raise exception using errcode = 'AL015', column = 'cron_expression',
        message = 'Windows that start more than once a day may start 240 times a day in one calendar.',
        detail = format('cron_expression: %s, starts a day: %s, of the others: %s.',
          check_window_series.cron_expression, v_daily, v_others),
        hint = 'Let them start less often and last longer, or remove others.';
    end if;
  end if;
end
$$;
comment on function almanac_private.check_window_series(bigint, bigint, text, almanac_private.compiled_cron, interval)
  is 'Refuses recurring windows (AL015) that would make every look-up of the calendar slow: of one series more than 31 '
  'that overlap, or 400 that follow each other without a gap and start more than once a day; of all such series of a '
  'calendar, more than 240 starts a day.';
grant execute on function almanac_private.check_window_series(
  bigint, bigint, text, almanac_private.compiled_cron, interval) to almanac_operator;
--! EndIncluded functions/calendars/check_window_series.sql
--! Included functions/calendars/create_business_days.sql
create or replace function almanac.create_business_days(
  name text default 'business days', timezone text default null, weekend text default 'SAT,SUN'
)
returns almanac.exclusion_calendars
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_calendar almanac.exclusion_calendars := almanac.create_calendar(
    create_business_days.name, create_business_days.timezone,
    'Business days: excludes weekends and the holidays entered here.');
begin
  perform almanac.exclude_recurring(v_calendar.name, format('0 0 * * %s', create_business_days.weekend),
    interval '1 day', 'weekend');
  return v_calendar;
end
$$;
comment on function almanac.create_business_days(text, text, text) is
  'Creates a calendar that excludes weekends; add holidays by exclude_dates(), exclude_recurring() or an .ics '
  'file. weekend: days of the week as in cron.';
grant execute on function almanac.create_business_days(text, text, text) to almanac_operator;
--! EndIncluded functions/calendars/create_business_days.sql
--! Included functions/calendars/create_calendar.sql
create or replace function almanac.create_calendar(
  name text, timezone text default null, description text default null
) returns almanac.exclusion_calendars
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_calendar almanac.exclusion_calendars;
begin
  perform almanac_private.check_calendar_name_is_free(create_calendar.name);
  insert into almanac.exclusion_calendars as c (name, timezone, description)
  values (create_calendar.name, create_calendar.timezone, create_calendar.description)
  returning c.* into v_calendar;
  return v_calendar;
end
$$;
comment on function almanac.create_calendar(text, text, text) is
  'Creates an empty exclusion calendar. Without a time zone, its dates are read in the zone of each schedule that '
  'uses it.';
grant execute on function almanac.create_calendar(text, text, text) to almanac_operator;
--! EndIncluded functions/calendars/create_calendar.sql
--! Included functions/calendars/delete_calendar.sql
-- Definer: who may delete from a table may lock all of it, which operators may not. It looks itself who may change the
-- calendar.
create or replace function almanac.delete_calendar(calendar text) returns almanac.exclusion_calendars
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_calendar almanac.exclusion_calendars := almanac_private.find_calendar(delete_calendar.calendar, true);
begin
  delete from almanac.exclusion_calendars c where c.id = v_calendar.id;
  return v_calendar;
end
$$;
comment on function almanac.delete_calendar(text) is 'Deletes a calendar and its entries, unless a schedule uses it.';
grant execute on function almanac.delete_calendar(text) to almanac_operator;
--! EndIncluded functions/calendars/delete_calendar.sql
--! Included functions/calendars/exclude_dates.sql
create or replace function almanac.exclude_dates(
  calendar text, starts_on date, ends_on date default null, label text default null
)
returns almanac.calendar_entries
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_calendar almanac.exclusion_calendars := almanac_private.find_calendar(exclude_dates.calendar, true);
  v_entry almanac.calendar_entries;
begin
  insert into almanac.calendar_entries as e (calendar_id, starts_on, ends_on, label)
  values (v_calendar.id, exclude_dates.starts_on, exclude_dates.ends_on, exclude_dates.label)
    returning e.* into v_entry;
  return v_entry;
end
$$;
comment on function almanac.exclude_dates(text, date, date, text) is
  'Adds a date, or the dates from starts_on to ends_on, to a calendar: from local midnight to the midnight after.';
grant execute on function almanac.exclude_dates(text, date, date, text) to almanac_operator;
--! EndIncluded functions/calendars/exclude_dates.sql
--! Included functions/calendars/exclude_range.sql
create or replace function almanac.exclude_range(
  calendar text, starts_at timestamptz, ends_at timestamptz, label text default null
)
returns almanac.calendar_entries
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_calendar almanac.exclusion_calendars := almanac_private.find_calendar(exclude_range.calendar, true);
  v_entry almanac.calendar_entries;
begin
  insert into almanac.calendar_entries as e (calendar_id, starts_at, ends_at, label)
  values (v_calendar.id, exclude_range.starts_at, exclude_range.ends_at, exclude_range.label)
    returning e.* into v_entry;
  return v_entry;
end
$$;
comment on function almanac.exclude_range(text, timestamptz, timestamptz, text) is
  'Adds a blackout to a calendar: [starts_at, ends_at).';
grant execute on function almanac.exclude_range(text, timestamptz, timestamptz, text) to almanac_operator;
--! EndIncluded functions/calendars/exclude_range.sql
--! Included functions/calendars/exclude_recurring.sql
create or replace function almanac.exclude_recurring(
  calendar text, cron text, duration interval, label text default null, timezone text default null
)
returns almanac.calendar_entries
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_calendar almanac.exclusion_calendars := almanac_private.find_calendar(exclude_recurring.calendar, true);
  v_entry almanac.calendar_entries;
begin
  insert into almanac.calendar_entries as e (calendar_id, cron_expression, duration, label, timezone)
  values (v_calendar.id, exclude_recurring.cron, exclude_recurring.duration, exclude_recurring.label,
    exclude_recurring.timezone) returning e.* into v_entry;
  return v_entry;
end
$$;
comment on function almanac.exclude_recurring(text, text, interval, text, text) is
  'Adds a window to a calendar that begins whenever cron says and lasts for duration: (''0 0 25 12 *'', ''1 day'') '
  'is every 25 December, (''0 22 * * *'', ''8 hours'') every night. timezone: whose clock cron reads; null: the '
  'calendar''s, or else each schedule''s.';
grant execute on function almanac.exclude_recurring(text, text, interval, text, text) to almanac_operator;
--! EndIncluded functions/calendars/exclude_recurring.sql
--! Included functions/calendars/excluded_times.sql
create or replace function almanac.excluded_times(
  range_start timestamptz, range_end timestamptz, calendars text[] default null, timezone text default 'UTC',
  max_count integer default 1000
) returns table (calendar text, label text, starts_at timestamptz, ends_at timestamptz)
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_count bigint;
begin
  perform almanac_private.check_timezone(excluded_times.timezone);
  perform almanac_private.checked_count(excluded_times.max_count);
  perform almanac_private.check_range(excluded_times.range_start, excluded_times.range_end);
  return query
  select w.calendar, w.label, lower(w.during), upper(w.during)
  from almanac_private.exclusion_windows(
    coalesce(excluded_times.calendars, array(select c.name from almanac.exclusion_calendars c)),
    excluded_times.timezone, excluded_times.range_start, excluded_times.range_end - interval '1 microsecond') w
  limit excluded_times.max_count + 1;
  get diagnostics v_count = row_count;
  if v_count > excluded_times.max_count then
    raise exception using errcode = 'AL012',
      message = format('The range has more than %s windows.', excluded_times.max_count),
      detail = format('range_start: %s, range_end: %s.', excluded_times.range_start, excluded_times.range_end),
      hint = 'Ask for a shorter range, for fewer calendars, or give max_count.';
  end if;
end
$$;
comment on function almanac.excluded_times(timestamptz, timestamptz, text[], text, integer) is
  'What calendars (null: all) exclude in [range_start, range_end): one row for each date, range or window, with its '
  'full length. timezone counts for calendars without a zone of their own.';
grant execute on function almanac.excluded_times(timestamptz, timestamptz, text[], text, integer) to almanac_viewer;
--! EndIncluded functions/calendars/excluded_times.sql
--! Included functions/calendars/exclusion_calendars_may_change.sql
create or replace function almanac.exclusion_calendars_may_change(calendar almanac.exclusion_calendars) returns boolean
language sql stable parallel safe
return almanac_private.may_change((exclusion_calendars_may_change.calendar).owner_user,
  (exclusion_calendars_may_change.calendar).owned_by_key);
comment on function almanac.exclusion_calendars_may_change(almanac.exclusion_calendars) is
  'Whether the caller may change or delete the calendar and its entries.';
grant execute on function almanac.exclusion_calendars_may_change(almanac.exclusion_calendars) to almanac_viewer;
--! EndIncluded functions/calendars/exclusion_calendars_may_change.sql
--! Included functions/calendars/exclusion_end.sql
create or replace function almanac_private.exclusion_end(
  starts_at timestamptz, duration interval, timezone text, rule almanac_private.compiled_cron
) returns timestamptz
language plpgsql stable strict parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  v_local timestamp;
  v_planned timestamp;
begin
  if exclusion_end.duration = make_interval(secs => date_part('epoch', exclusion_end.duration))
    and date_part('day', exclusion_end.duration) = 0
    and date_part('month', exclusion_end.duration) = 0 then
    return exclusion_end.starts_at + exclusion_end.duration;
  end if;
  v_local := exclusion_end.starts_at at time zone exclusion_end.timezone;
  -- A start that the clock skips is meant as written in the calendar: midnight, not one o'clock.
  v_planned := (exclusion_end.starts_at at time zone 'UTC')
    + ((exclusion_end.starts_at - interval '25 hours') at time zone exclusion_end.timezone
      - (exclusion_end.starts_at - interval '25 hours') at time zone 'UTC');
  if v_planned <> v_local and almanac_private.local_instant(v_planned, exclusion_end.timezone) = exclusion_end.starts_at
    and not (exclusion_end.rule.hours >> date_part('hour', v_local)::integer & 1 = 1
      and exclusion_end.rule.minutes >> date_part('minute', v_local)::integer & 1 = 1)
  then
    v_local := v_planned;
  end if;
  return almanac_private.local_instant(v_local + exclusion_end.duration, exclusion_end.timezone);
end
$$;
comment on function almanac_private.exclusion_end(timestamptz, interval, text, almanac_private.compiled_cron) is
  'End of a recurring window: days and months by the zone''s calendar and clock, time by elapsed time.';
grant execute on function almanac_private.exclusion_end(timestamptz, interval, text, almanac_private.compiled_cron)
  to almanac_viewer;
--! EndIncluded functions/calendars/exclusion_end.sql
--! Included functions/calendars/exclusion_windows.sql
-- Each kind of entry is found by an index of its own: a calendar may have 25,000, of which a look-up needs those of a
-- few days. To read all of them took 60 times as long, and each firing of a schedule with calendars has a look-up.
create or replace function almanac_private.exclusion_windows(
  calendars text[], timezone text, range_start timestamptz, range_end timestamptz
) returns table (calendar text, label text, during tstzrange)
language plpgsql stable rows 10 set search_path to pg_catalog, pg_temp
  set plan_cache_mode to force_generic_plan -- planning takes ten times as long as running
as $$
begin
  return query
  with used as materialized (
    select c.id, c.name, coalesce(c.timezone, exclusion_windows.timezone) as zone
    from almanac.exclusion_calendars c where c.name = any (exclusion_windows.calendars)
  ), windows as (
    select u.name, e.label, tstzrange(almanac_private.local_instant(e.starts_on::timestamp, z.zone),
      almanac_private.local_instant((coalesce(e.ends_on, e.starts_on) + 1)::timestamp, z.zone)) as during
    from almanac.calendar_entries e
    join used u on u.id = e.calendar_id
    cross join lateral (select coalesce(e.timezone, u.zone) as zone) z
    where e.starts_on is not null and daterange(e.starts_on, coalesce(e.ends_on, e.starts_on), '[]')
      && daterange((exclusion_windows.range_start at time zone 'UTC')::date - 2,
        (exclusion_windows.range_end at time zone 'UTC')::date + 2, '[]')
    union all
    select u.name, e.label, tstzrange(e.starts_at, e.ends_at)
    from almanac.calendar_entries e
    join used u on u.id = e.calendar_id
    where e.starts_at is not null
      and tstzrange(e.starts_at, e.ends_at)
        && tstzrange(exclusion_windows.range_start, exclusion_windows.range_end, '[]')
    union all
    select u.name, e.label, tstzrange(o.at, almanac_private.exclusion_end(o.at, e.duration, z.zone, e.rule))
    from used u
    join almanac.calendar_entries e on e.calendar_id = u.id
    cross join lateral (select coalesce(e.timezone, u.zone) as zone) z
    cross join lateral almanac_private.cron_between(e.rule, z.zone,
      (exclusion_windows.range_start at time zone 'UTC' - e.duration - interval '26 hours') at time zone 'UTC',
      exclusion_windows.range_end + interval '1 microsecond') o(at)
    where e.cron_expression is not null
  )
  select w.name, w.label, w.during from windows w
  where w.during && tstzrange(exclusion_windows.range_start, exclusion_windows.range_end, '[]')
  order by w.during, w.name, w.label;
end
$$;
comment on function almanac_private.exclusion_windows(text[], text, timestamptz, timestamptz) is
  'What these calendars exclude within [range_start, range_end], both included, for a schedule of this zone: each '
  'entry''s windows, not cut to the range. Dates go from local midnight to local midnight.';
grant execute on function almanac_private.exclusion_windows(text[], text, timestamptz, timestamptz) to almanac_viewer;
--! EndIncluded functions/calendars/exclusion_windows.sql
--! Included functions/calendars/exclusions.sql
-- A series costs 30 µs in each look-up, a window 5 to 10 µs, and a schedule may have 200 series, and 25,000 ranges in
-- one calendar. So firing reads an hour, or as far as it must, and what took long is kept together with the versions of
-- its calendars: the next look-up is one row, also that of the next schedule in the same statement. Only the engine
-- keeps, as a viewer may not, and nothing here waits for a lock.
--
-- Each pass reads windows from where the last one ended. If some reach beyond its end, everything until they end is
-- excluded, whatever else lies in between, so the next pass begins there.
create or replace function almanac_private.exclusions(
  calendars text[], timezone text, range_start timestamptz, range_end timestamptz, follows boolean default true,
  most_windows integer default null,
  out excluded tstzmultirange, out known_until timestamptz, out windows integer
)
language plpgsql stable set search_path to pg_catalog, pg_temp
  set plan_cache_mode to force_generic_plan -- planning takes ten times as long as running
as $$
declare
  v_ids bigint[];
  v_key text;
  v_known record;
  v_from timestamptz;
  v_found tstzmultirange;
  v_until timestamptz;
  v_span interval := interval '1 hour';
  v_series integer;
  v_read integer;
  v_is_kept boolean;
  v_cut timestamptz;
  -- What takes less is read again as quickly.
  v_worth_keeping constant integer := 50;
  v_worth_more constant integer := 500;
begin
  windows := 0;
  select array_agg(c.id order by c.id),
    md5(concat(exclusions.timezone, string_agg(concat_ws(' ', ',', c.id, v.version, c.timezone), '' order by c.id)))
  into v_ids, v_key
  from almanac.exclusion_calendars c left join almanac_private.calendar_versions v on v.calendar_id = c.id
  where c.name = any (exclusions.calendars);
  v_is_kept := exclusions.most_windows is not null
    and has_table_privilege('almanac_private.known_exclusions', 'insert')
    and current_setting('transaction_read_only') = 'off';
  if v_is_kept then
    v_known := almanac_private.kept_exclusions(v_key, exclusions.range_start);
  else
    select k.known_from, k.known_until, k.excluded into v_known
    from almanac_private.known_exclusions k
    where k.key = v_key and k.known_from <= exclusions.range_start and k.known_until > exclusions.range_start
    order by k.known_until desc limit 1;
  end if;
  excluded := coalesce(v_known.excluded, '{}');
  -- Other schedules that use them are a little behind.
  v_from := coalesce(v_known.known_from, exclusions.range_start - case when v_is_kept then interval '1 minute'
    else interval '0' end);
  known_until := coalesce(v_known.known_until, v_from);

  loop
    -- What is worth keeping, for a day if there is not much in it.
    if known_until > exclusions.range_end and (v_is_kept and windows between v_worth_keeping and v_worth_more
      and known_until < exclusions.range_start + interval '24 hours') is not true then
      exit when upper(excluded) < known_until or upper(excluded) is null or not exclusions.follows;
      -- What was kept says already until when at least.
      exit when exclusions.most_windows is not null and (windows >= exclusions.most_windows or v_until is null);
      -- One window follows another for more than a year.
      exit when v_until > exclusions.range_start + interval '10000 hours';
    end if;
    v_until := known_until + v_span;
    if exclusions.most_windows is null then
      v_until := greatest(v_until, exclusions.range_end);
    end if;
    select coalesce(range_agg(w.during), '{}'), count(*) into v_found, v_read
    from almanac_private.exclusion_windows(exclusions.calendars, exclusions.timezone, known_until, v_until) w;
    excluded := excluded + v_found;
    if v_series is null and exclusions.most_windows is not null then
      v_series := (select count(*) from almanac.calendar_entries e
        where e.calendar_id = any (v_ids) and e.cron_expression is not null);
    end if;
    windows := windows + v_read + coalesce(v_series, 0);
    known_until := greatest(v_until + interval '1 microsecond', upper(excluded));
    v_span := v_span * case when v_read < 100 then 8 when v_read < 1000 then 2 else 1 end;
  end loop;

  -- What was kept says less by now than its reader knows.
  if v_is_kept and (windows >= v_worth_keeping or v_until > v_known.known_until) then
    perform almanac_private.keep_exclusions(v_key, v_ids, v_from, exclusions.range_start, known_until, excluded);
  end if;
  if exclusions.follows and v_until > exclusions.range_start + interval '10000 hours' and upper(excluded) = known_until
  then
    excluded := excluded + tstzmultirange(tstzrange(known_until, 'infinity'));
  elsif v_known.known_from is not null and exclusions.most_windows is not null then
    -- Of what is kept, what was asked for.
    v_cut := (select upper(r) from unnest(excluded) r where r @> exclusions.range_end);
    if coalesce(v_cut, exclusions.range_end) < known_until then
      known_until := coalesce(v_cut, exclusions.range_end) + interval '1 microsecond';
    end if;
    excluded := excluded * tstzmultirange(tstzrange(exclusions.range_start, known_until));
  end if;
end
$$;
comment on function almanac_private.exclusions(
  text[], text, timestamptz, timestamptz, boolean, integer
) is
  'The union of what these calendars exclude in [range_start, range_end], the last range in its full length, or to '
  'infinity if window follows window for more than a year; it is certain before known_until. Not follows: the last '
  'range may be cut at known_until; most_windows: also when more were read. windows: how many were, each series and '
  'pass counted as one more.';
grant execute on function almanac_private.exclusions(text[], text, timestamptz, timestamptz, boolean, integer)
  to almanac_viewer;
--! EndIncluded functions/calendars/exclusions.sql
--! Included functions/calendars/find_calendar.sql
create or replace function almanac_private.find_calendar(
  name text, to_change boolean default false
) returns almanac.exclusion_calendars
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_calendar almanac.exclusion_calendars;
begin
  select c.* into v_calendar from almanac.exclusion_calendars c where c.name = find_calendar.name;
  if v_calendar.id is null then
    raise exception using errcode = 'AL015',
      message = format('There is no calendar %s.', coalesce(quote_literal(find_calendar.name), 'null')),
      detail = format('Known are: %s.',
        coalesce((select string_agg(c.name, ', ' order by c.name) from almanac.exclusion_calendars c), 'none')),
      hint = 'Names must match exactly.' || coalesce(almanac_private.perhaps(find_calendar.name,
        array(select c.name from almanac.exclusion_calendars c order by c.id desc limit 1000)), '')
          || ' Create one: select almanac.create_calendar(''holidays'').';
  end if;
  if find_calendar.to_change then
    perform almanac_private.check_calendar_owner(v_calendar);
  end if;
  return v_calendar;
end
$$;
comment on function almanac_private.find_calendar(text, boolean) is
  'The calendar of this name; raises AL015 if there is none, AL011 if it is to be changed by someone who may not.';
grant execute on function almanac_private.find_calendar(text, boolean) to almanac_viewer;
--! EndIncluded functions/calendars/find_calendar.sql
--! Included functions/calendars/forget_exclusions.sql
-- Called by the definer functions that change calendars or time zones, with their rights.
create or replace function almanac_private.forget_exclusions(calendar_ids bigint[]) returns void
language sql volatile
begin atomic
  insert into almanac_private.calendar_versions as v (calendar_id, version)
  select c.id, 1 from almanac.exclusion_calendars c where c.id = any (forget_exclusions.calendar_ids) order by c.id
  on conflict (calendar_id) do update set version = v.version + 1;
  -- No one finds them any more. Whoever holds one deletes it.
  delete from almanac_private.known_exclusions d
  where d.id = any (array(
    select k.id from almanac_private.known_exclusions k where k.calendar_ids && forget_exclusions.calendar_ids
    for update skip locked));
end;
comment on function almanac_private.forget_exclusions(bigint[]) is
  'After calendars have changed: what exclusions() has kept of them no longer holds.';
--! EndIncluded functions/calendars/forget_exclusions.sql
--! Included functions/calendars/import_exclusions.sql
create or replace function almanac.import_exclusions(
  calendar text, source text, entries jsonb, rules jsonb default '[]'
) returns integer
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_calendar almanac.exclusion_calendars := almanac_private.find_calendar(import_exclusions.calendar, true);
  v_rules bigint[];
  v_count integer;
  v_missing text;
  v_message text;
begin
  if jsonb_typeof(import_exclusions.entries) is distinct from 'array'
    or jsonb_typeof(import_exclusions.rules) is distinct from 'array'
    or coalesce(import_exclusions.source, '') = ''
  then
    raise exception using errcode = 'AL009',
      message = 'An import needs the name of its source and an array of entries.',
      detail = format('source: %s, entries: %s, rules: %s.', coalesce(quote_literal(import_exclusions.source), 'null'),
        coalesce(jsonb_typeof(import_exclusions.entries), 'null'),
        coalesce(jsonb_typeof(import_exclusions.rules), 'null')),
      hint = 'Give [{"starts_on": "2026-12-25", "label": "Christmas"}, …].';
  elsif jsonb_array_length(import_exclusions.entries) > 10000 or jsonb_array_length(import_exclusions.rules) > 2000 then
    raise exception using errcode = 'AL012', message = 'An import takes at most 10,000 entries and 2,000 rules.',
      detail = format('entries: %s, rules: %s.', jsonb_array_length(import_exclusions.entries),
        jsonb_array_length(import_exclusions.rules)),
      hint = 'Leave out past events, or import the file in parts under several names.';
  elsif exists (
    select from jsonb_to_recordset(import_exclusions.rules) r(ics text)
      where (r.ics is not null and length(r.ics) <= 100000) is not true)
  then
    raise exception using errcode = 'AL015',
      message = 'A rule of an import needs the text of its series, at most 100,000 characters.',
      detail = format('Lengths: %s.', (
        select string_agg(coalesce(length(r.ics)::text, 'null'), ', ')
          from jsonb_to_recordset(import_exclusions.rules) r(ics text))),
      hint = 'Give {"label": …, "ics": "BEGIN:VEVENT…", "known_until": …}, or leave the series out.';
  end if;
  v_missing := (
    select min(e.entry ->> 'rule') from jsonb_array_elements(import_exclusions.entries) e(entry)
    where jsonb_typeof(e.entry -> 'rule') = 'number'
      and not (e.entry -> 'rule')::numeric between 0 and jsonb_array_length(import_exclusions.rules) - 1);
  if v_missing is not null then
    raise exception using errcode = 'AL015', column = 'rule_id', message = format('There is no rule %s.', v_missing),
      detail = format('rules: %s.', jsonb_array_length(import_exclusions.rules)),
      hint = 'An entry names its rule by the place in the array, from 0.';
  end if;
  perform almanac_private.remove_imported(v_calendar.id, import_exclusions.source);
  with inserted as (
    insert into almanac.calendar_rules as c (calendar_id, label, ics, known_until, source, created_by)
    select v_calendar.id, almanac_private.without_direction(r.label), r.ics, r.known_until, import_exclusions.source,
      almanac_private.actor()
    from rows
      from (jsonb_to_recordset(import_exclusions.rules) as (label text, ics text,
      known_until timestamptz)) with ordinality r
    order by r.ordinality returning c.id
  ) select array_agg(i.id order by i.id) into v_rules from inserted i;
  insert into almanac.calendar_entries
    (calendar_id, label, starts_on, ends_on, starts_at, ends_at, cron_expression, duration, timezone, rule_id, source)
  select v_calendar.id, almanac_private.without_direction(r.label), r.starts_on, r.ends_on, r.starts_at, r.ends_at,
    r.cron_expression, r.duration, r.timezone,
    v_rules[r.rule + 1], import_exclusions.source
  from jsonb_to_recordset(import_exclusions.entries) r(label text, starts_on date, ends_on date, starts_at timestamptz,
    ends_at timestamptz,
    cron_expression text, duration interval, timezone text, rule integer);
  get diagnostics v_count = row_count;
  return v_count;
exception when invalid_parameter_value or invalid_text_representation or invalid_datetime_format
  or datetime_field_overflow or interval_field_overflow then
  get stacked diagnostics v_message = message_text;
  raise exception using errcode = sqlstate, message = format('The import cannot be read: %s', v_message),
    detail = format('source: %s, entries: %s, rules: %s.', quote_literal(left(import_exclusions.source, 100)),
      jsonb_array_length(import_exclusions.entries), jsonb_array_length(import_exclusions.rules)),
    hint = 'Give entries like {"starts_on": "2026-12-25", "label": "Christmas"}, and times with their zone: '
      '2030-01-31T09:00:00+01:00.';
end
$$;
comment on function almanac.import_exclusions(text, text, jsonb, jsonb) is
  'Replaces the entries that a calendar has from a source by these, given as columns of almanac.calendar_entries; '
  'returns how many. rules: of series that continue after their entries, label, ics and known_until; an entry names '
  'its rule by the place in that array, from 0.';
grant execute on function almanac.import_exclusions(text, text, jsonb, jsonb) to almanac_operator;
--! EndIncluded functions/calendars/import_exclusions.sql
--! Included functions/calendars/keep_exclusions.sql
-- Called by exclusions, with the rights of its caller.
create or replace function almanac_private.keep_exclusions(
  key text, calendar_ids bigint[], known_from timestamptz, asked_from timestamptz, known_until timestamptz,
  excluded tstzmultirange
) returns void
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_most_kept constant integer := 500;
  v_from timestamptz := greatest(keep_exclusions.known_from, keep_exclusions.asked_from - interval '1 minute');
  v_until timestamptz := keep_exclusions.known_until;
  v_kept tstzmultirange;
  v_id bigint;
begin
  v_from := coalesce((select lower(r) from unnest(keep_exclusions.excluded) r where r @> v_from), v_from);
  v_kept := keep_exclusions.excluded * tstzmultirange(tstzrange(v_from, v_until));
  select coalesce(max(lower(u.r)) filter (where u.nth = v_most_kept + 1), v_until) into v_until
  from unnest(v_kept) with ordinality u(r, nth);
  v_kept := v_kept * tstzmultirange(tstzrange(v_from, v_until));
  insert into almanac_private.known_exclusions (key, calendar_ids, known_from, known_until, excluded)
  values (keep_exclusions.key, keep_exclusions.calendar_ids, v_from, v_until, v_kept)
  returning id into v_id;
  -- Whoever holds one of these has replaced it.
  delete from almanac_private.known_exclusions d
  where d.id = any (array(
    select k.id from almanac_private.known_exclusions k
    where k.key = keep_exclusions.key and (k.known_until < keep_exclusions.asked_from - interval '1 minute'
      or k.known_from >= v_from and k.known_until < v_until)
    for update skip locked));
  -- Of calendars that no one asks for any more.
  delete from almanac_private.known_exclusions d
  where d.id = any (array(
    select k.id from almanac_private.known_exclusions k where k.id < v_id - 20000
    order by k.id limit 10 for update skip locked));
end
$$;
comment on function almanac_private.keep_exclusions(
  text, bigint[], timestamptz, timestamptz, timestamptz, tstzmultirange
) is
  'Keeps what exclusions() found, 500 ranges of it, in place of what was kept of the same calendars and ended before. '
  'The last 20,000 are kept.';
--! EndIncluded functions/calendars/keep_exclusions.sql
--! Included functions/calendars/kept_exclusions.sql
-- Called by exclusions, with the rights of its caller. Volatile, as its callers are not: it sees what was kept for
-- another schedule in the same statement.
create or replace function almanac_private.kept_exclusions(
  key text, at timestamptz, out known_from timestamptz, out known_until timestamptz, out excluded tstzmultirange
)
language plpgsql volatile set search_path to pg_catalog, pg_temp
  set plan_cache_mode to force_generic_plan -- planning takes ten times as long as running
as $$
begin
  select k.known_from, k.known_until, k.excluded
  into kept_exclusions.known_from, kept_exclusions.known_until, kept_exclusions.excluded
  from almanac_private.known_exclusions k
  where k.key = kept_exclusions.key and k.known_from <= kept_exclusions.at and k.known_until > kept_exclusions.at
  order by k.known_until desc limit 1;
end
$$;
comment on function almanac_private.kept_exclusions(text, timestamptz) is
  'What exclusions() has kept under a key that is known at a moment, and the furthest from then on.';
--! EndIncluded functions/calendars/kept_exclusions.sql
--! Included functions/calendars/read_on.sql
-- Definer: writes entries of calendars that are other people's, on behalf of the worker.
create or replace function almanac_private.read_on(
  rule_id bigint, known_from timestamptz, entries jsonb, known_until timestamptz
) returns integer
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_rule almanac.calendar_rules;
  v_count integer;
begin
  select r.* into v_rule from almanac.calendar_rules r
  where r.id = read_on.rule_id and r.known_until = read_on.known_from for update skip locked;
  if v_rule.id is null then
    return 0; -- another worker does it, its owner changes it, or it is gone
  end if;
  perform set_config('almanac.system', 'on', true);
  update almanac.calendar_rules r set known_until = read_on.known_until where r.id = v_rule.id;
  insert into almanac.calendar_entries (calendar_id, label, starts_on, ends_on, starts_at, ends_at, rule_id, source)
  select v_rule.calendar_id, e.label, e.starts_on, e.ends_on, e.starts_at, e.ends_at, v_rule.id, v_rule.source
  from jsonb_to_recordset(read_on.entries) e(label text, starts_on date, ends_on date, starts_at timestamptz,
    ends_at timestamptz);
  get diagnostics v_count = row_count;
  perform set_config('almanac.system', 'off', true);
  return v_count;
end
$$;
comment on function almanac_private.read_on(bigint, timestamptz, jsonb, timestamptz) is
  'Adds the entries that a worker has read from a rule after known_from, and records how far it is now known; null: '
  'it has ended. Returns how many entries were added.';
grant execute on function almanac_private.read_on(bigint, timestamptz, jsonb, timestamptz) to almanac_worker;
--! EndIncluded functions/calendars/read_on.sql
--! Included functions/calendars/remove_calendar_rule.sql
-- Definer: who may delete from a table may lock all of it, which operators may not. It looks itself who may change the
-- calendar.
create or replace function almanac.remove_calendar_rule(rule_id bigint) returns almanac.calendar_rules
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_rule almanac.calendar_rules;
begin
  select r.* into v_rule from almanac.calendar_rules r where r.id = remove_calendar_rule.rule_id;
  if v_rule.id is null then
    raise exception using errcode = 'AL015',
      message = format('There is no calendar rule with id %s.',
        coalesce(remove_calendar_rule.rule_id::text, 'null')),
      detail = 'It may have been removed.', hint = 'Look at: select id, label from almanac.calendar_rules.';
  end if;
  perform almanac_private.find_calendar(c.name, true)
  from almanac.exclusion_calendars c where c.id = v_rule.calendar_id;
  delete from almanac.calendar_rules r where r.id = v_rule.id;
  return v_rule;
end
$$;
comment on function almanac.remove_calendar_rule(bigint) is
  'Removes the rule of an imported series from its calendar, with the entries that came from it.';
grant execute on function almanac.remove_calendar_rule(bigint) to almanac_operator;
--! EndIncluded functions/calendars/remove_calendar_rule.sql
--! Included functions/calendars/remove_exclusion.sql
-- Definer: who may delete from a table may lock all of it, which operators may not. It looks itself who may change the
-- calendar.
create or replace function almanac.remove_exclusion(entry_id bigint) returns almanac.calendar_entries
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_entry almanac.calendar_entries;
begin
  select e.* into v_entry from almanac.calendar_entries e where e.id = remove_exclusion.entry_id;
  if v_entry.id is null then
    raise exception using errcode = 'AL015',
      message = format('There is no calendar entry with id %s.',
        coalesce(remove_exclusion.entry_id::text, 'null')),
      detail = 'It may have been removed.', hint = 'Look at: select * from almanac.calendar_entries.';
  end if;
  perform almanac_private.find_calendar(c.name, true)
  from almanac.exclusion_calendars c where c.id = v_entry.calendar_id;
  delete from almanac.calendar_entries e where e.id = v_entry.id;
  return v_entry;
end
$$;
comment on function almanac.remove_exclusion(bigint) is 'Removes an entry from its calendar.';
grant execute on function almanac.remove_exclusion(bigint) to almanac_operator;
--! EndIncluded functions/calendars/remove_exclusion.sql
--! Included functions/calendars/remove_imported.sql
-- Definer: who may delete from a table may lock all of it, which operators may not. It looks itself who may change the
-- calendar.
create or replace function almanac_private.remove_imported(calendar_id bigint, source text) returns void
language sql volatile security definer set search_path to pg_catalog, pg_temp
begin atomic
  select almanac_private.find_calendar(c.name, true)
  from almanac.exclusion_calendars c where c.id = remove_imported.calendar_id;
  delete from almanac.calendar_rules r
  where r.calendar_id = remove_imported.calendar_id and r.source = remove_imported.source;
  delete from almanac.calendar_entries e
  where e.calendar_id = remove_imported.calendar_id and e.source = remove_imported.source;
end;
comment on function almanac_private.remove_imported(bigint, text) is
  'Removes from a calendar what came from a source, including the rules of its series.';
grant execute on function almanac_private.remove_imported(bigint, text) to almanac_operator;
--! EndIncluded functions/calendars/remove_imported.sql
--! Included functions/calendars/rules_to_read_on.sql
-- Definer: the worker sees no calendars.
create or replace function almanac_private.rules_to_read_on(as_of timestamptz default now())
returns table (rule_id bigint, label text, ics text, timezone text, known_until timestamptz)
language sql stable security definer rows 10 set search_path to pg_catalog, pg_temp
as $$
select r.id, r.label, r.ics, c.timezone, r.known_until
from almanac.calendar_rules r join almanac.exclusion_calendars c on c.id = r.calendar_id
where r.known_until < as_of + interval '4 years'
order by r.known_until, r.id limit 1000
$$;
comment on function almanac_private.rules_to_read_on(timestamptz) is
  'Rules of imported series whose occurrences are known for less than the next four years, with the zone of their '
  'calendar.';
grant execute on function almanac_private.rules_to_read_on(timestamptz) to almanac_worker;
--! EndIncluded functions/calendars/rules_to_read_on.sql
--! Included functions/calendars/schedules_of_calendars.sql
create or replace function almanac_private.schedules_of_calendars(names text[]) returns bigint[]
language sql stable parallel safe
return array(
  select s.id from almanac.schedules s
  where s.calendars && names and s.calendars <> '{}' and s.deleted_at is null and s.archived_at is null order by s.id);
comment on function almanac_private.schedules_of_calendars(text[]) is
  'Ids of the schedules that use any of these calendars.';
--! EndIncluded functions/calendars/schedules_of_calendars.sql
--! Included functions/calendars/update_calendar.sql
create or replace function almanac.update_calendar(calendar text, changes jsonb) returns almanac.exclusion_calendars
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_calendar almanac.exclusion_calendars := almanac_private.find_calendar(update_calendar.calendar, true);
  v_unknown text;
  v_new almanac.exclusion_calendars;
begin
  if jsonb_typeof(update_calendar.changes) is distinct from 'object' then
    raise exception using errcode = 'AL009', message = 'The changes are not a JSON object.',
      detail = format('They are of type %s.', coalesce(jsonb_typeof(update_calendar.changes), 'null')),
      hint = 'Give {"column": value, …}.';
  end if;
  v_unknown := (select min(k) from jsonb_object_keys(update_calendar.changes) k
    where k <> all (array['name', 'description', 'timezone', 'owner_user']));
  if v_unknown is not null then
    raise exception using errcode = 'AL009', column = v_unknown, message = format('There is no setting %s.', v_unknown),
      detail = 'Known settings: name, description, timezone, owner_user.',
      hint = 'Entries have their own functions.';
  end if;
  begin
    v_new := jsonb_populate_record(v_calendar, update_calendar.changes);
  exception when others then
    -- The only one that is no text.
    get stacked diagnostics v_unknown = message_text;
    raise exception using errcode = sqlstate, column = 'owner_user',
      message = format('owner_user cannot be read: %s', v_unknown),
      detail = format('owner_user: %s.', left(update_calendar.changes ->> 'owner_user', 200)),
      hint = 'Give the id of a user: select id, username from almanac.users.';
  end;
  update almanac.exclusion_calendars c
  set name = v_new.name, description = v_new.description, timezone = v_new.timezone, owner_user = v_new.owner_user
  where c.id = v_calendar.id returning c.* into v_new;
  return v_new;
end
$$;
comment on function almanac.update_calendar(text, jsonb) is
  'Changes name, description, timezone or owner_user of a calendar, given as JSON. Schedules that use it follow a new '
  'name.';
grant execute on function almanac.update_calendar(text, jsonb) to almanac_operator;
--! EndIncluded functions/calendars/update_calendar.sql
--! Included functions/firing/add_jobs.sql
create or replace function almanac_private.add_jobs(specs graphile_worker.job_spec[]) returns void
language plpgsql volatile set search_path to pg_catalog, pg_temp
  -- By key, whatever the statistics say: a hash join would read all jobs for a handful, within Graphile Worker's
  -- function too.
  set jit to off set enable_hashjoin to off set enable_mergejoin to off set enable_seqscan to off
as $$
begin
  if cardinality(add_jobs.specs) > 0 then
    perform graphile_worker.add_jobs(add_jobs.specs);
  end if;
end
$$;
comment on function almanac_private.add_jobs(graphile_worker.job_spec[]) is
  'Adds jobs for callers that join sets of their own, which need hash joins, while Graphile Worker''s look-up by key '
  'must not use one.';
--! EndIncluded functions/firing/add_jobs.sql
--! Included functions/firing/arm_delay.sql
create or replace function almanac_private.arm_delay() returns interval
language sql stable parallel safe
return case
  when not exists (select from almanac_private.leases l where l.name = 'ticker' and l.expires_at > now())
    and exists (select from almanac.workers w
      where w.status = 'active' and w.last_heartbeat_at > now() - almanac_private.worker_lease())
  then interval '0'
  else (select make_interval(secs => (s.value #>> '{}')::float8 / 1000) from almanac_private.settings s
    where s.key = 'arm_delay_ms')
end;
comment on function almanac_private.arm_delay() is
  'How long after its due time a schedule''s job wakes it, if no ticker did: armed for the due time itself, hundreds '
  'of wake-up jobs would crowd out the runs. No delay while workers are running but no ticker fires: then the wake-up '
  'jobs are all there is.';
--! EndIncluded functions/firing/arm_delay.sql
--! Included functions/firing/arm_jobs.sql
-- Called by what people call, whose transaction may stay open, with the lock on the schedules.
create or replace function almanac_private.arm_jobs(specs graphile_worker.job_spec[]) returns void
language plpgsql volatile set search_path to pg_catalog, pg_temp
  -- By key, whatever the statistics say, as add_jobs.
  set jit to off set enable_hashjoin to off set enable_mergejoin to off set enable_seqscan to off
as $$
declare
  v_keys text[] := array(select s.job_key from unnest(arm_jobs.specs) s);
  v_taken text[];
begin
  if cardinality(v_keys) > 0 then
    -- From here on no worker takes these.
    perform from graphile_worker._private_jobs j where j.key = any (v_keys) and j.locked_at is null
    order by j.id for update;
    v_taken := array(
      select j.key from graphile_worker._private_jobs j
      where j.key = any (v_keys) and j.locked_at > now() - interval '4 hours');
    perform almanac_private.add_jobs(array(
      select s from unnest(arm_jobs.specs) s where s.job_key <> all (v_taken)));
  end if;
end
$$;
comment on function almanac_private.arm_jobs(graphile_worker.job_spec[]) is
  'Arms schedules for people. A wake-up job that a worker has is left alone, as the worker could not end it before the '
  'transaction ends: its task arms the schedule once it can lock it (wake).';
--! EndIncluded functions/firing/arm_jobs.sql
--! Included functions/firing/arm_spec.sql
create or replace function almanac_private.arm_spec(
  schedule_id bigint, next_run_at timestamptz, delay interval
) returns graphile_worker.job_spec
language sql stable parallel safe
return row('almanac:wake', ('{"scheduleId": "' || schedule_id || '"}')::json, null, next_run_at + delay,
  25::smallint, 'schedule:' || schedule_id, 9::smallint, null)::graphile_worker.job_spec;
comment on function almanac_private.arm_spec(bigint, timestamptz, interval) is
  'The job that wakes a schedule should no ticker have fired it. Behind every run: priority 9.';
--! EndIncluded functions/firing/arm_spec.sql
--! Included functions/firing/backlog_of.sql
-- Without a set clause, so that callers inline it.
create or replace function almanac_private.backlog_of(run_as text, most integer)
returns table (unfinished bigint, is_behind boolean)
language sql stable rows 1
begin atomic
  select
    (select count(*) from (
      select from almanac_private.live_runs l where l.run_as = backlog_of.run_as limit backlog_of.most) l),
    exists (select from almanac_private.live_runs l where l.run_as = backlog_of.run_as and l.is_behind);
end;
comment on function almanac_private.backlog_of(text, integer) is
  'How many runs of a role are unfinished, or most, if there are as many, and whether some of them are behind the runs '
  'of other roles.';
--! EndIncluded functions/firing/backlog_of.sql
--! Included functions/firing/busy_times.sql
-- Called by what fires, with its rights and its settings. The rule is the table in docs/firing.md.
create or replace function almanac_private.busy_times(schedule almanac.schedules, as_of timestamptz)
returns tstzmultirange
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_now constant timestamptz := clock_timestamp();
  v_heard_since constant timestamptz := v_now - interval '7 seconds';
  -- How many unfinished runs block another.
  v_most constant integer := case schedule.overlap_policy when 'allow' then schedule.max_concurrent else 1 end;
  v_is_punctual constant boolean := schedule.next_run_at >= busy_times.as_of - interval '1 second';
  v_was_punctual boolean;
  v_takes_none constant boolean := (
    select bool_and(w.takes_nothing_since is not null) from almanac.workers w
    where w.status in ('active', 'draining') and w.last_heartbeat_at > v_heard_since);
  v_waiting bigint;
  v_going bigint;
  v_since timestamptz[];
  v_until timestamptz[];
  v_stopped tstzmultirange;
begin
  select coalesce(bool_and(l.due_at >= coalesce(l.queued_at, busy_times.as_of) - interval '1 second'), true),
    count(*) filter (where l.is_waiting),
    count(*) filter (where not l.is_waiting and l.is_known),
    array_agg(l.started_at order by l.started_at) filter (where l.is_begun),
    array_agg(l.until order by l.until desc) filter (where l.is_begun),
    range_agg(l.stopped) filter (where l.is_begun)
  into v_was_punctual, v_waiting, v_going, v_since, v_until, v_stopped
  from (
    select r.due_at, r.queued_at, r.started_at, l.is_waiting,
      h.run_id is null and r.started_at is not null as is_begun,
      case
        when h.run_id is not null or e.ended_at is not null then false
        when r.status = 'running' then s.is_heard
        when r.started_at is not null then true
        else v_takes_none is not true and not exists (
          -- A worker has it, but sends no heartbeats, or cannot record that it starts.
          select from almanac.workers f
          where f.status in ('active', 'draining') and f.run_ids @> array[r.id])
      end as is_known,
      case
        when r.status <> 'running' then 'infinity'
        when e.ended_at is not null
          then greatest(r.attempt_started_at, busy_times.as_of - (v_now - e.ended_at))
        when s.is_heard and (v_is_punctual or exists (
          select from almanac_private.live_runs q
          where q.schedule_id = l.schedule_id and q.is_waiting and q.counts_toward_overlap)) then 'infinity'
        -- As long before as_of as it is ago.
        else greatest(r.attempt_started_at, busy_times.as_of - (v_now - s.seen_at))
      end as until,
      case when r.status = 'running' and not isempty(v.stopped) then tstzrange(
        busy_times.as_of - (v_now - lower(v.stopped)), busy_times.as_of - (v_now - upper(v.stopped)), '[]')
      end as stopped
    from almanac_private.live_runs l
    join almanac.runs r on r.id = l.run_id and r.scheduled_for = l.scheduled_for
    left join almanac_private.held_runs h on h.run_id = l.run_id
    left join almanac.workers w on w.id = r.worker_id
    left join almanac_private.vouchers v on v.worker_id = r.worker_id
    cross join lateral (
      select (v.ended ->> r.id::text)::timestamptz as ended_at) e
    cross join lateral (
      select coalesce(w.last_heartbeat_at > v_heard_since and not b.is_kept, false) as is_heard,
        case when b.is_kept then w.busy_since
          -- Below that of one that was marked lost, while someone holds its run.
          when w.last_heartbeat_at > '-infinity'
            then least(case when w.culprit_run_id is distinct from r.id then v.vouched_until end, w.last_heartbeat_at,
              v_now) end as seen_at
      -- Another run's task holds the CPU of its worker.
      from (select coalesce(w.busy_since is not null and w.culprit_run_id <> r.id, false) as is_kept) b
    ) s
    where l.schedule_id = schedule.id and l.counts_toward_overlap
  ) l;
  if v_waiting >= 100 then
    return null;
  elsif v_is_punctual and v_was_punctual then
    return case when schedule.overlap_policy = 'cancel_running' or v_going > 0 and v_going + v_waiting >= v_most
      then '{(,)}' else '{}' end::tstzmultirange;
  end if;
  return case when v_since[v_most] <= v_until[v_most]
    then tstzmultirange(tstzrange(v_since[v_most], v_until[v_most], '[]')) - coalesce(v_stopped, '{}')
    else '{}' end;
end
$$;
comment on function almanac_private.busy_times(almanac.schedules, timestamptz) is
  'When as many runs of a schedule as its overlap policy allows were really in progress, as far as their workers '
  'confirm it, without the times in which these were stopped: an occurrence that was due then overlaps. Any other '
  'waits, because the engine was held up. While nothing is late, runs that wait normally for a worker count as well, '
  'and those that cancel_running is to cancel. Null: a hundred wait, so that no more do.';
--! EndIncluded functions/firing/busy_times.sql
--! Included functions/firing/bytes_a_call.sql
create or replace function almanac_private.bytes_a_call() returns bigint
language sql immutable parallel safe
return 2000000;
comment on function almanac_private.bytes_a_call() is
  'About how many bytes of payload one call of fire_due stores: to write a megabyte takes 0.1 s, and what is due '
  'meanwhile waits.';
--! EndIncluded functions/firing/bytes_a_call.sql
--! Included functions/firing/bytes_a_minute.sql
create or replace function almanac_private.bytes_a_minute(an_hour bigint) returns bigint
language sql immutable parallel safe
return least(an_hour, greatest(an_hour / 20, 10000000));
comment on function almanac_private.bytes_a_minute(bigint) is
  'How many of an hour''s bytes of payload one minute may have: a twentieth, or 10 MB. A plain expression, so that '
  'callers inline it.';
--! EndIncluded functions/firing/bytes_a_minute.sql
--! Included functions/firing/catchup_backlog.sql
-- Called by decide, with its rights and its settings.
create or replace function almanac_private.catchup_backlog(
  schedule almanac.schedules, as_of timestamptz
) returns integer
language sql stable set search_path to pg_catalog, pg_temp
return case
  when schedule.missed_run_policy = 'run_all' and schedule.overlap_policy = 'allow'
    and schedule.next_run_at < catchup_backlog.as_of - schedule.late_tolerance
  then coalesce((
    select least(ceil(extract(epoch from j.run_at - catchup_backlog.as_of) * schedule.catchup_per_minute / 60),
      1000000000)::integer + 1
    from almanac_private.live_runs l
    join almanac.runs r on r.id = l.run_id and r.scheduled_for = l.scheduled_for
    join graphile_worker.jobs j on j.key = 'run:' || l.run_id
    -- Not one that waits for its next attempt, nor one that was on time.
    where l.schedule_id = (catchup_backlog.schedule).id and l.counts_toward_overlap and r.status = 'queued'
      and r.attempt = 0
      and r.due_at < r.queued_at - (catchup_backlog.schedule).late_tolerance and j.run_at > catchup_backlog.as_of
    order by l.run_id desc limit 1
  ), 0)
  else 0
end;
comment on function almanac_private.catchup_backlog(almanac.schedules, timestamptz) is
  'How many runs of a schedule that is being caught up concurrently are still pending at its pace, so that the next '
  'ones follow them.';
--! EndIncluded functions/firing/catchup_backlog.sql
--! Included functions/firing/count_unfinished.sql
-- Called by left_to_fire and limits, with their rights. Settings of its own, as it reads all there are, at once.
create or replace function almanac_private.count_unfinished(run_as text, most bigint) returns bigint
language plpgsql stable set search_path to pg_catalog, pg_temp
  set jit to off set enable_hashjoin to on set enable_seqscan to on set plan_cache_mode to auto
as $$
begin
  return (
    select count(*) from (
      select from almanac_private.live_runs l join almanac.schedules s on s.id = l.schedule_id
      where s.run_as = count_unfinished.run_as limit count_unfinished.most
    ) u);
end
$$;
comment on function almanac_private.count_unfinished(text, bigint) is
  'How many runs of schedules of a role have not ended, or most, if there are as many.';
--! EndIncluded functions/firing/count_unfinished.sql
--! Included functions/firing/course_between.sql
create or replace function almanac_private.course_between(
  was almanac.schedules, resolved almanac.schedules
) returns almanac_private.course
language sql immutable parallel safe
return row((resolved).id, (resolved).cursor_at, (resolved).next_scheduled_for, (resolved).next_run_at,
  (resolved).has_overrides, (resolved).last_run_at,
  ((resolved).fired_runs - (was).fired_runs)::integer)::almanac_private.course;
comment on function almanac_private.course_between(almanac.schedules, almanac.schedules) is
  'What has to be written for a schedule to be as it was resolved to.';
--! EndIncluded functions/firing/course_between.sql
--! Included functions/firing/decide.sql
-- Called by verdicts and resolve_rule, with their rights and their settings.
--
-- What happens to the due occurrences of one schedule; nothing is written. All of it is decided here, for a herd of
-- thousands that are due at one instant, each with one occurrence, as for one schedule that is a month behind; they
-- differ in how many occurrences there are to look at:
--
-- 1. Which are due. Nearly always one: the time that is stored, and the rule's next one is not due yet. To know that is
--    one call of next_occurrence, 3 µs of the 15 µs that a decision takes; planned_occurrences, with calendars,
--    overrides and jitter, costs 30 µs before its first time. What comes before all of that and is missed as a whole
--    (a minute rule after a day: 1,439 of 1,440), or excluded as a whole, is counted and not looked at.
-- 2. In the order of their due times, moved ones among the others: what lies in a global pause is stopped, what is late
--    is caught up or missed (is_fired_late), and what is left meets the unfinished runs. "Skipped because the one
--    before still runs" is decided there, by what overlap_status() says.
-- 3. Runs that result from it count as unfinished for those after them: v_live and v_waiting are what live_runs would
--    hold had each been written before the next was looked at.
-- 4. What the columns of the schedule become: the cursor is at the last nominal time that has its outcome, and next_due
--    looks on from there.
--
-- Occurrences of one outcome that follow each other are one gap. A time with an override interrupts it, as it has an
-- outcome of its own, whatever its rule names by now.
create or replace function almanac_private.decide(
  schedule almanac.schedules, as_of timestamptz, stopped tstzmultirange, was_idle boolean,
  max_steps integer, omit_as almanac.omission_reason,
  out verdicts almanac_private.verdict[], out course almanac_private.course, out steps integer
)
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_id constant bigint := schedule.id;
  v_tolerated constant timestamptz := decide.as_of - schedule.late_tolerance;
  v_window constant timestamptz := decide.as_of - schedule.catchup_window;
  v_is_omitted constant boolean := decide.omit_as is not null;
  v_overlaps constant boolean := schedule.overlap_policy = 'allow' and schedule.max_concurrent is null;
  -- Whether what is due next is known, as it is of all that fires.
  v_is_stored constant boolean := schedule.next_scheduled_for is not null;
  v_is_plain constant boolean := schedule.calendars = '{}' and not schedule.has_overrides;
  v_cursor timestamptz := schedule.cursor_at;
  v_following timestamptz;
  v_steps integer := decide.max_steps;
  v_planned almanac_private.planned_occurrence[];
  v_moved almanac.occurrence_overrides[] := '{}';
  v_moved_due integer := 0;
  v_marks timestamptz[] := '{}';
  v_done timestamptz[] := '{}';
  v_nth integer := 1;
  v_nth_moved integer := 1;
  v_is_single boolean := false;
  v_is_complete boolean := true;
  v_is_moved boolean;
  v_is_marked boolean;
  v_candidate integer;
  v_latest timestamptz;
  v_item almanac_private.planned_occurrence;
  v_gap almanac.omission_reason;
  v_gap_reason almanac.omission_reason;
  v_first timestamptz;
  v_count bigint := 0;
  v_follows timestamptz := schedule.cursor_at;
  v_live bigint;
  v_waiting bigint;
  v_running bigint;
  v_was_idle boolean;
  v_busy tstzmultirange;
  v_is_full boolean;
  v_is_late boolean;
  v_is_held_up boolean;
  v_cancels boolean;
  v_uncancelled integer := 1;
  v_caught_up integer;
  v_job_at timestamptz;
  v_status almanac.run_status;
  v_reason text;
  v_fired integer := 0;
  v_last_run_at timestamptz := schedule.last_run_at;
begin
  verdicts := '{}';
  steps := 0;

  -- Nearly always: the one that is stored, and none after it yet.
  if v_is_stored and schedule.next_run_at <= decide.as_of and not schedule.has_overrides and not v_is_omitted
    and (schedule.calendars = '{}' or schedule.next_run_at = schedule.next_scheduled_for
      and almanac_private.next_occurrence(schedule, schedule.cursor_at) = schedule.next_scheduled_for)
  then
    v_following := almanac_private.next_occurrence(schedule, schedule.next_scheduled_for);
    v_is_single := v_following is null or v_following > decide.as_of;
  end if;

  if v_is_single then
    v_item := row(schedule.next_scheduled_for, schedule.next_run_at, 'run');
    v_latest := schedule.next_scheduled_for;
    steps := 1;
  else
    if not v_is_omitted then
      v_steps := almanac_private.most_steps(schedule, v_steps);
    end if;
    if v_is_omitted and schedule.jitter is null and not schedule.has_overrides
      and (schedule.calendars = '{}' or schedule.exclusion_policy = 'skip')
    then
      -- All of one kind and in their order: a pause can be long.
      select g.first, g.last, g.count into v_first, v_cursor, v_count
      from almanac_private.rule_range(schedule, decide.as_of + interval '1 microsecond', null, 0) g;
      v_gap_reason := decide.omit_as;
    elsif schedule.calendars <> '{}' then
      select g.first, g.last, g.count into v_first, v_cursor, v_count
      from almanac_private.excluded_range(schedule, decide.as_of) g;
      v_gap_reason := coalesce(decide.omit_as, 'excluded');
    elsif v_is_stored and v_is_plain and not v_is_omitted and schedule.jitter is null
      and schedule.missed_run_policy <> 'run_all' and decide.stopped = '{}' and schedule.next_run_at < v_tolerated
    then
      select g.first, g.last, g.count into v_first, v_cursor, v_count
      -- But for the last, which may be the latest.
      from almanac_private.rule_range(schedule, v_tolerated, v_steps, 1) g;
      v_gap_reason := 'missed';
      -- Counted at once, a thousand cost no more than some that are looked at.
      steps := case when v_count < 1000 then 0 else v_count end;
      v_steps := greatest(v_steps - v_count, 1);
    end if;
    v_count := coalesce(v_count, 0);
    v_cursor := coalesce(v_cursor, schedule.cursor_at);
    if schedule.has_overrides then
      v_marks := array(
        select o.scheduled_for from almanac.occurrence_overrides o
        where o.schedule_id = v_id and o.scheduled_for > v_cursor order by o.scheduled_for);
      v_moved := array(
        select m from almanac_private.moved_occurrences(schedule) m order by m.moved_to, m.scheduled_for);
      v_moved_due := (select count(*) from unnest(v_moved) m where m.moved_to <= decide.as_of);
    end if;
    loop
      v_planned := array(
        select p from almanac_private.planned_occurrences(schedule, v_cursor,
          decide.as_of + interval '1 microsecond', v_steps, true, most_windows => almanac_private.most_windows()) p);
      v_is_complete := cardinality(v_planned) < v_steps;
      if v_planned[cardinality(v_planned)].outcome = 'undecided' then
        -- Excluded beyond as_of, and whatever comes after it.
        v_planned := v_planned[:cardinality(v_planned) - 1];
        v_is_complete := true;
      end if;
      steps := steps + cardinality(v_planned);
      exit when v_is_complete or schedule.missed_run_policy <> 'run_latest' or v_is_omitted;
      -- A part ends before the last that may be the latest: whether it is shows in what comes after it.
      v_candidate := (select max(p.ordinality) from unnest(v_planned) with ordinality p
        where p.outcome = 'run' and p.due_at <= decide.as_of and not decide.stopped @> p.due_at);
      exit when v_candidate is null and v_moved_due = 0;
      if v_candidate > 1 then
        v_planned := v_planned[:v_candidate - 1];
        exit;
      end if;
      v_steps := 2 * v_steps;
    end loop;
    if v_is_complete then
      v_latest := (
        select d.scheduled_for
        from (
          select p.scheduled_for, p.due_at from unnest(v_planned) p
          where p.outcome = 'run' and p.due_at <= decide.as_of
          union all
          select m.scheduled_for, m.moved_to from unnest(v_moved[:v_moved_due]) m
        ) d
        where not decide.stopped @> d.due_at
        order by d.due_at desc, d.scheduled_for desc limit 1);
    end if;
  end if;

  loop
    exit when schedule.max_runs <= schedule.fired_runs + v_fired;
    if v_is_single then
      exit when v_nth > 1;
    else
      exit when v_nth > cardinality(v_planned) and not v_is_complete;
      v_item := v_planned[v_nth]; -- after the last: null, for what else was moved
      if v_item.outcome = 'run' and v_item.due_at > decide.as_of then
        v_item := null; -- it is postponed, and whatever comes after it
      end if;
    end if;
    v_is_moved := v_nth_moved <= v_moved_due
      and (v_item.outcome is null or v_item.outcome = 'run' and v_moved[v_nth_moved].moved_to <= v_item.due_at);
    if v_is_moved then
      v_item := row(v_moved[v_nth_moved].scheduled_for, v_moved[v_nth_moved].moved_to, 'run');
      v_nth_moved := v_nth_moved + 1;
      v_done := v_done || v_item.scheduled_for;
    else
      exit when v_item.outcome is null;
      v_nth := v_nth + 1;
    end if;

    -- Why it has no run, or null.
    v_gap := case
      when v_item.outcome = 'moved' then null
      when v_is_omitted then decide.omit_as
      when v_item.outcome = 'excluded' then 'excluded'
      when v_item.outcome <> 'run' then null
      when decide.stopped @> v_item.due_at then 'stopped'
      when not almanac_private.is_fired_late(schedule.missed_run_policy, v_item.due_at,
        v_item.scheduled_for is not distinct from v_latest, v_tolerated, v_window) then 'missed'
    end;

    if v_is_moved then
      if v_gap is not null then
        verdicts := verdicts || row(v_id, v_item.scheduled_for, null, null, null, null, false, v_gap,
          v_item.scheduled_for, 1, null, 'done', null, null, null, null, null)::almanac_private.verdict;
        continue;
      end if;
    elsif v_count > 0 or v_gap is not null or v_marks <> '{}' then
      v_is_marked := v_marks <> '{}' and exists (
        select from unnest(v_marks) m(at) where m.at > v_cursor and m.at < v_item.scheduled_for);
      if v_count > 0 and (v_is_marked or v_gap is distinct from v_gap_reason) then
        verdicts := verdicts || row(v_id, v_cursor, null, null, null, null, false, v_gap_reason, v_first, v_count,
          v_follows, null, null, null, null, null, null)::almanac_private.verdict;
        v_follows := null;
        v_count := 0;
      elsif v_is_marked then
        v_follows := null;
      end if;
      if v_gap is not null then
        if v_count = 0 then
          v_first := v_item.scheduled_for;
          v_gap_reason := v_gap;
        end if;
        v_count := v_count + 1;
      end if;
    end if;

    if v_gap is null and v_item.outcome = 'run' then
      v_is_late := v_item.due_at < v_tolerated;
      v_cancels := false;
      v_status := 'queued';
      v_reason := null;
      v_job_at := null;
      if not v_overlaps then
        if v_live is null then
          v_live := (not decide.was_idle)::integer;
          v_waiting := 0;
          v_running := 0;
          if decide.was_idle is null or not decide.was_idle
            and (schedule.overlap_policy not in ('skip', 'queue_all') or schedule.max_concurrent is not null) then
            select c.live, c.waiting, c.running into v_live, v_waiting, v_running
            from almanac_private.live_counts(v_id, schedule.overlap_policy, schedule.max_concurrent) c;
          end if;
          v_was_idle := v_live = 0;
        end if;
        if v_live > 0 then
          v_status := almanac_private.overlap_status(schedule.overlap_policy, schedule.max_concurrent, v_live,
            v_waiting);
          if v_status = 'skipped' or schedule.overlap_policy = 'cancel_running' then
            -- The engine had stalled: the occurrence came due while no earlier run was really running.
            if v_is_full is null then
              v_busy := case when v_was_idle or schedule.overlap_policy = 'queue_one' then '{(,)}'
                else almanac_private.busy_times(schedule, decide.as_of) end;
              v_is_full := v_busy is null;
            end if;
            v_is_held_up := not v_is_late and (v_was_idle or not v_is_full and not v_item.due_at <@ v_busy);
          end if;
          if schedule.overlap_policy = 'cancel_running' and not v_is_held_up then
            v_cancels := true;
            for v_earlier in v_uncancelled .. cardinality(verdicts) loop
              if verdicts[v_earlier].status in ('queued', 'waiting') then
                verdicts[v_earlier].status := 'cancelled';
                verdicts[v_earlier].reason := 'a later run took its place';
              end if;
            end loop;
            v_uncancelled := cardinality(verdicts) + 1;
            v_live := v_running;
            v_status := almanac_private.overlap_status(schedule.overlap_policy, schedule.max_concurrent, v_live,
              v_waiting);
          end if;
          if v_status = 'skipped'
            and almanac_private.waits_instead(schedule.overlap_policy, v_is_late, v_is_held_up) then
            v_status := 'waiting';
          end if;
          v_reason := case when v_status = 'skipped' and v_is_full then 'a hundred runs are waiting already'
            else almanac_private.overlap_reason(schedule.overlap_policy, schedule.max_concurrent, v_live, v_waiting)
            end;
        end if;
        v_live := v_live + (v_status <> 'skipped')::integer;
        v_waiting := v_waiting + (v_status = 'waiting')::integer;
      end if;
      if v_is_late then
        v_caught_up := coalesce(v_caught_up, almanac_private.catchup_backlog(schedule, decide.as_of));
        if schedule.overlap_policy = 'allow' then
          -- Those that wait for each other have their pace from that.
          v_job_at := decide.as_of + make_interval(secs => v_caught_up * 60.0 / schedule.catchup_per_minute);
        end if;
        v_caught_up := v_caught_up + 1;
      end if;
      verdicts := verdicts || row(v_id, v_item.scheduled_for, v_item.due_at, v_status, v_reason, v_job_at, v_cancels,
        null, null, null, null, case when v_is_moved then 'done' end, null, null, null, null, null
        )::almanac_private.verdict;
      if v_status <> 'skipped' then
        v_fired := v_fired + 1;
        v_last_run_at := greatest(v_last_run_at, v_item.due_at);
      end if;
    elsif v_gap is null then
      verdicts := verdicts || row(v_id, v_item.scheduled_for, v_item.scheduled_for,
        case when v_item.outcome <> 'moved' then 'skipped' end,
        case v_item.outcome
          when 'merged' then 'merged'
          when 'skipped' then (
            select almanac_private.skip_reason(o) from almanac.occurrence_overrides o
            where o.schedule_id = v_id and o.scheduled_for = v_item.scheduled_for)
        end, null, false, null, null, null, null, case when v_item.outcome <> 'merged' then 'passed' end, null, null,
        null, null, null)::almanac_private.verdict;
    elsif not v_is_moved and v_item.outcome = 'skipped' then
      verdicts := verdicts || row(v_id, v_item.scheduled_for, null, null, null, null, false, null, null, null, null,
        'passed', null, null, null, null, null)::almanac_private.verdict;
    end if;
    if not v_is_moved then
      if v_gap is null then
        v_follows := null;
      end if;
      v_cursor := v_item.scheduled_for;
    end if;
  end loop;
  if v_count > 0 then
    verdicts := verdicts || row(v_id, v_cursor, null, null, null, null, false, v_gap_reason, v_first, v_count,
      v_follows, null, null, null, null, null, null)::almanac_private.verdict;
  end if;

  if v_is_single and v_is_plain then
    if schedule.max_runs <= schedule.fired_runs + v_fired then
      v_following := null;
    end if;
    course := row(v_id, v_cursor, v_following, case when schedule.jitter is null then v_following
      else almanac_private.plain_due(schedule, v_following) end, false, v_last_run_at, v_fired);
    return;
  end if;
  schedule.cursor_at := v_cursor;
  schedule.fired_runs := schedule.fired_runs + v_fired;
  schedule.last_run_at := v_last_run_at;
  if schedule.has_overrides then
    -- As they will be, with the verdicts recorded.
    schedule.has_overrides := exists (
      select from almanac.occurrence_overrides o
      where o.schedule_id = v_id and (o.scheduled_for > v_cursor
        or o.done_at is null and o.scheduled_for <> all (v_done)
          and not (o.action = 'skip' and exists (
            select from unnest(verdicts) v where v.override = 'passed' and v.scheduled_for = o.scheduled_for))));
    v_moved := array(
      select m from unnest(v_moved) m where m.scheduled_for <> all (v_done) order by m.moved_to, m.scheduled_for);
  end if;
  select v_id, v_cursor, d.scheduled_for, d.due_at, schedule.has_overrides, v_last_run_at, v_fired into course
  from almanac_private.next_due(schedule, v_moved) d;
end
$$;
comment on function almanac_private.decide(
  almanac.schedules, timestamptz, tstzmultirange, boolean, integer, almanac.omission_reason
) is
  'What happens to the occurrences of a schedule that are due by as_of, and to its columns; nothing is written. '
  'stopped: when all schedules were stopped; was_idle: it has no unfinished run (null: to be looked up); of more than '
  'max_steps a part, the rest is due still; omit_as: why none of them has a run, or null. steps: how many it looked '
  'at.';
--! EndIncluded functions/firing/decide.sql
--! Included functions/firing/enter_engine.sql
create or replace function almanac_private.enter_engine() returns text
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_was text := coalesce(current_setting('almanac.engine', true), '');
begin
  perform set_config('almanac.engine', 'on', true);
  return v_was;
end
$$;
comment on function almanac_private.enter_engine() is
  'Has the triggers for people''s writes pass by what the engine writes, until leave_engine is given what this '
  'returns: the setting as it was.';
--! EndIncluded functions/firing/enter_engine.sql
--! Included functions/firing/excluded_range.sql
create or replace function almanac_private.excluded_range(
  schedule almanac.schedules, as_of timestamptz, out first timestamptz, out last timestamptz, out count bigint
)
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_at timestamptz := almanac_private.next_occurrence(schedule, schedule.cursor_at);
  v_end timestamptz;
  v_known_until timestamptz;
begin
  if v_at is null or v_at > excluded_range.as_of then
    return;
  end if;
  -- What ends after as_of may end later still.
  select upper(r), e.known_until into v_end, v_known_until
  from almanac_private.exclusions(schedule.calendars, schedule.timezone, v_at,
    least(excluded_range.as_of, v_at + interval '24 hours'), schedule.exclusion_policy = 'move',
    almanac_private.most_windows()) e
  cross join lateral unnest(e.excluded) r
  where r @> v_at;
  if v_end is null or schedule.has_overrides and exists (
    select from almanac.occurrence_overrides o
    where o.schedule_id = (excluded_range.schedule).id and o.scheduled_for >= v_at
      and o.scheduled_for < least(v_end, excluded_range.as_of))
  then
    return;
  end if;

  -- Where excluded ones move, all but the last are merged into it; the last hundred are left, to have a row each.
  select g.first, g.last, g.count into excluded_range.first, excluded_range.last, excluded_range.count
  from almanac_private.rule_range(schedule,
    least(v_end, v_known_until, excluded_range.as_of + interval '1 microsecond'), null,
    case when schedule.exclusion_policy = 'skip' or v_end = 'infinity' then 0 else 100 end) g;
  if excluded_range.count < 100 then
    first := null;
    last := null;
    count := null;
  end if;
end
$$;
comment on function almanac_private.excluded_range(almanac.schedules, timestamptz) is
  'Where a hundred occurrences or more after the cursor of a schedule lie in one exclusion: the first, the last and '
  'their number; else null.';
--! EndIncluded functions/firing/excluded_range.sql
--! Included functions/firing/fire_due.sql
-- Definer: writes the ledger and Graphile Worker's jobs. The setting keeps the triggers for people's writes out of the
-- way (a set clause on the function would need a superuser).
--
-- One call locks what is due, has verdicts() decide and record_verdicts() write: about 1 ms for one schedule, most of
-- it spent on starting statements, and 80 to 100 µs for each of 500. Tickers, wake-up jobs and people may call it at
-- the same time; they take different schedules (skip locked), and a schedule that two want is fired by one.
--
-- 1. Locks come first, in statements of their own: a decision that began before its schedule was locked would not see
--    the run that the last holder wrote.
-- 2. From both ends of what is due. With the oldest alone, hundreds of schedules that are a day behind would keep what
--    is due now waiting for minutes; with the newest alone, they would never be caught up.
-- 3. All at once, else one by one. A failure while recording (a trigger of the host's, a full disk) takes the call back
--    and tries each schedule alone, so that one bad schedule costs punctuality and nothing else.
-- 4. What is left stays due: next_due is then in the past and the ticker calls again at once.
create or replace function almanac_private.fire_due(
  as_of timestamptz default now(), max_count integer default 500,
  out fired integer, out next_due timestamptz, out moved integer, out next_later timestamptz,
  out moved_ids bigint[]
)
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
  -- By key, whatever the statistics say: a hash join would read all of a large table for a handful of rows, here and in
  -- add_jobs.
  set jit to off set enable_hashjoin to off set enable_mergejoin to off set enable_seqscan to off
    set enable_bitmapscan to off set plan_cache_mode to force_generic_plan
as $$
declare
  v_ids bigint[];
  v_roles text[];
  v_bytes bigint[];
  v_cancelling bigint[];
  v_put_off bigint[];
  v_held bigint[];
  v_stopped boolean;
  v_decided record;
  v_engine text;
  v_id bigint;
  v_most_alone constant integer := 500;
begin
  if current_setting('transaction_isolation') in ('repeatable read', 'serializable') then
    -- What others fired in the meantime would not be seen.
    raise exception using errcode = 'AL018', message = 'Firing needs the isolation level read committed.',
      detail = format('This transaction is %s.', current_setting('transaction_isolation')),
      hint = format('If that is the default here: alter role %I set default_transaction_isolation to ''read '
        'committed'';', session_user);
  end if;
  fired := 0;
  if almanac.copied_from() is not null then
    -- Not by whoever calls it, of whatever version: the original fires elsewhere.
    moved := 0;
    moved_ids := '{}';
    return;
  end if;
  v_stopped := exists (select from almanac.stops s where s.resumed_at is null);
  v_engine := almanac_private.enter_engine();

  -- Statements of their own: the next one's snapshot is then younger than these locks, so that it counts the runs of
  -- whoever held them before. From both ends: what is due now is not kept waiting by hundreds that are behind, nor they
  -- by it.
  -- What within_limits asks for is read with them: to look each up again takes 3 µs.
  select coalesce(array_agg(d.id), '{}'), array_agg(d.role), array_agg(d.bytes),
    array_agg(d.id) filter (where d.overlap_policy = 'cancel_running')
  into v_ids, v_roles, v_bytes, v_cancelling
  from (
    select s.id, s.overlap_policy, case when not s.is_system then s.run_as::text end as role,
      almanac_private.payload_bytes(s.payload) as bytes
    from almanac.schedules s
    where s.next_run_at <= fire_due.as_of and (s.is_system or not v_stopped)
    order by s.next_run_at, s.id
    limit greatest(fire_due.max_count / 2, 1)
    for no key update skip locked
  ) d;
  if cardinality(v_ids) >= fire_due.max_count / 2 then
    -- In the order of their times, as runs are locked by whoever ends them.
    select v_ids || coalesce(array_agg(d.id order by d.next_run_at, d.id), '{}'),
      v_roles || array_agg(d.role order by d.next_run_at, d.id),
      v_bytes || array_agg(d.bytes order by d.next_run_at, d.id),
      v_cancelling || array_agg(d.id) filter (where d.overlap_policy = 'cancel_running')
    into v_ids, v_roles, v_bytes, v_cancelling
    from (
      select s.id, s.next_run_at, s.overlap_policy, case when not s.is_system then s.run_as::text end as role,
        almanac_private.payload_bytes(s.payload) as bytes
      from almanac.schedules s
      where s.next_run_at <= fire_due.as_of and (s.is_system or not v_stopped) and s.id <> all (v_ids)
      order by s.next_run_at desc, s.id desc
      limit fire_due.max_count - cardinality(v_ids)
      for no key update skip locked
    ) d;
  end if;
  select w.kept, w.put_off into v_ids, v_put_off
  from almanac_private.within_limits(v_ids, v_roles, v_bytes, fire_due.as_of) w;

  -- All that any of them will cancel, in the order in which finish_runs locks them. One of whose runs someone holds is
  -- left to a later call.
  if v_cancelling is not null then
    v_held := almanac_private.lock_cancellable(v_cancelling);
    v_ids := array(select u.id from unnest(v_ids) with ordinality u(id, nth) where u.id <> all (v_held) order by u.nth);
  end if;
  begin
    v_decided := almanac_private.verdicts(v_ids, fire_due.as_of);
    fired := (almanac_private.record_verdicts(v_decided.verdicts, v_decided.courses, fire_due.as_of)).fired;
    moved_ids := array(select c.schedule_id from unnest(v_decided.courses) c);
  exception when others then
    -- One that cannot be recorded must not keep the others from firing: each alone, then. If it waited for a lock,
    -- which may be that of a whole table, in an order of chance until the next one waits as long: what is decided here
    -- becomes old meanwhile.
    fired := 0;
    moved_ids := '{}';
    if sqlstate = '55P03' then
      v_ids := array(select u.id from unnest(v_ids) u(id) order by random());
    end if;
    foreach v_id in array v_ids loop
      begin
        v_decided := almanac_private.verdicts(array[v_id], fire_due.as_of);
        fired := fired
          + (almanac_private.record_verdicts(v_decided.verdicts, v_decided.courses, fire_due.as_of)).fired;
        moved_ids := moved_ids || array(select c.schedule_id from unnest(v_decided.courses) c);
      exception when others then
        raise warning 'Schedule % cannot be fired: %', (select s.name from almanac.schedules s where s.id = v_id),
          sqlerrm using errcode = sqlstate;
        exit when sqlstate = '55P03';
      end;
      exit when fired >= v_most_alone;
    end loop;
  end;

  perform almanac_private.leave_engine(v_engine);
  moved_ids := moved_ids || v_put_off;
  moved := cardinality(moved_ids);
  next_due := case
    when v_stopped then (select min(s.next_run_at) from almanac.schedules s where s.is_system)
    else (select min(s.next_run_at) from almanac.schedules s)
  end;
  if next_due <= fire_due.as_of then
    next_later := (select min(s.next_run_at) from almanac.schedules s where s.next_run_at > fire_due.as_of
      and (s.is_system or not v_stopped));
  end if;
end
$$;
comment on function almanac_private.fire_due(timestamptz, integer) is
  'Fires up to max_count schedules that are due (what is far behind in parts, so that more is due still): ledger, '
  'run jobs, next run and re-arming in one transaction. Returns how many runs came of it, when the next is due '
  '(which may be already; null: none is), how many schedules it moved on, and which (0: what is due is held by '
  'others, or cannot be resolved), and, where more is due already, when what is not yet will be. While all are '
  'stopped, system schedules alone; in a copy that was not adopted, nothing.';
grant execute on function almanac_private.fire_due(timestamptz, integer) to almanac_worker;
--! EndIncluded functions/firing/fire_due.sql
--! Included functions/firing/fires_again_at.sql
-- Called by put_off_over, with its rights.
create or replace function almanac_private.fires_again_at(
  run_as text, limit_name text, wanted bigint, as_of timestamptz
) returns timestamptz
language sql stable
begin atomic
  with minutes as (
    select f.minute, sum(case fires_again_at.limit_name when 'runs_per_hour' then f.runs else f.bytes end) as used
    from almanac_private.fired f
    where f.run_as = fires_again_at.run_as and f.minute > fires_again_at.as_of - interval '1 hour'
      and f.minute <= fires_again_at.as_of
    group by f.minute
  ), total as (
    select coalesce(sum(m.used), 0) as used,
      coalesce(sum(m.used) filter (
        where m.minute = date_bin('1 minute', fires_again_at.as_of, '2000-01-01Z')), 0) as used_now,
      almanac_private.limit_for(fires_again_at.limit_name, fires_again_at.run_as) as most
    from minutes m
  )
  select case
    -- When runs will end is unknown: look again every half minute.
    when fires_again_at.limit_name = 'unfinished_runs'
      then date_bin('30 seconds', fires_again_at.as_of, '2000-01-01Z') + interval '30 seconds'
    -- The minute's share is used up, and the hour's is not.
    when fires_again_at.limit_name = 'payload_bytes_per_hour'
      and almanac_private.bytes_a_minute(t.most) - t.used_now < t.most - t.used
      then date_bin('1 minute', fires_again_at.as_of, '2000-01-01Z') + interval '1 minute'
    else greatest(fires_again_at.as_of + interval '1 second', coalesce((
      select min(g.minute) + interval '1 hour'
      from (select m.minute, sum(m.used) over (order by m.minute) as gone from minutes m) g
      -- What was left is fired by the same call.
      where g.gone >= greatest(wanted, t.used + wanted - t.most)), fires_again_at.as_of + interval '1 hour'))
    end
  from total t;
end;
comment on function almanac_private.fires_again_at(text, text, bigint, timestamptz) is
  'When a role that has met a limit may fire again, runs or bytes as wanted: in the next minute, or once as much as it '
  'lacks was fired an hour ago.';
--! EndIncluded functions/firing/fires_again_at.sql
--! Included functions/firing/has_met_limit.sql
-- Called by resolve_rule, with its rights.
create or replace function almanac_private.has_met_limit(schedule almanac.schedules, as_of timestamptz) returns boolean
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_left record;
begin
  if schedule.is_system or not almanac_private.is_limited(schedule.run_as) then
    return false;
  end if;
  v_left := almanac_private.left_to_fire(schedule.run_as, has_met_limit.as_of);
  return coalesce(least(v_left.runs, v_left.bytes, v_left.unfinished) < 1, false);
end
$$;
comment on function almanac_private.has_met_limit(almanac.schedules, timestamptz) is
  'Whether the role of a schedule may fire nothing more for now.';
--! EndIncluded functions/firing/has_met_limit.sql
--! Included functions/firing/is_fired_late.sql
create or replace function almanac_private.is_fired_late(
  missed_run_policy almanac.missed_run_policy, due_at timestamptz, is_latest boolean, tolerated timestamptz,
  since timestamptz
) returns boolean
language sql immutable parallel safe
return due_at >= tolerated
  or (due_at >= since and (missed_run_policy = 'run_all' or (missed_run_policy = 'run_latest' and is_latest)));
comment on function almanac_private.is_fired_late(
  almanac.missed_run_policy, timestamptz, boolean, timestamptz, timestamptz
) is
  'Whether an occurrence reached after its due time fires all the same: within late_tolerance, or, within the '
  'catch-up window, as the missed-run policy says (latest: the last one due by now).';
--! EndIncluded functions/firing/is_fired_late.sql
--! Included functions/runs/run_identifier.sql
create or replace function almanac_private.run_identifier(task_identifier text) returns text
language sql immutable parallel safe
-- Graphile Worker takes at most 128 characters.
return 'almanac-run:' || case
  when length(task_identifier) <= 116 then task_identifier
  else left(task_identifier, 83) || ':' || md5(task_identifier)
end;
comment on function almanac_private.run_identifier(text) is
  'The name that jobs of runs of a task have in Graphile Worker. Only workers that record runs know it, so that no '
  'other takes them; jobs under the task''s own name are a host''s.';
grant execute on function almanac_private.run_identifier(text) to almanac_worker;
--! EndIncluded functions/runs/run_identifier.sql
--! Included functions/firing/is_own_job.sql
create or replace function almanac_private.is_own_job(key text, task_identifier text) returns boolean
language sql stable parallel safe
return case
  when key ~ '^schedule:[0-9]{1,18}$' then task_identifier = 'almanac:wake'
  -- Under the task's own name: added by an Almanac before runs had a name of their own.
  when key ~ '^run:[0-9]{1,18}$' then exists (
    select from almanac.runs r where r.id = substr(key, 5)::bigint
      and is_own_job.task_identifier in (almanac_private.run_identifier(r.task_identifier), r.task_identifier))
  else false
end;
comment on function almanac_private.is_own_job(text, text) is
  'Whether a job under such a key is Almanac''s: it wakes a schedule, or is of the task of that run. A host''s job '
  'under a key that looks alike is the host''s.';
--! EndIncluded functions/firing/is_own_job.sql
--! Included functions/firing/leave_engine.sql
create or replace function almanac_private.leave_engine(was text) returns void
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
begin
  perform set_config('almanac.engine', leave_engine.was, true);
end
$$;
comment on function almanac_private.leave_engine(text) is
  'Puts the setting almanac.engine back to what enter_engine found.';
--! EndIncluded functions/firing/leave_engine.sql
--! Included functions/firing/left_to_fire.sql
-- Called by within_limits, resolve_rule and check_limits, with their rights.
--
-- What a role fires is counted by tg_count_fired in almanac_private.fired, where each backend has a row of its own for
-- each role and minute, so that no one waits for whoever counts: 60 to some hundred rows are added up here, in 0.1 ms.
-- How many runs have not ended is counted in almanac_private.live_runs only when the last count and what has been fired
-- since exceed the limit: to read 20,000 takes 10 ms. Of an hour's bytes one minute has a share, so that workers have
-- run what is large before others' runs wait behind it.
create or replace function almanac_private.left_to_fire(
  run_as text, as_of timestamptz, wanted bigint default 1, keeps_count boolean default false,
  out runs bigint, out bytes bigint, out unfinished bigint
)
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_most bigint := almanac_private.limit_for('unfinished_runs', left_to_fire.run_as);
  v_most_bytes bigint := almanac_private.limit_for('payload_bytes_per_hour', left_to_fire.run_as);
  v_count almanac_private.unfinished_counts;
  v_fired bigint;
begin
  select almanac_private.limit_for('runs_per_hour', left_to_fire.run_as) - coalesce(sum(f.runs), 0),
    least(v_most_bytes - coalesce(sum(f.bytes), 0), almanac_private.bytes_a_minute(v_most_bytes)
      - coalesce(sum(f.bytes) filter (where f.minute = date_bin('1 minute', left_to_fire.as_of, '2000-01-01Z')), 0))
  into left_to_fire.runs, left_to_fire.bytes
  from almanac_private.fired f
  where f.run_as = left_to_fire.run_as and f.minute > left_to_fire.as_of - interval '1 hour'
    and f.minute <= left_to_fire.as_of;
  if v_most is null then
    return;
  end if;
  select c.* into v_count from almanac_private.unfinished_counts c
  where c.run_as = left_to_fire.run_as and c.counted_at > left_to_fire.as_of - interval '1 hour'
    and c.counted_at <= left_to_fire.as_of
  order by c.counted_at desc, c.id desc limit 1;
  if v_count.id is not null then
    select coalesce(sum(f.runs), 0) into v_fired from almanac_private.fired f
    where f.run_as = left_to_fire.run_as and f.minute >= date_bin('1 minute', v_count.counted_at, '2000-01-01Z');
    unfinished := v_most - v_count.unfinished - (v_fired - v_count.fired);
    if unfinished >= left_to_fire.wanted then
      return;
    end if;
  end if;
  select v_most - almanac_private.count_unfinished(left_to_fire.run_as, v_most + 1), coalesce(sum(f.runs), 0)
  into left_to_fire.unfinished, v_fired
  from almanac_private.fired f
  where f.run_as = left_to_fire.run_as
    and f.minute >= date_bin('1 minute', left_to_fire.as_of, '2000-01-01Z');
  if keeps_count then
    insert into almanac_private.unfinished_counts (run_as, counted_at, unfinished, fired)
    values (left_to_fire.run_as, left_to_fire.as_of, v_most - left_to_fire.unfinished, v_fired);
    delete from almanac_private.unfinished_counts c where c.id = any (array(
      select o.id from almanac_private.unfinished_counts o
      where o.run_as = left_to_fire.run_as and o.id < v_count.id limit 100 for update skip locked));
  end if;
end
$$;
comment on function almanac_private.left_to_fire(text, timestamptz, bigint, boolean) is
  'What the schedules of a role may still fire, in runs and bytes of payload an hour, and in runs that have not ended '
  '(as long as more than wanted are left, at least so many); null: no limit. keeps_count: notes what it counted.';
--! EndIncluded functions/firing/left_to_fire.sql
--! Included functions/firing/limit_note.sql
create or replace function almanac_private.limit_note(
  run_as text, limit_name text, used bigint, most bigint
) returns text
language sql immutable parallel safe set search_path to pg_catalog, pg_temp
return format(case limit_name
    when 'runs_per_hour' then 'Schedules of the role %s have made %s runs in the last hour, and %s allows %s.'
    when 'payload_bytes_per_hour'
      then 'Schedules of the role %s have made runs with %s bytes of payload in the last hour, and %s allows %s, '
        'a twentieth of it in one minute.'
    else 'Schedules of the role %s have %s runs that have not ended, and %s allows %s.' end,
  run_as, used, limit_name, most);
comment on function almanac_private.limit_note(text, text, bigint, bigint) is
  'Says in words which limit a role has met, with numbers.';
--! EndIncluded functions/firing/limit_note.sql
--! Included functions/firing/live_counts.sql
-- Without a set clause, so that callers inline it.
create or replace function almanac_private.live_counts(
  schedule_id bigint, overlap_policy almanac.overlap_policy, max_concurrent integer
) returns table (live bigint, waiting bigint, running bigint)
language sql stable rows 1
begin atomic
  select
    -- As far as the policy cares: of a queue of thousands, each that joins it would count all before it.
    (select count(*) from (
      select from almanac_private.live_runs l
      where l.schedule_id = live_counts.schedule_id and l.counts_toward_overlap
      limit coalesce(live_counts.max_concurrent, 1)) l),
    case when live_counts.overlap_policy = 'queue_one' then (
      select count(*) from (
        select from almanac_private.live_runs l
        where l.schedule_id = live_counts.schedule_id and l.counts_toward_overlap and l.is_waiting limit 1) l) end,
    case when live_counts.overlap_policy = 'cancel_running' then (
      select count(*) from almanac_private.live_runs l
      join almanac.runs r on r.id = l.run_id and r.scheduled_for = l.scheduled_for
      where l.schedule_id = live_counts.schedule_id and l.counts_toward_overlap and r.status = 'running') end;
end;
comment on function almanac_private.live_counts(bigint, almanac.overlap_policy, integer) is
  'How many unfinished runs of a schedule count toward overlap, how many of them wait, and how many would still run '
  'once all are cancelled: each as far as the policy asks for it, else null.';
--! EndIncluded functions/firing/live_counts.sql
--! Included functions/firing/lock_cancellable.sql
-- Called by fire_due, resolve_rule and insert_run, with their rights and their settings.
create or replace function almanac_private.lock_cancellable(
  schedule_ids bigint[], waits boolean default false
) returns bigint[]
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_locked bigint[];
  v_held bigint[];
begin
  if lock_cancellable.waits then
    perform from almanac_private.live_runs l
    join almanac.runs r on r.id = l.run_id and r.scheduled_for = l.scheduled_for
    where l.schedule_id = any (lock_cancellable.schedule_ids) and l.counts_toward_overlap
    order by r.scheduled_for, r.id for no key update of r;
    return '{}';
  end if;
  v_locked := array(
    select r.id from almanac_private.live_runs l
    join almanac.runs r on r.id = l.run_id and r.scheduled_for = l.scheduled_for
    where l.schedule_id = any (lock_cancellable.schedule_ids) and l.counts_toward_overlap
    order by r.scheduled_for, r.id for no key update of r skip locked);
  delete from almanac_private.held_runs h where h.run_id = any (v_locked);
  with held as (
    select r.id, r.scheduled_for, r.schedule_id from almanac_private.live_runs l
    join almanac.runs r on r.id = l.run_id and r.scheduled_for = l.scheduled_for
    where l.schedule_id = any (lock_cancellable.schedule_ids) and l.counts_toward_overlap
      and r.id <> all (v_locked) and r.finished_at is null
  ), noted as (
    insert into almanac_private.held_runs (run_id, scheduled_for, held_since)
    select h.id, h.scheduled_for, clock_timestamp() from held h on conflict do nothing
  )
  select array_agg(distinct h.schedule_id) into v_held from held h;
  return coalesce(v_held, '{}');
end
$$;
comment on function almanac_private.lock_cancellable(bigint[], boolean) is
  'Locks the runs that these schedules, whose overlap policy is cancel_running, may cancel for a later one, so that '
  'none begins or ends between the decision and its record. Returns the schedules of which someone else holds one, for '
  'whoever fires waits for no one; waits: none, for whoever must not leave anything to a later call.';
--! EndIncluded functions/firing/lock_cancellable.sql
--! Included functions/firing/payload_bytes.sql
create or replace function almanac_private.payload_bytes(payload jsonb) returns bigint
language sql stable parallel safe
-- As it lies, its size is known without reading it.
return case when pg_column_compression(payload) is null then pg_column_size(payload)
  else octet_length(payload::text) end;
comment on function almanac_private.payload_bytes(jsonb) is
  'About how many bytes a payload has as text.';
--! EndIncluded functions/firing/payload_bytes.sql
--! Included functions/firing/most_steps.sql
create or replace function almanac_private.most_steps(schedule almanac.schedules, most integer) returns integer
language sql stable parallel safe
return least(most,
  greatest(1, almanac_private.bytes_a_call() / almanac_private.payload_bytes((schedule).payload)))::integer;
comment on function almanac_private.most_steps(almanac.schedules, integer) is
  'How many occurrences of a schedule that is behind are resolved in one go: the fewer the larger its payload is, '
  'which each run stores.';
--! EndIncluded functions/firing/most_steps.sql
--! Included functions/firing/on_course.sql
create or replace function almanac_private.on_course(
  schedule almanac.schedules, course almanac_private.course
) returns almanac.schedules
language plpgsql immutable set search_path to pg_catalog, pg_temp
as $$
begin
  schedule.cursor_at := course.cursor_at;
  schedule.next_scheduled_for := course.next_scheduled_for;
  schedule.next_run_at := course.next_run_at;
  schedule.has_overrides := course.has_overrides;
  schedule.last_run_at := course.last_run_at;
  schedule.fired_runs := schedule.fired_runs + course.fired;
  schedule.total_runs := schedule.total_runs + course.fired;
  return schedule;
end
$$;
comment on function almanac_private.on_course(almanac.schedules, almanac_private.course) is
  'A schedule as write_courses would have it, for whoever writes the row itself.';
--! EndIncluded functions/firing/on_course.sql
--! Included functions/firing/overlap_reason.sql
create or replace function almanac_private.overlap_reason(
  overlap_policy almanac.overlap_policy, max_concurrent integer, live bigint, waiting bigint
) returns text
language sql immutable parallel safe
return case
  when live = 0 then null
  when overlap_policy = 'allow' then
    case when max_concurrent is null or live < max_concurrent then null
      else 'as many runs are unfinished as max_concurrent allows' end
  when overlap_policy = 'queue_one' and waiting > 0 then 'an earlier run has not finished and another is waiting'
  when overlap_policy = 'cancel_running' then 'an earlier run is being cancelled'
  else 'an earlier run has not finished'
end;
comment on function almanac_private.overlap_reason(almanac.overlap_policy, integer, bigint, bigint) is
  'Why an occurrence waits or is skipped that is due while `live` runs of its schedule are unfinished, `waiting` of '
  'them waiting; null: it does not.';
--! EndIncluded functions/firing/overlap_reason.sql
--! Included functions/firing/overlap_status.sql
create or replace function almanac_private.overlap_status(
  overlap_policy almanac.overlap_policy, max_concurrent integer, live bigint, waiting bigint
) returns almanac.run_status
language sql immutable parallel safe
return case
  when live = 0 then 'queued'
  when overlap_policy = 'allow' then case when max_concurrent is null or live < max_concurrent then 'queued'
    else 'skipped' end
  when overlap_policy in ('queue_all', 'cancel_running') then 'waiting'
  when overlap_policy = 'queue_one' and waiting = 0 then 'waiting'
  else 'skipped'
end::almanac.run_status;
comment on function almanac_private.overlap_status(almanac.overlap_policy, integer, bigint, bigint) is
  'What happens to an occurrence that is due while `live` runs of its schedule are unfinished, `waiting` of them '
  'waiting. A plain expression, so that callers inline it.';
--! EndIncluded functions/firing/overlap_status.sql
--! Included functions/firing/put_off_over.sql
-- Called by within_limits, with its rights and its settings.
create or replace function almanac_private.put_off_over(
  ids bigint[], run_as text, runs bigint, bytes bigint, unfinished bigint, as_of timestamptz
) returns bigint[]
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_delay interval := almanac_private.arm_delay();
  v_ids bigint[];
begin
  with due as (
    select s.id, s.next_scheduled_for, s.next_run_at, b.bytes, count(*) over w as nth, sum(b.bytes) over w as total
    from unnest(put_off_over.ids) with ordinality u(id, nth)
    join almanac.schedules s on s.id = any (array[u.id])
    cross join lateral (select almanac_private.payload_bytes(s.payload) as bytes) b
    where s.run_as = put_off_over.run_as and not s.is_system
    window w as (order by u.nth)
  ), over_limit as materialized (
    select d.*, case when d.nth > put_off_over.runs then 'runs_per_hour'
      when d.total > put_off_over.bytes then 'payload_bytes_per_hour' else 'unfinished_runs' end as limit_name
    from due d
    where d.nth > put_off_over.runs or d.total > put_off_over.bytes or d.nth > put_off_over.unfinished
  ), met as materialized (
    select m.limit_name, almanac_private.fires_again_at(put_off_over.run_as, m.limit_name,
      case m.limit_name when 'runs_per_hour' then 1 else m.largest end,
      put_off_over.as_of) as until
    from (select o.limit_name, max(o.bytes) as largest from over_limit o group by o.limit_name) m
  ), noted as (
    insert into almanac_private.limits_met (run_as, limit_name, most, since, until)
    select put_off_over.run_as, m.limit_name, almanac_private.limit_for(m.limit_name, put_off_over.run_as),
      put_off_over.as_of, m.until
    from met m
    where not exists (
      select from almanac_private.limits_met l
      where l.run_as = put_off_over.run_as and l.limit_name = m.limit_name and l.until >= m.until)
  ), put_off as (
    insert into almanac_private.put_off as p (schedule_id, scheduled_for, due_at, until, limit_name)
    select o.id, o.next_scheduled_for, o.next_run_at, m.until, o.limit_name
    from over_limit o join met m on m.limit_name = o.limit_name
    on conflict (schedule_id) do update
    set scheduled_for = excluded.scheduled_for, due_at = excluded.due_at, until = excluded.until,
      limit_name = excluded.limit_name
    returning p.schedule_id, p.until
  ), moved as (
    update almanac.schedules s set next_run_at = p.until from put_off p where s.id = any (array[p.schedule_id])
    returning s.id, s.next_run_at
  ), added as (
    select count(*) from graphile_worker.add_jobs(array(
      select almanac_private.arm_spec(m.id, m.next_run_at, v_delay) from moved m order by m.id))
  )
  select array_agg(m.id) into v_ids from moved m, (select count(*) from added) a;
  return coalesce(v_ids, '{}');
end
$$;
comment on function almanac_private.put_off_over(bigint[], text, bigint, bigint, bigint, timestamptz) is
  'Puts off those schedules of a role that would fire more than is left to it: they are due when it may fire again, '
  'and until then no one looks at them. Returns them.';
--! EndIncluded functions/firing/put_off_over.sql
--! Included functions/firing/rearm.sql
-- Called by record_verdicts, with its rights and its settings.
create or replace function almanac_private.rearm(courses almanac_private.course[], delay interval)
returns graphile_worker.job_spec[]
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_task integer := (select t.id from graphile_worker._private_tasks t where t.identifier = 'almanac:wake');
  v_moved bigint[];
begin
  with moved as (
    update graphile_worker._private_jobs j
    set run_at = c.next_run_at + rearm.delay, attempts = 0, last_error = null, revision = j.revision + 1,
      updated_at = now()
    from unnest(rearm.courses) c
    where c.next_run_at is not null and j.key = any (array['schedule:' || c.schedule_id])
      -- A case, which no plan is built upon: by the index of what is available, all jobs may be read for these.
      and case when j.is_available then j.task_id = v_task else false end
    returning c.schedule_id
  )
  select array_agg(m.schedule_id) into v_moved from moved m;
  if cardinality(v_moved) = cardinality(rearm.courses) then
    return null;
  end if;
  return (
    select array_agg(almanac_private.arm_spec(c.schedule_id, c.next_run_at, rearm.delay))
    from unnest(rearm.courses) c
    where c.next_run_at is not null and c.schedule_id <> all (coalesce(v_moved, '{}')));
end
$$;
comment on function almanac_private.rearm(almanac_private.course[], interval) is
  'Moves the wake-up jobs of schedules to when they are next due, and returns those that add_jobs has to add, as the '
  'schedule has none or a worker has it. For add_jobs to move a job takes twice as long.';
--! EndIncluded functions/firing/rearm.sql
--! Included functions/firing/reconcile.sql
-- Definer: Graphile Worker's tables are the owner's.
create or replace function almanac.reconcile(within interval default null)
returns table (repair text, schedule_id bigint, schedule_name text, run_id bigint, detail text)
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp set jit to off
  -- A partition may be younger than its statistics.
  set enable_seqscan to off
as $$
#variable_conflict use_column
declare
  v_now timestamptz := statement_timestamp();
  v_until timestamptz := case when reconcile.within < '100 years' then statement_timestamp() + reconcile.within
    else 'infinity' end;
  v_delay interval := almanac_private.arm_delay();
  v_found record;
  v_replanned bigint[];
  v_freed bigint[];
  v_idle bigint[];
begin
  perform almanac_private.check_admin('reconcile', true);
  -- Schedule rows first, then their jobs; what someone else holds locked is being seen to.
  v_replanned := array(
    select s.id from almanac.schedules s
    where reconcile.within is null and s.next_run_at is null and s.status = 'active' and s.kind <> 'manual'
      and s.deleted_at is null and s.archived_at is null
    order by s.id for no key update skip locked);
  if v_replanned <> '{}' then
    perform almanac_private.replan(v_replanned);
    return query
    select 'planned', s.id, s.name, null::bigint,
      format('It was active without a next run; now %s.', coalesce(s.next_run_at::text, s.status::text))
    from almanac.schedules s where s.id = any (v_replanned) order by s.id;
  end if;

  for v_found in
    with candidates as (
      select s.id from almanac.schedules s
      where s.next_run_at <= v_until and not exists (
        select from graphile_worker.jobs j
        where j.key = 'schedule:' || s.id and almanac_private.is_own_job(j.key, j.task_identifier)
          and (j.locked_at is not null
          or j.run_at <= greatest(s.next_run_at, v_now) + v_delay + interval '70 seconds'
            and j.attempts < j.max_attempts))
    )
    select s.id, s.name, s.next_run_at, j.run_at, j.key is not null and j.attempts >= j.max_attempts as is_dead,
      j.key is not null and not almanac_private.is_own_job(j.key, j.task_identifier) as is_hosts
    from candidates c join almanac.schedules s on s.id = c.id left join graphile_worker.jobs j
      on j.key = 'schedule:' || s.id
    where s.next_run_at is not null
    order by s.id for no key update of s skip locked
  loop
    schedule_id := v_found.id;
    schedule_name := v_found.name;
    run_id := null;
    if v_found.is_hosts then
      repair := 'blocked';
      detail := format('The job schedule:%s is not Almanac''s and was left alone. Give it another key. While it is '
        'there, only a ticker fires the schedule.', v_found.id);
      return next;
      continue;
    end if;
    if v_found.is_dead then
      -- It would lose its key to the new one, and stay.
      perform graphile_worker.remove_job('schedule:' || v_found.id);
    end if;
    perform graphile_worker.add_jobs(array[almanac_private.arm_spec(v_found.id, v_found.next_run_at, v_delay)]);
    repair := 'armed';
    detail := case when v_found.run_at is null then 'It had no job.'
      when v_found.is_dead then 'Its job had used up its attempts.'
      else format('Its job was for %s.', v_found.run_at) end || format(' It is due at %s.', v_found.next_run_at);
    return next;
  end loop;

  if reconcile.within is null then
    -- Whoever changes one arms it, or leaves that to the job that is there.
    v_idle := array(
      select s.id from graphile_worker.jobs j join almanac.schedules s on 'schedule:' || s.id = j.key
      where j.key ~ '^schedule:[0-9]+$' and s.next_run_at is null
      order by s.id for no key update of s skip locked);
    for v_found in
      select j.key, split_part(j.key, ':', 2) as id, s.id as schedule_id, s.name
      from graphile_worker.jobs j
      left join almanac.schedules s on s.id::text = split_part(j.key, ':', 2)
      where j.key ~ '^schedule:[0-9]+$' and almanac_private.is_own_job(j.key, j.task_identifier) and j.locked_at is null
        and s.next_run_at is null and (s.id is null or s.id = any (v_idle))
      order by j.key
    loop
      perform graphile_worker.remove_job(v_found.key);
      repair := 'disarmed';
      schedule_id := v_found.schedule_id;
      schedule_name := v_found.name;
      run_id := null;
      detail := format('The job %s was there, and nothing is due.', v_found.key);
      return next;
    end loop;
  end if;

  -- A job that lost its key to the one after it, and then failed, and those of attempts that failed while their worker
  -- ended: Graphile Worker deletes none. To find them all jobs are read: where there are many, only when a worker
  -- starts.
  if reconcile.within is null
    or (select c.reltuples from pg_class c where c.oid = 'graphile_worker._private_jobs'::regclass) < 100000 then
    perform graphile_worker.complete_jobs(array(
      select j.id from graphile_worker.jobs j
      where j.attempts >= j.max_attempts and j.locked_at is null and case
          when j.task_identifier = 'almanac:wake' then j.key is null
          when j.task_identifier like 'almanac-run:%'
            then not exists (select from almanac_private.live_runs l where 'run:' || l.run_id = j.key)
        end));
  end if;

  for v_found in
    select r.*, j.key as found_job, case when j.attempts < j.max_attempts then j.run_at end as job_run_at
    from almanac_private.live_runs l join almanac.runs r on r.id = l.run_id and r.scheduled_for = l.scheduled_for
    left join graphile_worker.jobs j on j.key = 'run:' || r.id
    where not l.is_waiting and r.status in ('queued', 'retrying')
      and coalesce(r.queued_at, r.attempt_started_at) < v_now - almanac_private.worker_lease()
      and (j.key is null or j.locked_at is null and almanac_private.is_own_job(j.key, j.task_identifier)
        and (j.attempts >= j.max_attempts or j.task_identifier <> almanac_private.run_identifier(r.task_identifier)))
    order by r.id for no key update of r skip locked
  loop
    perform graphile_worker.remove_job(v_found.found_job);
    perform graphile_worker.add_jobs(
      array[almanac_private.run_job_spec(v_found.id, v_found.schedule_id, v_found.scheduled_for, v_found.attempt + 1,
      v_found.trigger, v_found.task_identifier, v_found.payload, v_found.priority, v_found.job_run_at,
      v_found.lost_attempts)]);
    repair := 'queued';
    schedule_id := v_found.schedule_id;
    schedule_name := v_found.schedule_name;
    run_id := v_found.id;
    detail := format('Its run for %s was %s and %s.', v_found.scheduled_for, v_found.status,
      case when v_found.found_job is null then 'had no job' when v_found.job_run_at is null
        then 'its job had used up its attempts'
        else 'its job was one that any worker takes' end);
    return next;
  end loop;

  -- Whatever kept its end from being recorded. One that runs for more than 4 hours has lost the lock of its job, and
  -- its worker still has it.
  for v_found in
    select r.id, r.schedule_id, r.schedule_name, r.scheduled_for, r.worker_id
    from almanac_private.live_runs l join almanac.runs r on r.id = l.run_id and r.scheduled_for = l.scheduled_for
    where r.status = 'running' and r.attempt_started_at < v_now - almanac_private.worker_lease()
      and not exists (
        select from graphile_worker.jobs j where j.locked_at is not null
          and case when r.job_id is null then j.key = 'run:' || r.id else j.id = r.job_id end)
      and not exists (
        select from almanac.workers w
        where w.id = r.worker_id and w.status in ('active', 'draining')
          and w.last_heartbeat_at > v_now - almanac_private.worker_lease() and r.id = any (w.run_ids))
    order by r.scheduled_for, r.id for no key update of r skip locked
  loop
    perform almanac_private.finish_runs(v_found.worker_id,
      jsonb_build_array(jsonb_build_object('runId', v_found.id, 'scheduledFor', v_found.scheduled_for,
      'status', 'failed', 'isLost', true, 'error', 'It was running, but its job was gone, and no worker had it.')));
    repair := 'ended';
    schedule_id := v_found.schedule_id;
    schedule_name := v_found.schedule_name;
    run_id := v_found.id;
    detail := format('Its run for %s was running, but its job was gone, and no worker had it.', v_found.scheduled_for);
    return next;
  end loop;

  v_freed := '{}';
  for v_found in select e.* from almanac_private.end_lacking_runs() e loop
    v_freed := v_freed || v_found.schedule_id;
    repair := 'failed';
    schedule_id := v_found.schedule_id;
    schedule_name := v_found.schedule_name;
    run_id := v_found.run_id;
    detail := v_found.detail;
    return next;
  end loop;

  -- Of runs that ended otherwise, as their worker was lost.
  delete from almanac_private.held_runs h where not exists (
    select from almanac.runs r
    where r.id = h.run_id and r.scheduled_for = h.scheduled_for and r.finished_at is null);

  -- A run that was deleted manually, or with its partition, would count as unfinished forever.
  for v_found in
    select l.schedule_id, l.run_id, l.scheduled_for, s.name
    from almanac_private.live_runs l left join almanac.schedules s on s.id = l.schedule_id
    where coalesce((select r.finished_at is not null from almanac.runs r
      where r.id = l.run_id and r.scheduled_for = l.scheduled_for), true)
    order by l.schedule_id, l.run_id for update of l skip locked
  loop
    delete from almanac_private.live_runs l where l.schedule_id = v_found.schedule_id and l.run_id = v_found.run_id;
    v_freed := v_freed || v_found.schedule_id;
    repair := 'forgotten';
    schedule_id := v_found.schedule_id;
    schedule_name := v_found.name;
    run_id := v_found.run_id;
    detail := format('Its run for %s is over, or no longer there.', v_found.scheduled_for);
    return next;
  end loop;
  if v_freed <> '{}' then
    perform almanac_private.release_waiting(v_freed);
  end if;
end
$$;
comment on function almanac.reconcile(interval) is
  'Compares schedules and unfinished runs with the jobs that Graphile Worker has for them, and repairs what is missing '
  'or wrong (after a restore from a dump, or when jobs were deleted manually). Returns what it repaired: planned, '
  'armed, disarmed, queued, ended (an attempt that no worker has), failed (no running worker has had its task for an '
  'hour), or forgotten (a run that was deleted before it finished); blocked: a host''s job has the key of a '
  'schedule''s, and was left alone. within: only what is due that soon. Jobs that have failed for good are deleted. '
  'Workers call it at their start, and the leading one every minute for what is due soon.';
grant execute on function almanac.reconcile(interval) to almanac_viewer;
--! EndIncluded functions/firing/reconcile.sql
--! Included functions/firing/record_verdicts.sql
-- Definer: writes the ledger and Graphile Worker's jobs.
--
-- Everything that an outcome consists of is written here, in a fixed number of statements for however many verdicts:
-- per run a row of runs, one of live_runs and a job; per gap a row of omissions, or a longer one; per schedule its
-- columns and its wake-up job. The way from a schedule to the columns of its run is here alone. A firing of 500 takes
-- 85 to 105 µs a schedule, of which some 60 are these five rows and their 13 index entries: fewer writes would make it
-- faster, other statements do not.
--
-- Of a role with more than a hundred queued runs, further ones are behind those of other roles: their jobs' priority is
-- worse than the worst that a schedule can have. They stay so until all of them have ended, so that a role's runs keep
-- their order.
--
-- The caller holds the schedules, and the runs that are cancelled (lock_cancellable); jobs are locked last.
create or replace function almanac_private.record_verdicts(
  verdicts almanac_private.verdict[], courses almanac_private.course[], as_of timestamptz,
  out run_ids bigint[], out fired integer
)
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
  -- By key, whatever the statistics say: a hash join would read all of a large table for a handful of rows, here and in
  -- add_jobs.
  set jit to off set enable_hashjoin to off set enable_mergejoin to off set enable_seqscan to off
    set enable_bitmapscan to off set plan_cache_mode to force_generic_plan
as $$
#variable_conflict use_column
declare
  v_specs graphile_worker.job_spec[];
  v_has_gaps boolean;
  v_has_overrides boolean;
  v_is_paced boolean;
  v_cancelling bigint[];
  v_ended text[];
  v_delay interval := almanac_private.arm_delay();
  -- As many as a worker begins at once by default.
  v_most_ahead constant integer := 100;
begin
  select coalesce(bool_or(v.gap is not null), false), coalesce(bool_or(v.override is not null), false),
    coalesce(bool_or(v.job_at is not null), false), array_agg(distinct v.schedule_id) filter (where v.cancels)
  into v_has_gaps, v_has_overrides, v_is_paced, v_cancelling
  from unnest(record_verdicts.verdicts) v;

  if v_cancelling is not null then
    perform almanac_private.cancel_live_runs(c.id, 'a later run took its place', record_verdicts.as_of)
    from unnest(v_cancelling) c(id);
  end if;
  if v_has_gaps then
    perform almanac_private.record_omission(v.schedule_id, s.name, v.first, v.scheduled_for, v.count, v.gap, v.follows,
      record_verdicts.as_of)
    from unnest(record_verdicts.verdicts) v join almanac.schedules s on s.id = any (array[v.schedule_id])
    where v.gap is not null;
  end if;

  with ledger as (
    insert into almanac.runs as r
      (schedule_id, schedule_name, task_identifier, payload, scheduled_for, due_at, trigger, status, reason,
        max_attempts, timeout, priority, queued_at, finished_at, run_as, requested_by)
    select s.id, s.name, s.task_identifier, coalesce(v.payload, s.payload), v.scheduled_for, v.due_at,
      coalesce(v.trigger, 'schedule'), v.status, v.reason, s.max_attempts, s.timeout, s.priority,
      case when v.status = 'queued' then record_verdicts.as_of end,
      case when v.status in ('skipped', 'cancelled') then record_verdicts.as_of end,
      coalesce(v.run_as, s.run_as), v.requested_by
    from unnest(record_verdicts.verdicts) with ordinality v
    join almanac.schedules s on s.id = any (array[v.schedule_id])
    where v.status is not null
    -- What is due first is queued first.
    order by s.next_run_at, s.id, v.ordinality
    on conflict (schedule_id, scheduled_for) where (r.trigger = 'schedule') do nothing
    returning r.id, r.schedule_id, r.scheduled_for, r.trigger, r.status, r.task_identifier, r.payload, r.priority,
      r.run_as
  ), backlogs as materialized (
    -- Nearly always none is large, and nothing is sorted.
    select d.run_as, case
      when b.is_behind then 0
      when b.unfinished + d.count > v_most_ahead then (
        select l.id from ledger l where l.run_as = d.run_as and l.status = 'queued'
        order by l.id offset v_most_ahead - b.unfinished limit 1) end as behind_from
    from (select l.run_as, count(*) from ledger l where l.status = 'queued' group by l.run_as) d
    cross join lateral almanac_private.backlog_of(d.run_as, v_most_ahead) b
  ), placed as (
    select l.*, coalesce(l.id >= b.behind_from, false) as is_behind
    from ledger l left join backlogs b on b.run_as = l.run_as
  ), live as (
    insert into almanac_private.live_runs (schedule_id, run_id, scheduled_for, counts_toward_overlap, is_waiting,
      run_as, is_behind)
    select l.schedule_id, l.id, l.scheduled_for,
      l.trigger = 'schedule' or (record_verdicts.verdicts)[1].counts_toward_overlap, l.status = 'waiting', l.run_as,
      l.status = 'queued' and l.is_behind
    from placed l where l.status in ('queued', 'waiting')
  )
  select array_agg(l.id), count(*) filter (where l.status <> 'skipped'),
    array_agg(almanac_private.run_job_spec(l.id, l.schedule_id, l.scheduled_for, 1, l.trigger, l.task_identifier,
      l.payload, case when l.is_behind then l.priority + 3::smallint else l.priority end,
      case when v_is_paced then (
        select v.job_at from unnest(record_verdicts.verdicts) v
        where v.schedule_id = l.schedule_id and v.scheduled_for = l.scheduled_for and v.status is not null) end))
      filter (where l.status = 'queued')
  into run_ids, fired, v_specs
  from placed l;

  if v_has_overrides then
    update almanac.occurrence_overrides o
    set is_owed = o.action = 'move' and o.done_at is null,
      done_at = coalesce(o.done_at, case o.action when 'skip' then record_verdicts.as_of end)
    from unnest(record_verdicts.verdicts) v
    where o.schedule_id = v.schedule_id and o.scheduled_for = v.scheduled_for and v.override = 'passed';
    update almanac.occurrence_overrides o set done_at = record_verdicts.as_of
    from unnest(record_verdicts.verdicts) v
    where o.schedule_id = v.schedule_id and o.scheduled_for = v.scheduled_for and v.override = 'done';
  end if;

  if record_verdicts.courses <> '{}' then
    perform almanac_private.write_courses(record_verdicts.courses);
    v_specs := v_specs || almanac_private.rearm(record_verdicts.courses, v_delay);
    select array_agg('schedule:' || c.schedule_id) into v_ended
    from unnest(record_verdicts.courses) c where c.next_run_at is null;
    if v_ended is not null then
      -- A worker that has one of them locked finds nothing to do.
      perform almanac_private.remove_jobs(v_ended);
    end if;
  end if;
  if v_specs is not null then
    perform graphile_worker.add_jobs(v_specs);
  end if;
end
$$;
comment on function almanac_private.record_verdicts(
  almanac_private.verdict[], almanac_private.course[], timestamptz
) is
  'Writes what was decided: ledger, run jobs, overrides, the columns of schedules, and their wake-up jobs. Schedules '
  'that the caller has locked, with the setting almanac.engine on. Returns the numbers of the runs, and how many of '
  'them were not skipped; an occurrence that has its run already keeps that.';
--! EndIncluded functions/firing/record_verdicts.sql
--! Included functions/firing/remove_jobs.sql
create or replace function almanac_private.remove_jobs(keys text[]) returns void
language plpgsql volatile set search_path to pg_catalog, pg_temp
  -- By key, whatever the statistics say, as fire_due.
  set jit to off set enable_hashjoin to off set enable_mergejoin to off set enable_seqscan to off
as $$
begin
  delete from graphile_worker._private_jobs d
  using graphile_worker.jobs j
  where j.key = any (remove_jobs.keys) and almanac_private.is_own_job(j.key, j.task_identifier) and d.id = j.id
    and (d.locked_at is null or d.locked_at < now() - interval '4 hours');
end
$$;
comment on function almanac_private.remove_jobs(text[]) is
  'Removes the jobs under these keys, unless they are a host''s. One that a worker has is left alone, as the worker '
  'could not end it before this transaction ends: it finds nothing to do.';
--! EndIncluded functions/firing/remove_jobs.sql
--! Included functions/firing/resolve_before_change.sql
-- Definer: writes the ledger on behalf of whoever changes what schedules depend on.
create or replace function almanac_private.resolve_before_change(schedule_ids bigint[]) returns void
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp set jit to off
as $$
declare
  v_schedule almanac.schedules;
  v_resolved almanac.schedules;
  v_engine text;
begin
  for v_schedule in
    select s.* from almanac.schedules s where s.id = any (resolve_before_change.schedule_ids)
      and s.next_run_at is not null
    order by s.id for no key update
  loop
    continue when almanac_private.lost_timezone(v_schedule) is not null;
    -- Nothing is due, nor left out since the cursor and not recorded yet.
    continue when v_schedule.next_run_at > statement_timestamp()
      and almanac_private.next_occurrence(v_schedule, v_schedule.cursor_at) > statement_timestamp();
    v_resolved :=
      almanac_private.resolve_rule(v_schedule, greatest(statement_timestamp(), v_schedule.cursor_at), null);
    v_engine := almanac_private.enter_engine();
    perform almanac_private.write_courses(array[almanac_private.course_between(v_schedule, v_resolved)]);
    perform almanac_private.leave_engine(v_engine);
  end loop;
end
$$;
comment on function almanac_private.resolve_before_change(bigint[]) is
  'Locks schedules and resolves what they owe up to this moment, before a calendar or an override of theirs changes; '
  'replan() comes after.';
--! EndIncluded functions/firing/resolve_before_change.sql
--! Included functions/firing/resolve_rule.sql
-- Definer: writes the ledger on behalf of whoever changes a schedule.
create or replace function almanac_private.resolve_rule(
  schedule almanac.schedules, as_of timestamptz, omit_as almanac.omission_reason, closing text default null
) returns almanac.schedules
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
  -- By key, whatever the statistics say, as fire_due.
  set jit to off set enable_hashjoin to off set enable_mergejoin to off set enable_seqscan to off
    set plan_cache_mode to force_generic_plan
as $$
declare
  v_resolved almanac.schedules := schedule;
  v_follows timestamptz;
  v_decided record;
  v_note text;
  v_omit almanac.omission_reason := resolve_rule.omit_as;
  v_engine text;
begin
  v_engine := almanac_private.enter_engine();
  begin
    if resolve_rule.closing = 'delete' and v_omit is null
      and almanac_private.next_occurrence(schedule, schedule.next_scheduled_for) <= resolve_rule.as_of
    then
      -- Runs that would be cancelled at once, and may be thousands.
      v_omit := 'stopped';
    elsif v_omit is null and almanac_private.has_met_limit(schedule, resolve_rule.as_of) then
      v_omit := 'missed';
    end if;
    loop
      v_follows := v_resolved.cursor_at;
      if v_resolved.overlap_policy = 'cancel_running' then
        perform almanac_private.lock_cancellable(array[v_resolved.id], true);
      end if;
      select d.verdicts, d.course into v_decided
      from almanac_private.decide(v_resolved, resolve_rule.as_of, case when v_resolved.is_system then '{}'
        else almanac_private.stopped_times(least(v_resolved.cursor_at, v_resolved.next_run_at)) end,
        null, case when v_omit is null then 500 else 20000 end, v_omit) d;
      perform almanac_private.record_verdicts(v_decided.verdicts, '{}', resolve_rule.as_of);
      v_resolved := almanac_private.on_course(v_resolved, v_decided.course);
      if v_omit is null and almanac_private.has_met_limit(schedule, resolve_rule.as_of) then
        v_omit := 'missed';
      end if;
      exit when not v_resolved.has_overrides
        and almanac_private.next_occurrence(v_resolved, v_resolved.cursor_at) <= resolve_rule.as_of is not true;
      if v_resolved.cursor_at = v_follows then
        -- What jitter or a calendar postpones: as a moved one it no longer depends on the rule, and what comes
        -- after it can be resolved.
        exit when resolve_rule.closing is null
          or not almanac_private.carry_over_occurrence(v_resolved, resolve_rule.as_of,
          'it was still to run when its rule changed',
          case when resolve_rule.closing <> 'hold' then almanac_private.most_windows() end);
        v_resolved.has_overrides := true;
      end if;
    end loop;
  exception when invalid_parameter_value then
    v_note := almanac_private.lost_timezone_note(schedule);
    if v_note is null then
      raise;
    end if;
    -- It can be paused, changed and deleted all the same.
    raise warning using errcode = 'AL002', hint = v_note,
      message = format('What schedule %s owes since %s is not recorded: its times cannot be computed.', schedule.name,
        schedule.cursor_at);
    v_resolved := schedule;
  end;
  if resolve_rule.closing in ('stop', 'delete') and v_resolved.has_overrides then
    perform almanac_private.record_omission(o.schedule_id, v_resolved.name, o.scheduled_for, o.scheduled_for, 1,
      'stopped', null, resolve_rule.as_of)
    from almanac.occurrence_overrides o where o.schedule_id = v_resolved.id and o.is_owed and o.done_at is null;
    update almanac.occurrence_overrides o set done_at = resolve_rule.as_of
    where o.schedule_id = v_resolved.id and o.is_owed and o.done_at is null;
  end if;
  perform almanac_private.leave_engine(v_engine);
  return v_resolved;
end
$$;
comment on function almanac_private.resolve_rule(almanac.schedules, timestamptz, almanac.omission_reason, text) is
  'Resolves all that a rule owes up to as_of before it changes, however much it is, and returns the row as it is then. '
  'closing: hold, the rule ends here and what it has postponed stays due; stop, the schedule ends firing and that is '
  'recorded as stopped; delete, so is what it is behind with.';
--! EndIncluded functions/firing/resolve_rule.sql
--! Included functions/firing/rule_range.sql
-- Called by decide and excluded_range, with their rights and their settings.
create or replace function almanac_private.rule_range(
  schedule almanac.schedules, range_end timestamptz, max_count integer, spared integer,
  out first timestamptz, out last timestamptz, out count bigint
)
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
begin
  schedule.max_runs := null; -- what has no run does not count for it
  select min(n.at), max(n.at), count(*) into rule_range.first, rule_range.last, rule_range.count
  from (
    select o.at, row_number() over (order by o.at desc) as nth
    from almanac_private.occurrences_between(schedule, schedule.cursor_at + interval '1 microsecond',
      rule_range.range_end, rule_range.max_count) o(at)
  ) n
  where n.nth > rule_range.spared;
end
$$;
comment on function almanac_private.rule_range(almanac.schedules, timestamptz, integer, integer) is
  'What a rule names after the cursor of its schedule and before range_end, of more than max_count a part, without the '
  'last few that are spared: the first, the last and their number.';
--! EndIncluded functions/firing/rule_range.sql
--! Included functions/firing/skip_reason.sql
create or replace function almanac_private.skip_reason(override almanac.occurrence_overrides) returns text
language sql immutable parallel safe
return format('skipped by %s%s', (override).created_by, ': ' || (override).reason);
comment on function almanac_private.skip_reason(almanac.occurrence_overrides) is
  'What a run says that someone skipped: who did, and why.';
--! EndIncluded functions/firing/skip_reason.sql
--! Included functions/firing/status_when_due.sql
create or replace function almanac_private.status_when_due(
  status almanac.schedule_status, kind almanac.schedule_kind, next_run_at timestamptz
) returns almanac.schedule_status
language sql immutable parallel safe
return case
  when kind = 'manual' then status
  when next_run_at is null and status = 'active' then 'completed'
  when next_run_at is not null and status = 'completed' then 'active'
  else status
end;
comment on function almanac_private.status_when_due(almanac.schedule_status, almanac.schedule_kind, timestamptz) is
  'The status of a schedule once it is known when it is next due: completed if never again. A plain expression, '
  'so that callers inline it.';
--! EndIncluded functions/firing/status_when_due.sql
--! Included functions/firing/take_up.sql
-- Called by within_limits, with its rights.
create or replace function almanac_private.take_up(ids bigint[]) returns void
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
begin
  with taken as (
    delete from almanac_private.put_off p where p.schedule_id = any (take_up.ids)
    returning p.schedule_id, p.scheduled_for, p.due_at, p.until
  )
  update almanac.schedules s set next_run_at = t.due_at
  from taken t
  -- Not if it was changed meanwhile: it is due when the change said.
  where s.id = t.schedule_id and s.next_run_at = t.until and s.next_scheduled_for = t.scheduled_for;
end
$$;
comment on function almanac_private.take_up(bigint[]) is
  'Schedules that were put off are due again when they were, so that what they are behind with is treated as after '
  'any downtime. The caller has locked them.';
--! EndIncluded functions/firing/take_up.sql
--! Included functions/firing/tg_count_fired.sql
-- Definer: counts in tables that no one else may write.
create or replace function almanac_private.tg_count_fired() returns trigger
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp set jit to off
as $$
declare
  v_new_minute timestamptz;
begin
  with counted as (
    select n.run_as, count(*) as runs, sum(almanac_private.payload_bytes(n.payload)) as bytes,
      date_bin('1 minute', coalesce(max(coalesce(n.queued_at, n.finished_at)), clock_timestamp()), '2000-01-01Z')
        as minute
    from new_rows n group by n.run_as
  ), written as (
    -- A row of each backend's own: no one waits for what another's open transaction has counted.
    insert into almanac_private.fired as f (run_as, minute, backend, runs, bytes)
    select c.run_as, c.minute, pg_backend_pid(), c.runs, c.bytes
    from counted c where almanac_private.is_limited(c.run_as)
    on conflict (run_as, minute, backend) do update
    set runs = f.runs + excluded.runs, bytes = f.bytes + excluded.bytes
    returning f.minute, f.xmax = '0'::xid as is_new
  )
  select max(w.minute) filter (where w.is_new) into v_new_minute from written w;
  if v_new_minute is not null then
    delete from almanac_private.fired f where f.ctid = any (array(
      select o.ctid from almanac_private.fired o where o.minute < v_new_minute - interval '1 hour'
      limit 100 for update skip locked));
  end if;
  return null;
end
$$;
comment on function almanac_private.tg_count_fired() is
  'After a statement that inserts runs: counts them, and the bytes of their payloads, for the limits of the roles that '
  'they run as. What is older than an hour goes.';
--! EndIncluded functions/firing/tg_count_fired.sql
--! Included functions/firing/verdicts.sql
-- Called by fire_due, with its rights and its settings.
create or replace function almanac_private.verdicts(
  ids bigint[], as_of timestamptz, out verdicts almanac_private.verdict[], out courses almanac_private.course[]
)
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_due record;
  v_schedule almanac.schedules;
  v_decided record;
  v_course almanac_private.course;
  v_verdict almanac_private.verdict;
  v_paused_until timestamptz;
  v_stopped tstzmultirange;
  v_steps integer := 0;
  v_runs integer := 0;
  -- What one call looks at beyond the one occurrence of each: runs, all occurrences, and bytes of payloads. The rest
  -- is due still, and whatever is due meanwhile need not wait for all of it.
  v_most_runs constant integer := 500;
  v_most_steps constant integer := 5000;
  v_bytes bigint := 0;
  v_most_bytes constant bigint := almanac_private.bytes_a_call();
  -- How long the calendars of a role's schedules are searched in one call; those that are left are due still.
  v_most_searching constant interval := '100 ms';
  v_searched text[] := '{}';
  v_searching interval[] := '{}';
  v_role integer;
  v_began timestamptz;
begin
  verdicts := '{}';
  courses := '{}';
  v_paused_until := (select max(coalesce(s.resumed_at, 'infinity')) from almanac.stops s where not s.catch_up);
  for v_due in
    -- Whether it has no unfinished run, as nearly all, is looked up with it: by itself that takes four times as
    -- long.
    select s as schedule, not exists (
      select from almanac_private.live_runs l where l.schedule_id = s.id and l.counts_toward_overlap) as was_idle
    from unnest(verdicts.ids) u(id) join almanac.schedules s on s.id = any (array[u.id])
    -- Written so that the index of due times does not serve: each call for a part of a herd would read all of the herd
    -- in it.
    where coalesce(s.next_run_at, 'infinity') <= verdicts.as_of
    order by s.next_run_at desc, s.id
  loop
    v_schedule := v_due.schedule;
    if v_stopped is null and v_paused_until > least(v_schedule.cursor_at, v_schedule.next_run_at) then
      v_stopped := almanac_private.stopped_times((
        select min(least(s.cursor_at, s.next_run_at)) from almanac.schedules s where s.id = any (verdicts.ids)));
    end if;
    if v_schedule.calendars <> '{}' then
      v_role := array_position(v_searched, v_schedule.run_as::text);
      continue when v_searching[v_role] > v_most_searching;
      if v_role is null then
        v_searched := v_searched || v_schedule.run_as::text;
        v_searching := v_searching || interval '0';
        v_role := cardinality(v_searched);
      end if;
      v_began := clock_timestamp();
    end if;
    begin
      v_decided := almanac_private.decide(v_schedule, verdicts.as_of,
        case when v_schedule.is_system then '{}' else coalesce(v_stopped, '{}') end, v_due.was_idle,
        case v_schedule.missed_run_policy when 'run_all' then v_most_runs else v_most_steps end, null);
    exception when others then
      -- One that cannot be planned, as of a time zone that the server has lost, must not keep the others from firing.
      raise warning 'Schedule % cannot be fired: %', v_schedule.name, sqlerrm using errcode = sqlstate;
      continue;
    end;
    if v_schedule.calendars <> '{}' then
      v_searching[v_role] := v_searching[v_role] + (clock_timestamp() - v_began);
    end if;
    v_course := v_decided.course;
    -- One by one: to join arrays copies all that there is so far.
    foreach v_verdict in array v_decided.verdicts loop
      verdicts := verdicts || v_verdict;
    end loop;
    continue when (v_schedule.cursor_at, v_schedule.next_run_at, v_schedule.next_scheduled_for,
        v_schedule.has_overrides)
      is not distinct from (v_course.cursor_at, v_course.next_run_at, v_course.next_scheduled_for,
        v_course.has_overrides) and v_decided.verdicts = '{}';
    courses := courses || v_course;
    v_runs := v_runs + greatest(v_course.fired - 1, 0);
    v_steps := v_steps + greatest(v_decided.steps - 1, 0);
    if v_course.fired > 1 then
      v_bytes := v_bytes + v_course.fired * almanac_private.payload_bytes(v_schedule.payload);
    end if;
    exit when v_runs >= v_most_runs or v_steps >= v_most_steps or v_bytes >= v_most_bytes;
  end loop;
end
$$;
comment on function almanac_private.verdicts(bigint[], timestamptz) is
  'What happens to the occurrences of these schedules that are due by as_of, and to their columns: nothing is written. '
  'What is far behind in parts, and then not all schedules: the rest is due still, as are those of a role whose '
  'calendars take long to search. One that cannot be planned is left out, with a warning.';
--! EndIncluded functions/firing/verdicts.sql
--! Included functions/firing/waits_instead.sql
create or replace function almanac_private.waits_instead(
  overlap_policy almanac.overlap_policy, is_late boolean, is_held_up boolean
) returns boolean
language sql immutable parallel safe
return case
  when is_late then overlap_policy <> 'allow'
  else overlap_policy <> 'queue_one' and is_held_up
end;
comment on function almanac_private.waits_instead(almanac.overlap_policy, boolean, boolean) is
  'Whether an occurrence that its overlap policy would skip waits instead. is_late: it is caught up, which means '
  'that it runs. is_held_up: what is in its way was fired with it, or had not begun when it was due, as the '
  'engine was late. A plain expression, so that callers inline it.';
--! EndIncluded functions/firing/waits_instead.sql
--! Included functions/firing/wake.sql
-- Definer: as fire_due.
create or replace function almanac_private.wake(schedule_ids bigint[], as_of timestamptz default now()) returns bigint[]
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
  -- By key, whatever the statistics say: a hash join would read all of a large table for a handful of rows, here and in
  -- add_jobs.
  set jit to off set enable_hashjoin to off set enable_mergejoin to off set enable_seqscan to off
as $$
declare
  v_locked bigint[];
  v_is_stopped boolean := almanac_private.is_stopped();
  v_is_copy boolean := almanac.copied_from() is not null;
begin
  perform almanac_private.fire_due(wake.as_of);
  v_locked := array(
    select s.id from almanac.schedules s where s.id = any (wake.schedule_ids)
      order by s.id for no key update skip locked
  );
  -- Armed even if nothing was due: an add_job that met this job while a worker was locking it may have been dropped.
  perform graphile_worker.add_jobs(array(
    select almanac_private.arm_spec(s.id, case when v_is_copy or v_is_stopped and not s.is_system
      then greatest(s.next_run_at, wake.as_of + interval '1 minute') else s.next_run_at end,
        almanac_private.arm_delay())
    from almanac.schedules s where s.id = any (v_locked) and s.next_run_at is not null order by s.id
  ));
  -- A job that stays with its key arms the schedule yet, for whoever changes it (arm_jobs). These do not.
  update graphile_worker._private_jobs d set key = null
  from graphile_worker.jobs j, almanac.schedules s
  where s.id = any (v_locked) and s.next_run_at is null and j.key = 'schedule:' || s.id
    and j.task_identifier = 'almanac:wake' and j.locked_at is not null and d.id = j.id;
  -- Whoever holds the others may do so for long: they are woken again later, and take up no worker's place meanwhile.
  perform graphile_worker.add_jobs(array(
    select almanac_private.arm_spec(s.id, wake.as_of + least(greatest(wake.as_of - s.next_run_at, interval '1 second'),
      interval '1 minute'), interval '0')
    from almanac.schedules s join graphile_worker.jobs j on j.key = 'schedule:' || s.id
    where s.id = any (wake.schedule_ids) and s.id <> all (v_locked)
      and j.task_identifier = 'almanac:wake' and j.locked_at is not null
    order by s.id
  ));
  return array(
    select s.id from almanac.schedules s where s.id = any (wake.schedule_ids) and s.id <> all (v_locked) order by s.id
  );
end
$$;
comment on function almanac_private.wake(bigint[], timestamptz) is
  'What the schedule:<id> jobs call: fires whatever is due, then arms these schedules again. Those that someone else '
  'holds locked it returns: they have new jobs, a second later, or after as long again as they are late, at most '
  'a minute.';
grant execute on function almanac_private.wake(bigint[], timestamptz) to almanac_worker;
--! EndIncluded functions/firing/wake.sql
--! Included functions/firing/within_limits.sql
-- Called by fire_due, with its rights and its settings.
create or replace function almanac_private.within_limits(
  ids bigint[], roles text[], bytes bigint[], as_of timestamptz, out kept bigint[], out put_off bigint[]
)
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_most_bytes constant bigint := almanac_private.bytes_a_call();
  v_large constant bigint := 4000;
  v_bytes bigint := 0;
  v_role record;
  v_left record;
  v_over bigint[];
begin
  kept := within_limits.ids;
  put_off := '{}';
  if exists (select from almanac_private.put_off) then
    perform almanac_private.take_up(within_limits.ids);
  end if;
  for v_role in
    select d.run_as, count(*) as runs, sum(d.bytes) as bytes
    from unnest(within_limits.roles, within_limits.bytes) d(run_as, bytes)
    where d.run_as is not null
    group by d.run_as
  loop
    v_bytes := v_bytes + v_role.bytes;
    continue when not almanac_private.is_limited(v_role.run_as);
    v_left := almanac_private.left_to_fire(v_role.run_as, within_limits.as_of, v_role.runs, true);
    if v_left.runs < v_role.runs or v_left.bytes < v_role.bytes or v_left.unfinished < v_role.runs then
      v_over := almanac_private.put_off_over(kept, v_role.run_as, v_left.runs, v_left.bytes, v_left.unfinished,
        within_limits.as_of);
      put_off := put_off || v_over;
      kept := array(select u.id from unnest(kept) with ordinality u(id, nth) where u.id <> all (v_over) order by u.nth);
    end if;
  end loop;
  if v_bytes > v_most_bytes then
    -- Those with large payloads in parts, one at least; they stay due.
    kept := array(
      select d.id
      from (
        select u.id, u.nth, u.bytes, sum(u.bytes) filter (where u.bytes > v_large) over (order by u.nth) as total
        from unnest(within_limits.ids, within_limits.bytes) with ordinality u(id, bytes, nth)
        where u.id = any (kept)
      ) d
      where d.bytes <= v_large or d.total - d.bytes < v_most_bytes
      order by d.nth);
  end if;
end
$$;
comment on function almanac_private.within_limits(bigint[], text[], bigint[], timestamptz) is
  'Of schedules that are due and locked, with their roles (null: Almanac''s own) and the bytes of their payloads, '
  'those to fire now. put_off: those whose role has met a limit, which are due again later. What is in neither stays '
  'due: large payloads are fired in parts.';
--! EndIncluded functions/firing/within_limits.sql
--! Included functions/firing/write_courses.sql
-- Definer: writes what only the engine may.
create or replace function almanac_private.write_courses(courses almanac_private.course[]) returns void
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
  -- By key, whatever the statistics say, as fire_due.
  set jit to off set enable_hashjoin to off set enable_mergejoin to off set enable_seqscan to off
    set enable_bitmapscan to off set plan_cache_mode to force_generic_plan
as $$
begin
  update almanac.schedules s
  set cursor_at = c.cursor_at, next_scheduled_for = c.next_scheduled_for, next_run_at = c.next_run_at,
    has_overrides = c.has_overrides, last_run_at = c.last_run_at,
    total_runs = s.total_runs + c.fired, fired_runs = s.fired_runs + c.fired,
    status = almanac_private.status_when_due(s.status, s.kind, c.next_run_at)
  from unnest(write_courses.courses) c where s.id = any (array[c.schedule_id]);
end
$$;
comment on function almanac_private.write_courses(almanac_private.course[]) is
  'The one writer of what the engine keeps in schedules: how far they are, when they are next due, and what was '
  'fired. Schedules that the caller has locked, with the setting almanac.engine on.';
--! EndIncluded functions/firing/write_courses.sql
--! Included functions/ledger/check_ledger.sql
-- Definer: reads rule versions, which are the owner's.
create or replace function almanac.check_ledger(
  range_start timestamptz default now() - interval '1 day', range_end timestamptz default now(),
  max_count integer default 1000
) returns table (problem text, schedule_id bigint, schedule_name text, scheduled_for timestamptz, detail text)
language plpgsql stable security definer set search_path to pg_catalog, pg_temp set jit to off set work_mem to '64MB'
  -- How many rows these steps have cannot be foreseen: a hash of all columns is good for any number, other joins for
  -- few only.
  set enable_nestloop to off set enable_mergejoin to off
as $$
#variable_conflict use_column
declare
  v_now timestamptz := statement_timestamp();
begin
  perform almanac_private.checked_count(check_ledger.max_count);
  perform almanac_private.check_range(check_ledger.range_start, check_ledger.range_end);
  -- What was deleted by purge() is not checked.
  check_ledger.range_start := greatest(check_ledger.range_start, almanac_private.history_horizon());
  if check_ledger.range_start >= check_ledger.range_end then
    return;
  end if;

  return query
  with versions as (
    select v.schedule_id, coalesce(s.name, v.schedule_name) as name,
      jsonb_populate_record(null::almanac.schedules, v.rule) as rule,
      v.valid_from, v.valid_to, v.rule ->> 'timezone' as timezone, coalesce(v.valid_to, s.cursor_at) as resolved_until
    from almanac_private.rule_versions v left join almanac.schedules s on s.id = v.schedule_id
    where v.valid_from < check_ledger.range_end and coalesce(v.valid_to, 'infinity') >= check_ledger.range_start
  ), zones as materialized (
    select z.timezone from (select distinct v.timezone from versions v) z
      where not almanac_private.knows_timezone(z.timezone)
  ), lost as materialized (
    -- Whose times cannot be computed: nothing is said of them but that.
    select v.schedule_id, v.name, v.valid_from, coalesce(v.valid_to, 'infinity') as valid_to, v.timezone
    from versions v join zones z on z.timezone = v.timezone
  ), known as materialized (
    select v.* from versions v where v.timezone not in (select z.timezone from zones z)
  ), planned as materialized (
    select v.schedule_id, v.name, o.at, o.at <= v.resolved_until as is_resolved
    from known v
    cross join lateral almanac_private.occurrences_between(v.rule,
      greatest(check_ledger.range_start, v.valid_from + interval '1 microsecond'),
      least(check_ledger.range_end, v.valid_to + interval '1 microsecond'), null) o(at)
  ), fired as materialized (
    select r.schedule_id, r.schedule_name, r.scheduled_for as at, r.status
    from almanac.runs r
    where r.trigger = 'schedule' and r.scheduled_for >= check_ledger.range_start
      and r.scheduled_for < check_ledger.range_end
  ), gaps as materialized (
    select o.*, row_number() over (partition by o.schedule_id order by o.during) as turn
    from almanac.omissions o where o.during && tstzrange(check_ledger.range_start, check_ledger.range_end)
  ), members as materialized (
    -- Of a schedule's gaps, which do not overlap, only the last that begins by a time can contain it.
    select o.id, t.schedule_id, t.at
    from (
      select e.*, count(*) filter (where not e.is_planned) over (partition by e.schedule_id
        order by e.at, e.is_planned) as turn
      from (
        select o.schedule_id, lower(o.during) as at, false as is_planned from gaps o
        union all
        select p.schedule_id, p.at, true from planned p where p.schedule_id in (select o.schedule_id from gaps o)
      ) e
    ) t join gaps o on o.schedule_id = t.schedule_id and o.turn = t.turn
    where t.is_planned and t.at <@ o.during
  ), deleted_runs as materialized (
    select d.schedule_id, t.at from almanac_private.deleted_history d cross join lateral unnest(d.times) t(at)
    where d.during && tstzrange(check_ledger.range_start, check_ledger.range_end)
  ), deleted_ranges as materialized (
    -- One value each, in which a time is looked up by halving.
    select d.schedule_id, range_agg(d.during) as during from almanac_private.deleted_history d
    where d.times is null and d.during && tstzrange(check_ledger.range_start, check_ledger.range_end)
    group by d.schedule_id
  ), found as (
    select 'missing' as problem, p.schedule_id, p.name, p.at, 'It has neither a run nor a place in a gap.' as detail
    from planned p
    where p.is_resolved
      and not exists (select from fired f where f.schedule_id = p.schedule_id and f.at = p.at)
      and not exists (select from members m where m.schedule_id = p.schedule_id and m.at = p.at)
      and not exists (
        select from almanac.occurrence_overrides o
        where o.schedule_id = p.schedule_id and o.scheduled_for = p.at and o.action = 'move' and o.done_at is null)
      and not exists (select from deleted_runs d where d.schedule_id = p.schedule_id and d.at = p.at)
      and not exists (select from deleted_ranges d where d.schedule_id = p.schedule_id and d.during @> p.at)
    union all
    select 'unknown zone', l.schedule_id, l.name, greatest(l.valid_from, check_ledger.range_start),
      format('This server does not know the time zone %s, so the times of the rule cannot be computed.', l.timezone)
    from lost l
    union all
    select 'twice', f.schedule_id, f.schedule_name, f.at,
      format('It has a run, which is %s, and also lies in a gap.', f.status)
    from fired f join members m on m.schedule_id = f.schedule_id and m.at = f.at
    union all
    select 'unplanned', f.schedule_id, f.schedule_name, f.at,
      format('It has a run, which is %s, but no rule named the time.', f.status)
    from fired f
    where not exists (select from planned p where p.schedule_id = f.schedule_id and p.at = f.at)
      and exists (select from almanac_private.rule_versions v where v.schedule_id = f.schedule_id
        and v.valid_from < f.at)
      and not exists (select from almanac.occurrence_overrides o where o.schedule_id = f.schedule_id
        and o.scheduled_for = f.at)
      and not exists (
        select from lost l where l.schedule_id = f.schedule_id and l.valid_from <= f.at and l.valid_to >= f.at)
    union all
    select 'miscounted', o.schedule_id, o.schedule_name, lower(o.during),
      format('The gap up to %s (%s) counts %s occurrences, but the rule names %s.', upper(o.during), o.reason, o.count,
        coalesce(m.count, 0))
    from gaps o left join (select m.id, count(*) from members m group by m.id) m on m.id = o.id
    where lower(o.during) >= check_ledger.range_start and upper(o.during) < check_ledger.range_end
      and o.count is distinct from coalesce(m.count, 0)
      and exists (select from almanac_private.rule_versions v where v.schedule_id = o.schedule_id
        and v.valid_from < lower(o.during))
      and not exists (select from almanac.occurrence_overrides v where v.schedule_id = o.schedule_id
        and v.scheduled_for = lower(o.during))
      and not exists (
        select from lost l where l.schedule_id = o.schedule_id and l.valid_from <= upper(o.during)
          and l.valid_to >= lower(o.during))
    union all
    select 'overdue', s.id, s.name, s.next_scheduled_for,
      format('It has been due since %s but has not fired. Is a worker running?', s.next_run_at)
    from almanac.schedules s
    where s.next_run_at < v_now - interval '1 minute' and (s.is_system or not almanac_private.is_stopped())
      and s.next_scheduled_for >= check_ledger.range_start
      and s.next_scheduled_for < check_ledger.range_end
  )
  select f.problem, f.schedule_id, f.name, f.at, f.detail from found f order by f.at, f.schedule_id, f.problem
    limit check_ledger.max_count;
end
$$;
comment on function almanac.check_ledger(timestamptz, timestamptz, integer) is
  'Recomputes which nominal times in [range_start, range_end) were named by the rules in force then, and compares '
  'them with the ledger: missing (no outcome), twice (two outcomes), unplanned (an outcome that no rule asked for), '
  'miscounted (a gap whose count is not what the rule names), overdue (due for over a minute), unknown zone (the '
  'server does not know the time zone of the rule, so it is not checked). No rows: every occurrence has exactly one '
  'outcome. What a schedule has not reached yet is not missing; nor is what was deleted, by purge() or manually.';
grant execute on function almanac.check_ledger(timestamptz, timestamptz, integer) to almanac_viewer;
--! EndIncluded functions/ledger/check_ledger.sql
--! Included functions/ledger/ensure_partitions.sql
-- Definer: makes tables. A table that is made apart and then attached needs no lock on the partitioned one that a
-- reader or a writer would wait for. The default partition is locked against readers too, so for that no one waits
-- longer than the setting says, and it is tried again later.
create or replace function almanac_private.ensure_partitions(
  as_of timestamptz default now(), weeks_ahead integer default 8, largest_scan bigint default 67108864,
  out made integer, out missing integer
)
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp set lock_timeout to '50ms'
as $$
declare
  v_wanted record;
  v_waits_for text := '';
  v_is_taken boolean;
  v_has_turn boolean := false;
begin
  made := 0;
  missing := 0;
  for v_wanted in
    select t.name as of_table, t.name || '_default' as default_name, w.begins_at,
      w.begins_at + interval '168 hours' as ends_at,
      t.name || coalesce('_' || to_char(w.begins_at at time zone 'UTC', 'YYYYMMDD'), '_default') as name
    from (values ('runs'), ('run_attempts')) t(name)
    cross join (
      select null::timestamptz as begins_at
      union all
      select (date_trunc('week', ensure_partitions.as_of at time zone 'UTC') + make_interval(weeks => n))
        at time zone 'UTC'
      from generate_series(-1, ensure_partitions.weeks_ahead) n
    ) w
    order by t.name desc, w.begins_at nulls first
  loop
    continue when to_regclass('almanac_private.' || v_wanted.name) is not null;
    if not v_has_turn and v_waits_for = '' then
      begin
        perform almanac_private.take_turn('partitions');
        v_has_turn := true;
      exception when lock_not_available then
        v_waits_for := 'a turn';
      end;
      -- Others may have made it meanwhile.
      continue when to_regclass('almanac_private.' || v_wanted.name) is not null;
    end if;
    missing := missing + 1;
    continue when v_waits_for = v_wanted.of_table or not v_has_turn;
    begin
      if v_wanted.begins_at is not null then
        -- Rows of that week are in the default partition already, and stay there.
        execute format(
          'select exists (select from almanac_private.%I d where d.scheduled_for >= $1 and d.scheduled_for < $2)',
          v_wanted.default_name)
          into v_is_taken using v_wanted.begins_at, v_wanted.ends_at;
        if v_is_taken then
          missing := missing - 1;
          continue;
        end if;
        -- It is read as a whole while it is locked.
        continue when pg_relation_size(to_regclass('almanac_private.' || v_wanted.default_name))
          > ensure_partitions.largest_scan;
      end if;
      execute format('create table almanac_private.%I (
          like almanac.%I including defaults including constraints including storage) with (fillfactor = 60)',
        v_wanted.name, v_wanted.of_table);
      execute format('alter table almanac_private.%I enable row level security', v_wanted.name);
      if v_wanted.of_table = 'runs' then
        perform almanac_private.note_what_is_deleted(format('almanac_private.%I', v_wanted.name)::regclass);
      end if;
      execute format('alter table almanac.%I attach partition almanac_private.%I %s', v_wanted.of_table, v_wanted.name,
        case when v_wanted.begins_at is null then 'default' else format('for values from (%L) to (%L)',
          to_char(v_wanted.begins_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS+00'),
          to_char(v_wanted.ends_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS+00')) end);
      made := made + 1;
      missing := missing - 1;
    exception
      when lock_not_available then v_waits_for := v_wanted.of_table;
      when check_violation then missing := missing - 1; -- a row of that week came just now
    end;
  end loop;
end
$$;
comment on function almanac_private.ensure_partitions(timestamptz, integer, bigint) is
  'Creates the weekly partitions of runs and run_attempts from last week to weeks_ahead. Returns how many it created '
  'and how many are still missing because others hold locks, or because the default partition is larger than '
  'largest_scan bytes: call it again later. Rows without a partition go into the default one.';
grant execute on function almanac_private.ensure_partitions(timestamptz, integer, bigint) to almanac_worker;
--! EndIncluded functions/ledger/ensure_partitions.sql
--! Included functions/ledger/history_horizon.sql
-- Definer: settings are the owner's.
create or replace function almanac_private.history_horizon() returns timestamptz
language plpgsql stable security definer parallel safe set search_path to pg_catalog, pg_temp
as $$
begin
  return coalesce((select (s.value #>> '{}')::timestamptz from almanac_private.settings s
    where s.key = 'history_horizon'), '-infinity');
end
$$;
comment on function almanac_private.history_horizon() is
  'Up to when history was deleted by purge(); nothing before it is checked.';
grant execute on function almanac_private.history_horizon() to almanac_viewer;
--! EndIncluded functions/ledger/history_horizon.sql
--! Included functions/ledger/last_ledger_check.sql
create or replace function almanac.last_ledger_check() returns almanac.ledger_checks
language sql stable
begin atomic
  select c.* from almanac.ledger_checks c order by c.checked_at desc, c.id desc limit 1;
end;
comment on function almanac.last_ledger_check() is 'The latest check of the ledger; null: there was none.';
grant execute on function almanac.last_ledger_check() to almanac_viewer;
--! EndIncluded functions/ledger/last_ledger_check.sql
--! Included functions/ledger/note_what_is_deleted.sql
create or replace function almanac_private.note_what_is_deleted(partition regclass) returns void
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
begin
  execute format('create or replace trigger _800_note_deleted after delete on %s referencing old table as old_rows
    for each statement execute function almanac_private.tg_note_deleted()', note_what_is_deleted.partition);
  execute format('create or replace trigger _800_note_truncated before truncate on %s
    for each statement execute function almanac_private.tg_note_deleted()', note_what_is_deleted.partition);
end
$$;
comment on function almanac_private.note_what_is_deleted(regclass) is
  'Has a partition of runs note what is deleted from it directly: triggers for statements belong to the table that a '
  'statement names.';
--! EndIncluded functions/ledger/note_what_is_deleted.sql
--! Included functions/ledger/purge.sql
-- Definer: deletes history, which nothing else does; who may is checked first.
create or replace function almanac.purge(
  before timestamptz, max_count integer default 10000, out runs bigint, out attempts bigint, out omissions bigint,
  out is_done boolean
)
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_now timestamptz := statement_timestamp();
  v_count bigint;
begin
  perform almanac_private.check_admin('purge');
  perform almanac_private.checked_count(purge.max_count, 1000000);
  if purge.before is null or not isfinite(purge.before) or purge.before > v_now then
    raise exception using errcode = 'AL021', message = 'History can only be deleted up to a time in the past.',
      detail = format('before: %s, now: %s.', coalesce(purge.before::text, 'null'), v_now),
      hint = 'For instance now() - interval ''90 days''.';
  end if;
  insert into almanac_private.settings as s (key, value) values ('history_horizon', to_jsonb(purge.before))
  on conflict (key) do update set value = to_jsonb(greatest(purge.before, (s.value #>> '{}')::timestamptz));

  with old as (
    select r.id, r.scheduled_for from almanac.runs r
    where r.scheduled_for < purge.before and r.finished_at is not null order by r.scheduled_for, r.id
      limit purge.max_count
  ), dead as (
    delete from almanac.runs r using old o where r.id = o.id and r.scheduled_for = o.scheduled_for returning r.id
  )
  select count(*) into purge.runs from dead;
  with old as (
    select a.run_id, a.scheduled_for, a.attempt from almanac.run_attempts a
    where a.scheduled_for < purge.before
      and not exists (select from almanac.runs r where r.id = a.run_id and r.scheduled_for = a.scheduled_for)
        limit purge.max_count
  ), dead as (
    delete from almanac.run_attempts a using old o
    where a.run_id = o.run_id and a.scheduled_for = o.scheduled_for and a.attempt = o.attempt returning a.run_id
  )
  select count(*) into purge.attempts from dead;
  with old as (
    select o.id from almanac.omissions o where upper(o.during) < purge.before order by o.id limit purge.max_count
  ), dead as (
    delete from almanac.omissions o using old where o.id = old.id returning o.id
  )
  select count(*) into purge.omissions from dead;
  with old as (
    select v.id from almanac_private.rule_versions v where v.valid_to < purge.before order by v.id limit purge.max_count
  )
  delete from almanac_private.rule_versions v using old where v.id = old.id;
  get diagnostics v_count = row_count;
  is_done := greatest(purge.runs, purge.attempts, purge.omissions, v_count) < purge.max_count;
  delete from almanac.occurrence_overrides o where o.done_at < purge.before and o.scheduled_for < purge.before
    and o.scheduled_for < (select s.cursor_at from almanac.schedules s where s.id = o.schedule_id);
  delete from almanac_private.limits_met l where l.until < purge.before;
  delete from almanac_private.deleted_history d where upper(d.during) < purge.before;
end
$$;
comment on function almanac.purge(timestamptz, integer) is
  'Deletes history with a nominal time before a moment: finished runs, their attempts, gaps, and rules that were '
  'replaced before it; at most max_count of each per call, so call it until is_done. The ledger check then looks only '
  'at what comes after. Counters of schedules stay.';
grant execute on function almanac.purge(timestamptz, integer) to almanac_viewer;
--! EndIncluded functions/ledger/purge.sql
--! Included functions/ledger/record_omission.sql
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
    values (record_omission.schedule_id, record_omission.schedule_name,
      tstzrange(record_omission.first, record_omission.last, '[]'),
      record_omission.reason, record_omission.count, record_omission.as_of);
  end if;
end
$$;
comment on function almanac_private.record_omission(
  bigint, text, timestamptz, timestamptz, bigint, almanac.omission_reason, timestamptz, timestamptz
) is
  'Records a gap: a range of occurrences without a run. Extends the gap that ends at `follows`, the occurrence '
  'before the first, if it has the same reason.';
--! EndIncluded functions/ledger/record_omission.sql
--! Included functions/ledger/run_ledger_check.sql
-- Definer: writes a table that no one else may.
create or replace function almanac_private.run_ledger_check(
  as_of timestamptz default now()
) returns almanac.ledger_checks
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_began timestamptz := clock_timestamp();
  v_last almanac.ledger_checks := almanac.last_ledger_check();
  v_first timestamptz := run_ledger_check.as_of - interval '25 hours';
  v_from timestamptz := v_first;
  v_check almanac.ledger_checks;
begin
  if exists (
    select from almanac.ledger_checks c
    where c.checked_at > run_ledger_check.as_of - interval '24 hours'
      and c.range_end - c.range_start >= interval '25 hours')
  then
    -- What was found is checked again, so that a check without a problem means that none is left.
    v_from := greatest(v_first, least(v_last.range_end - interval '1 hour', run_ledger_check.as_of - interval '1 hour',
      (v_last.findings -> 0 ->> 'scheduled_for')::timestamptz));
  end if;
  insert into almanac.ledger_checks as c
    (checked_at, range_start, range_end, unchecked_since, found, counts, findings, took_ms, stale_at)
  with found as materialized (
    select row_number() over () as position, l.*
    from almanac.check_ledger(v_from, run_ledger_check.as_of, 100000) l
  )
  select run_ledger_check.as_of, v_from, run_ledger_check.as_of, case when v_last.range_end < v_from
    then v_last.range_end end,
    (select count(*) from found),
    (select coalesce(jsonb_object_agg(k.problem, k.count), '{}')
      from (select f.problem, count(*) from found f group by f.problem) k),
    (select coalesce(
      jsonb_agg(jsonb_build_object('problem', f.problem, 'schedule_id', f.schedule_id::text, 'schedule_name',
      f.schedule_name,
      'scheduled_for', f.scheduled_for, 'detail', f.detail) order by f.position), '[]') from found f
        where f.position <= 100),
    0, run_ledger_check.as_of + interval '2 hours'
  returning c.* into v_check;
  update almanac.ledger_checks c set took_ms = ceil(extract(epoch from clock_timestamp() - v_began) * 1000)
  where c.id = v_check.id returning c.* into v_check;
  delete from almanac.ledger_checks c where c.checked_at < run_ledger_check.as_of - interval '90 days';
  perform almanac_private.notify_changed('almanac_ledger', array[v_check.id], 'insert');
  return v_check;
end
$$;
comment on function almanac_private.run_ledger_check(timestamptz) is
  'Checks the ledger up to this moment and keeps the result: the last 25 hours once a day, else from an hour before '
  'the last check ended, or from what that found; never more than 25 hours. Forgets what was found 90 days ago.';
grant execute on function almanac_private.run_ledger_check(timestamptz) to almanac_worker;
--! EndIncluded functions/ledger/run_ledger_check.sql
--! Included functions/ledger/runs_why.sql
-- Definer: reads rule versions, which are the owner's. The row may be made up: only its id and its time count.
create or replace function almanac.runs_why(run almanac.runs) returns text
language plpgsql stable security definer set search_path to pg_catalog, pg_temp
as $$
begin
  return (
    select almanac_private.why_run(r, coalesce((
      select s.timezone from almanac.schedules s
      where s.id = r.schedule_id and almanac_private.knows_timezone(s.timezone)), 'UTC'))
    from almanac.runs r
    where r.id = (runs_why.run).id and r.scheduled_for = (runs_why.run).scheduled_for);
end
$$;
comment on function almanac.runs_why(almanac.runs) is
  'Explains in words why there is this run and how it ended: its rule or who asked for it, what moved it, what it '
  'waits for.';
grant execute on function almanac.runs_why(almanac.runs) to almanac_viewer;
--! EndIncluded functions/ledger/runs_why.sql
--! Included functions/ledger/schedules_why.sql
-- Definer: reads rule versions, which are the owner's. The row may be made up: only its id counts.
create or replace function almanac.schedules_why(schedule almanac.schedules, moment timestamptz) returns text
language plpgsql stable security definer set search_path to pg_catalog, pg_temp
as $$
begin
  return (select almanac_private.why_at(s.id, schedules_why.moment)
    from almanac.schedules s where s.id = (schedules_why.schedule).id);
end
$$;
comment on function almanac.schedules_why(almanac.schedules, timestamptz) is
  'Explains in words why the schedule ran, or did not run, at a time, as almanac.why() does.';
grant execute on function almanac.schedules_why(almanac.schedules, timestamptz) to almanac_viewer;
--! EndIncluded functions/ledger/schedules_why.sql
--! Included functions/ledger/tg_note_deleted.sql
-- Definer: writes what only the owner may.
create or replace function almanac_private.tg_note_deleted() returns trigger
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
declare
  -- What is truncated is still in the table; truncating runs calls this for each of its partitions.
  v_rows text := case tg_op when 'TRUNCATE' then tg_relid::regclass::text else 'old_rows' end;
begin
  if tg_table_name = 'omissions' then
    execute format('insert into almanac_private.deleted_history (schedule_id, during)
      select o.schedule_id, o.during from %s o where upper(o.during) >= $1', v_rows)
      using almanac_private.history_horizon();
  else
    execute format('insert into almanac_private.deleted_history (schedule_id, during, times)
      select r.schedule_id, tstzrange(min(r.scheduled_for), max(r.scheduled_for), ''[]''),
        array_agg(r.scheduled_for order by r.scheduled_for)
      from %s r where r.trigger = ''schedule'' and r.scheduled_for >= $1
      group by r.schedule_id, date_trunc(''day'', r.scheduled_for at time zone ''UTC'')', v_rows)
      using almanac_private.history_horizon();
  end if;
  return null;
end
$$;
comment on function almanac_private.tg_note_deleted() is
  'After history was deleted manually, and before it is truncated: records which schedules and times it was of, so '
  'that the ledger check does not report it as lost.';
--! EndIncluded functions/ledger/tg_note_deleted.sql
--! Included functions/ledger/why.sql
-- Definer: reads rule versions, which are the owner's.
create or replace function almanac.why(schedule text, moment timestamptz) returns text
language plpgsql stable security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_id bigint := (
    select s.id from almanac.schedules s where s.name = why.schedule
    order by s.deleted_at is not null, s.deleted_at desc, s.id desc limit 1);
begin
  if v_id is null then
    v_id := (almanac_private.find_schedule(why.schedule)).id;
  end if;
  return almanac_private.why_at(v_id, why.moment);
end
$$;
comment on function almanac.why(text, timestamptz) is
  'Explains in words why a schedule ran, or did not run, at a time: its rule then, its outcome, and what decided it. '
  'The time must be exact: the nominal time of an occurrence, or the one at which it was due. For any other time it '
  'says what comes before and after, and what was running.';
grant execute on function almanac.why(text, timestamptz) to almanac_viewer;
--! EndIncluded functions/ledger/why.sql
--! Included functions/ledger/why_at.sql
-- Reads rule versions, which are the owner's.
create or replace function almanac_private.why_at(schedule_id bigint, moment timestamptz) returns text
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_schedule almanac.schedules;
  v_version almanac_private.rule_versions;
  v_rule almanac.schedules;
  v_zone text;
  v_is_named boolean := false;
  v_has_run boolean := false;
  v_run almanac.runs;
  v_planned almanac_private.planned_occurrence;
  v_omission almanac.omissions;
  v_override almanac.occurrence_overrides;
  v_lines text[] := '{}';
  v_lost text;
  v_limit text;
begin
  if why_at.moment is null or not isfinite(why_at.moment) then
    raise exception using errcode = 'AL012', message = 'The moment must be a time.',
      detail = format('moment: %s.', coalesce(why_at.moment::text, 'null')),
      hint = 'Give the time at which it ran, or should have run.';
  end if;
  select s.* into v_schedule from almanac.schedules s where s.id = why_at.schedule_id;
  v_zone := v_schedule.timezone;
  v_lost := almanac_private.lost_timezone_note(v_schedule);
  select v.* into v_version from almanac_private.rule_versions v
  where v.schedule_id = v_schedule.id and v.valid_from < why_at.moment
    and (v.valid_to is null or v.valid_to >= why_at.moment)
  order by v.valid_from desc limit 1;
  if v_version.id is not null then
    v_rule := jsonb_populate_record(null::almanac.schedules, v_version.rule);
    v_zone := v_rule.timezone;
  end if;
  if not almanac_private.knows_timezone(v_zone) then
    v_lost := coalesce(v_lost, format('This server does not know the time zone %s, which its rule had then.', v_zone));
    v_zone := 'UTC';
  elsif v_version.id is not null then
    v_is_named := almanac_private.next_occurrence(v_rule, why_at.moment - interval '1 microsecond')
      is not distinct from why_at.moment;
  end if;

  -- By its own time first, then what was due at it.
  for v_run in
    select r.* from almanac.runs r
    where r.id in (
      select a.id from almanac.runs a where a.schedule_id = v_schedule.id and a.scheduled_for = why_at.moment
      union all
      select b.id from almanac.runs b where b.due_at = why_at.moment and b.due_at <> b.scheduled_for
        and b.schedule_id = v_schedule.id)
    order by r.trigger = 'schedule' desc, r.scheduled_for = why_at.moment desc, r.id limit 10
  loop
    v_lines := v_lines || almanac_private.why_run(v_run, v_zone);
    v_has_run := v_has_run or v_run.trigger = 'schedule' and v_run.scheduled_for = why_at.moment;
  end loop;
  if v_has_run then
    return array_to_string(v_lines, E'\n');
  end if;

  if v_lost is not null then
    return array_to_string(v_lines || v_lost, E'\n');
  end if;

  select o.* into v_omission from almanac.omissions o where o.schedule_id = v_schedule.id and o.during @> why_at.moment;
  select o.* into v_override from almanac.occurrence_overrides o where o.schedule_id = v_schedule.id
    and o.scheduled_for = why_at.moment;
  -- A gap begins and ends with a time that had its outcome, whatever the rule names now.
  v_is_named := v_is_named or coalesce(why_at.moment in (lower(v_omission.during), upper(v_omission.during)), false)
    or coalesce(v_override.done_at is null and v_override.is_owed, false);
  if not v_is_named and v_lines <> '{}' then
    return array_to_string(v_lines, E'\n');
  elsif not v_is_named then
    return array_to_string(
      array[almanac_private.why_unnamed(v_schedule, v_rule, v_version.valid_from, why_at.moment, v_zone),
      case when v_omission.id is not null
        then 'What comes before and after it did not run. '
          || almanac_private.why_omitted(v_omission, why_at.moment, v_schedule, v_zone) end], E'\n');
  end if;

  v_lines := v_lines
    || format('The rule of %s names %s.', v_schedule.name, almanac_private.spoken_time(why_at.moment, v_zone));
  if v_omission.id is not null then
    v_lines := v_lines || almanac_private.why_omitted(v_omission, why_at.moment, v_schedule, v_zone);
  elsif v_override.schedule_id is not null and v_override.done_at is null then
    v_lines := v_lines || case
      when v_override.is_carried_over
        then format('It is postponed to %s: %s.', almanac_private.spoken_time(v_override.moved_to, v_zone),
        v_override.reason)
      when v_override.action = 'move'
        then format('It was moved to %s by %s%s.', almanac_private.spoken_time(v_override.moved_to, v_zone),
        v_override.created_by, ': ' || v_override.reason)
      else format('It will not run: skipped by %s%s.', v_override.created_by, ': ' || v_override.reason) end;
  elsif why_at.moment > v_schedule.cursor_at then
    select p.* into v_planned
    from almanac_private.planned_occurrences(v_schedule, why_at.moment - interval '1 microsecond',
      why_at.moment + interval '1 microsecond', null, true) p limit 1;
    select format('Its role, %s, has reached the limit %s (%s), so it is put off until %s.',
      v_schedule.run_as, p.limit_name,
      almanac_private.limit_for(p.limit_name, v_schedule.run_as), almanac_private.spoken_time(p.until, v_zone))
    into v_limit
    from almanac_private.put_off p
    where p.schedule_id = v_schedule.id and p.until = v_schedule.next_run_at and p.due_at >= v_schedule.cursor_at
      and why_at.moment < p.until;
    v_lines := v_lines || case
      when v_schedule.status <> 'active'
        then format('The schedule is %s%s.', v_schedule.status, ': ' || v_schedule.pause_reason)
      when almanac_private.is_stopped() and not v_schedule.is_system
        then 'All schedules are paused, by almanac.pause_all().'
      when v_limit is not null then v_limit
      when v_planned.outcome = 'excluded' then format('It is excluded by a calendar%s.', ': ' || (
        select string_agg(w.calendar || coalesce(', ' || w.label, ''), '; ')
        from almanac_private.exclusion_windows(v_schedule.calendars, v_schedule.timezone, why_at.moment,
          why_at.moment) w))
      when v_planned.outcome = 'merged' then 'A calendar excludes it, and a later occurrence runs in its place.'
      when v_planned.due_at > statement_timestamp()
        then format('It is upcoming, due at %s.', almanac_private.spoken_time(v_planned.due_at, v_zone))
      else format('It has been due since %s but has not fired. Is a worker running?',
        almanac_private.spoken_time(v_planned.due_at, v_zone)) end;
  else
    v_lines := v_lines || 'It has no outcome, which should not happen: see almanac.check_ledger().'::text;
  end if;
  return array_to_string(v_lines, E'\n');
end
$$;
comment on function almanac_private.why_at(bigint, timestamptz) is
  'Explains in words why a schedule, given by its id, ran, or did not run, at a time: see almanac.why().';
--! EndIncluded functions/ledger/why_at.sql
--! Included functions/ledger/why_omitted.sql
create or replace function almanac_private.why_omitted(
  omission almanac.omissions, at timestamptz, schedule almanac.schedules, timezone text
) returns text
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
begin
  return case omission.reason
      when 'missed'
        then format('It was missed: nothing fired it until %s, too late for late_tolerance and missed_run_policy.',
        almanac_private.spoken_time(omission.recorded_at, why_omitted.timezone))
        || coalesce((
          select format(' The schedules of the role %s had reached the limit %s (%s), and did not fire until %s.',
            l.run_as, l.limit_name, l.most, almanac_private.spoken_time(l.until, why_omitted.timezone))
          from almanac_private.limits_met l
          where l.run_as = schedule.run_as and not schedule.is_system
            and l.since <= omission.recorded_at and l.until > why_omitted.at
          order by l.since limit 1), '')
      when 'paused' then 'The schedule was paused.'
      when 'stopped' then coalesce((
        select format('All schedules were paused by %s%s.', s.stopped_by, ': ' || s.reason)
        from almanac.stops s where why_omitted.at >= s.stopped_at
          and why_omitted.at < coalesce(s.resumed_at, 'infinity') limit 1),
        'The schedule was disabled or deleted before it could run.')
      else format('It was excluded by a calendar%s.', ': ' || (
        select string_agg(w.calendar || coalesce(', ' || w.label, ''), '; ')
        from almanac_private.exclusion_windows(schedule.calendars, schedule.timezone, why_omitted.at,
          why_omitted.at) w)) end
    || case when omission.count > 1 then format(E'\nThe same goes for all %s from %s to %s.', omission.count,
      almanac_private.spoken_time(lower(omission.during), why_omitted.timezone),
      almanac_private.spoken_time(upper(omission.during), why_omitted.timezone))
      else '' end;
end
$$;
comment on function almanac_private.why_omitted(almanac.omissions, timestamptz, almanac.schedules, text) is
  'Explains in words why occurrences at a time did not run, and how many more.';
--! EndIncluded functions/ledger/why_omitted.sql
--! Included functions/ledger/why_run.sql
create or replace function almanac_private.why_run(run almanac.runs, timezone text) returns text
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_override almanac.occurrence_overrides;
  v_lines text[];
begin
  v_lines := array[
    format('%s was to run for %s.', run.schedule_name,
      almanac_private.spoken_time(run.scheduled_for, why_run.timezone)),
    case run.trigger
      when 'manual' then case when run.retried_from is null
        then format('Run %s was triggered by %s.', run.id, run.requested_by)
        else format('Run %s repeats run %s, as %s asked%s.', run.id, run.retried_from, run.requested_by,
          ': ' || rtrim(run.request_reason, '.')) end
      when 'schedule' then format('Its rule names that time, and run %s is its outcome.', run.id)
      else format('Its outcome is run %s (%s).', run.id, run.trigger) end];
  if run.due_at <> run.scheduled_for and run.retried_from is null then
    select o.* into v_override from almanac.occurrence_overrides o where o.schedule_id = run.schedule_id
      and o.scheduled_for = run.scheduled_for;
    v_lines := v_lines || case
      when v_override.is_carried_over
        then format('It was postponed to %s: %s.', almanac_private.spoken_time(run.due_at, why_run.timezone),
        v_override.reason)
      when v_override.action = 'move'
        then format('It was moved to %s by %s%s.', almanac_private.spoken_time(run.due_at, why_run.timezone),
        v_override.created_by, ': ' || v_override.reason)
      else format('It was due at %s: postponed by a calendar, or delayed by jitter.',
        almanac_private.spoken_time(run.due_at, why_run.timezone)) end;
  end if;
  v_lines := v_lines || case
    when run.status = 'skipped' then format('It did not run: %s.', run.reason)
    when run.started_at is null
      then format('It has not started: it is %s%s.%s', run.status, ', ' || run.reason,
      ' ' || coalesce(almanac.runs_blocked_because(run), case when run.status = 'queued'
        then almanac_private.slots_taken(almanac_private.runs_not_begun(clock_timestamp())) end))
    else format('It started at %s%s and %s.', almanac_private.spoken_time(run.started_at, why_run.timezone),
      case when run.started_at > run.due_at + interval '1 second'
        then format(', %s after it was due', justify_interval(date_trunc('second', run.started_at - run.due_at))) end,
      case when run.finished_at is null
        then format('is %s, attempt %s of %s', run.status, run.attempt, run.max_attempts)
        else format('%s after %s attempt%s', run.status, run.attempt, case when run.attempt <> 1 then 's' end) end) end;
  if run.started_at is not null and run.reason is not null then
    v_lines := v_lines || format('Its reason: %s.', rtrim(run.reason, '.'));
  end if;
  if run.error is not null then
    v_lines := v_lines || format('Its last error: %s', left(run.error, 500));
  end if;
  return array_to_string(v_lines, E'\n');
end
$$;
comment on function almanac_private.why_run(almanac.runs, text) is
  'Explains in words why there is a run, and how it ended.';
--! EndIncluded functions/ledger/why_run.sql
--! Included functions/ledger/why_unnamed.sql
create or replace function almanac_private.why_unnamed(
  schedule almanac.schedules, rule almanac.schedules, valid_from timestamptz, moment timestamptz, timezone text
) returns text
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_lines text[];
  v_near record;
  v_run almanac.runs;
begin
  if rule.kind is null then
    v_lines :=
      array[format('%s had no rule at %s: %s.', schedule.name,
      almanac_private.spoken_time(why_unnamed.moment, why_unnamed.timezone), case
      when why_unnamed.moment < schedule.created_at
        then format('it was created at %s', almanac_private.spoken_time(schedule.created_at, why_unnamed.timezone))
      when schedule.kind = 'manual' then 'it runs only when triggered'
      when schedule.deleted_at <= why_unnamed.moment
        then format('it was deleted at %s', almanac_private.spoken_time(schedule.deleted_at, why_unnamed.timezone))
      else 'it was disabled or deleted, or it dates from before rules were kept' end)];
  else
    select n.* into v_near from almanac_private.nearest_occurrences(rule, why_unnamed.moment, why_unnamed.valid_from) n;
    v_lines := array[
      format('The rule of %s has no occurrence at %s.', schedule.name,
        almanac_private.spoken_time(why_unnamed.moment, why_unnamed.timezone)),
      format('Before it: %s. After it: %s.',
        coalesce(almanac_private.spoken_time(v_near.before, why_unnamed.timezone), 'none within 400 days'),
        coalesce(almanac_private.spoken_time(v_near.after, why_unnamed.timezone), 'none'))];
  end if;
  if almanac_private.is_stopped() and not (why_unnamed.schedule).is_system
    and why_unnamed.moment > (why_unnamed.schedule).cursor_at then
    v_lines := v_lines || 'All schedules are paused: nothing after it runs either, until almanac.resume_all().'::text;
  end if;
  -- Of what was due before, as far as it is worth looking.
  for v_run in
    select p.* from (
      select r.* from almanac.runs r where r.schedule_id = (why_unnamed.schedule).id
        and r.scheduled_for <= why_unnamed.moment
      order by r.scheduled_for desc limit 1000
    ) p
    where p.started_at <= why_unnamed.moment and coalesce(p.finished_at, 'infinity') >= why_unnamed.moment
      order by p.id limit 10
  loop
    v_lines := v_lines || format('Run %s, for %s, was running then.', v_run.id,
      almanac_private.spoken_time(v_run.scheduled_for, why_unnamed.timezone));
  end loop;
  return array_to_string(v_lines, E'\n');
end
$$;
comment on function almanac_private.why_unnamed(almanac.schedules, almanac.schedules, timestamptz, timestamptz, text) is
  'Explains in words what surrounds a time that a rule (null kind: none) does not name.';
--! EndIncluded functions/ledger/why_unnamed.sql
--! Included functions/payloads/check_payload.sql
create or replace function almanac_private.check_payload(task text, payload jsonb) returns void
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
begin
  perform almanac_private.check_payload_size(check_payload.payload);
  if jsonb_typeof(check_payload.payload) is distinct from 'object' then
    raise exception using errcode = 'AL006', column = 'payload', message = 'The payload is not a JSON object.',
      detail = format('It is of type %s.', coalesce(jsonb_typeof(check_payload.payload), 'null')),
      hint = 'Wrap it: {"value": …}. If there is nothing to pass, give {}.';
  end if;
  perform almanac_private.check_payload_fits(check_payload.task, check_payload.payload);
end
$$;
comment on function almanac_private.check_payload(text, jsonb) is
  'Raises AL019 for a payload that is too large or too deep, AL006 for one that is no object or does not fit the '
  'schema of its task.';
grant execute on function almanac_private.check_payload(text, jsonb) to almanac_viewer;
--! EndIncluded functions/payloads/check_payload.sql
--! Included functions/payloads/check_payload_fits.sql
create or replace function almanac_private.check_payload_fits(task text, payload jsonb) returns void
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_errors almanac_private.payload_error[] := almanac_private.task_errors(check_payload_fits.task,
    check_payload_fits.payload);
begin
  if v_errors <> '{}' then
    raise exception using errcode = 'AL006', column = 'payload',
      message = format('The payload does not fit the task %s.', check_payload_fits.task),
      detail = (
        select string_agg(format('%s %s', coalesce(nullif(left(e.path, 200), ''), 'The payload'),
          almanac_private.error_text(e.found, e.wanted)), '; ' order by e.n)
        from unnest(v_errors[:5]) with ordinality e(path, found, wanted, n)
      ) || case when cardinality(v_errors) > 5 then format('; and %s more.', cardinality(v_errors) - 5) else '.' end,
      hint = concat((select format('For instance %s. ', t.payload_schema -> 'examples' -> 0)
          from almanac_private.known_tasks t
          where t.identifier = check_payload_fits.task and length(t.payload_schema -> 'examples' ->> 0) <= 500),
        format('Look at: select payload_schema from almanac.tasks where identifier = %L.', check_payload_fits.task));
  end if;
end
$$;
comment on function almanac_private.check_payload_fits(text, jsonb) is
  'Raises AL006, with the places, for a payload that does not fit the schema of its task.';
grant execute on function almanac_private.check_payload_fits(text, jsonb) to almanac_viewer;
--! EndIncluded functions/payloads/check_payload_fits.sql
--! Included functions/payloads/check_payload_size.sql
create or replace function almanac_private.check_payload_size(payload jsonb) returns void
language plpgsql immutable parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  v_most constant integer := 262144;
  -- Nothing takes more than four times its text as jsonb: what is much too large is refused before it is written out.
  v_least integer := pg_column_size(check_payload_size.payload) / 4 - 1000;
  v_bytes integer;
begin
  if v_least <= v_most then
    v_bytes := octet_length(check_payload_size.payload::text);
  end if;
  if v_least > v_most or v_bytes > v_most then
    raise exception using errcode = 'AL019', column = 'payload',
      message = format('A payload has at most %s bytes.', v_most),
      detail = case when v_bytes is null then format('This one has more than %s.', v_least)
        else format('This one has %s.', v_bytes) end,
      hint = 'Store the data elsewhere, and give its key or address.';
  elsif almanac_private.nests_too_deeply(check_payload_size.payload) then
    raise exception using errcode = 'AL019', column = 'payload', message = 'A payload has at most 100 levels.',
      detail = 'This one is nested deeper.', hint = 'Flatten it, or store nested parts as text.';
  end if;
end
$$;
comment on function almanac_private.check_payload_size(jsonb) is
  'Raises AL019 for a payload that is too large or nested too deeply for a program to read in a list.';
grant execute on function almanac_private.check_payload_size(jsonb) to almanac_viewer;
--! EndIncluded functions/payloads/check_payload_size.sql
--! Included functions/payloads/compile_schema.sql
create or replace function almanac_private.compile_schema(
  schema jsonb, path text default '', trusts_refs boolean default true,
  out compiled jsonb, out refs text[], out unchecked text[], out wrong text[]
)
language plpgsql immutable parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  v_key text;
  v_value jsonb;
  v_at text;
  v_expected text;
  v_part record;
  v_parts jsonb;
  v_is_single boolean;
  v_is_refused boolean;
  v_dropped text[] := '{}';
  v_name text;
  v_names text[];
  v_compiled jsonb[];
  v_regex text;
begin
  refs := '{}';
  unchecked := '{}';
  wrong := '{}';
  compiled := 'true';
  if jsonb_typeof(schema) = 'boolean' then
    compiled := schema;
    return;
  elsif jsonb_typeof(schema) is distinct from 'object' then
    wrong := array[format('%s: a schema is an object, true or false, not %s', path, left(schema::text, 100))];
    return;
  elsif path <> '' and schema ? '$id' then
    unchecked := array[path || '/$id: only the root may have one'];
    return;
  end if;

  compiled := '{}';
  for v_key, v_value in select e.key, e.value from jsonb_each(schema) e order by e.key loop
    v_at := path || '/' || almanac_private.pointer_step(v_key);
    v_expected := case
      when v_key in ('properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas', 'dependentRequired')
        then case when jsonb_typeof(v_value) <> 'object' then 'an object' end
      when v_key in ('minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum')
        then case when jsonb_typeof(v_value) <> 'number' then 'a number' end
      when v_key = 'multipleOf'
        then case when jsonb_path_exists(v_value, 'strict $ ? (@ > 0)') then null else 'a number above 0' end
      when v_key in ('minLength', 'maxLength', 'minItems', 'maxItems', 'minProperties', 'maxProperties', 'minContains',
        'maxContains') then case when jsonb_path_exists(v_value, 'strict $ ? (@ >= 0 && @ == @.floor())') then null
          else 'a whole number from 0 on' end
      when v_key = 'uniqueItems' then case when jsonb_typeof(v_value) <> 'boolean' then 'true or false' end
      when v_key in ('pattern', 'format', '$ref') then case when jsonb_typeof(v_value) <> 'string' then 'a text' end
      when v_key = 'enum' then case when jsonb_typeof(v_value) <> 'array' then 'a list' end
      when v_key in ('allOf', 'anyOf', 'oneOf', 'prefixItems')
        then case when jsonb_typeof(v_value) <> 'array' or v_value = '[]' then 'a list of schemas' end
      when v_key = 'required' then case when jsonb_typeof(v_value) <> 'array'
        or jsonb_path_exists(v_value, '$[*] ? (@.type() != "string")') then 'a list of names' end
      when v_key = 'type' then case when jsonb_path_exists(v_value, '$[*] ? (@.type() != "string" || !(@ == "object"
        || @ == "array" || @ == "string" || @ == "number" || @ == "integer" || @ == "boolean" || @ == "null"))')
        then 'object, array, string, number, integer, boolean, null, or a list of these' end
    end;
    if v_expected is not null then
      wrong := wrong || format('%s: must be %s, not %s', v_at, v_expected, left(v_value::text, 100));
      continue;
    end if;

    v_parts := null;
    v_is_single := false;
    v_is_refused := false;
    case
      when v_key in ('minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf', 'minLength',
        'maxLength', 'minItems', 'maxItems', 'minProperties', 'maxProperties', 'minContains', 'maxContains', 'enum',
        'const', 'required', 'dependentRequired') or v_key = 'uniqueItems' and v_value = 'true' then
        compiled := compiled || jsonb_build_object(v_key, v_value);
      when v_key = 'type' then
        compiled := compiled || jsonb_build_object(v_key,
          case jsonb_typeof(v_value) when 'array' then v_value else jsonb_build_array(v_value) end);
      when v_key = 'format' then
        if v_value <@ '["date", "date-time", "email", "uri", "uuid"]' then
          compiled := compiled || jsonb_build_object(v_key, v_value);
        else
          unchecked := unchecked || format('%s: %s', v_at, v_value #>> '{}');
        end if;
      when v_key = 'pattern' then
        v_regex := almanac_private.regex_of(v_value #>> '{}');
        if v_regex is null then
          unchecked := unchecked || format('%s: %s', v_at, left(v_value #>> '{}', 100));
        else
          compiled := compiled || jsonb_build_object(v_key, v_value, 'regex', v_regex);
        end if;
      when v_key = '$ref' then
        v_name := v_value #>> '{}';
        if v_name ~ '^#(/|$)' then
          compiled := compiled || jsonb_build_object(v_key, almanac_private.pointer_steps(substr(v_name, 2)));
          refs := refs || v_at;
        else
          unchecked := unchecked || format('%s: %s', v_at, left(v_name, 100));
        end if;
      when v_key in ('items', 'additionalProperties', 'propertyNames', 'contains', 'not', 'if', 'then', 'else') then
        if v_key = 'items' and jsonb_typeof(v_value) = 'array' then
          unchecked := unchecked || (v_at || ': a list is prefixItems');
        else
          v_parts := jsonb_build_array(v_value);
          v_is_single := true;
        end if;
      when v_key in ('properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas', 'allOf', 'anyOf',
        'oneOf', 'prefixItems') then
        v_parts := v_value;
      when v_key in ('title', 'description', 'default', 'examples', 'deprecated', 'readOnly', 'writeOnly', '$comment',
        '$id', 'contentEncoding', 'contentMediaType', 'contentSchema', 'uniqueItems') or v_key like 'x-%' then
        null; -- says something to people and programs, and refuses nothing
      when v_key = '$schema' then
        if v_value <> '"https://json-schema.org/draft/2020-12/schema"' then
          unchecked := unchecked || (v_at || ': it is read as draft 2020-12');
        end if;
      else
        unchecked := unchecked || v_at;
    end case;

    continue when v_parts is null;
    v_names := '{}';
    v_compiled := '{}';
    for v_part in
      select p.key, p.n, c.* from (
        select o.key, o.value, 0::bigint as n
        from jsonb_each(case jsonb_typeof(v_parts) when 'object' then v_parts else '{}' end) o
        union all
        select null, a.value, a.n - 1
        from jsonb_array_elements(case jsonb_typeof(v_parts) when 'array' then v_parts else '[]' end)
          with ordinality a(value, n)
      ) p, lateral almanac_private.compile_schema(p.value, case when v_is_single then v_at
        else v_at || '/' || coalesce(almanac_private.pointer_step(p.key), p.n::text) end, compile_schema.trusts_refs) c
      order by p.n, p.key
    loop
      refs := refs || v_part.refs;
      unchecked := unchecked || v_part.unchecked;
      wrong := wrong || v_part.wrong;
      -- What is not checked passes, so what has it and must not pass, or only once, is not checked either.
      v_is_refused := v_is_refused or v_key in ('not', 'oneOf', 'if', 'contains')
        and (v_part.unchecked <> '{}' or v_part.refs <> '{}' and not compile_schema.trusts_refs);
      v_name := v_part.key;
      if v_key = 'patternProperties' then
        v_name := almanac_private.regex_of(v_part.key);
        if v_name is null then
          unchecked := unchecked || format('%s/%s', v_at, left(v_part.key, 100));
          v_is_refused := true;
          continue;
        end if;
      end if;
      v_names := v_names || v_name;
      v_compiled := v_compiled || v_part.compiled;
    end loop;
    compiled := compiled || jsonb_build_object(v_key, case
      when v_is_single then v_compiled[1]
      when jsonb_typeof(v_parts) = 'array' then to_jsonb(v_compiled)
      else (select coalesce(jsonb_object_agg(c.name, c.compiled), '{}')
        from unnest(v_names, v_compiled) c(name, compiled)) end);
    if v_is_refused then
      v_dropped := v_dropped || v_key;
    end if;
  end loop;
  if 'patternProperties' = any (v_dropped) then
    v_dropped := array_remove(v_dropped, 'patternProperties') || '{additionalProperties}';
  end if;
  unchecked := unchecked || array(select path || '/' || d.key || ': depends on what is not checked'
    from unnest(v_dropped) d(key) where compiled ? d.key);
  compiled := compiled - v_dropped;
end
$$;
comment on function almanac_private.compile_schema(jsonb, text, boolean) is
  'What almanac_private.schema_errors checks of a JSON Schema (draft 2020-12): the same tree with the known keywords, '
  'whose patterns are PostgreSQL''s and whose references are paths. refs: where references are. unchecked: keywords, '
  'by JSON Pointer, that are not checked, so that what they refuse passes. wrong: those that are no JSON Schema. '
  'trusts_refs: false if what a reference names may have unchecked parts.';
grant execute on function almanac_private.compile_schema(jsonb, text, boolean) to almanac_viewer;
--! EndIncluded functions/payloads/compile_schema.sql
--! Included functions/payloads/error_text.sql
create or replace function almanac_private.error_text(found jsonb, wanted text) returns text
language sql immutable parallel safe
return case
  when wanted not like 'must %' then wanted
  when length(found::text) <= 100 then format('is %s, %s', found, wanted)
  else format('is %s…, %s', left(found::text, 100), wanted) end;
comment on function almanac_private.error_text(jsonb, text) is
  'What a payload has at a place, and what is wanted there: ''is 5, must be text''.';
grant execute on function almanac_private.error_text(jsonb, text) to almanac_viewer;
--! EndIncluded functions/payloads/error_text.sql
--! Included functions/payloads/is_ipv6.sql
create or replace function almanac_private.is_ipv6(address text) returns boolean
language plpgsql immutable strict parallel safe set search_path to pg_catalog, pg_temp
as $$
begin
  return address ~ '^[0-9A-Fa-f:.]+$' and family(address::inet) = 6 and address !~ '/';
exception when invalid_text_representation then
  return false;
end
$$;
comment on function almanac_private.is_ipv6(text) is 'Whether a text is an IPv6 address, without a zone or a mask.';
grant execute on function almanac_private.is_ipv6(text) to almanac_viewer;
--! EndIncluded functions/payloads/is_ipv6.sql
--! Included functions/payloads/is_of_format.sql
create or replace function almanac_private.is_of_format(value text, format text) returns boolean
language plpgsql immutable strict parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  v_parts text[];
begin
  case format
    when 'uuid' then
      return value ~ '^[0-9A-Fa-f]{8}-([0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}$';
    when 'date' then
      v_parts := regexp_match(value, '^([0-9]{4})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$');
      -- The year 0000 is one of RFC 3339's: it is a leap year.
      return coalesce(v_parts[3]::integer <= case v_parts[2]::integer when 2 then 28 + (
          v_parts[1]::integer % 4 = 0 and v_parts[1]::integer % 100 <> 0 or v_parts[1]::integer % 400 = 0)::integer
        when 4 then 30 when 6 then 30 when 9 then 30 when 11 then 30 else 31 end, false);
    when 'date-time' then
      v_parts := regexp_match(value, '^(.{10})[Tt]([01][0-9]|2[0-3]):([0-5][0-9]):([0-5][0-9]|60)(?:\.[0-9]+)?'
        '(?:[Zz]|([+-])([01][0-9]|2[0-3]):([0-5][0-9]))$');
      -- A leap second is the last of a day of UTC.
      return coalesce(almanac_private.is_of_format(v_parts[1], 'date') and (v_parts[4] <> '60'
        or (v_parts[2]::integer * 60 + v_parts[3]::integer + 1440 - coalesce((v_parts[5] || '1')::integer
          * (v_parts[6]::integer * 60 + v_parts[7]::integer), 0)) % 1440 = 1439), false);
    when 'email' then
      -- RFC 5321: a local part of atoms or a quoted string; a host, or an address in brackets.
      return value ~ ('^([A-Za-z0-9!#$%&''*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&''*+/=?^_`{|}~-]+)*'
          || '|"([\x20\x21\x23-\x5B\x5D-\x7E]|\\[\x20-\x7E])*")'
          || '@(([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?'
          || '|\[((25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])(\.(25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])){3}'
          || '|IPv6:[0-9A-Fa-f:.]{2,45})\])$')
        and (value !~ '\[IPv6:' or almanac_private.is_ipv6(substring(value, '\[IPv6:(.*)\]$')));
    when 'uri' then
      -- RFC 3986, with a scheme.
      v_parts := regexp_match(value, '^[A-Za-z][A-Za-z0-9+.-]*:(?://((?:[A-Za-z0-9._~!$&''()*+,;=:-]'
        '|%[0-9A-Fa-f]{2})*@)?(\[[^][@/?#]*\]|(?:[A-Za-z0-9._~!$&''()*+,;=-]|%[0-9A-Fa-f]{2})*)'
        '(?::[0-9]*)?(?=[/?#]|$)|(?!//))'
        '(?:[A-Za-z0-9._~!$&''()*+,;=:@/-]|%[0-9A-Fa-f]{2})*(?:\?(?:[A-Za-z0-9._~!$&''()*+,;=:@/?-]'
        '|%[0-9A-Fa-f]{2})*)?(?:#(?:[A-Za-z0-9._~!$&''()*+,;=:@/?-]|%[0-9A-Fa-f]{2})*)?$');
      return v_parts is not null and ((v_parts[2] like '[%') is not true
        or v_parts[2] ~ '^\[v[0-9A-Fa-f]+\.[A-Za-z0-9._~!$&''()*+,;=:-]+\]$'
        or almanac_private.is_ipv6(btrim(v_parts[2], '[]')));
    else
      return true;
  end case;
end
$$;
comment on function almanac_private.is_of_format(text, text) is
  'Whether a text has the format of JSON Schema: date and date-time (RFC 3339), email (RFC 5321), uri (RFC 3986), uuid '
  '(RFC 4122). Others are not checked.';
grant execute on function almanac_private.is_of_format(text, text) to almanac_viewer;
--! EndIncluded functions/payloads/is_of_format.sql
--! Included functions/payloads/nests_too_deeply.sql
create or replace function almanac_private.nests_too_deeply(value jsonb) returns boolean
language sql immutable strict parallel safe
-- The level below the deepest: more than that is never looked at.
return jsonb_path_exists(nests_too_deeply.value, 'strict $.**{100}');
comment on function almanac_private.nests_too_deeply(jsonb) is
  'Whether JSON has more than 100 levels, the innermost value included: a program that reads lists of it may fail.';
grant execute on function almanac_private.nests_too_deeply(jsonb) to almanac_viewer;
--! EndIncluded functions/payloads/nests_too_deeply.sql
--! Included functions/payloads/note_payload_check.sql
-- Called by end_misfits, with its rights.
create or replace function almanac_private.note_payload_check(schedule_id bigint, run_id bigint, problem text)
returns void
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
begin
  -- Whoever writes the payload or the schema at this moment has it locked, and knows better.
  perform from almanac_private.outdated_checks o
  where o.schedule_id = note_payload_check.schedule_id for no key update skip locked;
  if not found then
    return;
  elsif note_payload_check.problem is not null then
    update almanac_private.outdated_checks o set problem = note_payload_check.problem
    where o.schedule_id = note_payload_check.schedule_id;
  else
    -- Once no run is left that may have an earlier payload.
    delete from almanac_private.outdated_checks o
    where o.schedule_id = note_payload_check.schedule_id and not exists (
      select from almanac_private.live_runs l
      where l.schedule_id = o.schedule_id and l.run_id <> note_payload_check.run_id);
  end if;
end
$$;
comment on function almanac_private.note_payload_check(bigint, bigint, text) is
  'Notes what came of checking the payload of a schedule by the new schema of its task; null: it fits, and is not '
  'checked again.';
--! EndIncluded functions/payloads/note_payload_check.sql
--! Included functions/payloads/payload_errors.sql
create or replace function almanac.payload_errors(task text, payload jsonb)
returns table (path text, message text)
language plpgsql stable rows 10 set search_path to pg_catalog, pg_temp
as $$
begin
  perform almanac_private.check_task_is_known(payload_errors.task);
  perform almanac_private.check_payload_size(payload_errors.payload);
  return query
    select e.path, almanac_private.error_text(e.found, e.wanted)
    from unnest(almanac_private.task_errors(payload_errors.task, payload_errors.payload)) e;
end
$$;
comment on function almanac.payload_errors(text, jsonb) is
  'Where a payload does not fit the JSON Schema of a task: path is a JSON Pointer, '''' for the whole payload, message '
  'what is there and what is wanted. No rows: it fits, or the task has no schema. Some ten places at most. Saving and '
  'triggering check the same. An unknown task (AL005) and a payload that is too large (AL019) are refused.';
grant execute on function almanac.payload_errors(text, jsonb) to almanac_viewer;
--! EndIncluded functions/payloads/payload_errors.sql
--! Included functions/payloads/payload_problem.sql
create or replace function almanac_private.payload_problem(task text, payload jsonb) returns text
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_message text;
  v_detail text;
begin
  perform almanac_private.check_payload_fits(payload_problem.task, payload_problem.payload);
  return null;
exception when sqlstate 'AL006' or sqlstate 'AL019' then
  get stacked diagnostics v_message = message_text, v_detail = pg_exception_detail;
  return concat_ws(' ', v_message, v_detail);
end
$$;
comment on function almanac_private.payload_problem(text, jsonb) is
  'Why a payload is refused by the schema of its task; null: it fits.';
--! EndIncluded functions/payloads/payload_problem.sql
--! Included functions/payloads/pointer_step.sql
create or replace function almanac_private.pointer_step(key text) returns text
language sql immutable strict parallel safe
return replace(replace(pointer_step.key, '~', '~0'), '/', '~1');
comment on function almanac_private.pointer_step(text) is 'A key as a step of a JSON Pointer (RFC 6901).';
grant execute on function almanac_private.pointer_step(text) to almanac_viewer;
--! EndIncluded functions/payloads/pointer_step.sql
--! Included functions/payloads/pointer_steps.sql
create or replace function almanac_private.pointer_steps(pointer text) returns text[]
language sql immutable strict parallel safe set search_path to pg_catalog, pg_temp
as $$
  -- %25 and the like, as a fragment of a URI has them; then the steps' own ~1 and ~0.
  select coalesce(array_agg(replace(replace((
    select coalesce(convert_from(string_agg(case when m.part[1] like '\%__' then decode(substr(m.part[1], 2), 'hex')
      else convert_to(m.part[1], 'UTF8') end, '' order by m.n), 'UTF8'), '')
    from regexp_matches(s.step, '%[0-9A-Fa-f]{2}|[^%]+|%', 'g') with ordinality m(part, n)
  ), '~1', '/'), '~0', '~') order by s.nth), '{}')
  from unnest(string_to_array(nullif(substr(pointer_steps.pointer, 2), ''), '/')) with ordinality s(step, nth)
$$;
comment on function almanac_private.pointer_steps(text) is
  'The steps of a JSON Pointer (RFC 6901) that stands in the fragment of a URI: ''/$defs/a~1b'' is {$defs,a/b}.';
grant execute on function almanac_private.pointer_steps(text) to almanac_viewer;
--! EndIncluded functions/payloads/pointer_steps.sql
--! Included functions/payloads/read_schema.sql
create or replace function almanac_private.read_schema(
  schema jsonb, out compiled jsonb, out unchecked text[], out wrong text[]
)
language plpgsql immutable parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  v_read record;
begin
  select c.* into v_read from almanac_private.compile_schema(read_schema.schema) c;
  if v_read.unchecked <> '{}' and v_read.refs <> '{}' then
    select c.* into v_read from almanac_private.compile_schema(read_schema.schema, trusts_refs => false) c;
  end if;
  compiled := v_read.compiled;
  unchecked := v_read.unchecked;
  wrong := v_read.wrong || array(
    select format('%s: nothing is at #/%s', r.place, array_to_string(t.steps, '/'))
    from unnest(v_read.refs) r(place),
      lateral (
        select array(select jsonb_array_elements_text(compiled #> almanac_private.pointer_steps(r.place))) as steps
      ) t
    where compiled #> almanac_private.pointer_steps(r.place) is not null
      and jsonb_typeof(compiled #> t.steps) in ('object', 'boolean') is not true);
end
$$;
comment on function almanac_private.read_schema(jsonb) is
  'A task''s JSON Schema as it is checked, what is not checked of it, and what is wrong with it: see '
  'almanac_private.compile_schema.';
grant execute on function almanac_private.read_schema(jsonb) to almanac_viewer;
--! EndIncluded functions/payloads/read_schema.sql
--! Included functions/payloads/regex_of.sql
create or replace function almanac_private.regex_of(pattern text) returns text
language plpgsql immutable strict parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  -- Spelled out: what PostgreSQL takes for white space depends on its version and locale.
  v_space constant text := '\t\n\u000b\f\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff';
  v_regex text := '';
  v_rest text := regex_of.pattern;
  v_in_class boolean := false;
  v_token text;
  v_repeats integer[];
begin
  while v_rest <> '' loop
    -- One token: an escape, a group's beginning, a repetition, or a character.
    v_token := (regexp_match(v_rest, '^(?:\\u[0-9A-Fa-f]{4}|\\x[0-9A-Fa-f]{2}|\\c[A-Za-z]|\\.|'
      || case when v_in_class then '' else '\(\?(?:<[=!]|.)?|\[\^?\]?|\{\d+(?:,\d*)?\}|' end || '.)'))[1];
    v_rest := substr(v_rest, length(v_token) + 1);
    if v_token ~ '^\\[uxc].' then
      v_regex := v_regex || replace(v_token, '\x', '\u00');
    elsif v_token in ('\d', '\w', '\s') then
      -- Of ASCII alone in JavaScript.
      v_token := case v_token when '\d' then '0-9' when '\w' then 'A-Za-z0-9_' else v_space end;
      v_regex := v_regex || case when v_in_class then v_token else '[' || v_token || ']' end;
    elsif v_token in ('\D', '\W', '\S') then
      if v_in_class then
        return null;
      end if;
      v_regex := v_regex || case v_token when '\D' then '[^0-9]' when '\W' then '[^A-Za-z0-9_]'
        else '[^' || v_space || ']' end;
    elsif v_token in ('\b', '\B') then
      v_regex := v_regex || case when not v_in_class then case v_token when '\b' then '\y' else '\Y' end
        when v_token = '\b' then '\u0008' end;
    elsif v_token ~ '^\\[fnrtv]$' or v_token ~ '^\\[^A-Za-z0-9]$' then
      v_regex := v_regex || v_token;
    elsif v_token like '\\_' or v_token = '\' then
      return null; -- a back reference, a property of Unicode, or nothing that JavaScript knows
    elsif v_in_class then
      v_in_class := v_token <> ']';
      v_regex := v_regex || case when v_token = '[' then '\[' else v_token end;
    elsif v_token like '[%' then
      if v_token like '%]' then
        return null; -- nothing, or anything
      end if;
      v_in_class := true;
      v_regex := v_regex || v_token;
    elsif v_token = '.' then
      v_regex := v_regex || '[^\n\r\u2028\u2029]';
    elsif v_token like '(?%' then
      if v_token not in ('(?:', '(?=', '(?!', '(?<=', '(?<!') then
        return null;
      end if;
      v_regex := v_regex || v_token;
    elsif v_token like '{_%' then
      v_repeats := string_to_array(trim(both '{}' from v_token), ',', '')::integer[];
      if greatest(v_repeats[1], v_repeats[2]) > 255 then
        return null;
      end if;
      v_regex := v_regex || v_token;
    else
      v_regex := v_regex || v_token;
    end if;
  end loop;
  if v_in_class or v_regex like '***%' then
    return null;
  end if;
  perform '' ~ v_regex;
  return v_regex;
exception when invalid_regular_expression or numeric_value_out_of_range or invalid_text_representation then
  return null;
end
$$;
comment on function almanac_private.regex_of(text) is
  'A regular expression of JSON Schema (ECMA-262, flag u) as PostgreSQL writes it; null if PostgreSQL cannot say it or '
  'it is none: no back references, properties of Unicode, named groups, repetitions above 255.';
grant execute on function almanac_private.regex_of(text) to almanac_viewer;
--! EndIncluded functions/payloads/regex_of.sql
--! Included functions/payloads/schema_errors.sql
create or replace function almanac_private.schema_errors(
  root jsonb, schema jsonb, instance jsonb, path text default '', depth integer default 0,
  steps_left integer default 20000,
  out errors almanac_private.payload_error[], out steps integer
)
language plpgsql immutable parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  v_type text := jsonb_typeof(instance);
  v_count integer;
  v_key text;
  v_sub jsonb;
  v_part record;
  v_branch record;
  v_fitting integer[];
  v_nearest almanac_private.payload_error[];
begin
  errors := '{}';
  -- A step takes some 20 µs. What is large is copied and walked, and a text or a key is matched by each pattern.
  steps := 1 + pg_column_size(instance) / 1024 + pg_column_size(schema) / 4096 + case
    when v_type = 'string' and schema ?| array['regex', 'format'] then pg_column_size(instance) / 128
    when v_type = 'object' and schema ? 'patternProperties' then (select count(*) from jsonb_object_keys(instance))
      * (select count(*) from jsonb_object_keys(schema -> 'patternProperties')) / 4
    else 0 end;
  if depth > 200 or steps > steps_left then
    raise exception using errcode = 'AL019', column = 'payload',
      message = 'The payload cannot be compared with the JSON Schema of its task.',
      detail = format('It takes more than %s at %s.', case when depth > 200 then '200 levels' else '20,000 steps' end,
        coalesce(nullif(left(path, 200), ''), 'the whole payload')),
      hint = 'Make the payload smaller, or the schema simpler: a $ref that leads to itself has no end.';
  elsif schema = 'true' or schema = '{}' then
    return;
  elsif schema = 'false' then
    errors := array[row(path, instance, 'must not be there')::almanac_private.payload_error];
    return;
  end if;

  errors := almanac_private.value_errors(schema, instance, path);
  if not schema ?| array['properties', 'patternProperties', 'additionalProperties', 'propertyNames', 'dependentSchemas',
    'items', 'prefixItems', 'contains', 'allOf', 'anyOf', 'oneOf', 'not', 'if', '$ref'] then
    return;
  end if;
  -- What is in it: each part of the instance with the schema that it has to fit.
  for v_part in select p.* from almanac_private.schema_parts(root, schema, instance, path) p loop
    v_branch := almanac_private.schema_errors(root, v_part.part_schema, v_part.item, v_part.place,
      depth + 1, steps_left - steps);
    steps := steps + v_branch.steps;
    if v_part.part_schema = 'false' and v_type = 'object' and v_branch.errors <> '{}' then
      errors := errors || row(v_part.place, v_part.item, 'is not known' || coalesce('; known are ' || left((
        select string_agg(k.key, ', ' order by k.key) from jsonb_object_keys(schema -> 'properties') k(key)), 200), ''))
        ::almanac_private.payload_error;
    else
      errors := errors || v_branch.errors;
    end if;
    -- Enough for a person to go on with.
    exit when cardinality(errors) >= 10;
  end loop;

  -- Alternatives, of which the nearest says what is wrong.
  foreach v_key in array array['anyOf', 'oneOf', 'not', 'if', 'contains'] loop
    continue when not schema ? v_key or v_key = 'contains' and v_type <> 'array';
    v_fitting := '{}';
    v_nearest := null;
    for v_part in
      select e.value, e.n
      from jsonb_array_elements(case when v_key in ('anyOf', 'oneOf') then schema -> v_key
        when v_key = 'contains' then instance else jsonb_build_array(schema -> v_key) end) with ordinality e(value, n)
    loop
      v_branch := almanac_private.schema_errors(root,
        case v_key when 'contains' then schema -> v_key else v_part.value end,
        case v_key when 'contains' then v_part.value else instance end, path, depth + 1, steps_left - steps);
      steps := steps + v_branch.steps;
      if v_branch.errors = '{}' then
        v_fitting := v_fitting || v_part.n::integer;
        exit when v_key = 'anyOf';
      elsif v_nearest is null or length((v_branch.errors[1]).path) > length((v_nearest[1]).path) then
        v_nearest := v_branch.errors;
      end if;
    end loop;
    v_count := cardinality(v_fitting);
    if v_key in ('anyOf', 'oneOf') and v_count = 0 then
      errors := errors || case when (v_nearest[1]).path <> path then v_nearest
        else array[row(path, instance, 'must fit one of the alternatives; of the first '
          || (v_nearest[1]).wanted)::almanac_private.payload_error] end;
    elsif v_key = 'oneOf' and v_count > 1 then
      errors := errors || row(path, instance, format('must fit one alternative only, not %s',
        array_to_string(v_fitting, ' and ')))::almanac_private.payload_error;
    elsif v_key = 'not' and v_count > 0 then
      errors := errors || row(path, instance, 'must not be as it is: "not" excludes it')::almanac_private.payload_error;
    elsif v_key = 'contains' and not v_count between coalesce((schema -> 'minContains')::numeric, 1)
      and coalesce((schema -> 'maxContains')::numeric, v_count) then
      errors := errors || row(path, instance, format('must have %s to %s elements as "contains" says, not %s',
        coalesce(schema ->> 'minContains', '1'), coalesce(schema ->> 'maxContains', 'any number of'), v_count))
        ::almanac_private.payload_error;
    elsif v_key = 'if' then
      v_sub := schema -> case when v_count > 0 then 'then' else 'else' end;
      if v_sub is not null then
        v_branch := almanac_private.schema_errors(root, v_sub, instance, path, depth + 1,
          steps_left - steps);
        steps := steps + v_branch.steps;
        errors := errors || v_branch.errors;
      end if;
    end if;
  end loop;
end
$$;
comment on function almanac_private.schema_errors(jsonb, jsonb, jsonb, text, integer, integer) is
  'Where a value does not fit a schema that almanac_private.compile_schema made: some ten places at most. root: the '
  'whole schema, for references. Raises AL019 above 200 levels or 20,000 steps, a step being a part of the '
  'value with a part of the schema.';
grant execute on function almanac_private.schema_errors(jsonb, jsonb, jsonb, text, integer, integer) to almanac_viewer;
--! EndIncluded functions/payloads/schema_errors.sql
--! Included functions/payloads/schema_parts.sql
-- A query for each keyword, in PL/pgSQL: a function of SQL that pins its search path plans its statement in each call,
-- which took 0.15 ms, most of the time of a comparison.
create or replace function almanac_private.schema_parts(root jsonb, schema jsonb, instance jsonb, path text)
returns table (item jsonb, place text, part_schema jsonb)
language plpgsql immutable parallel safe rows 10 set search_path to pg_catalog, pg_temp
as $$
declare
  v_type text := jsonb_typeof(instance);
  v_named jsonb;
  v_others jsonb;
begin
  if v_type = 'array' and schema ?| array['items', 'prefixItems'] then
    v_named := schema -> 'prefixItems';
    v_others := schema -> 'items';
    return query
      select e.item, path || '/' || (e.n - 1), coalesce(v_named -> (e.n - 1)::integer, v_others)
      from jsonb_array_elements(instance) with ordinality e(item, n)
      where coalesce(v_named -> (e.n - 1)::integer, v_others, 'true') <> 'true';
  elsif v_type = 'object' then
    v_named := schema -> 'properties';
    v_others := schema -> 'additionalProperties';
    if schema ? 'patternProperties' then
      return query
        select e.value, path || '/' || almanac_private.pointer_step(e.key), s.part_schema
        from jsonb_each(instance) e,
          lateral (
            select v_named -> e.key as part_schema where v_named ? e.key
            union all
            select r.value from jsonb_each(schema -> 'patternProperties') r where e.key ~ r.key
            union all
            select v_others
            where v_others <> 'true' and (v_named ? e.key) is not true
              and not exists (
                select from jsonb_object_keys(schema -> 'patternProperties') r(regex) where e.key ~ r.regex)
          ) s;
    elsif v_others <> 'true' then
      return query
        select e.value, path || '/' || almanac_private.pointer_step(e.key), coalesce(v_named -> e.key, v_others)
        from jsonb_each(instance) e;
    elsif v_named is not null then
      return query
        select instance -> p.key, path || '/' || almanac_private.pointer_step(p.key), p.value
        from jsonb_each(v_named) p where instance ? p.key;
    end if;
    if schema ? 'propertyNames' then
      return query
        select to_jsonb(k.key), path || '/' || almanac_private.pointer_step(k.key), schema -> 'propertyNames'
        from jsonb_object_keys(instance) k(key);
    end if;
    if schema ? 'dependentSchemas' then
      return query
        select instance, path, d.value from jsonb_each(schema -> 'dependentSchemas') d where instance ? d.key;
    end if;
  end if;
  if schema ? 'allOf' then
    return query select instance, path, a.part_schema from jsonb_array_elements(schema -> 'allOf') a(part_schema);
  end if;
  if schema ? '$ref' then
    item := instance;
    place := path;
    part_schema := root #> array(select jsonb_array_elements_text(schema -> '$ref'));
    if part_schema is not null then
      return next;
    end if;
  end if;
end
$$;
comment on function almanac_private.schema_parts(jsonb, jsonb, jsonb, text) is
  'The parts of a value with the schemas that each has to fit: elements, keys, and itself for '
  'allOf and $ref.';
grant execute on function almanac_private.schema_parts(jsonb, jsonb, jsonb, text) to almanac_viewer;
--! EndIncluded functions/payloads/schema_parts.sql
--! Included functions/payloads/task_errors.sql
create or replace function almanac_private.task_errors(task text, payload jsonb)
returns almanac_private.payload_error[]
language sql stable set search_path to pg_catalog, pg_temp
as $$
  select e.errors
  from almanac_private.known_tasks t,
    -- Copies: what is stored compressed would be read again in each step.
    lateral (select jsonb_build_array(t.checked_schema, task_errors.payload) as both) c,
    lateral almanac_private.schema_errors(c.both -> 0, c.both -> 0, c.both -> 1) e
  where t.identifier = task_errors.task and t.checked_schema is not null
$$;
comment on function almanac_private.task_errors(text, jsonb) is
  'Where a payload does not fit the schema of a task; null if the task has none.';
grant execute on function almanac_private.task_errors(text, jsonb) to almanac_viewer;
--! EndIncluded functions/payloads/task_errors.sql
--! Included functions/payloads/tg_note_schema.sql
-- Definer: an admin who registers a task has no right to write what is noted.
create or replace function almanac_private.tg_note_schema() returns trigger
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
begin
  delete from almanac_private.outdated_checks o where o.task_identifier = new.identifier;
  if new.checked_schema is not null then
    insert into almanac_private.outdated_checks (schedule_id, task_identifier, changed_at)
    select s.id, s.task_identifier, clock_timestamp() from almanac.schedules s
    where s.task_identifier = new.identifier
    on conflict (schedule_id) do update
    set task_identifier = excluded.task_identifier, changed_at = excluded.changed_at, problem = null;
  end if;
  return null;
end
$$;
comment on function almanac_private.tg_note_schema() is
  'After a task got another schema: its schedules were checked by the one before, which begin_runs looks at.';
--! EndIncluded functions/payloads/tg_note_schema.sql
--! Included functions/payloads/tg_read_schema.sql
create or replace function almanac_private.tg_read_schema() returns trigger
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_read record;
begin
  if new.payload_schema is null then
    new.checked_schema := null;
    new.schema_problems := '{}';
  else
    select s.* into v_read from almanac_private.read_schema(new.payload_schema) s;
    new.checked_schema := v_read.compiled;
    new.schema_problems := array(select left(p.problem, 500)
      from unnest((v_read.wrong || v_read.unchecked)[:100]) with ordinality p(problem, n) order by p.n);
  end if;
  return new;
end
$$;
comment on function almanac_private.tg_read_schema() is
  'Before a task is written with another schema: keeps what is checked of it, and what is not.';
--! EndIncluded functions/payloads/tg_read_schema.sql
--! Included functions/payloads/value_errors.sql
create or replace function almanac_private.value_errors(
  schema jsonb, instance jsonb, path text, out errors almanac_private.payload_error[]
)
language plpgsql immutable parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  v_type text := jsonb_typeof(instance);
  v_number numeric;
  v_text text;
  v_count integer;
begin
  errors := '{}';
  -- Of a wrong type nothing else is said.
  if schema ? 'type' and not (schema -> 'type' ? v_type
    or v_type = 'number' and schema -> 'type' ? 'integer' and instance::numeric % 1 = 0)
  then
    errors := errors || row(path, instance, 'must be ' || (
      select string_agg(case t.name when 'null' then 'null' when 'boolean' then 'true or false'
        when 'string' then 'text' when 'integer' then 'a whole number'
        when 'object' then 'an object' when 'array' then 'a list' else 'a ' || t.name end, ' or ' order by t.n)
      from jsonb_array_elements_text(schema -> 'type') with ordinality t(name, n)))::almanac_private.payload_error;
    return;
  end if;
  if schema ? 'const' and instance <> schema -> 'const' then
    errors := errors || row(path, instance, 'must be ' || left((schema -> 'const')::text, 200))
      ::almanac_private.payload_error;
  end if;
  -- A list contains a value that is neither a list nor an object exactly if one of its elements equals it.
  if schema ? 'enum' and not (case when v_type in ('object', 'array')
    then exists (select from jsonb_array_elements(schema -> 'enum') e(choice) where e.choice = instance)
    else schema -> 'enum' @> instance end)
  then
    errors := errors || row(path, instance, 'must be one of ' || left((
      select string_agg(e.choice::text, ', ' order by e.n)
      from jsonb_array_elements(schema -> 'enum') with ordinality e(choice, n)), 200))::almanac_private.payload_error;
  end if;

  if v_type = 'number'
    and schema ?| array['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'] then
    v_number := instance::numeric;
    errors := errors || array(
      select row(path, instance, format('must be %s %s', k.wanted, schema ->> k.keyword))::almanac_private.payload_error
      from (values ('minimum', 'at least'), ('maximum', 'at most'), ('exclusiveMinimum', 'more than'),
        ('exclusiveMaximum', 'less than'), ('multipleOf', 'a multiple of')) k(keyword, wanted)
      where schema ? k.keyword and not case k.keyword
        when 'minimum' then v_number >= (schema -> 'minimum')::numeric
        when 'maximum' then v_number <= (schema -> 'maximum')::numeric
        when 'exclusiveMinimum' then v_number > (schema -> 'exclusiveMinimum')::numeric
        when 'exclusiveMaximum' then v_number < (schema -> 'exclusiveMaximum')::numeric
        else v_number % (schema -> 'multipleOf')::numeric = 0 end);
  elsif v_type = 'string' then
    v_text := instance #>> '{}';
    v_count := length(v_text);
    if schema ? 'minLength' and v_count < (schema -> 'minLength')::numeric then
      errors := errors || row(path, instance, format('must have at least %s characters', schema ->> 'minLength'))
        ::almanac_private.payload_error;
    elsif schema ? 'maxLength' and v_count > (schema -> 'maxLength')::numeric then
      errors := errors || row(path, instance, format('must have at most %s characters, not %s', schema ->> 'maxLength',
        v_count))::almanac_private.payload_error;
    end if;
    if schema ? 'regex' and v_text !~ (schema ->> 'regex') then
      errors := errors || row(path, instance, 'must match ' || left(schema ->> 'pattern', 200))
        ::almanac_private.payload_error;
    end if;
    if schema ? 'format' and not almanac_private.is_of_format(v_text, schema ->> 'format') then
      errors := errors || row(path, instance, case schema ->> 'format'
        when 'date' then 'must be a date: 2030-01-31' when 'email' then 'must be an e-mail address'
        when 'date-time' then 'must be a time with its zone: 2030-01-31T09:00:00+01:00'
        when 'uri' then 'must be an absolute URI: https://example.com/x' else 'must be a UUID' end)
        ::almanac_private.payload_error;
    end if;
  elsif v_type = 'array' then
    v_count := jsonb_array_length(instance);
    if schema ? 'minItems' and v_count < (schema -> 'minItems')::numeric then
      errors := errors || row(path, instance, format('must have at least %s elements, not %s', schema ->> 'minItems',
        v_count))::almanac_private.payload_error;
    elsif schema ? 'maxItems' and v_count > (schema -> 'maxItems')::numeric then
      errors := errors || row(path, instance, format('must have at most %s elements, not %s', schema ->> 'maxItems',
        v_count))::almanac_private.payload_error;
    end if;
    if schema ? 'uniqueItems'
      and (select count(distinct e.item) < v_count from jsonb_array_elements(instance) e(item)) then
      errors := errors || row(path, instance, 'must not have the same element twice')::almanac_private.payload_error;
    end if;
  elsif v_type = 'object' then
    if schema ?| array['minProperties', 'maxProperties'] then
      v_count := (select count(*) from jsonb_object_keys(instance));
    end if;
    if schema ? 'minProperties' and v_count < (schema -> 'minProperties')::numeric then
      errors := errors || row(path, instance, format('must have at least %s keys, not %s', schema ->> 'minProperties',
        v_count))::almanac_private.payload_error;
    elsif schema ? 'maxProperties' and v_count > (schema -> 'maxProperties')::numeric then
      errors := errors || row(path, instance, format('must have at most %s keys, not %s', schema ->> 'maxProperties',
        v_count))::almanac_private.payload_error;
    end if;
    if schema ? 'required' then
      errors := errors || array(
        select row(path || '/' || almanac_private.pointer_step(r.key), null, 'is missing')
          ::almanac_private.payload_error
        from jsonb_array_elements_text(schema -> 'required') with ordinality r(key, n)
        where not instance ? r.key order by r.n);
    end if;
    if schema ? 'dependentRequired' then
      errors := errors || array(
        select row(path || '/' || almanac_private.pointer_step(r.key), null, format('is missing: %s needs it', d.key))
          ::almanac_private.payload_error
        from jsonb_each(schema -> 'dependentRequired') d, jsonb_array_elements_text(d.value) r(key)
        where instance ? d.key and not instance ? r.key order by d.key, r.key);
    end if;
  end if;
end
$$;
comment on function almanac_private.value_errors(jsonb, jsonb, text) is
  'What of a schema the value itself does not fit, without its parts and without alternatives.';
grant execute on function almanac_private.value_errors(jsonb, jsonb, text) to almanac_viewer;
--! EndIncluded functions/payloads/value_errors.sql
--! Included functions/planning/busy_hours.sql
create or replace function almanac.busy_hours(
  timezone text default 'UTC', days integer default 7, with_system boolean default true,
  schedule_ids bigint[] default null, tags text[] default null, task text default null, creator text default null,
  search text default null
) returns table (
  weekday integer, hour integer, occurrences bigint, unmeasured bigint, run_time interval
)
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_now constant timestamptz := statement_timestamp();
begin
  perform almanac_private.check_timezone(busy_hours.timezone);
  if busy_hours.days is null or busy_hours.days not between 1 and 31 then
    raise exception using errcode = 'AL012', message = 'The number of days must be between 1 and 31.',
      detail = format('days: %s.', coalesce(busy_hours.days::text, 'null')), hint = 'For instance 7.';
  end if;
  return query
  with planned as (
    -- A schedule's occurrences come by the hour; beyond 50,000 of these, all schedules' together, unmeasured.
    select c.schedule_id, c.starts_at, c.upcoming
    from almanac.calendar(v_now, v_now + busy_hours.days * interval '1 day', busy_hours.timezone, interval '1 hour',
      fold_above => 0, max_count => 50000, with_system => busy_hours.with_system,
      schedule_ids => busy_hours.schedule_ids, tags => busy_hours.tags, task => busy_hours.task,
      creator => busy_hours.creator, search => busy_hours.search) c
    where c.upcoming > 0
  ), measured as (
    select p.starts_at, p.upcoming, d.p50
    from planned p left join almanac.usual_durations(max_count => 10000) d on d.schedule_id = p.schedule_id
  ), spread as (
    select date_trunc('hour', m.starts_at, busy_hours.timezone) as at, m.upcoming as occurrences,
      case when m.p50 is null then m.upcoming else 0 end as unmeasured, interval '0' as run_time
    from measured m
    union all
    -- What takes longer than an hour also counts in those that follow, a day at most.
    select date_trunc('hour', m.starts_at, busy_hours.timezone) + h.n * interval '1 hour', 0, 0,
      m.upcoming * least(m.p50 - h.n * interval '1 hour', interval '1 hour')
    from measured m
    cross join lateral generate_series(0, least(23, ceil(extract(epoch from m.p50) / 3600)::integer - 1)) h(n)
    where m.p50 > interval '0'
  )
  select extract(isodow from l.local)::integer, extract(hour from l.local)::integer,
    sum(s.occurrences)::bigint, sum(s.unmeasured)::bigint, sum(s.run_time)
  from spread s
  cross join lateral (select s.at at time zone busy_hours.timezone as local) l
  group by 1, 2
  order by 1, 2;
end
$$;
comment on function almanac.busy_hours(text, integer, boolean, bigint[], text[], text, text, text) is
  'What is upcoming in the next days by weekday (1 Monday to 7 Sunday) and hour of a time zone: how many occurrences, '
  'how long they will run altogether by their usual durations (usual_durations, median), and how many of them have no '
  'such duration. Hours in which there is nothing have no row. Of all schedules, or of those that calendar() would '
  'show.';
grant execute on function almanac.busy_hours(text, integer, boolean, bigint[], text[], text, text, text)
  to almanac_viewer;
--! EndIncluded functions/planning/busy_hours.sql
--! Included functions/planning/calendar.sql
-- Where there is more than max_count rows are made of counts alone. What makes that quick:
--
-- 1. Schedules with the same cron text have the same times: they are looked up once, and multiplied.
-- 2. Runs are counted as they are read. They are read a second time only where they are listed one by one.
-- 3. Of rules that a bucket shows as a count, whole days are counted by the hour (cron_hours), and not listed.
-- 4. Days are found in an array of where they begin: date_trunc in a zone takes ten times as long.
create or replace function almanac.calendar(
  range_start timestamptz, range_end timestamptz, timezone text default 'UTC', bucket interval default '1 hour',
  fold_above integer default 12,
  schedules text[] default null, tags text[] default null, task text default null, max_count integer default 5000,
  with_system boolean default true, schedule_ids bigint[] default null,
  creator text default null, search text default null
) returns setof almanac.calendar_item
language plpgsql stable set search_path to pg_catalog, pg_temp set jit to off set enable_mergejoin to off
  set work_mem to '64MB'
as $$
declare
  v_now timestamptz := statement_timestamp();
  v_ids bigint[];
  v_hidden bigint[] := '{}';
  v_lost bigint[] := '{}';
  v_days timestamptz[];
  v_step interval := case when calendar.bucket = interval '1 day' then interval '48 hours' else calendar.bucket end;
  v_by_day boolean;
  v_by_hour boolean;
begin
  perform almanac_private.check_timezone(calendar.timezone);
  if calendar.max_count is distinct from 0 then
    perform almanac_private.checked_count(calendar.max_count);
  end if;
  perform almanac_private.check_range(calendar.range_start, calendar.range_end);
  if calendar.bucket is null or not (calendar.bucket between interval '1 minute' and interval '1 day')
    or extract(month from calendar.bucket) <> 0 then
    raise exception using errcode = 'AL012', message = 'The bucket must be between a minute and a day.',
      detail = format('bucket: %s.', calendar.bucket), hint = 'For instance 15 minutes, 1 hour or 1 day.';
  end if;
  v_by_day :=
    extract(epoch from calendar.range_end - calendar.range_start) / extract(epoch from calendar.bucket) > 1000;
  v_by_hour := extract(epoch from calendar.bucket) % 3600 = 0;
  if length(calendar.search) > 200 then
    raise exception using errcode = 'AL012', message = 'The text to search for is too long.',
      detail = format('search: %s characters.', length(calendar.search)), hint = 'Give at most 200, part of a name.';
  end if;
  -- One more than there are, so that each has an end; a day that a zone left out is none. A bucket longer than any day
  -- is a day, also where it has 23 or 25 hours.
  v_days := array(
    select distinct d.day at time zone calendar.timezone
    from generate_series((calendar.range_start at time zone calendar.timezone)::date::timestamp,
      (calendar.range_end at time zone calendar.timezone)::date + interval '1 day', interval '1 day') d(day)
    order by 1);
  if calendar.schedules is not null or calendar.tags is not null or calendar.task is not null
    or calendar.schedule_ids is not null or calendar.creator is not null or calendar.search is not null then
    v_ids := array(
      select s.id from almanac.schedules s
      where (calendar.schedule_ids is null or s.id = any (calendar.schedule_ids))
        and (calendar.schedules is null or s.name = any (calendar.schedules))
        and (calendar.tags is null or s.tags && calendar.tags)
        and (calendar.task is null or s.task_identifier = calendar.task)
        and (calendar.creator is null or s.created_by = calendar.creator)
        and (calendar.search is null or strpos(lower(s.name), lower(calendar.search)) > 0));
  end if;

  if calendar.with_system is false then
    v_hidden := array(select s.id from almanac.schedules s where s.is_system);
  end if;

  loop
    begin
      return query
      with seen as not materialized (
        select r.*, v_days[width_bucket(r.due_at, v_days)] as day
        from almanac.runs r
        where r.scheduled_for >= calendar.range_start and r.scheduled_for < calendar.range_end
          and r.due_at = r.scheduled_for
          and (v_ids is null or r.schedule_id = any (v_ids)) and r.schedule_id <> all (v_hidden)
        union all
        select r.*, v_days[width_bucket(r.due_at, v_days)]
        from almanac.runs r
        where r.due_at >= calendar.range_start and r.due_at < calendar.range_end and r.due_at <> r.scheduled_for
          and (v_ids is null or r.schedule_id = any (v_ids)) and r.schedule_id <> all (v_hidden)
      ), ran as (
        select r.schedule_id, r.day, date_bin(v_step, r.due_at, r.day) as bucket, count(*) as total,
          count(*) filter (where r.status = 'succeeded') as succeeded,
          count(*) filter (where r.status in ('failed', 'timed_out')) as failed,
          count(*) filter (where r.status in ('skipped', 'cancelled')) as skipped,
          count(*) filter (where r.status in ('waiting', 'queued', 'running', 'retrying')) as running
        from seen r group by 1, 2, 3
      ), rules as materialized (
        select row_number() over () as rule, (array_agg(s.rule))[1] as compiled, s.timezone, s.after, s.until,
          array_agg(s.id) as schedules, count(*) as sharing,
          case when (array_agg(s.is_counted))[1] then (select min(d.day) from unnest(v_days) d(day)
            where d.day > s.after and d.day < s.until) end as counted_from,
          (select max(d.day) from unnest(v_days) d(day) where d.day <= s.until) as counted_until
        from (
          select s.id, s.rule, s.cron_expression, s.timezone,
            -- Each hour that matches makes its day a dense one, and lies in one bucket.
            bit_count((s.rule).minutes::bit(60)) * bit_count((s.rule).seconds::bit(60)) > calendar.fold_above
              and (v_by_hour and not exists (
                select from unnest(v_days) d(day)
                where extract(epoch from d.day at time zone s.timezone) % 3600 <> 0)) as is_counted,
            greatest(calendar.range_start, coalesce(s.next_scheduled_for, v_now), s.starts_at)
              - interval '1 microsecond' as after,
            least(calendar.range_end, s.ends_at) as until
          from almanac.schedules s
          where s.kind = 'cron' and s.deleted_at is null and s.archived_at is null
            and (s.next_scheduled_for < calendar.range_end or s.status = 'paused')
            and (v_ids is null or s.id = any (v_ids)) and s.id <> all (v_hidden) and s.id <> all (v_lost)
            and s.calendars = '{}' and not s.has_overrides and s.jitter is null and s.max_runs is null
        ) s
        group by s.cron_expression, s.timezone, s.after, s.until
      ), times as materialized (
        select r.rule, r.sharing, o.at, v_days[width_bucket(o.at, v_days)] as day
        from rules r
        cross join lateral (
          select r.after, coalesce(r.counted_from, r.until) as until
          union all
          select r.counted_until - interval '1 microsecond', r.until where r.counted_from is not null
        ) p
        cross join lateral almanac_private.cron_between(r.compiled, r.timezone, p.after, p.until) o(at)
      ), shared as materialized (
        select t.rule, t.sharing, t.day, date_bin(v_step, t.at, t.day) as bucket, sum(t.total)::bigint as total
        from (
          select t.rule, t.sharing, t.day, t.at, 1 as total from times t
          union all
          select r.rule, r.sharing, v_days[width_bucket(h.at, v_days)], h.at, h.total
          from rules r
          cross join lateral almanac_private.cron_hours(r.compiled, r.timezone, r.counted_from, r.counted_until) h
        ) t
        group by 1, 2, 3, 4
      ), listed as materialized (
        select 'occurrence' as item, s.id as schedule_id, s.name as schedule_name, o.at as scheduled_for, o.at,
          null as reason, v_days[width_bucket(o.at, v_days)] as day
        from almanac.schedules s
        cross join lateral almanac_private.occurrences_between(
          s, greatest(calendar.range_start, coalesce(s.next_scheduled_for, v_now)), calendar.range_end, null) o(at)
        where s.kind <> 'cron' and s.deleted_at is null and s.archived_at is null
          and (s.next_scheduled_for < calendar.range_end or s.status = 'paused')
          and (v_ids is null or s.id = any (v_ids)) and s.id <> all (v_hidden) and s.id <> all (v_lost)
          and s.calendars = '{}' and not s.has_overrides and s.jitter is null and s.max_runs is null
        union all
        -- What may be due at another time than its nominal one, or not at all.
        select case when c.outcome in ('run', 'moved', 'carried over') then 'occurrence' else 'omitted' end, s.id,
          s.name, c.scheduled_for, c.due_at, case when c.outcome <> 'run' then c.outcome end,
          v_days[width_bucket(c.due_at, v_days)]
        from almanac.schedules s
        cross join lateral almanac_private.coming_occurrences(
          s, greatest(calendar.range_start, case when s.status = 'active' then s.cursor_at + interval '1 microsecond'
            else v_now end), calendar.range_end, null, true) c
        where s.deleted_at is null and s.archived_at is null and s.status in ('active', 'paused')
          and (v_ids is null or s.id = any (v_ids)) and s.id <> all (v_hidden) and s.id <> all (v_lost)
          and not (s.calendars = '{}' and not s.has_overrides and s.jitter is null and s.max_runs is null)
      ), gaps as materialized (
        select o.schedule_id, o.schedule_name, o.during, o.reason, o.count,
          greatest(lower(o.during), calendar.range_start) as at,
          v_days[width_bucket(greatest(lower(o.during), calendar.range_start), v_days)] as day
        from almanac.omissions o
        where o.during && tstzrange(calendar.range_start, calendar.range_end)
          and (v_ids is null or o.schedule_id = any (v_ids)) and o.schedule_id <> all (v_hidden)
      ), own as materialized (
        select c.schedule_id, c.day, c.bucket, sum(c.total)::bigint as total, sum(c.succeeded)::bigint as succeeded,
          sum(c.failed)::bigint as failed, sum(c.skipped)::bigint as skipped, sum(c.running)::bigint as running,
          sum(c.upcoming)::bigint as upcoming
        from (
          select r.schedule_id, r.day, r.bucket, r.total, r.succeeded, r.failed, r.skipped, r.running, 0 as upcoming
          from ran r
          union all
          select l.schedule_id, l.day, date_bin(v_step, l.at, l.day), 1, 0, 0, (l.item = 'omitted')::integer, 0,
            (l.item = 'occurrence')::integer
          from listed l
        ) c group by 1, 2, 3
      ), volume as (
        select sum(d.sharing * case when d.total > calendar.fold_above then d.buckets else d.total end) as items,
          sum(d.sharing * d.buckets) as buckets, sum(d.sharing) as days, sum(d.failed) as failed
        from (
          select c.sharing, sum(c.total) as total, count(*) as buckets, 0 as failed
          from shared c group by c.rule, c.sharing, c.day
          union all
          select 1, sum(c.total), count(*), sum(c.failed) from own c group by c.schedule_id, c.day
          union all
          select 1, 1, 1, 0 from gaps
        ) d
      ), chosen as materialized (
        select case when calendar.max_count = 0 then 'all'
          when v.items <= calendar.max_count or v.items is null then 'items'
          when v.failed + v.buckets <= calendar.max_count and not v_by_day then 'buckets'
          when v.failed + v.days <= calendar.max_count then 'days'
          else 'all' end as mode
        from volume v
      ), dense as materialized (
        select c.schedule_id, c.day
        from (
          select c.schedule_id, c.day, c.total from own c
          union all
          select s.id, c.day, c.total from shared c join rules r on r.rule = c.rule, unnest(r.schedules) s(id)
        ) c group by 1, 2 having sum(c.total) > calendar.fold_above
      ), failures as materialized (
        select r.*, date_bin(v_step, r.due_at, r.day) as bucket
        from seen r where r.status in ('failed', 'timed_out') and (select c.mode from chosen c) <> 'items'
        order by r.due_at, r.schedule_id, r.id limit calendar.max_count
      ), counted as (
        -- Of one schedule, or of all.
        select case when (select c.mode from chosen c) <> 'all' then c.schedule_id end as schedule_id, c.day,
          c.bucket, c.total, c.succeeded, c.failed, c.skipped, c.running, c.upcoming
        from own c
        union all
        select s.id, c.day, c.bucket, c.total, 0, 0, 0, 0, c.total
        from shared c join rules r on r.rule = c.rule cross join lateral unnest(r.schedules) s(id)
        where (select c.mode from chosen c) <> 'all'
        union all
        select null, c.day, c.bucket, c.sharing * c.total, 0, 0, 0, 0, c.sharing * c.total
        from shared c where (select c.mode from chosen c) = 'all'
        union all
        select case when (select c.mode from chosen c) <> 'all' then g.schedule_id end, g.day,
          date_bin(v_step, g.at, g.day), g.count, 0, 0, g.count, 0, 0
        from gaps g where (select c.mode from chosen c) <> 'items'
        union all
        -- These come one by one.
        select case when (select c.mode from chosen c) <> 'all' then f.schedule_id end, f.day, f.bucket, -1, 0, -1, 0,
          0, 0
        from failures f
      ), items as (
        select 'run' as item, r.schedule_id, r.schedule_name, r.due_at as starts_at, null::timestamptz as ends_at,
          r.due_at, r.id as run_id, r.status, r.trigger, r.reason, r.started_at, r.finished_at, r.attempt,
          r.max_attempts, 1::bigint as total,
          (r.status = 'succeeded')::integer::bigint as succeeded,
          (r.status in ('failed', 'timed_out'))::integer::bigint as failed,
          (r.status in ('skipped', 'cancelled'))::integer::bigint as skipped,
          (r.status in ('waiting', 'queued', 'running', 'retrying'))::integer::bigint as running, 0::bigint as upcoming,
          r.scheduled_for
        from seen r
        where (select c.mode from chosen c) = 'items'
          and not exists (select from dense d where d.schedule_id = r.schedule_id and d.day = r.day)
        union all
        select 'run', f.schedule_id, f.schedule_name, f.due_at, null, f.due_at, f.id, f.status, f.trigger, f.reason,
          f.started_at, f.finished_at, f.attempt, f.max_attempts, 1, 0, 1, 0, 0, 0, f.scheduled_for
        from failures f
        union all
        select 'occurrence', s.id, null, t.at, null, t.at, null, null, 'schedule', null, null, null, null, null,
          1, 0, 0, 0, 0, 1, t.at
        from times t join rules r on r.rule = t.rule cross join lateral unnest(r.schedules) s(id)
        where (select c.mode from chosen c) = 'items'
          and not exists (select from dense d where d.schedule_id = s.id and d.day = t.day)
        union all
        select l.item, l.schedule_id, l.schedule_name, l.at, null, l.at, null, null, 'schedule', l.reason, null, null,
          null, null, 1, 0, 0, (l.item = 'omitted')::integer, 0, (l.item = 'occurrence')::integer, l.scheduled_for
        from listed l
        where (select c.mode from chosen c) = 'items'
          and not exists (select from dense d where d.schedule_id = l.schedule_id and d.day = l.day)
        union all
        select 'omission', g.schedule_id, g.schedule_name, lower(g.during), upper(g.during), null, null, null, null,
          g.reason::text, null, null, null, null, g.count, 0, 0, g.count, 0, 0, null
        from gaps g where (select c.mode from chosen c) = 'items'
        union all
        select case when c.mode = 'items' then 'bucket' else 'density' end, c.schedule_id, null,
          case when c.mode = 'items' then c.place else greatest(c.place, calendar.range_start) end,
          case when c.mode = 'items' then c.ends_at else least(c.ends_at, calendar.range_end) end,
          null, null, null, null, null, null, null, null, null, c.total, c.succeeded, c.failed, c.skipped, c.running,
          c.upcoming, null
        from (
          select m.mode, c.schedule_id, p.place,
            least(p.place + case when w.is_day then interval '48 hours' else v_step end,
              v_days[width_bucket(c.day, v_days) + 1]) as ends_at,
            sum(c.total)::bigint as total, sum(c.succeeded)::bigint as succeeded, sum(c.failed)::bigint as failed,
            sum(c.skipped)::bigint as skipped, sum(c.running)::bigint as running, sum(c.upcoming)::bigint as upcoming
          from counted c
          cross join (select c.mode from chosen c) m
          cross join lateral (select m.mode = 'days' or m.mode = 'all' and v_by_day as is_day) w
          cross join lateral (select case when w.is_day then c.day else c.bucket end as place) p
          where m.mode <> 'items'
            or exists (select from dense d where d.schedule_id = c.schedule_id and d.day = c.day)
          group by m.mode, c.schedule_id, c.day, p.place, w.is_day having sum(c.total) > 0
        ) c
      )
      select i.item, i.schedule_id,
        coalesce(i.schedule_name, s.name, case when i.schedule_id is not null then (
          select r.schedule_name from almanac.runs r where r.schedule_id = i.schedule_id
          order by r.scheduled_for desc limit 1) end), s.status,
        i.starts_at, i.ends_at, i.due_at, i.run_id, i.status, i.trigger, i.reason, i.started_at, i.finished_at,
        i.attempt, i.max_attempts, i.total, i.succeeded, i.failed, i.skipped, i.running, i.upcoming, i.scheduled_for
      from items i left join almanac.schedules s on s.id = i.schedule_id
      order by 5, 2, 8;
      return;
    exception when invalid_parameter_value then
      -- A time zone that the server does not know hides what its schedules name, and no one else's.
      v_lost := case when v_lost = '{}' then array(
        select s.id from almanac.schedules s where almanac_private.lost_timezone(s) is not null) else '{}' end;
      if v_lost = '{}' then
        raise;
      end if;
    end;
  end loop;
end
$$;
comment on function almanac.calendar(
  timestamptz, timestamptz, text, interval, integer, text[], text[], text, integer, boolean, bigint[], text, text
) is
  'Runs and upcoming occurrences that are due in [range_start, range_end), of all schedules or of those with one of '
  'the names, one of the tags, a task, one of the ids, a creator, a text in their name. Where a schedule has more than '
  'fold_above in a local day, it comes as counts per bucket. Where all that is more than max_count items, it comes as '
  'density items instead: counts per schedule and bucket; else '
  'per schedule and day; else of all schedules together per bucket, or per day if there '
  'are more than 1,000 buckets. Failed runs come one by one, the first max_count of them, and count in no density. '
  'max_count 0: only counts of all schedules together. with_system false: without Almanac''s own schedules.';
grant execute on function almanac.calendar(
  timestamptz, timestamptz, text, interval, integer, text[], text[], text, integer, boolean, bigint[], text, text
) to almanac_viewer;
--! EndIncluded functions/planning/calendar.sql
--! Included functions/planning/carry_over_occurrence.sql
-- Definer: writes overrides on behalf of whoever changes the rule.
create or replace function almanac_private.carry_over_occurrence(
  schedule almanac.schedules, as_of timestamptz, reason text, most_windows integer default null
) returns boolean
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
begin
  insert into almanac.occurrence_overrides (schedule_id, scheduled_for, action, moved_to, reason,
    created_by, is_carried_over)
  select schedule.id, p.scheduled_for, 'move', greatest(p.due_at, carry_over_occurrence.as_of),
    carry_over_occurrence.reason, 'almanac', true
  from almanac_private.planned_occurrences(schedule, schedule.cursor_at,
    carry_over_occurrence.as_of + interval '1 microsecond', 1, most_windows => carry_over_occurrence.most_windows) p
  where p.outcome in ('run', 'undecided') and schedule.fired_runs < coalesce(schedule.max_runs, 9223372036854775807)
  on conflict do nothing;
  return found;
end
$$;
comment on function almanac_private.carry_over_occurrence(almanac.schedules, timestamptz, text, integer) is
  'Carries over, by an override, an occurrence whose nominal time is past and that has no outcome yet, so that it '
  'stays due whatever happens to its rule or its calendars; returns whether there was one. most_windows: when it is '
  'due need not be exact.';
--! EndIncluded functions/planning/carry_over_occurrence.sql
--! Included functions/planning/carry_over_overrides.sql
-- Definer: writes overrides; the caller's right to change both schedules is checked first.
create or replace function almanac_private.carry_over_overrides(
  was almanac.schedules, new_id bigint, occurrence timestamptz, moved_to timestamptz, since timestamptz
) returns void
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_original almanac.schedules;
  v_new almanac.schedules;
  v_lost timestamptz[];
  v_carried integer;
  v_engine text;
begin
  select s.* into v_original from almanac.schedules s where s.id = was.id;
  select s.* into v_new from almanac.schedules s where s.id = carry_over_overrides.new_id;
  if not almanac_private.may_change(v_original.owner_user, v_original.run_as_key) then
    perform almanac_private.refuse_change(v_original.id);
  elsif not almanac_private.may_change(v_new.owner_user, v_new.run_as_key) then
    perform almanac_private.refuse_change(v_new.id);
  end if;
  with after as materialized (
    select o.*, a.new_scheduled_for
    from almanac_private.overrides_after(was, v_new, carry_over_overrides.occurrence, carry_over_overrides.moved_to,
      carry_over_overrides.since) a
    join almanac.occurrence_overrides o on o.schedule_id = was.id and o.scheduled_for = a.scheduled_for
  ), carried as (
    insert into almanac.occurrence_overrides (schedule_id, scheduled_for, action, moved_to, reason, created_by,
      created_at)
    select v_new.id, a.new_scheduled_for, a.action, a.moved_to, a.reason, a.created_by, a.created_at
    from after a where a.new_scheduled_for is not null
    on conflict do nothing
    returning scheduled_for
  )
  select (select count(*) from carried), array(
    select a.scheduled_for from after a where a.new_scheduled_for is null order by a.scheduled_for limit 20)
  into v_carried, v_lost;
  if v_carried > 0 then
    v_engine := almanac_private.enter_engine();
    update almanac.schedules s set has_overrides = true where s.id = v_new.id and not s.has_overrides;
    perform almanac_private.leave_engine(v_engine);
    perform almanac_private.replan(array[v_new.id]);
  end if;
  if v_lost <> '{}' then
    raise warning using errcode = 'AL030',
      message = format('Occurrences of schedule %s were moved or skipped that the new rule does not name.', was.name),
      detail = format('Their nominal times: %s.', (
        select string_agg(almanac_private.spoken_time(l.at, was.timezone), ', ' order by l.at)
        from unnest(v_lost) l(at))),
      hint = 'Move or skip those that it names instead, if you still want to.';
  end if;
end
$$;
comment on function almanac_private.carry_over_overrides(
  almanac.schedules, bigint, timestamptz, timestamptz, timestamptz
) is
  'Moves and skips the occurrences of a new rule, or of a new schedule, in place of those of the old one that were '
  'moved or skipped, from since on; warns (AL030) of those that have no successor.';
grant execute on function almanac_private.carry_over_overrides(
  almanac.schedules, bigint, timestamptz, timestamptz, timestamptz
) to almanac_operator;
--! EndIncluded functions/planning/carry_over_overrides.sql
--! Included functions/planning/check_range.sql
create or replace function almanac_private.check_range(range_start timestamptz, range_end timestamptz) returns void
language plpgsql immutable parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  v_fits boolean := false;
begin
  -- Before PostgreSQL 17 infinite times cannot be subtracted.
  if isfinite(check_range.range_start) and isfinite(check_range.range_end) then
    v_fits := check_range.range_end > check_range.range_start
      and check_range.range_end - check_range.range_start <= interval '400 days';
  end if;
  if not v_fits then
    raise exception using errcode = 'AL012', message = 'The range must not be empty, and at most 400 days long.',
      detail = format('range_start: %s, range_end: %s.', coalesce(check_range.range_start::text, 'null'),
        coalesce(check_range.range_end::text, 'null')),
      hint = 'Ask for a shorter range.';
  end if;
end
$$;
comment on function almanac_private.check_range(timestamptz, timestamptz) is
  'Raises AL012 unless the range has an end, is not empty, and at most 400 days long.';
grant execute on function almanac_private.check_range(timestamptz, timestamptz) to almanac_viewer;
--! EndIncluded functions/planning/check_range.sql
--! Included functions/planning/checked_count.sql
create or replace function almanac_private.checked_count(max_count integer, most integer default 100000) returns integer
language plpgsql immutable parallel safe set search_path to pg_catalog, pg_temp
as $$
begin
  if checked_count.max_count is null or checked_count.max_count not between 1 and checked_count.most then
    raise exception using errcode = 'AL012',
      message = format('max_count must be between 1 and %s.', checked_count.most),
      detail = format('max_count: %s.', coalesce(checked_count.max_count::text, 'null')),
      hint = case when checked_count.max_count > checked_count.most then 'Ask for a shorter list or range.'
      else 'Give at least 1, or leave it out.' end;
  end if;
  return checked_count.max_count;
end
$$;
comment on function almanac_private.checked_count(integer, integer) is 'The count, if it is in bounds; else AL012.';
grant execute on function almanac_private.checked_count(integer, integer) to almanac_viewer;
--! EndIncluded functions/planning/checked_count.sql
--! Included functions/planning/closed_times.sql
create or replace function almanac.closed_times(
  schedule text, range_start timestamptz, range_end timestamptz, max_count integer default 1000
) returns table (starts_at timestamptz, ends_at timestamptz, reason text, label text)
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_schedule almanac.schedules := almanac_private.find_schedule(closed_times.schedule);
  v_now timestamptz := statement_timestamp();
  v_count bigint;
begin
  perform almanac_private.checked_count(closed_times.max_count);
  perform almanac_private.check_range(closed_times.range_start, closed_times.range_end);
  return query
  select greatest(c.starts_at, closed_times.range_start), least(c.ends_at, closed_times.range_end), c.reason, c.label
  from (
    select closed_times.range_start as starts_at, closed_times.range_end as ends_at, 'system' as reason,
      null as label where v_schedule.is_system
    union all
    select closed_times.range_start, closed_times.range_end, 'other owner', v_schedule.run_as::text
    where not v_schedule.is_system and not almanac.schedules_may_change(v_schedule)
    union all
    select closed_times.range_start, v_now, 'past', null
    union all
    select closed_times.range_start, v_schedule.starts_at, 'not started', null
    union all
    select v_schedule.ends_at, closed_times.range_end, 'ended', null
    union all
    select lower(w.during), upper(w.during), 'excluded', coalesce(w.label, w.calendar)
    from almanac_private.exclusion_windows(v_schedule.calendars, v_schedule.timezone, closed_times.range_start,
      closed_times.range_end - interval '1 microsecond') w
  ) c
  where c.starts_at < closed_times.range_end and c.ends_at > closed_times.range_start
  order by c.starts_at, c.ends_at, c.reason, c.label
  limit closed_times.max_count + 1;
  get diagnostics v_count = row_count;
  if v_count > closed_times.max_count then
    raise exception using errcode = 'AL012',
      message = format('The range has more than %s closed times.', closed_times.max_count),
      detail = format('range_start: %s, range_end: %s.', closed_times.range_start, closed_times.range_end),
      hint = 'Ask for a shorter range, or give max_count.';
  end if;
end
$$;
comment on function almanac.closed_times(text, timestamptz, timestamptz, integer) is
  'Where in [range_start, range_end) no occurrence of a schedule belongs, and why: system, other owner, past, not '
  'started, ended, or excluded, with the label of the window. Calendars do not refuse a move: move_occurrence() puts '
  'an occurrence into an excluded time if told to.';
grant execute on function almanac.closed_times(text, timestamptz, timestamptz, integer) to almanac_viewer;
--! EndIncluded functions/planning/closed_times.sql
--! Included functions/planning/coming_occurrences.sql
-- The rules are those of planned_occurrences, which the last branch asks. The second branch repeats its rules for
-- overrides, exclusions and jitter, as one statement for a whole range in which no calendar postpones anything: a loop
-- over its occurrences takes several times as long. Change both; planning.test.ts holds them to one oracle.
create or replace function almanac_private.coming_occurrences(
  schedule almanac.schedules, range_start timestamptz, range_end timestamptz, max_count integer,
  with_omitted boolean default false
) returns setof almanac_private.planned_occurrence
language plpgsql stable rows 1000 set search_path to pg_catalog, pg_temp
as $$
declare
  v_from timestamptz := coming_occurrences.range_start - interval '1 microsecond';
  v_cursor timestamptz := case when schedule.cursor_at < coming_occurrences.range_start then schedule.cursor_at end;
  v_low timestamptz;
  v_back interval;
  v_begin timestamptz;
  v_left bigint;
  v_spread interval;
begin
  if schedule.max_runs is not null then
    if schedule.status = 'active' then
      -- The first so many from now count, wherever the range begins.
      v_from := coalesce(v_cursor, v_from);
    end if;
    v_left := greatest(schedule.max_runs - schedule.fired_runs, 0);
  end if;

  if schedule.calendars = '{}' and not schedule.has_overrides and schedule.jitter is null then
    return query
    select o.at, o.at, 'run'
    from almanac_private.occurrences_between(schedule, v_from + interval '1 microsecond', coming_occurrences.range_end,
      case when schedule.max_runs is null then max_count else v_left end) o(at)
    where o.at >= coming_occurrences.range_start
    limit max_count;
    return;
  end if;

  if schedule.max_runs is null and coming_occurrences.range_end < 'infinity'
    and (schedule.calendars = '{}' or (with_omitted and schedule.exclusion_policy = 'skip'))
    and (with_omitted or not schedule.has_overrides) then
    -- A whole range in which no calendar postpones anything: the outcome of a nominal time depends on that time alone,
    -- and its jitter on the one that runs next.
    v_spread := coalesce(schedule.jitter, interval '0');
    return query
    with nominal as materialized (
      select o.at
      from almanac_private.occurrences_between(schedule,
        greatest(v_from - v_spread, v_cursor) + interval '1 microsecond',
        coming_occurrences.range_end + v_spread, null) o(at)
    ), closed as materialized (
      select (almanac_private.exclusions(schedule.calendars, schedule.timezone, min(n.at), max(n.at), false)).excluded
      from nominal n where schedule.calendars <> '{}' having count(*) > 0
    ), planned as (
      select n.at, case when o.action = 'move' then 'moved' when o.action = 'skip' then 'skipped'
        when (select c.excluded from closed c) @> n.at then 'excluded' else 'run' end as outcome
      from nominal n
      left join almanac.occurrence_overrides o on schedule.has_overrides
        and o.schedule_id = (coming_occurrences.schedule).id and o.scheduled_for = n.at
    ), spread as (
      select p.at as scheduled_for, case when p.outcome = 'run' and v_spread > interval '0'
        then p.at + almanac_private.jitter_delay(schedule.id, p.at, v_spread, p.at,
          lead(p.at) over (partition by p.outcome order by p.at))
        else p.at end as due_at, p.outcome
      from planned p where p.outcome <> 'moved'
      union all
      select m.scheduled_for, m.moved_to, case when m.is_carried_over then 'carried over' else 'moved' end
      from almanac_private.moved_occurrences(schedule) m where schedule.has_overrides
    )
    select s.scheduled_for, s.due_at, s.outcome
    from spread s
    where s.due_at >= coming_occurrences.range_start and s.due_at < coming_occurrences.range_end
    order by s.due_at, s.scheduled_for
    limit max_count;
    return;
  end if;

  if schedule.max_runs is null then
    v_from := v_from - coalesce(schedule.jitter, interval '0');
    if schedule.calendars <> '{}' and schedule.exclusion_policy = 'move' then
      -- What a calendar postpones until the range begins has an earlier nominal time: back to where that exclusion
      -- begins, further and further.
      v_low := coming_occurrences.range_start - coalesce(schedule.jitter, interval '0');
      foreach v_back in array array[interval '1 hour', interval '24 hours', interval '768 hours',
        interval '10000 hours'] loop
        -- With what ends just then.
        v_begin := (
          select lower(r)
          from almanac_private.exclusions(schedule.calendars, schedule.timezone, v_low - v_back,
            v_low - interval '1 microsecond', false) e
          cross join lateral unnest(e.excluded) r where r @> v_low - interval '1 microsecond');
        exit when v_begin is null;
        v_from := least(v_from, v_begin - interval '1 microsecond');
        exit when v_begin > v_low - v_back or v_begin <= v_cursor;
      end loop;
    end if;
    v_from := greatest(v_from, v_cursor);
  end if;

  return query
  with items as (
    select p.scheduled_for, p.due_at, p.outcome
    from almanac_private.planned_occurrences(schedule, v_from, coming_occurrences.range_end,
      case when not with_omitted then coalesce(v_left, max_count) end, with_omitted,
      case when v_left is null then coming_occurrences.range_start else '-infinity' end) p
    where p.outcome <> 'moved' and (with_omitted or p.outcome = 'run')
    union all
    select m.scheduled_for, m.moved_to, case when m.is_carried_over then 'carried over' else 'moved' end
    from almanac_private.moved_occurrences(schedule) m
      where schedule.has_overrides and m.moved_to < coming_occurrences.range_end
  ), counted as (
    select i.*, count(*) filter (where i.outcome in ('run', 'moved', 'carried over')) over (
      order by i.due_at, i.scheduled_for) as nth from items i
  )
  select c.scheduled_for, c.due_at, c.outcome
  from counted c
  where c.due_at >= coming_occurrences.range_start and c.due_at < coming_occurrences.range_end
    and (v_left is null or c.nth <= v_left)
  order by c.due_at, c.scheduled_for
  limit max_count;
end
$$;
comment on function almanac_private.coming_occurrences(almanac.schedules, timestamptz, timestamptz, integer, boolean) is
  'What of a schedule is due in [range_start, range_end), the first max_count, no more than max_runs leaves; '
  'with_omitted: also what calendars and overrides leave out, by its nominal time. What is listed anywhere comes '
  'from here.';
grant execute on function almanac_private.coming_occurrences(
  almanac.schedules, timestamptz, timestamptz, integer, boolean
) to almanac_viewer;
--! EndIncluded functions/planning/coming_occurrences.sql
--! Included functions/planning/due_note.sql
create or replace function almanac_private.due_note(
  schedule almanac.schedules, occurrence almanac_private.planned_occurrence
) returns text
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_nominal text := to_char(occurrence.scheduled_for at time zone schedule.timezone, 'YYYY-MM-DD HH24:MI');
begin
  return case
    when occurrence.outcome = 'moved' then format('Moved manually from %s.', v_nominal)
    when occurrence.outcome = 'carried over' then (
      select format('Carried over from %s: %s.', v_nominal, o.reason) from almanac.occurrence_overrides o
      where o.schedule_id = schedule.id and o.scheduled_for = occurrence.scheduled_for)
    when occurrence.due_at = occurrence.scheduled_for then null
    when schedule.calendars <> '{}'
      and occurrence.due_at - occurrence.scheduled_for > coalesce(schedule.jitter, interval '0')
      then format('Postponed from %s by %s.', v_nominal, array_to_string(schedule.calendars, ', '))
    else format('Delayed by jitter from %s.', v_nominal)
  end;
end
$$;
comment on function almanac_private.due_note(almanac.schedules, almanac_private.planned_occurrence) is
  'Why an occurrence is not due at its nominal time, which is named in the schedule''s zone; null: it is.';
grant execute on function almanac_private.due_note(almanac.schedules, almanac_private.planned_occurrence)
  to almanac_viewer;
--! EndIncluded functions/planning/due_note.sql
--! Included functions/planning/jitter_delay.sql
create or replace function almanac_private.jitter_delay(
  schedule_id bigint, scheduled_for timestamptz, jitter interval, due_at timestamptz, next_due_at timestamptz
) returns interval
language plpgsql stable parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  v_most bigint := round(date_part('epoch', jitter_delay.jitter) * 1000);
begin
  if jitter_delay.schedule_id is null then
    return interval '0';
  end if;
  if jitter_delay.next_due_at is not null then
    v_most :=
      least(v_most, floor(extract(epoch from jitter_delay.next_due_at - jitter_delay.due_at) * 1000)::bigint - 1);
  end if;
  return make_interval(secs => case when v_most <= 0 then 0
    else ('x' || left(md5(schedule_id || ':' || floor(extract(epoch from jitter_delay.scheduled_for))), 13))::bit(
      52)::bigint % (v_most + 1) / 1000.0 end);
end
$$;
comment on function almanac_private.jitter_delay(bigint, timestamptz, interval, timestamptz, timestamptz) is
  'How much later than due_at an occurrence is due: h mod (J + 1) milliseconds, where h comes from the md5 of '
  'schedule and nominal second, and J is the jitter, cut to 1 ms less than the distance to the next due time. Zero '
  'for a schedule without an id, which is not saved yet.';
grant execute on function almanac_private.jitter_delay(bigint, timestamptz, interval, timestamptz, timestamptz)
  to almanac_viewer;
--! EndIncluded functions/planning/jitter_delay.sql
--! Included functions/planning/listed_occurrences.sql
create or replace function almanac_private.listed_occurrences(
  schedule almanac.schedules, after timestamptz, max_count integer
)
returns table (scheduled_for timestamptz, due_at timestamptz, local_time text, utc_offset text, note text)
language plpgsql stable rows 10 set search_path to pg_catalog, pg_temp
as $$
begin
  return query
  select o.at, o.due_at, to_char(l.shown, 'YYYY-MM-DD"T"HH24:MI:SS'), l.utc_offset,
    nullif(concat_ws(' ', almanac_private.due_note(schedule, row(o.at, o.due_at, o.outcome)), case
      when l.after_gap and o.due_at = o.at and gap.is_named then
        format('%s does not exist that day: clocks go forward, so it runs at %s.',
          to_char(gap.planned, 'HH24:MI'), to_char(l.shown, 'HH24:MI'))
      when l.repeated then
        format('%s occurs twice that day: clocks go back. This is the %s time.', to_char(l.shown, 'HH24:MI'), l.pass)
    end), '')
  from almanac_private.coming_occurrences(schedule, listed_occurrences.after + interval '1 microsecond', 'infinity',
      listed_occurrences.max_count) with ordinality o(at, due_at, outcome, position)
  cross join lateral almanac_private.local_reading(o.due_at, schedule.timezone) l
  cross join lateral (
    -- In the zone's standing offset of the day before, a moved time shows what the rule had planned.
    select (o.at at time zone 'UTC') + ((o.at - interval '25 hours') at time zone schedule.timezone
      - (o.at - interval '25 hours') at time zone 'UTC') as shown
  ) before
  cross join lateral (
    select before.shown as planned, case
      when schedule.kind = 'cron' then not (schedule.rule).running
        and almanac_private.next_cron(schedule.rule, 'UTC',
          (before.shown at time zone 'UTC') - interval '1 microsecond')
          = before.shown at time zone 'UTC'
      -- Of days and months: at its first one's time of day.
      when schedule.kind = 'interval'
        then 0 < any (array[date_part('day', schedule.every), date_part('month', schedule.every),
          date_part('year', schedule.every)])
        and before.shown::time = (coalesce(schedule.starts_at, date_trunc('second', schedule.created_at))
          at time zone schedule.timezone)::time
      else false end as is_named
  ) gap
  order by o.position;
end
$$;
comment on function almanac_private.listed_occurrences(almanac.schedules, timestamptz, integer) is
  'The next occurrences of a schedule that are due after a moment, as preview() and upcoming() list them. local_time '
  'and utc_offset are those of due_at in the schedule''s zone; note says why an occurrence is not due at its nominal '
  'time, and what a clock change does to it.';
grant execute on function almanac_private.listed_occurrences(almanac.schedules, timestamptz, integer)
  to almanac_viewer;
--! EndIncluded functions/planning/listed_occurrences.sql
--! Included functions/planning/most_windows.sql
create or replace function almanac_private.most_windows() returns integer
language sql immutable parallel safe
return 1000;
comment on function almanac_private.most_windows() is
  'How many windows of calendars firing looks at before it puts off the rest of a look-up: some 10 ms.';
--! EndIncluded functions/planning/most_windows.sql
--! Included functions/planning/move_occurrence.sql
create or replace function almanac.move_occurrence(
  schedule text, occurrence timestamptz, moved_to timestamptz, reason text default null
)
returns almanac.occurrence_overrides
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
begin
  return almanac_private.override_occurrence(move_occurrence.schedule, move_occurrence.occurrence, 'move',
    move_occurrence.moved_to, move_occurrence.reason);
end
$$;
comment on function almanac.move_occurrence(text, timestamptz, timestamptz, text) is
  'Makes one occurrence, named by its nominal time, run at another time. The rest of the series is unaffected. '
  'restore_occurrence() undoes it.';
grant execute on function almanac.move_occurrence(text, timestamptz, timestamptz, text) to almanac_operator;
--! EndIncluded functions/planning/move_occurrence.sql
--! Included functions/recurrence/next_occurrence.sql
create or replace function almanac_private.next_occurrence(
  schedule almanac.schedules, after timestamptz
) returns timestamptz
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
      v_next := almanac_private.next_cron(schedule.rule, schedule.timezone, v_after);
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
  'First nominal time of a schedule strictly after a moment, within its bounds; null: none. What fires and what is '
  'shown both come from here.';
grant execute on function almanac_private.next_occurrence(almanac.schedules, timestamptz) to almanac_viewer;
--! EndIncluded functions/recurrence/next_occurrence.sql
--! Included functions/planning/moved_occurrences.sql
create or replace function almanac_private.moved_occurrences(
  schedule almanac.schedules
) returns setof almanac.occurrence_overrides
language sql stable set search_path to pg_catalog, pg_temp
begin atomic
  select o.*
  from almanac.occurrence_overrides o
  where o.schedule_id = (moved_occurrences.schedule).id and o.action = 'move' and o.done_at is null
    and (o.is_owed or (o.scheduled_for > (moved_occurrences.schedule).cursor_at
      and almanac_private.next_occurrence(moved_occurrences.schedule, o.scheduled_for - interval '1 microsecond')
        = o.scheduled_for));
end;
comment on function almanac_private.moved_occurrences(almanac.schedules) is
  'The moved occurrences of a schedule that are still to run: those of its rule, and those owed although the rule is '
  'past them.';
grant execute on function almanac_private.moved_occurrences(almanac.schedules) to almanac_viewer;
--! EndIncluded functions/planning/moved_occurrences.sql
--! Included functions/planning/nearest_occurrences.sql
create or replace function almanac_private.nearest_occurrences(
  rule almanac.schedules, moment timestamptz, since timestamptz
) returns table (before timestamptz, after timestamptz)
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_back interval;
begin
  after := almanac_private.next_occurrence(rule, greatest(nearest_occurrences.moment, nearest_occurrences.since));
  -- Dense rules have one close by, and too many further on.
  foreach v_back in array array[interval '1 minute', interval '1 hour', interval '24 hours', interval '9600 hours'] loop
    before := (select max(o.at) from almanac_private.occurrences_between(rule,
      greatest(nearest_occurrences.since + interval '1 microsecond', nearest_occurrences.moment - v_back),
      nearest_occurrences.moment, null) o(at));
    exit when before is not null or nearest_occurrences.moment - v_back < nearest_occurrences.since;
  end loop;
  return next;
end
$$;
comment on function almanac_private.nearest_occurrences(almanac.schedules, timestamptz, timestamptz) is
  'The last time that a rule names before a moment, within 400 days and after since, and the first one after both.';
grant execute on function almanac_private.nearest_occurrences(almanac.schedules, timestamptz, timestamptz)
  to almanac_viewer;
--! EndIncluded functions/planning/nearest_occurrences.sql
--! Included functions/planning/never_runs.sql
create or replace function almanac_private.never_runs(schedule almanac.schedules, after timestamptz) returns text
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_unbounded almanac.schedules := schedule;
  v_first timestamptz;
begin
  if schedule.kind = 'manual' or schedule.has_overrides
    and exists (select from almanac_private.moved_occurrences(schedule)) then
    return null;
  end if;
  v_first := almanac_private.next_occurrence(schedule, never_runs.after);
  if v_first is null then
    v_unbounded.starts_at := null;
    v_unbounded.ends_at := null;
    v_first := almanac_private.next_occurrence(v_unbounded, never_runs.after);
    return case
      when v_first is null and schedule.kind = 'cron'
        then format('No date ever matches its rule, %s.', schedule.cron_expression)
      when v_first is null then 'Its time is past.'
      when schedule.kind = 'once'
        then format('Its time, %s, lies outside its bounds.',
        almanac_private.spoken_time(v_first, schedule.timezone))
      when schedule.ends_at <= never_runs.after
        then format('It ended at %s.', almanac_private.spoken_time(schedule.ends_at, schedule.timezone))
      when schedule.ends_at is null
        then format('Its rule names no time that can be computed from its start on, %s: that is too far in the future.',
        almanac_private.spoken_time(schedule.starts_at, schedule.timezone))
      else format('Its rule names no time from %s to its end, %s.',
        almanac_private.spoken_time(greatest(schedule.starts_at, never_runs.after), schedule.timezone),
        almanac_private.spoken_time(schedule.ends_at, schedule.timezone)) end;
  elsif schedule.max_runs <= schedule.fired_runs then
    return format('Its rule has fired %s times already, and max_runs is %s.', schedule.fired_runs, schedule.max_runs);
  elsif (schedule.calendars <> '{}' or schedule.has_overrides)
    and not exists (
      select from almanac_private.planned_occurrences(schedule,
        greatest(v_first, never_runs.after) - interval '1 microsecond', 'infinity', 1, most_windows => 10000) p
      where p.outcome in ('run', 'undecided'))
  then
    return format('Its calendars (%s) exclude every time that its rule names%s.',
      array_to_string(schedule.calendars, ', '),
      case
        when schedule.ends_at is not null then ''
        when schedule.next_run_at > never_runs.after
          then format(' until %s; what comes after is looked at then',
          almanac_private.spoken_time(schedule.next_run_at, schedule.timezone))
        else ', for as long as anyone has looked ahead' end);
  end if;
  return null;
end
$$;
comment on function almanac_private.never_runs(almanac.schedules, timestamptz) is
  'Why a schedule will not run after a moment, as it is: no date matches, its bounds or its calendars leave nothing; '
  'null: it will, or is not meant to by itself.';
grant execute on function almanac_private.never_runs(almanac.schedules, timestamptz) to almanac_viewer;
--! EndIncluded functions/planning/never_runs.sql
--! Included functions/planning/next_due.sql
create or replace function almanac_private.next_due(
  schedule almanac.schedules, moved almanac.occurrence_overrides[] default null,
  out scheduled_for timestamptz, out due_at timestamptz
)
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_moved record;
begin
  if schedule.max_runs <= schedule.fired_runs then
    return;
  elsif schedule.calendars = '{}' and not schedule.has_overrides then
    scheduled_for := almanac_private.next_occurrence(schedule, schedule.cursor_at);
    due_at := almanac_private.plain_due(schedule, scheduled_for);
    return;
  end if;
  select p.scheduled_for, p.due_at into next_due.scheduled_for, next_due.due_at
  from almanac_private.planned_occurrences(schedule, schedule.cursor_at, 'infinity', 1,
    most_windows => almanac_private.most_windows()) p;
  if schedule.has_overrides then
    select m.scheduled_for, m.moved_to into v_moved
    from unnest(coalesce(next_due.moved, array(select o from almanac_private.moved_occurrences(schedule) o))) m
    order by m.moved_to, m.scheduled_for limit 1;
    if v_moved.moved_to < next_due.due_at or next_due.due_at is null then
      scheduled_for := v_moved.scheduled_for;
      due_at := v_moved.moved_to;
    end if;
  end if;
end
$$;
comment on function almanac_private.next_due(almanac.schedules, almanac.occurrence_overrides[]) is
  'The occurrence of a schedule that is due next, after its cursor or moved: nominal and due time; null: none. Where '
  'calendars exclude so much that the search ends early, when to look again: none is due before. '
  'moved: those of its moved ones that are still to run, as far as they are known better than they are stored.';
grant execute on function almanac_private.next_due(almanac.schedules, almanac.occurrence_overrides[]) to almanac_viewer;
--! EndIncluded functions/planning/next_due.sql
--! Included functions/planning/override_occurrence.sql
-- Definer: writes overrides and the ledger; the caller's right to do so is checked first.
create or replace function almanac_private.override_occurrence(
  schedule text, occurrence timestamptz, action almanac.override_action, moved_to timestamptz, reason text
) returns almanac.occurrence_overrides
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_schedule almanac.schedules := almanac_private.find_schedule(override_occurrence.schedule);
  v_now timestamptz := statement_timestamp();
  v_override almanac.occurrence_overrides;
  v_near record;
  v_engine text;
  v_is_new boolean;
begin
  if v_schedule.is_system or not almanac_private.may_change(v_schedule.owner_user, v_schedule.run_as_key) then
    perform almanac_private.refuse_change(v_schedule.id);
  end if;
  perform almanac_private.count_uses('overrides', 1);
  if v_schedule.status not in ('active', 'paused') then
    raise exception using errcode = 'AL013', column = 'status',
      message = format('Schedule %s is %s: it has no upcoming occurrence.', v_schedule.name, v_schedule.status),
      detail = format('occurrence: %s.', override_occurrence.occurrence),
      hint = 'Look at: select * from almanac.upcoming(…).';
  end if;
  perform almanac_private.resolve_before_change(array[v_schedule.id]);
  select s.* into v_schedule from almanac.schedules s where s.id = v_schedule.id for no key update;
  select o.* into v_override from almanac.occurrence_overrides o
  where o.schedule_id = v_schedule.id and o.scheduled_for = override_occurrence.occurrence;
  v_is_new := v_override.schedule_id is null;

  if override_occurrence.action = 'move'
    and (override_occurrence.moved_to > v_now and isfinite(override_occurrence.moved_to)) is not true then
    raise exception using errcode = 'AL016', message = 'An occurrence can only be moved to a time in the future.',
      detail = format('moved_to: %s, now: %s.', coalesce(override_occurrence.moved_to::text, 'null'), v_now),
      hint = 'Give a later time, or run it at once: almanac.trigger_now().';
  elsif v_override.done_at is not null or v_override.schedule_id is null and (
    exists (select from almanac.runs r where r.schedule_id = v_schedule.id
      and r.scheduled_for = override_occurrence.occurrence and r.trigger = 'schedule')
    or exists (select from almanac.omissions o where o.schedule_id = v_schedule.id
      and o.during @> override_occurrence.occurrence))
  then
    raise exception using errcode = 'AL016', message = 'The occurrence already has its outcome.',
      detail = format('occurrence: %s.', override_occurrence.occurrence),
      hint = 'Look at it in almanac.runs and almanac.omissions. To run it again, use almanac.trigger_now().';
  elsif v_override.schedule_id is null and (override_occurrence.occurrence > v_schedule.cursor_at
    and almanac_private.next_occurrence(v_schedule, override_occurrence.occurrence - interval '1 microsecond')
      = override_occurrence.occurrence) is not true
  then
    select n.* into v_near
      from almanac_private.nearest_occurrences(v_schedule, coalesce(override_occurrence.occurrence, v_now),
      v_schedule.cursor_at) n;
    raise exception using errcode = 'AL016',
      message = format('Schedule %s has no occurrence at this time%s.', v_schedule.name,
        case when override_occurrence.occurrence <= v_schedule.cursor_at then ' that is upcoming' end),
      detail = format('occurrence: %s.', coalesce(override_occurrence.occurrence::text, 'null')),
      hint = format('Give its nominal time, scheduled_for. %s: %s.',
        case when v_near.before is null then 'The next one is' else 'The nearest are' end,
        coalesce(nullif(concat_ws(' and ', v_near.before, v_near.after), ''), 'none'));
  end if;

  if v_override.schedule_id is null and almanac_private.is_counted() then
    perform almanac_private.check_at_once('overrides_at_once', v_schedule.run_as, 'schedule ' || v_schedule.name, (
      select count(*) + 1 from almanac.occurrence_overrides o
      where o.schedule_id = v_schedule.id and o.done_at is null));
  end if;
  insert into almanac.occurrence_overrides as o (schedule_id, scheduled_for, action, moved_to, reason, created_by,
    created_at)
  values (v_schedule.id, override_occurrence.occurrence, override_occurrence.action, override_occurrence.moved_to,
    override_occurrence.reason, almanac_private.actor(), v_now)
  on conflict (schedule_id, scheduled_for) do update
  set action = excluded.action, moved_to = excluded.moved_to, reason = excluded.reason,
    created_by = excluded.created_by, created_at = excluded.created_at,
    is_carried_over = false
  returning o.* into v_override;
  if v_override.is_owed and v_override.action = 'skip' then
    perform almanac_private.record_verdicts(
      array[row(v_schedule.id, v_override.scheduled_for, v_override.scheduled_for, 'skipped',
        almanac_private.skip_reason(v_override), null, false, null, null, null, null, 'done', null, null, null, null,
        null)::almanac_private.verdict], '{}', v_now);
    select o.* into v_override from almanac.occurrence_overrides o
    where o.schedule_id = v_override.schedule_id and o.scheduled_for = v_override.scheduled_for;
  end if;
  v_engine := almanac_private.enter_engine();
  update almanac.schedules s set has_overrides = true where s.id = v_schedule.id and not s.has_overrides;
  perform almanac_private.leave_engine(v_engine);
  if v_is_new and v_schedule.calendars = '{}' and v_schedule.jitter is null
    and override_occurrence.occurrence <> v_schedule.next_scheduled_for
    and (override_occurrence.action = 'skip' or override_occurrence.moved_to > v_schedule.next_run_at)
  then
    -- The next one is as it was, and to find it again takes longer the more are skipped.
    perform almanac_private.notify_changed('almanac_schedules', array[v_schedule.id]);
  else
    perform almanac_private.replan(array[v_schedule.id]);
  end if;
  return v_override;
end
$$;
comment on function almanac_private.override_occurrence(
  text, timestamptz, almanac.override_action, timestamptz, text
) is
  'Moves or skips one occurrence that has no outcome yet, named by its nominal time; what is due by now is resolved '
  'first.';
grant execute on function almanac_private.override_occurrence(
  text, timestamptz, almanac.override_action, timestamptz, text
) to almanac_operator;
--! EndIncluded functions/planning/override_occurrence.sql
--! Included functions/planning/overrides_after.sql
create or replace function almanac_private.overrides_after(
  was almanac.schedules, rule almanac.schedules, occurrence timestamptz, moved_to timestamptz, since timestamptz
) returns table (scheduled_for timestamptz, action almanac.override_action, was_moved_to timestamptz,
  new_scheduled_for timestamptz)
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
  return query
  with upcoming as materialized (
    select o.scheduled_for, o.action, o.moved_to, o.scheduled_for at time zone was.timezone as local_time
    from almanac.occurrence_overrides o
    where o.schedule_id = was.id and o.done_at is null and not o.is_owed
      and o.scheduled_for >= overrides_after.since and o.scheduled_for > was.cursor_at
      and o.scheduled_for <> overrides_after.occurrence
      and almanac_private.next_occurrence(was, o.scheduled_for - interval '1 microsecond') = o.scheduled_for
  ), places as (
    -- Its own time, the local time as far off as the one that moves, as much later; or, as where the clock of a day
    -- skips a time, the only one of that day in place of the only one.
    select u.*, p.nth, p.at
    from upcoming u
    cross join lateral (values
      (1, u.scheduled_for),
      (2, almanac.local_time(u.local_time + ((overrides_after.moved_to at time zone was.timezone)
        - (overrides_after.occurrence at time zone was.timezone)), rule.timezone)),
      (3, u.scheduled_for + (overrides_after.moved_to - overrides_after.occurrence)),
      (4, (
        select min(n.at)
        from (values (u.local_time::date + ((overrides_after.moved_to at time zone was.timezone)::date
          - (overrides_after.occurrence at time zone was.timezone)::date))) d(day)
        cross join lateral almanac_private.occurrences_between(rule,
          almanac.local_time(d.day::timestamp, rule.timezone),
          almanac.local_time(d.day + interval '1 day', rule.timezone), 2) n(at)
        having count(*) = 1 and (
          select count(*) from almanac_private.occurrences_between(was,
            almanac.local_time(u.local_time::date::timestamp, was.timezone),
            almanac.local_time(u.local_time::date + interval '1 day', was.timezone), 2)) = 1))
    ) p(nth, at)
    where almanac_private.next_occurrence(rule, p.at - interval '1 microsecond') = p.at
  ), nearest as (
    select distinct on (p.scheduled_for) p.scheduled_for, p.nth, p.at from places p
    order by p.scheduled_for, p.nth
  ), taken as (
    -- One place takes one.
    select distinct on (n.at) n.scheduled_for, n.at from nearest n order by n.at, n.nth, n.scheduled_for
  )
  select u.scheduled_for, u.action, u.moved_to, t.at
  from upcoming u left join taken t on t.scheduled_for = u.scheduled_for
  order by u.scheduled_for;
end
$$;
comment on function almanac_private.overrides_after(
  almanac.schedules, almanac.schedules, timestamptz, timestamptz, timestamptz
) is
  'Which occurrence of a new rule each one that is moved or skipped, from since on, becomes, where an occurrence and '
  'those that follow move; null where there is none that takes its place.';
grant execute on function almanac_private.overrides_after(
  almanac.schedules, almanac.schedules, timestamptz, timestamptz, timestamptz
) to almanac_viewer;
--! EndIncluded functions/planning/overrides_after.sql
--! Included functions/planning/overrides_for_move.sql
create or replace function almanac.overrides_for_move(
  schedule text, occurrence timestamptz, moved_to timestamptz, max_count integer default 1000
) returns table (scheduled_for timestamptz, action almanac.override_action, was_moved_to timestamptz,
  new_scheduled_for timestamptz)
language plpgsql stable rows 10 set search_path to pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_schedule almanac.schedules := almanac_private.find_schedule(overrides_for_move.schedule);
  v_changes jsonb;
  v_earlier bigint;
begin
  perform almanac_private.checked_count(overrides_for_move.max_count);
  select r.changes, r.earlier into v_changes, v_earlier
  from almanac.rule_for_move(overrides_for_move.schedule, overrides_for_move.occurrence,
    overrides_for_move.moved_to) r;
  if v_changes is null then
    return;
  end if;
  if v_earlier > 0 then
    v_changes := jsonb_build_object('starts_at', overrides_for_move.moved_to) || v_changes;
  end if;
  return query
  select o.scheduled_for, o.action, o.was_moved_to, o.new_scheduled_for
  from almanac_private.overrides_after(v_schedule,
    almanac_private.prepare_schedule(almanac_private.read_definition(v_changes, v_schedule)),
    overrides_for_move.occurrence, overrides_for_move.moved_to,
    case when v_earlier > 0 then overrides_for_move.occurrence else '-infinity' end) o
  limit overrides_for_move.max_count;
end
$$;
comment on function almanac.overrides_for_move(text, timestamptz, timestamptz, integer) is
  'Where the moved and skipped occurrences of a schedule go when an occurrence and those that follow it move: '
  'new_scheduled_for is the one that is then moved or skipped in its place, null where there is none. was_moved_to: '
  'where one was moved to, null for one that is skipped.';
grant execute on function almanac.overrides_for_move(text, timestamptz, timestamptz, integer) to almanac_viewer;
--! EndIncluded functions/planning/overrides_for_move.sql
--! Included functions/planning/plain_due.sql
create or replace function almanac_private.plain_due(
  schedule almanac.schedules, scheduled_for timestamptz
) returns timestamptz
language sql stable parallel safe
return case
  when (schedule).jitter is null then scheduled_for
  else scheduled_for + almanac_private.jitter_delay((schedule).id, scheduled_for, (schedule).jitter, scheduled_for,
    almanac_private.next_occurrence(schedule, scheduled_for))
end;
comment on function almanac_private.plain_due(almanac.schedules, timestamptz) is
  'When an occurrence of a schedule without calendars and overrides is due. A plain expression, so that callers inline '
  'it.';
grant execute on function almanac_private.plain_due(almanac.schedules, timestamptz) to almanac_viewer;
--! EndIncluded functions/planning/plain_due.sql
--! Included functions/planning/planned_occurrences.sql
-- From the times that a rule names to the times at which something is due: applies overrides, exclusion calendars,
-- merging and jitter, and in this order, as each looks at what the previous one left. What fires and what is previewed
-- comes from here, and what people see in the calendar, unless coming_occurrences can list a whole range in one
-- statement, as where calendars skip and do not postpone. planningOracle.ts says the same again in TypeScript, in
-- eighty lines without any shortcut, and a test compares all three over random schedules.
--
-- It is a loop over nominal times, and four things keep it from being a slow one:
--
-- 1. Exclusions, of which a look-up takes up to 1 ms, are looked up for a span at a time: a day at first, then twice as
--    much, up to 64 days. A schedule of every minute asks its calendars once a day and not 1,440 times. Firing asks for
--    minutes at first, and reads few windows (most_windows): when these are used up, the times of a schedule are
--    undecided from there on, it is due at that time, and whoever fires it then looks on from what was kept.
-- 2. Whoever asks only for what runs (not with_omitted) leaps over an exclusion to its end, in steps of a year at most
--    where windows follow each other endlessly: after a thousand leaps, or two years, it gives the last one that was
--    left out, and its caller looks again then. So no schedule can delay a firing by being excluded forever.
-- 3. Of those that are postponed to the same end, the last runs and the others are merged into it. Whether there is
--    another one before the end is looked for from the end, a minute, an hour, a day back: the first is found almost
--    always, and the whole exclusion is walked through only for sparse rules.
-- 4. Jitter must not let one occurrence pass the next, so it needs the next due time; only if that is nearer than the
--    jitter is it worked out, by this function without jitter.
--
-- Without calendars it takes some 20 µs for each time: decide() passes it by where only one occurrence is due.
create or replace function almanac_private.planned_occurrences(
  schedule almanac.schedules, after timestamptz, range_end timestamptz, max_count bigint default null,
  with_omitted boolean default false,
  due_from timestamptz default '-infinity', most_windows integer default null
) returns setof almanac_private.planned_occurrence
language plpgsql stable rows 1000 set search_path to pg_catalog, pg_temp
  set plan_cache_mode to force_generic_plan -- planning takes ten times as long as running
as $$
declare
  v_at timestamptz := almanac_private.next_occurrence(schedule, planned_occurrences.after);
  v_left bigint := coalesce(planned_occurrences.max_count, 9223372036854775807);
  v_planned almanac_private.planned_occurrence;
  v_action almanac.override_action;
  v_found record;
  v_windows integer := 0;
  v_begins timestamptz[];
  v_ends timestamptz[];
  v_range integer;
  v_known_until timestamptz := '-infinity';
  v_span interval := case when planned_occurrences.most_windows is null then '24 hours' else '1 minute' end;
  v_back interval;
  v_range_end timestamptz;
  v_next timestamptz;
  v_unspread almanac.schedules := schedule;
  v_passed almanac_private.planned_occurrence;
  v_passed_since timestamptz;
  v_jumps integer := 0;
begin
  v_unspread.jitter := null;
  while v_at < planned_occurrences.range_end and v_left > 0 loop
    v_planned := row(v_at, v_at, 'run');
    v_range_end := null;
    v_action := case when schedule.has_overrides then (
      select o.action from almanac.occurrence_overrides o where o.schedule_id = (planned_occurrences.schedule).id
        and o.scheduled_for = v_at) end;
    if v_action is null and schedule.calendars <> '{}' then
      if v_at >= v_known_until then
        if v_windows >= most_windows and v_passed_since is not null then
          return next row(v_passed.scheduled_for, v_at, 'undecided')::almanac_private.planned_occurrence;
          return;
        end if;
        v_found := almanac_private.exclusions(schedule.calendars, schedule.timezone, v_at, v_at + v_span, true,
          most_windows);
        if with_omitted and upper(v_found.excluded) = v_found.known_until
          and v_found.known_until < planned_occurrences.range_end then
          v_found := almanac_private.exclusions(schedule.calendars, schedule.timezone, v_at,
            planned_occurrences.range_end, true, most_windows);
        end if;
        v_windows := v_windows + v_found.windows;
        v_known_until := v_found.known_until;
        v_begins := array(select lower(r) from unnest(v_found.excluded) r);
        v_ends := array(select upper(r) from unnest(v_found.excluded) r);
        v_range := 1;
        v_span := case
          when most_windows is null then least(v_span * 2, interval '1536 hours')
          when v_found.windows > 100 then greatest(v_span / 8, interval '1 minute')
          else least(v_span * 4, interval '1536 hours')
        end;
      end if;
      while v_ends[v_range] <= v_at loop
        v_range := v_range + 1;
      end loop;
      if v_begins[v_range] <= v_at then
        v_range_end := v_ends[v_range];
      end if;
    end if;
    v_next := almanac_private.next_occurrence(schedule, v_at);

    if v_action is not null then
      v_planned.outcome := case v_action when 'move' then 'moved' else 'skipped' end;
    elsif v_range_end is not null and (schedule.exclusion_policy = 'skip' or v_range_end = 'infinity') then
      v_planned.outcome := 'excluded';
      if not with_omitted then
        v_next := almanac_private.next_occurrence(schedule, case when v_range_end < 'infinity' then v_range_end
          else least(v_known_until, v_at + interval '8000 hours') end - interval '1 microsecond');
      end if;
    elsif v_range_end = v_known_until then
      return next row(v_at, v_range_end, 'undecided')::almanac_private.planned_occurrence;
      return;
    elsif v_range_end is not null then
      v_planned.due_at := v_range_end;
      v_back := null;
      -- Does another one, not overridden, take its place? Close to the end at once, as only the last one runs.
      foreach v_back in array array[interval '1 minute', interval '1 hour', interval '24 hours',
        interval '768 hours', null] loop
        exit when v_next is null or v_next > v_range_end;
        v_at := almanac_private.next_occurrence(schedule,
          greatest(v_next, v_range_end - coalesce(v_back, interval '100 years')) - interval '1 microsecond');
        while schedule.has_overrides and v_at <= v_range_end and exists (
          select from almanac.occurrence_overrides o where o.schedule_id = (planned_occurrences.schedule).id
            and o.scheduled_for = v_at)
        loop
          v_at := almanac_private.next_occurrence(schedule, v_at);
        end loop;
        if v_at <= v_range_end then
          v_planned := row(v_planned.scheduled_for, v_planned.scheduled_for, 'merged');
          if not with_omitted then
            v_next := v_at;
          end if;
          exit;
        end if;
      end loop;
      v_at := v_planned.scheduled_for;
    end if;

    if v_planned.outcome <> 'run' then
      if with_omitted and v_at >= due_from then
        return next v_planned;
        v_left := v_left - 1;
      elsif not with_omitted and v_planned.outcome <> 'moved' then
        -- If none that runs comes after it, or none for a long time: for whoever waits for it to look again.
        v_jumps := v_jumps + 1;
        v_windows := v_windows + 1;
        v_passed_since := coalesce(v_passed_since, v_at);
        v_passed :=
          row(v_at, least(v_range_end, schedule.ends_at, v_at + case when v_action is null then interval '8000 hours'
          else interval '0' end), v_planned.outcome);
        if v_jumps > 1000 or v_at > v_passed_since + interval '17520 hours' then
          return next v_passed;
          return;
        end if;
      end if;
      v_at := v_next;
      continue;
    end if;

    if schedule.jitter > interval '0' then
      v_planned.due_at := v_planned.due_at + almanac_private.jitter_delay(schedule.id, v_at, schedule.jitter,
        v_planned.due_at,
        case when v_next <= v_planned.due_at + schedule.jitter then (
          select p.due_at
          from almanac_private.planned_occurrences(v_unspread, v_at,
            v_planned.due_at + schedule.jitter + interval '1 second', 1,
            -- All of the windows in what is a day at most.
            most_windows => case when most_windows is not null then 100000 end) p
          where p.outcome = 'run')
        end);
    end if;
    v_passed_since := null;
    v_jumps := 0;
    if v_planned.due_at >= due_from then
      return next v_planned;
      v_left := v_left - 1;
    end if;
    v_at := v_next;
  end loop;
  if v_at is null and v_passed_since is not null then
    return next v_passed;
  end if;
end
$$;
comment on function almanac_private.planned_occurrences(
  almanac.schedules, timestamptz, timestamptz, bigint, boolean, timestamptz, integer
) is
  'The occurrences of a schedule with a nominal time after a moment and before range_end, with what will happen to '
  'each. In this order: override, exclusion calendars, merging, jitter. with_omitted: every nominal time; else those '
  'that run in their order, of which due times never decrease, and at the very end, if none follows, or none for two '
  'years or a thousand exclusions, the last one that is left out, due when it is to be recorded. What is due before '
  'due_from is passed over. most_windows: of more windows a part, and then one that is undecided, due when it is to be '
  'looked at again, before which none runs.';
grant execute on function almanac_private.planned_occurrences(
  almanac.schedules, timestamptz, timestamptz, bigint, boolean, timestamptz, integer
) to almanac_viewer;
--! EndIncluded functions/planning/planned_occurrences.sql
--! Included functions/planning/preview.sql
create or replace function almanac.preview(definition jsonb, max_count integer default 5)
returns table (scheduled_for timestamptz, due_at timestamptz, local_time text, utc_offset text, note text)
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_schedule almanac.schedules;
  v_now timestamptz := statement_timestamp();
begin
  if jsonb_typeof(preview.definition -> 'id') in ('string', 'number') then
    select s.* into v_schedule from almanac.schedules s where s.id::text = preview.definition ->> 'id';
    if v_schedule.id is null then
      raise exception using errcode = 'AL007',
        message = format('There is no schedule with id %s.', preview.definition ->> 'id'),
        detail = 'It may have been deleted.', hint = 'Leave id out for a schedule that is not saved yet.';
    end if;
  else
    v_schedule := almanac_private.unsaved_schedule(v_now);
  end if;
  v_schedule.status := 'active';
  v_schedule.cursor_at := v_now;
  v_schedule := almanac_private.prepare_schedule(almanac_private.read_definition(
    case when jsonb_typeof(preview.definition) = 'object' then preview.definition - 'id'
      else preview.definition end, v_schedule));
  if preview.definition ? 'payload' then
    perform almanac_private.check_payload(v_schedule.task_identifier, v_schedule.payload);
  end if;
  return query select * from almanac_private.listed_occurrences(v_schedule, v_now,
    almanac_private.checked_count(preview.max_count, 1000));
end
$$;
comment on function almanac.preview(jsonb, integer) is
  'The next occurrences of a schedule that is not saved yet: columns of almanac.schedules as JSON. Refuses what '
  'saving would refuse, with the same errors. Columns as of upcoming(). With id, that of a saved schedule, the '
  'definition changes that one: its phase, its jitter and its moved occurrences are in the times. Without one jitter '
  'is not, as the id decides it.';
grant execute on function almanac.preview(jsonb, integer) to almanac_viewer;
--! EndIncluded functions/planning/preview.sql
--! Included functions/planning/preview_change.sql
create or replace function almanac.preview_change(
  schedule text, changes jsonb, range_start timestamptz default now(), range_end timestamptz default null,
  max_count integer default 1000
) returns table (change text, was_scheduled_for timestamptz, was_due_at timestamptz, scheduled_for timestamptz,
  due_at timestamptz, count bigint)
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_old almanac.schedules := almanac_private.find_schedule(preview_change.schedule);
  v_new almanac.schedules;
  v_now timestamptz := statement_timestamp();
  v_start timestamptz := greatest(preview_change.range_start, statement_timestamp());
  v_end timestamptz := coalesce(preview_change.range_end, greatest(preview_change.range_start, statement_timestamp())
    + interval '30 days');
  v_most constant integer := 100000;
begin
  perform almanac_private.checked_count(preview_change.max_count);
  if not (v_end > v_start and v_end < 'infinity') then
    raise exception using errcode = 'AL012', message = 'The range must end in the future, and after it starts.',
      detail = format('range_start: %s, range_end: %s.', preview_change.range_start, preview_change.range_end),
      hint = 'For instance now() + interval ''30 days''.';
  end if;
  v_new := almanac_private.prepare_schedule(almanac_private.read_definition(preview_change.changes, v_old));
  if (v_new.task_identifier, v_new.payload) is distinct from (v_old.task_identifier, v_old.payload) then
    perform almanac_private.check_payload(v_new.task_identifier, v_new.payload);
  end if;
  v_new.cursor_at := v_now;

  return query
  with before as materialized (
    select c.scheduled_for, c.due_at
    from almanac_private.coming_occurrences(v_old, v_start, v_end, v_most + 1) c
    where v_old.status = 'active' and v_old.archived_at is null
  ), after as materialized (
    select c.scheduled_for, c.due_at
    from almanac_private.coming_occurrences(v_new, v_start, v_end, v_most + 1) c
    where v_new.status in ('active', 'completed') and v_new.archived_at is null
  ), kept as (
    select b.scheduled_for as was_scheduled_for, b.due_at as was_due_at, a.scheduled_for, a.due_at
    from before b join after a on a.scheduled_for = b.scheduled_for
  ), gone as (
    select b.*, date_trunc('day', b.due_at, v_old.timezone) as day,
      row_number() over (partition by date_trunc('day', b.due_at, v_old.timezone)
        order by b.due_at, b.scheduled_for) as nth,
      count(*) over (partition by date_trunc('day', b.due_at, v_old.timezone)) as day_total
    from before b
    where not exists (select from kept k where k.was_scheduled_for = b.scheduled_for)
      and not exists (select from after a where a.due_at = b.due_at)
  ), come as (
    select a.*, date_trunc('day', a.due_at, v_old.timezone) as day,
      row_number() over (partition by date_trunc('day', a.due_at, v_old.timezone)
        order by a.due_at, a.scheduled_for) as nth,
      count(*) over (partition by date_trunc('day', a.due_at, v_old.timezone)) as day_total
    from after a
    where not exists (select from kept k where k.scheduled_for = a.scheduled_for)
      and not exists (select from before b where b.due_at = a.due_at)
  ), changed as (
    -- Where as many come on a local day as go, each takes the place of one.
    select 'moved' as change, k.* from kept k where k.due_at <> k.was_due_at
    union all
    select case when c.due_at is null then 'removed' when g.due_at is null then 'added' else 'moved' end,
      g.scheduled_for, g.due_at, c.scheduled_for, c.due_at
    from gone g full join come c on c.day = g.day and c.nth = g.nth and c.day_total = g.day_total
  ), ranked as (
    select c.*, row_number() over (order by least(c.was_due_at, c.due_at), c.due_at, c.was_due_at) as position
      from changed c
  )
  select l.change, l.was_scheduled_for, l.was_due_at, l.scheduled_for, l.due_at, l.count
  from (
    select r.change, r.was_scheduled_for, r.was_due_at, r.scheduled_for, r.due_at, 1::bigint as count, r.position
    from ranked r where r.position <= preview_change.max_count
    union all
    select r.change || ', not listed', null, null, null, null, count(*), min(r.position) from ranked r
      where r.position > preview_change.max_count group by r.change
    union all
    select 'too many to compare', null, null, null, null, greatest(b.total, a.total), null
    from (select count(*) as total from before) b, (select count(*) as total from after) a
    where greatest(b.total, a.total) > v_most
  ) l order by l.position;
end
$$;
comment on function almanac.preview_change(text, jsonb, timestamptz, timestamptz, integer) is
  'What a change of a schedule (columns as JSON, as for update_schedule) does to what is due in [range_start, '
  'range_end), by default 30 days: occurrences added, removed and moved. An occurrence is moved if its nominal time '
  'stays and its due time does not, or if on a local day as many come as go: then each takes the place of one. What '
  'does not fit into max_count is counted in rows of its own. Refuses what saving would refuse.';
grant execute on function almanac.preview_change(text, jsonb, timestamptz, timestamptz, integer) to almanac_viewer;
--! EndIncluded functions/planning/preview_change.sql
--! Included functions/planning/recompute.sql
-- Definer: writes what only the engine may; who may is checked first.
create or replace function almanac.recompute(timezone text default null, dry_run boolean default false)
returns table (schedule_id bigint, schedule_name text, schedule_timezone text, was_due_at timestamptz,
  due_at timestamptz)
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_now timestamptz := statement_timestamp();
  v_ids bigint[];
begin
  perform almanac_private.check_admin('recompute', true);
  if recompute.timezone is not null then
    perform almanac_private.check_timezone(recompute.timezone);
  end if;
  -- By the old rules. Whoever holds one replaces it.
  delete from almanac_private.known_exclusions d
  where d.id = any (array(select k.id from almanac_private.known_exclusions k for update skip locked));
  -- What is due by now is being fired and stays out of it.
  v_ids := array(
    select s.id from almanac.schedules s cross join lateral almanac_private.next_due(s) d
    where s.next_run_at > v_now and almanac_private.lost_timezone(s) is null
      and (recompute.timezone is null or s.timezone = recompute.timezone or exists (
        select from almanac.exclusion_calendars c left join almanac.calendar_entries e on e.calendar_id = c.id
          and e.timezone = recompute.timezone
        where c.name = any (s.calendars) and (c.timezone = recompute.timezone or e.id is not null)))
          and d.due_at is distinct from s.next_run_at
    order by s.id);
  return query
  select s.id, s.name, s.timezone, s.next_run_at, d.due_at
  from almanac.schedules s cross join lateral almanac_private.next_due(s) d
  where s.id = any (v_ids) order by s.id;
  if not recompute.dry_run and v_ids <> '{}' then
    perform almanac_private.replan(v_ids);
  end if;
end
$$;
comment on function almanac.recompute(text, boolean) is
  'After the rules of time zones have changed in the operating system or in PostgreSQL: recomputes when schedules '
  '(null: of all zones) are next due, and moves those that change. Returns what moves; with dry_run it changes '
  'nothing.';
grant execute on function almanac.recompute(text, boolean) to almanac_viewer;
--! EndIncluded functions/planning/recompute.sql
--! Included functions/planning/replan.sql
-- Definer: writes what only the engine may.
create or replace function almanac_private.replan(schedule_ids bigint[]) returns integer
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
  -- By key, whatever the statistics say, as fire_due.
  set jit to off set enable_hashjoin to off set enable_mergejoin to off set enable_seqscan to off
as $$
declare
  v_schedule almanac.schedules;
  v_was timestamptz;
  v_was_for timestamptz;
  v_delay interval := almanac_private.arm_delay();
  v_specs graphile_worker.job_spec[] := '{}';
  v_courses almanac_private.course[] := '{}';
  v_engine text;
begin
  v_engine := almanac_private.enter_engine();
  for v_schedule in
    select s.* from almanac.schedules s
    where s.id = any (replan.schedule_ids) and s.status in ('active', 'completed') and s.kind <> 'manual'
      and s.deleted_at is null and s.archived_at is null
    order by s.id for no key update
  loop
    continue when almanac_private.lost_timezone(v_schedule) is not null;
    v_was := v_schedule.next_run_at;
    v_was_for := v_schedule.next_scheduled_for;
    select d.scheduled_for, d.due_at into v_schedule.next_scheduled_for, v_schedule.next_run_at
      from almanac_private.next_due(v_schedule) d;
    if v_schedule.next_run_at < statement_timestamp()
      and almanac_private.carry_over_occurrence(v_schedule, statement_timestamp(), 'what postponed it was removed')
    then
      v_schedule.has_overrides := true;
      select d.scheduled_for, d.due_at into v_schedule.next_scheduled_for, v_schedule.next_run_at
        from almanac_private.next_due(v_schedule) d;
    end if;
    continue when (v_schedule.next_run_at, v_schedule.next_scheduled_for) is not distinct from (v_was, v_was_for);
    v_courses := v_courses || almanac_private.course_between(v_schedule, v_schedule);
    if v_schedule.next_run_at is null then
      perform almanac_private.remove_jobs(array['schedule:' || v_schedule.id]);
    else
      v_specs := v_specs || almanac_private.arm_spec(v_schedule.id, v_schedule.next_run_at, v_delay);
    end if;
  end loop;
  perform almanac_private.write_courses(v_courses);
  perform almanac_private.leave_engine(v_engine);
  perform almanac_private.arm_jobs(v_specs);
  perform almanac_private.notify_changed('almanac_schedules', replan.schedule_ids);
  return cardinality(v_courses);
end
$$;
comment on function almanac_private.replan(bigint[]) is
  'Recomputes when these schedules are next due, because something other than their rows has changed, and arms them; '
  'returns how many moved. What is due by now must be resolved before the change.';
--! EndIncluded functions/planning/replan.sql
--! Included functions/planning/replan_from_now.sql
-- Definer: takes back what the ledger says of times in the future; who may is checked first.
--
-- The engine goes by the database's clock. When that was ahead for a while, schedules have outcomes for times that are
-- in the future again: some ran, the others are recorded as missed, and nothing fires until the clock gets there. What
-- ran stays, as a time has one run; each such time becomes an override that is done, which planning passes by. What was
-- recorded without a run is taken back, and fires at its time.
create or replace function almanac.replan_from_now(dry_run boolean default false)
returns table (schedule_id bigint, schedule_name text, was_due_at timestamptz, due_at timestamptz)
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp set jit to off
as $$
#variable_conflict use_column
declare
  v_now timestamptz := statement_timestamp();
  v_schedule almanac.schedules;
  v_unlimited almanac.schedules;
  v_omission almanac.omissions;
  v_kept record;
  v_ids bigint[] := '{}';
  v_was timestamptz[] := '{}';
  v_due timestamptz[];
  v_engine text;
begin
  perform almanac_private.check_admin('replan_from_now');
  begin
    for v_schedule in
      select s.* from almanac.schedules s where s.id in (select a.id from almanac_private.schedules_ahead(v_now) a)
      order by s.id for no key update
    loop
      insert into almanac.occurrence_overrides as o (schedule_id, scheduled_for, action, moved_to, reason,
        created_by, done_at)
      select r.schedule_id, r.scheduled_for, 'move', r.due_at, 'ran while the clock was ahead', 'almanac', v_now
      from almanac.runs r where r.schedule_id = v_schedule.id and r.trigger = 'schedule' and r.scheduled_for > v_now
      on conflict (schedule_id, scheduled_for) do update set done_at = coalesce(o.done_at, excluded.done_at),
        is_owed = false;

      -- Moved ones go by the time they were moved to: those that were missed are due then after all.
      with reopened as (
        update almanac.occurrence_overrides o set done_at = null, is_owed = o.scheduled_for <= v_now
        where o.schedule_id = v_schedule.id and o.action = 'move' and o.done_at is not null and o.moved_to > v_now
          and not exists (
            select from almanac.runs r where r.schedule_id = o.schedule_id and r.scheduled_for = o.scheduled_for
              and r.trigger = 'schedule')
        returning o.scheduled_for
      )
      delete from almanac.omissions o using reopened r where o.schedule_id = v_schedule.id
        and o.during @> r.scheduled_for;

      v_unlimited := v_schedule;
      v_unlimited.max_runs := null;
      for v_omission in
        select o.* from almanac.omissions o
        where o.schedule_id = v_schedule.id and o.during && tstzrange(v_now, null, '()')
          and not exists (
            select from almanac.occurrence_overrides m
            where m.schedule_id = o.schedule_id and m.scheduled_for = lower(o.during) and m.done_at is not null)
        order by o.during for update
      loop
        select count(*) as count, max(n.at) as last into v_kept
        from almanac_private.occurrences_between(
          v_unlimited, lower(v_omission.during), v_now + interval '1 microsecond', null) n(at);
        if v_kept.last is null then
          delete from almanac.omissions o where o.id = v_omission.id;
        else
          update almanac.omissions o set during = tstzrange(lower(o.during), v_kept.last, '[]'), count = v_kept.count
          where o.id = v_omission.id;
        end if;
      end loop;

      update almanac_private.rule_versions v
      set valid_from = least(v.valid_from, v_now), valid_to = case when v.valid_to > v_now then v_now
        else v.valid_to end
      where v.schedule_id = v_schedule.id and greatest(v.valid_from, v.valid_to) > v_now;

      v_engine := almanac_private.enter_engine();
      update almanac.schedules s
      set cursor_at = v_now, paused_at = case when s.paused_at > v_now then v_now else s.paused_at end,
        has_overrides = exists (
          select from almanac.occurrence_overrides o
            where o.schedule_id = s.id and (o.done_at is null or o.scheduled_for > v_now))
      where s.id = v_schedule.id;
      perform almanac_private.leave_engine(v_engine);
      v_ids := v_ids || v_schedule.id;
      v_was := v_was || v_schedule.next_run_at;
    end loop;
    update almanac.stops s
    set stopped_at = least(s.stopped_at, v_now), resumed_at = case when s.resumed_at > v_now then v_now
      else s.resumed_at end
    where greatest(s.stopped_at, s.resumed_at) > v_now;
    perform almanac_private.replan(v_ids);

    -- What waits for a time that the clock had when it was written: jobs of runs, the lease of the leader, and workers
    -- that died meanwhile.
    perform graphile_worker.reschedule_jobs(
      array(
        select j.id
        from almanac_private.live_runs l
        join almanac.runs r on r.id = l.run_id and r.scheduled_for = l.scheduled_for
        join graphile_worker.jobs j on j.key = 'run:' || r.id
        where j.locked_at is null and j.run_at > v_now
          and (greatest(r.queued_at, r.attempt_started_at) > v_now or exists (
            select from almanac.run_attempts a
            where a.run_id = r.id and a.scheduled_for = r.scheduled_for and a.finished_at > v_now))),
      run_at := v_now);
    delete from almanac.ledger_checks c where c.checked_at > v_now; -- of what was due by the wrong clock
    update almanac_private.leases l set expires_at = v_now where l.expires_at > v_now + interval '1 minute';
    update almanac.workers w set last_heartbeat_at = v_now where w.last_heartbeat_at > v_now;

    v_due := array(
      select s.next_run_at from unnest(v_ids) with ordinality u(id, nth) join almanac.schedules s on s.id = u.id
        order by u.nth);
    if replan_from_now.dry_run then
      raise exception 'undone' using errcode = 'UNDO0';
    end if;
  exception when sqlstate 'UNDO0' then
    null; -- what was found stays in the variables
  end;

  return query
  select s.id, s.name, u.was, u.due from unnest(v_ids, v_was, v_due) u(id, was, due)
    join almanac.schedules s on s.id = u.id order by s.id;
end
$$;
comment on function almanac.replan_from_now(boolean) is
  'After the database''s clock was ahead and went back: plans from now on all schedules that were fired beyond now. '
  'Runs that started ahead of their time stay and do not run again; what was recorded as missed for a time in the '
  'future fires at that time. Returns when each was, and is, next due; with dry_run it changes nothing.';
grant execute on function almanac.replan_from_now(boolean) to almanac_viewer;
--! EndIncluded functions/planning/replan_from_now.sql
--! Included functions/planning/restore_occurrence.sql
-- Definer: writes overrides; the caller's right to do so is checked first.
create or replace function almanac.restore_occurrence(schedule text, occurrence timestamptz) returns almanac.schedules
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_schedule almanac.schedules := almanac_private.find_schedule(restore_occurrence.schedule);
  v_override almanac.occurrence_overrides;
begin
  if v_schedule.is_system or not almanac_private.may_change(v_schedule.owner_user, v_schedule.run_as_key) then
    perform almanac_private.refuse_change(v_schedule.id);
  end if;
  perform almanac_private.resolve_before_change(array[v_schedule.id]);
  perform from almanac.schedules s where s.id = v_schedule.id for no key update;
  select o.* into v_override from almanac.occurrence_overrides o
  where o.schedule_id = v_schedule.id and o.scheduled_for = restore_occurrence.occurrence;
  if v_override.schedule_id is null then
    raise exception using errcode = 'AL016', message = 'The occurrence is neither moved nor skipped.',
      detail = format('occurrence: %s.', coalesce(restore_occurrence.occurrence::text, 'null')),
      hint = 'Look at: select * from almanac.occurrence_overrides.';
  elsif v_override.done_at is not null or v_override.is_owed then
    raise exception using errcode = 'AL016',
      message = case when v_override.is_owed and v_override.done_at is null
        then 'The nominal time of the occurrence is past.' else 'The occurrence already has its outcome.' end,
      detail = format('occurrence: %s, moved to: %s.', v_override.scheduled_for,
        coalesce(v_override.moved_to::text, 'nowhere')),
      hint = 'One that is still upcoming can be moved again, or skipped.';
  end if;
  delete from almanac.occurrence_overrides o where o.schedule_id = v_override.schedule_id
    and o.scheduled_for = v_override.scheduled_for;
  perform almanac_private.replan(array[v_schedule.id]);
  select s.* into v_schedule from almanac.schedules s where s.id = v_schedule.id;
  return v_schedule;
end
$$;
comment on function almanac.restore_occurrence(text, timestamptz) is
  'Takes back what move_occurrence() or skip_occurrence() did to an occurrence that is still upcoming.';
grant execute on function almanac.restore_occurrence(text, timestamptz) to almanac_operator;
--! EndIncluded functions/planning/restore_occurrence.sql
--! Included functions/planning/rule_for_move.sql
create or replace function almanac.rule_for_move(
  schedule text, occurrence timestamptz, moved_to timestamptz,
  out changes jsonb, out earlier bigint, out note text
)
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_schedule almanac.schedules := almanac_private.find_schedule(rule_for_move.schedule);
  v_rule almanac.schedules;
  v_cron text;
  v_most constant integer := 1000;
begin
  if (isfinite(rule_for_move.occurrence) and isfinite(rule_for_move.moved_to)) is not true
    or almanac_private.next_occurrence(v_schedule, rule_for_move.occurrence - interval '1 microsecond')
      is distinct from rule_for_move.occurrence
  then
    raise exception using errcode = 'AL016',
      message = format('The rule of schedule %s does not name this time.', v_schedule.name),
      detail = format('occurrence: %s, moved_to: %s.', coalesce(rule_for_move.occurrence::text, 'null'),
        coalesce(rule_for_move.moved_to::text, 'null')),
      hint = 'Give its nominal time, scheduled_for. Look at: select * from almanac.upcoming(…).';
  end if;
  earlier := (
    select count(*) from almanac_private.coming_occurrences(v_schedule, statement_timestamp(),
      greatest(rule_for_move.occurrence, statement_timestamp()), v_most) c
    where c.scheduled_for < rule_for_move.occurrence);
  case v_schedule.kind
    when 'once' then
      changes := jsonb_build_object('run_at', rule_for_move.moved_to);
    when 'interval' then
      changes := jsonb_build_object('starts_at', rule_for_move.moved_to);
    else
      select m.expression, m.note into v_cron, note
      from almanac_private.moved_cron(v_schedule.cron_expression,
        rule_for_move.occurrence at time zone v_schedule.timezone,
        rule_for_move.moved_to at time zone v_schedule.timezone) m;
      changes := jsonb_build_object('cron_expression', v_cron);
  end case;
  if note is null then
    v_rule := almanac_private.prepare_schedule(almanac_private.read_definition(changes, v_schedule));
    if almanac_private.next_occurrence(v_rule, rule_for_move.moved_to - interval '1 microsecond')
      is distinct from rule_for_move.moved_to
    then
      note := case
        when rule_for_move.moved_to < v_rule.starts_at or rule_for_move.moved_to >= v_rule.ends_at
          then 'The schedule does not run at this time: it is outside its start and end.'
        else 'No rule names this time, as the clock changes at it.' end;
    end if;
  end if;
  if note is not null then
    changes := null;
  end if;
end
$$;
comment on function almanac.rule_for_move(text, timestamptz, timestamptz) is
  'How a rule would say that an occurrence, named by its nominal time, and those that follow move as this one does: '
  'the changes for update_schedule(), or null and in note why no rule says it. earlier counts the occurrences that are '
  'upcoming before it (1000: or more): a change of the rule concerns them too, split_schedule() leaves them alone.';
grant execute on function almanac.rule_for_move(text, timestamptz, timestamptz) to almanac_viewer;
--! EndIncluded functions/planning/rule_for_move.sql
--! Included functions/planning/schedules_ahead.sql
create or replace function almanac_private.schedules_ahead(
  as_of timestamptz
) returns table (id bigint, cursor_at timestamptz)
language sql stable parallel safe
begin atomic
  -- The engine resolves nothing before its time: only the clock can have been ahead. A second is the difference of two
  -- connections.
  select s.id, s.cursor_at from almanac.schedules s where s.cursor_at > schedules_ahead.as_of + interval '1 second';
end;
comment on function almanac_private.schedules_ahead(timestamptz) is
  'Schedules that were fired beyond as_of because the database''s clock was ahead, and until when their occurrences '
  'have outcomes.';
grant execute on function almanac_private.schedules_ahead(timestamptz) to almanac_viewer;
--! EndIncluded functions/planning/schedules_ahead.sql
--! Included functions/planning/skip_occurrence.sql
create or replace function almanac.skip_occurrence(schedule text, occurrence timestamptz, reason text default null)
returns almanac.occurrence_overrides
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
begin
  return almanac_private.override_occurrence(skip_occurrence.schedule, skip_occurrence.occurrence, 'skip', null,
    skip_occurrence.reason);
end
$$;
comment on function almanac.skip_occurrence(text, timestamptz, text) is
  'Skips one occurrence, named by its nominal time. The rest of the series is unaffected. restore_occurrence() takes '
  'it '
  'back.';
grant execute on function almanac.skip_occurrence(text, timestamptz, text) to almanac_operator;
--! EndIncluded functions/planning/skip_occurrence.sql
--! Included functions/planning/tg_load_override.sql
create or replace function almanac_private.tg_load_override() returns trigger
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_now timestamptz := statement_timestamp();
begin
  if new.action = 'move' and new.done_at is null and new.moved_to >= v_now then
    new.is_owed := new.scheduled_for <= v_now;
  elsif new.scheduled_for > v_now then
    -- It ran early where it comes from, or was to.
    new.action := 'skip';
    new.moved_to := null;
    new.done_at := null;
    new.is_owed := false;
    new.is_carried_over := false;
  else
    return null;
  end if;
  return new;
end
$$;
comment on function almanac_private.tg_load_override() is
  'Before a dump loads an override: keeps what it still has to do, as the run history stays where it comes '
  'from.';
--! EndIncluded functions/planning/tg_load_override.sql
--! Included functions/planning/tg_plan_loaded_overrides.sql
-- Definer: writes what only the engine may.
create or replace function almanac_private.tg_plan_loaded_overrides() returns trigger
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp set jit to off
as $$
declare
  v_ids bigint[] := array(select distinct n.schedule_id from new_rows n order by n.schedule_id);
  v_engine text;
begin
  perform almanac_private.resolve_before_change(v_ids);
  v_engine := almanac_private.enter_engine();
  update almanac.schedules s set has_overrides = true where s.id = any (v_ids) and not s.has_overrides;
  perform almanac_private.leave_engine(v_engine);
  perform almanac_private.replan(v_ids);
  return null;
end
$$;
comment on function almanac_private.tg_plan_loaded_overrides() is
  'After a dump has loaded overrides: plans their schedules by them, which were loaded before.';
--! EndIncluded functions/planning/tg_plan_loaded_overrides.sql
--! Included functions/planning/undo_override.sql
create or replace function almanac.undo_override(
  schedule text, occurrence timestamptz, made_at timestamptz, action almanac.override_action default null,
  moved_to timestamptz default null, reason text default null
) returns almanac.occurrence_overrides
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_schedule almanac.schedules := almanac_private.find_schedule(undo_override.schedule);
  v_override almanac.occurrence_overrides;
begin
  -- Locked as every override locks it, so that what is compared is what is then changed.
  perform from almanac.schedules s where s.id = v_schedule.id for no key update;
  select o.* into v_override from almanac.occurrence_overrides o
  where o.schedule_id = v_schedule.id and o.scheduled_for = undo_override.occurrence;
  if v_override.created_at is distinct from undo_override.made_at then
    raise exception using errcode = 'AL029', column = 'created_at',
      message = case
        when v_override.action is null then 'Someone has restored the occurrence since.'
        when v_override.action = 'skip' then format('%s has skipped the occurrence since, at %s.',
          v_override.created_by, almanac_private.spoken_time(v_override.created_at, 'UTC'))
        else format('%s has moved the occurrence to %s since, at %s.', v_override.created_by,
          almanac_private.spoken_time(v_override.moved_to, v_schedule.timezone),
          almanac_private.spoken_time(v_override.created_at, 'UTC')) end,
      detail = format('occurrence: %s of schedule %s.',
        almanac_private.spoken_time(undo_override.occurrence, v_schedule.timezone), v_schedule.name),
      hint = 'Look at what it is now, and change that, or leave it.';
  end if;
  if undo_override.action is null then
    perform almanac.restore_occurrence(undo_override.schedule, undo_override.occurrence);
    return null;
  end if;
  return almanac_private.override_occurrence(undo_override.schedule, undo_override.occurrence, undo_override.action,
    undo_override.moved_to, undo_override.reason);
end
$$;
comment on function almanac.undo_override(
  text, timestamptz, timestamptz, almanac.override_action, timestamptz, text
) is
  'Takes back what move_occurrence(), skip_occurrence() or restore_occurrence() did to an occurrence, unless someone '
  'has changed it since (AL029). made_at: the created_at of the override that the change made, null if it restored the '
  'occurrence. action, moved_to: how it was moved or skipped before, null if it was not. '
  'Returns what stands there now.';
grant execute on function almanac.undo_override(
  text, timestamptz, timestamptz, almanac.override_action, timestamptz, text
) to almanac_operator;
--! EndIncluded functions/planning/undo_override.sql
--! Included functions/planning/upcoming.sql
create or replace function almanac.upcoming(
  schedule text, after timestamptz default statement_timestamp(), max_count integer default 10
)
returns table (scheduled_for timestamptz, due_at timestamptz, local_time text, utc_offset text, note text)
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_schedule almanac.schedules := almanac_private.find_schedule(upcoming.schedule);
begin
  if v_schedule.status in ('completed', 'disabled') then
    return;
  end if;
  return query select * from almanac_private.listed_occurrences(v_schedule, upcoming.after,
    almanac_private.checked_count(upcoming.max_count));
end
$$;
comment on function almanac.upcoming(text, timestamptz, integer) is
  'The next occurrences of a schedule that are due after a moment: nominal and due time, the local time and offset of '
  'the due time, and in note why it is not the nominal time, or what a clock change does to it. For a paused '
  'schedule, those it would have.';
grant execute on function almanac.upcoming(text, timestamptz, integer) to almanac_viewer;
--! EndIncluded functions/planning/upcoming.sql
--! Included functions/planning/usual_durations.sql
create or replace function almanac.usual_durations(
  schedules text[] default null, max_count integer default 2000
) returns table (schedule_id bigint, runs bigint, p50 interval, p95 interval)
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_now constant timestamptz := statement_timestamp();
begin
  perform almanac_private.checked_count(usual_durations.max_count, 10000);
  return query
  select s.id, d.runs, d.p50, d.p95
  from (
    select s.id from almanac.schedules s
    where s.deleted_at is null and (usual_durations.schedules is null or s.name = any (usual_durations.schedules))
    order by s.last_run_at desc nulls last, s.id limit usual_durations.max_count
  ) s
  cross join lateral (
    select count(*) as runs,
      percentile_cont(0.5) within group (order by r.finished_at - r.started_at) as p50,
      percentile_cont(0.95) within group (order by r.finished_at - r.started_at) as p95
    from (
      select r.status, r.started_at, r.finished_at from almanac.runs r
      where r.schedule_id = s.id and r.scheduled_for > v_now - interval '90 days' and r.scheduled_for <= v_now
      order by r.scheduled_for desc limit 60
    ) r
    where r.status = 'succeeded' and r.finished_at >= r.started_at
  ) d
  where d.runs > 0;
end
$$;
comment on function almanac.usual_durations(text[], integer) is
  'How long the runs of schedules take: median and 95th percentile of those that succeeded among the last 60 of each, '
  'of the last 90 days, and how many these are. For schedules with one of the names, or all (null); with more than '
  'max_count of them, for those that ran last. A schedule of which none succeeded has no row.';
grant execute on function almanac.usual_durations(text[], integer) to almanac_viewer;
--! EndIncluded functions/planning/usual_durations.sql
--! Included functions/recurrence/check_cron.sql
create or replace function almanac.check_cron(
  cron text, timezone text default null,
  out valid boolean, out field text, out error_position integer, out message text, out hint text, out warnings jsonb
)
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_parsed almanac_private.parsed_cron := almanac_private.parse_cron(check_cron.cron);
  v_rule almanac_private.compiled_cron;
  v_words text[];
  v_needed bigint;
  v_months text[];
  v_lacking text[];
begin
  if check_cron.timezone is not null then
    perform almanac_private.check_timezone(check_cron.timezone);
  end if;
  valid := v_parsed.message is null;
  field := v_parsed.error_field;
  error_position := v_parsed.error_index + 1;
  message := v_parsed.message;
  warnings := '[]';
  if not valid then
    hint := almanac_private.cron_hint(check_cron.cron, v_parsed);
    return;
  end if;

  v_rule := almanac_private.compile_parsed_cron(v_parsed);
  if v_rule.months = 0 then
    warnings := warnings
      || jsonb_build_object('code', 'never', 'message', 'No date ever matches: this rule has no occurrences.');
  end if;
  if not v_parsed.day_of_month_open and not v_parsed.day_of_week_open then
    v_words := regexp_split_to_array(btrim(check_cron.cron, E' \t\r\n'), '[ \t\r\n]+');
    warnings := warnings || jsonb_build_object('code', 'either_day',
      'message', 'Day of month and day of week are both given: a day that matches either one counts.'
        || case when v_words[cardinality(v_words) - 2] like '*%' or v_words[cardinality(v_words)] like '*%'
          then ' Vixie cron, cronie and pg_cron treat a day field that begins with * as unrestricted: there a day must '
            'match both.' else '' end);
  end if;
  -- L-30 needs a month of 31 days, as day 31 does. Days 28 to 31 together mean the end of any month.
  if v_parsed.days >> 28 <> 15 then
    v_needed := v_parsed.days | v_parsed.nearest_weekdays | (v_parsed.last_days << 1);
    v_months := array(
      select m.name
      from (values (2, 'February'), (4, 'April'), (6, 'June'), (9, 'September'), (11, 'November')) m(number, name)
      where v_parsed.months >> m.number & 1 = 1
      order by m.number
    );
    v_lacking := array_remove(array[
      case when v_needed >> 31 & 1 = 1 and v_months <> '{}' then
        coalesce(nullif(array_to_string(trim_array(v_months, 1), ', '), '') || ' and ', '')
          || v_months[cardinality(v_months)]
          || case when cardinality(v_months) = 1 then ' has' else ' have' end || ' no day 31'
      end,
      case when v_needed >> 30 & 1 = 1 and v_months[1] = 'February' then 'February has no day 30' end,
      case when v_needed >> 29 & 1 = 1 and v_months[1] = 'February' then 'February has a day 29 only in leap years' end
    ], null);
    if v_lacking <> '{}' then
      warnings := warnings || jsonb_build_object('code', 'short_months', 'message',
        array_to_string(v_lacking, '; ') || '. Where the day is missing, it is skipped. L is the last day of '
          'every month.');
    end if;
  end if;
  warnings := warnings || almanac_private.cron_habit_warnings(check_cron.cron);
  if check_cron.timezone is not null and v_rule.months <> 0 then
    warnings := warnings || almanac_private.clock_change_warnings(v_rule, check_cron.timezone, statement_timestamp());
  end if;
end
$$;
comment on function almanac.check_cron(text, text) is
  'Whether a cron expression is valid; if not, the field and the position (from 1) of the first thing wrong, a '
  'message and a hint. Warnings: what is valid but surprises people, and, with a zone, what clock changes of the '
  'coming year do to it.';
grant execute on function almanac.check_cron(text, text) to almanac_viewer;
--! EndIncluded functions/recurrence/check_cron.sql
--! Included functions/recurrence/check_interval.sql
create or replace function almanac_private.check_interval(every interval, field text default 'every') returns void
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
    when (v_months <> 0)::integer + (v_days <> 0)::integer + (v_time <> 0)::integer > 1
      then 'mixes months, days and time'
    when v_months = 0 and v_days = 0 and v_time = 0 then 'is zero'
    when v_months < 0 or v_days < 0 or v_time < 0 then 'is negative'
    when v_time <> 0 and v_time < 1 then 'is shorter than a second'
    when v_time <> trunc(v_time) then 'has a fraction of a second'
  end;
  if v_problem is not null then
    raise exception using errcode = 'AL003', column = check_interval.field,
      message = format('The interval %s.', v_problem),
      detail = format('%s: %s.', check_interval.field, coalesce(every::text, 'null')),
      hint = 'Use months, or days, or whole seconds: 3 months, 2 weeks, 90 minutes. A day is not always 24 hours: '
        'clocks change.';
  end if;
end
$$;
comment on function almanac_private.check_interval(interval, text) is
  'Raises AL003 unless the interval has one of PostgreSQL''s three parts, positive, in whole seconds.';
grant execute on function almanac_private.check_interval(interval, text) to almanac_viewer;
--! EndIncluded functions/recurrence/check_interval.sql
--! Included functions/recurrence/check_timezone.sql
create or replace function almanac_private.check_timezone(timezone text) returns void
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_hides constant boolean := check_timezone.timezone in ('CET', 'EET', 'MET', 'WET');
  v_zones text[];
  v_fixed text;
begin
  if exists (select from almanac_private.timezones t where t.name = check_timezone.timezone) then
    return;
  end if;
  v_zones :=
    array(select z || case when z ~ '^Etc/GMT[+-]'
    then format(', which is UTC%s%s all year: its sign is reversed',
      translate(substr(z, 8, 1), '+-', '-+'), substr(z, 9)) else '' end
    from unnest(almanac_private.suggest_timezones(check_timezone.timezone)) z);
  if v_hides then
    v_fixed := case check_timezone.timezone when 'WET' then 'UTC' when 'EET' then 'Etc/GMT-2, which is UTC+2,'
      else 'Etc/GMT-1, which is UTC+1,' end;
  end if;
  raise exception using errcode = 'AL002', column = 'timezone',
    message = case when v_hides then format('%s is not accepted as a time zone.', check_timezone.timezone)
      else format('%s is not a time zone.', coalesce(quote_literal(left(check_timezone.timezone, 100)), 'null')) end,
    detail = case when v_hides then 'PostgreSQL reads it as an abbreviation: a fixed offset all year, without the '
      'daylight saving time of the zone of that name.'
      else 'Only IANA names are accepted, spelled exactly; no offsets, no POSIX rules.' end,
    hint = case
      when v_hides then format('Perhaps %s, with summer time, or %s all year.', v_zones[1], v_fixed)
      when v_zones = '{}' then 'For instance UTC or Europe/Paris. Look at: select name from pg_timezone_names.'
      else format('Perhaps %s.', coalesce(nullif(array_to_string(trim_array(v_zones, 1), ', '), '') || ' or ', '')
        || v_zones[cardinality(v_zones)])
    end;
end
$$;
comment on function almanac_private.check_timezone(text) is
  'Raises AL002 unless the name is one that this server knows; its hint names the zones that may be meant.';
grant execute on function almanac_private.check_timezone(text) to almanac_viewer;
--! EndIncluded functions/recurrence/check_timezone.sql
--! Included functions/recurrence/clock_change_warnings.sql
create or replace function almanac_private.clock_change_warnings(
  rule almanac_private.compiled_cron, timezone text, as_of timestamptz
) returns jsonb
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_warnings jsonb := '[]';
  v_at timestamptz := date_trunc('second', clock_change_warnings.as_of, 'UTC');
  v_offset interval := v_at at time zone clock_change_warnings.timezone - v_at at time zone 'UTC';
  v_new interval;
  v_low timestamptz;
  v_high timestamptz;
  v_middle timestamptz;
  v_start timestamp;
  v_end timestamp;
  v_shift interval;
  v_days date[];
  v_count integer;
  v_kept integer;
  v_first timestamp;
  v_last timestamp;
  v_one boolean;
  v_joint text;
  v_runs text;
begin
  -- Where the offsets three days apart are equal, no change lies between: see next_cron.
  for v_step in 1 .. 122 loop
    v_low := v_at;
    v_high := v_at + interval '72 hours';
    v_at := v_high;
    v_new := v_high at time zone clock_change_warnings.timezone - v_high at time zone 'UTC';
    continue when v_new = v_offset;
    while v_high - v_low > interval '1 second' loop
      v_middle := date_trunc('second', v_low + (v_high - v_low) / 2);
      if v_middle at time zone clock_change_warnings.timezone - v_middle at time zone 'UTC' = v_offset then
        v_low := v_middle;
      else
        v_high := v_middle;
      end if;
    end loop;
    v_start := (v_high at time zone 'UTC') + least(v_offset, v_new);
    v_end := (v_high at time zone 'UTC') + greatest(v_offset, v_new);
    v_shift := v_end - v_start;

    -- Minutes that the rule names in between, and those whose counterpart on the far side of the change it names too.
    v_days := array(
      select d::date
      from generate_series(date_trunc('day', v_start) - interval '1 day', v_end + interval '1 day', interval '1 day') d
      where almanac_private.next_cron(clock_change_warnings.rule, 'UTC',
          (d at time zone 'UTC') - interval '1 microsecond')
        at time zone 'UTC' < d + interval '1 day'
    );
    select count(*), min(m.shown), max(m.shown),
      count(*) filter (where clock_change_warnings.rule.hours >> date_part('hour', m.across)::integer & 1 = 1
        and clock_change_warnings.rule.minutes >> date_part('minute', m.across)::integer & 1 = 1
        and m.across::date = any (v_days))
    into v_count, v_first, v_last, v_kept
    from (
      select s as shown, s + case when v_new > v_offset then v_shift else -v_shift end as across
      from generate_series(v_start, v_end - interval '1 minute', interval '1 minute') s
    ) m
    where clock_change_warnings.rule.hours >> date_part('hour', m.shown)::integer & 1 = 1
      and clock_change_warnings.rule.minutes >> date_part('minute', m.shown)::integer & 1 = 1
      and m.shown::date = any (v_days);

    -- A rule of every hour does not notice, if the change carries its minutes onto themselves.
    if v_count > 0
      and not (clock_change_warnings.rule.hours = 16777215 and v_kept = v_count
        and (v_new > v_offset or clock_change_warnings.rule.running)) then
      v_first := v_first + make_interval(secs => almanac_private.lowest_bit(clock_change_warnings.rule.seconds));
      v_last := v_last + make_interval(secs => 60 - position('1' in clock_change_warnings.rule.seconds::bit(60)::text));
      v_count := v_count * bit_count(clock_change_warnings.rule.seconds::bit(60));
      v_kept := v_kept * bit_count(clock_change_warnings.rule.seconds::bit(60));
      v_one := v_count = 1;
      v_joint := case when v_count = 2 then 'and' else 'to' end;
      v_runs := case when v_one then 'the run of ' else format('the %s runs of ', v_count) end
        || almanac_private.local_span(v_first, v_last, v_start::date, v_joint);
      v_warnings := v_warnings || case
        when v_new > v_offset
          then jsonb_build_object('code', 'gap', 'message', format('On %s clocks go from %s to %s: %s %s %s%s.',
          to_char(v_start, 'YYYY-MM-DD'), almanac_private.local_span(v_start, v_start, v_start::date),
          almanac_private.local_span(v_end, v_end, v_start::date),
          v_runs,
          case when v_kept < v_count then case when v_one then 'is at' else 'are at' end
            when v_one then 'falls together with that of' else 'fall together with those of' end,
          almanac_private.local_span(v_first + v_shift, v_last + v_shift, v_start::date, v_joint),
          case when v_kept between 1 and v_count - 1
            then format(', where %s', case v_kept when 1 then 'one of them falls together with another'
            else format('%s of them fall together with others', v_kept) end) end))
        else jsonb_build_object('code', 'overlap', 'message', format('On %s clocks show %s twice: %s %s in %s.',
          to_char(v_start, 'YYYY-MM-DD'), almanac_private.local_span(v_start, v_end, v_start::date),
          v_runs, case when v_one then 'comes' else 'come' end,
          case when not clock_change_warnings.rule.running then 'the first pass only'
            when v_one then 'both passes' else format('both passes, %s in all', 2 * v_count) end))
      end;
      exit when jsonb_array_length(v_warnings) = 4;
    end if;
    v_offset := v_new;
  end loop;
  return v_warnings;
end
$$;
comment on function almanac_private.clock_change_warnings(almanac_private.compiled_cron, text, timestamptz) is
  'What the clock changes in the 366 days from as_of do to a rule, the first four that affect it: an array of '
  '{code: gap or overlap, message}.';
grant execute on function almanac_private.clock_change_warnings(almanac_private.compiled_cron, text, timestamptz)
  to almanac_viewer;
--! EndIncluded functions/recurrence/clock_change_warnings.sql
--! Included functions/recurrence/compile_cron.sql
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
        else format('%sposition %s of: %s', v_parsed.error_field || ', ', v_parsed.error_index + 1,
          left(compile_cron.cron, 100))
      end,
      hint = almanac_private.cron_hint(compile_cron.cron, v_parsed);
  end if;
  return almanac_private.compile_parsed_cron(v_parsed);
end
$$;
comment on function almanac_private.compile_cron(text) is
  'A cron text in the form that is kept on the row; raises AL001 with field, position and a hint if it is not valid.';
grant execute on function almanac_private.compile_cron(text) to almanac_viewer;
--! EndIncluded functions/recurrence/compile_cron.sql
--! Included functions/recurrence/compile_parsed_cron.sql
create or replace function almanac_private.compile_parsed_cron(
  parsed almanac_private.parsed_cron
) returns almanac_private.compiled_cron
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
  v_alike integer := 1;
  v_possible integer := 0;
  v_bits bit varying := B'';
begin
  v_rule.seconds := parsed.seconds;
  v_rule.minutes := parsed.minutes;
  v_rule.hours := parsed.hours::integer;
  v_rule.first_time := almanac_private.lowest_bit(parsed.hours) * 3600
    + almanac_private.lowest_bit(parsed.minutes) * 60
    + almanac_private.lowest_bit(parsed.seconds);
  v_rule.running := parsed.running;
  v_rule.weekdays := 16383;
  -- January is bit 1: March becomes bit 0, February bit 11.
  v_months := ((parsed.months >> 3) | ((parsed.months & 6) << 9))::integer & 4095;

  if parsed.day_of_month_open and parsed.nth_weekdays = 0 and parsed.final_weekdays = 0 then
    if not parsed.day_of_week_open then
      v_rule.weekdays := (parsed.weekdays | (parsed.weekdays << 7))::integer;
    end if;
  else
    -- Within a mask of days, day 1 is bit 30: read as text, day 1 comes first.
    v_on_weekdays := case when parsed.day_of_week_open then 0 else parsed.weekdays end;
    if not parsed.day_of_month_open then
      v_on_dates := reverse((parsed.days >> 1)::bit(31)::text)::bit(31)::bigint;
      v_nearest := parsed.nearest_weekdays;
    end if;
    -- Plain dates are the same whatever the weekday of the 1st.
    if v_on_weekdays | v_nearest | parsed.nth_weekdays | parsed.final_weekdays = 0
      and not parsed.last_weekday_of_month then
      v_alike := 7;
    end if;
    for v_length in 28 .. 31 loop
      v_all := (2147483647::bigint >> (31 - v_length)) << (31 - v_length);
      v_dates := v_on_dates | (parsed.last_days << (31 - v_length));
      for v_first in 0 .. 7 - v_alike loop
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
        v_bits := v_bits || case when v_alike = 1 then v_days::bit(31)
          else repeat(v_days::bit(31)::text, v_alike)::bit varying end;
        if v_days <> 0 then
          v_possible := v_possible | (1 << (v_length - 28));
        end if;
      end loop;
    end loop;
    v_rule.days := v_bits;
    -- A month in which no shape has a day is as good as not named.
    for v_month in 0 .. 11 loop
      if v_possible >> (v_lengths[v_month + 1] - 28) & 1 = 0 and not (v_month = 11 and v_possible & 1 = 1) then
        v_months := v_months & ~(1 << v_month);
      end if;
    end loop;
  end if;
  v_rule.months := v_months | (v_months << 12);
  return v_rule;
end
$$;
comment on function almanac_private.compile_parsed_cron(almanac_private.parsed_cron) is
  'Decides all that depends on the text alone: L, W, # and the union of day fields become one bit per day for each '
  'length and first weekday of a month; a rule that can never match loses all its months.';
grant execute on function almanac_private.compile_parsed_cron(almanac_private.parsed_cron) to almanac_viewer;
--! EndIncluded functions/recurrence/compile_parsed_cron.sql
--! Included functions/recurrence/cron_between.sql
create or replace function almanac_private.cron_between(
  rule almanac_private.compiled_cron, timezone text, after timestamptz, range_end timestamptz,
  max_count bigint default null
) returns setof timestamptz
language plpgsql stable parallel safe rows 1000 set search_path to pg_catalog, pg_temp
as $$
declare
  v_zone constant text := cron_between.timezone;
  v_at bigint;
  v_end bigint := 1000000000000000;
  v_left bigint := coalesce(cron_between.max_count, 9223372036854775807);
  v_is_dense boolean;
  v_is_sparse boolean := false;
  v_offset bigint := 0;
  v_steady bigint := 1000000000000000;
  v_local bigint;
  v_until bigint;
  v_times integer[];
  v_count bigint;
begin
  if (cron_between.after > '-infinity' and cron_between.after < '290000-01-01Z') is not true
    or cron_between.range_end <= cron_between.after or rule.months = 0 or v_left <= 0
  then
    return;
  end if;
  -- numeric: a double has no microseconds after 2255
  v_at := floor(extract(epoch from greatest(cron_between.after, '0002-01-01Z')))::bigint;
  if cron_between.range_end < 'infinity' then
    v_end := ceil(extract(epoch from cron_between.range_end))::bigint;
  end if;
  -- A list of the times of a day is worth it where a day has many and an eighth of them is wanted.
  v_count := bit_count(rule.hours::bit(24)) * bit_count(rule.minutes::bit(60)) * bit_count(rule.seconds::bit(60));
  v_is_dense := v_count > 8 and least(v_left, v_count * (v_end - v_at)::float8 / 86400) * 8 > v_count;
  if v_zone <> 'UTC' then
    v_steady := v_at - 90000;
    v_offset := date_part('epoch', to_timestamp(v_steady) at time zone v_zone)::bigint - v_steady;
  end if;

  while v_left > 0 loop
    if not v_is_sparse then
      -- As if the offset of 25 h ago stayed.
      v_local := date_part('epoch', almanac_private.search_cron(rule, 'UTC', to_timestamp(v_at + v_offset)))::bigint;
      v_until := least(v_end, v_local - v_offset + case when v_is_dense then 86399 - (v_local % 86400 + 86400) % 86400
        else 0 end);
      v_is_sparse := v_until - v_steady > 1000000;
      -- Equal offsets less than 344,000 s apart have no change between them.
      while v_steady < v_until and not v_is_sparse loop
        if date_part('epoch', to_timestamp(v_steady + 340000) at time zone v_zone) = v_steady + 340000 + v_offset then
          v_steady := v_steady + 340000;
        elsif v_until <= v_steady + 340000
          and date_part('epoch', to_timestamp(v_until) at time zone v_zone) = v_until + v_offset
        then
          v_steady := v_until;
        else
          exit;
        end if;
      end loop;
    end if;

    if v_steady < v_until or v_is_sparse then
      v_at := date_part('epoch', almanac_private.next_cron(rule, v_zone, to_timestamp(v_at)))::bigint;
      exit when v_at is null or v_at >= v_end;
      return next to_timestamp(v_at);
      v_left := v_left - 1;
      if not v_is_sparse then
        v_steady := v_at - 90000;
        v_offset := date_part('epoch', to_timestamp(v_steady) at time zone v_zone)::bigint - v_steady;
      end if;
      continue;
    end if;

    v_at := v_local - v_offset;
    exit when v_at is null or v_at >= v_end;
    if v_is_dense then
      if v_times is null then
        v_times := array(
          with hours as materialized (select n from generate_series(0, 23) n where rule.hours >> n & 1 = 1),
            minutes as materialized (select n from generate_series(0, 59) n where rule.minutes >> n & 1 = 1),
            seconds as materialized (select n from generate_series(0, 59) n where rule.seconds >> n & 1 = 1)
          select h.n * 3600 + m.n * 60 + s.n from hours h, minutes m, seconds s order by 1
        );
      end if;
      v_until := v_local - (v_local % 86400 + 86400) % 86400 - v_offset;
      return query
      select to_timestamp(v_until + t.at) from unnest(v_times) t(at)
        where v_until + t.at >= v_at and v_until + t.at < v_end limit v_left;
      get diagnostics v_count = row_count;
      v_left := v_left - v_count;
      v_at := v_until + 86399;
    else
      return next to_timestamp(v_at);
      v_left := v_left - 1;
    end if;
  end loop;
end
$$;
comment on function almanac_private.cron_between(
  almanac_private.compiled_cron, text, timestamptz, timestamptz, bigint
) is
  'The occurrences of a compiled rule strictly after a moment and before range_end, at most max_count: those of '
  'next_cron. While the zone keeps its offset they are searched as in UTC, and a whole day is listed at once where '
  'the rule has many.';
grant execute on function almanac_private.cron_between(
  almanac_private.compiled_cron, text, timestamptz, timestamptz, bigint
) to almanac_viewer;
--! EndIncluded functions/recurrence/cron_between.sql
--! Included functions/recurrence/cron_day_names.sql
create or replace function almanac_private.cron_day_names(days text, sunday integer) returns text
language sql immutable strict parallel safe
return (
  select string_agg(case
    when part !~ '^[0-9]$' or previous ~ '[#/]$' then part
    else (array['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'])[(part::integer - sunday + 7) % 7 + 1]
  end, '' order by position)
  from (
    select m.part[1] as part, m.position, lag(m.part[1], 1, '') over (order by m.position) as previous
    from regexp_matches(days, '[0-9]+|[^0-9]+', 'g') with ordinality m(part, position)
  ) parts
);
comment on function almanac_private.cron_day_names(text, integer) is
  'A day-of-week field with names in place of the numbers of days, which count from this number for Sunday: 0 in '
  'cron, 1 in Quartz.';
grant execute on function almanac_private.cron_day_names(text, integer) to almanac_viewer;
--! EndIncluded functions/recurrence/cron_day_names.sql
--! Included functions/recurrence/cron_from_words.sql
create or replace function almanac_private.cron_from_words(words text, out cron text, out every text)
language plpgsql immutable parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  v_words text := btrim(regexp_replace(lower(cron_from_words.words collate "C"), '[ \t\r\n_]+', ' ', 'g'));
  v_parts text[];
  v_day text;
  v_hour integer;
  v_number integer;
  v_unit text;
begin
  -- @every 1h30m, as Go writes it.
  v_parts := regexp_match(v_words, '^@every (?=\d)(?:(\d{1,4})h)?(?:(\d{1,4})m)?(?:(\d{1,4})s)?$');
  if v_parts is not null then
    every :=
      regexp_replace(array_to_string(array[v_parts[1] || ' hours', v_parts[2] || ' minutes', v_parts[3] || ' seconds'],
      ' '), '\m1 (\w+)s', '1 \1', 'g');
    v_words := every;
  end if;

  -- Every 5 minutes, 30 seconds, rate(1 hour), every other day.
  v_parts := regexp_match(v_words,
    '^(?:@?every |each |rate ?\( ?)?(\d{1,4}|other|an?)? '
    '?(seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h|days?|d|weeks?|w|months?|quarters?|years?) ?\)?$');
  if v_parts is not null and (v_parts[1] is not null or v_words ~ '^(@?every|each|rate)') then
    v_number := case when v_parts[1] ~ '\d' then v_parts[1]::integer when v_parts[1] = 'other' then 2 else 1 end;
    v_unit := case when v_parts[2] = 'm' or v_parts[2] ~ '^min' then 'minute' when v_parts[2] ~ '^mo' then 'month'
      else (array['second', 'hour', 'day', 'week', 'quarter', 'year'])[position(left(v_parts[2], 1) in 'shdwqy')] end;
    if v_unit = 'quarter' then
      v_unit := 'month';
      v_number := v_number * 3;
    end if;
    every := case when v_number > 0 then format('%s %s%s', v_number, v_unit, case when v_number > 1 then 's' end) end;
    cron := case
      when v_number = 0 then null
      when v_unit = 'second' and 60 % v_number = 0
        then format('%s * * * * *', case v_number when 1 then '*' when 60 then '0' else '*/' || v_number end)
      when v_unit = 'minute' and 60 % v_number = 0
        then format('%s * * * *', case v_number when 1 then '*' when 60 then '0' else '*/' || v_number end)
      when v_unit = 'hour' and 24 % v_number = 0
        then format('0 %s * * *', case v_number when 1 then '*' when 24 then '0' else '*/' || v_number end)
      when v_unit = 'day' and v_number = 1 then '0 0 * * *'
      when v_unit = 'week' and v_number = 1 then '0 0 * * SUN'
      when v_unit = 'month' and 12 % v_number = 0
        then format('0 0 1 %s *', case v_number when 1 then '*' when 12 then '1' else '*/' || v_number end)
      when v_unit = 'year' and v_number = 1 then '0 0 1 1 *'
    end;
    return;
  elsif every is not null then
    return;
  elsif v_words ~ '^@?(biweekly|fortnightly)$' then
    every := '2 weeks';
    return;
  end if;

  -- Daily at 9:30, weekdays at 6pm, @weekends, every monday.
  v_parts := regexp_match(v_words,
    '^(?:@|every |on )?'
    '(daily|day|hourly|weekly|monthly|quarterly|yearly|annually|minutely|secondly|midnight|noon|'
    '(?:week|work|business ?)days?|weekends?|(?:sun|mon|tues|wednes|thurs|fri|satur)days?)'
    '(?:,? (?:at )?(\d{1,2})(?:[:.h](\d\d))? ?(am|pm)?|,? (?:at )?(noon|midnight))?$');
  v_hour := case when v_parts[5] = 'noon' or v_parts[1] = 'noon' then 12 when v_parts[2] is null then 0
    else v_parts[2]::integer % case when v_parts[4] is null then 100 else 12 end + case when v_parts[4] = 'pm' then 12
      else 0 end end;
  v_day := case
    when v_parts[1] in ('daily', 'day', 'midnight', 'noon') then '*'
    when v_parts[1] ~ '^weekend' then 'SAT,SUN'
    when v_parts[1] ~ '^(week|work|business ?)day' then 'MON-FRI'
    when v_parts[1] ~ 'day' then upper(left(v_parts[1], 3))
  end;
  if v_day is not null then
    cron := format('%s %s * * %s', coalesce(v_parts[3]::integer, 0), v_hour, v_day);
  elsif v_parts[2] is null and v_parts[5] is null then
    cron := case v_parts[1] when 'hourly' then '0 * * * *' when 'weekly' then '0 0 * * SUN'
      when 'monthly' then '0 0 1 * *'
      when 'quarterly' then '0 0 1 */3 *' when 'yearly' then '0 0 1 1 *' when 'annually' then '0 0 1 1 *'
      when 'minutely' then '* * * * *' when 'secondly' then '* * * * * *' end;
  end if;
end
$$;
comment on function almanac_private.cron_from_words(text) is
  'What people write in words in place of a cron text: every 5 minutes, rate(1 hour), @weekdays, daily at '
  '9:30. The same as a cron text, as an interval, or both; null: it cannot be said so.';
grant execute on function almanac_private.cron_from_words(text) to almanac_viewer;
--! EndIncluded functions/recurrence/cron_from_words.sql
--! Included functions/recurrence/cron_habit_warnings.sql
create or replace function almanac_private.cron_habit_warnings(cron text) returns jsonb
language plpgsql immutable parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  v_warnings jsonb := '[]';
  v_words text[] :=
    array_remove(
    string_to_array(translate(almanac_private.upper_ascii(cron_habit_warnings.cron), E'\t\r\n', '   '), ' '), '');
  v_titles constant text[] := array['second', 'minute', 'hour', 'day of the month', 'month', 'day of the week'];
  v_units constant text[] := array['second', 'minute', 'hour', 'day', 'month', 'day'];
  v_begins constant text[] := array['minute', 'hour', 'day', 'month', 'year', 'week'];
  v_spans constant integer[] := array[60, 60, 24, 31, 12, 7];
  v_parts text[];
  v_first integer;
  v_step integer;
  v_most integer;
  v_gap integer;
begin
  if cardinality(v_words) = 5 then
    v_words := array_prepend('0', v_words);
  elsif cardinality(v_words) <> 6 then
    return v_warnings;
  end if;

  if (v_words[4] = '?' or v_words[6] = '?') and v_words[6] ~ '(^|[,-])[1-7](?!\d)' and v_words[6] !~ '(^|[,-])0' then
    v_warnings := v_warnings || jsonb_build_object('code', 'day_numbers', 'message',
      format('Here %s is %s. Quartz and AWS, where ? is written, count days from Sunday as 1: there it is %s. Names '
        'are the same everywhere.', v_words[6],
        almanac_private.cron_day_names(v_words[6], 0), almanac_private.cron_day_names(v_words[6], 1)));
  end if;

  for v_field in 1 .. 6 loop
    v_parts := regexp_match(v_words[v_field], '^([*]|\d+|[A-Z]{3})/(\d+)$');
    -- Within one hour, one day, … a step never begins again.
    continue when v_parts is null or v_field < 4 and v_words[v_field + 1] ~ '^\d+$' or v_field = 4
      and v_words[5] ~ '^(\d+|[A-Z]{3})$';
    v_first := case when v_parts[1] = '*' then case when v_field in (4, 5) then 1 else 0 end
      else almanac_private.cron_value(v_parts[1], v_field) end;
    v_step := v_parts[2]::integer;
    v_most := case when v_field in (4, 5) then v_spans[v_field] else v_spans[v_field] - 1 end;
    -- From the last value to the first of the next round. The last Sunday, 7, is the first, 0.
    v_gap := v_first + v_spans[v_field] - (v_first + (v_most - v_first) / v_step * v_step);
    if v_field = 6 and v_first + (v_most + 1 - v_first) / v_step * v_step = 7 and v_first > 0 then
      v_gap := v_first;
    end if;
    continue when v_gap = v_step or v_step = 1;
    v_warnings := v_warnings || jsonb_build_object('code', 'uneven_step', 'message',
      format('%s of the %s starts over with every %s: %s%s', v_words[v_field], v_titles[v_field], v_begins[v_field],
        case when v_field = 4 then 'the gap between months differs.'
          else format('its last gap is %s instead of %s %ss.', v_gap, v_step, v_units[v_field]) end,
        case when not exists (
          select from unnest(v_words) with ordinality x(w, n) where n < case v_field when 6 then 4 else v_field end
            and w !~ '^\d+$'
            or n > case v_field when 6 then 3 else v_field end and n <> v_field and w not in ('*', '?'))
        then format(' For every %s %ss use an interval.', v_step, v_units[v_field]) else '' end));
  end loop;
  return v_warnings;
end
$$;
comment on function almanac_private.cron_habit_warnings(text) is
  'Warnings of a valid cron text that other programs read in another way, or that people expect another thing of: '
  'steps that do not fit their field, Quartz'' numbers of days.';
grant execute on function almanac_private.cron_habit_warnings(text) to almanac_viewer;
--! EndIncluded functions/recurrence/cron_habit_warnings.sql
--! Included functions/recurrence/cron_hint.sql
create or replace function almanac_private.cron_hint(cron text, parsed almanac_private.parsed_cron) returns text
language plpgsql immutable parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  v_said record;
  v_suggested record;
  v_words text[];
  v_place integer;
begin
  if length(cron_hint.cron) > 1024 then
    return (parsed).hint;
  end if;
  v_said := almanac_private.cron_from_words(almanac_private.plain_cron(cron_hint.cron));
  if v_said.cron is not null then
    return format('Write %s%s.', v_said.cron, ', or use an interval of ' || v_said.every);
  elsif v_said.every is not null then
    return format('Use an interval of %s.', v_said.every);
  end if;

  v_suggested := almanac_private.suggested_cron(cron_hint.cron);
  if v_suggested.cron is not null then
    return format('Write %s. %s', v_suggested.cron, coalesce(v_suggested.why, (parsed).hint));
  end if;

  -- A step beyond its field: every 90 minutes.
  v_words := array_remove(string_to_array(translate(cron_hint.cron, E'\t\r\n', '   '), ' '), '');
  v_place := array_position(array['second', 'minute', 'hour', 'day_of_month', 'month', 'day_of_week'],
    (parsed).error_field);
  if cardinality(v_words) = 5 then
    v_words := array_prepend('0', v_words);
  end if;
  if v_words[v_place] ~ '^([*]|\d{1,2})/\d{1,6}$' and split_part(v_words[v_place], '/', 2)::integer > 0
    and not exists (
      select from unnest(v_words) with ordinality x(w, n)
      where n < case v_place when 6 then 4 else v_place end and w !~ '^\d+$' or n > v_place and w not in ('*', '?')
        or v_place = 6 and n in (4, 5) and w not in ('*', '?'))
  then
    return format('Use an interval of %s %ss: a step starts over with every %s.', split_part(v_words[v_place], '/', 2),
      (array['second', 'minute', 'hour', 'day', 'month', 'day'])[v_place],
        (array['minute', 'hour', 'day', 'month', 'year', 'week'])[v_place]);
  end if;
  return (parsed).hint;
end
$$;
comment on function almanac_private.cron_hint(text, almanac_private.parsed_cron) is
  'What to do about a cron text that is not valid: a valid one that may be meant, an interval, or else what its '
  'field takes.';
grant execute on function almanac_private.cron_hint(text, almanac_private.parsed_cron) to almanac_viewer;
--! EndIncluded functions/recurrence/cron_hint.sql
--! Included functions/recurrence/cron_hours.sql
-- Where the zone keeps its offset, an hour that matches has as many times as the rule has minutes and seconds: the
-- hours are searched, by the same rule at each full hour, and a year of every second is 8,760 of them. Around a clock
-- change the times themselves are listed.
create or replace function almanac_private.cron_hours(
  rule almanac_private.compiled_cron, timezone text, range_start timestamptz, range_end timestamptz
) returns table (at timestamptz, total bigint)
language plpgsql stable parallel safe rows 1000 set search_path to pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_each constant bigint := bit_count(rule.minutes::bit(60)) * bit_count(rule.seconds::bit(60));
  v_hourly almanac_private.compiled_cron := rule;
  v_from timestamptz := cron_hours.range_start;
  v_until timestamptz;
  v_offset interval;
  v_is_steady boolean;
begin
  v_hourly.minutes := 1;
  v_hourly.seconds := 1;
  v_hourly.first_time := rule.first_time / 3600 * 3600;
  while v_from < cron_hours.range_end loop
    -- 25 hours before, and up to two days on: equal offsets so close have no change between them (cron_between).
    v_offset := (v_from - interval '25 hours') at time zone cron_hours.timezone
      - (v_from - interval '25 hours') at time zone 'UTC';
    v_until := v_from;
    v_is_steady := false;
    while v_until < cron_hours.range_end and (v_until + interval '48 hours') at time zone cron_hours.timezone
      - (v_until + interval '48 hours') at time zone 'UTC' = v_offset
    loop
      v_until := v_until + interval '48 hours';
      v_is_steady := true;
    end loop;
    if v_is_steady then
      v_until := least(v_until, cron_hours.range_end);
      return query
      select o.at, v_each
      from almanac_private.cron_between(v_hourly, cron_hours.timezone, v_from - interval '1 microsecond',
        v_until) o(at);
    else
      -- To a full hour again, where the change was of half of one.
      v_until := v_from + interval '48 hours';
      v_until := v_until + (date_trunc('hour', v_until at time zone cron_hours.timezone + interval '59:59.999999')
        - v_until at time zone cron_hours.timezone);
      v_until := least(v_until, cron_hours.range_end);
      return query
      select o.at, 1::bigint
      from almanac_private.cron_between(rule, cron_hours.timezone, v_from - interval '1 microsecond', v_until) o(at);
    end if;
    v_from := v_until;
  end loop;
end
$$;
comment on function almanac_private.cron_hours(
  almanac_private.compiled_cron, text, timestamptz, timestamptz
) is
  'How many occurrences a compiled rule has in [range_start, range_end), which begins and ends with a full hour of the '
  'zone: by the hour, where the clock does not change, else one by one. For each the first moment.';
grant execute on function almanac_private.cron_hours(
  almanac_private.compiled_cron, text, timestamptz, timestamptz
) to almanac_viewer;
--! EndIncluded functions/recurrence/cron_hours.sql
--! Included functions/recurrence/cron_value.sql
create or replace function almanac_private.cron_value(word text, field integer) returns integer
language sql immutable parallel safe
return case
  when word ~ '^[0-9]+$'
    then case when length(ltrim(word, '0')) > 4 then 9999 else ('0' || ltrim(word, '0'))::integer end
  when field = 5
    then array_position(array['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'], word)
  when field = 6 then array_position(array['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'], word) - 1
end;
comment on function almanac_private.cron_value(text, integer) is
  'The number a word of a cron field stands for; of a number too long to be any, 9999; null: not a name of this '
  'field. A plain expression, so that callers inline it.';
grant execute on function almanac_private.cron_value(text, integer) to almanac_viewer;
--! EndIncluded functions/recurrence/cron_value.sql
--! Included functions/recurrence/cron_word_start.sql
create or replace function almanac_private.cron_word_start(cron text, number integer) returns integer
language sql immutable strict parallel safe
return length(substring(cron from format('^[ \t\r\n]*(?:[^ \t\r\n]+[ \t\r\n]+){%s}', number - 1)));
comment on function almanac_private.cron_word_start(text, integer) is
  'How many characters of a cron text are before its first, second, … word.';
grant execute on function almanac_private.cron_word_start(text, integer) to almanac_viewer;
--! EndIncluded functions/recurrence/cron_word_start.sql
--! Included functions/recurrence/interval_occurrence.sql
create or replace function almanac_private.interval_occurrence(
  every interval, anchor timestamptz, timezone text, k bigint
) returns timestamptz
language plpgsql stable strict parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  v_months integer := date_part('year', every) * 12 + date_part('month', every);
  v_days integer := date_part('day', every);
begin
  if k = 0 then
    return anchor;
  elsif v_months <> 0 then
    return almanac_private.local_instant((anchor at time zone timezone)
      + make_interval(months => (v_months * k)::integer), timezone);
  elsif v_days <> 0 then
    return almanac_private.local_instant((anchor at time zone timezone) + make_interval(days => (v_days * k)::integer),
      timezone);
  end if;
  return anchor + every * k;
end
$$;
comment on function almanac_private.interval_occurrence(interval, timestamptz, text, bigint) is
  'Occurrence k of an interval, counted from its anchor and never from the previous one: months and days by the '
  'zone''s calendar and clock, time by elapsed time.';
grant execute on function almanac_private.interval_occurrence(interval, timestamptz, text, bigint) to almanac_viewer;
--! EndIncluded functions/recurrence/interval_occurrence.sql
--! Included functions/recurrence/knows_timezone.sql
create or replace function almanac_private.knows_timezone(timezone text) returns boolean
language plpgsql stable strict set search_path to pg_catalog, pg_temp
as $$
begin
  perform statement_timestamp() at time zone knows_timezone.timezone;
  return true;
exception when invalid_parameter_value then
  return false;
end
$$;
comment on function almanac_private.knows_timezone(text) is
  'Whether the server can compute with a time zone: an upgrade of its time zone data, or another server, may lack a '
  'name that a schedule has.';
grant execute on function almanac_private.knows_timezone(text) to almanac_viewer;
--! EndIncluded functions/recurrence/knows_timezone.sql
--! Included functions/recurrence/local_instant.sql
create or replace function almanac_private.local_instant(local timestamp, timezone text) returns timestamptz
language plpgsql stable strict parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  -- of a repeated time the second instant, of a skipped one the right one
  v_later timestamptz := local at time zone timezone;
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
comment on function almanac_private.local_instant(timestamp, text) is
  'As almanac.local_time, for a zone that is known to be valid.';
grant execute on function almanac_private.local_instant(timestamp, text) to almanac_viewer;
--! EndIncluded functions/recurrence/local_instant.sql
--! Included functions/recurrence/local_reading.sql
create or replace function almanac_private.local_reading(
  at timestamptz, timezone text, out shown timestamp, out utc_offset text, out after_gap boolean,
  out repeated boolean, out pass text
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
  v_before := (local_reading.at - interval '25 hours') at time zone local_reading.timezone
    - (local_reading.at - interval '25 hours') at time zone 'UTC';
  v_later := (local_reading.at + interval '25 hours') at time zone local_reading.timezone
    - (local_reading.at + interval '25 hours') at time zone 'UTC';
  -- The clock went forward within the gap's own length before: the time would not be the same an offset ago.
  v_shift := v_offset - v_before;
  after_gap := v_shift > interval '0'
    and (local_reading.at - v_shift) at time zone local_reading.timezone
      - (local_reading.at - v_shift) at time zone 'UTC' = v_before;
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
  'What a clock in the zone shows at an instant: local time, offset from UTC, whether the clock has just been put '
  'forward past it, and whether it shows this time twice (first or second pass).';
grant execute on function almanac_private.local_reading(timestamptz, text) to almanac_viewer;
--! EndIncluded functions/recurrence/local_reading.sql
--! Included functions/recurrence/local_span.sql
create or replace function almanac_private.local_span(
  first timestamp, last timestamp, day date, joint text default 'to'
) returns text
language plpgsql stable strict parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  v_time text := case when date_part('second', first) = 0 and date_part('second', last) = 0 then 'HH24:MI'
    else 'HH24:MI:SS' end;
begin
  return to_char(first, case when first::date <> day then 'YYYY-MM-DD ' else '' end || v_time)
    || case when last <> first
      then format(' %s %s', joint,
        to_char(last, case when last::date <> first::date then 'YYYY-MM-DD ' else '' end || v_time))
      else ''
    end;
end
$$;
comment on function almanac_private.local_span(timestamp, timestamp, date, text) is
  'Two local times in words: 02:00 to 02:45, or one if they are the same; with the date where it is not the given day.';
grant execute on function almanac_private.local_span(timestamp, timestamp, date, text) to almanac_viewer;
--! EndIncluded functions/recurrence/local_span.sql
--! Included functions/recurrence/local_time.sql
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
  'The instant at which a clock in the zone shows a time: the first of two; where the clock skips it, later by as '
  'much as it skips.';
grant execute on function almanac.local_time(timestamp, text) to almanac_viewer;
--! EndIncluded functions/recurrence/local_time.sql
--! Included functions/recurrence/lost_timezone.sql
create or replace function almanac_private.lost_timezone(schedule almanac.schedules) returns text
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
begin
  if not almanac_private.knows_timezone(schedule.timezone) then
    return schedule.timezone;
  elsif schedule.calendars = '{}' then
    return null;
  end if;
  return (
    select min(z.timezone)
    from (
      select c.timezone from almanac.exclusion_calendars c where c.name = any (schedule.calendars)
      union
      select e.timezone from almanac.exclusion_calendars c join almanac.calendar_entries e on e.calendar_id = c.id
      where c.name = any (schedule.calendars)
    ) z
    where not almanac_private.knows_timezone(z.timezone));
end
$$;
comment on function almanac_private.lost_timezone(almanac.schedules) is
  'The time zone of a schedule, or of one of its calendars, that the server does not know (or no longer); null: it '
  'knows all.';
grant execute on function almanac_private.lost_timezone(almanac.schedules) to almanac_viewer;
--! EndIncluded functions/recurrence/lost_timezone.sql
--! Included functions/recurrence/lost_timezone_note.sql
create or replace function almanac_private.lost_timezone_note(schedule almanac.schedules) returns text
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_lost text := almanac_private.lost_timezone(schedule);
begin
  return case
    when v_lost = schedule.timezone then format('This server does not know its time zone %s, so it cannot fire. '
      'Give it another: update almanac.schedules set timezone = ''…'' where name = %L;', v_lost, schedule.name)
    when v_lost is not null
      then format('This server does not know the time zone %s of one of its calendars, so it cannot '
      'fire. Give the calendar and its entries another.', v_lost)
  end;
end
$$;
comment on function almanac_private.lost_timezone_note(almanac.schedules) is
  'What lost_timezone() means for a schedule, and the remedy, in words; null where the server knows all its zones.';
grant execute on function almanac_private.lost_timezone_note(almanac.schedules) to almanac_viewer;
--! EndIncluded functions/recurrence/lost_timezone_note.sql
--! Included functions/recurrence/lowest_bit.sql
create or replace function almanac_private.lowest_bit(mask bigint) returns integer
language sql immutable parallel safe
return (ln((mask & -mask)::float8) * 1.4426950408889634)::integer;
comment on function almanac_private.lowest_bit(bigint) is
  'Number of the lowest bit that is set, which there must be. A plain expression, so that callers inline it.';
grant execute on function almanac_private.lowest_bit(bigint) to almanac_viewer;
--! EndIncluded functions/recurrence/lowest_bit.sql
--! Included functions/recurrence/mask_text.sql
create or replace function almanac_private.mask_text(mask bigint) returns text
language sql immutable parallel safe set search_path to pg_catalog, pg_temp
return (
  select string_agg(case r.many when 1 then r.least::text when 2 then r.least || ',' || r.most
    else r.least || '-' || r.most end, ',' order by r.least)
  from (
    select min(v.value) as least, max(v.value) as most, count(*) as many
    from (
      select n.value, n.value - row_number() over (order by n.value) as run
      from generate_series(0, 59) n(value) where mask >> n.value & 1 = 1
    ) v
    group by v.run
  ) r);
comment on function almanac_private.mask_text(bigint) is
  'The values of a mask, whose bit n stands for n, as a field of a cron text: 1-5, or 0,30.';
grant execute on function almanac_private.mask_text(bigint) to almanac_viewer;
--! EndIncluded functions/recurrence/mask_text.sql
--! Included functions/recurrence/month_start.sql
create or replace function almanac_private.month_start(month integer) returns integer
language sql immutable strict parallel safe
return 365 * (month / 12) + month / 48 - month / 1200 + month / 4800 + (153 * (month % 12) + 2) / 5;
comment on function almanac_private.month_start(integer) is
  'Day on which a month begins; both count from March of the year 0. A plain expression, so that callers inline it.';
grant execute on function almanac_private.month_start(integer) to almanac_viewer;
--! EndIncluded functions/recurrence/month_start.sql
--! Included functions/recurrence/moved_cron.sql
create or replace function almanac_private.moved_cron(
  cron text, was timestamp, moved timestamp, out expression text, out note text
)
language plpgsql immutable parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  v_text text := regexp_replace(btrim(moved_cron.cron, E' \t\n\r'), '[ \t\n\r]+', ' ', 'g');
  v_fields text[];
  v_parsed almanac_private.parsed_cron;
  -- Second, minute, hour, day of month, month, day of week.
  v_masks bigint[];
  v_was integer[];
  v_to integer[];
  v_changed integer[] := '{}';
  v_lists integer[];
  v_is_daily boolean;
begin
  v_text := case lower(v_text) when '@yearly' then '0 0 1 1 *' when '@annually' then '0 0 1 1 *'
    when '@monthly' then '0 0 1 * *' when '@weekly' then '0 0 * * 0' when '@daily' then '0 0 * * *'
    when '@midnight' then '0 0 * * *' when '@hourly' then '0 * * * *' else v_text end;
  v_parsed := almanac_private.parse_cron(v_text);
  v_fields := string_to_array(v_text, ' ');
  if cardinality(v_fields) = 5 then
    v_fields := '0'::text || v_fields;
  end if;
  v_masks := array[v_parsed.seconds, v_parsed.minutes, v_parsed.hours, v_parsed.days, v_parsed.months,
    v_parsed.weekdays];
  v_was := array[extract(second from was), extract(minute from was), extract(hour from was), extract(day from was),
    extract(month from was), extract(dow from was)];
  v_to := array[extract(second from moved), extract(minute from moved), extract(hour from moved),
    extract(day from moved), extract(month from moved), extract(dow from moved)];
  v_is_daily := v_parsed.day_of_month_open and v_parsed.day_of_week_open;

  if moved::date <> was::date then
    if v_is_daily then
      note := 'The rule names every day, so only the time of day can change.';
      return;
    elsif not (v_parsed.day_of_month_open or v_parsed.day_of_week_open)
      or v_parsed.last_days | v_parsed.nearest_weekdays | v_parsed.nth_weekdays | v_parsed.final_weekdays <> 0
      or v_parsed.last_weekday_of_month
    then
      note := 'The rule names its days in a way that does not say this one.';
      return;
    end if;
    v_changed := case when v_parsed.day_of_month_open then array[6]
      when v_was[5] = v_to[5] then array[4] else array[4, 5] end;
  end if;
  for i in 1 .. 3 loop
    if v_was[i] <> v_to[i] then
      v_changed := v_changed || i;
    end if;
  end loop;

  -- A list keeps its other values: then nothing else may change, and no other list takes part in it.
  v_lists := array(select c.i from unnest(v_changed) c(i) where v_masks[c.i] & (v_masks[c.i] - 1) <> 0);
  if v_lists <> '{}' and (cardinality(v_changed) > 1 or v_fields[v_lists[1]] ~ '[*/]'
    or v_masks[v_lists[1]] >> v_to[v_lists[1]] & 1 = 1
    or exists (select from unnest(array[1, 2, 3]) o(i)
      where o.i <> v_lists[1] and v_masks[o.i] & (v_masks[o.i] - 1) <> 0))
  then
    note := 'The rule names several times, of which it cannot move one alone.';
    return;
  end if;
  for i in 1 .. 6 loop
    if i = any (v_changed) then
      v_fields[i] :=
        almanac_private.mask_text(v_masks[i] & ~(1::bigint << v_was[i]) | (1::bigint << v_to[i]));
    end if;
  end loop;
  expression := array_to_string(case when v_fields[1] = '0' then v_fields[2:] else v_fields end, ' ');
end
$$;
comment on function almanac_private.moved_cron(text, timestamp, timestamp) is
  'The cron text that names a local time in place of another, and otherwise the same, or a note why there is none.';
grant execute on function almanac_private.moved_cron(text, timestamp, timestamp) to almanac_viewer;
--! EndIncluded functions/recurrence/moved_cron.sql
--! Included functions/recurrence/search_cron.sql
-- The next time of a cron rule: integer arithmetic on a compiled rule, in 2 to 7 µs where stepping from minute to
-- minute takes 45 µs to 9 ms, and cron-parser, in JavaScript, 25 to 170 µs
-- (docs/decisions/0007-the-next-run-is-integer-arithmetic.md).
--
-- The rule is three masks (seconds, minutes, hours), its first time of a day, a mask of weekdays that is doubled, so
-- that a search never wraps, and one of months that begins with March; for rules with days of the month, one string of
-- bits holds the days of all 28 shapes that a month can have (its length by the weekday of its first). L, W, # and the
-- union of both day fields were decided when it was compiled: here there is one path for all of them.
--
-- Local times are counted in seconds since 0000-03-01: years then end with the leap day, and a date is a division. The
-- search is: the next time in this day, if the day matches; else the next day that does, and the first time of a day.
-- The offset of the zone is taken 25 hours before the start (no clock change is longer ago than that and still counts:
-- Apia once left out a day) and checked once, at the result. Where that fails, once in a hundred calls,
-- next_cron_at_transition applies the rules for times that a clock skips or shows twice.
--
-- A statement costs as much as ten operators, a variable as two: hence the long expressions.
create or replace function almanac_private.search_cron(
  rule almanac_private.compiled_cron, timezone text, after timestamptz
) returns timestamptz
language plpgsql stable parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  v_after bigint;
  v_offset bigint;
  v_time integer;
  v_found bigint;
begin
  if (search_cron.after > '-infinity' and search_cron.after < '290000-01-01Z') is not true then
    return null;
  end if;
  v_after := case
    when search_cron.after between '1700-01-01Z' and '2200-01-01Z'
      then floor(date_part('epoch', search_cron.after))::bigint
    -- numeric, at 0.2 µs more: a double has no microseconds before 1685 and after 2255
    else floor(extract(epoch from greatest(search_cron.after, '0002-01-01Z')))::bigint
  end;
  -- From seconds of the epoch to local ones.
  v_offset := case when search_cron.timezone = 'UTC' then 62162035200
    else date_part('epoch', to_timestamp(v_after - 90000) at time zone search_cron.timezone)::bigint
      - v_after + 62162125200 end;

  -- The first time of day not before the start, should its day match; else the next day's first.
  v_time := ((v_after + 1 + v_offset) % 86400)::integer;
  v_found := v_after + 1 + v_offset - v_time + case
    when rule.hours >> (v_time / 3600) & 1 = 1 and rule.minutes >> (v_time / 60 % 60) & 1 = 1
      and rule.seconds >> (v_time % 60) <> 0
      then v_time + almanac_private.lowest_bit(rule.seconds >> (v_time % 60))
    when rule.hours >> (v_time / 3600) & 1 = 1 and rule.minutes >> (v_time / 60 % 60 + 1) <> 0
      then (v_time / 60 + 1 + almanac_private.lowest_bit(rule.minutes >> (v_time / 60 % 60 + 1))) * 60
        + rule.first_time % 60
    when rule.hours >> (v_time / 3600 + 1) <> 0
      then (v_time / 3600 + 1 + almanac_private.lowest_bit(rule.hours >> (v_time / 3600 + 1))) * 3600
        + rule.first_time % 3600
    else 86400 + rule.first_time
  end;

  if rule.days is not null or rule.months <> 16777215 then
    declare
      v_day integer := (v_found / 86400)::integer;
      v_rest integer := (4 * v_day + 3) % 146097 / 4 * 4 + 3;
      v_month integer := (4 * v_day + 3) / 146097 * 1200 + v_rest / 1461 * 12 + (5 * (v_rest % 1461 / 4) + 2) / 153;
      v_first integer := almanac_private.month_start(v_month);
      v_match integer;
    begin
      loop
        -- Which day of the rest of the month is the first that matches; 0: none.
        v_match := case
          when rule.months >> (v_month % 12) & 1 = 0 then 0
          when rule.days is not null then position(B'1' in substring(rule.days
            from ((almanac_private.month_start(v_month + 1) - v_first - 28) * 7 + (v_first + 3) % 7) * 31
              + greatest(v_day - v_first, 0) + 1
            for 31 - greatest(v_day - v_first, 0)))
          when greatest(v_day, v_first)
            + almanac_private.lowest_bit(rule.weekdays >> ((greatest(v_day, v_first) + 3) % 7))
            < almanac_private.month_start(v_month + 1)
              then 1 + almanac_private.lowest_bit(rule.weekdays >> ((greatest(v_day, v_first) + 3) % 7))
          else 0
        end;
        exit when v_match > 0;
        v_month := v_month + 1 + almanac_private.lowest_bit(rule.months >> (v_month % 12 + 1));
        v_first := almanac_private.month_start(v_month);
        if v_first - v_day > 18262 then
          return null;
        end if;
      end loop;
      if greatest(v_day, v_first) + v_match - 1 > v_day then
        v_found := (greatest(v_day, v_first) + v_match - 1) * 86400::bigint + rule.first_time;
      end if;
    end;
  elsif rule.weekdays >> ((v_found / 86400 + 3) % 7)::integer & 1 = 0 then
    v_found := (v_found / 86400 + almanac_private.lowest_bit(rule.weekdays >> ((v_found / 86400 + 3) % 7)::integer))
      * 86400 + rule.first_time;
  end if;

  -- Equal offsets less than 344,000 s apart have no change between them: Freetown came back after that in 1939, Gaza
  -- will after a week in 2040.
  if search_cron.timezone = 'UTC' or (v_found - v_offset - v_after <= 250000
    and date_part('epoch', to_timestamp(v_found - v_offset) at time zone search_cron.timezone) = v_found - 62162035200)
  then
    return to_timestamp(v_found - v_offset);
  elsif date_part('epoch', to_timestamp(v_after + 90000) at time zone search_cron.timezone)
    = v_after + v_offset - 62161945200
  then
    v_offset := date_part('epoch',
      to_timestamp(v_found - v_offset - 90000) at time zone search_cron.timezone)::bigint
      - v_found + v_offset + 62162125200;
    if date_part('epoch', to_timestamp(v_found - v_offset) at time zone search_cron.timezone)
      = v_found - 62162035200
    then
      return to_timestamp(v_found - v_offset);
    end if;
  end if;
  return almanac_private.next_cron_at_transition(rule, search_cron.timezone, v_after);
end
$$;
comment on function almanac_private.search_cron(almanac_private.compiled_cron, text, timestamptz) is
  'next_cron for a rule that has months: the first instant strictly after a moment, within 50 years. The zone''s '
  'offset is taken 25 h before (longer than any gap) and holds if the result has it too; else the clock changed near '
  'by, and next_cron_at_transition decides.';
grant execute on function almanac_private.search_cron(almanac_private.compiled_cron, text, timestamptz)
  to almanac_viewer;
--! EndIncluded functions/recurrence/search_cron.sql
--! Included functions/recurrence/next_cron.sql
create or replace function almanac_private.next_cron(
  rule almanac_private.compiled_cron, timezone text, after timestamptz
) returns timestamptz
language sql stable parallel safe
return case when (next_cron.rule).months <> 0
  then almanac_private.search_cron(next_cron.rule, next_cron.timezone, next_cron.after) end;
comment on function almanac_private.next_cron(almanac_private.compiled_cron, text, timestamptz) is
  'First instant of a compiled rule strictly after a moment; null: never. A plain expression, so that callers inline '
  'it and a rule that never matches costs nothing.';
grant execute on function almanac_private.next_cron(almanac_private.compiled_cron, text, timestamptz) to almanac_viewer;
--! EndIncluded functions/recurrence/next_cron.sql
--! Included functions/recurrence/next_cron_at_transition.sql
create or replace function almanac_private.next_cron_at_transition(
  rule almanac_private.compiled_cron, timezone text, after bigint
) returns timestamptz
language plpgsql stable parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  v_zone constant text := next_cron_at_transition.timezone;
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
    -- The changes of the clock from 25 h before to 49 h after, by bisection; nearly all are at a whole or half hour.
    v_from := v_at - 90000 - (v_at % 1800 + 1800) % 1800;
    v_end := v_from + 270000;
    v_offset := date_part('epoch', to_timestamp(v_from) at time zone v_zone)::bigint - v_from;
    v_changes := '{}';
    v_offsets := array[v_offset];
    while v_from < v_end loop
      v_low := v_from;
      v_high := v_from + 90000;
      v_from := v_high;
      v_next_offset := date_part('epoch', to_timestamp(v_high) at time zone v_zone)::bigint - v_high;
      if v_next_offset <> v_offset then
        while v_high - v_low > 1 loop
          v_middle := case when v_high - v_low > 1800 then v_low + (v_high - v_low) / 3600 * 1800
            when v_high - v_low = 1800 then v_high - 1
            else (v_low + v_high) / 2 end;
          if date_part('epoch', to_timestamp(v_middle) at time zone v_zone)::bigint - v_middle = v_offset then
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
      continue when v_stop <= v_at;
      v_before := case when v_segment = 1 then v_offset else v_offsets[v_segment - 1] end;

      -- Shown by the clock in this range; for a fixed rule, what the clock has shown before is past.
      v_local := greatest(v_at + v_offset, v_start - 1 + case when rule.running then v_offset
        else greatest(v_offset, v_before) end);
      v_local := date_part('epoch', almanac_private.search_cron(rule, 'UTC', to_timestamp(v_local)))::bigint;
      if v_local - v_offset < v_stop then
        v_best := least(v_best, v_local - v_offset);
      end if;

      -- Skipped by the clock at its start: forward by the length of the gap.
      if v_before < v_offset then
        v_local := greatest(v_at + v_before, v_start - 1 + v_before);
        v_local := date_part('epoch', almanac_private.search_cron(rule, 'UTC', to_timestamp(v_local)))::bigint;
        if v_local < v_start + v_offset then
          v_best := least(v_best, v_local - v_before);
        end if;
      end if;
      exit when v_best < v_stop;
    end loop;
    if v_best is not null then
      return to_timestamp(v_best);
    end if;

    -- Nothing near it: on to a day before the next local time.
    v_local := date_part('epoch', almanac_private.search_cron(rule, 'UTC', to_timestamp(v_end - 1 + v_offset)))::bigint;
    if v_local is null then
      return null;
    end if;
    v_at := greatest(v_at + 90000, v_local - v_offset - 100000);
  end loop;
  return null;
end
$$;
comment on function almanac_private.next_cron_at_transition(almanac_private.compiled_cron, text, bigint) is
  'As next_cron, where the clock changes nearby (after: whole seconds of the epoch). A time that is skipped moves '
  'forward by the gap; a time shown twice is its first instant for a fixed rule and both for a running one; the '
  'least instant wins, as the order of local times is not that of instants.';
grant execute on function almanac_private.next_cron_at_transition(almanac_private.compiled_cron, text, bigint)
  to almanac_viewer;
--! EndIncluded functions/recurrence/next_cron_at_transition.sql
--! Included functions/recurrence/next_interval.sql
create or replace function almanac_private.next_interval(
  every interval, anchor timestamptz, timezone text, after timestamptz
) returns timestamptz
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
    v_step := extract(epoch from every) * 1000000;
    v_start := extract(epoch from anchor) * 1000000; -- numeric: a double has no microseconds after 2255
    v_k := ((extract(epoch from after) * 1000000)::bigint - v_start) / v_step + 1;
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
comment on function almanac_private.next_interval(interval, timestamptz, text, timestamptz) is
  'First occurrence of an interval strictly after a moment.';
grant execute on function almanac_private.next_interval(interval, timestamptz, text, timestamptz) to almanac_viewer;
--! EndIncluded functions/recurrence/next_interval.sql
--! Included functions/recurrence/next_run_at.sql
create or replace function almanac.next_run_at(
  cron text, timezone text default 'UTC', after timestamptz default now()
) returns timestamptz
language plpgsql stable parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  v_rule almanac_private.compiled_cron := almanac_private.compile_cron(next_run_at.cron);
begin
  perform almanac_private.check_timezone(next_run_at.timezone);
  return almanac_private.next_cron(v_rule, next_run_at.timezone, next_run_at.after);
end
$$;
comment on function almanac.next_run_at(text, text, timestamptz) is
  'First time that a cron expression names strictly after a moment, in a time zone; null: never.';
grant execute on function almanac.next_run_at(text, text, timestamptz) to almanac_viewer;
--! EndIncluded functions/recurrence/next_run_at.sql
--! Included functions/recurrence/occurrences.sql
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
    raise exception using errcode = 'AL012', message = 'max_count must not be negative.',
      detail = format('max_count: %s.', occurrences.max_count),
      hint = 'Leave it out for the whole range.';
  end if;
  if occurrences.range_start = '-infinity' then
    raise exception using errcode = 'AL012', message = 'The range has no start.',
      detail = 'range_start: -infinity.',
      hint = 'Give the time to start from.';
  end if;
  return query
  select o.at
  from almanac_private.cron_between(v_rule, occurrences.timezone,
    occurrences.range_start - interval '1 microsecond', occurrences.range_end,
    least(occurrences.max_count, 1000001)) o(at);
  get diagnostics v_count = row_count;
  if v_count > 1000000 then
    raise exception using errcode = 'AL012', message = 'The range has more than 1,000,000 occurrences.',
      detail = format('range_start: %s, range_end: %s.', occurrences.range_start, occurrences.range_end),
      hint = 'Ask for a shorter range, or give max_count.';
  end if;
end
$$;
comment on function almanac.occurrences(text, text, timestamptz, timestamptz, integer) is
  'The times that a cron expression names in [range_start, range_end), in a time zone; at most max_count. Above '
  '1,000,000 an error, never a silent cut.';
grant execute on function almanac.occurrences(text, text, timestamptz, timestamptz, integer) to almanac_viewer;
--! EndIncluded functions/recurrence/occurrences.sql
--! Included functions/recurrence/occurrences_between.sql
create or replace function almanac_private.occurrences_between(
  schedule almanac.schedules, range_start timestamptz, range_end timestamptz, max_count bigint
) returns setof timestamptz
language plpgsql stable parallel safe rows 1000 set search_path to pg_catalog, pg_temp
as $$
declare
  v_at timestamptz :=
    almanac_private.next_occurrence(schedule, occurrences_between.range_start - interval '1 microsecond');
  v_end timestamptz := least(occurrences_between.range_end, schedule.ends_at);
  v_left bigint := coalesce(occurrences_between.max_count, 9223372036854775807);
begin
  if schedule.max_runs is not null then
    v_left := least(v_left, schedule.max_runs - schedule.fired_runs);
  end if;
  if v_at is null or v_at >= v_end or v_left <= 0 then
    return;
  end if;
  -- The first one comes from next_occurrence, which knows the bounds; dense rules then have a quicker way on.
  if schedule.kind = 'cron' then
    return query
    select o.at
    from almanac_private.cron_between(schedule.rule, schedule.timezone,
      v_at - interval '1 microsecond', v_end, v_left) o(at);
  elsif schedule.kind = 'interval' and extract(epoch from justify_hours(schedule.every)) < 86400
    and v_end < 'infinity' then
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
comment on function almanac_private.occurrences_between(almanac.schedules, timestamptz, timestamptz, bigint) is
  'Nominal times of a schedule in [range_start, range_end), at most max_count (null: all) and at most what max_runs '
  'leaves; by its rule and bounds alone.';
grant execute on function almanac_private.occurrences_between(almanac.schedules, timestamptz, timestamptz, bigint)
  to almanac_viewer;
--! EndIncluded functions/recurrence/occurrences_between.sql
--! Included functions/recurrence/offset_timezone.sql
create or replace function almanac_private.offset_timezone(minutes integer) returns text
language sql immutable strict parallel safe
return case
  when minutes = 0 then 'UTC'
  when minutes % 60 = 0 and minutes between -720 and 840
    then 'Etc/GMT' || case when minutes > 0 then '-' else '+' end || abs(minutes) / 60
  else case minutes
    when -570 then 'Pacific/Marquesas' when 210 then 'Asia/Tehran' when 270 then 'Asia/Kabul' when 330
      then 'Asia/Kolkata'
    when 345 then 'Asia/Kathmandu' when 390 then 'Asia/Yangon' when 525 then 'Australia/Eucla' when 570
      then 'Australia/Darwin'
  end
end;
comment on function almanac_private.offset_timezone(integer) is
  'A zone that is this many minutes ahead of UTC all year; null: there is none. The sign in names such as Etc/GMT-2 '
  'is reversed: it is UTC+2.';
grant execute on function almanac_private.offset_timezone(integer) to almanac_viewer;
--! EndIncluded functions/recurrence/offset_timezone.sql
--! Included functions/recurrence/parse_cron.sql
create or replace function almanac_private.parse_cron(cron text) returns almanac_private.parsed_cron
language plpgsql immutable parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  v_parsed almanac_private.parsed_cron;
  v_names constant text[] := array['second', 'minute', 'hour', 'day_of_month', 'month', 'day_of_week'];
  v_blank constant text := E' \t\r\n';
  v_words text[];
  v_fields text[];
  v_masks bigint[];
  v_macro text;
  v_items text[];
  v_item record;
begin
  if parse_cron.cron is null or btrim(parse_cron.cron, v_blank) = '' then
    v_parsed.message := 'The cron expression is empty.';
    v_parsed.hint := 'Write five fields: minute, hour, day of month, month, day of week. For instance 0 3 * * *.';
    return v_parsed;
  elsif length(parse_cron.cron) > 1024 then
    v_parsed.message := format('The cron expression has %s characters; the limit is 1024.', length(parse_cron.cron));
    v_parsed.hint := 'Use ranges and steps, or several schedules.';
    return v_parsed;
  end if;

  v_words := array_remove(string_to_array(translate(parse_cron.cron, v_blank, '    '), ' '), '');
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
      v_parsed.error_index := almanac_private.cron_word_start(parse_cron.cron, 1);
      v_parsed.message := format('There is no macro %s.', v_words[1]);
      v_parsed.hint := 'The macros are @yearly, @annually, @monthly, @weekly, @daily, @midnight and @hourly. '
        'For a fixed distance between runs use an interval.';
      return v_parsed;
    elsif cardinality(v_words) > 1 then
      v_parsed.error_index := almanac_private.cron_word_start(parse_cron.cron, 2);
      v_parsed.message := format('%s must stand alone, but %s follows it.', v_words[1], quote_literal(v_words[2]));
      v_parsed.hint := format('Leave the rest out, or write the fields: %s.', v_macro);
      return v_parsed;
    end if;
    return almanac_private.parse_cron(v_macro);
  end if;

  if cardinality(v_words) not in (5, 6) then
    v_parsed.error_index := case when cardinality(v_words) > 6
      then almanac_private.cron_word_start(parse_cron.cron, 7) end;
    v_parsed.message := format('The expression has %s %s; it takes five, or six with seconds first.',
      cardinality(v_words),
      case cardinality(v_words) when 1 then 'field' else 'fields' end);
    v_parsed.hint := case when cardinality(v_words) > 6
      then 'There is no field for the year, none for a user and none for a command.'
      else 'In order: minute, hour, day of month, month, day of week; * for every one.' end;
    return v_parsed;
  end if;

  v_fields := case when cardinality(v_words) = 5 then array_prepend('0', v_words) else v_words end;
  v_masks := array[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
  for v_field in 1 .. 6 loop
    v_items := string_to_array(case when v_fields[v_field] = '?' and v_field in (4, 6) then '*'
      else almanac_private.upper_ascii(v_fields[v_field]) end, ',');
    for v_number in 1 .. cardinality(v_items) loop
      v_item := almanac_private.parse_cron_item(v_field, v_items[v_number]);
      if v_item.message is not null then
        v_parsed.message := v_item.message;
        v_parsed.hint := v_item.hint;
        v_parsed.error_field := v_names[v_field];
        v_parsed.error_index := almanac_private.cron_word_start(parse_cron.cron, v_field + cardinality(v_words) - 6)
          + length(array_to_string(array_append(v_items[1 : v_number - 1], ''), ','));
        return v_parsed;
      end if;
      v_masks[v_item.part] := v_masks[v_item.part] | v_item.mask;
    end loop;
  end loop;

  v_parsed.seconds := v_masks[1];
  v_parsed.minutes := v_masks[2];
  v_parsed.hours := v_masks[3];
  v_parsed.days := v_masks[4];
  v_parsed.months := v_masks[5];
  v_parsed.weekdays := (v_masks[6] | (v_masks[6] >> 7)) & 127;
  v_parsed.last_days := v_masks[7];
  v_parsed.nearest_weekdays := v_masks[8];
  v_parsed.last_weekday_of_month := v_masks[9] <> 0;
  v_parsed.nth_weekdays := v_masks[10];
  v_parsed.final_weekdays := v_masks[11];
  v_parsed.day_of_month_open := v_fields[4] in ('*', '?');
  v_parsed.day_of_week_open := v_fields[6] in ('*', '?');
  v_parsed.running := v_fields[1] ~ '[*/]' or v_fields[2] ~ '[*/]' or v_fields[3] ~ '[*/]';
  return v_parsed;
end
$$;
comment on function almanac_private.parse_cron(text) is
  'Parses a cron text: five or six fields, or a macro. The one place that knows the language; check_cron reports what '
  'it says, compile_cron raises it. At most 1024 characters, so bounded whatever the input.';
grant execute on function almanac_private.parse_cron(text) to almanac_viewer;
--! EndIncluded functions/recurrence/parse_cron.sql
--! Included functions/recurrence/parse_cron_item.sql
create or replace function almanac_private.parse_cron_item(
  field integer, item text, out part integer, out mask bigint, out message text, out hint text
)
language plpgsql immutable parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  v_low integer := case when parse_cron_item.field in (4, 5) then 1 else 0 end;
  v_high integer := case parse_cron_item.field when 3 then 23 when 4 then 31 when 5 then 12 when 6 then 7 else 59 end;
  v_most integer;
  v_parts text[];
  v_every text;
  v_from integer;
  v_to integer;
  v_step integer := 1;
  v_title text;
  v_last text;
begin
  part := parse_cron_item.field;
  -- The common ones first: a star, a number.
  if parse_cron_item.item = '*' then
    mask := (2::bigint << v_high) - (1 << v_low);
    return;
  elsif parse_cron_item.item ~ '^[0-9]{1,2}$' and parse_cron_item.item::integer between v_low and v_high then
    mask := 1::bigint << parse_cron_item.item::integer;
    return;
  elsif parse_cron_item.field = 4 and parse_cron_item.item ~ '^(L|L-[0-9]+|LW|[0-9]+W)$' then
    if parse_cron_item.item = 'LW' then
      part := 9;
      mask := 1;
    elsif parse_cron_item.item = 'L' then
      part := 7;
      mask := 1;
    elsif left(parse_cron_item.item, 2) = 'L-' then
      part := 7;
      v_from := almanac_private.cron_value(substr(parse_cron_item.item, 3), 0);
      mask := 1::bigint << v_from;
      if v_from not between 1 and 30 then
        message := format('In %s the number is not between 1 and 30.', parse_cron_item.item);
        hint := 'L is the last day of the month, L-1 the day before it, L-30 the earliest.';
      end if;
    else
      part := 8;
      v_from := almanac_private.cron_value(rtrim(parse_cron_item.item, 'W'), 0);
      mask := 1::bigint << v_from;
      if v_from not between 1 and 31 then
        message := format('In %s the day is not between 1 and 31.', parse_cron_item.item);
        hint := '15W is the weekday (Monday to Friday) nearest the 15th; LW is the last weekday of the month.';
      end if;
    end if;
    return;
  elsif parse_cron_item.field = 6 and parse_cron_item.item ~ '^([0-9]+|[A-Z]{3})(#[0-9]+|L)$' then
    v_parts := regexp_match(parse_cron_item.item, '^([0-9]+|[A-Z]{3})(?:#([0-9]+)|L)$');
    v_from := almanac_private.cron_value(v_parts[1], 6);
    v_to := almanac_private.cron_value(v_parts[2], 0);
    if v_from is null or v_from > 7 then
      message := format('%s is not a day of the week.', v_parts[1]);
      hint := 'Days of the week are 0 to 7 (0 and 7 are Sunday) or SUN to SAT.';
    elsif v_to is null then
      part := 11;
      mask := 1 << (v_from % 7);
    elsif v_to not between 1 and 5 then
      message := format('In %s the number after # is not between 1 and 5.', parse_cron_item.item);
      hint := 'MON#2 is the second Monday of the month; FRIL the last Friday.';
    else
      part := 10;
      mask := 1::bigint << (v_from % 7 * 5 + v_to - 1);
    end if;
    return;
  end if;

  v_title := (array['second', 'minute', 'hour', 'day of the month', 'month', 'day of the week'])[parse_cron_item.field];
  if parse_cron_item.item !~ '^([*]|([0-9]+|[A-Z]+)(-([0-9]+|[A-Z]+))?)(/[0-9]+)?$' then
    if parse_cron_item.item = '' then
      message := 'An item is missing.';
      hint := 'A list has no empty items and no spaces: 1,2,3.';
    elsif position('?' in parse_cron_item.item) > 0 then
      message := format('%s cannot be used for the %s.', parse_cron_item.item, v_title);
      hint := '? stands alone, and only for the day of the month or of the week. Write * for every one.';
    else
      message := format('%s cannot be read as %s.', quote_literal(parse_cron_item.item), v_title);
      hint := case parse_cron_item.field
        when 4 then 'Takes 1 to 31, *, ranges 1-5, steps */2, L, L-3, LW and 15W, in a list.'
        when 5 then 'Takes 1 to 12 or JAN to DEC, *, ranges 1-5, steps */2, in a list.'
        when 6 then 'Takes 0 to 7 or SUN to SAT, *, ranges MON-FRI, steps */2, MON#2 and FRIL, in a list.'
        else format('Takes %s to %s, *, ranges 1-5, steps */2, in a list. To spread runs use jitter.', v_low, v_high)
      end;
    end if;
    return;
  end if;

  -- A capturing regexp_match costs four times as much.
  v_parts := string_to_array(split_part(parse_cron_item.item, '/', 1), '-');
  v_every := split_part(parse_cron_item.item, '/', 2);
  v_from := v_low;
  v_to := v_high;
  if v_parts[1] <> '*' then
    v_from := almanac_private.cron_value(v_parts[1], parse_cron_item.field);
    v_to := case when v_parts[2] is null then v_from
      else almanac_private.cron_value(v_parts[2], parse_cron_item.field) end;
    v_last := case when v_from between v_low and v_high
      then case when v_to between v_low and v_high then null else v_parts[2] end else v_parts[1] end;
    if v_last is not null then
      if v_last ~ '^[0-9]' then
        message := format('%s is not between %s and %s.', v_last, v_low, v_high);
        hint := format('The %s takes %s to %s.', v_title, v_low, v_high);
      elsif parse_cron_item.field = 6 and v_last = 'L' then
        message := 'L alone names no day of the week.';
        hint := 'Write 5L or FRIL for the last Friday of the month; L belongs to the day of the month.';
      else
        message := format('%s is not a name for the %s.', v_last, v_title);
        hint := case parse_cron_item.field
          when 5 then 'Names of months have three letters: JAN, FEB, …, DEC.'
          when 6 then 'Names of days have three letters: SUN, MON, …, SAT.'
          when 4 then 'The day of the month takes 1 to 31, and L, L-3, LW and 15W.'
          else format('The %s takes numbers: %s to %s.', v_title, v_low, v_high)
        end;
      end if;
      return;
    end if;
    if parse_cron_item.field = 6 and v_parts[2] is not null and v_to = 0 and v_from > 0 then
      v_to := 7;
    end if;
    if v_from > v_to then
      message := format('The range %s-%s runs backwards.', v_parts[1], v_parts[2]);
      hint := case
        when parse_cron_item.field = 6 and v_from = 7
          then format('A range begins with Sunday as 0: write 0-%s%s.', v_parts[2], '/' || nullif(v_every, ''))
        else almanac_private.wrapped_range_hint(parse_cron_item.field, v_parts[1], v_parts[2], v_from, v_to, v_every)
      end;
      return;
    end if;
    if v_parts[2] is null and v_every <> '' then
      v_to := v_high;
    end if;
  end if;

  if v_every <> '' then
    v_step := almanac_private.cron_value(v_every, 0);
    v_most := case when parse_cron_item.field < 4 then v_high + 1 else v_high end;
    if v_step not between 1 and v_most then
      message := format('The step %s is not between 1 and %s.', v_every, v_most);
      hint := format('*/5 means every fifth %s.', v_title);
      return;
    end if;
  end if;

  mask := 0;
  while v_from <= v_to loop
    mask := mask | (1::bigint << v_from);
    v_from := v_from + v_step;
  end loop;
end
$$;
comment on function almanac_private.parse_cron_item(integer, text) is
  'What one item of a list adds, or what is wrong with it. Fields count from 1, the second; the item is in capitals. '
  'part: 1 to 6 the values of that field, 7 last_days, 8 nearest_weekdays, 9 last_weekday_of_month, 10 nth_weekdays, '
  '11 final_weekdays.';
grant execute on function almanac_private.parse_cron_item(integer, text) to almanac_viewer;
--! EndIncluded functions/recurrence/parse_cron_item.sql
--! Included functions/recurrence/plain_cron.sql
create or replace function almanac_private.plain_cron(written text) returns text
language sql immutable strict parallel safe
return regexp_replace(regexp_replace(regexp_replace(regexp_replace(regexp_replace(
    translate(translate(written,
      '０１２３４５６７８９ＡＢＣＤＥＦＧＨＩＪＫＬＭＮＯＰＱＲＳＴＵＶＷＸＹＺａｂｃｄｅｆｇｈｉｊｋｌｍｎｏｐｑｒｓｔｕｖｗｘｙｚ',
      '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'), '−∗⁎✱✲、；⁄∕＊，－／？＃＠', '-****,;//*,-/?#@'),
  '[\u000b\u000c\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]', ' ', 'g'),
  '[\u00ad\u200b-\u200f\u202a-\u202e\u2060\ufeff]', '', 'g'),
  '[\u2010-\u2015]', '-', 'g'),
  '["''`´“”‘’„‚«»‹›]', '', 'g'),
  '\\([*?#$])', '\1', 'g');
comment on function almanac_private.plain_cron(text) is
  'A cron text in plain characters: word processors, web pages and shells put others in their place, and quotes '
  'around it.';
grant execute on function almanac_private.plain_cron(text) to almanac_viewer;
--! EndIncluded functions/recurrence/plain_cron.sql
--! Included functions/recurrence/plain_words.sql
create or replace function almanac_private.plain_words(name text) returns text
language sql immutable strict parallel safe
return btrim(regexp_replace(regexp_replace(lower(normalize(name, nfd) collate "C"), '[\u0300-\u036f]', '', 'g'),
  '[^a-z0-9]+', ' ', 'g'));
comment on function almanac_private.plain_words(text) is
  'The words of a name in small letters without accents, with one space between: how names are compared that people '
  'wrote.';
grant execute on function almanac_private.plain_words(text) to almanac_viewer;
--! EndIncluded functions/recurrence/plain_words.sql
--! Included functions/recurrence/refresh_timezones.sql
-- Definer: writes a table that only the owner may.
create or replace function almanac_private.refresh_timezones(
  as_of timestamptz default now(), out added integer, out changed text[], out moved integer
)
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp set datestyle to 'ISO'
as $$
declare
  v_year integer := date_part('year', as_of at time zone 'UTC');
begin
  perform almanac_private.take_turn('timezones');
  insert into almanac_private.timezones (name)
  select z.name from pg_timezone_names z
  where z.name not like 'posix/%' and z.name not like 'right/%' and z.name not in ('posixrules', 'localtime', 'Factory')
    -- `at time zone` takes these for abbreviations, without the summer time that the zones of these names have.
    and z.name not in ('CET', 'EET', 'MET', 'WET')
  on conflict do nothing;
  get diagnostics added = row_count;

  -- The offsets at noon of every day of two years, of the zones in use: when they are not what they were, the rules
  -- have changed.
  with used as materialized (
    select s.timezone as name from almanac.schedules s where s.next_run_at is not null and s.timezone <> 'UTC'
    union
    select c.timezone from almanac.exclusion_calendars c where c.timezone <> 'UTC'
    union
    select e.timezone from almanac.calendar_entries e where e.timezone <> 'UTC'
  ), found as materialized (
    select u.name, md5(string_agg((d.at at time zone u.name)::text, ',' order by d.at)) as fingerprint
    from (select k.name from used k where almanac_private.knows_timezone(k.name) offset 0) u
    cross join generate_series(make_timestamptz(v_year, 1, 1, 12, 0, 0, 'UTC'),
      make_timestamptz(v_year + 2, 1, 1, 12, 0, 0, 'UTC'), interval '24 hours') d(at)
    group by u.name
  ), differing as (
    select f.name from found f join almanac_private.timezones t on t.name = f.name
    where t.fingerprint_year = v_year and t.fingerprint <> f.fingerprint
  ), written as (
    update almanac_private.timezones t set fingerprint = f.fingerprint, fingerprint_year = v_year
    from found f where t.name = f.name and (t.fingerprint_year, t.fingerprint) is distinct from (v_year, f.fingerprint)
    returning t.name
  )
  select coalesce(array_agg(d.name order by d.name), '{}') into refresh_timezones.changed from differing d;
  moved := (select count(*) from unnest(changed) z(name), almanac.recompute(z.name));
end
$$;
comment on function almanac_private.refresh_timezones(timestamptz) is
  'At the start of a worker, and after a migration: adds zones that the server has learnt (added; none is taken '
  'away, schedules may use it), looks which zones in use have other rules than at the last look (changed), and '
  'recomputes their schedules (moved).';
grant execute on function almanac_private.refresh_timezones(timestamptz) to almanac_worker;
--! EndIncluded functions/recurrence/refresh_timezones.sql
--! Included functions/recurrence/spoken_time.sql
create or replace function almanac_private.spoken_time(at timestamptz, timezone text) returns text
language sql stable strict parallel safe
return to_char(at at time zone timezone, 'Dy DD Mon YYYY HH24:MI:SS')
  || coalesce('.' || nullif(rtrim(to_char(at, 'US'), '0'), ''), '') || ' (' || timezone || ')';
comment on function almanac_private.spoken_time(timestamptz, text) is
  'An instant as people read it: as a clock in the zone shows it, with fractions of a second if it has any, and with '
  'the '
  'zone.';
grant execute on function almanac_private.spoken_time(timestamptz, text) to almanac_viewer;
--! EndIncluded functions/recurrence/spoken_time.sql
--! Included functions/recurrence/suggest_timezones.sql
create or replace function almanac_private.suggest_timezones(meant text) returns text[]
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_meant text := left(btrim(suggest_timezones.meant), 200);
  v_words text := almanac_private.plain_words(v_meant);
  v_number text[];
  v_minutes integer;
  v_name text;
  v_zones text[];
begin
  -- Another case: only so is Etc/GMT+1 not taken for Etc/GMT-1.
  v_zones := array(select z.name from almanac_private.timezones z where lower(z.name) = lower(v_meant));
  if v_zones <> '{}' then
    return v_zones;
  end if;

  -- An offset. Windows shows zones as "(UTC+01:00) Amsterdam, Berlin, …": there the places say more.
  v_number := regexp_match(translate(v_meant, '−–±', '--+'),
    '^(?:\(?(?:UTC|GMT|UT|Z)?\)?\s*)([+-])\s*(\d{1,2})(?::?(\d\d))?\)?(?:\s|$)', 'i');
  if v_number is not null and v_meant !~ '\)\s*\S' then
    v_minutes := (v_number[1] || '1')::integer * (v_number[2]::integer * 60 + coalesce(v_number[3], '0')::integer);
    return array(select z.name from almanac_private.timezones z
      where z.name = almanac_private.offset_timezone(v_minutes));
  end if;

  -- The name in other words, what it is called, then its parts: Paris, France; Europe/New_York; CET-1CEST.
  foreach v_name in array array[v_words, regexp_replace(v_words, ' (standard|daylight|summer)( time)', '\2')]
    || array(select almanac_private.plain_words(p)
      from regexp_split_to_table(regexp_replace(v_meant, '^\([^)]*\)', ''), '[/\\,;()]') with ordinality x(p, n)
      order by case when v_meant ~ ',' then n else -n end)
    || substring(v_words from '^([a-z]{3,5}) ?[0-9]')
  loop
    v_zones := array(select z.name from almanac_private.timezones z where almanac_private.plain_words(z.name) = v_name
      and z.name !~ '[+-]\d' order by z.name);
    if v_zones = '{}' then
      v_zones := array(select z.name from almanac_private.timezones z
        where almanac_private.plain_words(split_part(z.name, '/', -1)) = v_name and z.name !~ '[+-]\d'
          order by z.name limit 1);
    end if;
    if v_zones = '{}' then
      v_zones := array(select z.name from almanac_private.timezone_names() n join almanac_private.timezones z
        on z.name = n.timezone
        where n.called = v_name group by z.name order by min(n.rank) limit 4);
    end if;
    exit when v_zones <> '{}';
  end loop;
  return v_zones;
end
$$;
comment on function almanac_private.suggest_timezones(text) is
  'Zones of this server that may be meant by a text that is not one: another spelling, an offset, an abbreviation, a '
  'Windows name, a city, a country. Empty: there is no good guess.';
grant execute on function almanac_private.suggest_timezones(text) to almanac_viewer;
--! EndIncluded functions/recurrence/suggest_timezones.sql
--! Included functions/recurrence/suggested_cron.sql
create or replace function almanac_private.suggested_cron(written text, out cron text, out why text)
language plpgsql immutable parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  v_text text := almanac_private.plain_cron(left(suggested_cron.written, 1024));
  v_plain text;
  v_words text[];
  v_fields text[];
  v_shift integer;
  v_has_year boolean;
begin
  if v_text <> suggested_cron.written then
    v_plain := substring(suggested_cron.written from '[^\u0020-\u007e\t\r\n]');
    why := case
      when v_plain is null then 'Quotes and backslashes are the shell''s, not part of the text.'
      else format('Only plain characters are accepted: %s is U+%s.',
        case when v_plain ~ '[\u0001-\u001f\u0085\u00a0\u00ad\u1680\u2000-\u200f\u2028-\u202f\u205f\u2060\u3000\ufeff]'
          then 'an invisible character, or one that looks like a space,'
          else v_plain end, upper(lpad(to_hex(ascii(v_plain)), 4, '0')))
    end;
  end if;
  if v_text ~* '^\s*(CRON_)?TZ\s*=\s*\S+\s' then
    v_text := regexp_replace(v_text, '^\s*(CRON_)?TZ\s*=\s*\S+\s+', '', 'i');
    why := 'The time zone is a separate setting, timezone.';
  end if;
  v_has_year := v_text ~* '^\s*cron\s*\(.*\)\s*$';
  if v_has_year then
    v_text := regexp_replace(v_text, '^\s*cron\s*\(\s*(.*?)\s*\)\s*$', '\1', 'i');
  end if;

  -- Lists: 1, 3, 5; MON - FRI; mon tue; MON;FRI.
  v_text := regexp_replace(v_text, '[;.]\s*$', '');
  v_plain := regexp_replace(regexp_replace(v_text, '(\w)\s*;\s*(?=\w)', '\1,', 'g'), '\s*,+\s*', ',', 'g');
  v_plain := regexp_replace(regexp_replace(v_plain, '(\w) +- +(?=\w)', '\1-', 'g'), '([*\w]) */ +(?=\d)', '\1/', 'g');
  v_plain := regexp_replace(v_plain, '(\m(?:SUN|MON|TUE|WED|THU|FRI|SAT)[A-Z]*) +(?=(?:SUN|MON|TUE|WED|THU|FRI|SAT))',
    '\1,', 'gi');
  if v_plain <> v_text then
    why := coalesce(why, 'A list has commas and no spaces.');
    v_text := v_plain;
  end if;

  if (almanac_private.parse_cron(v_text)).message is null then
    cron := btrim(regexp_replace(v_text, '[ \t\r\n]+', ' ', 'g'));
    why := coalesce(why, 'Nothing follows the last field.');
    return;
  end if;
  v_words := array_remove(string_to_array(translate(v_text, E'\t\r\n', '   '), ' '), '');
  if cardinality(v_words) = 1 and v_words[1] ~ '^([*]/\d+|[*])$' then
    v_words := v_words || array['*', '*', '*', '*'];
    why := coalesce(why, 'The other four fields are required too.');
  elsif cardinality(v_words) = 1 and v_words[1] ~ '^\d{1,2}:\d\d$' then
    v_words := array[ltrim(split_part(v_words[1], ':', 2), '0'), split_part(v_words[1], ':', 1), '*', '*', '*'];
    v_words[1] := coalesce(nullif(v_words[1], ''), '0');
    why := coalesce(why, 'The minute comes before the hour.');
  end if;

  -- A year, which has no field; there, in Quartz and AWS, Sunday is 1.
  if cardinality(v_words) in (6, 7) and v_words[cardinality(v_words)] ~ '^([*?]|(19|20)\d\d(-(19|20)?\d\d)?)$'
    and (v_has_year or cardinality(v_words) = 7 or v_words[6] !~ '^[*]$' or v_words[5] like '%?%'
      or v_words[3] like '%?%')
  then
    v_has_year := true;
    v_plain := v_words[cardinality(v_words)];
    v_words := trim_array(v_words, 1);
    if array_to_string(v_words, ' ') like '%?%' and v_words[cardinality(v_words)] ~ '\d' then
      if v_words[cardinality(v_words)] ~ '(^|[,-])([08-9]|\d\d)' then
        return;
      end if;
      v_words[cardinality(v_words)] := almanac_private.cron_day_names(v_words[cardinality(v_words)], 1);
    end if;
    why := concat_ws(' ', why, 'There is no field for the year' || case when v_plain ~ '\d'
      then ': starts_at and ends_at are the bounds.' else '.' end);
  elsif cardinality(v_words) > 5 and v_words[6] ~ '[a-z/]{2,}|^[~.$]'
    and v_words[6] !~* '^[*\d]|^(sun|mon|tue|wed|thu|fri|sat)' then
    v_plain := v_words[6];
    v_words := v_words[1:5];
    why := concat_ws(' ', why, case when v_plain ~ '^[A-Z][A-Za-z]+/[A-Z]'
      then 'The time zone is a separate setting, timezone.'
      else 'The task says what runs, and there is no field for a user.' end);
  end if;
  if cardinality(v_words) not in (5, 6) then
    return;
  end if;

  v_shift := 6 - cardinality(v_words);
  v_fields := array(
    select coalesce((
      select string_agg(almanac_private.suggested_cron_item(f::integer + v_shift, i), ',' order by n)
      from string_to_table(w, ',') with ordinality x(i, n) where i <> ''), w)
    from unnest(v_words) with ordinality x(w, f) order by f
  );
  if array_to_string(v_words, ' ') ~ '\mH\M' then
    why := coalesce(why, 'To spread runs use jitter.');
  end if;
  cron := array_to_string(v_fields, ' ');
  if (almanac_private.parse_cron(cron)).message is not null then
    cron := null;
  end if;
end
$$;
comment on function almanac_private.suggested_cron(text) is
  'A valid cron text in place of one that is not, where the intention is clear, and what is wrong with the other; '
  'null: it cannot.';
grant execute on function almanac_private.suggested_cron(text) to almanac_viewer;
--! EndIncluded functions/recurrence/suggested_cron.sql
--! Included functions/recurrence/suggested_cron_item.sql
create or replace function almanac_private.suggested_cron_item(field integer, item text) returns text
language plpgsql immutable parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  v_item text := almanac_private.upper_ascii(suggested_cron_item.item);
  v_names text[] := case suggested_cron_item.field
    when 5 then '{JANUARY,FEBRUARY,MARCH,APRIL,MAY,JUNE,JULY,AUGUST,SEPTEMBER,OCTOBER,NOVEMBER,DECEMBER}'::text[]
    when 6 then '{SUNDAY,MONDAY,TUESDAY,WEDNESDAY,THURSDAY,FRIDAY,SATURDAY}'
  end;
begin
  if (almanac_private.parse_cron_item(suggested_cron_item.field, v_item)).message is null then
    return suggested_cron_item.item;
  end if;
  v_item := regexp_replace(v_item, '^([*]{2}|H(?=/))', '*');
  v_item := regexp_replace(v_item, '^([*]|/)(\d+)$', '*/\2');
  v_item := regexp_replace(v_item, '^(\w+)(?:\.\.+|_)(\w+)$', '\1-\2');
  if v_item = 'H' then
    return case when suggested_cron_item.field in (4, 5) then '1' else '0' end;
  end if;
  v_item := case suggested_cron_item.field
    when 3 then case
      when v_item = '24' then '0'
      when v_item ~ '^(0?[1-9]|1[0-2])(AM|PM)$' then
        (substring(v_item from '\d+')::integer % 12 + case when v_item ~ 'PM' then 12 else 0 end)::text
      else regexp_replace(v_item, '-24(?=$|/)', '-23')
    end
    when 4 then case when v_item in ('$', 'LAST') then 'L' when v_item = 'WL' then 'LW' else v_item end
    when 5 then v_item
    when 6 then case
      when v_item ~ '^(WEEK|WORK|BUSINESS)DAYS?$' then 'MON-FRI'
      when v_item ~ '^WEEKENDS?$' then 'SAT,SUN'
      else regexp_replace(regexp_replace(v_item, '^L([0-7]|[A-Z]{3,})$', '\1#L'), '#LAST$', '#L')
    end
    else regexp_replace(v_item, '-60(?=$|/)', '-59')
  end;
  if v_names is not null and v_item !~ '^(MON-FRI|SAT,SUN)$' then
    v_item := (
      select string_agg(coalesce((
          select min(left(n, 3)) from unnest(v_names) n
          where m.part[1] ~ '^[A-Z]{2,}$' and (n like m.part[1] || '%' or n || 'S' = m.part[1]) having count(*) = 1),
            m.part[1]),
        '' order by m.position)
      from regexp_matches(v_item, '[A-Z]+|[^A-Z]+', 'g') with ordinality m(part, position)
    );
  end if;
  return replace(v_item, '#L', 'L');
end
$$;
comment on function almanac_private.suggested_cron_item(integer, text) is
  'An invalid item of a cron field as it may be meant: MONDAY as MON, 24 as 0, /5 as */5, $ as L. Unchanged if there '
  'is no good guess.';
grant execute on function almanac_private.suggested_cron_item(integer, text) to almanac_viewer;
--! EndIncluded functions/recurrence/suggested_cron_item.sql
--! Included functions/recurrence/timezone_names.sql
-- Generated by scripts/generate/timezoneNames.ts from Unicode CLDR's windowsZones and from @vvo/tzdb (cities by GeoNames, CC BY 4.0).
create or replace function almanac_private.timezone_names() returns table (called text, timezone text, rank bigint)
language sql immutable parallel safe
as $$
select called, split_part(line, ': ', 1), rank
from regexp_split_to_table($names$America/New_York: edt, et, est5edt, eastern, eastern time, us, usa, united states, eastern standard time
America/New_York: new york city, brooklyn, queens, philadelphia
America/Chicago: cst, cdt, ct, central, central time, us, usa, united states, central standard time, houston
America/Chicago: san antonio, dallas
America/Denver: mdt, mt, mountain, mountain time, us, usa, united states, mountain standard time, el paso
America/Denver: albuquerque, colorado springs
America/Los_Angeles: pst, pdt, pt, pacific, pacific time, us, usa, united states, pacific standard time, san diego
America/Los_Angeles: san jose, san francisco
America/Anchorage: akst, akdt, alaska, alaskan standard time, fairbanks, juneau, eagle river, alaska time
Pacific/Honolulu: hdt, hawaii, hawaii time, hawaiian standard time, east honolulu, pearl city
Pacific/Honolulu: makakilo kapolei honokai hale
America/Halifax: ast, adt, atlantic time, atlantic standard time, sydney, dartmouth, moncton
America/St_Johns: nst, ndt, newfoundland, newfoundland standard time, st john s, conception bay south, paradise
America/St_Johns: mount pearl, newfoundland time
America/Sao_Paulo: brt, brst, brasilia, brazil, e south america standard time, rio de janeiro, belo horizonte
America/Sao_Paulo: salvador, brasilia time
America/Argentina/Buenos_Aires: art, argentina standard time, cordoba, rosario, mar del plata, argentina
America/Argentina/Buenos_Aires: argentina time
America/Mexico_City: mexico, central standard time mexico, iztapalapa, puebla, ecatepec de morelos
America/Santiago: clt, clst, chile, pacific sa standard time, puente alto, maipu, antofagasta
America/Bogota: cot, sa pacific standard time, cali, medellin, barranquilla, colombia, colombia time
America/Lima: pet, callao, arequipa, trujillo, peru, peru time
America/Caracas: vet, venezuela standard time, maracaibo, valencia, barquisimeto, venezuela, venezuela time
Europe/Lisbon: west, wet, western european time, portugal, porto, braga, amadora
UTC: z, coordinated universal time, universal time
GMT: greenwich mean time
Europe/London: bst, british summer time, british time, uk, england, scotland, great britain, britain
Europe/London: gmt standard time, birmingham, glasgow, manchester, united kingdom, united kingdom time
Europe/Berlin: mez, mesz, munchen, cologne, w europe standard time, hamburg, munich, koln, germany
Europe/Brussels: cest, mest, cet, met, central european time, middle european time, antwerp, gent, charleroi
Europe/Brussels: belgium
Europe/Vienna: wien, graz, linz, salzburg, austria
Europe/Rome: roma, milano, milan, naples, turin, italy
Europe/Warsaw: warszawa, central european standard time, krakow, wroc aw, odz, poland
Europe/Zurich: geneva, geneve, genf, basel, lausanne, switzerland
Europe/Athens: eest, eet, eastern european time, thessaloniki, patra, piraeus, greece
Europe/Madrid: spain, barcelona, valencia, zaragoza
Europe/Moscow: msk, msd, russia, russian standard time, saint petersburg, nizhniy novgorod, kazan
Europe/Istanbul: trt, turkey, turkey standard time, ankara, bursa, izmir, turkiye time
Europe/Prague: czech republic, czechia, praha, brno, ostrava, pilsen
Europe/Amsterdam: holland, netherlands, rotterdam, the hague, utrecht, the netherlands
Europe/Kyiv: ukraine, fle standard time, kharkiv, odesa, dnipro
Asia/Kolkata: ist, india time, calcutta, new delhi, bangalore, india standard time, mumbai, delhi, bengaluru
Asia/Kolkata: hyderabad, india
Asia/Jerusalem: ist, idt, israel standard time, tel aviv, haifa, rishon letsiyyon, israel, israel time
Europe/Dublin: ist, cork, limerick, galway, ireland, ireland time
Asia/Shanghai: cst, china, china time, china standard time, chongqing, chengdu, beijing
Asia/Riyadh: ast, arabian time, arab standard time, jeddah, makkah, madinah, saudi arabia
Asia/Dubai: gst, gulf time, uae, arabian standard time, abu dhabi, sharjah, al ain city, united arab emirates
Asia/Karachi: pkt, pakistan standard time, lahore, peshawar, faisalabad, pakistan, pakistan time
Asia/Dhaka: bst, bangladesh standard time, chattogram, gazipur, khulna, bangladesh, bangladesh time
Asia/Tokyo: jst, jdt, tokyo standard time, yokohama, osaka, nagoya, japan, japan time
Asia/Seoul: kst, korea, south korea, korean time, korea standard time, busan, incheon, daegu
Asia/Singapore: sgt, singapore standard time, ulu bedok, bedok new town, sengkang new town, singapore time
Asia/Hong_Kong: hkt, victoria, tuen mun, sha tin, hong kong time
Asia/Manila: pht, pst, quezon city, davao, caloocan, philippines, philippine time
Asia/Jakarta: wib, indonesia, surabaya, bekasi, bandung, western indonesia time
Asia/Makassar: wita, samarinda, balikpapan, denpasar, central indonesia time
Asia/Jayapura: wit, ambon, sorong, ternate, eastern indonesia time
Asia/Bangkok: ict, indochina time, se asia standard time, samut prakan, mueang nonthaburi, chon buri, thailand
Asia/Ho_Chi_Minh: saigon, ho chi minh city, hanoi, haiphong, can tho, vietnam
Asia/Tehran: irst, iran standard time, mashhad, isfahan, karaj, iran, iran time
Asia/Kathmandu: npt, nepal standard time, pokhara, bharatpur, patan, nepal, nepal time
Asia/Yangon: mmt, myanmar standard time, mandalay, nay pyi taw, hlaingthaya, myanmar, myanmar time
Australia/Sydney: aest, aedt, australian eastern time, aus eastern time, aus eastern standard time, melbourne
Australia/Sydney: newcastle, canberra
Australia/Brisbane: aest, australian eastern time, e australia standard time, gold coast, sunshine coast, logan city
Australia/Adelaide: acst, acdt, australian central time, cen australia standard time, adelaide hills, mount gambier
Australia/Adelaide: mount barker
Australia/Darwin: acst, australian central time, aus central standard time, palmerston, alice springs
Australia/Perth: awst, australian western time, western australia time, w australia standard time, mandurah, bunbury
Australia/Perth: geraldton
Pacific/Auckland: nzst, nzdt, nzt, new zealand, new zealand time, new zealand standard time, christchurch
Pacific/Auckland: wellington, manukau city
Pacific/Guam: chst, dededo village, yigo village, tamuning tumon harmon village, mangilao village
Africa/Johannesburg: sast, south africa time, south africa standard time, cape town, durban, pretoria, south africa
Africa/Lagos: wat, west africa time, w central africa standard time, kano, ibadan, abuja, nigeria
Africa/Maputo: cat, central africa time, matola, nampula, beira, mozambique
Africa/Nairobi: eat, east africa time, e africa standard time, kakamega, mombasa, nakuru, kenya
Asia/Kabul: afghanistan standard time, herat, mazar e sharif, kandahar, afghanistan, afghanistan time
America/Adak: aleutian standard time
Asia/Barnaul: altai standard time
Asia/Baghdad: arabic standard time, mosul, erbil, basrah, iraq
Europe/Astrakhan: astrakhan standard time
Australia/Eucla: aus central w standard time, australian central western time
Asia/Baku: azerbaijan standard time, sumgayit, ganja, khirdalan, azerbaijan, azerbaijan time
Atlantic/Azores: azores standard time, ponta delgada, azores time
America/Bahia: bahia standard time
Europe/Minsk: belarus standard time, homyel, hrodna, vitebsk, belarus
Pacific/Bougainville: bougainville standard time, arawa, bougainville time
America/Regina: canada central standard time, saskatoon, prince albert, moose jaw
Atlantic/Cape_Verde: cape verde standard time, praia, mindelo, espargos, assomada, cabo verde, cape verde time
Asia/Yerevan: caucasus standard time, gyumri, vanadzor, abovyan, armenia, armenia time
America/Guatemala: central america standard time, guatemala city, villa nueva, mixco, coban
Asia/Bishkek: central asia standard time, osh, manas, karakol, kyrgyzstan, kyrgyzstan time
America/Cuiaba: central brazilian standard time
Europe/Budapest: central europe standard time, debrecen, szeged, miskolc, hungary
Pacific/Guadalcanal: central pacific standard time, honiara, tandai, malango, solomon islands, solomon islands time
Pacific/Chatham: chatham islands standard time, chatham time
America/Havana: cuba standard time, santiago de cuba, camaguey, holguin, cuba, cuba time
Etc/GMT+12: dateline standard time
Europe/Chisinau: e europe standard time, tiraspol, balti, bender, moldova
Pacific/Easter: easter island standard time, easter island time
America/Cancun: eastern standard time mexico, chetumal, playa del carmen, cozumel
Africa/Cairo: egypt standard time, alexandria, giza, shubra al khaymah, egypt
Asia/Yekaterinburg: ekaterinburg standard time, chelyabinsk, ufa, perm, yekaterinburg time
Pacific/Fiji: fiji standard time, nasinu, suva, lautoka, nadi, fiji time
Asia/Tbilisi: georgian standard time, batumi, kutaisi, rustavi, georgia, georgia time
America/Nuuk: greenland standard time, scoresbysund, greenland time
Atlantic/Reykjavik: greenwich standard time, kopavogur, hafnarfjor ur, reykjanesb r, iceland
Europe/Bucharest: gtb standard time, iasi, constanta, cluj napoca, romania
America/Port-au-Prince: haiti standard time, carrefour, delmas, petionville, haiti
Asia/Amman: jordan standard time, zarqa, irbid, russeifa, jordan, jordan time
Europe/Kaliningrad: kaliningrad standard time, chernyakhovsk, sovetsk, baltiysk
Africa/Tripoli: libya standard time, benghazi, misratah, zliten, libya
Pacific/Kiritimati: line islands standard time, line islands time
Australia/Lord_Howe: lord howe standard time, lord howe time
Asia/Magadan: magadan standard time
America/Punta_Arenas: magallanes standard time, coyhaique, puerto natales, puerto aysen
Pacific/Marquesas: marquesas standard time, marquesas time
Indian/Mauritius: mauritius standard time, port louis, vacoas, beau bassin rose hill, curepipe, mauritius time
Asia/Beirut: middle east standard time, tripoli, sidon, tyre, lebanon
America/Montevideo: montevideo standard time, salto, maldonado, rivera, uruguay, uruguay time
Africa/Casablanca: morocco standard time, rabat, fes, tangier, morocco
America/Mazatlan: mountain standard time mexico
Asia/Novosibirsk: n central asia standard time, krasnoyarsk, barnaul, tomsk, krasnoyarsk time
Africa/Windhoek: namibia standard time, rundu, walvis bay, swakopmund, namibia
Pacific/Norfolk: norfolk standard time, kingston, norfolk island, norfolk island time
Asia/Irkutsk: north asia east standard time, ulan ude, bratsk, angarsk, irkutsk time
Asia/Krasnoyarsk: north asia standard time
Asia/Pyongyang: north korea standard time, hamhung, namp o, sunch on, north korea
Asia/Omsk: omsk standard time, tara, kalachinsk, isil kul, omsk time
America/Tijuana: pacific standard time mexico, mexicali, ensenada, rosarito
America/Asuncion: paraguay standard time, ciudad del este, san lorenzo, capiata, paraguay, paraguay time
Asia/Qyzylorda: qyzylorda standard time
Europe/Paris: romance standard time, marseille, lyon, toulouse, france
Europe/Samara: russia time zone 3, saratov, tolyatti, izhevsk, samara time
Asia/Srednekolymsk: russia time zone 10
Asia/Kamchatka: russia time zone 11, petropavlovsk kamchatsky, yelizovo, vilyuchinsk, anadyr, kamchatka time
America/Cayenne: sa eastern standard time, matoury, saint laurent du maroni, kourou, french guiana
America/Cayenne: french guiana time
America/La_Paz: sa western standard time, santa cruz de la sierra, cochabamba, sucre, bolivia, bolivia time
America/Miquelon: saint pierre standard time, saint pierre, saint pierre and miquelon, st pierre miquelon time
Asia/Sakhalin: sakhalin standard time, yuzhno sakhalinsk, magadan, korsakov, kholmsk, magadan time
Pacific/Apia: samoa standard time, samoa, samoa time
Africa/Sao_Tome: sao tome standard time, sao tome and principe
Europe/Saratov: saratov standard time
Africa/Juba: south sudan standard time, winejok, yei, malakal, south sudan
Asia/Colombo: sri lanka standard time, dehiwala mount lavinia, maharagama, jaffna, sri lanka
Africa/Khartoum: sudan standard time, omdurman, khartoum north, nyala, sudan
Asia/Damascus: syria standard time, aleppo, homs, latakia, syria, syria time
Asia/Taipei: taipei standard time, new taipei city, taichung, kaohsiung, taiwan, taiwan time
Australia/Hobart: tasmania standard time
America/Araguaina: tocantins standard time
Asia/Tomsk: tomsk standard time
Pacific/Tongatapu: tonga standard time, nuku alofa, tonga, tonga time
Asia/Chita: transbaikal standard time, yakutsk, blagoveshchensk, belogorsk, yakutsk time
America/Grand_Turk: turks and caicos standard time, providenciales, cockburn town, turks and caicos islands
Asia/Ulaanbaatar: ulaanbaatar standard time, ulan bator, erdenet, darhan, choibalsan, ulaanbaatar time
America/Indiana/Indianapolis: us eastern standard time
America/Phoenix: us mountain standard time, tucson, mesa, chandler
Asia/Vladivostok: vladivostok standard time, khabarovsk, komsomolsk on amur, ussuriysk, vladivostok time
Europe/Volgograd: volgograd standard time
Asia/Hovd: w mongolia standard time, ulaangom, khovd, olgii, altai, khovd time
Asia/Tashkent: west asia standard time, andijon, namangan, samarkand, uzbekistan, uzbekistan time
Asia/Hebron: west bank standard time
Pacific/Port_Moresby: west pacific standard time, lae, mount hagen, popondetta, papua new guinea time
Asia/Yakutsk: yakutsk standard time
America/Whitehorse: yukon standard time, fort st john, creston, fort nelson, yukon time
Pacific/Pago_Pago: american samoa
Pacific/Niue: alofi, niue time
Pacific/Rarotonga: avarua, cook islands, cook islands time
Pacific/Tahiti: faaa, papeete, punaauia, tahiti time
Pacific/Gambier: gambier time
Pacific/Pitcairn: adamstown, pitcairn time
America/Hermosillo: culiacan, mazatlan, tepic, mexican pacific time
America/Vancouver: surrey, victoria, burnaby
America/Belize: belize city, san ignacio, san pedro, orange walk
America/Managua: leon, masaya, chinandega, nicaragua
America/Resolute: rankin inlet
America/Matamoros: reynosa, heroica matamoros, nuevo laredo, ciudad acuna
America/Costa_Rica: san jose, limon, alajuela, liberia
America/El_Salvador: san salvador, soyapango, san miguel, santa ana
America/Tegucigalpa: san pedro sula, danli, la ceiba, honduras
Pacific/Galapagos: galapagos time
America/Edmonton: calgary, lethbridge, red deer
America/Rio_Branco: cruzeiro do sul, sena madureira, benjamin constant, acre time
America/Winnipeg: brandon, steinbach, kenora
America/Cayman: george town, west bay, cayman islands
America/Jamaica: kingston, spanish town, portmore, montego bay
America/Nassau: lucaya, freeport, killarney, bahamas
America/Panama: panama city, san miguelito, juan diaz, david
America/Toronto: montreal, ottawa, mississauga
America/Guayaquil: quito, cuenca, santo domingo de los colorados, ecuador time
America/Manaus: campo grande, cuiaba, porto velho, amazon time
America/St_Kitts: basseterre, saint kitts and nevis
America/Montserrat: brades, plymouth
America/Barbados: bridgetown
America/Port_of_Spain: chaguanas, mon repos, san fernando, trinidad and tobago
America/Martinique: fort de france, le lamentin, le robert, sainte marie
America/St_Lucia: gros islet, castries, saint lucia
America/St_Barthelemy: gustavia, saint barthelemy
Atlantic/Bermuda: hamilton
America/St_Vincent: kingstown, calliaqua, saint vincent and the grenadines
America/Kralendijk: bonaire saint eustatius and saba
America/Guadeloupe: les abymes, baie mahault, le gosier, petit bourg
America/Marigot: saint martin
America/Aruba: oranjestad, noord, tanki leendert, santa cruz
America/Lower_Princes: philipsburg, sint maarten
America/Tortola: road town, british virgin islands
America/Dominica: roseau
America/St_Thomas: saint croix, charlotte amalie, u s virgin islands
America/Grenada: saint george s
America/Antigua: saint john s, antigua and barbuda
America/Puerto_Rico: san juan, bayamon, carolina, ponce
America/Santo_Domingo: santiago de los caballeros, santo domingo oeste, santo domingo este, dominican republic
America/Anguilla: the valley
America/Curacao: willemstad, bandariba
America/Guyana: georgetown, linden, new amsterdam, guyana time
Antarctica/Palmer: rothera
Atlantic/Stanley: falkland islands, falkland islands time
America/Paramaribo: lelydorp, suriname, suriname time
America/Noronha: fernando de noronha time
Atlantic/South_Georgia: grytviken, south georgia and the south sandwich islands, south georgia time
Africa/Abidjan: abobo, bouake, korhogo, ivory coast
Africa/Bamako: sikasso, koutiala, segou, mali
Africa/Bissau: gabu, contumo, reino de bandim, guinea bissau
Africa/Conakry: camayenne, nzerekore, kankan, guinea
Africa/Dakar: pikine, touba, guediawaye, senegal
Africa/Freetown: kenema, bo, koidu, sierra leone
Atlantic/St_Helena: jamestown, saint helena
Africa/Accra: kumasi, tamale, takoradi, ghana
Africa/Lome: sokode, kara, atakpame, togo
Africa/Monrovia: gbarnga, buchanan, ganta, liberia
Africa/Nouakchott: nouadhibou, kiffa, dar naim, mauritania
Africa/Ouagadougou: bobo dioulasso, koudougou, saaba, burkina faso
Africa/Banjul: serekunda, brikama, sukuta, talinding, gambia
Europe/Guernsey: saint peter port, guernsey time
Europe/Isle_of_Man: douglas, isle of man time
Europe/Jersey: saint helier, jersey time
Antarctica/Troll: troll station time
Africa/El_Aaiun: laayoune, dakhla, boujdour, el marsa, western sahara
Atlantic/Canary: las palmas de gran canaria, santa cruz de tenerife, la laguna, telde
Atlantic/Faroe: torshavn, faroe islands
Africa/Algiers: oran, constantine, annaba, algeria
Europe/Andorra: andorra la vella, les escaldes
Europe/Belgrade: nis, novi sad, novi beograd, serbia
Europe/Bratislava: kosice, petrzalka, nitra, slovakia
Europe/Copenhagen: arhus, odense, aalborg, denmark
Europe/Ljubljana: maribor, celje, kranj, slovenia
Arctic/Longyearbyen: svalbard and jan mayen
Europe/Luxembourg: esch sur alzette, dudelange
Europe/Oslo: bergen, trondheim, stavanger, norway
Europe/Podgorica: niksic, herceg novi, pljevlja, montenegro
Europe/Malta: san pawl il ba ar, birkirkara, mosta, sliema
Europe/Sarajevo: banja luka, zenica, tuzla, bosnia and herzegovina
Europe/Skopje: kumanovo, prilep, bitola, north macedonia
Europe/Stockholm: gothenburg, malmo, uppsala, sweden
Europe/Tirane: tirana, durres, vlore, elbasan, albania
Africa/Tunis: sfax, sousse, sukrah, tunisia
Europe/Vaduz: liechtenstein
Europe/Vatican: vatican city
Europe/Zagreb: split, rijeka, osijek, croatia
Africa/Bangui: bimbo, begoua, carnot, central african republic
Africa/Malabo: bata, ebebiyin, anisoc, equatorial guinea
Africa/Brazzaville: pointe noire, dolisie, nkayi, republic of the congo
Africa/Porto-Novo: cotonou, abomey calavi, parakou, benin
Africa/Douala: yaounde, bamenda, bafoussam, cameroon
Africa/Kinshasa: kikwit, masina, mbandaka
Africa/Libreville: port gentil, franceville, owendo, gabon
Africa/Luanda: mulenvos, viana, kikolo, angola
Africa/Ndjamena: n djamena, moundou, abeche, sarh, chad
Africa/Niamey: maradi, zinder, tahoua, niger
Africa/Bujumbura: gitega, ngozi, mpanda, burundi
Africa/Gaborone: francistown, mogoditshane, maun, botswana
Africa/Harare: bulawayo, chitungwiza, mutare, zimbabwe
Africa/Kigali: gisenyi, musanze, nyagatare, rwanda
Africa/Blantyre: lilongwe, mzuzu, zomba, malawi
Africa/Lubumbashi: mbuji mayi, kisangani, kananga
Africa/Lusaka: kitwe, ndola, chipata, zambia
Asia/Gaza: khan yunis, jabalya, hebron, palestinian territory
Europe/Helsinki: espoo, tampere, vantaa, finland
Europe/Mariehamn: aland islands
Asia/Nicosia: limassol, larnaca, strovolos, cyprus
Europe/Riga: daugavpils, liepaja, jelgava, latvia
Europe/Sofia: plovdiv, varna, burgas, bulgaria
Europe/Tallinn: tartu, narva, parnu, estonia
Europe/Vilnius: kaunas, klaipeda, siauliai, lithuania
Africa/Mbabane: manzini, lobamba, eswatini
Africa/Maseru: maputsoe, mohale s hoek, mafeteng, lesotho
Asia/Kuwait: al ahmadi, hawalli, sabah as salim, al farwaniyah
Asia/Bahrain: al muharraq, manama, madinat hamad, ar rifa
Asia/Qatar: doha, ar rayyan, lusail, az za ayin
Asia/Aden: sanaa, taiz, ibb, yemen
Africa/Addis_Ababa: jijiga, gonder, mek ele, ethiopia
Indian/Antananarivo: toamasina, antsirabe, mahajanga, madagascar
Africa/Asmara: keren, himora, af abet, eritrea
Africa/Dar_es_Salaam: mwanza, dodoma, zanzibar, tanzania
Africa/Djibouti: balbala, ali sabih, dikhil
Africa/Kampala: nansana, kira, bunamwaya, uganda
Indian/Mayotte: mamoudzou, koungou, labattoir, kaoueni
Africa/Mogadishu: borama, hargeysa, berbera, somalia
Indian/Comoro: moroni, moutsamoudou, fomboni, comoros
Europe/Simferopol: sevastopol, kerch, yevpatoriya
Antarctica/Syowa: syowa time
Asia/Muscat: seeb, bawshar, ibri, oman
Indian/Reunion: saint denis, saint paul, saint pierre, le tampon, reunion time
Indian/Mahe: victoria, seychelles, seychelles time
Indian/Kerguelen: port aux francais, french southern territories, french southern antarctic time
Asia/Almaty: astana, shymkent, aktobe, kazakhstan, kazakhstan time
Indian/Maldives: male, maldives time
Antarctica/Mawson: vostok, mawson time
Asia/Dushanbe: isfara, istaravshan, kulob, tajikistan, tajikistan time
Asia/Ashgabat: turkmenabat, dasoguz, mary, turkmenistan, turkmenistan time
Asia/Thimphu: phuntsholing, tsirang, punakha, bhutan, bhutan time
Asia/Urumqi: shihezi, korla, aqsu
Indian/Chagos: british indian ocean territory, indian ocean time
Indian/Cocos: west island, cocos islands, cocos islands time
Indian/Christmas: flying fish cove, christmas island, christmas island time
Antarctica/Davis: davis time
Asia/Phnom_Penh: takeo, siem reap, battambang, cambodia
Asia/Vientiane: savannakhet, thakhek, pakse, laos
Asia/Brunei: bandar seri begawan, sengkurong, mentiri, kuala belait, brunei time
Asia/Macau: taipa, se, luhuan, macao
Asia/Kuala_Lumpur: johor bahru, kampung baru subang, petaling jaya, malaysia, malaysia time
Pacific/Palau: ngerulmud, palau time
Asia/Dili: maliana, suai, likisa, timor leste, timor leste time
Pacific/Saipan: northern mariana islands
Pacific/Chuuk: chuuk time
Antarctica/DumontDUrville: dumont d urville time
Pacific/Kosrae: palikir, kosrae time
Pacific/Noumea: mont dore, dumbea, new caledonia, new caledonia time
Pacific/Efate: port vila, vanuatu, vanuatu time
Pacific/Tarawa: gilbert islands time
Pacific/Majuro: dalap uliga dorrit, kwajalein, marshall islands, marshall islands time
Pacific/Nauru: yaren, nauru time
Pacific/Funafuti: tuvalu, tuvalu time
Pacific/Wake: wake island time
Pacific/Wallis: mata utu, wallis and futuna, wallis futuna time
Pacific/Kanton: phoenix islands time
Pacific/Fakaofo: tokelau, tokelau time$names$, '\n') with ordinality lines(line, rank),
  regexp_split_to_table(split_part(line, ': ', 2), ', ') called
$$;
comment on function almanac_private.timezone_names() is
  'What people call time zones: Windows names, abbreviations, cities and countries, in plain words. Of several zones called alike the best known has the least rank.';
grant execute on function almanac_private.timezone_names() to almanac_viewer;
--! EndIncluded functions/recurrence/timezone_names.sql
--! Included functions/recurrence/upper_ascii.sql
create or replace function almanac_private.upper_ascii(word text) returns text
language sql immutable strict parallel safe
return upper(word collate "C");
comment on function almanac_private.upper_ascii(text) is
  'The word with a–z in capitals, whatever the database''s locale makes of other letters.';
grant execute on function almanac_private.upper_ascii(text) to almanac_viewer;
--! EndIncluded functions/recurrence/upper_ascii.sql
--! Included functions/recurrence/wrapped_range_hint.sql
create or replace function almanac_private.wrapped_range_hint(
  field integer, first text, last text, low integer, high integer, step text
) returns text
language plpgsql immutable parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  v_names constant boolean := first ~ '[A-Z]' and field in (5, 6);
  v_least constant integer := case when field in (4, 5) then 1 else 0 end;
  v_most constant integer := case field when 3 then 23 when 4 then 31 when 5 then 12 when 6 then 6 else 59 end;
  v_every constant integer := coalesce(almanac_private.cron_value(nullif(step, ''), 0), 1);
  v_next integer;
  v_suffix constant text := coalesce('/' || nullif(step, ''), '');
begin
  if v_every not between 1 and v_most + 1 then
    return format('The step %s is not between 1 and %s either.', step, v_most + 1);
  end if;
  -- The steps continue where the field starts over.
  v_next := low + (v_most - low + v_every) / v_every * v_every - (v_most - v_least + 1);
  if v_next > high then
    return format('Write one range: %s-%s%s.', first, case when not v_names then v_most::text when field = 6 then 'SAT'
      else 'DEC' end, v_suffix);
  end if;
  return format('Write two ranges: %s-%s%s,%s-%s%s.', first, case when not v_names then v_most::text
    when field = 6 then 'SAT' else 'DEC' end, v_suffix,
    case when not v_names then v_next::text
      when field = 6 then (array['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'])[v_next + 1]
      else (array['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'])[v_next] end,
    last, v_suffix);
end
$$;
comment on function almanac_private.wrapped_range_hint(integer, text, text, integer, integer, text) is
  'How to write a range that runs past the end of its field, such as 22-6/2: the ranges before and after the end, in '
  'the same steps.';
grant execute on function almanac_private.wrapped_range_hint(integer, text, text, integer, integer, text)
  to almanac_viewer;
--! EndIncluded functions/recurrence/wrapped_range_hint.sql
--! Included functions/runs/apply_counters.sql
-- Definer: writes computed columns.
create or replace function almanac_private.apply_counters(
  deltas almanac_private.pending_counters[] default '{}', schedule_ids bigint[] default null
) returns integer
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
  -- By key, whatever the statistics say: a hash join would read all of a large table for a handful of rows, here and in
  -- add_jobs.
  set jit to off set enable_hashjoin to off set enable_mergejoin to off set enable_seqscan to off
as $$
declare
  v_ids bigint[];
  v_count integer;
  v_engine text;
begin
  begin
    lock table almanac.schedules in row exclusive mode nowait;
  exception when lock_not_available then
    -- Runs end meanwhile: no one waits for a counter, and so no end for whoever locks the table.
    insert into almanac_private.pending_counters (schedule_id, failed, last_status, total, last_run_at,
      has_succeeded, failed_since)
    select d.schedule_id, d.failed, d.last_status, d.total, d.last_run_at, d.has_succeeded, d.failed_since
    from unnest(apply_counters.deltas) d;
    return 0;
  end;
  v_engine := almanac_private.enter_engine();
  v_ids := array(
    select s.id from almanac.schedules s
    where s.id
      = any (coalesce(apply_counters.schedule_ids,
      array(select distinct u.schedule_id from almanac_private.pending_counters u)))
    order by s.id for no key update skip locked
  );
  with taken as (
    delete from almanac_private.pending_counters u
    where u.schedule_id = any (v_ids)
      or apply_counters.schedule_ids is null
        and not exists (select from almanac.schedules s where s.id = u.schedule_id)
    returning u.*
  ), kept as (
    insert into almanac_private.pending_counters (schedule_id, failed, last_status, total, last_run_at,
      has_succeeded, failed_since)
    select d.schedule_id, d.failed, d.last_status, d.total, d.last_run_at, d.has_succeeded, d.failed_since
    from unnest(apply_counters.deltas) d
    where d.schedule_id <> all (v_ids) and exists (select from almanac.schedules s where s.id = d.schedule_id)
  ), ordered as (
    -- Those that waited came before.
    select t.*, coalesce(t.id, 9223372036854775807) as position from taken t
    union all
    select d.*, 9223372036854775807 from unnest(apply_counters.deltas) d where d.schedule_id = any (v_ids)
  ), summed as (
    select o.schedule_id, sum(o.total) as total, max(o.last_run_at) as last_run_at, sum(o.failed) as failed,
      (array_agg(o.last_status order by o.position desc) filter (where o.last_status is not null))[1] as last_status,
        bool_or(o.has_succeeded) as has_succeeded,
      sum(o.failed_since) filter (where o.position >= coalesce(o.succeeded_at, 0)) as failed_since
    from (
      select o.*, max(o.position) filter (where o.has_succeeded) over (partition by o.schedule_id) as succeeded_at
        from ordered o
    ) o
    group by o.schedule_id
  )
  update almanac.schedules s
  set total_runs = s.total_runs + c.total, last_run_at = greatest(s.last_run_at, c.last_run_at),
    failed_runs = s.failed_runs + c.failed,
    last_status = coalesce(c.last_status, s.last_status),
    consecutive_failures = case when c.has_succeeded then 0 else s.consecutive_failures end + c.failed_since
  from summed c where s.id = c.schedule_id;
  get diagnostics v_count = row_count;
  perform almanac_private.leave_engine(v_engine);
  return v_count;
end
$$;
comment on function almanac_private.apply_counters(almanac_private.pending_counters[], bigint[]) is
  'Adds to the counters of schedules (null: of all) what waits in pending_counters, and then deltas. What belongs '
  'to a row that someone holds locked, or to any while the table is, waits there: no one waits for a counter.';
--! EndIncluded functions/runs/apply_counters.sql
--! Included functions/runs/begin_runs.sql
-- Definer: writes the ledger.
--
-- Called for every run, so it may do one thing a run: an update by key, 12 to 16 µs a run, where the first version took
-- 31.
--
-- 1. Time by time. The ledger is partitioned by scheduled_for, and a join on that column opens every partition: with a
--    year of weeks the same hundred runs took three times as long. With one time in hand, the plan opens one partition;
--    a herd has one time, and where each run has its own, each costs some 0.1 ms more.
-- 2. By key and nothing else. A condition next to the key invites a plan that reads the partition for it (19,650 rows
--    for 100 runs), so what depends on the status is in a case, upon which no plan is built.
-- 3. No lock is waited for, of a run or of its job: workers batch, and one run that someone holds would keep a hundred
--    from beginning. Rows are locked in order of time and number, as in finish_runs, so that two batches cannot
--    deadlock, and a person who locks several by several statements, in whatever order, is never waited for.
-- 4. Asked again, the same answer: a worker whose connection broke does not know whether its call was committed. The
--    job that a run belongs to tells its own from another's.
create or replace function almanac_private.begin_runs(
  worker_id bigint, run_ids bigint[], scheduled_fors timestamptz[], job_ids bigint[] default null,
  as_of timestamptz default clock_timestamp(), room jsonb default null
) returns table (run_id bigint, job_id bigint, schedule_id bigint, attempt integer, max_attempts integer,
  task_identifier text, timeout_ms double precision, run_as text, is_held boolean, lacks text, is_postponed boolean)
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
  -- By key, whatever the statistics say: a hash join would read all of a large table for a handful of rows.
  set jit to off set enable_hashjoin to off set enable_mergejoin to off set enable_seqscan to off
    set enable_bitmapscan to off set plan_cache_mode to force_generic_plan
as $$
#variable_conflict use_column
declare
  v_time timestamptz;
  v_ids bigint[];
  v_jobs bigint[];
  v_free bigint[];
  v_held bigint[];
  v_left bigint[] := '{}';
  v_kept bigint[];
  v_lacks jsonb;
  v_were_held boolean := exists (select from almanac_private.held_runs);
  v_from text := almanac.copied_from();
begin
  if v_from is not null then
    raise exception using errcode = 'AL026', message = 'This database is a copy, and its runs do not begin.',
      detail = format('It is a copy of %s.', v_from),
      hint = 'npx almanac adopt, or select almanac.adopt(…), decides what happens to queued runs.';
  end if;
  if exists (select from almanac_private.outdated_checks) then
    perform almanac_private.end_misfits(begin_runs.run_ids, begin_runs.scheduled_fors, begin_runs.as_of);
  end if;
  if begin_runs.room is not null then
    select coalesce(array_agg(w.run_id), '{}'),
      jsonb_object_agg(w.run_id, jsonb_build_array(w.lacks, begin_runs.as_of + w.retry_in))
    into v_left, v_lacks
    from almanac_private.runs_without_room(begin_runs.run_ids, begin_runs.scheduled_fors, begin_runs.room) w;
  end if;
  -- One time after the other, as a herd has one: so only the partition of that time is opened. In order of time and
  -- number all runs are locked.
  for v_time in select distinct f.at from unnest(begin_runs.scheduled_fors) f(at) order by f.at loop
    select array_agg(a.id order by a.id, a.job_id), array_agg(a.job_id order by a.id, a.job_id) into v_ids, v_jobs
    from unnest(begin_runs.run_ids, begin_runs.scheduled_fors, begin_runs.job_ids) a(id, at, job_id)
      where a.at = v_time;
    v_free := array(
      select r.id from almanac.runs r where r.id = any (v_ids) and r.scheduled_for = v_time
      order by r.id for no key update skip locked);
    return query
    update almanac.runs r
    set status = 'running', attempt = r.attempt + (r.status <> 'running')::integer,
      started_at = coalesce(r.started_at, begin_runs.as_of),
      attempt_started_at = begin_runs.as_of, worker_id = begin_runs.worker_id,
        job_id = v_jobs[width_bucket(r.id, v_ids)]
    where r.id = any (v_free) and r.scheduled_for = v_time and r.id <> all (v_left)
      -- A case, which no plan is built upon: by their status, all of a partition may be read for the few that are
      -- queued.
      and case
        when r.status in ('queued', 'retrying') then true
        -- Its own running one: the answer to an earlier call was lost, and the worker asks again for the same job.
        else r.status = 'running' and r.worker_id = begin_runs.worker_id
          and r.job_id = v_jobs[width_bucket(r.id, v_ids)]
      end
    returning r.id, r.job_id, r.schedule_id, r.attempt, r.max_attempts, r.task_identifier,
      extract(epoch from r.timeout)::float8 * 1000, r.run_as, false, null::text, false;
    if v_left && v_free then
      select almanac_private.postpone_runs(v_time, array_agg(r.id),
        array_agg((v_lacks -> r.id::text ->> 1)::timestamptz), v_jobs, '{almanac:waits_for_slot}')
      into v_kept from unnest(v_free) r(id) where v_lacks -> r.id::text ->> 1 is not null;
      return query
      select r.id, j.id, r.schedule_id, r.attempt, r.max_attempts, r.task_identifier,
        extract(epoch from r.timeout)::float8 * 1000, r.run_as, false, v_lacks -> r.id::text ->> 0,
        v_lacks -> r.id::text ->> 1 is not null and r.id <> all (v_kept)
      from unnest(v_ids, v_jobs) j(run_id, id)
      join almanac.runs r on r.id = j.run_id and r.scheduled_for = v_time
      where r.id = any (v_free) and r.id = any (v_left) and r.status in ('queued', 'retrying');
    end if;
    if cardinality(v_free) < cardinality(v_ids) then
      v_held := almanac_private.note_held_runs(v_time, v_ids, v_free);
      select almanac_private.postpone_runs(v_time, array_agg(h.run_id), array_agg(begin_runs.as_of
        + least(greatest(begin_runs.as_of - h.held_since, interval '1 second'), interval '1 minute')), v_jobs)
      into v_kept from almanac_private.held_runs h where h.run_id = any (v_held);
      return query
      select r.id, r.job_id, r.schedule_id, r.attempt, r.max_attempts, r.task_identifier,
        extract(epoch from r.timeout)::float8 * 1000, r.run_as, r.status <> 'running', null::text,
        r.status <> 'running' and r.id <> all (v_kept)
      from almanac.runs r
      where r.id = any (v_held) and r.scheduled_for = v_time
        and (r.status in ('queued', 'retrying') or r.status = 'running' and r.worker_id = begin_runs.worker_id
          and r.job_id = v_jobs[width_bucket(r.id, v_ids)]);
    end if;
    if v_were_held then
      delete from almanac_private.held_runs h where h.run_id = any (v_free);
    end if;
  end loop;
end
$$;
comment on function almanac_private.begin_runs(bigint, bigint[], timestamptz[], bigint[], timestamptz, jsonb) is
  'Marks runs as running, each for one job, and returns them. One that is not queued (cancelled, taken by another '
  'worker) does not come back and must not be run. Asked again for the same job, it gives the same answer. One that '
  'someone holds locked is not waited for: it is_held. room: what roles may begin, as '
  'runs_without_room() reads it; null: all that is asked for. What has no room stays queued and comes back with what '
  'it lacks, slots or statements; is_postponed: it has a new job for later, else the worker keeps it and asks again. '
  'One whose payload no longer fits the schema of its task fails, and does not come back either. In a copy that was '
  'not adopted: AL026.';
grant execute on function almanac_private.begin_runs(bigint, bigint[], timestamptz[], bigint[], timestamptz, jsonb)
  to almanac_worker;
--! EndIncluded functions/runs/begin_runs.sql
--! Included functions/runs/cancel_deleted.sql
-- Called by tg_arm_schedules, with its rights.
create or replace function almanac_private.cancel_deleted(schedule_ids bigint[]) returns integer
language plpgsql volatile set search_path to pg_catalog, pg_temp
  -- By key, whatever the statistics say, as fire_due.
  set jit to off set enable_hashjoin to off set enable_mergejoin to off set enable_seqscan to off
as $$
declare
  v_runs bigint[];
  v_times timestamptz[];
begin
  select array_agg(r.id), array_agg(r.scheduled_for) into v_runs, v_times
  from almanac_private.live_runs l join almanac.runs r on r.id = l.run_id and r.scheduled_for = l.scheduled_for
  where l.schedule_id = any (cancel_deleted.schedule_ids) and r.status in ('waiting', 'queued');
  return almanac_private.cancel_unbegun(v_runs, v_times, 'its schedule was deleted');
end
$$;
comment on function almanac_private.cancel_deleted(bigint[]) is
  'Cancels the runs of deleted schedules that have not started. Those that have started continue, with further '
  'attempts.';
--! EndIncluded functions/runs/cancel_deleted.sql
--! Included functions/runs/cancel_live_runs.sql
-- Definer: writes the ledger.
create or replace function almanac_private.cancel_live_runs(
  schedule_id bigint, reason text, as_of timestamptz default now()
) returns integer
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
  -- By key, whatever the statistics say, as fire_due.
  set jit to off set enable_hashjoin to off set enable_mergejoin to off set enable_seqscan to off
as $$
declare
  v_runs bigint[];
  v_times timestamptz[];
  v_done record;
begin
  select array_agg(o.id), array_agg(o.scheduled_for) into v_runs, v_times
  from (
    select r.id, r.scheduled_for
    from almanac_private.live_runs l join almanac.runs r on r.id = l.run_id and r.scheduled_for = l.scheduled_for
    where l.schedule_id = cancel_live_runs.schedule_id and l.counts_toward_overlap
    order by r.scheduled_for, r.id for no key update of r
  ) o;
  v_done := almanac_private.cancel_locked_runs(v_runs, v_times, cancel_live_runs.reason, cancel_live_runs.as_of);
  return coalesce(cardinality(v_done.cancelled), 0) + coalesce(cardinality(v_done.asked), 0);
end
$$;
comment on function almanac_private.cancel_live_runs(bigint, text, timestamptz) is
  'Cancels the unfinished runs of a schedule: those that have not started, at once; for those that are running, the '
  'workers are asked to abort them. Manual runs are left alone, except those triggered with respect_overlap.';
--! EndIncluded functions/runs/cancel_live_runs.sql
--! Included functions/runs/cancel_locked_runs.sql
-- Called by functions that have checked who may, and that hold these runs locked, with their rights and settings.
create or replace function almanac_private.cancel_locked_runs(
  run_ids bigint[], scheduled_fors timestamptz[], reason text, as_of timestamptz,
  out cancelled bigint[], out asked bigint[], out schedules bigint[]
)
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
begin
  with given as materialized (
    select u.id, u.at from unnest(cancel_locked_runs.run_ids, cancel_locked_runs.scheduled_fors) u(id, at)
  ), ended as (
    update almanac.runs r set status = 'cancelled', reason = cancel_locked_runs.reason,
      finished_at = cancel_locked_runs.as_of
    from given g where r.id = g.id and r.scheduled_for = g.at and r.status in ('waiting', 'queued', 'retrying')
    returning r.id, r.schedule_id
  ), dead as (
    delete from almanac_private.live_runs l using ended e where l.schedule_id = e.schedule_id and l.run_id = e.id
  ), stopping as (
    update almanac.runs r set cancel_requested_at = cancel_locked_runs.as_of, reason = cancel_locked_runs.reason
    from given g where r.id = g.id and r.scheduled_for = g.at and r.status = 'running'
      and r.cancel_requested_at is null
    returning r.id, r.schedule_id
  )
  select (select array_agg(e.id order by e.id) from ended e), (select array_agg(s.id order by s.id) from stopping s),
    (select array_agg(distinct b.schedule_id) from (
      select e.schedule_id from ended e union all select s.schedule_id from stopping s) b)
  into cancelled, asked, schedules;
  perform almanac_private.remove_jobs(array(select 'run:' || c.id from unnest(cancelled) c(id)));
  -- A notification has less than 8,000 bytes. Where one is lost, the worker's next heartbeat asks.
  perform pg_notify('almanac_cancels', to_json(asked[n.first:n.first + 299]::text[])::text)
  from generate_series(1, cardinality(asked), 300) n(first);
end
$$;
comment on function almanac_private.cancel_locked_runs(bigint[], timestamptz[], text, timestamptz) is
  'Cancels runs: those that no worker has, at once, and their jobs go; for those that are running, the workers are '
  'asked to abort them. Returns which, and whose they are; what has ended, or is asked to already, is neither.';
--! EndIncluded functions/runs/cancel_locked_runs.sql
--! Included functions/runs/cancel_other_tasks.sql
-- Called by tg_arm_schedules, with its rights.
create or replace function almanac_private.cancel_other_tasks(schedule_ids bigint[]) returns void
language plpgsql volatile set search_path to pg_catalog, pg_temp
  -- By key, whatever the statistics say, as fire_due.
  set jit to off set enable_hashjoin to off set enable_mergejoin to off set enable_seqscan to off
as $$
declare
  v_runs bigint[];
  v_times timestamptz[];
begin
  select array_agg(r.id), array_agg(r.scheduled_for) into v_runs, v_times
  from almanac_private.live_runs l
  join almanac.runs r on r.id = l.run_id and r.scheduled_for = l.scheduled_for
  join almanac.schedules s on s.id = l.schedule_id
  where l.schedule_id = any (cancel_other_tasks.schedule_ids) and r.status in ('waiting', 'queued', 'retrying')
    and r.task_identifier <> s.task_identifier;
  if almanac_private.cancel_unbegun(v_runs, v_times, 'its schedule now has another task') > 0 then
    perform almanac_private.release_waiting(cancel_other_tasks.schedule_ids);
  end if;
end
$$;
comment on function almanac_private.cancel_other_tasks(bigint[]) is
  'Cancels the runs of schedules that have not started and whose schedule no longer has their task: they would block '
  'those that are.';
--! EndIncluded functions/runs/cancel_other_tasks.sql
--! Included functions/runs/cancel_queued.sql
-- Definer: writes the ledger; whose runs they are is checked for each.
create or replace function almanac.cancel_queued(
  schedule text default null, task text default null, run_as text default null, max_count integer default 1000,
  out cancelled integer, out is_done boolean
)
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp set jit to off
as $$
declare
  v_schedule almanac.schedules;
  v_runs bigint[];
  v_times timestamptz[];
begin
  perform almanac_private.checked_count(cancel_queued.max_count, 10000);
  if cancel_queued.schedule is null and cancel_queued.task is null and cancel_queued.run_as is null then
    raise exception using errcode = 'AL012', message = 'Nothing says which runs to cancel.',
      detail = 'schedule, task and run_as are all null.',
      hint = 'Give the name of a schedule, a task, or the role that the runs run as. With several, only runs that '
        'match all of them are cancelled.';
  elsif cancel_queued.schedule is not null then
    v_schedule := almanac_private.find_schedule(cancel_queued.schedule);
    if v_schedule.is_system or not almanac_private.may_change(v_schedule.owner_user, v_schedule.run_as_key) then
      perform almanac_private.refuse_change(v_schedule.id);
    end if;
  end if;
  with candidates as materialized (
    select l.run_id, l.scheduled_for
    from almanac_private.live_runs l join almanac.schedules s on s.id = l.schedule_id
    where (v_schedule.id is null or l.schedule_id = v_schedule.id)
      and not s.is_system and almanac_private.may_change(s.owner_user, s.run_as_key)
  ), locked as (
    select r.id, r.scheduled_for
    from candidates c join almanac.runs r on r.id = c.run_id and r.scheduled_for = c.scheduled_for
    where r.status in ('waiting', 'queued', 'retrying')
      and r.task_identifier = coalesce(cancel_queued.task, r.task_identifier)
      and r.run_as = coalesce(cancel_queued.run_as, r.run_as)
    order by r.scheduled_for, r.id limit cancel_queued.max_count
    -- One that is starting or ending at this moment is no longer queued.
    for no key update of r skip locked
  )
  select array_agg(l.id), array_agg(l.scheduled_for) into v_runs, v_times from locked l;
  cancelled := almanac_private.cancel_unbegun(v_runs, v_times, 'cancelled by ' || almanac_private.actor());
  is_done := cancelled < cancel_queued.max_count;
end
$$;
comment on function almanac.cancel_queued(text, text, text, integer) is
  'Cancels runs that no worker has: queued, waiting, or to be tried again; those of a schedule, of a task, or run as a '
  'role (of several: that fit all), as far as the caller may change their schedules. The oldest first, and at most '
  'max_count per call, so call it until is_done. Running runs continue. cancelled: how many.';
grant execute on function almanac.cancel_queued(text, text, text, integer) to almanac_operator;
--! EndIncluded functions/runs/cancel_queued.sql
--! Included functions/runs/cancel_requests.sql
-- Definer: reads what only the engine may.
create or replace function almanac_private.cancel_requests(worker_id bigint) returns table (run_id bigint, reason text)
language sql stable security definer set search_path to pg_catalog, pg_temp
begin atomic
  select r.id, r.reason
  from almanac_private.live_runs l join almanac.runs r on r.id = l.run_id and r.scheduled_for = l.scheduled_for
  where r.worker_id = cancel_requests.worker_id and r.status = 'running' and r.cancel_requested_at is not null;
end;
comment on function almanac_private.cancel_requests(bigint) is
  'Runs of a worker that are to be aborted, and why: for when the NOTIFY on almanac_cancels did not reach it.';
grant execute on function almanac_private.cancel_requests(bigint) to almanac_worker;
--! EndIncluded functions/runs/cancel_requests.sql
--! Included functions/runs/cancel_run.sql
-- Definer: writes the ledger; whose run it is, is checked first.
create or replace function almanac.cancel_run(run_id bigint, reason text default null) returns almanac.runs
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp set jit to off
as $$
declare
  v_run almanac.runs := almanac_private.find_run(cancel_run.run_id);
  v_note text := almanac_private.said_by('cancelled', cancel_run.reason);
  v_done record;
begin
  if not almanac_private.may_change_run(v_run) then
    perform almanac_private.refuse_change(v_run.schedule_id);
  end if;
  select r.* into v_run from almanac.runs r where r.id = v_run.id and r.scheduled_for = v_run.scheduled_for
    for no key update;
  if v_run.finished_at is not null then
    raise exception using errcode = 'AL013', message = format('Run %s has ended.', v_run.id),
      detail = format('It is %s, since %s.', v_run.status, v_run.finished_at),
      hint = 'What has ended stays as it is. almanac.retry_run() repeats a run that failed or was cancelled.';
  end if;
  v_done := almanac_private.cancel_locked_runs(array[v_run.id], array[v_run.scheduled_for], v_note, clock_timestamp());
  if v_done.schedules is not null then
    perform almanac_private.release_waiting(v_done.schedules, clock_timestamp());
    perform almanac_private.notify_changed('almanac_runs', v_done.schedules);
  end if;
  select r.* into v_run from almanac.runs r where r.id = v_run.id and r.scheduled_for = v_run.scheduled_for;
  return v_run;
end
$$;
comment on function almanac.cancel_run(bigint, text) is
  'Cancels a run: one that is waiting, queued or retrying at once; of one that is running, the worker aborts the '
  'task, and it is running until that has ended (cancel_requested_at). The same again changes nothing. AL013: it has '
  'ended.';
grant execute on function almanac.cancel_run(bigint, text) to almanac_operator;
--! EndIncluded functions/runs/cancel_run.sql
--! Included functions/runs/cancel_runs.sql
-- Definer: writes the ledger; whose runs they are is checked for each.
create or replace function almanac.cancel_runs(
  filter jsonb, reason text default null, max_count integer default 1000,
  out cancelled integer, out stopping integer, out is_done boolean
)
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp set jit to off
as $$
declare
  v_filter almanac_private.run_filter := almanac_private.read_run_filter(cancel_runs.filter);
  v_note text := almanac_private.said_by('cancelled', cancel_runs.reason);
  v_found bigint[];
  v_runs bigint[];
  v_times timestamptz[];
  v_done record;
begin
  perform almanac_private.checked_count(cancel_runs.max_count, 10000);
  select array_agg(f.id order by f.scheduled_for, f.id), array_agg(f.scheduled_for order by f.scheduled_for, f.id)
  into v_found, v_times
  from (
    select u.id, u.scheduled_for from almanac_private.unfinished_runs(v_filter) u
    where u.is_mine and not u.is_stopping
    order by u.scheduled_for, u.id limit cancel_runs.max_count
  ) f;
  select array_agg(l.id), array_agg(l.scheduled_for) into v_runs, v_times
  from (
    select r.id, r.scheduled_for
    from unnest(v_found, v_times) u(id, at) join almanac.runs r on r.id = u.id and r.scheduled_for = u.at
    order by r.scheduled_for, r.id
    -- One that is beginning or ending at this moment is left to the next call.
    for no key update of r skip locked
  ) l;
  v_done := almanac_private.cancel_locked_runs(v_runs, v_times, v_note, clock_timestamp());
  if v_done.schedules is not null then
    perform almanac_private.release_waiting(v_done.schedules, clock_timestamp());
    perform almanac_private.notify_changed('almanac_runs', v_done.schedules);
  end if;
  cancelled := coalesce(cardinality(v_done.cancelled), 0);
  stopping := coalesce(cardinality(v_done.asked), 0);
  is_done := coalesce(cardinality(v_found), 0) < cancel_runs.max_count
    and coalesce(cardinality(v_runs), 0) = coalesce(cardinality(v_found), 0);
end
$$;
comment on function almanac.cancel_runs(jsonb, text, integer) is
  'Cancels the unfinished runs that fit a filter, as cancel_run() does each, as far as the caller may change their '
  'schedules: the oldest first, at most max_count per call, so call it until is_done. filter: an object of ids, '
  'schedule (its name), schedule_id, task, tag, run_as, worker_id, trigger, status (one or a list), since and until '
  '(of scheduled_for), search (in names and errors), without_frequent; a run must fit all that is given. '
  'count_runs_to_cancel() says beforehand how many. cancelled: at once; stopping: their workers are asked.';
grant execute on function almanac.cancel_runs(jsonb, text, integer) to almanac_operator;
--! EndIncluded functions/runs/cancel_runs.sql
--! Included functions/runs/cancel_unbegun.sql
-- Called by functions that have checked who may, with their rights.
create or replace function almanac_private.cancel_unbegun(
  run_ids bigint[], scheduled_fors timestamptz[], reason text
) returns integer
language plpgsql volatile set search_path to pg_catalog, pg_temp
  -- By key, whatever the statistics say, as fire_due.
  set jit to off set enable_hashjoin to off set enable_mergejoin to off set enable_seqscan to off
as $$
declare
  v_runs bigint[];
  v_times timestamptz[];
  v_done record;
begin
  select array_agg(o.id), array_agg(o.scheduled_for) into v_runs, v_times
  from (
    select r.id, r.scheduled_for
    from unnest(cancel_unbegun.run_ids, cancel_unbegun.scheduled_fors) u(id, at)
    join almanac.runs r on r.id = u.id and r.scheduled_for = u.at
    where r.status in ('waiting', 'queued', 'retrying')
    order by r.scheduled_for, r.id for no key update of r
  ) o;
  v_done := almanac_private.cancel_locked_runs(v_runs, v_times, cancel_unbegun.reason, clock_timestamp());
  if v_done.cancelled is not null then
    perform almanac_private.notify_changed('almanac_runs', v_done.schedules);
  end if;
  return coalesce(cardinality(v_done.cancelled), 0);
end
$$;
comment on function almanac_private.cancel_unbegun(bigint[], timestamptz[], text) is
  'Cancels those of these runs that no worker has: their jobs go, their rows stay, with the reason. Returns how many.';
--! EndIncluded functions/runs/cancel_unbegun.sql
--! Included functions/runs/count_runs.sql
-- Called by finish_runs, with its rights and its settings.
create or replace function almanac_private.count_runs(scheduled_for timestamptz, run_ids bigint[]) returns void
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_deltas almanac_private.pending_counters[];
  v_ids bigint[];
begin
  with ended as materialized (
    select r.schedule_id, r.id, r.status, r.status in ('failed', 'timed_out') as is_failed,
      max(r.id) filter (where r.status = 'succeeded') over (partition by r.schedule_id) as succeeded
    from almanac.runs r where r.id = any (count_runs.run_ids) and r.scheduled_for = count_runs.scheduled_for
  ), counted as materialized (
    select e.schedule_id, count(*) filter (where e.is_failed) as failed,
      (array_agg(e.status order by e.id desc))[1] as last_status,
      max(e.succeeded) is not null as has_succeeded,
      count(*) filter (where e.is_failed and e.id > coalesce(e.succeeded, 0)) as failed_since
    from ended e group by e.schedule_id
  )
  select array_agg(row(null, c.schedule_id, c.failed, c.last_status, 0, null, c.has_succeeded,
    c.failed_since)::almanac_private.pending_counters),
    array_agg(c.schedule_id)
  into v_deltas, v_ids
  from counted c join almanac.schedules s on s.id = c.schedule_id
  where c.failed > 0 or s.last_status is distinct from c.last_status
    or exists (select from almanac_private.pending_counters u where u.schedule_id = c.schedule_id);
  if v_ids is not null then
    perform almanac_private.apply_counters(v_deltas, v_ids);
  end if;
end
$$;
comment on function almanac_private.count_runs(timestamptz, bigint[]) is
  'Writes the counters of the schedules whose runs of one time have just ended, where they change. Those that '
  'someone holds locked wait in pending_counters.';
--! EndIncluded functions/runs/count_runs.sql
--! Included functions/runs/count_runs_to_cancel.sql
-- Definer: reads which runs are unfinished, which is the engine's.
create or replace function almanac.count_runs_to_cancel(
  filter jsonb, out unbegun bigint, out running bigint, out stopping bigint, out others bigint
)
language plpgsql stable security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_filter almanac_private.run_filter := almanac_private.read_run_filter(count_runs_to_cancel.filter);
begin
  select count(*) filter (where u.is_mine and u.status <> 'running'),
    count(*) filter (where u.is_mine and u.status = 'running' and not u.is_stopping),
    count(*) filter (where u.is_mine and u.is_stopping), count(*) filter (where not u.is_mine)
  into unbegun, running, stopping, others
  from almanac_private.unfinished_runs(v_filter) u;
end
$$;
comment on function almanac.count_runs_to_cancel(jsonb) is
  'What cancel_runs() would cancel: unbegun, at once; running, by asking their workers. stopping: those that are '
  'asked already; others: those of schedules that the caller may not change, which it leaves alone.';
grant execute on function almanac.count_runs_to_cancel(jsonb) to almanac_viewer;
--! EndIncluded functions/runs/count_runs_to_cancel.sql
--! Included functions/runs/count_runs_to_retry.sql
-- Definer: as retry_failed().
create or replace function almanac.count_runs_to_retry(
  filter jsonb, out failed bigint, out retried bigint, out impossible bigint, out others bigint
)
language plpgsql stable security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_filter almanac_private.run_filter := almanac_private.read_run_filter(count_runs_to_retry.filter);
begin
  select count(*) filter (where f.is_mine and f.is_possible and not f.is_retried),
    count(*) filter (where f.is_mine and f.is_retried),
    count(*) filter (where f.is_mine and not f.is_possible and not f.is_retried), count(*) filter (where not f.is_mine)
  into failed, retried, impossible, others
  from almanac_private.failed_runs(v_filter) f;
end
$$;
comment on function almanac.count_runs_to_retry(jsonb) is
  'What retry_failed() would repeat: failed. retried: those that were repeated already; impossible: those '
  'whose schedule was deleted or has another task; others: those of schedules that the caller may not change. It '
  'leaves all of these alone.';
grant execute on function almanac.count_runs_to_retry(jsonb) to almanac_viewer;
--! EndIncluded functions/runs/count_runs_to_retry.sql
--! Included functions/runs/end_lacking_runs.sql
-- Called by reconcile, with its rights.
create or replace function almanac_private.end_lacking_runs(as_of timestamptz default statement_timestamp())
returns table (schedule_id bigint, schedule_name text, run_id bigint, detail text)
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_limit interval := (select make_interval(mins => (s.value #>> '{}')::integer) from almanac_private.settings s
    where s.key = 'lacking_task_minutes');
  v_found record;
begin
  -- The time counts only while workers run that lack it: after a break, as when all are down for a deployment, it
  -- begins again.
  update almanac_private.known_tasks t
  set lacking_since = case when t.lacking_seen_at > end_lacking_runs.as_of - interval '5 minutes' then t.lacking_since
    else end_lacking_runs.as_of end,
    lacking_seen_at = end_lacking_runs.as_of
  where not t.is_builtin and not almanac_private.task_is_available(t.identifier, false, t.last_seen_at)
    and almanac_private.has_running_worker();
  update almanac_private.known_tasks t set lacking_since = null, lacking_seen_at = null
  where t.lacking_since is not null and (almanac_private.task_is_available(t.identifier, false, t.last_seen_at)
    or not almanac_private.has_running_worker());

  for v_found in
    select r.id, r.schedule_id, r.schedule_name, r.scheduled_for, r.task_identifier
    from almanac.tasks t
    join almanac.runs r on r.task_identifier = t.identifier
    join almanac_private.live_runs l on l.run_id = r.id and l.scheduled_for = r.scheduled_for
    where t.lacking_since <= end_lacking_runs.as_of - v_limit and r.status in ('waiting', 'queued', 'retrying')
    order by r.scheduled_for, r.id for no key update of r skip locked
  loop
    detail := format('No running worker has had the task %s for %s. Start one that has it, or give the schedule '
      'another task.', v_found.task_identifier, v_limit);
    update almanac.runs r set status = 'failed', error = end_lacking_runs.detail, finished_at = end_lacking_runs.as_of
    where r.id = v_found.id and r.scheduled_for = v_found.scheduled_for
      and r.status in ('waiting', 'queued', 'retrying');
    delete from almanac_private.live_runs l where l.schedule_id = v_found.schedule_id and l.run_id = v_found.id;
    perform almanac_private.remove_jobs(array['run:' || v_found.id]);
    perform almanac_private.count_runs(v_found.scheduled_for, array[v_found.id]);
    schedule_id := v_found.schedule_id;
    schedule_name := v_found.schedule_name;
    run_id := v_found.id;
    return next;
  end loop;
end
$$;
comment on function almanac_private.end_lacking_runs(timestamptz) is
  'Notes which tasks the running workers lack, and fails the runs that have waited for one of them for an hour '
  '(lacking_task_minutes in almanac_private.settings).';
--! EndIncluded functions/runs/end_lacking_runs.sql
--! Included functions/runs/end_misfits.sql
-- Called by begin_runs, with its rights and settings, where the payload of some schedule was last checked by an earlier
-- schema.
create or replace function almanac_private.end_misfits(
  run_ids bigint[], scheduled_fors timestamptz[], as_of timestamptz
) returns void
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_found record;
  v_problem text;
  v_schedules bigint[] := '{}';
begin
  for v_found in
    select r.id, r.scheduled_for, r.schedule_id, r.trigger, r.task_identifier, r.payload, o.problem, o.changed_at,
      s.payload is not distinct from r.payload as is_schedules
    from unnest(end_misfits.run_ids, end_misfits.scheduled_fors) a(id, at)
    join almanac.runs r on r.id = a.id and r.scheduled_for = a.at
    join almanac_private.outdated_checks o
      on o.schedule_id = r.schedule_id and o.task_identifier = r.task_identifier
    left join almanac.schedules s on s.id = r.schedule_id
    where r.status in ('queued', 'retrying')
    order by r.scheduled_for, r.id for no key update of r skip locked
  loop
    v_problem := case when v_found.is_schedules then v_found.problem end;
    if v_problem is null then
      -- Whoever triggers one has its payload checked.
      if v_found.trigger <> 'manual' or v_found.scheduled_for <= v_found.changed_at then
        v_problem := almanac_private.payload_problem(v_found.task_identifier, v_found.payload);
      end if;
      if v_found.is_schedules then
        perform almanac_private.note_payload_check(v_found.schedule_id, v_found.id, v_problem);
      end if;
    end if;
    continue when v_problem is null;
    update almanac.runs r
    set status = 'failed', finished_at = end_misfits.as_of, error = v_problem
      || E'\nThe task''s schema has changed since the payload was written. Change the payload, then trigger the '
      'schedule.'
    where r.id = v_found.id and r.scheduled_for = v_found.scheduled_for;
    delete from almanac_private.live_runs l where l.schedule_id = v_found.schedule_id and l.run_id = v_found.id;
    perform almanac_private.count_runs(v_found.scheduled_for, array[v_found.id]);
    v_schedules := v_schedules || v_found.schedule_id;
  end loop;
  if v_schedules <> '{}' then
    perform almanac_private.release_waiting(v_schedules, end_misfits.as_of);
    perform almanac_private.notify_changed('almanac_runs', v_schedules);
  end if;
end
$$;
comment on function almanac_private.end_misfits(bigint[], timestamptz[], timestamptz) is
  'Of runs that are to begin, fails those whose payload does not fit their task, as its schema has changed since it '
  'was written: without an attempt, which could only fail.';
--! EndIncluded functions/runs/end_misfits.sql
--! Included functions/runs/ended_at.sql
create or replace function almanac_private.ended_at(begun_at timestamptz, detail jsonb, as_of timestamptz)
returns timestamptz
language sql stable parallel safe
return case when detail ? 'agoMs'
  then greatest(begun_at, as_of - make_interval(secs => greatest(least((detail ->> 'agoMs')::float8, 1e12), 0) / 1000))
  else as_of
end;
comment on function almanac_private.ended_at(timestamptz, jsonb, timestamptz) is
  'When an attempt ended that began at begun_at and is recorded as_of. detail: what finish_runs was told of it. A '
  'plain expression, so that callers inline it.';
--! EndIncluded functions/runs/ended_at.sql
--! Included functions/runs/failed_runs.sql
-- Called by definer functions, with their rights.
create or replace function almanac_private.failed_runs(filter almanac_private.run_filter)
returns table (id bigint, scheduled_for timestamptz, is_mine boolean, is_retried boolean, is_possible boolean)
language plpgsql stable set search_path to pg_catalog, pg_temp set jit to off
as $$
declare
  v_most constant integer := 100000;
  v_schedules bigint[];
  v_count bigint;
begin
  if failed_runs.filter.ids is null and failed_runs.filter.since is null then
    raise exception using errcode = 'AL012', message = 'The filter says no time since when runs are to be repeated.',
      detail = 'since is missing.', hint = 'Give since, of scheduled_for, or ids.';
  end if;
  if failed_runs.filter.schedule_id is not null then
    v_schedules := array[failed_runs.filter.schedule_id];
  elsif failed_runs.filter.tag is not null then
    v_schedules := array(select s.id from almanac.schedules s where failed_runs.filter.tag = any (s.tags));
  end if;
  if failed_runs.filter.ids is null then
    v_count := (select count(*) from (
      select from almanac.runs r
      where r.scheduled_for >= failed_runs.filter.since
        and r.scheduled_for < coalesce(failed_runs.filter.until, 'infinity')
        and (v_schedules is null or r.schedule_id = any (v_schedules))
      limit v_most + 1) c);
    if v_count > v_most then
      raise exception using errcode = 'AL012', message = 'The filter covers more than 100,000 runs.',
        detail = format('since: %s, until: %s.', failed_runs.filter.since,
          coalesce(failed_runs.filter.until::text, 'null')),
        hint = 'Give a shorter range, or a schedule.';
    end if;
  end if;
  return query
  select r.id, r.scheduled_for, almanac_private.may_change_run(r), exists (
    select from almanac.runs t
    where t.schedule_id = r.schedule_id and t.scheduled_for = r.scheduled_for and t.retried_from = r.id),
    almanac_private.retry_problem(r) is null
  from almanac.runs r left join almanac.schedules s on s.id = r.schedule_id
  where (failed_runs.filter.ids is null or r.id = any (failed_runs.filter.ids))
    and r.scheduled_for >= coalesce(failed_runs.filter.since, '-infinity')
    and r.scheduled_for < coalesce(failed_runs.filter.until, 'infinity')
    and (v_schedules is null or r.schedule_id = any (v_schedules))
    and r.status in ('failed', 'timed_out', 'cancelled')
    -- Cancelled ones only if they are asked for.
    and (r.status <> 'cancelled' or failed_runs.filter.status is not null)
    and almanac_private.fits_run_filter(r, s, failed_runs.filter);
end
$$;
comment on function almanac_private.failed_runs(almanac_private.run_filter) is
  'The runs that fit a filter and failed or timed out, or were cancelled, if the filter names that state; whether the '
  'caller may repeat them, whether someone has, and whether it is possible.';
--! EndIncluded functions/runs/failed_runs.sql
--! Included functions/runs/find_run.sql
create or replace function almanac_private.find_run(run_id bigint) returns almanac.runs
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_run almanac.runs;
begin
  select r.* into v_run from almanac.runs r where r.id = find_run.run_id;
  if v_run.id is null then
    raise exception using errcode = 'AL007',
      message = format('There is no run %s.', coalesce(find_run.run_id::text, 'null')),
      detail = 'History that is old enough is deleted.',
      hint = 'Look at: select id, schedule_name, status from almanac.runs order by scheduled_for desc limit 20.';
  end if;
  return v_run;
end
$$;
comment on function almanac_private.find_run(bigint) is 'The run of this number; raises AL007 if there is none.';
--! EndIncluded functions/runs/find_run.sql
--! Included functions/runs/finish_runs.sql
-- Definer: writes the ledger and Graphile Worker's jobs.
--
-- The other half of begin_runs, by the same rules (time by time, by key, no waiting, locks in one order): 22 to 25 µs a
-- run for the update, a row of run_attempts and the deletion from live_runs; the first version took 47.
--
-- Nearly every result is "succeeded" with nothing to tell. The arguments are therefore boiled down to v_details, which
-- has an entry only for runs of which there is more to say, and is null for most batches. What follows from an end is
-- done only for those that need it: attempts left (retry_runs); a status that the schedule does not show yet
-- (count_runs; a schedule that only succeeds is not written, as that would cost 20 µs a run); runs that waited for this
-- one (release_waiting), which one look into an index of live_runs tells.
create or replace function almanac_private.finish_runs(
  worker_id bigint, results jsonb, as_of timestamptz default clock_timestamp()
) returns bigint[]
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
  -- By key, whatever the statistics say: a hash join would read all of a large table for a handful of rows, here and in
  -- add_jobs.
  set jit to off set enable_hashjoin to off set enable_mergejoin to off set enable_seqscan to off
    -- Of rows that are gone, a scan of an index marks the entries, so that the next one passes them; a bitmap does not.
    set enable_bitmapscan to off set plan_cache_mode to force_generic_plan
as $$
declare
  v_time timestamptz;
  v_ids bigint[];
  v_free bigint[];
  v_held bigint[] := '{}';
  v_were_held boolean := exists (select from almanac_private.held_runs);
  v_details jsonb;
  v_ended bigint[];
  v_retried bigint[];
  v_queueing bigint[];
  v_counts boolean;
  v_pending boolean := exists (select from almanac_private.pending_counters);
begin
  -- One time after the other, as a herd has one: so only the partition of that time is opened. In order of time and
  -- number all runs are locked.
  for v_time, v_ids, v_details in
    select (a.result ->> 'scheduledFor')::timestamptz, array_agg((a.result ->> 'runId')::bigint),
      jsonb_object_agg(a.result ->> 'runId', almanac_private.kept_outcome(a.result))
        filter (where a.result ->> 'status' <> 'succeeded' or a.result ?| array['result', 'agoMs'])
    from jsonb_array_elements(finish_runs.results) a(result)
    group by 1 order by 1
  loop
    v_free := array(
      select r.id from almanac.runs r where r.id = any (v_ids) and r.scheduled_for = v_time
      order by r.id for no key update skip locked);
    if cardinality(v_free) < cardinality(v_ids) then
      v_held := v_held || almanac_private.note_held_runs(v_time, v_ids, v_free);
    end if;
    if v_were_held then
      delete from almanac_private.held_runs h where h.run_id = any (v_free);
    end if;
    with ended as materialized (
      -- Of whom there is nothing to tell, they have succeeded.
      update almanac.runs r
      set (status, finished_at) = (
          select a.status, case when a.status <> 'retrying'
            then almanac_private.ended_at(r.attempt_started_at, v_details -> r.id::text, finish_runs.as_of) end
          from almanac_private.status_after_attempt(
            coalesce((v_details -> r.id::text ->> 'status')::almanac.run_status, 'succeeded'),
            r.attempt, r.max_attempts, r.cancel_requested_at, r.lost_attempts, v_details -> r.id::text) a(status)),
        -- What ended with its worker does not use up an attempt of the task.
        max_attempts = r.max_attempts + case when r.max_attempts = 1 then 0
          when (v_details -> r.id::text ->> 'isReturned')::boolean
          or (v_details -> r.id::text ->> 'isLost')::boolean
            and coalesce(r.lost_attempts, 0) + 1 < almanac_private.max_lost_attempts() then 1 else 0 end,
        lost_attempts = coalesce(r.lost_attempts, 0)
          + coalesce((v_details -> r.id::text ->> 'isLost')::boolean::integer, 0),
        error = case when v_details is null then null else coalesce((v_details -> r.id::text ->> 'error')
            || almanac_private.lost_note(coalesce(r.lost_attempts, 0) + 1, r.max_attempts, v_details -> r.id::text),
              case when v_details -> r.id::text ->> 'status' <> 'succeeded' then r.error end) end,
        result = v_details -> r.id::text -> 'result'
      where r.id = any (v_free) and r.scheduled_for = v_time
        -- A case, which no plan is built upon: by their status, all of a partition may be read for the few that run.
        and case when r.status = 'running' then r.worker_id = finish_runs.worker_id else false end
      returning r.id, r.schedule_id, r.attempt, r.status, r.attempt_started_at
    ), attempts as (
      insert into almanac.run_attempts (run_id, scheduled_for, attempt, status, started_at, finished_at,
        worker_id, error)
      select e.id, v_time, e.attempt,
        case when e.status = 'retrying' and (v_details -> e.id::text ->> 'isReturned')::boolean then 'cancelled'
          when e.status = 'retrying' then (v_details -> e.id::text ->> 'status')::almanac.run_status else e.status end,
        e.attempt_started_at, almanac_private.ended_at(e.attempt_started_at, v_details -> e.id::text,
          finish_runs.as_of), finish_runs.worker_id, v_details -> e.id::text ->> 'error'
      from ended e
    ), dead as (
      delete from almanac_private.live_runs l using ended e
      where l.schedule_id = any (array[e.schedule_id]) and l.run_id = e.id and e.status <> 'retrying'
    )
    select array_agg(e.id) filter (where e.status <> 'retrying'),
      array_agg(e.id order by e.id) filter (where e.status = 'retrying'),
      v_queueing || array_agg(e.schedule_id) filter (where e.status <> 'retrying' and exists (
        select from almanac_private.live_runs w where w.schedule_id = e.schedule_id and w.is_waiting)),
      bool_or(e.status in ('failed', 'timed_out') or e.status <> 'retrying'
        and (v_pending or s.last_status is distinct from e.status))
    into v_ended, v_retried, v_queueing, v_counts
    from ended e left join almanac.schedules s on s.id = any (array[e.schedule_id]);

    if v_retried is not null then
      perform almanac_private.retry_runs(v_time, v_retried, v_details, finish_runs.as_of);
    end if;
    if v_counts then
      perform almanac_private.count_runs(v_time, v_ended);
    end if;
  end loop;
  if v_queueing <> '{}' then
    perform almanac_private.release_waiting(v_queueing, finish_runs.as_of);
  end if;
  return v_held;
end
$$;
comment on function almanac_private.finish_runs(bigint, jsonb, timestamptz) is
  'Records how attempts ended: [{"runId", "scheduledFor", "status": succeeded|failed|timed_out|cancelled, "error", '
  '"result", "isLost": it was lost with its worker, "isReturned": its worker, which stops, hands it back, '
  '"isPermanent": another attempt would fail just so, "agoMs": how long ago it ended; none: just now}]. Retries what '
  'has attempts left, and releases what waited. Looks only at runs that this worker had running. Those that someone '
  'holds locked are not waited for: it returns them, and is to be told again. An error or result that is too large is '
  'cut or left out, and says so.';
grant execute on function almanac_private.finish_runs(bigint, jsonb, timestamptz) to almanac_worker;
--! EndIncluded functions/runs/finish_runs.sql
--! Included functions/schedules/schedules_is_frequent.sql
create or replace function almanac.schedules_is_frequent(schedule almanac.schedules) returns boolean
language sql stable parallel safe
return case (schedules_is_frequent.schedule).kind
  when 'interval' then (schedules_is_frequent.schedule).every < interval '2 hours'
  when 'cron' then bit_count(((schedules_is_frequent.schedule).rule).seconds::bit(64))
    * bit_count(((schedules_is_frequent.schedule).rule).minutes::bit(64))
    * bit_count(((schedules_is_frequent.schedule).rule).hours::bit(32)) > 12
  else false end;
comment on function almanac.schedules_is_frequent(almanac.schedules) is
  'Whether its rule names more than 12 times on a day on which it names any.';
grant execute on function almanac.schedules_is_frequent(almanac.schedules) to almanac_viewer;
--! EndIncluded functions/schedules/schedules_is_frequent.sql
--! Included functions/runs/fits_run_filter.sql
create or replace function almanac_private.fits_run_filter(
  run almanac.runs, schedule almanac.schedules, filter almanac_private.run_filter
) returns boolean
language sql stable
return (filter.ids is null or run.id = any (filter.ids))
  and (filter.schedule_id is null or run.schedule_id = filter.schedule_id)
  and (filter.task is null or run.task_identifier = filter.task)
  and (filter.tag is null or filter.tag = any (schedule.tags))
  and (filter.run_as is null or run.run_as = filter.run_as)
  and (filter.worker_id is null or run.worker_id = filter.worker_id)
  and (filter.trigger is null or run.trigger = filter.trigger)
  and (filter.status is null or run.status = any (filter.status))
  and (filter.since is null or run.scheduled_for >= filter.since)
  and (filter.until is null or run.scheduled_for < filter.until)
  and (filter.search is null or strpos(lower(run.schedule_name), lower(filter.search)) > 0
    or strpos(lower(run.error), lower(filter.search)) > 0)
  and (filter.without_frequent is not true or not almanac.schedules_is_frequent(schedule));
comment on function almanac_private.fits_run_filter(
  almanac.runs, almanac.schedules, almanac_private.run_filter
) is 'Whether a run fits a filter. A plain expression, so that callers inline it.';
grant execute on function almanac_private.fits_run_filter(
  almanac.runs, almanac.schedules, almanac_private.run_filter
) to almanac_viewer;
--! EndIncluded functions/runs/fits_run_filter.sql
--! Included functions/runs/holders_of_slots.sql
-- Called by runs_blocked_because, with its rights.
create or replace function almanac_private.holders_of_slots(statements boolean) returns text
language sql stable
return (
  select string_agg(format('%s by %s of %s', h.count, h.task_identifier, h.run_as), ', '
    order by h.count desc, h.run_as, h.task_identifier)
  from (
    select r.run_as, r.task_identifier, count(*) as count
    from (select l.run_id, l.scheduled_for from almanac_private.live_runs l where not l.is_waiting limit 10000) l
    join almanac.runs r on r.id = l.run_id and r.scheduled_for = l.scheduled_for
    where r.status = 'running'
    group by r.run_as, r.task_identifier
    order by (r.task_identifier = 'almanac:sql') = holders_of_slots.statements desc, count(*) desc, r.run_as,
      r.task_identifier
    limit 3
  ) h);
comment on function almanac_private.holders_of_slots(boolean) is
  'Which tasks of which roles most running runs are of, statements first or last: at most three. Of more than 10,000 '
  'unfinished runs it looks at so many. Null: none is running.';
--! EndIncluded functions/runs/holders_of_slots.sql
--! Included functions/runs/insert_run.sql
-- Definer: writes the ledger. Called by the engine only; rights are checked by whoever calls it.
create or replace function almanac_private.insert_run(
  schedule almanac.schedules, scheduled_for timestamptz, due_at timestamptz, trigger almanac.run_trigger,
  payload jsonb, requested_by text, as_of timestamptz, counts_toward_overlap boolean default false
) returns almanac.runs
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
  -- By key, whatever the statistics say, as fire_due.
  set jit to off set enable_hashjoin to off set enable_mergejoin to off set enable_seqscan to off
as $$
declare
  v_run almanac.runs;
  v_status almanac.run_status := 'queued';
  v_reason text;
  v_cancels boolean := insert_run.counts_toward_overlap and schedule.overlap_policy = 'cancel_running';
  v_recorded record;
begin
  if v_cancels then
    perform almanac_private.lock_cancellable(array[schedule.id], true);
  end if;
  if insert_run.counts_toward_overlap
    and not (schedule.overlap_policy = 'allow' and schedule.max_concurrent is null)
  then
    select almanac_private.overlap_status(schedule.overlap_policy, schedule.max_concurrent, c.live, c.waiting),
      almanac_private.overlap_reason(schedule.overlap_policy, schedule.max_concurrent, c.live, c.waiting)
    into v_status, v_reason
    from (
      select case when v_cancels then l.running else l.live end as live, l.waiting
      from almanac_private.live_counts(schedule.id, schedule.overlap_policy, schedule.max_concurrent) l
    ) c;
  end if;
  v_recorded := almanac_private.record_verdicts(array[row(schedule.id, insert_run.scheduled_for, insert_run.due_at,
    v_status, v_reason, null, v_cancels, null, null, null, null, null, insert_run.trigger, insert_run.payload,
    schedule.run_as, insert_run.requested_by, insert_run.counts_toward_overlap)::almanac_private.verdict],
    '{}', insert_run.as_of);
  select r.* into v_run from almanac.runs r
  where r.id = v_recorded.run_ids[1] and r.scheduled_for = insert_run.scheduled_for;
  if v_run.status <> 'skipped' then
    insert into almanac_private.pending_counters (schedule_id, total, last_run_at)
    values (schedule.id, 1, insert_run.due_at);
  end if;
  return v_run;
end
$$;
comment on function almanac_private.insert_run(
  almanac.schedules, timestamptz, timestamptz, almanac.run_trigger, jsonb, text, timestamptz, boolean
) is
  'Writes one run that no rule names to the ledger, with its job, and counts it. counts_toward_overlap: the overlap '
  'policy looks at it, and it counts for others.';
--! EndIncluded functions/runs/insert_run.sql
--! Included functions/runs/kept_text.sql
create or replace function almanac_private.kept_text(text text, most integer) returns text
language sql immutable parallel safe
-- One that was cut already, and ends in …, stays as it is.
return case when length(text) > most + 1 then left(text, most) || '…' else text end;
comment on function almanac_private.kept_text(text, integer) is
  'A text as it is kept: cut, and ended with …, if it has more characters than that.';
--! EndIncluded functions/runs/kept_text.sql
--! Included functions/runs/kept_result.sql
create or replace function almanac_private.kept_result(result jsonb) returns jsonb
language plpgsql immutable parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  v_most constant integer := 262144;
  v_bytes integer := octet_length(kept_result.result::text);
  v_why text := case
    when v_bytes > v_most then format('The result has %s bytes; up to %s are kept.', v_bytes, v_most)
    when almanac_private.nests_too_deeply(kept_result.result) then 'The result has more than 100 levels.'
  end;
begin
  return case when v_why is null then kept_result.result
    else jsonb_build_object('omitted', v_why, 'was', almanac_private.kept_text(kept_result.result::text, 1000)) end;
end
$$;
comment on function almanac_private.kept_result(jsonb) is
  'A result as it is kept: {"omitted": why, "was": its first characters} in the place of what is too large or nests '
  'deeply.';
--! EndIncluded functions/runs/kept_result.sql
--! Included functions/runs/kept_outcome.sql
create or replace function almanac_private.kept_outcome(outcome jsonb) returns jsonb
language sql immutable parallel safe
return outcome
  || case when outcome ? 'error'
    then jsonb_build_object('error', almanac_private.kept_text(outcome ->> 'error', 16384)) else '{}' end
  || case when outcome ? 'result'
    then jsonb_build_object('result', almanac_private.kept_result(outcome -> 'result')) else '{}' end;
comment on function almanac_private.kept_outcome(jsonb) is
  'What finish_runs is told of an attempt, with its error and result as they are kept.';
--! EndIncluded functions/runs/kept_outcome.sql
--! Included functions/runs/last_outcomes.sql
create or replace function almanac.last_outcomes(schedule_ids bigint[], max_count integer default 60)
returns table (schedule_id bigint, outcomes almanac.run_status[], ended_for timestamptz)
language plpgsql stable rows 100 set search_path to pg_catalog, pg_temp
as $$
begin
  if last_outcomes.max_count not between 1 and 60 or cardinality(last_outcomes.schedule_ids) > 200 then
    raise exception using errcode = 'AL012', message = 'Too many outcomes are asked for.',
      detail = format('schedule_ids: %s; max_count: %s.', cardinality(last_outcomes.schedule_ids),
        coalesce(last_outcomes.max_count::text, 'null')),
      hint = 'Ask for up to 200 schedules, and from 1 to 60 outcomes of each.';
  end if;
  return query
  select s.id, coalesce(e.outcomes, '{}'), e.ended_for
  from (select distinct u.id from unnest(last_outcomes.schedule_ids) u(id) where u.id is not null) s
  cross join lateral (
    select array_agg(l.status order by l.scheduled_for, l.id) as outcomes,
      (array_agg(l.due_at order by l.scheduled_for desc, l.id desc))[1] as ended_for
    from (
      select r.status, r.scheduled_for, r.due_at, r.id from almanac.runs r where r.schedule_id = s.id
      order by r.scheduled_for desc, r.id desc limit last_outcomes.max_count
    ) l
    where l.status in ('succeeded', 'failed', 'timed_out', 'cancelled', 'skipped')
  ) e
  order by s.id;
end
$$;
comment on function almanac.last_outcomes(bigint[], integer) is
  'How the last runs of each of some schedules ended, the oldest first; what has not ended is left out. '
  'ended_for: when the last of them was due.';
grant execute on function almanac.last_outcomes(bigint[], integer) to almanac_viewer;
--! EndIncluded functions/runs/last_outcomes.sql
--! Included functions/runs/max_lost_attempts.sql
create or replace function almanac_private.max_lost_attempts() returns integer
language sql stable parallel safe
return (select (s.value #>> '{}')::integer from almanac_private.settings s where s.key = 'max_lost_attempts');
comment on function almanac_private.max_lost_attempts() is
  'So many workers may be lost with a run: with the last of them it fails, as its task may be what ends them.';
--! EndIncluded functions/runs/max_lost_attempts.sql
--! Included functions/runs/lost_note.sql
create or replace function almanac_private.lost_note(
  lost_attempts integer, max_attempts integer, detail jsonb
) returns text
language sql stable parallel safe
return case
  when coalesce(detail ->> 'isLost', detail ->> 'isReturned') is distinct from 'true' then ''
  when max_attempts = 1
    then E'\nmax_attempts is 1, so it is not tried again: '
      'the task may have done its work. Check, then trigger its schedule.'
  when detail ->> 'isLost' = 'true' and lost_attempts >= almanac_private.max_lost_attempts() then format(
    E'\nThis is the %s worker lost while running it, so it is not tried again: its task may be '
      'what ends them (memory, a crash, a blocked CPU). Fix it, then trigger its schedule.',
    case lost_attempts when 1 then 'first' when 2 then 'second' when 3 then 'third' else lost_attempts || 'th' end)
  else '' end;
comment on function almanac_private.lost_note(integer, integer, jsonb) is
  'What is added to the error of a run whose attempt ended with its worker, if that ends the run. detail: what '
  'finish_runs was told.';
--! EndIncluded functions/runs/lost_note.sql
--! Included functions/runs/may_change_run.sql
create or replace function almanac_private.may_change_run(run almanac.runs) returns boolean
language sql stable set search_path to pg_catalog, pg_temp
return coalesce(
  (select not s.is_system and almanac_private.may_change(s.owner_user, s.run_as_key) from almanac.schedules s
    where s.id = may_change_run.run.schedule_id),
  -- Whose it was is gone with its schedule: admins may.
  almanac_private.may_change(null, null));
comment on function almanac_private.may_change_run(almanac.runs) is
  'Whether the caller may change the schedule of a run, and so cancel it. If that was deleted for good: an admin may.';
grant execute on function almanac_private.may_change_run(almanac.runs) to almanac_viewer;
--! EndIncluded functions/runs/may_change_run.sql
--! Included functions/runs/note_held_runs.sql
-- Called by begin_runs and finish_runs, with their rights and settings.
create or replace function almanac_private.note_held_runs(
  scheduled_for timestamptz, run_ids bigint[], free_ids bigint[]
) returns bigint[]
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_held bigint[] := array(
    select r.id from almanac.runs r
    where r.id = any (note_held_runs.run_ids) and r.id <> all (note_held_runs.free_ids)
      and r.scheduled_for = note_held_runs.scheduled_for and r.finished_at is null
    order by r.id);
begin
  insert into almanac_private.held_runs (run_id, scheduled_for, held_since)
  select h.id, note_held_runs.scheduled_for, clock_timestamp() from unnest(v_held) h(id)
  on conflict do nothing;
  return v_held;
end
$$;
comment on function almanac_private.note_held_runs(timestamptz, bigint[], bigint[]) is
  'Of runs of one time, those that are not over and that someone holds locked, as they are not among free_ids: returns '
  'them, and notes since when they have waited.';
--! EndIncluded functions/runs/note_held_runs.sql
--! Included functions/runs/note_wait.sql
-- Definer: writes the ledger.
create or replace function almanac_private.note_wait(run_id bigint, scheduled_for timestamptz, reason text)
returns void
language sql volatile security definer set search_path to pg_catalog, pg_temp
begin atomic
  update almanac.runs r set reason = left(note_wait.reason, 1000)
  where r.scheduled_for = note_wait.scheduled_for and r.id = any (array(
    select h.id from almanac.runs h
    where h.id = note_wait.run_id and h.scheduled_for = note_wait.scheduled_for and h.status = 'running'
    for no key update skip locked));
end;
comment on function almanac_private.note_wait(bigint, timestamptz, text) is
  'Notes what a run that is running waits for before it does anything; null: it waits no longer. One that someone '
  'holds locked is passed over.';
grant execute on function almanac_private.note_wait(bigint, timestamptz, text) to almanac_worker;
--! EndIncluded functions/runs/note_wait.sql
--! Included functions/runs/postpone_runs.sql
-- Called by begin_runs, with its rights and settings.
create or replace function almanac_private.postpone_runs(
  scheduled_for timestamptz, run_ids bigint[], run_ats timestamptz[], job_ids bigint[], flags text[] default null
) returns bigint[]
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_keys text[] := array(select 'run:' || i.id from unnest(postpone_runs.run_ids) i(id));
  -- A job that someone has come across while a worker fetched it stays locked until his transaction ends. Whoever
  -- waited for it here, with other runs locked, could be what that transaction waits for next.
  v_free bigint[] := array(
    select w.id from graphile_worker._private_jobs w
    where w.id = any (postpone_runs.job_ids) and w.key = any (v_keys)
    order by w.id for update skip locked);
begin
  perform from graphile_worker.add_jobs(array(
    select (s.identifier, s.payload, s.queue_name, s.run_at, s.max_attempts, s.job_key, s.priority,
      postpone_runs.flags)::graphile_worker.job_spec
    from unnest(postpone_runs.run_ids, postpone_runs.run_ats) p(id, at)
    join almanac.runs r on r.id = p.id and r.scheduled_for = postpone_runs.scheduled_for
    join graphile_worker.jobs j on j.key = 'run:' || r.id
    cross join lateral almanac_private.run_job_spec(r.id, r.schedule_id, r.scheduled_for, r.attempt + 1, r.trigger,
      r.task_identifier, r.payload, r.priority, p.at, r.lost_attempts) s
    where r.status in ('queued', 'retrying') and j.id = any (v_free)
    order by r.id
  ));
  return array(
    select substr(w.key, 5)::bigint from graphile_worker._private_jobs w
    where w.id = any (postpone_runs.job_ids) and w.key = any (v_keys) and w.id <> all (v_free));
end
$$;
comment on function almanac_private.postpone_runs(timestamptz, bigint[], timestamptz[], bigint[], text[]) is
  'Gives runs of one time that cannot begin now new jobs in place of those that they have, for these times and with '
  'these flags. So they take up no slot of a worker meanwhile. Returns those whose job someone holds locked: they '
  'keep it.';
--! EndIncluded functions/runs/postpone_runs.sql
--! Included functions/runs/read_run_filter.sql
create or replace function almanac_private.read_run_filter(filter jsonb) returns almanac_private.run_filter
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_known constant text[] := array['ids', 'schedule', 'schedule_id', 'task', 'tag', 'run_as', 'worker_id', 'trigger',
    'status', 'since', 'until', 'search', 'without_frequent'];
  v_given jsonb := jsonb_strip_nulls(read_run_filter.filter);
  v_read almanac_private.run_filter;
  v_key text;
  v_message text;
begin
  -- An empty search field says nothing: it would else stand for all runs.
  if btrim(v_given ->> 'search') = '' then
    v_given := v_given - 'search';
  end if;
  if jsonb_typeof(v_given) is distinct from 'object' then
    raise exception using errcode = 'AL009', message = 'The filter is not a JSON object.',
      detail = format('It is of type %s.', coalesce(jsonb_typeof(v_given), 'null')),
      hint = 'For instance {"schedule": "nightly", "since": "2030-01-31T00:00Z"}.';
  elsif v_given - 'without_frequent' = '{}' then
    raise exception using errcode = 'AL012', message = 'Nothing says which runs.', detail = 'The filter is empty.',
      hint = format('Give some of %s. A run must fit all of them.', array_to_string(v_known, ', '));
  end if;
  -- One state may be given as a text.
  if jsonb_typeof(v_given -> 'status') = 'string' then
    v_given := jsonb_set(v_given, '{status}', jsonb_build_array(v_given -> 'status'));
  end if;
  for v_key in select k from jsonb_object_keys(v_given) k order by k loop
    if v_key <> all (v_known) then
      raise exception using errcode = 'AL009', column = v_key, message = format('There is no filter %s.', v_key),
        detail = format('Known are: %s.', array_to_string(v_known, ', ')),
        hint = 'Give some of these.' || coalesce(almanac_private.perhaps(v_key, v_known), '');
    end if;
    begin
      v_read := jsonb_populate_record(v_read, jsonb_build_object(v_key, v_given -> v_key));
    exception when others then
      get stacked diagnostics v_message = message_text;
      raise exception using errcode = sqlstate, column = v_key,
        message = format('%s cannot be read: %s', v_key, v_message),
        detail = format('%s: %s', v_key, left(v_given ->> v_key, 200)),
        hint = 'See the comment on almanac.cancel_runs.';
    end;
  end loop;
  if cardinality(v_read.ids) > 10000 then
    raise exception using errcode = 'AL012', message = 'A filter names at most 10,000 runs.',
      detail = format('ids: %s.', cardinality(v_read.ids)), hint = 'Name fewer at a time.';
  end if;
  if v_read.schedule is not null then
    v_read.schedule_id := (almanac_private.find_schedule(v_read.schedule)).id;
  end if;
  return v_read;
end
$$;
comment on function almanac_private.read_run_filter(jsonb) is
  'A filter of runs, as cancel_runs() and retry_failed() take it. Unknown names (AL009), unreadable values and an '
  'empty filter (AL012) are refused.';
grant execute on function almanac_private.read_run_filter(jsonb) to almanac_viewer;
--! EndIncluded functions/runs/read_run_filter.sql
--! Included functions/runs/release_waiting.sql
-- Definer: writes the ledger.
create or replace function almanac_private.release_waiting(
  schedule_ids bigint[] default null, as_of timestamptz default now()
) returns integer
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
  -- By key, whatever the statistics say: a hash join would read all of a large table for a handful of rows, here and in
  -- add_jobs.
  set jit to off set enable_hashjoin to off set enable_mergejoin to off set enable_seqscan to off
as $$
declare
  v_count integer;
begin
  with queues as (
    select distinct l.schedule_id from almanac_private.live_runs l
    where l.is_waiting and (release_waiting.schedule_ids is null or l.schedule_id = any (release_waiting.schedule_ids))
  ), candidates as (
    -- Once for each queue: looked at for each of its runs, a queue of thousands would take minutes.
    select o.run_id, o.scheduled_for
    from queues q
    cross join lateral (
      select l.run_id, l.scheduled_for from almanac_private.live_runs l
      where l.schedule_id = q.schedule_id and l.is_waiting order by l.run_id limit 1
    ) o
    where not exists (
      select from almanac_private.live_runs b
      where b.schedule_id = q.schedule_id and not b.is_waiting and b.counts_toward_overlap
    )
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
      select almanac_private.run_job_spec(r.id, r.schedule_id, r.scheduled_for, 1, r.trigger, r.task_identifier,
        r.payload, r.priority, null, r.lost_attempts)
      from released r order by r.id
    ))
  )
  select count(*) into v_count from released, (select count(*) from added) a;
  return v_count;
end
$$;
comment on function almanac_private.release_waiting(bigint[], timestamptz) is
  'Queues the oldest waiting run of each schedule that has none unfinished. Called when runs end, and with every '
  'heartbeat: an end and a firing at the same moment do not see each other.';
grant execute on function almanac_private.release_waiting(bigint[], timestamptz) to almanac_worker;
--! EndIncluded functions/runs/release_waiting.sql
--! Included functions/runs/retry_failed.sql
-- Definer: retry_run checks whether the caller may, for each.
create or replace function almanac.retry_failed(
  filter jsonb, reason text default null, max_count integer default 100, respect_overlap boolean default false,
  out retried integer, out refused integer, out problem text, out is_done boolean
)
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp set jit to off
as $$
declare
  v_filter almanac_private.run_filter := almanac_private.read_run_filter(retry_failed.filter);
  v_id bigint;
  v_problem text;
begin
  perform almanac_private.checked_count(retry_failed.max_count, 1000);
  retried := 0;
  refused := 0;
  is_done := true;
  for v_id in
    select f.id from almanac_private.failed_runs(v_filter) f
    where f.is_mine and f.is_possible and not f.is_retried
    order by f.scheduled_for, f.id
  loop
    if retried >= retry_failed.max_count or refused >= 1000 then
      is_done := retried = 0;
      exit;
    end if;
    begin
      perform almanac.retry_run(v_id, retry_failed.reason, retry_failed.respect_overlap);
      retried := retried + 1;
    exception when sqlstate 'AL006' or sqlstate 'AL011' or sqlstate 'AL013' or sqlstate 'AL017' then
      -- One whose payload no longer fits its task keeps no other from being repeated.
      refused := refused + 1;
      get stacked diagnostics v_problem = pg_exception_detail;
      problem := coalesce(problem, format('Run %s: %s', v_id, v_problem));
    end;
  end loop;
end
$$;
comment on function almanac.retry_failed(jsonb, text, integer, boolean) is
  'Repeats the runs that fit a filter and failed or timed out, as retry_run() does each, as far as the caller may '
  'change their schedules and no one has repeated them: the oldest first, at most max_count per call, so call it until '
  'is_done. filter: as of cancel_runs(), with since or ids; with status, cancelled ones too. count_runs_to_retry() '
  'says beforehand how many. refused: how many could not be, and problem, why the first.';
grant execute on function almanac.retry_failed(jsonb, text, integer, boolean) to almanac_operator;
--! EndIncluded functions/runs/retry_failed.sql
--! Included functions/runs/retry_problem.sql
create or replace function almanac_private.retry_problem(run almanac.runs) returns text
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_schedule almanac.schedules;
  v_retry almanac.runs;
begin
  if run.status not in ('failed', 'timed_out', 'cancelled') then
    return format('It is %s.', run.status);
  end if;
  select s.* into v_schedule from almanac.schedules s where s.id = run.schedule_id;
  -- A retry has the nominal time of the run that it repeats.
  select r.* into v_retry from almanac.runs r
  where r.schedule_id = run.schedule_id and r.scheduled_for = run.scheduled_for and r.retried_from = run.id
    and r.finished_at is null
  order by r.id limit 1;
  return case
    when v_schedule.id is null then 'Its schedule was deleted.'
    when v_schedule.deleted_at is not null then format('Its schedule was deleted at %s.', v_schedule.deleted_at)
    when v_schedule.task_identifier <> run.task_identifier
      then format('It ran %s, and its schedule now has the task %s.', run.task_identifier, v_schedule.task_identifier)
    when v_retry.id is not null then format('Run %s, which repeats it, is %s.', v_retry.id, v_retry.status)
  end;
end
$$;
comment on function almanac_private.retry_problem(almanac.runs) is
  'Why a run cannot be repeated, whoever asks; null: it can.';
grant execute on function almanac_private.retry_problem(almanac.runs) to almanac_viewer;
--! EndIncluded functions/runs/retry_problem.sql
--! Included functions/runs/retry_run.sql
-- Definer: writes the ledger; trigger_run checks whether the caller may.
create or replace function almanac.retry_run(
  run_id bigint, reason text default null, respect_overlap boolean default false
) returns almanac.runs
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp set jit to off
as $$
declare
  v_run almanac.runs := almanac_private.find_run(retry_run.run_id);
  v_schedule almanac.schedules;
  v_problem text;
begin
  perform almanac_private.check_text('reason', retry_run.reason, 1000);
  select s.* into v_schedule from almanac.schedules s where s.id = v_run.schedule_id;
  if not almanac_private.may_change(v_schedule.owner_user, v_schedule.run_as_key) then
    perform almanac_private.refuse_change(v_run.schedule_id);
  end if;
  -- Of two who ask at the same time, one is told of the other's.
  perform from almanac.runs r where r.id = v_run.id and r.scheduled_for = v_run.scheduled_for for no key update;
  v_problem := almanac_private.retry_problem(v_run);
  if v_problem is not null then
    raise exception using errcode = 'AL013', message = format('Run %s cannot be repeated.', v_run.id),
      detail = v_problem,
      hint = format('One that failed, timed out or was cancelled can, once at a time, while its schedule is there and '
        'has its task. Else: select almanac.trigger_now(%L).', v_run.schedule_name);
  end if;
  return almanac_private.trigger_run(v_schedule, v_run.payload, retry_run.respect_overlap, v_run,
    nullif(btrim(retry_run.reason), ''));
end
$$;
comment on function almanac.retry_run(bigint, text, boolean) is
  'Repeats a run that failed, timed out or was cancelled: a new run (retried_from) of the same nominal time and '
  'payload, which begins now, as its schedule says today. Where that has another payload, what runs is the caller''s, '
  'as with trigger_now(). The new run is outside the overlap policy, unless respect_overlap. AL013: it cannot be '
  'repeated.';
grant execute on function almanac.retry_run(bigint, text, boolean) to almanac_operator;
--! EndIncluded functions/runs/retry_run.sql
--! Included functions/runs/retry_runs.sql
-- Called by finish_runs, with its rights and its settings.
create or replace function almanac_private.retry_runs(
  scheduled_for timestamptz, run_ids bigint[], results jsonb, as_of timestamptz
) returns void
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
  perform from graphile_worker.add_jobs(array(
    select almanac_private.run_job_spec(r.id, r.schedule_id, r.scheduled_for, r.attempt + 1, r.trigger,
      r.task_identifier, r.payload, r.priority,
      -- One that ended with its worker at once.
      case when coalesce(retry_runs.results -> r.id::text ->> 'isLost',
        retry_runs.results -> r.id::text ->> 'isReturned') is distinct from 'true' then
        -- In seconds: an interval holds no billion times three days.
        retry_runs.as_of + make_interval(secs => least(
          extract(epoch from coalesce(s.retry_ceiling, interval '1 hour')),
          extract(epoch from coalesce(s.retry_delay, interval '5 seconds'))
            * least(power(coalesce(s.retry_backoff, 2)::float8, least(r.attempt - 1, 100)), 1e9)
        )::float8)
      end, r.lost_attempts)
    from almanac.runs r left join almanac.schedules s on s.id = r.schedule_id
    where r.id = any (retry_runs.run_ids) and r.scheduled_for = retry_runs.scheduled_for
    order by r.id
  ));
  -- One that had ended for good, as its worker said, which then was lost.
  update almanac_private.live_runs l set counts_toward_overlap = true
  from almanac.runs r
  where r.id = any (retry_runs.run_ids) and r.scheduled_for = retry_runs.scheduled_for and r.trigger = 'schedule'
    and l.schedule_id = r.schedule_id and l.run_id = r.id and not l.counts_toward_overlap;
end
$$;
comment on function almanac_private.retry_runs(timestamptz, bigint[], jsonb, timestamptz) is
  'Adds the jobs of the next attempts of runs of one time, after the delay that each schedule says. results: what '
  'finish_runs was given, by the number of the run.';
--! EndIncluded functions/runs/retry_runs.sql
--! Included functions/runs/room_of.sql
create or replace function almanac_private.room_of(room jsonb, run_as text) returns bigint
language sql immutable parallel safe
return coalesce(room -> 'roles' ->> run_as, room ->> 'others')::bigint;
comment on function almanac_private.room_of(jsonb, text) is
  'How many runs of a role there is room for, of what a worker says of its slots or of its connections.';
--! EndIncluded functions/runs/room_of.sql
--! Included functions/runs/run_job_spec.sql
create or replace function almanac_private.run_job_spec(
  run_id bigint, schedule_id bigint, scheduled_for timestamptz, attempt integer, trigger almanac.run_trigger,
  task_identifier text, payload jsonb, priority smallint, run_at timestamptz, lost_attempts integer default 0
) returns graphile_worker.job_spec
language sql stable parallel safe
return row(
  almanac_private.run_identifier(task_identifier),
  -- Put together as text: of all ways the fastest, and a herd takes thousands.
  ((case when payload = '{}' then '{'
    else left((payload - '_run')::text, -1) || case when payload - '_run' = '{}' then '' else ', ' end end)
    || '"_run": {"id": "' || run_id || '", "scheduleId": "' || schedule_id || '", "scheduledFor": '
      || to_json(scheduled_for)::text
    || ', "attempt": ' || attempt || ', "trigger": "' || trigger || '"}}')::json,
  -- Of runs with which several workers were lost, one ends them: in a queue, one at a time, it is found out, and the
  -- others are not lost with it again.
  case when lost_attempts >= 2 then 'almanac:one-at-a-time' end, run_at, 1::smallint, 'run:' || run_id, priority, null
)::graphile_worker.job_spec;
comment on function almanac_private.run_job_spec(
  bigint, bigint, timestamptz, integer, almanac.run_trigger, text, jsonb, smallint, timestamptz, integer
) is
  'The Graphile Worker job of one attempt, which only workers that record runs take. It has one attempt of its own: '
  'only Almanac retries.';
--! EndIncluded functions/runs/run_job_spec.sql
--! Included functions/workers/has_running_worker.sql
create or replace function almanac_private.has_running_worker() returns boolean
language sql stable
return exists (select from almanac.workers w
  where w.status = 'active' and w.last_heartbeat_at > clock_timestamp() - almanac_private.worker_lease());
comment on function almanac_private.has_running_worker() is
  'Whether any worker takes jobs: its last heartbeat is younger than worker_lease(), and it was not asked to stop.';
grant execute on function almanac_private.has_running_worker() to almanac_viewer;
--! EndIncluded functions/workers/has_running_worker.sql
--! Included functions/runs/waits_for_slot.sql
-- Called by definer functions, which may read jobs.
create or replace function almanac_private.waits_for_slot(run_id bigint) returns boolean
language sql stable
return exists (select from graphile_worker.jobs j
  where j.key = 'run:' || waits_for_slot.run_id and j.flags ? 'almanac:waits_for_slot');
comment on function almanac_private.waits_for_slot(bigint) is
  'Whether a run was put back as its role holds all the slots, or connections of almanac:sql, that it may: '
  'begin_runs marks its job.';
--! EndIncluded functions/runs/waits_for_slot.sql
--! Included functions/runs/runs_blocked_because.sql
-- Definer: one who sees a run may know why it does not begin.
create or replace function almanac.runs_blocked_because(run almanac.runs) returns text
language sql stable security definer set search_path to pg_catalog, pg_temp
begin atomic
  select case
    when t.available and exists (
      select from almanac_private.live_runs l join almanac.runs r on r.id = l.run_id
        and r.scheduled_for = l.scheduled_for
      where l.run_as = runs_blocked_because.run.run_as and r.status = 'running')
    then format('It waits for a free slot%s of its role: other runs of %s hold as many as one role may while others '
      'need some.',
      case t.identifier when 'almanac:sql' then ', or a connection,' else '' end, runs_blocked_because.run.run_as)
    when t.available
    then format('It waits for a free slot%s: those of other roles hold all that there are%s.',
      case t.identifier when 'almanac:sql' then ', or a connection' else '' end,
      ' (' || almanac_private.holders_of_slots(t.identifier = 'almanac:sql') || ')')
    when almanac_private.has_running_worker()
    then format('No running worker has the task %s%s.', t.identifier,
      coalesce(to_char(t.lacking_since at time zone 'UTC', '", as first seen at" YYYY-MM-DD HH24:MI "UTC"'), '')
    ) else 'No worker is running.' end
  from almanac.tasks t
  where t.identifier = runs_blocked_because.run.task_identifier
    and runs_blocked_because.run.status in ('queued', 'retrying')
    and (not t.available or almanac_private.waits_for_slot(runs_blocked_because.run.id));
end;
comment on function almanac.runs_blocked_because(almanac.runs) is
  'Why a run that is to begin cannot: no worker has its task, none is running, or its '
  'role holds as many slots as it may, or other roles hold all; null: it can, or is not to begin.';
grant execute on function almanac.runs_blocked_because(almanac.runs) to almanac_viewer;
--! EndIncluded functions/runs/runs_blocked_because.sql
--! Included functions/runs/runs_may_cancel.sql
create or replace function almanac.runs_may_cancel(run almanac.runs) returns boolean
language sql stable set search_path to pg_catalog, pg_temp
return run.finished_at is null and run.cancel_requested_at is null and almanac_private.may_change_run(run);
comment on function almanac.runs_may_cancel(almanac.runs) is
  'Whether cancel_run() would do something: it has not ended, is not being cancelled, and the caller may.';
grant execute on function almanac.runs_may_cancel(almanac.runs) to almanac_viewer;
--! EndIncluded functions/runs/runs_may_cancel.sql
--! Included functions/runs/runs_may_retry.sql
create or replace function almanac.runs_may_retry(run almanac.runs) returns boolean
language sql stable set search_path to pg_catalog, pg_temp
return run.status in ('failed', 'timed_out', 'cancelled') and almanac_private.retry_problem(run) is null and exists (
  select from almanac.schedules s
  where s.id = run.schedule_id and almanac_private.may_change(s.owner_user, s.run_as_key));
comment on function almanac.runs_may_retry(almanac.runs) is
  'Whether retry_run() can repeat it: it failed, timed out or was cancelled, its schedule is there and has its task, '
  'no one is repeating it, and the caller may.';
grant execute on function almanac.runs_may_retry(almanac.runs) to almanac_viewer;
--! EndIncluded functions/runs/runs_may_retry.sql
--! Included functions/runs/runs_next_attempt_at.sql
-- Definer: the jobs are Graphile Worker's. The row may be made up: only its id counts, and only a time is told.
create or replace function almanac.runs_next_attempt_at(run almanac.runs) returns timestamptz
language sql stable security definer set search_path to pg_catalog, pg_temp
begin atomic
  select j.run_at from graphile_worker.jobs j
  where runs_next_attempt_at.run.status = 'retrying' and j.key = 'run:' || runs_next_attempt_at.run.id;
end;
comment on function almanac.runs_next_attempt_at(almanac.runs) is
  'When a run that is tried again begins its next attempt; null: it is not waiting for one.';
grant execute on function almanac.runs_next_attempt_at(almanac.runs) to almanac_viewer;
--! EndIncluded functions/runs/runs_next_attempt_at.sql
--! Included functions/runs/runs_retries.sql
create or replace function almanac.runs_retries(run almanac.runs) returns setof almanac.runs
language sql stable rows 1 set search_path to pg_catalog, pg_temp
begin atomic
  select r.* from almanac.runs r
  -- A retry has the nominal time of the run that it repeats.
  where r.schedule_id = runs_retries.run.schedule_id and r.scheduled_for = runs_retries.run.scheduled_for
    and r.retried_from = runs_retries.run.id
  order by r.id;
end;
comment on function almanac.runs_retries(almanac.runs) is 'The runs that repeat it, by retry_run(), the oldest first.';
grant execute on function almanac.runs_retries(almanac.runs) to almanac_viewer;
--! EndIncluded functions/runs/runs_retries.sql
--! Included functions/runs/runs_without_room.sql
-- Called by begin_runs, with its rights and settings.
create or replace function almanac_private.runs_without_room(
  run_ids bigint[], scheduled_fors timestamptz[], room jsonb
) returns table (run_id bigint, lacks text, retry_in interval)
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_time timestamptz;
  v_ids bigint[] := '{}';
  v_roles text[] := '{}';
  v_statements boolean[] := '{}';
  v_queued boolean[] := '{}';
  v_found record;
begin
  -- Time by time, as begin_runs. They are not locked: one that changes meanwhile takes up room that the next call has.
  for v_time in select distinct f.at from unnest(runs_without_room.scheduled_fors) f(at) order by f.at loop
    select array_agg(r.id order by r.id) as ids, array_agg(r.run_as order by r.id) as roles,
      array_agg(r.task_identifier = 'almanac:sql' order by r.id) as statements,
      array_agg(r.status <> 'running' order by r.id) as queued
    into v_found
    from almanac.runs r
    where r.scheduled_for = v_time and r.finished_at is null and r.id = any (array(
      select a.id from unnest(runs_without_room.run_ids, runs_without_room.scheduled_fors) a(id, at)
      where a.at = v_time));
    v_ids := v_ids || v_found.ids;
    v_roles := v_roles || v_found.roles;
    v_statements := v_statements || v_found.statements;
    v_queued := v_queued || v_found.queued;
  end loop;
  return query
  with numbered as (
    select a.*, row_number() over (partition by a.run_as, a.is_statement order by a.is_queued, a.nth) as of_role
    from unnest(v_ids, v_roles, v_statements, v_queued) with ordinality a(id, run_as, is_statement, is_queued, nth)
  ), asked as (
    select n.*, n.of_role <= almanac_private.room_of(room -> 'statements', n.run_as) as in_share,
      n.of_role <= least(almanac_private.room_of(room -> 'statements', n.run_as),
        almanac_private.room_of(room -> 'slots', n.run_as)) as may_begin
    from numbered n
  ), of_statements as (
    -- Of the connections that are left, each role has one before any has a second. Only those are counted that their
    -- roles' shares let begin: others would take the last connection from a role that has a share left.
    select a.*, not a.is_statement or a.in_share and (not a.may_begin
      or row_number() over (partition by a.is_statement, a.may_begin order by a.is_queued, a.of_role, a.nth)
        <= (room -> 'statements' ->> 'total')::bigint) as has_connection
    from asked a
  ), of_slots as (
    select s.*, s.has_connection and row_number() over (
      partition by s.run_as, s.has_connection order by s.is_queued, s.nth)
      <= almanac_private.room_of(room -> 'slots', s.run_as) as has_slot
    from of_statements s
  ), left_out as (
    select o.*, case when o.has_connection then 'slots' else 'statements' end as lacks
    from of_slots o where o.is_queued and not o.has_slot
  )
  select l.id, l.lacks, make_interval(secs => (room -> l.lacks -> 'retryIn' ->> l.run_as)::float8 / 1000
    + (row_number() over (partition by l.run_as, l.lacks order by l.nth) - 1)
      * (room ->> 'spacing')::float8 / 1000)
  from left_out l;
end
$$;
comment on function almanac_private.runs_without_room(bigint[], timestamptz[], jsonb) is
  'Of runs that are to begin, those for which a worker has no room, and which it lacks: {"slots": {"roles": {role: '
  'how many}, "others": how many of any other role, "retryIn": {role: milliseconds}}, "statements": the same, of its '
  'connections for almanac:sql, and "total", of all roles, "spacing": milliseconds}. retry_in: when a run of a role '
  'that is named there is to be taken again, each that much after the one before it; null of others.';
--! EndIncluded functions/runs/runs_without_room.sql
--! Included functions/runs/said_by.sql
create or replace function almanac_private.said_by(verb text, reason text) returns text
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
begin
  perform almanac_private.check_text('reason', said_by.reason, 1000);
  return format('%s by %s%s', said_by.verb, almanac_private.actor(), ': ' || nullif(btrim(said_by.reason), ''));
end
$$;
comment on function almanac_private.said_by(text, text) is
  'Who did something to a run, and why: "cancelled by ann: wrong data". Raises AL019 above 1,000 characters, and '
  'for what changes the direction of text.';
--! EndIncluded functions/runs/said_by.sql
--! Included functions/runs/status_after_attempt.sql
create or replace function almanac_private.status_after_attempt(
  ended_as almanac.run_status, attempt integer, max_attempts integer, cancel_requested_at timestamptz,
  lost_attempts integer default 0, detail jsonb default null
) returns almanac.run_status
language sql stable parallel safe
return case
  when ended_as not in ('failed', 'timed_out') then ended_as
  when cancel_requested_at is not null then 'cancelled'
  -- A single attempt is what the task is called at most: it may have done its work.
  when max_attempts = 1 then ended_as
  when detail -> 'isReturned' = 'true' then 'retrying'
  when detail -> 'isLost' = 'true' and coalesce(lost_attempts, 0) + 1 >= almanac_private.max_lost_attempts()
    then 'failed'
  when detail -> 'isLost' = 'true' then 'retrying'
  when attempt < max_attempts and not coalesce(detail ? 'isPermanent', false) then 'retrying'
  else ended_as
end::almanac.run_status;
comment on function almanac_private.status_after_attempt(
  almanac.run_status, integer, integer, timestamptz, integer, jsonb
) is
  'What a run is after an attempt of it has ended so. detail: what finish_runs was told of it. A plain expression, '
  'so that callers inline it.';
--! EndIncluded functions/runs/status_after_attempt.sql
--! Included functions/runs/take_back_runs.sql
-- Definer: writes Graphile Worker's jobs.
create or replace function almanac_private.take_back_runs(run_ids bigint[], scheduled_fors timestamptz[]) returns void
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
  -- By key, whatever the statistics say, as begin_runs.
  set jit to off set enable_hashjoin to off set enable_mergejoin to off set enable_seqscan to off
as $$
declare
  v_count bigint;
begin
  -- One that is held locked, as by whoever cancels it, is taken at its own time: all of a worker waits for this.
  with free as materialized (
    select w.id, r.queued_at
    from unnest(take_back_runs.run_ids, take_back_runs.scheduled_fors) a(id, at)
    join almanac.runs r on r.id = a.id and r.scheduled_for = a.at
    join graphile_worker._private_jobs w on w.key = 'run:' || a.id and w.flags ? 'almanac:waits_for_slot'
    where r.status in ('queued', 'retrying') and r.queued_at is not null
    for no key update of w skip locked
  )
  -- Before what was queued after them.
  select count(j.id) into v_count
  from free f cross join lateral graphile_worker.reschedule_jobs(array[f.id], run_at => f.queued_at) j;
end
$$;
comment on function almanac_private.take_back_runs(bigint[], timestamptz[]) is
  'There is room again for runs that were put back as their role had none: their jobs are due now, as of when they '
  'were queued. Those that someone holds locked are passed over.';
grant execute on function almanac_private.take_back_runs(bigint[], timestamptz[]) to almanac_worker;
--! EndIncluded functions/runs/take_back_runs.sql
--! Included functions/runs/tg_apply_counters.sql
-- Definer: writes computed columns on behalf of whoever triggers a run.
create or replace function almanac_private.tg_apply_counters() returns trigger
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
begin
  -- Elsewhere a row that was changed meanwhile would make the commit fail: the next heartbeat counts then.
  if current_setting('transaction_isolation') = 'read committed' then
    perform almanac_private.apply_counters(schedule_ids => array[new.schedule_id]);
  end if;
  return null;
end
$$;
comment on function almanac_private.tg_apply_counters() is
  'At the commit of a transaction that triggered a run: counts it. Sooner it would hold the schedule locked, '
  'which keeps it from firing for as long as the transaction lasts.';
--! EndIncluded functions/runs/tg_apply_counters.sql
--! Included functions/runs/trigger_now.sql
-- Definer: writes the ledger; trigger_run checks whether the caller may.
create or replace function almanac.trigger_now(
  schedule text, payload jsonb default null, respect_overlap boolean default false
) returns almanac.runs
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_schedule almanac.schedules := almanac_private.find_schedule(trigger_now.schedule);
begin
  return almanac_private.trigger_run(v_schedule, coalesce(trigger_now.payload, v_schedule.payload),
    trigger_now.respect_overlap);
end
$$;
comment on function almanac.trigger_now(text, jsonb, boolean) is
  'Runs a schedule''s task once, now, with its own payload or another. The next planned run is unaffected. The run '
  'is outside the overlap policy; with respect_overlap it waits, is skipped (look at the status returned) or cancels '
  'what is running, as the policy says, and counts for later ones.';
grant execute on function almanac.trigger_now(text, jsonb, boolean) to almanac_operator;
--! EndIncluded functions/runs/trigger_now.sql
--! Included functions/runs/trigger_run.sql
-- Called by trigger_now and retry_run, with their rights.
create or replace function almanac_private.trigger_run(
  schedule almanac.schedules, payload jsonb, respect_overlap boolean, retried almanac.runs default null,
  reason text default null
) returns almanac.runs
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_run almanac.runs;
  v_now timestamptz;
begin
  if not almanac_private.may_change(schedule.owner_user, schedule.run_as_key) or schedule.is_system
    and trigger_run.payload is distinct from schedule.payload then
    perform almanac_private.refuse_change(schedule.id);
  end if;
  perform almanac_private.count_uses('triggers', 1);
  if trigger_run.respect_overlap then
    -- As for whoever fires it: of two at the same time one sees the other's run.
    perform from almanac.schedules s where s.id = schedule.id for no key update;
  end if;
  if trigger_run.payload is not distinct from schedule.payload then
    -- Its size was checked when it was written; since then the schema of the task may have changed.
    perform almanac_private.check_payload_fits(schedule.task_identifier, trigger_run.payload);
  else
    perform almanac_private.check_payload(schedule.task_identifier, trigger_run.payload);
    perform almanac_private.check_task_use(schedule.task_identifier);
    schedule.run_as := almanac_private.run_as_after(almanac_private.role_of_key(schedule.run_as_key),
      almanac_private.role_served(almanac_private.caller()));
  end if;
  perform almanac_private.check_limits(schedule.run_as, almanac_private.payload_bytes(trigger_run.payload));
  perform almanac_private.notify_changed('almanac_runs', array[schedule.id]);
  v_now := clock_timestamp();
  v_run := almanac_private.insert_run(schedule, coalesce(retried.scheduled_for, v_now), v_now, 'manual',
    trigger_run.payload, almanac_private.actor(), v_now, counts_toward_overlap => trigger_run.respect_overlap);
  if retried.id is not null then
    update almanac.runs r set retried_from = retried.id, request_reason = trigger_run.reason
    where r.id = v_run.id and r.scheduled_for = v_run.scheduled_for
    returning r.* into v_run;
  end if;
  return v_run;
end
$$;
comment on function almanac_private.trigger_run(almanac.schedules, jsonb, boolean, almanac.runs, text) is
  'Runs a schedule''s task once, now, if the caller may, with a payload that is checked. retried: the run that it '
  'repeats, whose nominal time it has; reason: why, as the caller says.';
--! EndIncluded functions/runs/trigger_run.sql
--! Included functions/runs/unfinished_runs.sql
-- Called by functions that may read live_runs, with their rights.
create or replace function almanac_private.unfinished_runs(filter almanac_private.run_filter)
returns table (id bigint, scheduled_for timestamptz, status almanac.run_status, is_stopping boolean, is_mine boolean)
language plpgsql stable set search_path to pg_catalog, pg_temp set jit to off
as $$
begin
  return query
  select r.id, r.scheduled_for, r.status, r.cancel_requested_at is not null, almanac_private.may_change_run(r)
  from almanac_private.live_runs l
  join almanac.runs r on r.id = l.run_id and r.scheduled_for = l.scheduled_for
  left join almanac.schedules s on s.id = l.schedule_id
  where r.finished_at is null and (unfinished_runs.filter.schedule_id is null
      or l.schedule_id = unfinished_runs.filter.schedule_id)
    and almanac_private.fits_run_filter(r, s, unfinished_runs.filter);
end
$$;
comment on function almanac_private.unfinished_runs(almanac_private.run_filter) is
  'The unfinished runs that fit a filter, and whether the caller may cancel them.';
--! EndIncluded functions/runs/unfinished_runs.sql
--! Included functions/schedules/check_definition.sql
create or replace function almanac.check_definition(definition jsonb)
returns table (field text, code text, message text, hint text)
language plpgsql stable rows 4 set search_path to pg_catalog, pg_temp
as $$
declare
  v_id bigint;
  v_given jsonb := case when jsonb_typeof(check_definition.definition) = 'object'
    then check_definition.definition - 'id' end;
  v_base almanac.schedules;
  v_named almanac.schedules;
  v_schedule almanac.schedules;
  v_part text;
begin
  if jsonb_typeof(check_definition.definition -> 'id') in ('string', 'number') then
    select s.* into v_base from almanac.schedules s where s.id::text = check_definition.definition ->> 'id';
    v_id := v_base.id;
  else
    v_base := almanac_private.unsaved_schedule(statement_timestamp());
  end if;
  -- Each by itself, so that one thing that is wrong does not hide another.
  foreach v_part in array array['name', 'taken', 'task', 'payload', 'tags', 'rest'] loop
    begin
      if v_part = 'rest' then
        v_schedule :=
          almanac_private.prepare_schedule(almanac_private.read_definition(v_given || '{"name": "x"}', v_base));
      elsif v_part in ('name', 'taken') then
        v_named.name := v_given ->> 'name';
        if v_part = 'taken' then
          perform almanac_private.check_name_is_free(v_named.name, v_id);
        elsif v_named.name is not null and v_named.name is distinct from v_base.name then
          perform almanac_private.check_schedule(v_named);
          perform almanac_private.check_name('name', v_named.name);
        end if;
      elsif v_part = 'task' then
        if v_given ->> 'task_identifier' <> coalesce(v_base.task_identifier, '') then
          perform almanac_private.check_task_is_known(v_given ->> 'task_identifier');
        end if;
        perform almanac_private.check_task_use(coalesce(v_given ->> 'task_identifier', v_base.task_identifier));
      elsif v_part = 'payload' then
        perform almanac_private.check_payload(coalesce(v_given ->> 'task_identifier', v_base.task_identifier),
          coalesce(v_given -> 'payload', v_base.payload));
      else
        perform almanac_private.check_tags(array(select jsonb_array_elements_text(v_given -> 'tags')))
        where jsonb_typeof(v_given -> 'tags') = 'array';
      end if;
    exception when others then
      get stacked diagnostics field = column_name, code = returned_sqlstate, message = message_text,
        hint = pg_exception_hint;
      field := nullif(field, '');
      hint := nullif(hint, '');
      return next;
    end;
  end loop;
end
$$;
comment on function almanac.check_definition(jsonb) is
  'What saving a schedule would be refused for: columns of almanac.schedules as JSON, with id those of a saved one. '
  'Unlike the error of saving, all of it: the name, whether it is free, the task and its payload, the tags, and the '
  'first thing that is wrong with the rest. No row: nothing is known to be wrong.';
grant execute on function almanac.check_definition(jsonb) to almanac_operator;
--! EndIncluded functions/schedules/check_definition.sql
--! Included functions/schedules/check_definition_size.sql
-- Before a definition is taken apart and put together again, each of which copies all of it. A payload whose text has
-- 262,144 bytes takes up to 1 MB, and the other columns have bounds of their own.
create or replace function almanac_private.check_definition_size(definition jsonb) returns void
language plpgsql immutable parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  v_most constant integer := 2000000;
begin
  if pg_column_size(check_definition_size.definition) > v_most then
    raise exception using errcode = 'AL019',
      column = case when check_definition_size.definition ? 'payload' then 'payload' else 'definition' end,
      message = format('A definition, its payload included, has at most %s bytes.', v_most),
      detail = format('This one has %s.', pg_column_size(check_definition_size.definition)),
      hint = 'A payload has at most 262,144 bytes: store the data elsewhere, and give its key or address.';
  end if;
end
$$;
comment on function almanac_private.check_definition_size(jsonb) is
  'Raises AL019 for a definition that is larger than any that could be saved.';
grant execute on function almanac_private.check_definition_size(jsonb) to almanac_viewer;
--! EndIncluded functions/schedules/check_definition_size.sql
--! Included functions/schedules/check_given.sql
create or replace function almanac_private.check_given(tab regclass, given jsonb) returns void
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_missing record;
begin
  select a.attname as name, pg_get_expr(d.adbin, d.adrelid) as standard into v_missing
  from pg_attribute a left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
  where a.attrelid = check_given.tab and a.attnum > 0 and a.attnotnull and not a.attisdropped and a.attidentity = ''
    and check_given.given -> a.attname = 'null'
  order by a.attnum limit 1;
  if v_missing.name is not null then
    raise exception using errcode = 'AL019', column = v_missing.name,
      message = format('%s must not be null.', v_missing.name),
      detail = format('%s of a row of %s.', v_missing.name, check_given.tab),
      hint = coalesce('Leave it out: its default is ' || v_missing.standard || '.', 'Give it a value.');
  end if;
end
$$;
comment on function almanac_private.check_given(regclass, jsonb) is
  'Raises AL019 for the first column of a row that has no value and must have one.';
grant execute on function almanac_private.check_given(regclass, jsonb) to almanac_viewer;
--! EndIncluded functions/schedules/check_given.sql
--! Included functions/schedules/check_id.sql
create or replace function almanac_private.check_id(id bigint) returns void
language plpgsql immutable parallel safe set search_path to pg_catalog, pg_temp
as $$
begin
  if check_id.id <= 0 then
    raise exception using errcode = 'AL019', column = 'id', message = 'An id is a positive number.',
      detail = format('id: %s.', check_id.id), hint = 'Leave it out: PostgreSQL chooses one.';
  end if;
end
$$;
comment on function almanac_private.check_id(bigint) is
  'Raises AL019 for an id that no sequence gives, where the constraint of the table would show its name and the row.';
grant execute on function almanac_private.check_id(bigint) to almanac_viewer;
--! EndIncluded functions/schedules/check_id.sql
--! Included functions/schedules/check_name.sql
create or replace function almanac_private.check_name(field text, name text) returns void
language plpgsql immutable parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  v_subject constant text := case check_name.field when 'tags' then 'A tag'
    when 'saved_views' then 'The name of a view' else 'A name' end;
  -- Listed, as what [[:space:]] and [[:cntrl:]] have beyond ASCII depends on the locale of the database.
  v_others constant text := '\u0080-\u00a0\u1680\u2000-\u200a\u202f\u205f';
begin
  if check_name.name ~ ('^[ \u3000]|[ \u3000]$|[ \u3000]{2}|[[:cntrl:]' || v_others || ']') then
    raise exception using errcode = 'AL019', column = check_name.field,
      message = format('%s must not start or end with a space, nor contain two in a row, other kinds of spaces, line '
        'breaks or tabs.', v_subject),
      detail = format('%s: %L.', check_name.field, left(check_name.name, 200)),
      hint = coalesce('Perhaps ' || quote_literal(nullif(btrim(regexp_replace(check_name.name,
        '[[:cntrl:][:space:]' || v_others || ']+', ' ', 'g')), '')) || '.', 'Give letters or digits.');
  elsif check_name.name is not nfc normalized then
    raise exception using errcode = 'AL019', column = check_name.field,
      message = format('%s must be normalized: its letters and their accents are one character each (NFC).',
        v_subject),
      detail = format('%s: %L.', check_name.field, left(check_name.name, 200)),
      hint = format('Give normalize(%L, NFC).', left(check_name.name, 200));
  end if;
  perform almanac_private.check_visible(check_name.field, check_name.name);
end
$$;
comment on function almanac_private.check_name(text, text) is
  'Raises AL019 for a name that would not be read as it is written, or that looks like another one: its spaces are '
  'single, its characters are seen, and each has one form. Of schedules, calendars, tags, users and views.';
grant execute on function almanac_private.check_name(text, text) to almanac_viewer;
--! EndIncluded functions/schedules/check_name.sql
--! Included functions/schedules/check_name_is_free.sql
create or replace function almanac_private.check_name_is_free(
  name text, schedule_id bigint default null, hint text default null
) returns void
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_taken almanac.schedules;
begin
  select s.* into v_taken from almanac.schedules s
  where s.name = check_name_is_free.name and s.deleted_at is null
    and s.id is distinct from check_name_is_free.schedule_id;
  if v_taken.id is not null then
    raise exception using errcode = '23505', column = 'name', constraint = 'schedule_name_is_unique',
      message = format('A schedule %s already exists.', quote_literal(v_taken.name)),
      detail = format('It has id %s, is of kind %s, and was created by %s.', v_taken.id, v_taken.kind,
        v_taken.created_by),
      hint = coalesce(check_name_is_free.hint,
        'Choose another name; or change it: almanac.update_schedule(), or almanac.schedule_cron() and the like.');
  end if;
end
$$;
comment on function almanac_private.check_name_is_free(text, bigint, text) is
  'Raises 23505, as the index would, with words of its own, where another schedule has the name.';
grant execute on function almanac_private.check_name_is_free(text, bigint, text) to almanac_operator;
--! EndIncluded functions/schedules/check_name_is_free.sql
--! Included functions/schedules/check_schedule.sql
create or replace function almanac_private.check_schedule(schedule almanac.schedules) returns void
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_most constant interval := '10 years';
  v_field text;
begin
  v_field := case
    when schedule.name = '' or length(schedule.name) > 200 then 'name'
    when not isfinite(schedule.starts_at) then 'starts_at'
    when not isfinite(schedule.ends_at) or schedule.ends_at <= schedule.starts_at then 'ends_at'
    when schedule.max_runs < 1 then 'max_runs'
    when schedule.priority not between 0 and 2 then 'priority'
    when schedule.max_concurrent < 1 then 'max_concurrent'
    when schedule.late_tolerance not between '0' and v_most then 'late_tolerance'
    when schedule.catchup_window not between '0' and v_most then 'catchup_window'
    when schedule.catchup_per_minute < 1 then 'catchup_per_minute'
    when schedule.max_attempts not between 1 and 1000 then 'max_attempts'
    when schedule.retry_delay not between '0' and v_most then 'retry_delay'
    when schedule.retry_backoff not between 1 and 100 then 'retry_backoff'
    when schedule.retry_ceiling not between '0' and v_most then 'retry_ceiling'
    when schedule.timeout <= '0' or schedule.timeout > v_most then 'timeout'
  end;
  if v_field is null then
    return;
  end if;
  raise exception using errcode = 'AL019', column = v_field,
    message = case v_field
      when 'name' then 'A name has 1 to 200 characters.'
      when 'starts_at' then 'The start is not a time.'
      when 'ends_at' then case when isfinite(schedule.ends_at) then 'It must end after it starts.'
        else 'The end is not a time.' end
      when 'priority' then 'The priority is 0, 1 or 2.'
      when 'max_attempts' then 'max_attempts must be between 1 and 1000.'
      when 'retry_backoff' then 'retry_backoff must be between 1 and 100.'
      when 'timeout' then 'The timeout must be positive, and at most 10 years.'
      when 'max_runs' then 'max_runs must be at least 1.'
      when 'max_concurrent' then 'max_concurrent must be at least 1.'
      when 'catchup_per_minute' then 'catchup_per_minute must be at least 1.'
      else format('%s must be between 0 and 10 years.', v_field) end,
    detail = case when v_field = 'ends_at'
      then format('starts_at: %s, ends_at: %s.', coalesce(schedule.starts_at::text, 'null'), schedule.ends_at)
      else format('%s: %s.', v_field, quote_literal(left(to_jsonb(schedule) ->> v_field, 100))) end,
    hint = case v_field
      when 'name' then case when schedule.name = '' then 'Give it one: schedules are found by name.'
        else 'Put the rest into the description.' end
      when 'starts_at' then 'Leave it null to start at once.'
      when 'ends_at' then 'Leave it null for no end.'
      when 'max_runs' then 'Leave it null for no limit. To keep it from running, set status to disabled.'
      when 'priority' then '0 is urgent, 1 normal, 2 for what can wait.'
      when 'max_concurrent' then 'Leave it null for no limit.'
      when 'max_attempts' then '1 means a single attempt, without retries.'
      when 'retry_backoff' then '1 keeps the delay as it is, 2 doubles it each time.'
      when 'timeout' then 'Leave it null for no limit, or give seconds, minutes or hours: 90 seconds.'
      when 'catchup_per_minute' then 'To catch up on nothing, set missed_run_policy to skip.'
      when 'late_tolerance' then 'If it is later than that, missed_run_policy decides.'
      when 'catchup_window' then '0 means that nothing is caught up.'
      else 'Give seconds, minutes or hours: 90 seconds.' end;
end
$$;
comment on function almanac_private.check_schedule(almanac.schedules) is
  'Raises AL019 for a value of a schedule that is out of its bounds, where the constraints of the table would show '
  'their names and the row.';
grant execute on function almanac_private.check_schedule(almanac.schedules) to almanac_viewer;
--! EndIncluded functions/schedules/check_schedule.sql
--! Included functions/schedules/check_tags.sql
create or replace function almanac_private.check_tags(tags text[]) returns void
language plpgsql immutable parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  v_most integer := (select max(length(t)) from unnest(check_tags.tags) t);
begin
  if array_ndims(check_tags.tags) > 1 or array_position(check_tags.tags, null) is not null or '' = any (check_tags.tags)
    or v_most > 100
    or cardinality(check_tags.tags) > 100
  then
    raise exception using errcode = 'AL019', column = 'tags',
      message = 'A tag has 1 to 100 characters, and a schedule at most 100 of them.',
      detail = format('tags: %s.', left(check_tags.tags::text, 200)), hint = 'For instance {crm,night}.';
  end if;
  perform almanac_private.check_name('tags', t) from unnest(check_tags.tags) t;
end
$$;
comment on function almanac_private.check_tags(text[]) is
  'Raises AL019 for tags that are null, empty, too long, too many, or not what they look like.';
grant execute on function almanac_private.check_tags(text[]) to almanac_viewer;
--! EndIncluded functions/schedules/check_tags.sql
--! Included functions/schedules/check_text.sql
create or replace function almanac_private.check_text(field text, value text, most integer) returns void
language plpgsql immutable parallel safe set search_path to pg_catalog, pg_temp
as $$
begin
  if length(check_text.value) > check_text.most then
    raise exception using errcode = 'AL019', column = check_text.field,
      message = format('%s has at most %s characters.', check_text.field, check_text.most),
      detail = format('This one has %s.', length(check_text.value)),
      hint = 'Shorten it, or store the rest elsewhere and say where.';
  elsif check_text.value is distinct from almanac_private.without_direction(check_text.value) then
    raise exception using errcode = 'AL019', column = check_text.field,
      message = format('%s has a character that changes the direction of text.', check_text.field),
      detail = format('Character %s.', (
        select min(n) from generate_series(1, length(check_text.value)) n
        where almanac_private.without_direction(substr(check_text.value, n, 1)) = '')),
      hint = 'Remove it: what stands next to the text would be read in another order. Marks of direction (U+200E, '
        'U+200F) are allowed.';
  end if;
end
$$;
comment on function almanac_private.check_text(text, text, integer) is
  'Raises AL019 for a text that is too long, or that changes the order of what stands next to it.';
grant execute on function almanac_private.check_text(text, text, integer) to almanac_viewer;
--! EndIncluded functions/schedules/check_text.sql
--! Included functions/schedules/check_unchanged.sql
create or replace function almanac_private.check_unchanged(
  schedule_id bigint, expected_updated_at timestamptz
) returns void
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_found almanac.schedules;
begin
  if check_unchanged.expected_updated_at is null then
    return;
  end if;
  -- Locked, so that what is compared is what is then changed. Of one that may not be changed no row is found, and
  -- saving says so.
  select s.* into v_found from almanac.schedules s where s.id = check_unchanged.schedule_id for no key update;
  if v_found.updated_at <> check_unchanged.expected_updated_at then
    raise exception using errcode = 'AL029', column = 'updated_at',
      message = format('%s changed the schedule %s at %s.', v_found.updated_by, v_found.name,
        almanac_private.spoken_time(v_found.updated_at, 'UTC')),
      detail = format('It was expected as of %s.',
        almanac_private.spoken_time(check_unchanged.expected_updated_at, 'UTC')),
      hint = 'Look at what it is now, and then save your changes again, or leave it.';
  end if;
end
$$;
comment on function almanac_private.check_unchanged(bigint, timestamptz) is
  'Refuses (AL029) where someone has changed a schedule since it was read, as its updated_at was then; null: does not '
  'look. Locks the schedule.';
grant execute on function almanac_private.check_unchanged(bigint, timestamptz) to almanac_operator;
--! EndIncluded functions/schedules/check_unchanged.sql
--! Included functions/schedules/check_visible.sql
-- Joiners have no width, and some scripts need them. They are allowed where Unicode's identifiers have them (UAX #31,
-- rules A1, A2 and B), as there they change what is seen: ZWNJ parts two letters of Arabic script that would join;
-- either one after a virama keeps it seen or within the letter; ZWJ makes one picture of several, of people and of
-- those listed here. What is allowed is replaced by a letter, and what is left keeps its places.
create or replace function almanac_private.check_visible(field text, name text) returns void
language plpgsql immutable parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  v_joined constant text := '[\u0626\u0628\u062a-\u062e\u0633-\u063f\u0641-\u0647\u0649\u064a\u066e\u066f\u0678-\u0687'
    || '\u069a-\u06bf\u06c1\u06c2\u06cc\u06ce\u06d0\u06d1\u06fa-\u06fc\u06ff]';
  v_arabic constant text := '[\u0622-\u063f\u0641-\u064a\u066e\u066f\u0671-\u0673\u0675-\u06d3\u06d5\u06ee\u06ef'
    || '\u06fa-\u06fc\u06ff]';
  v_vowels constant text := '[\u064b-\u065f\u0670]*';
  -- Consonants of scripts whose letters conjoin, with a nukta, and their viramas.
  v_consonant constant text := '[\u0915-\u0939\u0958-\u095f\u0995-\u09b9\u09dc-\u09df\u09f0\u09f1\u0a95-\u0ab9'
    || '\u0b15-\u0b39\u0b5c-\u0b5f\u0c15-\u0c39\u0c95-\u0cb9\u0d15-\u0d3a\u0d9a-\u0dc6]';
  v_virama constant text := '[\u093c\u09bc\u0abc\u0b3c\u0cbc]?[\u094d\u09cd\u0acd\u0b4d\u0c4d\u0ccd\u0d4d\u0dca]';
  v_person constant text := '[\U0001f466-\U0001f469\U0001f9d1][\U0001f3fb-\U0001f3ff]?';
  -- What someone does or has, and whom they are with.
  v_with constant text := '[\u2695\u2696\u2708\u2764\U0001f33e\U0001f373\U0001f37c\U0001f384\U0001f393\U0001f3a4'
    || '\U0001f3a8\U0001f3eb\U0001f3ed\U0001f466-\U0001f469\U0001f48b\U0001f4bb\U0001f4bc\U0001f527\U0001f52c\U0001f680'
    || '\U0001f692\U0001f91d\U0001f9af\U0001f9b0-\U0001f9b3\U0001f9bc\U0001f9bd\U0001f9d1\U0001f9d2\U0001fa70]';
  -- Who comes as a woman and as a man.
  v_either constant text := '(?:[\u26f9\U0001f3c3\U0001f3c4\U0001f3ca-\U0001f3cc\U0001f46e\U0001f46f\U0001f470'
    || '\U0001f471\U0001f473\U0001f477\U0001f481\U0001f482\U0001f486\U0001f487\U0001f575\U0001f645-\U0001f647\U0001f64b'
    || '\U0001f64d\U0001f64e\U0001f6a3\U0001f6b4-\U0001f6b6\U0001f926\U0001f935\U0001f937-\U0001f939'
    || '\U0001f93c-\U0001f93e\U0001f9b8\U0001f9b9\U0001f9cd-\U0001f9cf\U0001f9d4\U0001f9d6-\U0001f9df]'
    || '[\ufe0f\U0001f3fb-\U0001f3ff]?)';
  v_seen text := check_visible.name;
  v_hidden text;
begin
  if v_seen ~ '[\u200c\u200d\ufe0e\ufe0f\U000e0000-\U000e0fff]' then
    v_seen := regexp_replace(v_seen, '(?<=' || v_joined || v_vowels || ')\u200c(?=' || v_arabic || ')', 'x', 'g');
    v_seen := regexp_replace(v_seen,
      '(?<=' || v_consonant || v_virama || ')[\u200c\u200d](?=' || v_consonant || ')', 'x', 'g');
    v_seen := regexp_replace(v_seen, '(?<=' || v_person || ')\u200d(?=' || v_with || ')'
      || '|(?<=[\u2764][\ufe0f]?)\u200d(?=[\U0001f466-\U0001f469\U0001f48b\U0001f525\U0001f9d1\U0001fa79])'
      || '|(?<=\U0001f48b)\u200d(?=' || v_person || ')'
      || '|(?<=\U0001f91d)\u200d(?=\U0001f9d1)'
      || '|(?<=' || v_either || ')\u200d(?=[\u2640\u2642])'
      || '|(?<=\U0001f3f3\ufe0f?)\u200d(?=[\u26a7\U0001f308])|(?<=\U0001f3f4)\u200d(?=\u2620)'
      || '|(?<=\U0001f415)\u200d(?=\U0001f9ba)|(?<=[\U0001f408\U0001f426])\u200d(?=\u2b1b)'
      || '|(?<=\U0001f43b)\u200d(?=\u2744)|(?<=\U0001f426)\u200d(?=\U0001f525)|(?<=\U0001f62e)\u200d(?=\U0001f4a8)'
      || '|(?<=\U0001f635)\u200d(?=\U0001f4ab)|(?<=\U0001f636)\u200d(?=\U0001f32b)'
      || '|(?<=\U0001f441\ufe0f?)\u200d(?=\U0001f5e8)', 'x', 'g');
    -- The flags of England, Scotland and Wales.
    v_seen := regexp_replace(v_seen, '(?<=\U0001f3f4)\U000e0067\U000e0062(?:\U000e0065\U000e006e\U000e0067'
      || '|\U000e0073\U000e0063\U000e0074|\U000e0077\U000e006c\U000e0073)\U000e007f', 'xxxxxx', 'g');
    -- Which of its two looks a sign has, and which form an ideograph.
    v_seen := regexp_replace(v_seen, '(?<=[#*0-9])\ufe0f(?=\u20e3)'
      || '|(?<=[\u00a9\u00ae\u203c\u2049\u2122\u2139\u2194-\u21aa\u231a-\u23ff\u24c2\u25aa-\u27bf'
      || '\u2934\u2935\u2b00-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001faff])[\ufe0e\ufe0f]'
      || '|(?<=[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff])[\U000e0100-\U000e01ef]', 'x', 'g');
  end if;
  -- Soft hyphens, marks and overrides of direction, characters without width, blanks, separators of lines, tags,
  -- variants, and what fonts show as a box or not at all: private characters, and those that are none.
  v_hidden := substring(v_seen from
    '[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164'
    || '\ue000-\uf8ff\ufdd0-\ufdef\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffc\ufffe\uffff\U00013430-\U0001345f\U00016fe4'
    || '\U0001bca0-\U0001bca3\U0001d159\U0001d173-\U0001d17a\U000e0000-\U0010ffff]');
  if v_hidden is not null then
    raise exception using errcode = 'AL019', column = check_visible.field,
      message = format('%s has an invisible character, or one that changes the direction of text.',
        check_visible.field),
      detail = format('Character %s is U+%s.', strpos(v_seen, v_hidden), lpad(upper(to_hex(ascii(v_hidden))), 4, '0')),
      hint = 'Remove it: two names that look the same would be different.';
  end if;
end
$$;
comment on function almanac_private.check_visible(text, text) is
  'Raises AL019 for a name with characters that have no width or override the direction of text, by which it could '
  'pass for another name. Joiners are allowed where a script or an emoji needs them and they are seen.';
grant execute on function almanac_private.check_visible(text, text) to almanac_viewer;
--! EndIncluded functions/schedules/check_visible.sql
--! Included functions/schedules/create_schedule.sql
create or replace function almanac.create_schedule(definition jsonb) returns almanac.schedules
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
begin
  return almanac_private.save_schedule(create_schedule.definition);
end
$$;
comment on function almanac.create_schedule(jsonb) is
  'Creates a schedule from columns of almanac.schedules and their values, as JSON. What is left out gets its default.';
grant execute on function almanac.create_schedule(jsonb) to almanac_operator;
--! EndIncluded functions/schedules/create_schedule.sql
--! Included functions/schedules/definition_columns.sql
create or replace function almanac_private.definition_columns() returns text[]
language sql immutable parallel safe
return array['name', 'description', 'kind', 'cron_expression', 'every', 'run_at', 'timezone', 'starts_at', 'ends_at',
  'max_runs', 'task_identifier', 'payload', 'priority', 'status', 'pause_reason', 'overlap_policy', 'max_concurrent',
  'missed_run_policy', 'late_tolerance', 'catchup_window', 'catchup_per_minute', 'max_attempts', 'retry_delay',
  'retry_backoff', 'retry_ceiling', 'timeout', 'jitter', 'calendars', 'exclusion_policy', 'tags', 'owner_user'];
comment on function almanac_private.definition_columns() is
  'The columns of schedules that people set: what a definition in JSON may name, and what a copy of a schedule has.';
grant execute on function almanac_private.definition_columns() to almanac_viewer;
--! EndIncluded functions/schedules/definition_columns.sql
--! Included functions/schedules/find_schedule.sql
create or replace function almanac_private.find_schedule(name text) returns almanac.schedules
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_schedule almanac.schedules;
begin
  select s.* into v_schedule from almanac.schedules s where s.name = find_schedule.name and s.deleted_at is null;
  if v_schedule.id is null then
    raise exception using errcode = 'AL007',
      message = format('There is no schedule %s.', coalesce(quote_literal(find_schedule.name), 'null')),
      detail = coalesce((
        select format('One of that name was deleted at %s.', max(s.deleted_at)) from almanac.schedules s
        where s.name = find_schedule.name having max(s.deleted_at) is not null), 'No schedule has this name.'),
      hint = case when find_schedule.name is null then 'Give a name.' else 'Names must match exactly.' end
        || coalesce(almanac_private.perhaps(find_schedule.name,
        array(select s.name from almanac.schedules s where s.deleted_at is null order by s.is_system, s.id desc
          limit 1000)), '') || ' Look at: select name from almanac.schedules where deleted_at is null. '
            'almanac.restore() brings back a deleted one.';
  end if;
  return v_schedule;
end
$$;
comment on function almanac_private.find_schedule(text) is
  'The schedule of this name that is not deleted; raises AL007 if there is none.';
grant execute on function almanac_private.find_schedule(text) to almanac_viewer;
--! EndIncluded functions/schedules/find_schedule.sql
--! Included functions/schedules/has_rule.sql
create or replace function almanac_private.has_rule(
  kind almanac.schedule_kind, status almanac.schedule_status, deleted_at timestamptz, archived_at timestamptz
) returns boolean
language sql immutable parallel safe
return kind <> 'manual' and status <> 'disabled' and deleted_at is null and archived_at is null;
comment on function almanac_private.has_rule(
  almanac.schedule_kind, almanac.schedule_status, timestamptz, timestamptz
) is
  'Whether the times that a schedule''s rule names need an outcome: paused ones do, disabled and deleted ones do not.';
--! EndIncluded functions/schedules/has_rule.sql
--! Included functions/schedules/install_system_schedules.sql
create or replace function almanac_private.install_system_schedules() returns void
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
begin
  perform set_config('almanac.system', 'on', true);
  update almanac.schedules s set name = format('%s (%s)', s.name, s.id)
  where s.name = 'almanac:check-ledger' and s.deleted_at is null and not s.is_system;
  insert into almanac.schedules as s
    (name, description, kind, cron_expression, task_identifier, priority, overlap_policy, max_attempts, retry_delay,
      timeout, is_system)
  values ('almanac:check-ledger', 'Compares the ledger with what the rules name, and keeps what it finds in '
    'almanac.ledger_checks.',
    'cron', '17 * * * *', 'almanac:check_ledger', 2, 'skip', 3, '1 minute', '10 minutes', true)
  on conflict (name) where deleted_at is null do update
  set description = excluded.description, cron_expression = excluded.cron_expression, priority = excluded.priority,
    overlap_policy = excluded.overlap_policy, max_attempts = excluded.max_attempts, retry_delay = excluded.retry_delay,
      timeout = excluded.timeout;
  perform set_config('almanac.system', 'off', true);
end
$$;
comment on function almanac_private.install_system_schedules() is
  'Creates the system schedules, or brings them up to date. For migrations: only the owner may call it.';
--! EndIncluded functions/schedules/install_system_schedules.sql
--! Included functions/schedules/is_stopped.sql
create or replace function almanac_private.is_stopped() returns boolean
language sql stable parallel safe
return exists (select from almanac.stops s where s.resumed_at is null);
comment on function almanac_private.is_stopped() is 'Whether a global pause, by pause_all(), is on now.';
--! EndIncluded functions/schedules/is_stopped.sql
--! Included functions/schedules/keep_author.sql
-- Definer: no one else writes whose a schedule is. What the one has a task do must be what the other has it do, to the
-- letter, so that no one's own text gets another's rights.
create or replace function almanac_private.keep_author(schedule_id bigint, original_id bigint) returns almanac.schedules
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_original almanac.schedules;
  v_copy almanac.schedules;
  v_engine text;
begin
  select s.* into v_original from almanac.schedules s where s.id = keep_author.original_id;
  select s.* into v_copy from almanac.schedules s where s.id = keep_author.schedule_id;
  if not almanac_private.may_change(v_original.owner_user, v_original.run_as_key) then
    perform almanac_private.refuse_change(v_original.id);
  elsif not almanac_private.may_change(v_copy.owner_user, v_copy.run_as_key)
    or (v_copy.task_identifier, v_copy.payload) is distinct from (v_original.task_identifier, v_original.payload)
  then
    perform almanac_private.refuse_change(v_copy.id);
  end if;
  v_engine := almanac_private.enter_engine();
  update almanac.schedules s
  set owner_user = v_original.owner_user, run_as = v_original.run_as, run_as_key = v_original.run_as_key
  where s.id = v_copy.id
  returning s.* into v_copy;
  perform almanac_private.leave_engine(v_engine);
  return v_copy;
end
$$;
comment on function almanac_private.keep_author(bigint, bigint) is
  'Gives a copy of a schedule to whom the original belongs, with whose rights it runs. Both must be the caller''s to '
  'change, and have the same task and payload.';
grant execute on function almanac_private.keep_author(bigint, bigint) to almanac_operator;
--! EndIncluded functions/schedules/keep_author.sql
--! Included functions/schedules/move_series.sql
create or replace function almanac.move_series(
  schedule text, occurrence timestamptz, moved_to timestamptz, expected_updated_at timestamptz default null
) returns almanac.schedules
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_schedule almanac.schedules := almanac_private.find_schedule(move_series.schedule);
  v_changes jsonb;
  v_note text;
begin
  if v_schedule.is_system or not almanac_private.may_change(v_schedule.owner_user, v_schedule.run_as_key) then
    perform almanac_private.refuse_change(v_schedule.id);
  end if;
  perform almanac_private.check_unchanged(v_schedule.id, move_series.expected_updated_at);
  select r.changes, r.note into v_changes, v_note
  from almanac.rule_for_move(move_series.schedule, move_series.occurrence, move_series.moved_to) r;
  if v_changes is null then
    raise exception using errcode = 'AL016',
      message = format('No rule moves this occurrence of schedule %s and those that follow.', v_schedule.name),
      detail = v_note, hint = 'Move it alone: almanac.move_occurrence().';
  end if;
  perform almanac_private.save_schedule(v_changes, v_schedule.id);
  perform almanac_private.carry_over_overrides(v_schedule, v_schedule.id, move_series.occurrence, move_series.moved_to,
    '-infinity');
  select s.* into v_schedule from almanac.schedules s where s.id = v_schedule.id;
  return v_schedule;
end
$$;
comment on function almanac.move_series(text, timestamptz, timestamptz, timestamptz) is
  'Changes the rule of a schedule as rule_for_move() says, so that an occurrence and all others move as this one does; '
  'what was moved or skipped of them stays so (overrides_for_move()). expected_updated_at: as for update_schedule().';
grant execute on function almanac.move_series(text, timestamptz, timestamptz, timestamptz) to almanac_operator;
--! EndIncluded functions/schedules/move_series.sql
--! Included functions/schedules/next_free_name.sql
create or replace function almanac_private.next_free_name(name text) returns text
language sql stable parallel safe set search_path to pg_catalog, pg_temp
as $$
  select c.name
  from generate_series(2, 1000) n,
    -- Cut where nothing joins what is left to what is not.
    lateral (select rtrim(left(next_free_name.name, 195), E' \u3000\u200c\u200d\ufe0e\ufe0f') || '-' || n as name) c
  where not exists (select from almanac.schedules s where s.name = c.name and s.deleted_at is null)
  order by n limit 1
$$;
comment on function almanac_private.next_free_name(text) is
  'A name for a schedule that is like another one''s: with -2, or the first number that is free.';
grant execute on function almanac_private.next_free_name(text) to almanac_viewer;
--! EndIncluded functions/schedules/next_free_name.sql
--! Included functions/schedules/notify_changed.sql
create or replace function almanac_private.notify_changed(
  channel text, ids bigint[], op text default 'update'
) returns void
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_is_bulk boolean := notify_changed.ids is null or cardinality(notify_changed.ids) > 200;
begin
  if v_is_bulk or notify_changed.ids <> '{}' then
    perform pg_notify(notify_changed.channel, json_build_object(
      'op', case when v_is_bulk then 'bulk' else notify_changed.op end,
      'ids', case when v_is_bulk then '[]'::json else to_json(notify_changed.ids::text[]) end)::text);
  end if;
end
$$;
comment on function almanac_private.notify_changed(text, bigint[], text) is
  'Notifies a channel (almanac_schedules, almanac_runs, almanac_workers, almanac_ledger) of what has changed, once for '
  'all of it: tickers look when schedules are due, browsers fetch again. ids: of schedules, also for runs; of workers; '
  'of checks; null: too many to name.';
grant execute on function almanac_private.notify_changed(text, bigint[], text) to almanac_worker;
--! EndIncluded functions/schedules/notify_changed.sql
--! Included functions/schedules/pause.sql
create or replace function almanac.pause(
  schedule text, reason text default null, expected_updated_at timestamptz default null
) returns almanac.schedules
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_schedule almanac.schedules := almanac_private.find_schedule(pause.schedule);
  v_saved almanac.schedules;
begin
  perform almanac_private.check_unchanged(v_schedule.id, pause.expected_updated_at);
  if v_schedule.status in ('completed', 'disabled') then
    raise exception using errcode = 'AL013', column = 'status',
      message = format('Schedule %s is %s and cannot be paused.', v_schedule.name, v_schedule.status),
      detail = 'Only an active schedule can be paused.', hint = 'It is not firing anyway.';
  end if;
  update almanac.schedules s set status = 'paused', pause_reason = coalesce(pause.reason, s.pause_reason)
    where s.id = v_schedule.id returning s.* into v_saved;
  if v_saved.id is null then
    perform almanac_private.refuse_change(v_schedule.id);
  end if;
  return v_saved;
end
$$;
comment on function almanac.pause(text, text, timestamptz) is
  'Keeps a schedule from firing until it is resumed. Runs that are queued or running continue. '
  'expected_updated_at: as for update_schedule().';
grant execute on function almanac.pause(text, text, timestamptz) to almanac_operator;
--! EndIncluded functions/schedules/pause.sql
--! Included functions/schedules/pause_all.sql
-- Definer: writes a table that only the owner may; who may is checked first.
create or replace function almanac.pause_all(reason text default null) returns almanac.stops
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_stop almanac.stops;
begin
  perform almanac_private.check_admin('pause_all');
  lock table almanac.stops in share row exclusive mode;
  select s.* into v_stop from almanac.stops s where s.resumed_at is null;
  if v_stop.id is not null then
    raise exception using errcode = 'AL013', message = 'All schedules are already paused.',
      detail = format('Since %s, by %s%s.', v_stop.stopped_at, v_stop.stopped_by, coalesce(': ' || v_stop.reason, '')),
      hint = 'almanac.resume_all() ends the pause.';
  end if;
  insert into almanac.stops as s (stopped_at, stopped_by, reason)
    values (statement_timestamp(), almanac_private.actor(), pause_all.reason)
  returning s.* into v_stop;
  perform almanac_private.notify_changed('almanac_schedules', null);
  return v_stop;
end
$$;
comment on function almanac.pause_all(text) is
  'Stops all schedules but Almanac''s own from firing until resume_all(). Each keeps its own status; runs that are '
  'queued or running are left alone.';
grant execute on function almanac.pause_all(text) to almanac_viewer;
--! EndIncluded functions/schedules/pause_all.sql
--! Included functions/schedules/perhaps.sql
create or replace function almanac_private.perhaps(typed text, names text[]) returns text
language sql immutable parallel safe set search_path to pg_catalog, pg_temp
as $$
  -- Names share pairs of letters, those at their ends among them: of the pairs of both, two in five are in both.
  select format(' Perhaps %L?', n.name)
  from unnest(perhaps.names[:1000]) n(name),
    lateral (
      select count(*) filter (where p.hits = 2) * 2.0 / sum(p.hits) as similarity
      from (
        select count(*) as hits from (
          select w.nth, substr(w.word, i, 2) as pair
          from (values (1, ' ' || lower(left(perhaps.typed, 200)) || ' '),
            (2, ' ' || lower(left(n.name, 200)) || ' ')) w(nth, word),
            generate_series(1, length(w.word) - 1) i
          group by w.nth, pair
        ) both_of group by pair
      ) p
    ) s
  where s.similarity >= 0.4 or lower(n.name) = lower(btrim(perhaps.typed))
  order by s.similarity desc, n.name limit 1
$$;
comment on function almanac_private.perhaps(text, text[]) is
  'For a hint: " Perhaps ''daily''?" if one of the names (of 1000) reads much like what was given; else null.';
grant execute on function almanac_private.perhaps(text, text[]) to almanac_viewer;
--! EndIncluded functions/schedules/perhaps.sql
--! Included functions/schedules/prepare_schedule.sql
create or replace function almanac_private.prepare_schedule(schedule almanac.schedules) returns almanac.schedules
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_surplus text;
  v_unknown text;
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
      hint = case v_surplus
        when 'kind' then 'Give one of cron, interval, once, manual.'
        when 'cron_expression'
          then 'Give five fields: minute, hour, day of month, month, day of week. For instance 0 3 * * *.'
        when 'every' then 'Give an interval: 15 minutes, 2 weeks.'
        else 'Give a time with its zone: 2030-01-31T09:00:00+01:00, or now() + interval ''1 hour''.' end;
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

  perform almanac_private.check_schedule(schedule);
  perform almanac_private.check_timezone(schedule.timezone);

  schedule.rule := null;
  if schedule.kind = 'cron' then
    schedule.rule := almanac_private.compile_cron(schedule.cron_expression);
  elsif schedule.kind = 'interval' then
    perform almanac_private.check_interval(schedule.every);
  elsif schedule.kind = 'once' and not isfinite(schedule.run_at) then
    raise exception using errcode = 'AL004', column = 'run_at', message = 'A single run needs a finite time.',
      detail = format('run_at: %s.', schedule.run_at), hint = 'Give a timestamp with its zone.';
  end if;

  if schedule.calendars <> '{}' then
    v_unknown := (select min(u.name) from unnest(schedule.calendars) u(name)
      where not exists (select from almanac.exclusion_calendars c where c.name = u.name));
  end if;
  if v_unknown is not null or array_position(schedule.calendars, null) is not null then
    raise exception using errcode = 'AL015', column = 'calendars',
      message = format('There is no calendar %s.', coalesce(quote_literal(v_unknown), 'null')),
      detail = format('Known are: %s.',
        coalesce((select string_agg(c.name, ', ' order by c.name) from almanac.exclusion_calendars c), 'none')),
      hint = 'Create it first: select almanac.create_calendar('''
        || replace(coalesce(v_unknown, 'holidays'), '''', '''''') || ''').';
  end if;
  if not isfinite(schedule.jitter) or extract(month from schedule.jitter) <> 0
    or extract(year from schedule.jitter) <> 0
    or schedule.jitter not between '0' and '24 hours'
  then
    raise exception using errcode = 'AL003', column = 'jitter',
      message = 'The jitter must be between zero and one day.',
      detail = format('jitter: %s.', schedule.jitter),
      hint = 'Give seconds, minutes or hours, up to a day: 30 seconds.';
  end if;

  -- Of elapsed time: a day is 24 hours, whatever the session's zone does.
  schedule.jitter := make_interval(secs => extract(epoch from schedule.jitter)::float8);
  return schedule;
end
$$;
comment on function almanac_private.prepare_schedule(almanac.schedules) is
  'Checks a definition and compiles its rule; raises AL001 to AL015 with the column at fault. Saving and previewing '
  'both go through it.';
grant execute on function almanac_private.prepare_schedule(almanac.schedules) to almanac_viewer;
--! EndIncluded functions/schedules/prepare_schedule.sql
--! Included functions/schedules/read_definition.sql
create or replace function almanac_private.read_definition(
  definition jsonb, base almanac.schedules default null
) returns almanac.schedules
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_known constant text[] := almanac_private.definition_columns();
  v_key text;
  v_message text;
  v_read almanac.schedules;
begin
  perform almanac_private.check_definition_size(read_definition.definition);
  if jsonb_typeof(read_definition.definition) is distinct from 'object' then
    raise exception using errcode = 'AL009', message = 'The definition is not a JSON object.',
      detail = format('It is of type %s.', coalesce(jsonb_typeof(read_definition.definition), 'null')),
      hint = 'Give {"column": value, …}.';
  end if;
  for v_key in select k from jsonb_object_keys(read_definition.definition) k order by k loop
    if v_key <> all (v_known) then
      raise exception using errcode = 'AL009', column = v_key, message = format('There is no setting %s.', v_key),
        detail = format('Known are: %s.', array_to_string(v_known, ', ')),
        hint = 'Settings are columns of almanac.schedules; computed ones cannot be set.'
          || coalesce(almanac_private.perhaps(v_key, v_known), '');
    end if;
    begin
      v_read :=
        jsonb_populate_record(read_definition.base, jsonb_build_object(v_key, read_definition.definition -> v_key));
    exception when others then
      get stacked diagnostics v_message = message_text;
      raise exception using errcode = sqlstate, column = v_key,
        message = format('%s cannot be read: %s', v_key, v_message),
        detail = format('%s: %s', v_key, left(read_definition.definition ->> v_key, 200)),
        hint = (
          select almanac_private.type_hint(a.atttypid, read_definition.definition ->> v_key) from pg_attribute a
          where a.attrelid = 'almanac.schedules'::regclass and a.attname = v_key);
    end;
  end loop;
  return jsonb_populate_record(read_definition.base, read_definition.definition);
end
$$;
comment on function almanac_private.read_definition(jsonb, almanac.schedules) is
  'A row of schedules from column names and values, on top of a base row. Unknown names (AL009) and unreadable '
  'values are refused, with the column at fault.';
grant execute on function almanac_private.read_definition(jsonb, almanac.schedules) to almanac_viewer;
--! EndIncluded functions/schedules/read_definition.sql
--! Included functions/schedules/restore.sql
create or replace function almanac.restore(schedule text, new_name text default null) returns almanac.schedules
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_id bigint := (
    select s.id from almanac.schedules s where s.name = restore.schedule and s.deleted_at is not null
      order by s.deleted_at desc, s.id desc limit 1);
  v_saved almanac.schedules;
begin
  if v_id is null then
    raise exception using errcode = 'AL007',
      message = format('There is no deleted schedule %s.', coalesce(quote_literal(restore.schedule), 'null')),
      detail = 'Only a schedule deleted by unschedule() can be restored.',
      hint = 'Look at: select name, deleted_at from almanac.schedules where deleted_at is not null.';
  end if;
  perform almanac_private.check_name_is_free(coalesce(restore.new_name, restore.schedule),
    hint => format('Restore it under another name: select almanac.restore(%L, %L).', restore.schedule,
      almanac_private.next_free_name(coalesce(restore.new_name, restore.schedule))));
  update almanac.schedules s set deleted_at = null, name = coalesce(restore.new_name, s.name)
  where s.id = v_id returning s.* into v_saved;
  if v_saved.id is null then
    perform almanac_private.refuse_change(v_id);
  end if;
  return v_saved;
end
$$;
comment on function almanac.restore(text, text) is
  'Restores the schedule of this name that was unscheduled last, under a new name if one is given, as another schedule '
  'may have taken its own. Nothing is caught up.';
grant execute on function almanac.restore(text, text) to almanac_operator;
--! EndIncluded functions/schedules/restore.sql
--! Included functions/schedules/resume.sql
create or replace function almanac.resume(
  schedule text, catch_up boolean default false, expected_updated_at timestamptz default null
) returns almanac.schedules
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_schedule almanac.schedules := almanac_private.find_schedule(resume.schedule);
  v_saved almanac.schedules;
begin
  if not almanac_private.may_change(v_schedule.owner_user, v_schedule.run_as_key) then
    perform almanac_private.refuse_change(v_schedule.id);
  end if;
  perform almanac_private.check_unchanged(v_schedule.id, resume.expected_updated_at);
  if v_schedule.status = 'completed' then
    raise exception using errcode = 'AL013', column = 'status',
      message = format('Schedule %s is completed and cannot be resumed.', v_schedule.name),
      detail = 'Its rule allows no further run.',
      hint = 'Change its rule, its end or max_runs: it is then active again.';
  end if;
  if v_schedule.status = 'active' then
    return v_schedule;
  end if;
  perform set_config('almanac.catch_up', case when resume.catch_up then 'on' else 'off' end, true);
  update almanac.schedules s set status = 'active' where s.id = v_schedule.id returning s.* into v_saved;
  perform set_config('almanac.catch_up', 'off', true);
  if v_saved.id is null then
    perform almanac_private.refuse_change(v_schedule.id);
  end if;
  return v_saved;
end
$$;
comment on function almanac.resume(text, boolean, timestamptz) is
  'Lets a paused or disabled schedule fire again. What fell into the pause is recorded as paused or, with catch_up, '
  'is due at once and treated as missed_run_policy says. expected_updated_at: as for update_schedule().';
grant execute on function almanac.resume(text, boolean, timestamptz) to almanac_operator;
--! EndIncluded functions/schedules/resume.sql
--! Included functions/schedules/resume_all.sql
-- Definer: writes a table that only the owner may; who may is checked first.
create or replace function almanac.resume_all(catch_up boolean default false) returns almanac.stops
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
  -- By key, whatever the statistics say, as fire_due.
  set jit to off set enable_hashjoin to off set enable_mergejoin to off
as $$
declare
  v_stop almanac.stops;
begin
  perform almanac_private.check_admin('resume_all');
  update almanac.stops s set resumed_at = statement_timestamp(), resumed_by = almanac_private.actor(),
    catch_up = coalesce(resume_all.catch_up, false)
  where s.resumed_at is null returning s.* into v_stop;
  if v_stop.id is null then
    raise exception using errcode = 'AL013', message = 'There is no global pause.',
      detail = 'There is nothing to resume.',
      hint = 'To resume a single paused schedule, use almanac.resume().';
  end if;
  -- Where no ticker is running their jobs fire them, which have been put off meanwhile.
  perform graphile_worker.add_jobs(array(
    select almanac_private.arm_spec(s.id, s.next_run_at, almanac_private.arm_delay()) from almanac.schedules s
    where s.next_run_at <= statement_timestamp() order by s.id));
  perform almanac_private.notify_changed('almanac_schedules', null);
  return v_stop;
end
$$;
comment on function almanac.resume_all(boolean) is
  'Ends a global pause. What was due meanwhile is recorded as stopped, or, with catch_up, treated as each '
  'schedule''s missed_run_policy says.';
grant execute on function almanac.resume_all(boolean) to almanac_viewer;
--! EndIncluded functions/schedules/resume_all.sql
--! Included functions/schedules/rule_of.sql
create or replace function almanac_private.rule_of(schedule almanac.schedules) returns jsonb
language sql stable parallel safe
return jsonb_strip_nulls(jsonb_build_object(
  'kind', (schedule).kind, 'every', (schedule).every, 'run_at', (schedule).run_at, 'timezone', (schedule).timezone,
  'starts_at', (schedule).starts_at, 'ends_at', (schedule).ends_at, 'created_at', (schedule).created_at,
  'rule', (schedule).rule));
comment on function almanac_private.rule_of(almanac.schedules) is
  'What decides the nominal times of a schedule, to be kept in rule_versions: columns of schedules by name, from '
  'which jsonb_populate_record makes a row again.';
--! EndIncluded functions/schedules/rule_of.sql
--! Included functions/schedules/save_schedule.sql
create or replace function almanac_private.save_schedule(
  definition jsonb, schedule_id bigint default null
) returns almanac.schedules
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_columns text;
  v_read almanac.schedules := almanac_private.read_definition(save_schedule.definition);
  v_saved almanac.schedules;
begin
  v_columns := (select string_agg(quote_ident(k), ', ' order by k) from jsonb_object_keys(save_schedule.definition) k);
  if v_read.name is not null then
    perform almanac_private.check_name_is_free(v_read.name, save_schedule.schedule_id);
  end if;
  if save_schedule.schedule_id is null then
    v_columns := coalesce(v_columns, 'name'); -- of nothing at all: it is said what a schedule needs
    execute format('insert into almanac.schedules (%1$s) select %1$s from (select $1.*) d returning *', v_columns)
      using v_read into v_saved;
  else
    if v_columns is not null then
      execute format('update almanac.schedules s set (%1$s) = row(%2$s) where s.id = $2 returning s.*', v_columns,
        (select string_agg('($1).' || quote_ident(k), ', ' order by k)
          from jsonb_object_keys(save_schedule.definition) k))
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
--! EndIncluded functions/schedules/save_schedule.sql
--! Included functions/schedules/schedule_at.sql
create or replace function almanac.schedule_at(
  name text, run_at timestamptz, task text, payload jsonb default null, timezone text default null,
  settings jsonb default '{}'
) returns almanac.schedules
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
begin
  return almanac_private.upsert_schedule(jsonb_build_object(
    'name', schedule_at.name, 'kind', 'once', 'cron_expression', null, 'every', null, 'run_at', schedule_at.run_at,
    'task_identifier', schedule_at.task, 'payload', schedule_at.payload, 'timezone', schedule_at.timezone),
    schedule_at.settings);
end
$$;
comment on function almanac.schedule_at(text, timestamptz, text, jsonb, text, jsonb) is
  'Schedules a task for a single time. Changes the schedule of this name if there is one: what is left out stays as '
  'it is. settings: any other columns of almanac.schedules, as JSON.';
grant execute on function almanac.schedule_at(text, timestamptz, text, jsonb, text, jsonb) to almanac_operator;
--! EndIncluded functions/schedules/schedule_at.sql
--! Included functions/schedules/schedule_cron.sql
create or replace function almanac.schedule_cron(
  name text, cron text, task text, payload jsonb default null, timezone text default null, settings jsonb default '{}'
) returns almanac.schedules
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
begin
  return almanac_private.upsert_schedule(jsonb_build_object(
    'name', schedule_cron.name, 'kind', 'cron', 'cron_expression', schedule_cron.cron, 'every', null, 'run_at', null,
    'task_identifier', schedule_cron.task, 'payload', schedule_cron.payload, 'timezone', schedule_cron.timezone),
    schedule_cron.settings);
end
$$;
comment on function almanac.schedule_cron(text, text, text, jsonb, text, jsonb) is
  'Schedules a task by a cron expression. Changes the schedule of this name if there is one: what is left out stays '
  'as it is. settings: any other columns of almanac.schedules, as JSON.';
grant execute on function almanac.schedule_cron(text, text, text, jsonb, text, jsonb) to almanac_operator;
--! EndIncluded functions/schedules/schedule_cron.sql
--! Included functions/schedules/schedule_every.sql
create or replace function almanac.schedule_every(
  name text, every interval, task text, payload jsonb default null, timezone text default null,
  settings jsonb default '{}'
) returns almanac.schedules
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
begin
  return almanac_private.upsert_schedule(jsonb_build_object(
    'name', schedule_every.name, 'kind', 'interval', 'cron_expression', null, 'every', schedule_every.every,
    'run_at', null,
    'task_identifier', schedule_every.task, 'payload', schedule_every.payload, 'timezone', schedule_every.timezone),
    schedule_every.settings);
end
$$;
comment on function almanac.schedule_every(text, interval, text, jsonb, text, jsonb) is
  'Schedules a task at an interval. Changes the schedule of this name if there is one: what is left out stays as it '
  'is. settings: any other columns of almanac.schedules, as JSON.';
grant execute on function almanac.schedule_every(text, interval, text, jsonb, text, jsonb) to almanac_operator;
--! EndIncluded functions/schedules/schedule_every.sql
--! Included functions/schedules/schedule_labels.sql
create or replace function almanac.schedule_labels(
  out tags text[], out creators text[], out tasks text[]
)
language sql stable
begin atomic
  with shown as materialized (select s.tags, s.created_by, s.task_identifier from almanac.schedules s)
  select
    array(select distinct t.tag from shown s cross join unnest(s.tags) t(tag) order by t.tag limit 1000),
    array(select distinct s.created_by from shown s order by s.created_by limit 1000),
    array(select distinct s.task_identifier from shown s order by s.task_identifier limit 1000);
end;
comment on function almanac.schedule_labels() is
  'What schedules, deleted ones too, can be told apart by: their tags, who created them, their tasks; the first 1,000 '
  'of each.';
grant execute on function almanac.schedule_labels() to almanac_viewer;
--! EndIncluded functions/schedules/schedule_labels.sql
--! Included functions/schedules/tg_set_identity.sql
create or replace function almanac_private.tg_set_identity() returns trigger
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_computed text;
  v_gives boolean;
  v_takes boolean := false;
  v_was_owned boolean := false;
  v_loads boolean := tg_op = 'INSERT' and almanac_private.loads_dump();
begin
  if v_loads then
    if new.is_system then
      return null; -- it is there already
    end if;
    -- The id may be another user's here.
    v_was_owned := new.owner_user is not null;
    new.owner_user := (
      select u.id from almanac.users u
      where u.id = new.owner_user and u.username = new.created_by
        and (new.task_identifier <> 'almanac:sql' or u.role = 'admin'));
    new.next_run_at := null;
    new.next_scheduled_for := null;
    new.last_run_at := null;
    new.last_status := null;
    new.total_runs := 0;
    new.failed_runs := 0;
    new.fired_runs := 0;
    new.consecutive_failures := 0;
    new.has_overrides := false;
  end if;
  if tg_op = 'UPDATE' and not almanac_private.may_change(old.owner_user, old.run_as_key) then
    perform almanac_private.refuse_change(old.id);
  end if;
  if current_setting('almanac.system', true) is distinct from 'on'
    or not has_schema_privilege('almanac_private', 'create') then
    if tg_op = 'UPDATE' and old.is_system then
      perform almanac_private.refuse_change(old.id);
    elsif new.is_system is distinct from false then
      raise exception using errcode = 'AL017', column = 'is_system',
        message = 'Only a migration creates a system schedule.',
        detail = format('Schedule %s.', new.name), hint = 'Leave is_system out.';
    elsif new.name like 'almanac:%' and (tg_op = 'INSERT' or new.name is distinct from old.name) then
      raise exception using errcode = 'AL017', column = 'name',
        message = 'Names that begin with almanac: are reserved for Almanac''s own schedules.',
        detail = format('Schedule %s.', new.name), hint = 'Choose another name.';
    end if;
  end if;
  if tg_op = 'INSERT' then
    new.run_as := case when v_loads then new.run_as else almanac_private.role_served(current_user) end;
    new.run_as_key := almanac_private.role_key(new.run_as);
    if v_was_owned and new.owner_user is null then
      new.run_as_key := almanac_private.no_role_key();
    end if;
    new.owner_user := coalesce(almanac.current_user_id(), new.owner_user);
    v_gives := new.owner_user is distinct from almanac.current_user_id();
    if not v_loads then
      new.created_at := statement_timestamp();
      new.created_by := almanac_private.actor();
    end if;
    v_computed := case
      when new.next_run_at is not null then 'next_run_at'
      when new.last_run_at is not null then 'last_run_at'
      when new.last_status is not null then 'last_status'
      when new.total_runs is distinct from 0 then 'total_runs'
      when new.failed_runs is distinct from 0 then 'failed_runs'
      when new.fired_runs is distinct from 0 then 'fired_runs'
      when new.consecutive_failures is distinct from 0 then 'consecutive_failures'
      when new.has_overrides is distinct from false then 'has_overrides'
    end;
  else
    v_computed := case
      when new.id is distinct from old.id then 'id'
      when new.next_run_at is distinct from old.next_run_at then 'next_run_at'
      when new.next_scheduled_for is distinct from old.next_scheduled_for then 'next_scheduled_for'
      when new.cursor_at is distinct from old.cursor_at then 'cursor_at'
      when new.last_run_at is distinct from old.last_run_at then 'last_run_at'
      when new.last_status is distinct from old.last_status then 'last_status'
      when new.total_runs is distinct from old.total_runs then 'total_runs'
      when new.failed_runs is distinct from old.failed_runs then 'failed_runs'
      when new.fired_runs is distinct from old.fired_runs then 'fired_runs'
      when new.consecutive_failures is distinct from old.consecutive_failures then 'consecutive_failures'
      when (new.run_as, new.run_as_key) is distinct from (old.run_as, old.run_as_key) then 'run_as'
      when new.created_at is distinct from old.created_at then 'created_at'
      when new.created_by is distinct from old.created_by then 'created_by'
      when new.paused_at is distinct from old.paused_at then 'paused_at'
      when new.has_overrides is distinct from old.has_overrides then 'has_overrides'
      when new.rule is distinct from old.rule then 'rule'
      when new.status = 'completed' and old.status <> 'completed' then 'status'
    end;
    if (new.task_identifier, new.payload) is distinct from (old.task_identifier, old.payload) then
      new.run_as := almanac_private.run_as_after(almanac_private.role_of_key(old.run_as_key),
        almanac_private.role_served(current_user));
      new.run_as_key := almanac_private.role_key(new.run_as);
      -- Whoever has a statement run owns it: else the previous owner could trigger what is run for another.
      if new.task_identifier = 'almanac:sql' and old.owner_user is distinct from almanac.current_user_id()
        and old.owner_user is not null and new.owner_user = old.owner_user
      then
        new.owner_user := almanac.current_user_id();
        new.run_as := almanac_private.role_served(current_user);
        new.run_as_key := almanac_private.role_key(new.run_as);
        v_takes := true;
      end if;
    end if;
    -- Also when the user is deleted: what ran as the group of all operators is not theirs.
    if old.owner_user is not null and new.owner_user is null and not v_takes then
      new.run_as_key := almanac_private.no_role_key();
    end if;
    v_gives := new.owner_user is distinct from old.owner_user;
  end if;
  if v_gives and not pg_has_role('almanac_admin', 'member')
    and not has_schema_privilege('almanac_private', 'create') then
    raise exception using errcode = 'AL011', column = 'owner_user',
      message = 'Only an admin may give a schedule to another user.',
      detail = format('Schedule %s.', new.name), hint = 'Ask an admin.';
  elsif v_gives and new.owner_user is not null
    and not exists (select from almanac.users u where u.id = new.owner_user) then
    raise exception using errcode = 'AL019', column = 'owner_user',
      message = format('There is no user with id %s.', new.owner_user),
      detail = format('Schedule %s.', new.name), hint = 'Look at: select id, username from almanac.users.';
  elsif v_gives and new.task_identifier = 'almanac:sql'
    and exists (select from almanac.users u where u.id = new.owner_user and u.role <> 'admin')
  then
    -- They could trigger it, and the statement and the role that it runs as are another's.
    raise exception using errcode = 'AL011', column = 'owner_user',
      message = 'A schedule of almanac:sql can only be given to admins.',
      detail = format('Schedule %s; %s.', new.name, (
        select format('%s is %s', u.username, u.role) from almanac.users u where u.id = new.owner_user)),
      hint = 'Keep it, give it to an admin, or change its task first.';
  end if;
  if tg_op = 'INSERT' or (new.task_identifier, new.payload) is distinct from (old.task_identifier, old.payload) then
    perform almanac_private.check_task_use(new.task_identifier);
  end if;
  if v_computed is not null then
    raise exception using errcode = 'AL008', column = v_computed,
      message = format('%s is computed and cannot be written.', v_computed),
      detail = format('Schedule %s.', new.name),
      hint = case
        when v_computed in ('next_run_at', 'next_scheduled_for', 'cursor_at')
          then 'Change the rule (cron_expression, every, run_at, timezone, starts_at), or call almanac.trigger_now().'
        when v_computed = 'status' then 'Almanac completes a schedule when no further run is possible. Use '
          'almanac.pause(), or set status to disabled.'
        when v_computed = 'paused_at' then 'Call almanac.pause() or almanac.resume().'
        when v_computed = 'has_overrides'
          then 'Call almanac.move_occurrence(), skip_occurrence() or restore_occurrence().'
        when v_computed = 'run_as' then 'Call almanac.give_schedule(). Whoever changes the task or the payload becomes '
          'its run_as, unless they are a member of the role that already is.'
        else 'Leave it out.'
      end;
  end if;
  new.updated_at := statement_timestamp();
  new.updated_by := almanac_private.actor();
  return new;
end
$$;
comment on function almanac_private.tg_set_identity() is
  'Before an insert or update of a schedule by anyone but the engine: says who did it, with whose rights it runs, and '
  'refuses writes to other people''s schedules, to system schedules and to computed columns. Invoker: current_user is '
  'the point.';
--! EndIncluded functions/schedules/tg_set_identity.sql
--! Included functions/schedules/tg_compute_schedule.sql
-- Definer: resolves what a rule still owes before it changes, which writes the ledger.
create or replace function almanac_private.tg_compute_schedule() returns trigger
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp set jit to off
as $$
declare
  v_now timestamptz := statement_timestamp();
  v_rule_changed boolean := true;
  v_was_firing boolean := false;
  v_is_there boolean := new.deleted_at is null and new.archived_at is null;
  v_fires boolean;
  v_restarts boolean;
  v_begins boolean := false;
  v_was_paused boolean := false;
  v_catches_up boolean := false;
  v_resolved almanac.schedules;
  v_warning text;
  v_loads boolean := tg_op = 'INSERT' and almanac_private.loads_dump();
begin
  if new.task_identifier is null or new.task_identifier !~ '\S' then
    raise exception using errcode = 'AL005', column = 'task_identifier', message = 'A schedule needs a task.',
      detail = format('Schedule %s.', coalesce(quote_literal(new.name), 'null')),
      hint = 'Look at: select identifier, description from almanac.tasks.';
  elsif (new.name, new.priority, new.status, new.overlap_policy, new.missed_run_policy, new.late_tolerance,
    new.catchup_window, new.catchup_per_minute,
    new.max_attempts, new.retry_delay, new.retry_backoff, new.retry_ceiling, new.tags, new.calendars,
    new.exclusion_policy) is not null is not true
  then
    perform almanac_private.check_given('almanac.schedules', to_jsonb(new) - 'cursor_at');
  end if;
  if (tg_op = 'INSERT' or new.tags <> old.tags) and new.tags <> '{}' then
    perform almanac_private.check_tags(new.tags);
  end if;
  -- Of one that is there already, only a new task: it can be paused and deleted when its task is gone.
  if tg_op = 'INSERT' or new.task_identifier <> old.task_identifier then
    perform almanac_private.check_task_is_known(new.task_identifier);
  end if;
  -- Of one that is there already, only a new name: it can be changed and deleted under the one that it has.
  if tg_op = 'INSERT' and not v_loads or tg_op = 'UPDATE' and new.name <> old.name then
    perform almanac_private.check_name('name', new.name);
  end if;
  -- Not before an insert, whose statement may say what to do on conflict.
  if tg_op = 'UPDATE' and new.deleted_at is null and (new.name <> old.name or old.deleted_at is not null) then
    perform almanac_private.check_name_is_free(new.name, new.id);
  elsif tg_op = 'INSERT' then
    perform almanac_private.check_id(new.id);
  end if;
  new := almanac_private.prepare_schedule(new);
  if new.calendars <> '{}' then
    perform from almanac.exclusion_calendars c where c.name = any (new.calendars) order by c.id for key share;
    if tg_op = 'INSERT' and not v_loads
      or tg_op = 'UPDATE' and (new.calendars <> old.calendars or v_is_there and old.deleted_at is not null) then
      perform almanac_private.check_recurring_windows(new.calendars, 'calendars');
    end if;
  end if;

  if tg_op = 'UPDATE' then
    v_was_firing := old.next_scheduled_for is not null;
    v_rule_changed := (new.kind, new.cron_expression, new.every, new.run_at, new.timezone, new.starts_at,
      new.ends_at, new.max_runs,
        new.jitter, new.calendars, new.exclusion_policy)
      is distinct from (old.kind, old.cron_expression, old.every, old.run_at, old.timezone, old.starts_at,
        old.ends_at, old.max_runs,
        old.jitter, old.calendars, old.exclusion_policy);
    v_now := greatest(v_now, old.cursor_at);
  end if;

  if new.status = 'paused' then
    new.paused_at := case when tg_op = 'UPDATE' and old.status = 'paused' then old.paused_at else v_now end;
  else
    new.paused_at := null;
    new.pause_reason := null;
  end if;
  if new.status = 'completed' and v_rule_changed and not (new.kind = 'once' and v_loads) then
    new.status := 'active';
  end if;
  v_fires := new.status = 'active' and v_is_there;
  v_restarts := v_fires and (v_rule_changed or not v_was_firing);
  if v_fires and new.kind = 'once' and v_rule_changed and new.run_at <= v_now and not v_loads then
    raise exception using errcode = 'AL004', column = 'run_at', message = 'The time of the single run is past.',
      detail = format('run_at: %s, now: %s.', new.run_at, v_now),
      hint = 'Give a time in the future, or use a schedule of kind manual and almanac.trigger_now().';
  end if;

  if tg_op = 'UPDATE' then
    v_was_paused := old.status = 'paused' and old.deleted_at is null and old.archived_at is null;
    -- Continues where the pause began: what fell into it is due at once, and fire_due resolves it in parts.
    v_catches_up := v_was_paused and v_fires and not v_rule_changed
      and current_setting('almanac.catch_up', true) = 'on';
    -- What its rule names while a schedule is disabled, deleted or completed needs no outcome.
    v_begins := almanac_private.has_rule(new.kind, new.status, new.deleted_at, new.archived_at)
      and (old.status = 'completed' and new.status <> 'completed'
        or not almanac_private.has_rule(old.kind, old.status, old.deleted_at, old.archived_at));
    if new.timezone <> old.timezone and not almanac_private.knows_timezone(old.timezone) then
      -- What it owes by a zone that the server has lost is resolved by the one that replaces it.
      old.timezone := new.timezone;
    end if;
    v_resolved := old;
    if v_was_firing and (old.next_run_at <= v_now or not v_fires or v_restarts) then
      v_resolved := almanac_private.resolve_rule(old, v_now, null,
        case when v_restarts then 'hold' when new.deleted_at is not null then 'delete'
          when not v_fires and new.status <> 'paused' then 'stop' end);
    elsif v_was_paused and not v_catches_up and (new.status <> 'paused' or not v_is_there or v_rule_changed) then
      v_resolved := almanac_private.resolve_rule(old, v_now, 'paused',
        case when v_is_there and new.status in ('active', 'paused') then 'hold' else 'stop' end);
    end if;
    new.cursor_at := v_resolved.cursor_at;
    new.next_scheduled_for := v_resolved.next_scheduled_for;
    new.next_run_at := v_resolved.next_run_at;
    new.fired_runs := v_resolved.fired_runs;
    new.total_runs := v_resolved.total_runs;
    new.last_run_at := v_resolved.last_run_at;
    new.has_overrides := v_resolved.has_overrides;
  end if;

  if (v_rule_changed or v_restarts or v_begins) and not v_catches_up then
    new.cursor_at := v_now;
  end if;
  if not v_fires then
    new.next_scheduled_for := null;
    new.next_run_at := null;
  elsif v_restarts then
    select d.scheduled_for, d.due_at into new.next_scheduled_for, new.next_run_at from almanac_private.next_due(new) d;
  end if;
  if v_fires then
    new.status := almanac_private.status_when_due(new.status, new.kind, new.next_run_at);
  end if;
  if (v_rule_changed or v_restarts) and v_is_there and new.status <> 'disabled'
    and (new.next_scheduled_for is null or new.calendars <> '{}') then
    v_warning := almanac_private.never_runs(new, new.cursor_at);
    if v_warning is not null then
      raise warning using errcode = 'AL020',
        message = format('Schedule %s is saved, but will never run: %s', new.name, v_warning),
        hint = 'Look at what it would do: select * from almanac.preview(…), and change its rule, its bounds or '
          'its calendars.';
    end if;
  end if;
  return new;
end
$$;
comment on function almanac_private.tg_compute_schedule() is
  'Before an insert or update of a schedule by anyone but the engine: checks it, resolves what the old rule owes up to '
  'this moment, and computes the next run by the new one.';
--! EndIncluded functions/schedules/tg_compute_schedule.sql
--! Included functions/schedules/tg_refuse_delete.sql
create or replace function almanac_private.tg_refuse_delete() returns trigger
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
begin
  if not almanac_private.may_change(old.owner_user, old.run_as_key)
    or old.is_system and (current_setting('almanac.system', true) is distinct from 'on'
      or not has_schema_privilege('almanac_private', 'create'))
  then
    perform almanac_private.refuse_change(old.id);
  end if;
  return old;
end
$$;
comment on function almanac_private.tg_refuse_delete() is
  'Before a schedule is deleted: refuses it to who may not change it; a system schedule to all but a migration.';
--! EndIncluded functions/schedules/tg_refuse_delete.sql
--! Included functions/schedules/tg_resolve_deleted.sql
-- Definer: writes the ledger.
create or replace function almanac_private.tg_resolve_deleted() returns trigger
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp set jit to off
as $$
begin
  if old.next_run_at is not null then
    perform almanac_private.resolve_rule(old, statement_timestamp(), null, 'delete');
  elsif old.status = 'paused' and old.deleted_at is null and old.archived_at is null then
    perform almanac_private.resolve_rule(old, statement_timestamp(), 'paused', 'stop');
  end if;
  return old;
end
$$;
comment on function almanac_private.tg_resolve_deleted() is
  'Before a schedule is deleted: gives what is due by now its outcome.';
--! EndIncluded functions/schedules/tg_resolve_deleted.sql
--! Included functions/schedules/tg_arm_schedules.sql
-- Definer: Graphile Worker's tables are the owner's.
create or replace function almanac_private.tg_arm_schedules() returns trigger
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp set jit to off
as $$
declare
  v_delay interval := almanac_private.arm_delay();
  v_specs graphile_worker.job_spec[];
  v_removed bigint[];
  v_changed bigint[];
  v_ended bigint[];
  v_regained bigint[] := '{}';
begin
  if tg_op = 'INSERT' then
    select array_agg(almanac_private.arm_spec(n.id, n.next_run_at, v_delay) order by n.id) filter (
      where n.next_run_at is not null), array_agg(n.id)
    into v_specs, v_changed from new_rows n;
    insert into almanac_private.rule_versions (schedule_id, rule, valid_from)
    select s.id, almanac_private.rule_of(s), s.cursor_at
    from almanac.schedules s
      where s.id = any (v_changed) and almanac_private.has_rule(s.kind, s.status, s.deleted_at, s.archived_at);
  elsif tg_op = 'UPDATE' then
    select
      array_agg(almanac_private.arm_spec(n.id, n.next_run_at, v_delay) order by n.id)
        filter (where n.next_run_at is not null and n.next_run_at is distinct from o.next_run_at),
      array_agg(n.id order by n.id) filter (where n.next_run_at is null and o.next_run_at is not null),
      array_agg(n.id)
    into v_specs, v_removed, v_changed
    from new_rows n left join old_rows o on o.id = n.id;
    v_ended := array(
      select o.id from old_rows o join new_rows n on n.id = o.id
      where (o.kind, o.every, o.run_at, o.timezone, o.starts_at, o.ends_at, o.cron_expression,
          almanac_private.has_rule(o.kind, o.status, o.deleted_at, o.archived_at))
        is distinct from (n.kind, n.every, n.run_at, n.timezone, n.starts_at, n.ends_at, n.cron_expression,
          almanac_private.has_rule(n.kind, n.status, n.deleted_at, n.archived_at))
        or o.status = 'completed' and n.cursor_at <> o.cursor_at);
    if exists (select from old_rows o join new_rows n on n.id = o.id where n.task_identifier <> o.task_identifier) then
      perform almanac_private.cancel_other_tasks(array(
        select n.id from old_rows o join new_rows n on n.id = o.id where n.task_identifier <> o.task_identifier
          order by n.id));
    end if;
    if exists (select from almanac_private.outdated_checks) then
      -- Runs that are queued may still have an earlier payload.
      update almanac_private.outdated_checks c set problem = null
      from old_rows o join new_rows n on n.id = o.id
      where c.schedule_id = o.id and n.task_identifier = o.task_identifier and n.payload <> o.payload;
      delete from almanac_private.outdated_checks c using old_rows o join new_rows n on n.id = o.id
      where c.schedule_id = o.id and n.task_identifier <> o.task_identifier;
    end if;
    perform almanac_private.cancel_deleted(d.ids)
    from (
      select array_agg(o.id) as ids from old_rows o join new_rows n on n.id = o.id
      where o.deleted_at is null and n.deleted_at is not null
    ) d
    where d.ids is not null;
    if v_ended <> '{}' then
      v_regained := array(
        select o.id from old_rows o join new_rows n on n.id = o.id
        where o.id = any (v_ended) and n.timezone <> o.timezone and not almanac_private.knows_timezone(o.timezone));
    end if;
    if v_regained <> '{}' then
      -- In place of a zone that the server has lost, the new one applies to all that was not resolved yet.
      delete from almanac_private.rule_versions v using old_rows o
      where o.id = any (v_regained) and v.schedule_id = o.id and v.valid_to is null and v.valid_from >= o.cursor_at;
      update almanac_private.rule_versions v set valid_to = o.cursor_at
      from old_rows o where o.id = any (v_regained) and v.schedule_id = o.id and v.valid_to is null;
      insert into almanac_private.rule_versions (schedule_id, rule, valid_from)
      select o.id, almanac_private.rule_of(o) || jsonb_build_object('timezone', n.timezone), o.cursor_at
      from old_rows o join new_rows n on n.id = o.id
      where o.id = any (v_regained) and almanac_private.has_rule(o.kind, o.status, o.deleted_at, o.archived_at);
    end if;
    if v_ended <> '{}' then
      update almanac_private.rule_versions v
      -- Of a schedule that had run out, what its rule names after the last outcome is no one's.
      set valid_to = greatest(v.valid_from, case when o.status = 'completed' then o.cursor_at
        else greatest(statement_timestamp(), n.cursor_at) end)
      from old_rows o join new_rows n on n.id = o.id where o.id = any (v_ended) and v.schedule_id = o.id
        and v.valid_to is null;
      insert into almanac_private.rule_versions (schedule_id, rule, valid_from)
      select s.id, almanac_private.rule_of(s), s.cursor_at
      from almanac.schedules s
        where s.id = any (v_ended) and almanac_private.has_rule(s.kind, s.status, s.deleted_at, s.archived_at);
    end if;
  else
    select array_agg(o.id order by o.id), array_agg(o.id) into v_removed, v_changed from old_rows o;
    update almanac_private.rule_versions v
    set valid_to = greatest(v.valid_from, case when o.status = 'completed' then o.cursor_at
      else greatest(statement_timestamp(), o.cursor_at) end),
      schedule_name = o.name
    from old_rows o where v.schedule_id = o.id and v.valid_to is null;
    delete from almanac_private.outdated_checks c where c.schedule_id = any (v_changed);
    perform almanac_private.cancel_deleted(v_changed);
  end if;

  if v_changed is null then
    return null;
  end if;
  if tg_op = 'INSERT' then
    perform almanac_private.add_jobs(v_specs);
  else
    perform almanac_private.arm_jobs(v_specs);
  end if;
  perform almanac_private.remove_jobs(array(select 'schedule:' || r.id from unnest(v_removed) r(id)));
  perform almanac_private.notify_changed('almanac_schedules', v_changed, lower(tg_op));
  return null;
end
$$;
comment on function almanac_private.tg_arm_schedules() is
  'After a statement that changed schedules: arms or removes their schedule:<id> jobs in one call, keeps which rule '
  'held when for check_ledger(), cancels what deleted ones have queued, and notifies once.';
--! EndIncluded functions/schedules/tg_arm_schedules.sql
--! Included functions/schedules/schedule_triggers.sql
-- The engine's own updates pass by: it says so by a setting, and anyone may set that, so the right to create in the
-- schema, which only the owner has, is asked for as well. Both are built-in and cost half a microsecond a row.
create or replace trigger _100_set_identity before insert or update on almanac.schedules
  for each row when (current_setting('almanac.engine', true) is distinct from 'on'
    or not has_schema_privilege('almanac_private', 'create'))
  execute function almanac_private.tg_set_identity();
create or replace trigger _500_compute_schedule before insert or update on almanac.schedules
  for each row when (current_setting('almanac.engine', true) is distinct from 'on'
    or not has_schema_privilege('almanac_private', 'create'))
  execute function almanac_private.tg_compute_schedule();
create or replace trigger _100_refuse_delete before delete on almanac.schedules
  for each row execute function almanac_private.tg_refuse_delete();
create or replace trigger _500_resolve_deleted before delete on almanac.schedules
  for each row execute function almanac_private.tg_resolve_deleted();
create or replace trigger _800_arm_inserted after insert on almanac.schedules
  referencing new table as new_rows for each statement
  execute function almanac_private.tg_arm_schedules();
create or replace trigger _800_arm_updated after update on almanac.schedules
  referencing old table as old_rows new table as new_rows for each statement
  when (current_setting('almanac.engine', true) is distinct from 'on'
    or not has_schema_privilege('almanac_private', 'create'))
  execute function almanac_private.tg_arm_schedules();
create or replace trigger _800_disarm_deleted after delete on almanac.schedules
  referencing old table as old_rows for each statement
  execute function almanac_private.tg_arm_schedules();
--! EndIncluded functions/schedules/schedule_triggers.sql
--! Included functions/schedules/schedules_warning.sql
create or replace function almanac.schedules_warning(schedule almanac.schedules) returns text
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
begin
  return case
    when schedule.deleted_at is not null or schedule.archived_at is not null or schedule.status = 'disabled' then null
    -- One that is done is so rightly, unless it never had a time.
    when schedule.status = 'completed' and schedule.fired_runs > 0 then null
    when schedule.status = 'completed' then almanac_private.never_runs(schedule, schedule.created_at)
    else almanac_private.never_runs(schedule, schedule.cursor_at)
  end;
exception when invalid_parameter_value then
  return almanac_private.lost_timezone_note(schedule);
end
$$;
comment on function almanac.schedules_warning(almanac.schedules) is
  'Why the schedule will never run as it is: no date matches its rule, or its bounds, max_runs or calendars leave '
  'nothing, or the server does not know its time zone. Null: it will run, or has run and is done, or is not meant to '
  'run by itself.';
grant execute on function almanac.schedules_warning(almanac.schedules) to almanac_viewer;
--! EndIncluded functions/schedules/schedules_warning.sql
--! Included functions/schedules/split_schedule.sql
create or replace function almanac.split_schedule(
  schedule text, occurrence timestamptz, moved_to timestamptz, new_name text default null,
  expected_updated_at timestamptz default null
) returns almanac.schedules
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_schedule almanac.schedules := almanac_private.find_schedule(split_schedule.schedule);
  v_changes jsonb;
  v_earlier bigint;
  v_note text;
  v_name text;
  v_new almanac.schedules;
begin
  if v_schedule.is_system or not almanac_private.may_change(v_schedule.owner_user, v_schedule.run_as_key) then
    perform almanac_private.refuse_change(v_schedule.id);
  end if;
  perform almanac_private.check_unchanged(v_schedule.id, split_schedule.expected_updated_at);
  select r.changes, r.earlier, r.note into v_changes, v_earlier, v_note
  from almanac.rule_for_move(split_schedule.schedule, split_schedule.occurrence, split_schedule.moved_to) r;
  if v_changes is null or v_earlier = 0 or split_schedule.moved_to <= statement_timestamp() then
    raise exception using errcode = 'AL016',
      message = format('Schedule %s cannot be split at this occurrence.', v_schedule.name),
      detail = coalesce(v_note, case when v_earlier = 0 then 'No upcoming occurrence comes before it.'
        else format('moved_to: %s, which is past.', split_schedule.moved_to) end),
      hint = case when v_note is null then 'Change its rule: almanac.update_schedule().'
        else 'Move it alone: almanac.move_occurrence().' end;
  end if;
  v_name := coalesce(split_schedule.new_name, almanac_private.next_free_name(v_schedule.name));
  perform almanac_private.save_schedule(jsonb_build_object('ends_at', split_schedule.occurrence), v_schedule.id);
  v_new := almanac_private.save_schedule((
    select jsonb_object_agg(d.key, d.value)
    from jsonb_each(to_jsonb(v_schedule)) d
    where d.value <> 'null' and d.key <> 'owner_user' and d.key = any (almanac_private.definition_columns())
  ) || jsonb_strip_nulls(jsonb_build_object('name', v_name, 'starts_at', split_schedule.moved_to,
    'max_runs', v_schedule.max_runs - v_schedule.fired_runs - v_earlier)) || v_changes);
  -- Whoever splits it may be an admin: what it runs stays its author's, with the author's rights.
  perform almanac_private.keep_author(v_new.id, v_schedule.id);
  perform almanac_private.carry_over_overrides(v_schedule, v_new.id, split_schedule.occurrence,
    split_schedule.moved_to, split_schedule.occurrence);
  select s.* into v_new from almanac.schedules s where s.id = v_new.id;
  return v_new;
end
$$;
comment on function almanac.split_schedule(text, timestamptz, timestamptz, text, timestamptz) is
  'Moves an occurrence and all that follow, and leaves those before it alone: the schedule ends before the occurrence, '
  'and a new one of the same definition begins with the new time, named like it with -2, or as given. It belongs to '
  'whom the first does, and what was moved or skipped of those stays so (overrides_for_move()). Returns the new one.';
grant execute on function almanac.split_schedule(text, timestamptz, timestamptz, text, timestamptz) to almanac_operator;
--! EndIncluded functions/schedules/split_schedule.sql
--! Included functions/schedules/stopped_times.sql
create or replace function almanac_private.stopped_times(since timestamptz) returns tstzmultirange
language sql stable parallel safe
return coalesce((
  select range_agg(tstzrange(s.stopped_at, s.resumed_at)) from almanac.stops s
    where not s.catch_up and (s.resumed_at is null or s.resumed_at > since)), '{}');
comment on function almanac_private.stopped_times(timestamptz) is
  'When all schedules were paused, by global pauses that have not ended before a moment: what was due then is not '
  'caught '
  'up.';
--! EndIncluded functions/schedules/stopped_times.sql
--! Included functions/schedules/tg_check_lengths.sql
create or replace function almanac_private.tg_check_lengths() returns trigger
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_new jsonb := to_jsonb(new);
  v_old jsonb := case when tg_op = 'UPDATE' then to_jsonb(old) end;
  v_field text;
  v_most integer;
begin
  -- Arguments: a column, its limit, the next column, its limit, …
  for i in 0 .. tg_nargs / 2 - 1 loop
    v_field := tg_argv[i * 2];
    v_most := tg_argv[i * 2 + 1];
    continue when v_new -> v_field is not distinct from v_old -> v_field;
    perform almanac_private.check_text(v_field, v_new ->> v_field, v_most);
    if jsonb_typeof(v_new -> v_field) = 'object' and almanac_private.nests_too_deeply(v_new -> v_field) then
      raise exception using errcode = 'AL019', column = v_field,
        message = format('%s has at most 100 levels.', v_field),
        detail = 'This one is nested deeper.', hint = 'Flatten it.';
    end if;
  end loop;
  return new;
end
$$;
comment on function almanac_private.tg_check_lengths() is
  'Before an insert or update: refuses texts that are longer than the trigger''s arguments say or change the direction '
  'of what is next to them, and JSON of more than 100 levels.';
--! EndIncluded functions/schedules/tg_check_lengths.sql
--! Included functions/schedules/tg_check_sizes.sql
create or replace function almanac_private.tg_check_sizes() returns trigger
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
begin
  if tg_op = 'INSERT' and almanac_private.loads_dump() then
    return new;
  end if;
  -- What is there already may stay: a schedule can be paused whatever its payload is.
  if tg_op = 'INSERT' or (new.task_identifier, new.payload) is distinct from (old.task_identifier, old.payload) then
    perform almanac_private.check_payload(new.task_identifier, new.payload);
  end if;
  perform almanac_private.check_text(c.field, c.value, c.most)
  from (values
    ('description', new.description, 10000, tg_op = 'INSERT' or new.description is distinct from old.description),
    ('pause_reason', new.pause_reason, 1000, tg_op = 'INSERT' or new.pause_reason is distinct from old.pause_reason),
    ('cron_expression', new.cron_expression, 2000,
      tg_op = 'INSERT' or new.cron_expression is distinct from old.cron_expression)
  ) c(field, value, most, is_new)
  where c.is_new and c.value is not null;
  if cardinality(new.calendars) > 100 and (tg_op = 'INSERT' or new.calendars is distinct from old.calendars) then
    raise exception using errcode = 'AL019', column = 'calendars', message = 'A schedule uses at most 100 calendars.',
      detail = format('These are %s.', cardinality(new.calendars)), hint = 'Put their entries in one calendar.';
  end if;
  return new;
end
$$;
comment on function almanac_private.tg_check_sizes() is
  'Before an insert or update of a schedule: refuses payloads that do not fit the task, and texts that are larger '
  'than a person or a program needs.';
--! EndIncluded functions/schedules/tg_check_sizes.sql
--! Included functions/schedules/type_hint.sql
create or replace function almanac_private.type_hint(type regtype, value text) returns text
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_labels text[] := array(
    select e.enumlabel from pg_enum e where e.enumtypid = type_hint.type order by e.enumsortorder);
begin
  return case
    when v_labels <> '{}' then
      format('It is one of %s.%s', array_to_string(v_labels, ', '), almanac_private.perhaps(type_hint.value, v_labels))
    when type_hint.type = 'text[]'::regtype then
      'Give a list: ["crm", "night"] in JSON, array[''crm'', ''night''] in SQL.'
    when type_hint.type = 'interval'::regtype then 'Give a length of time: 90 seconds, 15 minutes, 2 hours.'
    when type_hint.type = 'timestamptz'::regtype then 'Give a time with its zone: 2030-01-31T09:00:00+01:00.'
    when type_hint.type in ('integer'::regtype, 'bigint'::regtype, 'smallint'::regtype) then 'Give a whole number.'
    when type_hint.type in ('numeric'::regtype, 'real'::regtype, 'float8'::regtype) then 'Give a number.'
    when type_hint.type = 'boolean'::regtype then 'Give true or false.'
    else format('It is of type %s.', type_hint.type) end;
end
$$;
comment on function almanac_private.type_hint(regtype, text) is
  'For the hint of a value that cannot be read as this type: what can.';
grant execute on function almanac_private.type_hint(regtype, text) to almanac_viewer;
--! EndIncluded functions/schedules/type_hint.sql
--! Included functions/schedules/undo_split.sql
create or replace function almanac.undo_split(
  schedule_id bigint, split_id bigint, ends_at timestamptz, expected_updated_at timestamptz,
  split_updated_at timestamptz
) returns almanac.schedules
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_first almanac.schedules;
  v_second almanac.schedules;
  v_override almanac.occurrence_overrides;
begin
  -- In the order in which all lock them.
  perform from almanac.schedules s where s.id in (undo_split.schedule_id, undo_split.split_id)
    order by s.id for no key update;
  perform almanac_private.check_unchanged(undo_split.schedule_id, undo_split.expected_updated_at);
  perform almanac_private.check_unchanged(undo_split.split_id, undo_split.split_updated_at);
  select s.* into v_first from almanac.schedules s where s.id = undo_split.schedule_id;
  select s.* into v_second from almanac.schedules s where s.id = undo_split.split_id;
  select o.* into v_override from almanac.occurrence_overrides o
  where o.schedule_id = undo_split.split_id and o.created_at > undo_split.split_updated_at
  order by o.created_at desc limit 1;
  if v_override.schedule_id is not null then
    raise exception using errcode = 'AL029', column = 'created_at',
      message = format('%s has %s an occurrence of schedule %s since, at %s.', v_override.created_by,
        case v_override.action when 'skip' then 'skipped' else 'moved' end, v_second.name,
        almanac_private.spoken_time(v_override.created_at, 'UTC')),
      detail = format('occurrence: %s.', almanac_private.spoken_time(v_override.scheduled_for, v_second.timezone)),
      hint = 'Look at what it is now, and change that, or leave it.';
  elsif v_second.total_runs > 0 then
    raise exception using errcode = 'AL016',
      message = format('Schedule %s has run since.', v_second.name),
      detail = format('%s runs.', v_second.total_runs),
      hint = 'Change the ends of both: almanac.update_schedule().';
  end if;
  perform almanac.unschedule(v_second.name);
  return almanac_private.save_schedule(jsonb_build_object('ends_at', undo_split.ends_at), v_first.id);
end
$$;
comment on function almanac.undo_split(bigint, bigint, timestamptz, timestamptz, timestamptz) is
  'Takes back what split_schedule() did, unless someone has changed either schedule since (AL029) or the new one has '
  'run: deletes that, and the first one ends where it did before. Both have the updated_at of the schedule '
  'that split_schedule() returned, as long as no one changes them.';
grant execute on function almanac.undo_split(bigint, bigint, timestamptz, timestamptz, timestamptz) to almanac_operator;
--! EndIncluded functions/schedules/undo_split.sql
--! Included functions/schedules/unsaved_schedule.sql
create or replace function almanac_private.unsaved_schedule(as_of timestamptz) returns almanac.schedules
language plpgsql stable parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  v_schedule almanac.schedules;
begin
  v_schedule.timezone := 'UTC';
  v_schedule.payload := '{}';
  v_schedule.overlap_policy := 'skip';
  v_schedule.calendars := '{}';
  v_schedule.exclusion_policy := 'skip';
  v_schedule.fired_runs := 0;
  v_schedule.has_overrides := false;
  v_schedule.created_at := unsaved_schedule.as_of;
  return v_schedule;
end
$$;
comment on function almanac_private.unsaved_schedule(timestamptz) is
  'A schedule before anything of it is said: the defaults of the columns that decide when it would run.';
grant execute on function almanac_private.unsaved_schedule(timestamptz) to almanac_viewer;
--! EndIncluded functions/schedules/unsaved_schedule.sql
--! Included functions/schedules/unschedule.sql
create or replace function almanac.unschedule(schedule text) returns almanac.schedules
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_schedule almanac.schedules := almanac_private.find_schedule(unschedule.schedule);
  v_saved almanac.schedules;
begin
  update almanac.schedules s set deleted_at = statement_timestamp() where s.id = v_schedule.id
    returning s.* into v_saved;
  if v_saved.id is null then
    perform almanac_private.refuse_change(v_schedule.id);
  end if;
  return v_saved;
end
$$;
comment on function almanac.unschedule(text) is
  'Deletes a schedule so that restore() can bring it back. Its history stays; runs that have not started are '
  'cancelled, and those that have are left alone.';
grant execute on function almanac.unschedule(text) to almanac_operator;
--! EndIncluded functions/schedules/unschedule.sql
--! Included functions/schedules/update_schedule.sql
create or replace function almanac.update_schedule(
  schedule_id bigint, changes jsonb, expected_updated_at timestamptz default null
) returns almanac.schedules
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
begin
  if update_schedule.schedule_id is null then
    raise exception using errcode = 'AL007', message = 'No schedule is given: its id is null.',
      detail = 'schedule_id: null.',
      hint = 'Look at: select id, name from almanac.schedules.';
  end if;
  perform almanac_private.check_unchanged(update_schedule.schedule_id, update_schedule.expected_updated_at);
  return almanac_private.save_schedule(update_schedule.changes, update_schedule.schedule_id);
end
$$;
comment on function almanac.update_schedule(bigint, jsonb, timestamptz) is
  'Changes columns of a schedule, given as JSON; the others are unaffected. What the old rule owes up to this moment '
  'is resolved first. expected_updated_at: its updated_at when it was read; if someone has changed it since, nothing '
  'is changed (AL029).';
grant execute on function almanac.update_schedule(bigint, jsonb, timestamptz) to almanac_operator;
--! EndIncluded functions/schedules/update_schedule.sql
--! Included functions/schedules/upsert_schedule.sql
create or replace function almanac_private.upsert_schedule(definition jsonb, settings jsonb) returns almanac.schedules
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_settings jsonb := coalesce(upsert_schedule.settings, '{}');
  v_given jsonb := upsert_schedule.definition;
  v_id bigint;
  v_taken text;
begin
  perform almanac_private.check_definition_size(upsert_schedule.definition);
  if jsonb_typeof(v_settings) <> 'object' then
    raise exception using errcode = 'AL009', column = 'settings', message = 'The settings are not a JSON object.',
      detail = format('They are of type %s.', jsonb_typeof(v_settings)), hint = 'Give {"column": value, …}, or {}.';
  end if;
  v_taken := (select min(k) from jsonb_object_keys(v_settings) k where upsert_schedule.definition ? k);
  if v_taken is not null then
    raise exception using errcode = 'AL009', column = v_taken,
      message = format('%s is an argument, not a setting.', v_taken),
      detail = format('Settings: %s.', v_settings), hint = 'Give it as an argument of the function.';
  end if;
  -- Left out: the columns' defaults for a new schedule, for one that is there what it has.
  v_given := v_given - array(
    select k from unnest(array['task_identifier', 'payload', 'timezone']) k where v_given -> k = 'null');
  v_id := (select s.id from almanac.schedules s where s.name = v_given ->> 'name' and s.deleted_at is null);
  if v_id is null then
    begin
      return almanac_private.save_schedule(v_given || v_settings);
    exception when unique_violation then
      -- Two sessions that schedule one new name at the same moment: the second waits for the index, and updates.
      get stacked diagnostics v_taken = constraint_name;
      v_id := (select s.id from almanac.schedules s where s.name = v_given ->> 'name' and s.deleted_at is null);
      if v_taken <> 'schedule_name_is_unique' or v_id is null then
        raise;
      end if;
    end;
  end if;
  return almanac_private.save_schedule(v_given || v_settings, v_id);
end
$$;
comment on function almanac_private.upsert_schedule(jsonb, jsonb) is
  'Inserts a schedule, or changes the one of this name. Of task, payload and time zone, null means left out.';
grant execute on function almanac_private.upsert_schedule(jsonb, jsonb) to almanac_operator;
--! EndIncluded functions/schedules/upsert_schedule.sql
--! Included functions/schedules/without_direction.sql
create or replace function almanac_private.without_direction(text text) returns text
language sql immutable parallel safe
return regexp_replace(text, '[\u202a-\u202e\u2066-\u2069]', '', 'g');
comment on function almanac_private.without_direction(text) is
  'A text without embeddings, overrides and isolates of direction, which change how the text next to it is read.';
grant execute on function almanac_private.without_direction(text) to almanac_viewer;
--! EndIncluded functions/schedules/without_direction.sql
--! Included functions/workers/adopt.sql
-- Definer: writes the ledger and Graphile Worker's jobs; who may is checked first.
create or replace function almanac.adopt(choice text, environment text default null) returns integer
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
  -- By key, whatever the statistics say, as fire_due.
  set jit to off set enable_hashjoin to off set enable_mergejoin to off
as $$
declare
  v_now timestamptz := statement_timestamp();
  v_place almanac_private.place;
  v_from text := almanac.copied_from();
  v_reason text;
  v_open almanac.stops;
  v_cancelled bigint[] := '{}';
begin
  perform almanac_private.check_admin('adopt');
  if adopt.choice is null or adopt.choice not in ('continue', 'skip') then
    raise exception using errcode = 'AL027',
      message = format('Unknown choice: %s.', coalesce(quote_literal(adopt.choice), 'null')),
      detail = 'Choose continue (what is queued and overdue runs here, as each schedule says) or skip (it is '
        'cancelled, and recorded as stopped).',
      hint = 'If the original is still in use elsewhere: select almanac.adopt(''skip'').';
  end if;
  select p.* into v_place from almanac_private.place p for update;
  if v_from is null and v_place.environment is not distinct from adopt.environment then
    raise exception using errcode = 'AL013', message = 'This database is not a copy: it is where it has always been.',
      detail = format('Recorded at %s by %s.', v_place.recorded_at, v_place.recorded_by),
      hint = 'There is nothing to adopt.';
  end if;
  perform almanac_private.record_place(adopt.environment);

  if adopt.choice = 'skip' then
    v_reason := coalesce('copied from ' || v_from, 'adopted for another environment');
    lock table almanac.stops in share row exclusive mode;
    update almanac.stops s set resumed_at = v_now, resumed_by = almanac_private.actor() where s.resumed_at is null
      returning s.* into v_open;
    insert into almanac.stops (stopped_at, stopped_by, reason, resumed_at, resumed_by)
    select least(min(s.next_run_at), v_now), almanac_private.actor(), v_reason, v_now, almanac_private.actor()
      from almanac.schedules s;
    insert into almanac.stops (stopped_at, stopped_by, reason) select v_now, v_open.stopped_by, v_open.reason
      where v_open.id is not null;
    with locked as (
      select r.id, r.scheduled_for from almanac_private.live_runs l join almanac.runs r on r.id = l.run_id
        and r.scheduled_for = l.scheduled_for
      where r.finished_at is null order by r.scheduled_for, r.id for no key update of r
    ), ended as (
      update almanac.runs r set status = 'cancelled', reason = v_reason, finished_at = v_now
      from locked l where r.id = l.id and r.scheduled_for = l.scheduled_for returning r.id
    ), dead as (
      delete from almanac_private.live_runs
    )
    select coalesce(array_agg(e.id), '{}') into v_cancelled from ended e;
  end if;
  -- The workers that a copy names are the original's, and send no heartbeats here; what they have locked goes with
  -- them.
  perform almanac_private.reap_workers();
  perform almanac_private.remove_jobs(array(
    select j.key from graphile_worker.jobs j
      where j.key = any (array(select 'run:' || c.id from unnest(v_cancelled) c(id))) and j.locked_at is null));
  perform from almanac.reconcile();
  perform almanac_private.notify_changed('almanac_schedules', null);
  perform almanac_private.notify_changed('almanac_runs', null);
  return cardinality(v_cancelled);
end
$$;
comment on function almanac.adopt(text, text) is
  'Makes a copy of a database independent; until then nothing is fired or run in it. choice: continue, if the original '
  'is gone: what is queued and overdue is run here, as each schedule says; skip, if it is still in use: what is queued '
  'or running is cancelled, and what was due is recorded as stopped. environment: the ALMANAC_ENVIRONMENT of its '
  'workers; null: none. Returns how many runs were cancelled.';
grant execute on function almanac.adopt(text, text) to almanac_viewer;
--! EndIncluded functions/workers/adopt.sql
--! Included functions/workers/here.sql
-- Definer: where pg_control_system() is closed to everyone, the owner's right to it counts.
create or replace function almanac_private.here(out system_identifier bigint, out database_oid oid)
language plpgsql stable security definer parallel safe set search_path to pg_catalog, pg_temp
as $$
begin
  -- A statement of its own: the right is looked at when it begins.
  if has_function_privilege('pg_catalog.pg_control_system()', 'execute') then
    here.system_identifier := (select c.system_identifier from pg_control_system() c);
  end if;
  here.database_oid := (select d.oid from pg_database d where d.datname = current_database());
end
$$;
comment on function almanac_private.here() is
  'Where this database is: the identifier of the server''s data, which a standby shares and no other server has '
  '(null: the owner may not ask), and the number of the database in it, which a rename keeps.';
grant execute on function almanac_private.here() to almanac_viewer, almanac_server;
--! EndIncluded functions/workers/here.sql
--! Included functions/workers/announce_server.sql
-- Definer: the server's login may not write settings by itself.
create or replace function almanac_private.announce_server(url text) returns void
language sql volatile security definer set search_path to pg_catalog, pg_temp
as $$
  insert into almanac_private.settings as s (key, value)
  select 'server', jsonb_build_object('url', left(announce_server.url, 2000), 'place', to_jsonb(h))
  from almanac_private.here() h
  on conflict (key) do update set value = excluded.value where s.value <> excluded.value
$$;
comment on function almanac_private.announce_server(text) is
  'Records where browsers reach the server that has just started, for links that lead there.';
grant execute on function almanac_private.announce_server(text) to almanac_server;
--! EndIncluded functions/workers/announce_server.sql
--! Included functions/workers/announce_tasks.sql
-- Definer: workers have no right to write tables.
create or replace function almanac_private.announce_tasks(tasks jsonb, withdrawn text[] default '{}') returns text[]
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
begin
  insert into almanac_private.known_tasks as t
    (identifier, label, description, payload_schema, task_group, depends_on, default_timeout,
      default_max_attempts, last_seen_at)
  -- Cut rather than refused: one task would keep a worker from telling of all its others.
  select a.identifier, almanac_private.kept_text(almanac_private.without_direction(a.label), 199),
    almanac_private.kept_text(almanac_private.without_direction(a.description), 9999),
    case when length(a.payload_schema::text) > 100000 or almanac_private.nests_too_deeply(a.payload_schema)
      then jsonb_build_object('description', 'The schema is not kept: the limit is 100,000 characters and 100 levels.')
      else a.payload_schema end,
    almanac_private.kept_text(almanac_private.without_direction(a.task_group), 199),
    array(select left(d.task, 128) from unnest(a.depends_on) with ordinality d(task, n) where d.n <= 100 order by d.n),
    a.default_timeout, a.default_max_attempts, clock_timestamp()
  from jsonb_to_recordset(announce_tasks.tasks) a(identifier text, label text, description text, payload_schema jsonb,
    task_group text,
    depends_on text[], default_timeout interval, default_max_attempts integer)
  order by a.identifier
  on conflict (identifier) do update
  set label = excluded.label, description = excluded.description, payload_schema = excluded.payload_schema,
    task_group = excluded.task_group,
    depends_on = excluded.depends_on, default_timeout = excluded.default_timeout,
      default_max_attempts = excluded.default_max_attempts,
    last_seen_at = excluded.last_seen_at
  where not t.is_builtin;
  return array(
    select format('%s: payload_schema%s', t.identifier, p.problem)
    from almanac_private.known_tasks t, unnest(t.schema_problems) p(problem)
    where t.identifier in (
      select a ->> 'identifier' from jsonb_array_elements(announce_tasks.tasks) a
    ) and not t.is_builtin);
end
$$;
comment on function almanac_private.announce_tasks(jsonb, text[]) is
  'What a worker says of its tasks at its start and every minute: an array of rows of almanac.tasks, whose texts are '
  'cut if they are too long. Which worker has which is in almanac.workers. withdrawn: what workers of an older release '
  'say; nothing comes of it. Returns what of their JSON Schemas is not checked.';
grant execute on function almanac_private.announce_tasks(jsonb, text[]) to almanac_worker;
--! EndIncluded functions/workers/announce_tasks.sql
--! Included functions/workers/blockers.sql
-- Invoker: pg_stat_activity shows statements and times to whom it should. It reads no table while someone waits.
create or replace function almanac.blockers()
returns table (
  pid integer, role_name text, application_name text, transaction_since timestamptz, query text, blocks text,
  blocked_since timestamptz
)
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
begin
  return query
  with recursive engine as materialized (
    select a.pid, a.application_name from pg_stat_activity a
    where a.datname = current_database() and a.application_name like 'almanac %'
      and (pg_has_role(a.usesysid, 'almanac_worker', 'member') or pg_has_role(a.usesysid, 'almanac_server', 'member'))
  ), chain(pid, blocks, since) as (
    select b.pid, e.application_name, coalesce(w.waitstart, clock_timestamp())
    from pg_locks w join engine e on e.pid = w.pid cross join unnest(pg_blocking_pids(w.pid)) b(pid)
    where not w.granted
    union
    select b.pid, c.blocks, c.since from chain c cross join unnest(pg_blocking_pids(c.pid)) b(pid)
  )
  select c.pid, coalesce(a.usename::text, 'a prepared transaction'), nullif(a.application_name, ''), a.xact_start,
    nullif(left(a.query, 1000), '<insufficient privilege>'), string_agg(distinct c.blocks, ', '), min(c.since)
  from chain c left join pg_stat_activity a on a.pid = c.pid
  where c.pid not in (select e.pid from engine e)
  group by c.pid, a.usename, a.application_name, a.xact_start, a.query
  order by min(c.since), c.pid;

  if not found then
    -- A worker that locks them is firing.
    -- Locked rows are passed over, so no one waits for whoever holds them.
    return query
    select h.pid, a.usename::text, nullif(a.application_name, ''), a.xact_start,
      nullif(left(a.query, 1000), '<insufficient privilege>'),
      format('%s that cannot start or end, the first of %L',
        case count(*) when 1 then 'a run' else count(*) || ' runs' end,
        (array_agg(h.schedule_name order by h.held_since))[1]), min(h.held_since)
    from almanac_private.holders_of_runs() h
    join pg_stat_activity a on a.pid = h.pid
    where not (a.datname = current_database() and a.application_name like 'almanac %'
      and (pg_has_role(a.usesysid, 'almanac_worker', 'member')
        or pg_has_role(a.usesysid, 'almanac_server', 'member')))
    group by h.pid, a.usename, a.application_name, a.xact_start, a.query
    order by min(h.held_since), h.pid;

    return query
    select l.pid, a.usename::text, nullif(a.application_name, ''), a.xact_start,
      nullif(left(a.query, 1000), '<insufficient privilege>'),
      format('%s due, %L first',
        case count(*) when 1 then 'a schedule that is' else count(*) || ' schedules that are' end,
        (array_agg(s.name order by s.next_run_at))[1]), min(s.next_run_at)
    from almanac.schedules s
    cross join lateral almanac_private.lock_holders(s.xmax) x
    join pg_locks l on l.locktype = 'transactionid' and l.transactionid = x and l.granted
    join pg_stat_activity a on a.pid = l.pid
    where s.next_run_at < clock_timestamp() - interval '2 seconds'
      and not (a.datname = current_database() and a.application_name like 'almanac %'
        and (pg_has_role(a.usesysid, 'almanac_worker', 'member')
          or pg_has_role(a.usesysid, 'almanac_server', 'member')))
    group by l.pid, a.usename, a.application_name, a.xact_start, a.query
    order by min(s.next_run_at), l.pid;
  end if;
end
$$;
comment on function almanac.blockers() is
  'Sessions that keep Almanac waiting: they hold locks that its workers, servers or migrate wait for, rows of '
  'schedules that are due, or runs that are to begin or end. transaction_since and query are null where the caller may '
  'not see them.';
grant execute on function almanac.blockers() to almanac_viewer, almanac_server;
--! EndIncluded functions/workers/blockers.sql
--! Included functions/workers/check_task_is_known.sql
create or replace function almanac_private.check_task_is_known(task_identifier text) returns void
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
begin
  if exists (select from almanac.tasks t where t.identifier = check_task_is_known.task_identifier) then
    return;
  end if;
  raise exception using errcode = 'AL005', column = 'task_identifier',
    message = format('The task %s is unknown.', coalesce(check_task_is_known.task_identifier, 'null')),
    detail = 'No worker has announced it.',
    hint = concat(case when check_task_is_known.task_identifier ~ '^[_a-zA-Z][_a-zA-Z0-9:_/-]*$'
        then format('Start a worker that has it, or announce it: select almanac.register_task(%L).',
          check_task_is_known.task_identifier)
        else 'Look at: select identifier, description from almanac.tasks.' end,
      almanac_private.perhaps(check_task_is_known.task_identifier, array(select t.identifier from almanac.tasks t
        order by t.is_builtin, t.identifier limit 1000)));
end
$$;
comment on function almanac_private.check_task_is_known(text) is
  'Raises AL005 for a task that neither a worker nor an admin has announced.';
grant execute on function almanac_private.check_task_is_known(text) to almanac_viewer;
--! EndIncluded functions/workers/check_task_is_known.sql
--! Included functions/workers/copied_from.sql
-- Definer: reads a table that is the owner's.
create or replace function almanac.copied_from() returns text
language sql stable security definer parallel safe set search_path to pg_catalog, pg_temp
as $$
  select format('%s (OID %s of system %s; here: %s, OID %s of system %s)', p.database_name, p.database_oid,
    coalesce(p.system_identifier::text, 'unknown'), current_database(), h.database_oid,
    coalesce(h.system_identifier::text, 'unknown'))
  from almanac_private.place p cross join almanac_private.here() h
  where p.database_oid <> h.database_oid or p.system_identifier <> h.system_identifier
$$;
comment on function almanac.copied_from() is
  'The database that this one is a copy of, by a dump, a template or an upgrade of the server, until adopt() says what '
  'happens to it; meanwhile nothing fires or runs here. Null: it is where it has always been.';
grant execute on function almanac.copied_from() to almanac_viewer;
--! EndIncluded functions/workers/copied_from.sql
--! Included functions/workers/drain_worker.sql
-- Definer: workers have no right to write tables.
create or replace function almanac_private.drain_worker(worker_id bigint) returns void
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
begin
  -- A heartbeat that comes at the same time finds it draining, and does not make it the leader.
  update almanac.workers w set status = 'draining' where w.id = drain_worker.worker_id and w.status = 'active';
  perform almanac_private.end_lead(drain_worker.worker_id);
end
$$;
comment on function almanac_private.drain_worker(bigint) is
  'Records that a worker was asked to stop: it takes no new jobs, finishes what it runs, and is no longer the leader.';
grant execute on function almanac_private.drain_worker(bigint) to almanac_worker;
--! EndIncluded functions/workers/drain_worker.sql
--! Included functions/workers/end_blockers.sql
-- Definer: ends sessions, where the owner has pg_signal_backend or is a superuser: viewers and operators can reset
-- every limit that their login has. What is one's own one may hold.
create or replace function almanac_private.end_blockers(grace interval default '15 seconds')
returns table (pid integer, role_name text, is_ended boolean)
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_blocker record;
begin
  for v_blocker in
    select b.pid, b.role_name
    from almanac.blockers() b
    join pg_stat_activity a on a.pid = b.pid
    join pg_roles r on r.oid = a.usesysid
    where b.blocked_since < clock_timestamp() - end_blockers.grace
      and not r.rolsuper and pg_has_role(r.oid, 'almanac_viewer', 'member')
      and not pg_has_role(r.oid, 'almanac_admin', 'member') and not pg_has_role(r.oid, 'almanac_worker', 'member')
      and (b.blocks ~ 'almanac (ticker|pulse)'
        -- A run that is held, also one's own, takes up a place of its worker's.
        or exists (select from almanac_private.holders_of_runs() h
          where h.pid = b.pid and h.held_since < clock_timestamp() - end_blockers.grace)
        or exists (
        select from almanac.schedules s
        cross join lateral almanac_private.lock_holders(s.xmax) x
        join pg_locks l on l.locktype = 'transactionid' and l.transactionid = x and l.granted and l.pid = b.pid
        where s.next_run_at < clock_timestamp() - end_blockers.grace and (s.owner_user is not null
          or not coalesce(pg_has_role(r.oid, almanac_private.role_of_key(s.run_as_key), 'member'), false))))
  loop
    pid := v_blocker.pid;
    role_name := v_blocker.role_name;
    begin
      is_ended := pg_terminate_backend(v_blocker.pid);
    exception when insufficient_privilege then
      is_ended := false;
    end;
    return next;
  end loop;
end
$$;
comment on function almanac_private.end_blockers(interval) is
  'Ends the sessions of viewers and operators that have kept schedules of others from firing, or a worker from '
  'recording runs, for longer than grace, and says which, and whether it could.';
grant execute on function almanac_private.end_blockers(interval) to almanac_worker;
--! EndIncluded functions/workers/end_blockers.sql
--! Included functions/workers/end_lead.sql
-- Called by drain_worker, stop_worker and mark_worker_lost, with their rights, after they have locked the worker's row,
-- as heartbeat() does: the other way round one that comes at the same time would wait for them, and they for it.
create or replace function almanac_private.end_lead(worker_id bigint) returns void
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
begin
  delete from almanac_private.leases l where l.worker_id = end_lead.worker_id;
  if found then
    notify almanac_leads;
  end if;
end
$$;
comment on function almanac_private.end_lead(bigint) is
  'Ends a worker''s lead, if it has it, and notifies the standbys, one of which leads from then on.';
--! EndIncluded functions/workers/end_lead.sql
--! Included functions/workers/overdue.sql
-- What it reads may be locked: /healthz and status must answer then too, and say by blockers() who holds the lock.
create or replace function almanac_private.overdue(as_of timestamptz default now()) returns jsonb
language plpgsql stable set search_path to pg_catalog, pg_temp set lock_timeout to '200ms'
as $$
begin
  return (
    with due as materialized (
      select s.name, s.timezone, s.next_run_at
      from almanac.schedules s
      where s.next_run_at < overdue.as_of - interval '30 seconds'
        and (s.is_system or not exists (select from almanac.stops t where t.resumed_at is null))
    )
    select jsonb_build_object(
      'count', count(*), 'name', (array_agg(d.name order by d.next_run_at))[1], 'at', min(d.next_run_at),
      -- Where it is the schedule itself that keeps it from firing, and not the engine.
      'lost', (
        select jsonb_agg(jsonb_build_object('name', z.name, 'timezone', z.timezone) order by z.timezone)
        from (select l.timezone, min(l.name) as name from due l group by l.timezone offset 0) z
        where not almanac_private.knows_timezone(z.timezone)))
    from due d
    having count(*) > 0);
exception when lock_not_available then
  return null;
end
$$;
comment on function almanac_private.overdue(timestamptz) is
  'Schedules that have been due for longer than it takes to replace a leader that died: how many, the first, and of '
  'each '
  'time zone that the server has lost one schedule. Null: none, or '
  'the schedules are locked, and not known.';
grant execute on function almanac_private.overdue(timestamptz) to almanac_viewer;
--! EndIncluded functions/workers/overdue.sql
--! Included functions/workers/engine_state.sql
create or replace function almanac.engine_state(
  out worker_runs boolean,
  out overdue_count integer, out overdue_since timestamptz, out overdue_schedule_id bigint,
  out overdue_schedule_name text,
  out ahead_count integer, out ahead_until timestamptz,
  out stopped_at timestamptz, out stopped_by text, out stop_reason text,
  out limited_role text, out limit_name text, out limit_most bigint, out limited_count bigint,
  out limited_until timestamptz
)
language sql stable
begin atomic
  with ahead as (
    select count(*)::integer as count, max(a.cursor_at) as until
      from almanac_private.schedules_ahead(clock_timestamp()) a
  )
  select almanac_private.has_running_worker(), coalesce((o.found ->> 'count')::integer, 0),
    (o.found ->> 'at')::timestamptz,
    (select s.id from almanac.schedules s where s.name = o.found ->> 'name' and s.deleted_at is null),
      o.found ->> 'name',
    a.count, a.until, t.stopped_at, t.stopped_by, t.reason,
    m.run_as, m.limit_name, m.most, m.schedules, m.until
  from ahead a
  cross join (values (almanac_private.overdue(clock_timestamp()))) o(found)
  cross join almanac_private.limit_met() m
  left join almanac.stops t on t.resumed_at is null;
end;
comment on function almanac.engine_state() is
  'Whether anything fires and runs: worker_runs, that a worker is running; overdue, schedules that are due for more '
  'than 30 s and have not fired, and the first of them; ahead, schedules that were fired beyond the clock, which was '
  'ahead, and until when (replan_from_now() plans them again); stopped, since when, by whom and why all schedules '
  'are stopped (null: they are not); '
  'limited, the role whose schedules are put off as it has met a limit, which, how many they are and until when '
  '(null: none is).';
grant execute on function almanac.engine_state() to almanac_viewer;
--! EndIncluded functions/workers/engine_state.sql
--! Included functions/workers/enter_place.sql
-- Definer: reads and writes a table that is the owner's.
create or replace function almanac_private.enter_place(environment text) returns text
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_from text := almanac.copied_from();
  v_environment text;
begin
  if v_from is not null then
    return format('This database is a copy of %s.', v_from);
  end if;
  if enter_place.environment is not null then
    update almanac_private.place p set environment = enter_place.environment where p.environment is null;
  end if;
  select p.environment into v_environment from almanac_private.place p;
  if v_environment is distinct from enter_place.environment then
    return format('This database belongs to the environment %s, but ALMANAC_ENVIRONMENT is %s here.', v_environment,
      coalesce(enter_place.environment, 'not set'));
  end if;
  return null;
end
$$;
comment on function almanac_private.enter_place(text) is
  'What a worker asks before it starts: why it may not work here; null: it may. environment: its ALMANAC_ENVIRONMENT, '
  'noted when it is the first one given; null: none. It tells a copy that has the same place, as a snapshot of all '
  'data has.';
grant execute on function almanac_private.enter_place(text) to almanac_worker;
--! EndIncluded functions/workers/enter_place.sql
--! Included functions/workers/runs_not_begun.sql
-- Definer: whoever watches may know what keeps runs from beginning. What it reads may be locked, as for overdue().
create or replace function almanac_private.runs_not_begun(as_of timestamptz default now()) returns jsonb
language plpgsql stable security definer set search_path to pg_catalog, pg_temp set lock_timeout to '200ms'
  set jit to off
as $$
begin
  if not almanac_private.has_running_worker() then
    return null;
  end if;
  return (
    with live as materialized (
      select r.id, r.schedule_name, r.task_identifier, r.run_as, r.status, r.queued_at
      from (select l.run_id, l.scheduled_for from almanac_private.live_runs l where not l.is_waiting limit 10000) l
      join almanac.runs r on r.id = l.run_id and r.scheduled_for = l.scheduled_for
      where r.status in ('queued', 'running')
    ), late as materialized (
      select q.* from live q
      where q.status = 'queued' and q.queued_at < runs_not_begun.as_of - interval '30 seconds'
        and exists (select from almanac.tasks t where t.identifier = q.task_identifier and t.available)
        -- What is caught up is spread, and its time is still ahead; what waits for a slot is taken again and again.
        and not exists (select from graphile_worker.jobs j
          where j.key = 'run:' || q.id and j.run_at > runs_not_begun.as_of
            and not coalesce(j.flags ? 'almanac:waits_for_slot', false))
    )
    select jsonb_build_object(
      -- A worker that begins others may be full again and again between its heartbeats.
      'isFault', min(l.queued_at) < runs_not_begun.as_of - interval '5 minutes'
        or bool_or(not almanac_private.waits_for_slot(l.id) and exists (
        select from almanac.workers w join almanac.tasks t on t.identifier = l.task_identifier
        where w.status = 'active' and w.last_heartbeat_at > runs_not_begun.as_of - almanac_private.worker_lease()
          and (w.tasks is null or t.is_builtin or t.identifier = any (w.tasks))
          and cardinality(w.run_ids) < w.concurrency
          and not exists (select from almanac.runs r
            where r.id = any (w.run_ids) and r.started_at > runs_not_begun.as_of - interval '30 seconds'))),
      'count', count(*), 'name', (array_agg(l.schedule_name order by l.queued_at, l.id))[1], 'since', min(l.queued_at),
      'slots', (select coalesce(sum(w.concurrency), 0) from almanac.workers w
        where w.status = 'active' and w.last_heartbeat_at > runs_not_begun.as_of - almanac_private.worker_lease()),
      'waiting', (
        select jsonb_agg(jsonb_build_object('role', w.run_as, 'count', w.count) order by w.count desc, w.run_as)
        from (
          select o.run_as, count(*) as count from late o group by o.run_as order by count(*) desc, o.run_as limit 3
        ) w),
      'holders', (
        select coalesce(jsonb_agg(jsonb_build_object('role', h.run_as, 'task', h.task_identifier, 'count', h.count)
          order by h.count desc, h.run_as, h.task_identifier), '[]')
        from (
          select g.run_as, g.task_identifier, count(*) as count from live g where g.status = 'running'
          group by g.run_as, g.task_identifier order by count(*) desc, g.run_as, g.task_identifier limit 3
        ) h))
    from late l having count(*) > 0);
exception when lock_not_available then
  return null;
end
$$;
comment on function almanac_private.runs_not_begun(timestamptz) is
  'Runs that have been queued for 30 seconds though a worker has their task: how many, the schedule of the first and '
  'since when, of which roles most of them are, how many slots the workers have, and which roles'' tasks hold most '
  'of them. Of more than 10,000 unfinished runs it looks at so many. isFault: a worker that has their task has a free '
  'slot and begins nothing, or the first has been queued for 5 minutes. Null: none, or no worker is running, or the '
  'runs are locked, and not known.';
grant execute on function almanac_private.runs_not_begun(timestamptz) to almanac_viewer, almanac_worker;
--! EndIncluded functions/workers/runs_not_begun.sql
--! Included functions/workers/limits_reached.sql
-- Definer: whoever watches may know that limits are reached. What it reads may be locked, as for overdue().
create or replace function almanac_private.limits_reached() returns jsonb
language plpgsql stable security definer set search_path to pg_catalog, pg_temp set lock_timeout to '200ms'
  set jit to off
as $$
begin
  return (
    select coalesce(jsonb_agg(jsonb_build_object('limit', p.limit_name, 'putOff', p.count, 'until', p.until)
      order by p.limit_name), '[]')
    from (
      select l.limit_name, sum(l.count) as count, min(l.until) as until
      from almanac_private.put_off_by_limit() l group by l.limit_name
    ) p);
exception when lock_not_available then
  return null;
end
$$;
comment on function almanac_private.limits_reached() is
  'The limits that roles have reached: how many schedules each of them puts off, and until when, without names. Null: '
  'the schedules are locked, and it is not known.';
grant execute on function almanac_private.limits_reached() to almanac_server;
--! EndIncluded functions/workers/limits_reached.sql
--! Included functions/workers/health.sql
-- Definer: the server's login may not read leases by itself.
create or replace function almanac_private.health(as_of timestamptz default clock_timestamp()) returns jsonb
language sql stable security definer set search_path to pg_catalog, pg_temp
begin atomic
  select jsonb_build_object(
    'workers', (
      select jsonb_build_object('running', count(*), 'takingJobs',
        count(*) filter (where w.takes_nothing_since is null))
      from almanac.workers w
      where w.status = 'active' and w.last_heartbeat_at >= health.as_of - almanac_private.worker_lease()),
    'isCopy', almanac.copied_from() is not null,
    'isStopped', almanac_private.is_stopped(),
    'overdue', (
      select jsonb_build_object('count', o.overdue -> 'count', 'since', o.overdue -> 'at')
      from almanac_private.overdue(health.as_of) o(overdue) where o.overdue is not null),
    'notBegun', (
      select jsonb_build_object('count', n.found -> 'count', 'since', n.found -> 'since',
        'isFault', n.found -> 'isFault')
      from almanac_private.runs_not_begun(health.as_of) n(found) where n.found is not null),
    -- Anyone may ask, so not of which roles.
    'limits', coalesce(almanac_private.limits_reached(), '[]'),
    'leader', exists (select from almanac_private.leases l where l.name = 'ticker' and l.expires_at > health.as_of),
    'ledger', (
      select jsonb_build_object('checkedAt', c.checked_at, 'isFresh', coalesce(c.stale_at >= health.as_of, false),
        'problems', c.found)
      from (values (true)) one left join (
        select l.checked_at, l.stale_at, l.found from almanac.ledger_checks l
          order by l.checked_at desc, l.id desc limit 1
      ) c on true),
    'blockers', (
      -- Anyone may ask, so not who they are.
      select coalesce(jsonb_agg(jsonb_build_object('pid', b.pid, 'since', b.blocked_since)
        order by b.blocked_since, b.pid), '[]')
      from almanac.blockers() b where b.blocked_since < health.as_of - interval '1 second'));
end;
comment on function almanac_private.health(timestamptz) is
  'What /healthz says: how many workers are running and take jobs, whether this is a copy that no one has adopted, '
  'whether all schedules are stopped, how many are overdue, how many runs do not begin, how many schedules are put '
  'off by which limits, whether a ticker leads and the last check of the ledger is fresh, and which processes of '
  'PostgreSQL keep Almanac waiting.';
grant execute on function almanac_private.health(timestamptz) to almanac_server;
--! EndIncluded functions/workers/health.sql
--! Included functions/workers/heartbeat.sql
-- Definer: workers have no right to write tables.
create or replace function almanac_private.heartbeat(
  worker_id bigint, pool_ids text[] default '{}', is_ticking boolean default false, run_ids bigint[] default null,
  busy jsonb default null, ended jsonb default '[]', stopped jsonb default null,
  out alive boolean, out leader boolean, out reaped integer, out lease_ms integer
)
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp set jit to off
as $$
declare
  v_now timestamptz := clock_timestamp();
  v_before timestamptz := (select w.last_heartbeat_at from almanac.workers w where w.id = heartbeat.worker_id);
  v_status text;
begin
  lease_ms := extract(epoch from almanac_private.worker_lease()) * 1000;
  update almanac.workers w
  set last_heartbeat_at = v_now, run_ids = coalesce(heartbeat.run_ids[:10000], w.run_ids),
    busy_since = v_now - make_interval(secs => (heartbeat.busy ->> 'seconds')::float8),
      culprit_run_id = (heartbeat.busy ->> 'runId')::bigint,
    culprit_at = left(heartbeat.busy ->> 'at', 500),
    pool_ids = array(
      select distinct left(p, 200) as p from unnest(w.pool_ids || heartbeat.pool_ids) p order by p limit 10000)
  where w.id = heartbeat.worker_id and w.status in ('active', 'draining')
  returning w.status into v_status;
  alive := found;
  if alive and heartbeat.run_ids is not null then
    insert into almanac_private.vouchers as v (worker_id, beaten_at, stopped, ended)
    values (heartbeat.worker_id, v_now, almanac_private.stopped_during(heartbeat.stopped, v_now), (
      -- By the first that said so: this one may have been held up on its way.
      select jsonb_object_agg((e.ended ->> 'runId')::bigint,
        least(almanac_private.ended_at('-infinity', e.ended, v_now), (b.ended ->> (e.ended ->> 'runId'))::timestamptz))
      from (select e.ended from jsonb_array_elements(heartbeat.ended) e(ended) limit 10000) e
      left join almanac_private.vouchers b on b.worker_id = heartbeat.worker_id))
    on conflict on constraint vouchers_pkey do update
    set vouched_until = v.beaten_at, beaten_at = excluded.beaten_at, stopped = excluded.stopped,
      ended = excluded.ended;
  end if;
  leader := false;
  if v_status = 'active' and heartbeat.is_ticking then
    insert into almanac_private.leases as l (name, worker_id, expires_at)
      values ('ticker', heartbeat.worker_id, v_now + almanac_private.worker_lease())
    on conflict (name) do update set worker_id = excluded.worker_id, expires_at = excluded.expires_at
    where l.worker_id = excluded.worker_id or l.expires_at < v_now;
    leader := found;
  end if;
  reaped := 0;
  -- One whose own heartbeats were missing knows nothing of the others: perhaps none could reach the database, and those
  -- that are alive come back now.
  if v_before > v_now - almanac_private.worker_lease() then
    begin
      reaped := almanac_private.reap_workers(v_now);
    exception when lock_not_available then
      reaped := 0;
    end;
  end if;
  begin
    -- Whoever holds a table locked keeps no heartbeat from coming; the next one does what this one cannot.
    set local lock_timeout to '100ms';
    perform almanac_private.leave_line(heartbeat.worker_id, heartbeat.ended) where alive and heartbeat.ended <> '[]';
    perform almanac_private.apply_counters() where exists (select from almanac_private.pending_counters);
    perform almanac_private.release_waiting() where exists (
      select from almanac_private.live_runs l where l.is_waiting);
    perform almanac_private.follow_renames() where leader;
  exception when lock_not_available then
    null;
  end;
end
$$;
comment on function almanac_private.heartbeat(bigint, text[], boolean, bigint[], jsonb, jsonb, jsonb) is
  'Every 5 s from each worker: it is alive (alive = false: it was marked lost, and must register again), and leads or '
  'not (a draining one never does), for lease_ms from now. Also marks workers as lost whose last heartbeat is older '
  'than that. run_ids: the runs that it has; null: as before. busy: a task holds its CPU, {"seconds", "runId", "at"}. '
  'ended: runs that have ended for good, which it has not recorded yet, [{"scheduleId", "runId", "agoMs"}]. '
  'stopped: since when its process last stood still, and until when, in seconds ago, {"from", "until"}.';
grant execute on function almanac_private.heartbeat(bigint, text[], boolean, bigint[], jsonb, jsonb, jsonb)
  to almanac_worker;
--! EndIncluded functions/workers/heartbeat.sql
--! Included functions/workers/holders_of_runs.sql
-- Definer: reads what only the engine may. The transaction that holds a run is in its xmax.
create or replace function almanac_private.holders_of_runs()
returns table (pid integer, schedule_name text, held_since timestamptz)
language plpgsql stable security definer set search_path to pg_catalog, pg_temp set lock_timeout to '200ms'
  -- By key, whatever the statistics say, as begin_runs.
  set jit to off set enable_hashjoin to off set enable_mergejoin to off set enable_seqscan to off
as $$
#variable_conflict use_column
begin
  return query
  select l.pid, r.schedule_name, h.held_since
  from almanac_private.held_runs h
  join almanac.runs r on r.id = h.run_id and r.scheduled_for = h.scheduled_for
  cross join lateral almanac_private.lock_holders(r.xmax) x
  join pg_locks l on l.locktype = 'transactionid' and l.transactionid = x and l.granted;
exception when lock_not_available then
  return;
end
$$;
comment on function almanac_private.holders_of_runs() is
  'The processes that hold runs locked whose beginning or end is to be recorded, and since when that waits for them.';
grant execute on function almanac_private.holders_of_runs() to almanac_viewer, almanac_server;
--! EndIncluded functions/workers/holders_of_runs.sql
--! Included functions/workers/leave_line.sql
-- Called by heartbeat, with its rights. Without looking at runs: a heartbeat continues while someone holds that table
-- locked.
create or replace function almanac_private.leave_line(worker_id bigint, ended jsonb) returns void
language sql volatile set search_path to pg_catalog, pg_temp
begin atomic
  update almanac_private.live_runs l set counts_toward_overlap = false
  from (
    select l.schedule_id, l.run_id
    from (
      select (e.ended ->> 'scheduleId')::bigint as schedule_id, (e.ended ->> 'runId')::bigint as run_id
      from jsonb_array_elements(leave_line.ended) e(ended) limit 10000
    ) e
    join almanac_private.live_runs l on l.schedule_id = e.schedule_id and l.run_id = e.run_id
      and l.counts_toward_overlap
    where e.run_id = any (array(
      select unnest(w.run_ids) from almanac.workers w where w.id = leave_line.worker_id))
    -- Those that are locked are being recorded.
    for update of l skip locked
  ) e
  where l.schedule_id = e.schedule_id and l.run_id = e.run_id;
end;
comment on function almanac_private.leave_line(bigint, jsonb) is
  'Runs that a worker has have ended for good, [{"scheduleId", "runId"}], and it could not record that yet: they are '
  'no longer in the way of any occurrence. At most 10,000.';
--! EndIncluded functions/workers/leave_line.sql
--! Included functions/workers/lock_holders.sql
create or replace function almanac_private.lock_holders(xmax xid) returns setof xid
language plpgsql stable strict set search_path to pg_catalog, pg_temp
as $$
begin
  return next lock_holders.xmax;
  begin
    -- Of a row that several hold, the number of their group; of any other, none.
    return query select m.xid from pg_get_multixact_members(lock_holders.xmax) m;
  exception when others then
    null;
  end;
end
$$;
comment on function almanac_private.lock_holders(xid) is
  'The transactions that the xmax of a row may stand for: those that hold it, or did.';
grant execute on function almanac_private.lock_holders(xid) to almanac_viewer, almanac_server;
--! EndIncluded functions/workers/lock_holders.sql
--! Included functions/workers/look_at_jobs.sql
-- Definer: Graphile Worker's tables are the owner's, and what row security hides from a worker it does not take either.
create or replace function almanac_private.look_at_jobs(
  task_identifiers text[], due_for interval default null, as_of timestamptz default clock_timestamp(),
  out task_numbers text, out untaken text
)
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp set lock_timeout to '2s'
  set jit to off
  -- A partition may be younger than its statistics, and so may the table of jobs.
  set enable_seqscan to off
as $$
declare
  v_tasks integer[];
begin
  select string_agg(t.identifier || ' ' || t.id, ', ' order by t.identifier), array_agg(t.id) into task_numbers, v_tasks
  from graphile_worker._private_tasks t where t.identifier = any (look_at_jobs.task_identifiers);
  if due_for is not null then
    -- As Graphile Worker looks for a job, in the order of its index. What someone else holds locked is passed over, as
    -- it would be.
    select t.identifier into untaken
    from (
      select j.task_id from graphile_worker._private_jobs j
      where j.is_available and j.run_at <= look_at_jobs.as_of - look_at_jobs.due_for and j.task_id = any (v_tasks)
        and j.job_queue_id is null and j.flags is null
      order by j.priority, j.run_at limit 1 for update skip locked
    ) j join graphile_worker._private_tasks t on t.id = j.task_id;
  end if;
end
$$;
comment on function almanac_private.look_at_jobs(text[], interval, timestamptz) is
  'What a worker compares itself with: the numbers that its tasks have in Graphile Worker, and the task of a job '
  'that has been due for due_for (null: do not look) and is free to be taken, not one of a queue or with flags. '
  'Fails when the tables of Graphile Worker are locked for 2 s.';
grant execute on function almanac_private.look_at_jobs(text[], interval, timestamptz) to almanac_worker;
--! EndIncluded functions/workers/look_at_jobs.sql
--! Included functions/workers/mark_worker_lost.sql
-- Definer: workers have no right to write tables.
create or replace function almanac_private.mark_worker_lost(
  worker_id bigint, reason text default 'Its pool of jobs failed.', culprit_run_id bigint default null,
  is_crash boolean default false
) returns void
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp set jit to off
as $$
begin
  update almanac.workers w
  set last_heartbeat_at = '-infinity', end_reason = left(mark_worker_lost.reason, 2000),
    culprit_run_id = mark_worker_lost.culprit_run_id
  where w.id = mark_worker_lost.worker_id and w.status in ('active', 'draining');
  perform almanac_private.end_lead(mark_worker_lost.worker_id);
  perform almanac_private.reap_workers(blameless_worker => case when not mark_worker_lost.is_crash
    then mark_worker_lost.worker_id end);
end
$$;
comment on function almanac_private.mark_worker_lost(bigint, text, bigint, boolean) is
  'The last words of a worker whose pool has failed or whose process ends: it is lost from now on, and what it holds '
  'is taken over at once instead of when its lease ends. culprit_run_id: the run whose task ended it, which fails with '
  'the reason; all others are handed back. is_crash: it was a run, but it is not known which.';
grant execute on function almanac_private.mark_worker_lost(bigint, text, bigint, boolean) to almanac_worker;
--! EndIncluded functions/workers/mark_worker_lost.sql
--! Included functions/workers/note_stall.sql
-- Definer: workers have no right to write tables.
create or replace function almanac_private.note_stall(worker_id bigint, lasted interval, reason text) returns void
language sql volatile security definer set search_path to pg_catalog, pg_temp
begin atomic
  update almanac.workers w
  set takes_nothing_since = clock_timestamp() - note_stall.lasted, takes_nothing_because = left(note_stall.reason, 1000)
  where w.id = note_stall.worker_id and w.status in ('active', 'draining');
end;
comment on function almanac_private.note_stall(bigint, interval, text) is
  'Records for how long a worker has taken no jobs although it has free slots, and why; both null: it takes them.';
grant execute on function almanac_private.note_stall(bigint, interval, text) to almanac_worker;
--! EndIncluded functions/workers/note_stall.sql
--! Included functions/workers/raise_sequences.sql
-- Definer: the sequences are the owner's. Ids that a sequence gives out are never behind their table; rows that came
-- with their ids, by logical replication or from a dump of data only, leave it behind. The highest id is the end of an
-- index, in each partition.
create or replace function almanac_private.raise_sequences(
  out sequence_name text, out was_at bigint, out raised_to bigint
)
returns setof record
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_column record;
begin
  perform almanac_private.take_turn('sequences');
  for v_column in
    select s.oid::regclass as sequence, a.attrelid::regclass as table_name, a.attname as name
    from pg_class s
    join pg_depend d on d.classid = 'pg_class'::regclass and d.objid = s.oid and d.refclassid = 'pg_class'::regclass
      and d.deptype in ('a', 'i')
    join pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
    where s.relkind = 'S'
      and s.relnamespace in ('almanac'::regnamespace, 'almanac_private'::regnamespace, 'graphile_worker'::regnamespace)
    order by s.oid::regclass::text
  loop
    continue when not has_sequence_privilege(v_column.sequence, 'update'); -- Graphile Worker's may be a host's
    execute format('select max(%I) from %s', v_column.name, v_column.table_name) into raise_sequences.raised_to;
    raise_sequences.was_at := coalesce(pg_sequence_last_value(v_column.sequence), 0);
    continue when raise_sequences.raised_to is null or raise_sequences.raised_to <= raise_sequences.was_at;
    perform setval(v_column.sequence, raise_sequences.raised_to);
    raise_sequences.sequence_name := v_column.sequence;
    return next;
  end loop;
end
$$;
comment on function almanac_private.raise_sequences() is
  'Raises the sequences of ids, also Graphile Worker''s, that are behind their tables, and says which were.';
grant execute on function almanac_private.raise_sequences() to almanac_worker;
--! EndIncluded functions/workers/raise_sequences.sql
--! Included functions/workers/reap_workers.sql
-- Definer: writes the ledger and Graphile Worker's jobs.
create or replace function almanac_private.reap_workers(
  as_of timestamptz default clock_timestamp(), lost_after interval default almanac_private.worker_lease(),
  blameless_worker bigint default null
) returns integer
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
  -- By key, whatever the statistics say: a hash join would read all of a large table for a handful of rows, here and in
  -- add_jobs.
  set jit to off set enable_hashjoin to off set enable_mergejoin to off set enable_seqscan to off
as $$
declare
  v_workers bigint[];
  v_pools text[];
  v_jobs bigint[];
  v_keys text[];
  v_results jsonb;
  v_runs bigint[];
  v_schedules bigint[];
  v_kept text[];
  v_worker almanac.workers;
  v_held text;
begin
  with dead as (
    select w.id from almanac.workers w
    where w.status in ('active', 'draining') and w.last_heartbeat_at < reap_workers.as_of - reap_workers.lost_after
    order by w.id for update skip locked
  ), lost as (
    update almanac.workers w set status = 'lost', stopped_at = reap_workers.as_of from dead d where w.id = d.id
      returning w.id, w.pool_ids
  )
  select array_agg(distinct l.id), array_agg(distinct p.id) into v_workers, v_pools from lost l
    left join lateral unnest(l.pool_ids) p(id) on true;
  if v_workers is null then
    return 0;
  end if;

  select array_agg(j.id), array_agg(j.key) filter (where j.key is not null) into v_jobs, v_keys
  from graphile_worker.jobs j
  where j.locked_by = any (v_pools)
    and case
      when j.key is not null then almanac_private.is_own_job(j.key, j.task_identifier)
      -- What has lost its key to a job for later: a wake, and a failed attempt that is recorded and was not completed.
      else j.task_identifier = 'almanac:wake' or j.task_identifier like 'almanac-run:%' or j.id in (
        select r.job_id from almanac_private.live_runs l join almanac.runs r on r.id = l.run_id
          and r.scheduled_for = l.scheduled_for)
    end;

  -- Attempts that were running are tried again at once. Only what may have ended the worker is counted: the run that
  -- is known to have, or else all.
  for v_worker in select w.* from almanac.workers w where w.id = any (v_workers) order by w.id loop
    select jsonb_agg(jsonb_build_object('runId', r.id, 'scheduledFor', r.scheduled_for, 'status', 'failed') || case
          when r.id = v_worker.culprit_run_id and v_worker.end_reason is not null
            then jsonb_build_object('error', v_worker.end_reason)
          when r.id = v_worker.culprit_run_id
            then jsonb_build_object('isLost', true, 'error', 'The worker was lost while this run blocked its CPU'
            || coalesce(', at ' || v_worker.culprit_at, '') || '.')
          when v_worker.culprit_run_id is not null
            then jsonb_build_object('isReturned', true, 'error',
            format('The worker was lost because of run %s.', v_worker.culprit_run_id))
          when v_worker.id = reap_workers.blameless_worker
            then jsonb_build_object('isReturned', true, 'error', 'The worker was lost: ' || v_worker.end_reason)
          else jsonb_build_object('isLost', true, 'error', 'The worker was lost'
            || coalesce(': ' || v_worker.end_reason, '.')) end
        order by r.id), string_agg(format('%s (%s)', r.id, r.task_identifier), ', ' order by r.id)
      into v_results, v_held
      from almanac_private.live_runs l join almanac.runs r on r.id = l.run_id and r.scheduled_for = l.scheduled_for
      where r.status = 'running' and r.worker_id = v_worker.id;
    perform almanac_private.finish_runs(v_worker.id, v_results, reap_workers.as_of) where v_results is not null;
    -- What is known is told; a process that was killed, or had no memory left, could not say.
    update almanac.workers w
    set end_reason = format('Its last heartbeat was %s s earlier. ',
      extract(epoch from reap_workers.lost_after)::integer)
      || case
        when w.culprit_run_id is not null
          then format('Run %s blocked its CPU%s.', w.culprit_run_id, coalesce(', at ' || w.culprit_at, ''))
        when v_held is null then 'The cause is unknown; it was running nothing.'
        else format('The cause is unknown: memory, a crash, kill -9, the machine. It was running %s.',
          left(v_held, 1000)) end
    where w.id = v_worker.id and w.end_reason is null;
  end loop;

  -- New jobs for what they had fetched but not begun. The old rows are still locked by the dead pools, so they lose
  -- their keys to the new ones.
  v_runs := array(select substr(k, 5)::bigint from unnest(v_keys) k where k like 'run:%');
  perform graphile_worker.add_jobs(array(
    select almanac_private.run_job_spec(r.id, r.schedule_id, r.scheduled_for, r.attempt + 1, r.trigger,
      r.task_identifier, r.payload, r.priority, null, r.lost_attempts)
    from almanac_private.live_runs l
    join almanac.runs r on r.id = l.run_id and r.scheduled_for = l.scheduled_for
    where l.run_id = any (v_runs) and r.status in ('queued', 'retrying')
      and not exists (select from graphile_worker.jobs f where f.key = 'run:' || r.id and f.locked_by is null)
    order by r.id
  ));
  v_schedules := array(select substr(k, 10)::bigint from unnest(v_keys) k where k like 'schedule:%');
  perform graphile_worker.add_jobs(array(
    select almanac_private.arm_spec(s.id, s.next_run_at, interval '0')
    from almanac.schedules s where s.id = any (v_schedules) and s.next_run_at is not null order by s.id
  ));
  perform graphile_worker.force_unlock_workers(v_pools) where v_pools is not null;
  -- A job that its pool has handed back meanwhile is the only one that its run or schedule has.
  v_kept := array(
    select 'run:' || r.id from almanac_private.live_runs l join almanac.runs r on r.id = l.run_id
      and r.scheduled_for = l.scheduled_for
    where l.run_id = any (v_runs) and r.status in ('queued', 'retrying')
    union all
    select 'schedule:' || s.id from almanac.schedules s where s.id = any (v_schedules) and s.next_run_at is not null
  );
  perform graphile_worker.complete_jobs(array(
    select j.id from graphile_worker.jobs j where j.id = any (v_jobs) and coalesce(j.key <> all (v_kept), true)));
  return cardinality(v_workers);
end
$$;
comment on function almanac_private.reap_workers(timestamptz, interval, bigint) is
  'Marks workers without a heartbeat as lost: their running attempts end and are tried again at once, jobs that they '
  'had fetched go to others, their locks are released. Returns how many were lost. blameless_worker: one whose end is '
  'no run''s fault.';
grant execute on function almanac_private.reap_workers(timestamptz, interval, bigint) to almanac_worker;
--! EndIncluded functions/workers/reap_workers.sql
--! Included functions/workers/record_place.sql
create or replace function almanac_private.record_place(environment text default null) returns void
language sql volatile
begin atomic
  insert into almanac_private.place as p (system_identifier, database_oid, database_name, environment,
    recorded_at, recorded_by)
  select h.system_identifier, h.database_oid, current_database(), record_place.environment, statement_timestamp(),
    almanac_private.actor()
  from almanac_private.here() h
  on conflict (is_only) do update set system_identifier = excluded.system_identifier,
    database_oid = excluded.database_oid,
    database_name = excluded.database_name, environment = excluded.environment, recorded_at = excluded.recorded_at,
      recorded_by = excluded.recorded_by;
end;
comment on function almanac_private.record_place(text) is
  'Records that this database belongs where it is now, and in which environment.';
--! EndIncluded functions/workers/record_place.sql
--! Included functions/workers/register_task.sql
create or replace function almanac.register_task(
  identifier text, label text default null, description text default null, payload_schema jsonb default null
) returns almanac.tasks
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_task almanac.tasks;
  v_wrong text[] := (select s.wrong from almanac_private.read_schema(register_task.payload_schema) s
    where register_task.payload_schema is not null);
begin
  perform almanac_private.check_admin('register_task');
  if v_wrong <> '{}' then
    raise exception using errcode = 'AL019', column = 'payload_schema', message = 'This is not a JSON Schema.',
      detail = array_to_string(v_wrong[:5], '; ') || '.',
      hint = 'Write it as draft 2020-12 defines it: {"type": "object", "properties": {"name": {"type": "string"}}}.';
  end if;
  insert into almanac_private.known_tasks as t (identifier, label, description, payload_schema)
  values (register_task.identifier, register_task.label, register_task.description, register_task.payload_schema)
  on conflict on constraint tasks_pkey do update
  set label = coalesce(excluded.label, t.label), description = coalesce(excluded.description, t.description),
    payload_schema = coalesce(excluded.payload_schema, t.payload_schema);
  select t.* into v_task from almanac.tasks t where t.identifier = register_task.identifier;
  if v_task.schema_problems <> '{}' and register_task.payload_schema is not null then
    raise warning using errcode = 'AL022',
      message = format('Task %s is registered, but not all of its JSON Schema is checked.', v_task.identifier),
      detail = array_to_string(v_task.schema_problems[:5], '; ') || '.',
      hint = 'docs/payloads.md says what is. What is not checked lets every payload pass.';
  end if;
  return v_task;
end
$$;
comment on function almanac.register_task(text, text, text, jsonb) is
  'Registers a task before any worker has it, so that schedules can name it. What a worker says of it later takes '
  'its place. payload_schema: JSON Schema, draft 2020-12, that payloads are checked by (AL006); AL022 warns of what is '
  'not checked of it, AL019 refuses what is no schema.';
grant execute on function almanac.register_task(text, text, text, jsonb) to almanac_viewer;
--! EndIncluded functions/workers/register_task.sql
--! Included functions/workers/register_worker.sql
-- Definer: workers have no right to write tables.
create or replace function almanac_private.register_worker(
  name text, host text, pid integer, version text, concurrency integer, tasks text[] default null
) returns bigint
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_id bigint;
begin
  insert into almanac.workers (name, host, pid, version, concurrency, tasks)
  values (left(register_worker.name, 200), left(register_worker.host, 255), register_worker.pid,
    left(register_worker.version, 100), register_worker.concurrency,
    case when register_worker.tasks is not null then array(
      select left(t.task, 128) from unnest(register_worker.tasks) with ordinality t(task, n)
      where t.n <= 10000 order by t.n) end)
  returning id into v_id;
  return v_id;
end
$$;
comment on function almanac_private.register_worker(text, text, integer, text, integer, text[]) is
  'Records a worker process that starts, and the tasks that it has in addition to the built-in ones; returns its id. '
  'What is too long is cut.';
grant execute on function almanac_private.register_worker(text, text, integer, text, integer, text[]) to almanac_worker;
--! EndIncluded functions/workers/register_worker.sql
--! Included functions/workers/runs_paced.sql
-- Definer: whoever watches may know that runs are spread. What it reads may be locked, as for overdue().
create or replace function almanac_private.runs_paced(as_of timestamptz default now()) returns jsonb
language plpgsql stable security definer set search_path to pg_catalog, pg_temp set lock_timeout to '200ms'
  set jit to off
as $$
begin
  return (
    select jsonb_build_object('count', count(*), 'name', (array_agg(r.schedule_name order by j.run_at, r.id))[1],
      'until', max(j.run_at))
    from (select l.run_id, l.scheduled_for from almanac_private.live_runs l where not l.is_waiting limit 10000) l
    join almanac.runs r on r.id = l.run_id and r.scheduled_for = l.scheduled_for
    join graphile_worker.jobs j on j.key = 'run:' || l.run_id
    where r.status = 'queued' and r.attempt = 0 and j.run_at > runs_paced.as_of
      -- Those are put back, not spread.
      and not exists (select from almanac_private.held_runs h where h.run_id = r.id)
      and not almanac_private.waits_for_slot(r.id)
    having count(*) > 0);
exception when lock_not_available then
  return null;
end
$$;
comment on function almanac_private.runs_paced(timestamptz) is
  'Runs that are caught up at the pace of their schedules, and begin later: how many, the schedule of the first, and '
  'until when. Of more than 10,000 unfinished runs it looks at so many. Null: none, or the runs are locked, and not '
  'known.';
grant execute on function almanac_private.runs_paced(timestamptz) to almanac_viewer;
--! EndIncluded functions/workers/runs_paced.sql
--! Included functions/workers/scheduled_roles.sql
-- Definer: workers see no schedules.
create or replace function almanac_private.scheduled_roles(as_of timestamptz default clock_timestamp())
returns setof text
language sql stable security definer set search_path to pg_catalog, pg_temp set jit to off
  -- From role to role, whatever the statistics say: however many schedules there are, it reads two entries of a role.
  set enable_seqscan to off set enable_bitmapscan to off set enable_sort to off
begin atomic
  with recursive roles as (
    (select s.run_as from almanac.schedules s where s.next_run_at is not null and not s.is_system
      order by s.run_as limit 1)
    union all
    select (select s.run_as from almanac.schedules s
      where s.next_run_at is not null and not s.is_system and s.run_as > r.run_as order by s.run_as limit 1)
    from roles r where r.run_as is not null
  )
  select r.run_as from roles r
  where (
    select s.next_run_at from almanac.schedules s
    where s.run_as = r.run_as and s.next_run_at is not null and not s.is_system
    order by s.run_as, s.next_run_at limit 1) < scheduled_roles.as_of + interval '1 day'
  limit 1000;
end;
comment on function almanac_private.scheduled_roles(timestamptz) is
  'The roles that schedules run as that are due within a day, for whose runs a worker keeps slots; at most 1,000.';
grant execute on function almanac_private.scheduled_roles(timestamptz) to almanac_worker;
--! EndIncluded functions/workers/scheduled_roles.sql
--! Included functions/workers/server_url.sql
-- Definer: the server's login may not read settings by itself.
create or replace function almanac_private.server_url() returns text
language sql stable security definer parallel safe set search_path to pg_catalog, pg_temp
as $$
  select s.value ->> 'url' from almanac_private.settings s cross join almanac_private.here() h
  where s.key = 'server' and s.value -> 'place' = to_jsonb(h)
$$;
comment on function almanac_private.server_url() is
  'Where browsers reach the server that started last. Null: none has started on this database; that of the database '
  'that it is a copy of does not count.';
grant execute on function almanac_private.server_url() to almanac_server;
--! EndIncluded functions/workers/server_url.sql
--! Included functions/workers/slots_in_use.sql
-- Definer: runs in hand are kept in a table of the owner's.
create or replace function almanac.slots_in_use()
returns table (worker_id bigint, slots integer, in_use bigint)
language sql stable rows 10 security definer set search_path to pg_catalog, pg_temp
begin atomic
  with running as materialized (
    select r.worker_id, count(*) as count
    from almanac_private.live_runs l
    join almanac.runs r on r.id = l.run_id and r.scheduled_for = l.scheduled_for
    where r.status = 'running'
    group by r.worker_id
  )
  select w.id, w.concurrency, coalesce(r.count, 0)
  from almanac.workers w left join running r on r.worker_id = w.id
  where w.status in ('active', 'draining')
  order by w.id;
end;
comment on function almanac.slots_in_use() is
  'How many slots each running worker has, and how many runs it has in hand.';
grant execute on function almanac.slots_in_use() to almanac_viewer;
--! EndIncluded functions/workers/slots_in_use.sql
--! Included functions/workers/slots_taken.sql
create or replace function almanac_private.slots_taken(not_begun jsonb) returns text
language sql immutable parallel safe
return case when jsonb_array_length(not_begun -> 'holders') > 0 then format('%s slots of the workers are taken: %s.',
  (select sum((h.holder ->> 'count')::bigint) from jsonb_array_elements(not_begun -> 'holders') h(holder))
    || ' of ' || (not_begun ->> 'slots'),
  (select string_agg(format('%s by %s of %s', h.holder ->> 'count', h.holder ->> 'task', h.holder ->> 'role'), ', '
    order by h.nth) from jsonb_array_elements(not_begun -> 'holders') with ordinality h(holder, nth))) end;
comment on function almanac_private.slots_taken(jsonb) is
  'Says in words who holds the slots, of what runs_not_begun() found; null: no one holds any.';
grant execute on function almanac_private.slots_taken(jsonb) to almanac_worker;
--! EndIncluded functions/workers/slots_taken.sql
--! Included functions/workers/stop_worker.sql
-- Definer: workers have no right to write tables.
create or replace function almanac_private.stop_worker(worker_id bigint) returns void
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
begin
  update almanac.workers w set status = 'stopped', stopped_at = clock_timestamp()
  where w.id = stop_worker.worker_id and w.status in ('active', 'draining');
  perform almanac_private.end_lead(stop_worker.worker_id);
end
$$;
comment on function almanac_private.stop_worker(bigint) is
  'Records that a worker has stopped in good order, and ends its lead.';
grant execute on function almanac_private.stop_worker(bigint) to almanac_worker;
--! EndIncluded functions/workers/stop_worker.sql
--! Included functions/workers/stopped_during.sql
create or replace function almanac_private.stopped_during(stopped jsonb, as_of timestamptz) returns tstzrange
language sql immutable parallel safe
return case when (stopped ->> 'from')::float8 >= (stopped ->> 'until')::float8 and (stopped ->> 'from')::float8 <= 1e9
  then tstzrange(as_of - make_interval(secs => (stopped ->> 'from')::float8),
    as_of - make_interval(secs => (stopped ->> 'until')::float8), '[]') end;
comment on function almanac_private.stopped_during(jsonb, timestamptz) is
  'When a process stood still, by what its worker says of it: {"from", "until"}, in seconds before as_of. Null: it '
  'says nothing, or nothing that can be so.';
--! EndIncluded functions/workers/stopped_during.sql
--! Included functions/workers/take_turn.sql
-- Called by definer functions, with their rights: no one else may lock these rows, while anyone may take an advisory
-- lock.
create or replace function almanac_private.take_turn(name text) returns void
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
begin
  insert into almanac_private.turns (name) values (take_turn.name) on conflict do nothing;
  perform from almanac_private.turns t where t.name = take_turn.name for update;
end
$$;
comment on function almanac_private.take_turn(text) is
  'Waits, as long as lock_timeout allows, until no other transaction has this turn; keeps it until this one ends.';
--! EndIncluded functions/workers/take_turn.sql
--! Included functions/workers/tg_check_task.sql
create or replace function almanac_private.tg_check_task() returns trigger
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_field text;
  v_migrates boolean := current_setting('almanac.system', true) is not distinct from 'on'
    and has_schema_privilege('almanac_private', 'create');
begin
  if tg_op <> 'INSERT' and old.is_builtin and not v_migrates and (tg_op = 'DELETE' or new is distinct from old) then
    raise exception using errcode = 'AL017',
      message = format('Task %s is Almanac''s own and cannot be %s.', old.identifier, case tg_op
        when 'DELETE' then 'deleted' else 'changed' end),
      detail = 'It is built in.', hint = 'To leave it out of a statement over many rows, add: where not is_builtin.';
  elsif tg_op = 'DELETE' then
    return old;
  elsif new.is_builtin and (tg_op = 'INSERT' or not old.is_builtin) and not v_migrates
    and not almanac_private.loads_dump() then
    raise exception using errcode = 'AL017', column = 'is_builtin',
      message = 'Only a migration creates a built-in task.',
      detail = format('Task %s.', new.identifier), hint = 'Leave is_builtin out.';
  elsif new.identifier ~ '^almanac(-run)?:' and not new.is_builtin
    and (tg_op = 'INSERT' or new.identifier <> old.identifier)
    and not exists (select from almanac_private.known_tasks t where t.identifier = new.identifier)
  then
    raise exception using errcode = 'AL017', column = 'identifier',
      message = 'Names that begin with almanac: or almanac-run: are reserved for Almanac''s own tasks.',
      detail = format('Task %s.', new.identifier), hint = 'Choose another name.';
  elsif (new.identifier ~ '^[_a-zA-Z][_a-zA-Z0-9:_/-]*$' and length(new.identifier) <= 128) is not true then
    raise exception using errcode = 'AL005', column = 'identifier',
      message = format('%s is not a task identifier.', coalesce(quote_literal(left(new.identifier, 200)), 'null')),
      detail = 'Graphile Worker takes letters, digits, _ : / and -, a letter or _ first, at most 128 in all.',
      hint = 'Choose another name.';
  end if;
  v_field := case
    when new.default_max_attempts not between 1 and 1000 then 'default_max_attempts'
    when new.default_timeout <= '0' or new.default_timeout > '10 years' then 'default_timeout'
  end;
  if v_field is not null then
    raise exception using errcode = 'AL019', column = v_field,
      message = case v_field
        when 'default_timeout'
        then 'The timeout must be positive, and at most 10 years.' else 'default_max_attempts must be '
        'between 1 and 1000.' end,
      detail = format('Task %s: %s.', new.identifier, to_jsonb(new) ->> v_field),
      hint = 'Leave it null for the default of schedules.';
  end if;
  perform almanac_private.check_given('almanac_private.known_tasks', to_jsonb(new));
  return new;
end
$$;
comment on function almanac_private.tg_check_task() is
  'Before a task is written or deleted: checks it, and refuses to all but a migration to change what is built in.';
--! EndIncluded functions/workers/tg_check_task.sql
--! Included functions/workers/tg_name_jobs.sql
-- Definer: Graphile Worker's tables are the owner's.
create or replace function almanac_private.tg_name_jobs() returns trigger
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
begin
  if not almanac_private.loads_dump() then
    insert into graphile_worker._private_tasks (identifier) values (almanac_private.run_identifier(new.identifier))
    on conflict do nothing;
  end if;
  return null;
end
$$;
comment on function almanac_private.tg_name_jobs() is
  'Gives Graphile Worker the name of a new task''s jobs. Who adds the first of them would hold the name until the '
  'transaction ends, and all firing would wait for it.';
--! EndIncluded functions/workers/tg_name_jobs.sql
--! Included functions/workers/task_triggers.sql
create or replace trigger _100_check_task before insert or update or delete on almanac_private.known_tasks
  for each row execute function almanac_private.tg_check_task();
create or replace trigger _500_name_jobs after insert on almanac_private.known_tasks
  for each row execute function almanac_private.tg_name_jobs();
--! EndIncluded functions/workers/task_triggers.sql
--! Included functions/workers/tg_notify_workers.sql
create or replace function almanac_private.tg_notify_workers() returns trigger
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_changed bigint[];
begin
  if tg_op = 'INSERT' then
    v_changed := array(select n.id from new_rows n order by n.id);
  elsif tg_op = 'DELETE' then
    v_changed := array(select o.id from old_rows o order by o.id);
  else
    v_changed := array(select n.id from new_rows n join old_rows o on o.id = n.id where n.status <> o.status
      or (n.takes_nothing_since is null) <> (o.takes_nothing_since is null) order by n.id);
  end if;
  perform almanac_private.notify_changed('almanac_workers', v_changed, lower(tg_op));
  return null;
end
$$;
comment on function almanac_private.tg_notify_workers() is
  'After workers were added or removed, changed status, or stopped or resumed taking jobs: notifies browsers, once. '
  'A heartbeat changes none of that.';
--! EndIncluded functions/workers/tg_notify_workers.sql
--! Included functions/workers/worker_triggers.sql
create or replace trigger _800_notify_inserted after insert on almanac.workers
  referencing new table as new_rows
  for each statement execute function almanac_private.tg_notify_workers();
create or replace trigger _800_notify_updated after update on almanac.workers
  referencing old table as old_rows new table as new_rows
  for each statement execute function almanac_private.tg_notify_workers();
create or replace trigger _800_notify_deleted after delete on almanac.workers
  referencing old table as old_rows for each statement execute function almanac_private.tg_notify_workers();
--! EndIncluded functions/workers/worker_triggers.sql
--! Included functions/workers/workers_is_leader.sql
create or replace function almanac.workers_is_leader(worker almanac.workers) returns boolean
language sql stable set search_path to pg_catalog, pg_temp
as $$
  select exists (select from almanac_private.leases l where l.name = 'ticker' and l.worker_id = worker.id
    and l.expires_at > now())
$$;
comment on function almanac.workers_is_leader(almanac.workers) is 'Whether this worker''s ticker fires first.';
grant execute on function almanac.workers_is_leader(almanac.workers) to almanac_viewer;
--! EndIncluded functions/workers/workers_is_leader.sql

-- Triggers ----------------------------------------------------------------------------------------------------------

create trigger _100_check_user before insert or update on almanac.users
  for each row execute function almanac_private.tg_check_user();
create trigger _400_check_lengths before insert or update of display_name on almanac.users
  for each row execute function almanac_private.tg_check_lengths('display_name', '200');
create trigger _800_end_sessions after update of disabled_at on almanac.users
  for each row when (new.disabled_at is not null and old.disabled_at is null)
  execute function almanac_private.tg_end_sessions();

create trigger _400_check_lengths before insert or update of label, description, task_group, payload_schema, depends_on
  on almanac_private.known_tasks
  for each row
  execute function almanac_private.tg_check_lengths(
    'label', '200', 'description', '10000',
    'task_group', '200', 'payload_schema', '100000', 'depends_on', '20000'
  );

create trigger _400_check_lengths before insert or update of description on almanac.exclusion_calendars
  for each row execute function almanac_private.tg_check_lengths('description', '10000');
create trigger _700_count_inserted after insert on almanac.exclusion_calendars
  referencing new table as new_rows for each statement
  execute function almanac_private.tg_count_written('calendars');
create trigger _700_count_updated after update on almanac.exclusion_calendars
  referencing new table as new_rows for each statement execute function almanac_private.tg_count_written();

create trigger _400_check_lengths before insert or update of label, source on almanac.calendar_rules
  for each row execute function almanac_private.tg_check_lengths('label', '2000', 'source', '1000');
create trigger _700_count_inserted after insert on almanac.calendar_rules
  referencing new table as new_rows for each statement
  execute function almanac_private.tg_count_written('exclusions');
create trigger _700_count_updated after update on almanac.calendar_rules
  referencing new table as new_rows for each statement execute function almanac_private.tg_count_written();

create trigger _400_check_lengths before insert or update of label, source, cron_expression on almanac.calendar_entries
  for each row
  execute function almanac_private.tg_check_lengths('label', '2000', 'source', '1000', 'cron_expression', '2000');
create trigger _700_count_inserted after insert on almanac.calendar_entries
  referencing new table as new_rows for each statement
  execute function almanac_private.tg_count_written('exclusions');
create trigger _700_count_updated after update on almanac.calendar_entries
  referencing new table as new_rows for each statement execute function almanac_private.tg_count_written();

create trigger _400_check_sizes
  before insert or update of task_identifier, payload, description, pause_reason, cron_expression, calendars
  on almanac.schedules
  for each row execute function almanac_private.tg_check_sizes();
create trigger _700_count_inserted after insert on almanac.schedules
  referencing new table as new_rows for each statement
  execute function almanac_private.tg_count_written('schedules');
create trigger _700_count_updated after update on almanac.schedules
  referencing old table as old_rows new table as new_rows for each statement
  when (current_setting('almanac.engine', true) is distinct from 'on'
    or not has_schema_privilege('almanac_private', 'create'))
  execute function almanac_private.tg_count_written();

create trigger _200_load_override before insert on almanac.occurrence_overrides
  for each row when (almanac_private.loads_dump() and current_setting('almanac.engine', true) is distinct from 'on')
  execute function almanac_private.tg_load_override();
create trigger _400_check_lengths before insert or update of reason on almanac.occurrence_overrides
  for each row execute function almanac_private.tg_check_lengths('reason', '1000');
create trigger _800_plan_loaded_overrides after insert on almanac.occurrence_overrides
  referencing new table as new_rows for each statement
  when (almanac_private.loads_dump() and current_setting('almanac.engine', true) is distinct from 'on')
  execute function almanac_private.tg_plan_loaded_overrides();

create trigger _400_check_lengths before insert or update of reason on almanac.stops
  for each row execute function almanac_private.tg_check_lengths('reason', '1000');

create constraint trigger _900_apply_counters after insert on almanac_private.pending_counters
  deferrable initially deferred for each row when (new.total > 0) execute function almanac_private.tg_apply_counters();

create trigger _700_count_fired after insert on almanac.runs
  referencing new table as new_rows for each statement execute function almanac_private.tg_count_fired();
create trigger _800_note_deleted after delete on almanac.runs
  referencing old table as old_rows for each statement execute function almanac_private.tg_note_deleted();

create trigger _800_note_deleted after delete on almanac.omissions
  referencing old table as old_rows for each statement execute function almanac_private.tg_note_deleted();
create trigger _800_note_truncated before truncate on almanac.omissions
  for each statement execute function almanac_private.tg_note_deleted();

create trigger _600_read_schema before insert or update of payload_schema on almanac_private.known_tasks
  for each row execute function almanac_private.tg_read_schema();
create trigger _700_note_schema after update of payload_schema on almanac_private.known_tasks
  for each row when (new.payload_schema is distinct from old.payload_schema)
  execute function almanac_private.tg_note_schema();
update almanac_private.known_tasks set payload_schema = payload_schema where payload_schema is not null;

-- Who may do what ---------------------------------------------------------------------------------------------------

grant select on almanac.schedules, almanac.occurrence_overrides, almanac.stops, almanac.exclusion_calendars,
  almanac.calendar_rules, almanac.calendar_entries, almanac.runs, almanac.run_attempts, almanac.omissions,
  almanac.ledger_checks, almanac.tasks, almanac.workers, almanac.users to almanac_viewer;
grant select on almanac_private.known_tasks, almanac_private.timezones, almanac_private.leases to almanac_viewer;
grant select on almanac_private.logins, almanac_private.settings to almanac_worker;
grant insert, update on almanac.tasks, almanac_private.known_tasks to almanac_admin;
grant update, delete on almanac.users, almanac.schedules, almanac.exclusion_calendars, almanac.calendar_entries,
  almanac.calendar_rules to almanac_admin;

-- Who may update, delete or truncate a table may lock all of it, and keep all schedules from firing; a right to columns
-- gives no right to lock. No one but the owner chooses ids: the right to insert leaves them out.
do $$
declare
  v_table record;
begin
  for v_table in
    select a.attrelid::regclass as id, t.role_name, t.may_update, string_agg(quote_ident(a.attname), ', ') as columns,
      string_agg(quote_ident(a.attname), ', ') filter (where a.attidentity = '') as given
    from (values
      ('almanac.schedules'::regclass, 'almanac_operator', true),
      ('almanac.exclusion_calendars', 'almanac_operator', true),
      ('almanac.calendar_entries', 'almanac_operator', true), ('almanac.calendar_rules', 'almanac_operator', true),
      ('almanac.users', 'almanac_admin', false)
    ) t (id, role_name, may_update)
    join pg_attribute a on a.attrelid = t.id and a.attnum > 0 and not a.attisdropped
    group by a.attrelid, t.role_name, t.may_update
  loop
    execute format('grant insert (%s) on %s to %I', v_table.given, v_table.id, v_table.role_name);
    if v_table.may_update then
      execute format('grant update (%s) on %s to %I', v_table.columns, v_table.id, v_table.role_name);
    end if;
  end loop;
end
$$;

create policy everyone_sees_timezones on almanac_private.timezones for select to almanac_viewer using (true);

create policy workers_read_settings on almanac_private.settings for select to almanac_worker using (true);

create policy workers_read_logins on almanac_private.logins for select to almanac_worker using (purpose = 'sql');

create policy admins_manage_users on almanac.users for all to almanac_admin
  using (true) with check (true);
create policy everyone_sees_users on almanac.users for select to almanac_viewer using (true);

create policy admins_change_tasks on almanac_private.known_tasks for update to almanac_admin
  using (true) with check (not is_builtin);
create policy admins_register_tasks on almanac_private.known_tasks for insert to almanac_admin
  with check (not is_builtin);
create policy everyone_sees_tasks on almanac_private.known_tasks for select to almanac_viewer using (true);

create policy everyone_sees_exclusion_calendars on almanac.exclusion_calendars for select to almanac_viewer
  using (true);
create policy operators_create_exclusion_calendars on almanac.exclusion_calendars for insert to almanac_operator
  with check (almanac_private.may_change(owner_user, owned_by_key));
create policy owners_change_exclusion_calendars on almanac.exclusion_calendars for update to almanac_operator
  using (almanac_private.may_change(owner_user, owned_by_key))
  with check (almanac_private.may_change(owner_user, owned_by_key));
create policy owners_delete_exclusion_calendars on almanac.exclusion_calendars for delete to almanac_admin using (true);

create policy everyone_sees_calendar_rules on almanac.calendar_rules for select to almanac_viewer using (true);
create policy owners_change_calendar_rules on almanac.calendar_rules for all to almanac_operator
  using (exists (
    select from almanac.exclusion_calendars c
    where c.id = calendar_id and almanac_private.may_change(c.owner_user, c.owned_by_key)))
  with check (exists (
    select from almanac.exclusion_calendars c
    where c.id = calendar_id and almanac_private.may_change(c.owner_user, c.owned_by_key)));

create policy everyone_sees_calendar_entries on almanac.calendar_entries for select to almanac_viewer using (true);
create policy owners_change_calendar_entries on almanac.calendar_entries for all to almanac_operator
  using (exists (
    select from almanac.exclusion_calendars c
    where c.id = calendar_id and almanac_private.may_change(c.owner_user, c.owned_by_key)))
  with check (exists (
    select from almanac.exclusion_calendars c
    where c.id = calendar_id and almanac_private.may_change(c.owner_user, c.owned_by_key)));

create policy everyone_sees_schedules on almanac.schedules for select to almanac_viewer using (true);
create policy operators_create_schedules on almanac.schedules for insert to almanac_operator
  with check (almanac_private.may_change(owner_user, run_as_key));
create policy owners_change_schedules on almanac.schedules for update to almanac_operator
  using (almanac_private.may_change(owner_user, run_as_key))
  with check (almanac_private.may_change(owner_user, run_as_key));
create policy owners_delete_schedules on almanac.schedules for delete to almanac_admin using (true);

create policy everyone_sees_overrides on almanac.occurrence_overrides for select to almanac_viewer using (true);

create policy everyone_sees_stops on almanac.stops for select to almanac_viewer using (true);

create policy everyone_sees_runs on almanac.runs for select to almanac_viewer using (true);

create policy everyone_sees_attempts on almanac.run_attempts for select to almanac_viewer using (true);

create policy everyone_sees_omissions on almanac.omissions for select to almanac_viewer using (true);

create policy everyone_sees_ledger_checks on almanac.ledger_checks for select to almanac_viewer using (true);

create policy everyone_sees_workers on almanac.workers for select to almanac_viewer using (true);

create policy everyone_sees_leases on almanac_private.leases for select to almanac_viewer using (true);

-- This database -----------------------------------------------------------------------------------------------------

do $$
begin
  perform almanac_private.record_place();
  perform almanac_private.refresh_timezones();
  perform almanac_private.ensure_partitions();
  perform almanac_private.install_system_schedules();
end
$$;

-- Of each task that is known, jobs are added without a name of a transaction that may stay open.
insert into graphile_worker._private_tasks (identifier)
select almanac_private.run_identifier(t.identifier) from almanac_private.known_tasks t
on conflict do nothing;
