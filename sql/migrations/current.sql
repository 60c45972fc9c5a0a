-- The next migration, in the making.

-- A schedule and a calendar belong to the role that a name meant, not to whatever role has the name later.
--!include functions/here.sql
--!include functions/server_key.sql
alter table almanac.schedules add column if not exists run_as_key text;
comment on column almanac.schedules.run_as_key is 'Which role run_as is, whatever it is called now: of which server, and its number there.';
alter table almanac.calendars add column if not exists owned_by_key text;
comment on column almanac.calendars.owned_by_key is 'Which role owned_by is, whatever it is called now: of which server, and its number there.';
--!include functions/role_key.sql
--!include functions/role_of_key.sql
--!include functions/may_change.sql

-- The name of the jobs of runs, which others need below.
--!include functions/run_identifier.sql

-- What begins tells its worker of how many attempts it is one. Before all else, as a changed result needs the function to be made again.
drop function if exists almanac_private.begin_runs(bigint, bigint[], timestamptz[], bigint[], timestamptz);
-- Likewise: what is lost with a worker is told from what its own tasks did. The new column of runs takes a moment, however many there are: those
-- from before have null in it. No column is added with its default, which some servers refuse beside functions that use the type of the row.
drop function if exists almanac_private.heartbeat(bigint, text[], boolean);
drop function if exists almanac_private.reap_workers(timestamptz, interval);
drop function if exists almanac_private.give_up_worker(bigint);
drop function if exists almanac_private.status_after_attempt(almanac.run_status, integer, integer, timestamptz);
drop function if exists almanac_private.run_job_spec(bigint, bigint, timestamptz, integer, almanac.run_trigger, text, jsonb, smallint, timestamptz);
alter table almanac.runs add column if not exists lost_attempts integer;
alter table almanac.runs alter column lost_attempts set default 0;
comment on column almanac.runs.lost_attempts is 'Attempts that ended because their worker was lost: they do not use up one of max_attempts, but have a bound of their own; null: none.';
comment on column almanac.runs.max_attempts is 'Attempts that it may have: as its schedule said, and one more for each that ended with its worker.';
alter table almanac.workers
  add column if not exists run_ids bigint[],
  add column if not exists busy_since timestamptz,
  add column if not exists culprit_run_id bigint,
  add column if not exists culprit_at text,
  add column if not exists end_reason text;
update almanac.workers set run_ids = '{}' where run_ids is null;
alter table almanac.workers alter column run_ids set default '{}', alter column run_ids set not null;
comment on column almanac.workers.run_ids is 'Runs that it has in hand, by its last heartbeat.';
comment on column almanac.workers.busy_since is 'Since when a task holds its CPU without a pause, so that nothing else of it goes on; null: none does.';
comment on column almanac.workers.culprit_run_id is 'Run whose task holds its CPU, or ended it; null: none does, or it is not known which.';
comment on column almanac.workers.culprit_at is 'Where in its code the task that holds the CPU is.';
comment on column almanac.workers.end_reason is 'Why it was lost; null: it is alive, or ended in good order.';
insert into almanac_private.settings (key, value) values ('max_lost_attempts', '3') on conflict (key) do nothing;
--!include functions/max_lost_attempts.sql
--!include functions/lost_note.sql
--!include functions/status_after_attempt.sql
--!include functions/run_job_spec.sql
--!include functions/begin_runs.sql
--!include functions/retry_runs.sql
--!include functions/finish_runs.sql
--!include functions/release_waiting.sql
--!include functions/reap_workers.sql
--!include functions/give_up_worker.sql
--!include functions/heartbeat.sql
--!include functions/reconcile.sql

-- A change of someone else's row is refused by a trigger that says whose it is, where row security would only hide it: the policies let the
-- row through to the trigger, and still keep what is written among the writer's own.
--!include functions/run_as_after.sql
--!include functions/tg_set_identity.sql
--!include functions/refuse_change.sql
--!include functions/trigger_now.sql
--!include functions/schedules_may_change.sql
--!include functions/tg_refuse_delete.sql
drop trigger if exists _100_keep_system on almanac.schedules;
--!include functions/schedule_triggers.sql
drop function if exists almanac_private.tg_keep_system();
drop policy if exists owners_change_schedules on almanac.schedules;
create policy owners_change_schedules on almanac.schedules for update to almanac_operator
  using (true) with check (almanac_private.may_change(owner_user, run_as_key));
