-- At most once: with max_attempts 1 a run that has begun is not tried again, whatever ended its attempt.
drop function if exists almanac_private.lost_note(integer);
--!include functions/lost_note.sql
--!include functions/status_after_attempt.sql
--!include functions/finish_runs.sql

-- Which tasks are available was kept in a column, which nothing corrects when the last worker is killed. It follows from the workers that are
-- alive: each says which tasks it has, and almanac.tasks is a view that looks. Both tables are small; nothing waits but for a moment's lock.
alter table almanac.workers add column if not exists tasks text[];
comment on column almanac.workers.tasks is
  'Tasks that it has besides the built-in ones; null: a worker of an older release, of which it is known from what was announced lately.';
drop function if exists almanac_private.register_worker(text, text, integer, text, integer);
--!include functions/register_worker.sql
drop function if exists almanac.register_task(text, text, text, jsonb);
do $$
begin
  if to_regclass('almanac_private.known_tasks') is null then
    drop function if exists almanac.tasks_available(almanac.tasks);
    alter table almanac.tasks rename to known_tasks;
    alter table almanac.known_tasks set schema almanac_private;
  end if;
end
$$;
comment on table almanac_private.known_tasks is 'The tasks of almanac.tasks, without what is computed.';
--!include functions/task_is_available.sql
create or replace view almanac.tasks with (security_invoker = true) as
select t.identifier, t.label, t.description, t.payload_schema, t.task_group, t.depends_on, t.default_timeout, t.default_max_attempts, t.is_builtin,
  almanac_private.task_is_available(t.identifier, t.is_builtin, t.last_seen_at) as available, t.last_seen_at, t.created_at, t.lacking_since, t.lacking_seen_at
from almanac_private.known_tasks t;
comment on view almanac.tasks is 'What schedules can run: announced by workers that have it, or by register_task before any has.';
comment on column almanac.tasks.identifier is 'Name by which schedules ask for the task, as in Graphile Worker.';
comment on column almanac.tasks.label is 'Short name for people; null: the identifier.';
comment on column almanac.tasks.description is 'What the task does.';
comment on column almanac.tasks.payload_schema is 'JSON Schema of the payload; null: any object.';
comment on column almanac.tasks.task_group is 'Group that the task belongs to.';
comment on column almanac.tasks.depends_on is 'Tasks that must have run before, when a group runs.';
comment on column almanac.tasks.default_timeout is 'Time-out for schedules that set none; null: none.';
comment on column almanac.tasks.default_max_attempts is 'Attempts for schedules that set none; null: 3.';
comment on column almanac.tasks.is_builtin is 'Comes with Almanac.';
comment on column almanac.tasks.available is 'Whether a worker has it that is running now: one that was heard of in the last 15 seconds and was not asked to stop. Computed when it is read.';
comment on column almanac.tasks.last_seen_at is 'When a worker last announced it; null: never, or it comes with Almanac.';
comment on column almanac.tasks.created_at is 'When it became known.';
comment on column almanac.tasks.lacking_since is 'Since when workers are running of which none has it; null: one has it, or none is running.';
comment on column almanac.tasks.lacking_seen_at is 'When that was last looked at; null: one has it, or none is running.';
grant select on almanac.tasks to almanac_viewer;
grant insert, update on almanac.tasks to almanac_admin;
--!include functions/check_admin.sql
--!include functions/register_task.sql
--!include functions/announce_tasks.sql
--!include functions/runs_blocked_because.sql
--!include functions/end_lacking_runs.sql
--!include functions/stop_worker.sql
--!include functions/reap_workers.sql
drop function if exists almanac_private.withdraw_tasks();
alter table almanac_private.known_tasks drop column if exists available;

-- Built-in tasks cannot be changed or deleted, by the owner neither. Who may schedule them, and what almanac:sql takes, is checked when it is saved.
--!include functions/tg_check_task.sql
--!include functions/task_triggers.sql
--!include functions/check_task_use.sql
--!include functions/no_role_key.sql
--!include functions/tg_set_identity.sql
--!include functions/trigger_now.sql
-- The next migration, in the making.

-- Logins ------------------------------------------------------------------------------------------------------------

alter table almanac_private.logins add column if not exists role_key text;
comment on column almanac_private.logins.role_key is
  'Which role the name meant when it was noted, as role_key() has it: a role of the same name made later, or on another server, is not it. Null: not known, and nothing is trusted.';
comment on column almanac_private.logins.password is
  'For the sql login that migrate made itself; null: ALMANAC_SQL_URL says how to log in.';
