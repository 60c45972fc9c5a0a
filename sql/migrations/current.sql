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
--!include functions/tg_set_identity.sql
--!include functions/trigger_now.sql