drop policy if exists owners_delete_schedules on almanac.schedules;
create policy owners_delete_schedules on almanac.schedules for delete to almanac_operator using (true);
--!include functions/check_calendar_owner.sql
--!include functions/find_calendar.sql
--!include functions/calendars_may_change.sql
--!include functions/tg_check_calendar_owner.sql
--!include functions/tg_compute_calendar.sql
--!include functions/calendar_triggers.sql
drop policy if exists owners_change_calendars on almanac.calendars;
create policy owners_change_calendars on almanac.calendars for update to almanac_operator
  using (true) with check (almanac_private.may_change(owner_user, owned_by_key));
drop policy if exists owners_delete_calendars on almanac.calendars;
create policy owners_delete_calendars on almanac.calendars for delete to almanac_operator using (true);
drop policy if exists owners_change_calendar_entries on almanac.calendar_entries;
create policy owners_change_calendar_entries on almanac.calendar_entries for all to almanac_operator
  using (true) with check (exists (
    select from almanac.calendars c where c.id = calendar_id and almanac_private.may_change(c.owner_user, c.owned_by_key)));
-- What schedule_cron(), schedule_every() and schedule_at() are not told stays as it is.
--!include functions/upsert_schedule.sql
--!include functions/schedule_cron.sql
--!include functions/schedule_every.sql
--!include functions/schedule_at.sql
--!include functions/pause.sql
-- A database knows where it is: a dump, a template or an upgraded server brings this row to another place, and nothing is fired or run there
-- until adopt() says what is to become of it. A dump that was made before this migration is recorded where it is migrated.
create table if not exists almanac_private.place (
  is_only boolean primary key default true constraint there_is_one_place check (is_only),
  system_identifier bigint,
  database_oid oid not null,
  database_name name not null,
  environment text,
  recorded_at timestamptz not null,
  recorded_by text not null
);
comment on table almanac_private.place is 'Where this database belongs: one row. In another place it is a copy.';
alter table almanac_private.place enable row level security;
--!include functions/here.sql
--!include functions/copied_from.sql
--!include functions/record_place.sql
do $$
begin
  if not exists (select from almanac_private.place) then
    perform almanac_private.record_place();
  end if;
end
$$;
--!include functions/enter_place.sql
--!include functions/adopt.sql
--!include functions/fire_due.sql
--!include functions/wake.sql
--!include functions/begin_runs.sql

-- A worker says when it takes no jobs though it has room for them: that it is heard of does not tell.
alter table almanac.workers add column if not exists takes_nothing_since timestamptz;
alter table almanac.workers add column if not exists takes_nothing_because text;
comment on column almanac.workers.takes_nothing_since is
  'Since when it has taken no jobs though it has room for them; null: it takes them. Its pool is given up and started again when that is not the database''s fault.';
comment on column almanac.workers.takes_nothing_because is 'Why it takes none, in words; null: it takes them.';
--!include functions/look_at_jobs.sql
--!include functions/note_stall.sql
--!include functions/tg_notify_workers.sql
-- What is no time zone gets the zones that may be meant.
--!include functions/timezone_names.sql
--!include functions/plain_words.sql
--!include functions/offset_timezone.sql
--!include functions/suggest_timezones.sql
--!include functions/check_timezone.sql
-- What is no cron text gets a valid one, or an interval, that may be meant.
--!include functions/plain_cron.sql
--!include functions/wrapped_range_hint.sql
--!include functions/parse_cron_item.sql
--!include functions/cron_from_words.sql
--!include functions/cron_day_names.sql
--!include functions/mended_cron_item.sql
--!include functions/mended_cron.sql
--!include functions/cron_hint.sql
--!include functions/cron_habit_warnings.sql
--!include functions/compile_cron.sql
--!include functions/check_cron.sql