--!include functions/login_key.sql
-- Where the database has always been, the roles are those that were noted. In a copy, migrate notes its own.
update almanac_private.logins l set role_key = almanac_private.login_key(l.role_name)
where l.role_key is null and almanac.copied_from() is null;
-- A login for each role that statements of almanac:sql run as; the one that was everybody's is the owner's.
alter table almanac_private.logins add column if not exists serves text;
comment on column almanac_private.logins.serves is
  'For the sql login that migrate or a worker made: the role whose statements run as it, as role_key() has it. Null: everybody''s, that of ALMANAC_SQL_URL.';
alter table almanac_private.logins add column if not exists database_oid oid;
comment on column almanac_private.logins.database_oid is
  'For the sql login that was made: the database that it was made in. In a copy on the same server it is the other one''s.';
alter table almanac_private.logins add column if not exists changed_at timestamptz;
comment on column almanac_private.logins.changed_at is 'When its password or settings were last found changed and brought back; null: never.';
alter table almanac_private.logins add column if not exists changed_what text;
comment on column almanac_private.logins.changed_what is 'What had been changed then.';
create unique index if not exists logins_serves_idx on almanac_private.logins (serves) where purpose = 'sql';
update almanac_private.logins l set serves = almanac_private.login_key(o.rolname), database_oid = h.database_oid
from almanac_private.here() h, pg_catalog.pg_namespace n join pg_catalog.pg_roles o on o.oid = n.nspowner
where n.nspname = 'almanac' and l.purpose = 'sql' and l.password is not null and l.serves is null
  and l.role_key = almanac_private.login_key(l.role_name)
  and not exists (select from almanac_private.logins e where e.purpose = 'sql' and e.role_name < l.role_name);
drop function if exists almanac.sql_login();
--!include functions/sql_logins_changed.sql
-- Passwords are made here: what PostgreSQL is sent may be in its log.
--!include functions/new_password.sql
--!include functions/hmac_sha256.sql
--!include functions/scram_verifier.sql
drop function if exists almanac_private.open_sql_login(bigint, timestamptz, text, text, text);
--!include functions/open_sql_login.sql
--!include functions/is_server_login.sql
--!include functions/sql_login.sql
--!include functions/may_change.sql
-- Nobody stops the scheduler by holding a lock: partitions are made apart and attached, outside the heartbeat, waiting
-- 50 ms at most; who takes turns locks a row of a table of ours, not a key that any login may lock. Nothing here reads or
-- rewrites a large table.

create table if not exists almanac_private.turns (
  name text primary key
);
comment on table almanac_private.turns is
  'What one transaction at a time does: it locks the row. An advisory lock could be taken by any login.';
comment on column almanac_private.turns.name is 'What is done in turns.';
alter table almanac_private.turns enable row level security;

drop function if exists almanac_private.ensure_partitions(timestamptz, integer);

--!include functions/take_turn.sql
--!include functions/note_what_is_deleted.sql
--!include functions/ensure_partitions.sql
--!include functions/heartbeat.sql
--!include functions/refresh_timezones.sql
--!include functions/raise_sequences.sql
--!include functions/upsert_schedule.sql

-- Who may update, delete or truncate a table may lock all of it, and keep all schedules from firing. A right to columns
-- gives no right to lock.
revoke update, delete on almanac.schedules, almanac.calendars, almanac.calendar_entries, almanac.calendar_rules
from almanac_operator;
grant update, delete on almanac.schedules, almanac.calendars, almanac.calendar_entries, almanac.calendar_rules
to almanac_admin;
do $$
declare
  v_grant text;
begin
  for v_grant in
    select format('grant update (%s) on %s to almanac_operator',
      string_agg(quote_ident(a.attname), ', ' order by a.attnum), a.attrelid::regclass)
    from pg_attribute a
    where a.attrelid in ('almanac.schedules'::regclass, 'almanac.calendars'::regclass,
        'almanac.calendar_entries'::regclass, 'almanac.calendar_rules'::regclass)
      and a.attnum > 0 and not a.attisdropped
    group by a.attrelid
  loop
    execute v_grant;
  end loop;
end
$$;
drop policy if exists owners_delete_schedules on almanac.schedules;
create policy owners_delete_schedules on almanac.schedules for delete to almanac_admin using (true);
drop policy if exists owners_delete_calendars on almanac.calendars;
create policy owners_delete_calendars on almanac.calendars for delete to almanac_admin using (true);

--!include functions/delete_calendar.sql
--!include functions/remove_exclusion.sql
--!include functions/remove_calendar_rule.sql
--!include functions/remove_imported.sql
--!include functions/import_exclusions.sql

-- What a user may do and store has bounds: what is stored already stays as it is, and is not looked at.
create table if not exists almanac_private.uses (
  id bigint generated always as identity primary key,
  who text not null,
  kind text not null,
  used_at timestamptz not null,
  count bigint not null
);
comment on table almanac_private.uses is
  'What operators created and triggered within the last hour, a row a statement, for the limits of users.';