-- Who grants rights to what almanac:sql runs can ask for the login's name, and a failure that no attempt can mend is the run's last.
--!include functions/sql_login.sql
--!include functions/finish_runs.sql
-- Counters of every run, also those by hand; what its rule has fired has a counter of its own, which max_runs compares. Counts what there is
-- of runs by hand and of failures in a row once, which reads all runs: about a minute with 100 million.
do $$
begin
  if not exists (select from pg_attribute a where a.attrelid = 'almanac.schedules'::regclass and a.attname = 'fired_runs' and not a.attisdropped) then
    -- In steps: PostgreSQL of November 2026 (15.20, for one) adds no column with a default to a table whose row type a function with a body
    -- in standard SQL uses.
    alter table almanac.schedules add column fired_runs bigint, add column consecutive_failures integer;
    alter table almanac.schedules alter column fired_runs set default 0, alter column consecutive_failures set default 0;
    perform set_config('almanac.engine', 'on', true);
    update almanac.schedules set fired_runs = default, consecutive_failures = default;
    alter table almanac.schedules alter column fired_runs set not null, alter column consecutive_failures set not null;
    with by_hand as (
      select r.schedule_id, count(*) as total, max(r.due_at) as last_run_at, count(*) filter (where r.status in ('failed', 'timed_out')) as failed
      from almanac.runs r where r.trigger <> 'schedule' and r.status <> 'skipped' group by r.schedule_id
    ), failing as (
      select s.id as schedule_id, count(*) as failed_since
      from almanac.schedules s
      join almanac.runs r on r.schedule_id = s.id and r.status in ('failed', 'timed_out')
        and r.id > coalesce((select max(u.id) from almanac.runs u where u.schedule_id = s.id and u.status = 'succeeded'), 0)
      where s.last_status in ('failed', 'timed_out', 'cancelled') group by s.id
    )
    update almanac.schedules s
    set fired_runs = s.total_runs, total_runs = s.total_runs + coalesce(h.total, 0), failed_runs = s.failed_runs + coalesce(h.failed, 0),
      last_run_at = greatest(s.last_run_at, h.last_run_at), consecutive_failures = coalesce(f.failed_since, 0)
    from almanac.schedules i left join by_hand h on h.schedule_id = i.id left join failing f on f.schedule_id = i.id
    where s.id = i.id and (s.total_runs > 0 or h.total > 0);
    perform set_config('almanac.engine', 'off', true);
  end if;
end
$$;
comment on column almanac.schedules.max_runs is 'Completed when its rule has fired so often (fired_runs; runs by hand do not count); null: no limit.';
comment on column almanac.schedules.last_run_at is 'Due time of its latest run, by its rule or by hand; null: none yet. Computed.';
comment on column almanac.schedules.total_runs is 'How many runs it has had, by its rule and by hand, skipped ones not counted. Computed.';
comment on column almanac.schedules.failed_runs is 'Of these, how many ended failed or timed out. Computed.';
comment on column almanac.schedules.fired_runs is 'How many of its runs its rule has brought about, which is what max_runs limits. Computed.';
comment on column almanac.schedules.consecutive_failures is 'How many of its runs have failed or timed out since one last succeeded; cancelled ones change nothing. Computed.';
alter table almanac_private.unsettled_counters alter column last_status drop not null, alter column failed set default 0;
alter table almanac_private.unsettled_counters add column if not exists total integer not null default 0,
  add column if not exists last_run_at timestamptz, add column if not exists has_succeeded boolean not null default false,
  add column if not exists failed_since integer not null default 0;
create index if not exists unsettled_counters_by_schedule on almanac_private.unsettled_counters (schedule_id);
comment on table almanac_private.unsettled_counters is
  'What is to be added to the counters of schedules: of runs by hand until their transaction commits, of others where someone holds the row locked. In the order of their numbers.';
drop function if exists almanac_private.settle_counters();
--!include functions/settle_counters.sql
--!include functions/tg_settle_counters.sql
drop trigger if exists _900_settle_counters on almanac_private.unsettled_counters;
create constraint trigger _900_settle_counters after insert on almanac_private.unsettled_counters
  deferrable initially deferred for each row when (new.total > 0) execute function almanac_private.tg_settle_counters();
--!include functions/count_runs.sql
--!include functions/finish_runs.sql
--!include functions/insert_run.sql
--!include functions/next_due.sql
--!include functions/occurrences_between.sql
--!include functions/coming_occurrences.sql
--!include functions/hold_occurrence.sql
--!include functions/settle_schedule.sql
--!include functions/write_settled.sql
--!include functions/fire_in_order.sql
--!include functions/fire_due.sql
--!include functions/preview.sql
--!include functions/tg_set_identity.sql
--!include functions/tg_compute_schedule.sql
-- An entry of a calendar may have a zone of its own, so that what an imported file says in a zone stays there whatever schedule heeds it; and
-- the rule of an imported series that cron cannot say is kept, so that workers read on before its known occurrences end.
create table if not exists almanac.calendar_rules (
  id bigint generated always as identity primary key,
  calendar_id bigint not null references almanac.calendars (id) on delete cascade,
  label text,
  ics text not null constraint calendar_rule_is_short check (length(ics) <= 200000),
  known_until timestamptz,
  source text not null,
  created_at timestamptz not null default now(),
  created_by text not null
);
create index if not exists calendar_rules_by_calendar on almanac.calendar_rules (calendar_id, source);
create index if not exists calendar_rules_by_known_until on almanac.calendar_rules (known_until);
comment on table almanac.calendar_rules is
  'Series of imported calendar files that go on and that no cron text says: their occurrences are entries until known_until, and workers add further ones years before.';
comment on column almanac.calendar_rules.id is 'Number of the rule.';
comment on column almanac.calendar_rules.calendar_id is 'Calendar it belongs to.';
comment on column almanac.calendar_rules.label is 'What it is, such as the title of the event.';
comment on column almanac.calendar_rules.ics is 'The event as an iCalendar text, with what its times need and nothing else.';
comment on column almanac.calendar_rules.known_until is 'Its occurrences before this are entries of the calendar; null: it has ended, all are.';
comment on column almanac.calendar_rules.source is 'Where it was imported from; importing from there again replaces it.';
comment on column almanac.calendar_rules.created_at is 'When it was imported.';
comment on column almanac.calendar_rules.created_by is 'User or database role that imported it.';
alter table almanac.calendar_rules enable row level security;
grant select on almanac.calendar_rules to almanac_viewer;
grant insert, update, delete on almanac.calendar_rules to almanac_operator;
drop policy if exists everyone_sees_calendar_rules on almanac.calendar_rules;
create policy everyone_sees_calendar_rules on almanac.calendar_rules for select to almanac_viewer using (true);
drop policy if exists owners_change_calendar_rules on almanac.calendar_rules;
create policy owners_change_calendar_rules on almanac.calendar_rules for all to almanac_operator
  using (true) with check (exists (
    select from almanac.calendars c where c.id = calendar_id and almanac_private.may_change(c.owner_user, c.owned_by_key)));
alter table almanac.calendar_entries add column if not exists timezone text,
  add column if not exists rule_id bigint references almanac.calendar_rules (id) on delete cascade;
create index if not exists calendar_entries_by_rule on almanac.calendar_entries (rule_id) where rule_id is not null;
comment on column almanac.calendar_entries.timezone is
  'Zone of the dates, or of the clock that cron reads; null: the calendar''s, or else each schedule''s. Ranges are instants and have none.';
comment on column almanac.calendar_entries.rule_id is 'Rule of an imported series that gave it; null: none did.';
alter table almanac.calendar_entries drop constraint if exists calendar_entry_range_has_no_zone;
alter table almanac.calendar_entries add constraint calendar_entry_range_has_no_zone check (timezone is null or starts_at is null);
drop function if exists almanac.import_exclusions(text, text, jsonb);
drop function if exists almanac.exclude_recurring(text, text, interval, text);
--!include functions/tg_check_calendar_owner.sql
--!include functions/tg_compute_calendar_entry.sql
--!include functions/calendar_rule_triggers.sql
--!include functions/exclusion_windows.sql
--!include functions/recompute.sql
--!include functions/refresh_timezones.sql
--!include functions/exclude_recurring.sql
--!include functions/import_exclusions.sql
--!include functions/remove_calendar_rule.sql
--!include functions/rules_to_read_on.sql
--!include functions/read_on.sql
-- An occurrence that Almanac itself holds over says so; what was held over before this migration is known by its reason.
alter table almanac.occurrence_overrides add column if not exists is_held_over boolean not null default false;
comment on column almanac.occurrence_overrides.is_held_over is
  'Made by Almanac, not by hand: the rule, or what held the occurrence back, was changed while it was still to run, and it is to run all the same.';