comment on column almanac_private.uses.who is 'The signed-in user''s number, or else the login role.';
comment on column almanac_private.uses.kind is 'schedules or triggers.';
create index if not exists uses_by_user on almanac_private.uses (who, kind, used_at);
create index if not exists uses_by_time on almanac_private.uses (used_at);
alter table almanac_private.uses enable row level security;
insert into almanac_private.settings (key, value) values ('schedules_per_hour', '1000'), ('triggers_per_hour', '500')
on conflict (key) do nothing;

--!include functions/count_uses.sql
--!include functions/tg_count_created.sql
--!include functions/check_payload.sql
--!include functions/refuse_size.sql
--!include functions/tg_check_sizes.sql
--!include functions/tg_check_lengths.sql

create or replace trigger _400_check_sizes
before insert or update of payload, description, pause_reason, cron_expression, calendars on almanac.schedules
for each row execute function almanac_private.tg_check_sizes();
create or replace trigger _700_count_created after insert on almanac.schedules referencing new table as new_rows
for each statement execute function almanac_private.tg_count_created();
create or replace trigger _400_check_lengths before insert or update of description on almanac.calendars
for each row execute function almanac_private.tg_check_lengths('description', '10000');
create or replace trigger _400_check_lengths before insert or update of label, source, cron_expression
on almanac.calendar_entries
for each row execute function almanac_private.tg_check_lengths('label', '2000', 'source', '1000', 'cron_expression', '2000');
create or replace trigger _400_check_lengths before insert or update of label, source, ics on almanac.calendar_rules
for each row execute function almanac_private.tg_check_lengths('label', '2000', 'source', '1000', 'ics', '100000');
create or replace trigger _400_check_lengths before insert or update of reason on almanac.occurrence_overrides
for each row execute function almanac_private.tg_check_lengths('reason', '1000');
create or replace trigger _400_check_lengths before insert or update of reason on almanac.stops
for each row execute function almanac_private.tg_check_lengths('reason', '1000');
create or replace trigger _400_check_lengths before insert or update of label, description, task_group, payload_schema
on almanac_private.known_tasks
for each row execute function almanac_private.tg_check_lengths(
  'label', '200', 'description', '10000', 'task_group', '200', 'payload_schema', '100000');
create or replace trigger _400_check_lengths before insert or update of display_name on almanac.users
for each row execute function almanac_private.tg_check_lengths('display_name', '200');

-- A session ends for good with its user's disabling, and a sign-in link that was only issued sets up nothing.
delete from almanac_private.sessions s using almanac.users u where u.id = s.user_id and u.disabled_at is not null;
insert into almanac_private.settings (key, value)
select 'signed_in_at', to_jsonb(min(x.at))
from (select s.created_at from almanac_private.sessions s
  union all select t.spent_at from almanac_private.login_tokens t where t.spent_at is not null) x(at)
having count(*) > 0
on conflict (key) do nothing;

--!include functions/tg_end_sessions.sql
--!include functions/redeem_login_token.sql
--!include functions/sign_in_is_set_up.sql

create or replace trigger _800_end_sessions after update of disabled_at on almanac.users
for each row when (new.disabled_at is not null and old.disabled_at is null)
execute function almanac_private.tg_end_sessions();
-- What is no definition, and a time beyond all, are refused or taken for what they are, not with an error of PostgreSQL's own.
--!include functions/preview.sql
-- What the engine was too late for is not skipped as if it had overlapped.
--!include functions/begun_at.sql
--!include functions/settle_schedule.sql
--!include functions/fire_in_order.sql

-- Admins' functions say who may use them, to all who may see Almanac; /healthz tells of copies, stops and overdue schedules; hints say what was meant.
--!include functions/overdue.sql
--!include functions/engine_state.sql
--!include functions/pause_all.sql
--!include functions/resume_all.sql
--!include functions/purge.sql
--!include functions/adopt.sql
--!include functions/replan_from_now.sql
--!include functions/recompute.sql
--!include functions/reconcile.sql
--!include functions/perhaps.sql
--!include functions/type_hint.sql
--!include functions/nearest_occurrences.sql
--!include functions/read_definition.sql
--!include functions/check_given.sql
--!include functions/prepare_schedule.sql
--!include functions/find_schedule.sql
--!include functions/find_calendar.sql
--!include functions/update_schedule.sql
--!include functions/checked_count.sql
--!include functions/never_runs.sql
--!include functions/restore_occurrence.sql
--!include functions/override_occurrence.sql
--!include functions/why_unnamed.sql
--!include functions/check_schedule.sql
--!include functions/tg_compute_schedule.sql
-- A note of deleted runs has each time: what is lost between deleted runs is found. Who deletes from a partition names it.
alter table almanac_private.deleted_history drop column if exists count;
alter table almanac_private.deleted_history add column if not exists times timestamptz[];
comment on table almanac_private.deleted_history is
  'What history was deleted manually: the ledger check does not miss it.';
comment on column almanac_private.deleted_history.times is
  'Nominal times of runs that were deleted, of one day each row. Null: all times of the range, as of an omission.';
-- Without a key purge() fails where a publication is for all tables, and so would an update here. The table is small.
alter table almanac_private.deleted_history
  add column if not exists id bigint generated always as identity primary key;
comment on column almanac_private.deleted_history.id is 'Number of the note, by which replication finds it.';
--!include functions/tg_note_deleted.sql
--!include functions/tg_note_truncated.sql
drop trigger if exists _800_note_truncated on almanac.runs;
create or replace trigger _800_note_truncated before truncate on almanac.omissions
  for each statement execute function almanac_private.tg_note_truncated();
select almanac_private.note_what_is_deleted(i.inhrelid)
from pg_inherits i where i.inhparent = 'almanac.runs'::regclass;
--!include functions/check_ledger.sql

-- Nobody but the owner chooses ids: the right to insert leaves them out.
alter table almanac.schedules drop constraint if exists schedule_id_is_positive;
alter table almanac.schedules add constraint schedule_id_is_positive check (id > 0);
alter table almanac.calendars drop constraint if exists calendar_id_is_positive;
alter table almanac.calendars add constraint calendar_id_is_positive check (id > 0);
revoke insert on almanac.schedules, almanac.calendars, almanac.calendar_entries, almanac.calendar_rules
from almanac_operator;
revoke insert on almanac.users from almanac_admin;
do $$
declare
  v_grant text;
begin
  for v_grant in
    select format('grant insert (%s) on %s to %s', string_agg(quote_ident(a.attname), ', ' order by a.attnum),
      a.attrelid::regclass, t.role_name)
    from (values ('almanac.schedules'::regclass, 'almanac_operator'), ('almanac.calendars', 'almanac_operator'),
        ('almanac.calendar_entries', 'almanac_operator'), ('almanac.calendar_rules', 'almanac_operator'),
        ('almanac.users', 'almanac_admin')) t (id, role_name)
    join pg_attribute a on a.attrelid = t.id
    where a.attnum > 0 and not a.attisdropped and a.attidentity = ''
    group by a.attrelid, t.role_name
  loop
    execute v_grant;
  end loop;
end
$$;

-- What a deleted user owned is the admins'; a number in a dump may be another user's.
--!include functions/tg_compute_calendar.sql

--!include functions/refuse_change.sql
-- Who keeps Almanac waiting is named, and may be ended.
--!include functions/lockers.sql
--!include functions/blockers.sql
--!include functions/end_blockers.sql
--!include functions/health.sql

-- A series that is too long, or lacks something, met the constraints of the table raw.
--!include functions/tg_check_calendar_rule.sql
--!include functions/calendar_rule_triggers.sql

-- Overrides that a dump of schedules brings count there.
--!include functions/tg_load_override.sql
--!include functions/tg_plan_loaded_overrides.sql
create or replace trigger _200_load_override before insert on almanac.occurrence_overrides for each row
  when (almanac_private.loads_dump() and current_setting('almanac.engine', true) is distinct from 'on')
  execute function almanac_private.tg_load_override();
create or replace trigger _800_plan_loaded_overrides after insert on almanac.occurrence_overrides
  referencing new table as new_rows for each statement
  when (almanac_private.loads_dump() and current_setting('almanac.engine', true) is distinct from 'on')
  execute function almanac_private.tg_plan_loaded_overrides();
--!include functions/tg_check_user.sql

-- Plain words in what is said of calendars.
--!include functions/schedules_of_calendars.sql
--!include functions/create_calendar.sql
--!include functions/update_calendar.sql
--!include functions/tg_settle_calendar.sql
--!include functions/tg_replan_calendar.sql
--!include functions/check_may_run_sql.sql

-- A time zone that the server does not know any more: an upgrade of its data, or a dump restored on another server.
--!include functions/knows_timezone.sql
--!include functions/lost_timezone.sql
--!include functions/lost_timezone_note.sql
--!include functions/settle_rule.sql
--!include functions/settle_before_change.sql
--!include functions/replan.sql
--!include functions/tg_arm_schedules.sql
--!include functions/schedules_warning.sql
--!include functions/why.sql
--!include functions/calendar.sql
--!include functions/fire_due.sql