update almanac.occurrence_overrides o set is_held_over = true
where o.created_by = 'almanac' and o.reason in ('due when its rule changed', 'due when what held it back went away') and not o.is_held_over;
--!include functions/moved_occurrences.sql
--!include functions/hold_occurrence.sql
--!include functions/override_occurrence.sql
--!include functions/settle_rule.sql
--!include functions/replan.sql
--!include functions/coming_occurrences.sql
--!include functions/calendar_item.sql
--!include functions/calendar.sql
--!include functions/due_note.sql
-- An interval's clock gap is told; times after 2255 are exact to the microsecond.
--!include functions/preview.sql
--!include functions/search_cron.sql
--!include functions/cron_between.sql
--!include functions/next_interval.sql
-- What became of any instant, however close to others.
--!include functions/spoken_time.sql
--!include functions/why_run.sql
--!include functions/why_omitted.sql
--!include functions/why_unnamed.sql
--!include functions/why.sql

-- The server says where it listens, so that a sign-in link leads there.
--!include functions/announce_server.sql
--!include functions/server_url.sql
-- Values that are out of bounds are refused with a code, the field and what to do, where constraints showed their names and the row; a
-- schedule that can never run is warned of. What began or ended at infinity begins and ends at null, which means the same.
do $$
begin
  perform set_config('almanac.engine', 'on', true);
  update almanac.schedules s set starts_at = nullif(s.starts_at, '-infinity'), ends_at = nullif(s.ends_at, 'infinity')
  where s.starts_at = '-infinity' or s.ends_at = 'infinity';
  perform set_config('almanac.engine', 'off', true);
end
$$;
drop function if exists almanac_private.check_interval(interval);
--!include functions/check_interval.sql
--!include functions/check_given.sql
--!include functions/check_schedule.sql
--!include functions/check_tags.sql
--!include functions/check_name_is_free.sql
--!include functions/prepare_schedule.sql
--!include functions/save_schedule.sql
--!include functions/restore.sql
--!include functions/never_runs.sql
--!include functions/schedules_warning.sql
--!include functions/tg_set_identity.sql
--!include functions/tg_compute_schedule.sql
--!include functions/tg_compute_calendar.sql
--!include functions/tg_compute_calendar_entry.sql
--!include functions/update_calendar.sql
--!include functions/register_task.sql
--!include functions/tg_check_task.sql
--!include functions/tg_check_user.sql
create or replace trigger _100_check_task before insert or update on almanac.tasks
  for each row execute function almanac_private.tg_check_task();
create or replace trigger _100_check_user before insert or update on almanac.users
  for each row execute function almanac_private.tg_check_user();
drop policy if exists admins_change_tasks on almanac.tasks;
create policy admins_change_tasks on almanac.tasks for update to almanac_admin using (true) with check (not is_builtin);

-- Sequences that are behind their tables are raised by each migration and by every worker that starts.
--!include functions/raise_sequences.sql
-- A clock that was ahead leaves schedules that are settled beyond now; an admin plans them again.
--!include functions/schedules_ahead.sql
--!include functions/replan_from_now.sql
-- Jobs of runs have names that only workers which record runs know: another worker of the same schema would do a task unrecorded, and a recording
-- one once more. Jobs that wait get such names here (a moment for each 10,000); those that a worker of the release before has begun end with it.
--!include functions/is_own_job.sql
--!include functions/reconcile.sql
do $$
begin
  perform graphile_worker.add_jobs(array(
    select almanac_private.run_job_spec(r.id, r.schedule_id, r.scheduled_for, r.attempt + 1, r.trigger, r.task_identifier, r.payload, r.priority, j.run_at)
    from almanac_private.live_runs l
    join almanac.runs r on r.id = l.run_id and r.scheduled_for = l.scheduled_for
    join graphile_worker.jobs j on j.key = 'run:' || r.id
    where r.status in ('queued', 'retrying') and j.locked_at is null and j.task_identifier = r.task_identifier
    order by r.id
  ));
end
$$;

--!include functions/override_occurrence.sql
--!include functions/restore_occurrence.sql
--!include functions/resume.sql
drop policy if exists operators_create_schedules on almanac.schedules;
create policy operators_create_schedules on almanac.schedules for insert to almanac_operator
  with check (almanac_private.may_change(owner_user, run_as_key));
drop policy if exists operators_create_calendars on almanac.calendars;
create policy operators_create_calendars on almanac.calendars for insert to almanac_operator
  with check (almanac_private.may_change(owner_user, owned_by_key));
drop function if exists almanac_private.may_change(bigint, name);
--!include functions/give_schedule.sql
--!include functions/bind_roles.sql
do $$ begin perform almanac_private.bind_roles(); end $$;
-- What /healthz says beside that the database answers.
--!include functions/health.sql
-- History that is deleted, by purge() or by hand, is known to the ledger check.
create table if not exists almanac_private.deleted_history (
  schedule_id bigint not null,
  during tstzrange not null
);
comment on table almanac_private.deleted_history is 'Of which schedules and times history was deleted by hand: the ledger check does not miss it.';
create index if not exists deleted_history_by_schedule on almanac_private.deleted_history using gist (schedule_id, during);
alter table almanac_private.deleted_history enable row level security;
--!include functions/history_horizon.sql
--!include functions/purge.sql
--!include functions/tg_note_deleted.sql
create or replace trigger _800_note_deleted after delete on almanac.runs
  referencing old table as old_rows for each statement execute function almanac_private.tg_note_deleted();
create or replace trigger _800_note_deleted after delete on almanac.omissions
  referencing old table as old_rows for each statement execute function almanac_private.tg_note_deleted();
--!include functions/check_ledger.sql

-- Where no ticker fires, schedules are woken at the instant that they are due; and of several that one firing finds due, none is in the way of the next.
drop function if exists almanac_private.insert_run(almanac.schedules, timestamptz, timestamptz, almanac.run_trigger, jsonb, text, timestamptz, integer, boolean);
--!include functions/arm_delay.sql
--!include functions/insert_run.sql
--!include functions/settle_schedule.sql
-- No task is available where no worker lives.
--!include functions/a_worker_lives.sql
--!include functions/tasks_available.sql
--!include functions/withdraw_tasks.sql
--!include functions/stop_worker.sql
--!include functions/reap_workers.sql
--!include functions/announce_tasks.sql
comment on column almanac.tasks.available is
  'Whether a worker has said that it has the task, and none that it is gone; false when the last worker has ended. almanac.tasks_available() also knows when that one was killed.';

-- Runs whose task no worker has any more stood in the way of all later ones: they are shown, fail after an hour in which workers ran without the
-- task, and are cancelled when their schedule changes its task.
alter table almanac.tasks
  add column if not exists lacking_since timestamptz,
  add column if not exists lacking_seen_at timestamptz;
comment on column almanac.tasks.lacking_since is 'Since when workers are running of which none has it; null: one has it, or none is running.';
comment on column almanac.tasks.lacking_seen_at is 'When that was last looked at; null: one has it, or none is running.';
insert into almanac_private.settings (key, value) values ('lacking_task_minutes', '60') on conflict (key) do nothing;
--!include functions/runs_blocked_because.sql
--!include functions/cancel_other_tasks.sql
--!include functions/end_lacking_runs.sql
--!include functions/tg_arm_schedules.sql
--!include functions/reconcile.sql
--!include functions/why_run.sql
-- A dump of the data alone brings schedules into a migrated database: what is computed is computed there.
--!include functions/loads_dump.sql
--!include functions/tg_set_identity.sql
--!include functions/tg_compute_schedule.sql
