--! Previous: sha1:db9cf079775f5306eca6a9f7a74cbe41912a4602
--! Hash: sha1:a9cc49ce11967e7e30d177458368aa24257134c7
--! Message: Less work per run, and system schedules

-- Firing with less work per run: begin_runs and finish_runs look each run up once, and only in its partition.
-- A worker that is asked to stop says so (draining) and gives up its lead at once; one whose pool has failed is given up at once.
-- Jobs of a host's are left alone whatever their keys look like: only those that wake a schedule, or are of the task of that run, are touched.
-- The ledger checks itself: system schedules are Almanac's own and nobody changes them; one compares the ledger with the rules every hour.
-- For an operator: the runs are rewritten, which with a long history wants a quiet hour; names that begin with "almanac:" are kept for
-- system schedules, and a schedule that has the name of one is renamed.

alter table almanac.schedules add column is_system boolean not null default false;
comment on column almanac.schedules.is_system is 'It is Almanac''s own housekeeping: nobody changes or deletes it, and pause_all() does not stop it.';

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
  constraint ledger_check_findings_go_with_their_count check (found >= 0 and (found = 0) = (findings = '[]') and (found = 0) = (counts = '{}'))
);
create index ledger_checks_by_time on almanac.ledger_checks (checked_at);
comment on table almanac.ledger_checks is 'What the system schedule almanac:check-ledger found: one row a check, kept for 90 days.';
comment on column almanac.ledger_checks.id is 'Number of the check.';
comment on column almanac.ledger_checks.checked_at is 'When it was made.';
comment on column almanac.ledger_checks.range_start is 'First nominal time it looked at.';
comment on column almanac.ledger_checks.range_end is 'End of what it looked at, not itself looked at.';
comment on column almanac.ledger_checks.unchecked_since is 'Where the check before ended: from there to range_start no check has looked, as that is too long ago. Null: nothing is left out.';
comment on column almanac.ledger_checks.found is 'How many problems it found, counted up to 100,000; 0: no gap and no duplicate.';
comment on column almanac.ledger_checks.counts is 'How many of each kind of problem, as JSON: {"missing": 2}. The kinds are those of check_ledger().';
comment on column almanac.ledger_checks.findings is 'The first 100 problems in the order of their nominal times, as a JSON array of rows of check_ledger().';
comment on column almanac.ledger_checks.took_ms is 'How long it took, in milliseconds.';
comment on column almanac.ledger_checks.stale_at is 'If there is no newer check by then, nobody checks.';
alter table almanac.ledger_checks enable row level security;
grant select on almanac.ledger_checks to almanac_viewer;
create policy everyone_sees_ledger_checks on almanac.ledger_checks for select to almanac_viewer using (true);

insert into almanac.tasks (identifier, label, description, is_builtin, available) values
  ('almanac:check_ledger', 'Check of the ledger', 'Compares the ledger with what the rules name, and keeps what it finds in almanac.ledger_checks.', true, true)
on conflict (identifier) do update
set label = excluded.label, description = excluded.description, is_builtin = true, available = true;

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
  if v_schedule.is_system then
    raise exception using errcode = 'AL017', message = format('Schedule %s is Almanac''s own and cannot be changed.', v_schedule.name),
      detail = 'It is a system schedule.', hint = 'An admin may run it at once, with almanac.trigger_now().';
  end if;
  raise exception using errcode = 'AL011', message = format('Schedule %s may not be changed by %s.', v_schedule.name, almanac_private.actor()),
    detail = format('It belongs to %s.', coalesce((select u.username from almanac.users u where u.id = v_schedule.owner_user), v_schedule.run_as::text)),
    hint = 'Its owner and admins may.';
end
$$;
comment on function almanac_private.refuse_change(bigint) is 'Raises why a schedule cannot be changed by the caller: AL007, it is not there, AL017, it is Almanac''s own, or AL011, it is someone else''s.';
grant execute on function almanac_private.refuse_change(bigint) to almanac_viewer;
--! EndIncluded functions/refuse_change.sql
--! Included functions/tg_set_identity.sql
create or replace function almanac_private.tg_set_identity() returns trigger
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_computed text;
begin
  if current_setting('almanac.system', true) is distinct from 'on' or not has_schema_privilege('almanac_private', 'create') then
    if tg_op = 'UPDATE' and old.is_system then
      perform almanac_private.refuse_change(old.id);
    elsif new.is_system then
      raise exception using errcode = 'AL017', column = 'is_system', message = 'Only a migration makes a system schedule.',
        detail = format('Schedule %s.', new.name), hint = 'Leave is_system out.';
    elsif new.name like 'almanac:%' and (tg_op = 'INSERT' or new.name is distinct from old.name) then
      raise exception using errcode = 'AL017', column = 'name', message = 'Names that begin with almanac: are kept for Almanac''s own schedules.',
        detail = format('Schedule %s.', new.name), hint = 'Choose another name.';
    end if;
  end if;
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
      when new.has_overrides then 'has_overrides'
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
      when new.has_overrides <> old.has_overrides then 'has_overrides'
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
        when v_computed = 'has_overrides' then 'Call almanac.move_occurrence(), skip_occurrence() or restore_occurrence().'
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
  'Before an insert or update of a schedule by anyone but the engine: says who did it, with whose rights it runs, and refuses writes to computed columns and to system schedules. Invoker: current_user is the point.';
--! EndIncluded functions/tg_set_identity.sql
--! Included functions/tg_keep_system.sql
create or replace function almanac_private.tg_keep_system() returns trigger
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
begin
  if current_setting('almanac.system', true) is distinct from 'on' or not has_schema_privilege('almanac_private', 'create') then
    perform almanac_private.refuse_change(old.id);
  end if;
  return old;
end
$$;
comment on function almanac_private.tg_keep_system() is 'Before a system schedule is deleted: refuses it to all but a migration.';
--! EndIncluded functions/tg_keep_system.sql
--! Included functions/schedule_triggers.sql
-- The engine's own updates pass by: it says so by a setting, and anyone may set that, so the right to create in the schema,
-- which only the owner has, is asked for as well. Both are built-in and cost half a microsecond a row.
create or replace trigger _100_set_identity before insert or update on almanac.schedules
  for each row when (current_setting('almanac.engine', true) is distinct from 'on' or not has_schema_privilege('almanac_private', 'create'))
  execute function almanac_private.tg_set_identity();
create or replace trigger _500_compute_schedule before insert or update on almanac.schedules
  for each row when (current_setting('almanac.engine', true) is distinct from 'on' or not has_schema_privilege('almanac_private', 'create'))
  execute function almanac_private.tg_compute_schedule();
create or replace trigger _100_keep_system before delete on almanac.schedules
  for each row when (old.is_system) execute function almanac_private.tg_keep_system();
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
--! Included functions/override_occurrence.sql
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
begin
  if v_schedule.is_system or not almanac_private.may_change(v_schedule.owner_user, v_schedule.run_as) then
    perform almanac_private.refuse_change(v_schedule.id);
  end if;
  if v_schedule.status not in ('active', 'paused') then
    raise exception using errcode = 'AL013', column = 'status', message = format('Schedule %s is %s: it has no occurrence to come.', v_schedule.name, v_schedule.status),
      detail = format('occurrence: %s.', override_occurrence.occurrence), hint = 'Look at: select * from almanac.upcoming(…).';
  end if;
  perform almanac_private.settle_before_change(array[v_schedule.id]);
  select s.* into v_schedule from almanac.schedules s where s.id = v_schedule.id for no key update;
  select o.* into v_override from almanac.occurrence_overrides o
  where o.schedule_id = v_schedule.id and o.scheduled_for = override_occurrence.occurrence;

  if override_occurrence.action = 'move' and (override_occurrence.moved_to > v_now and isfinite(override_occurrence.moved_to)) is not true then
    raise exception using errcode = 'AL016', message = 'The time to move to is not to come.',
      detail = format('moved_to: %s, now: %s.', coalesce(override_occurrence.moved_to::text, 'null'), v_now), hint = 'Give a later time, or use almanac.trigger_now().';
  elsif v_override.done_at is not null or (v_override.schedule_id is null and override_occurrence.occurrence <= v_schedule.cursor_at) then
    raise exception using errcode = 'AL016', message = 'The occurrence has its outcome already.',
      detail = format('occurrence: %s.', override_occurrence.occurrence), hint = 'Look at it in almanac.runs and almanac.omissions. To run it again, use almanac.trigger_now().';
  elsif override_occurrence.occurrence is null or v_override.schedule_id is null
    and almanac_private.next_occurrence(v_schedule, override_occurrence.occurrence - interval '1 microsecond') is distinct from override_occurrence.occurrence
  then
    raise exception using errcode = 'AL016', message = format('Schedule %s has no occurrence at this time.', v_schedule.name),
      detail = format('occurrence: %s.', coalesce(override_occurrence.occurrence::text, 'null')),
      hint = format('Give the nominal time, scheduled_for. The next one after it is %s.',
        coalesce(almanac_private.next_occurrence(v_schedule, override_occurrence.occurrence)::text, 'none'));
  end if;

  insert into almanac.occurrence_overrides as o (schedule_id, scheduled_for, action, moved_to, reason, created_by)
  values (v_schedule.id, override_occurrence.occurrence, override_occurrence.action, override_occurrence.moved_to, override_occurrence.reason,
    almanac_private.actor())
  on conflict (schedule_id, scheduled_for) do update
  set action = excluded.action, moved_to = excluded.moved_to, reason = excluded.reason, created_by = excluded.created_by, created_at = excluded.created_at
  returning o.* into v_override;
  if v_override.is_owed and v_override.action = 'skip' then
    perform almanac_private.insert_skipped(v_schedule, v_override.scheduled_for, 'skipped', v_now);
    update almanac.occurrence_overrides o set done_at = v_now
    where o.schedule_id = v_override.schedule_id and o.scheduled_for = v_override.scheduled_for returning o.* into v_override;
  end if;
  perform set_config('almanac.engine', 'on', true);
  update almanac.schedules s set has_overrides = true where s.id = v_schedule.id and not s.has_overrides;
  perform set_config('almanac.engine', 'off', true);
  perform almanac_private.replan(array[v_schedule.id]);
  return v_override;
end
$$;
comment on function almanac_private.override_occurrence(text, timestamptz, almanac.override_action, timestamptz, text) is
  'Moves or skips one occurrence that has no outcome yet, named by its nominal time; what is due by now is settled first.';
grant execute on function almanac_private.override_occurrence(text, timestamptz, almanac.override_action, timestamptz, text) to almanac_operator;
--! EndIncluded functions/override_occurrence.sql
--! Included functions/restore_occurrence.sql
-- Definer: writes overrides; the caller's right to do so is checked first.
create or replace function almanac.restore_occurrence(schedule text, occurrence timestamptz) returns almanac.schedules
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_schedule almanac.schedules := almanac_private.find_schedule(restore_occurrence.schedule);
  v_override almanac.occurrence_overrides;
begin
  if v_schedule.is_system or not almanac_private.may_change(v_schedule.owner_user, v_schedule.run_as) then
    perform almanac_private.refuse_change(v_schedule.id);
  end if;
  perform almanac_private.settle_before_change(array[v_schedule.id]);
  perform from almanac.schedules s where s.id = v_schedule.id for no key update;
  select o.* into v_override from almanac.occurrence_overrides o
  where o.schedule_id = v_schedule.id and o.scheduled_for = restore_occurrence.occurrence;
  if v_override.schedule_id is null then
    raise exception using errcode = 'AL016', message = 'The occurrence is neither moved nor skipped.',
      detail = format('occurrence: %s.', restore_occurrence.occurrence), hint = 'Look at: select * from almanac.occurrence_overrides.';
  elsif v_override.done_at is not null or v_override.is_owed then
    raise exception using errcode = 'AL016',
      message = case when v_override.is_owed and v_override.done_at is null then 'The nominal time of the occurrence is past.' else 'The occurrence has its outcome already.' end,
      detail = format('occurrence: %s, moved to: %s.', v_override.scheduled_for, coalesce(v_override.moved_to::text, 'nowhere')),
      hint = 'One that is still to come can be moved again, or skipped.';
  end if;
  delete from almanac.occurrence_overrides o where o.schedule_id = v_override.schedule_id and o.scheduled_for = v_override.scheduled_for;
  perform almanac_private.replan(array[v_schedule.id]);
  select s.* into v_schedule from almanac.schedules s where s.id = v_schedule.id;
  return v_schedule;
end
$$;
comment on function almanac.restore_occurrence(text, timestamptz) is
  'Takes back what move_occurrence() or skip_occurrence() did to an occurrence that is still to come.';
grant execute on function almanac.restore_occurrence(text, timestamptz) to almanac_operator;
--! EndIncluded functions/restore_occurrence.sql
--! Included functions/trigger_now.sql
-- Definer: writes the ledger; the caller's right to do so is checked first.
create or replace function almanac.trigger_now(schedule text, payload jsonb default null) returns almanac.runs
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_schedule almanac.schedules := almanac_private.find_schedule(trigger_now.schedule);
  v_payload jsonb := coalesce(trigger_now.payload, v_schedule.payload);
begin
  if not almanac_private.may_change(v_schedule.owner_user, v_schedule.run_as) or v_schedule.is_system and v_payload is distinct from v_schedule.payload then
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
drop function almanac.calendar(timestamptz, timestamptz, text, interval, integer, text[], text[], text, integer);
--! Included functions/calendar.sql
create or replace function almanac.calendar(
  range_start timestamptz, range_end timestamptz, timezone text default 'UTC', bucket interval default '1 hour', fold_above integer default 12,
  schedules text[] default null, tags text[] default null, task text default null, max_count integer default 5000,
  with_system boolean default true
) returns setof almanac.calendar_item
language plpgsql stable set search_path to pg_catalog, pg_temp set jit to off set enable_mergejoin to off set work_mem to '64MB'
as $$
declare
  v_now timestamptz := statement_timestamp();
  v_ids bigint[];
  v_hidden bigint[] := '{}';
  v_wide interval := calendar.bucket;
begin
  perform almanac_private.check_timezone(calendar.timezone);
  if calendar.max_count is distinct from 0 then
    perform almanac_private.checked_count(calendar.max_count);
  end if;
  perform almanac_private.check_range(calendar.range_start, calendar.range_end);
  if calendar.bucket is null or not (calendar.bucket between interval '1 minute' and interval '1 day') or extract(month from calendar.bucket) <> 0 then
    raise exception using errcode = 'AL012', message = 'The bucket must be between a minute and a day.',
      detail = format('bucket: %s.', calendar.bucket), hint = 'For instance 15 minutes, 1 hour or 1 day.';
  end if;
  if extract(epoch from calendar.range_end - calendar.range_start) / extract(epoch from calendar.bucket) > 1000 then
    v_wide := interval '1 day';
  end if;
  if calendar.schedules is not null or calendar.tags is not null or calendar.task is not null then
    v_ids := array(
      select s.id from almanac.schedules s
      where (calendar.schedules is null or s.name = any (calendar.schedules)) and (calendar.tags is null or s.tags && calendar.tags)
        and (calendar.task is null or s.task_identifier = calendar.task));
  end if;

  if calendar.with_system is false then
    v_hidden := array(select s.id from almanac.schedules s where s.is_system);
  end if;

  return query
  with listed as materialized (
    select 'run' as item, r.schedule_id, r.schedule_name, r.scheduled_for, r.due_at as at, r.id as run_id, r.status, r.trigger, r.reason,
      r.started_at, r.finished_at, r.attempt, r.max_attempts
    from almanac.runs r
    where r.scheduled_for >= calendar.range_start and r.scheduled_for < calendar.range_end and r.due_at = r.scheduled_for
      and (v_ids is null or r.schedule_id = any (v_ids)) and r.schedule_id <> all (v_hidden)
    union all
    select 'run', r.schedule_id, r.schedule_name, r.scheduled_for, r.due_at, r.id, r.status, r.trigger, r.reason,
      r.started_at, r.finished_at, r.attempt, r.max_attempts
    from almanac.runs r
    where r.due_at >= calendar.range_start and r.due_at < calendar.range_end and r.due_at <> r.scheduled_for
      and (v_ids is null or r.schedule_id = any (v_ids)) and r.schedule_id <> all (v_hidden)
    union all
    select 'occurrence', s.id, s.name, o.at, o.at, null, null, 'schedule', null, null, null, null, null
    from almanac.schedules s
    cross join lateral almanac_private.cron_between(s.rule_seconds, s.rule_minutes, s.rule_hours, s.rule_first_time, s.rule_weekdays,
      s.rule_months, s.rule_days, s.rule_running, s.timezone,
      greatest(calendar.range_start, coalesce(s.next_scheduled_for, v_now), s.starts_at) - interval '1 microsecond', least(calendar.range_end, s.ends_at)) o(at)
    where s.kind = 'cron' and s.deleted_at is null and s.archived_at is null and (s.next_scheduled_for < calendar.range_end or s.status = 'paused')
      and (v_ids is null or s.id = any (v_ids)) and s.id <> all (v_hidden)
      and s.calendars = '{}' and not s.has_overrides and s.jitter is null and s.max_runs is null
    union all
    select 'occurrence', s.id, s.name, o.at, o.at, null, null, 'schedule', null, null, null, null, null
    from almanac.schedules s
    cross join lateral almanac_private.occurrences_between(
      s, greatest(calendar.range_start, coalesce(s.next_scheduled_for, v_now)), calendar.range_end, null) o(at)
    where s.kind <> 'cron' and s.deleted_at is null and s.archived_at is null and (s.next_scheduled_for < calendar.range_end or s.status = 'paused')
      and (v_ids is null or s.id = any (v_ids)) and s.id <> all (v_hidden)
      and s.calendars = '{}' and not s.has_overrides and s.jitter is null and s.max_runs is null
    union all
    -- What may be due at another time than its nominal one, or not at all.
    select case when c.outcome in ('run', 'moved') then 'occurrence' else 'omitted' end, s.id, s.name, c.scheduled_for, c.due_at, null, null, 'schedule',
      case when c.outcome <> 'run' then c.outcome end, null, null, null, null
    from almanac.schedules s
    cross join lateral almanac_private.coming_occurrences(
      s, greatest(calendar.range_start, case when s.status = 'active' then s.cursor_at + interval '1 microsecond' else v_now end), calendar.range_end,
      null, true) c
    where s.deleted_at is null and s.archived_at is null and s.status in ('active', 'paused') and (v_ids is null or s.id = any (v_ids)) and s.id <> all (v_hidden)
      and not (s.calendars = '{}' and not s.has_overrides and s.jitter is null and s.max_runs is null)
  ), placed as materialized (
    select l.*, date_trunc('day', l.at, calendar.timezone) as day from listed l
  ), dense as materialized (
    select p.schedule_id, p.day from placed p group by p.schedule_id, p.day having count(*) > calendar.fold_above
  ), items as materialized (
    select p.item, p.schedule_id, p.schedule_name, p.at as starts_at, null::timestamptz as ends_at, p.at as due_at, p.run_id, p.status, p.trigger, p.reason,
      p.started_at, p.finished_at, p.attempt, p.max_attempts, 1::bigint as total,
      (p.status is not distinct from 'succeeded')::int::bigint as succeeded, coalesce(p.status in ('failed', 'timed_out'), false)::int::bigint as failed,
      (p.item = 'omitted' or coalesce(p.status in ('skipped', 'cancelled'), false))::int::bigint as skipped,
      coalesce(p.status in ('waiting', 'queued', 'running', 'retrying'), false)::int::bigint as running, (p.item = 'occurrence')::int::bigint as upcoming,
      p.scheduled_for
    from placed p where not exists (select from dense d where d.schedule_id = p.schedule_id and d.day = p.day)
    union all
    select 'bucket', p.schedule_id, max(p.schedule_name), b.start, b.start + calendar.bucket, null, null, null, null, null, null, null, null, null,
      count(*), count(*) filter (where p.status = 'succeeded'), count(*) filter (where p.status in ('failed', 'timed_out')),
      count(*) filter (where p.item = 'omitted' or p.status in ('skipped', 'cancelled')),
      count(*) filter (where p.status in ('waiting', 'queued', 'running', 'retrying')), count(*) filter (where p.item = 'occurrence'), null
    from placed p join dense d on d.schedule_id = p.schedule_id and d.day = p.day
    cross join lateral (
      select case when calendar.bucket = interval '1 day' then p.day else date_bin(calendar.bucket, p.at, p.day) end as start
    ) b
    group by p.schedule_id, p.day, b.start
    union all
    select 'omission', o.schedule_id, o.schedule_name, lower(o.during), upper(o.during), null, null, null, null, o.reason::text, null, null, null, null,
      o.count, 0, 0, o.count, 0, 0, null
    from almanac.omissions o
    where o.during && tstzrange(calendar.range_start, calendar.range_end) and (v_ids is null or o.schedule_id = any (v_ids)) and o.schedule_id <> all (v_hidden)
  ), ranked as (
    select i.*, row_number() over (order by i.failed > 0 desc, i.starts_at, i.schedule_id, i.run_id) as position from items i
  )
  select r.item, r.schedule_id, r.schedule_name, s.status, r.starts_at, r.ends_at, r.due_at, r.run_id, r.status, r.trigger, r.reason,
    r.started_at, r.finished_at, r.attempt, r.max_attempts, r.total, r.succeeded, r.failed, r.skipped, r.running, r.upcoming, r.scheduled_for
  from ranked r left join almanac.schedules s on s.id = r.schedule_id
  where r.position <= calendar.max_count
  union all
  select 'left_out', null, null, null, greatest(b.start, calendar.range_start), least(b.start + v_wide, calendar.range_end), null, null, null, null, null,
    null, null, null, null, sum(r.total)::bigint, sum(r.succeeded)::bigint, sum(r.failed)::bigint, sum(r.skipped)::bigint, sum(r.running)::bigint,
    sum(r.upcoming)::bigint, null
  from ranked r
  cross join lateral (select date_trunc('day', greatest(r.starts_at, calendar.range_start), calendar.timezone) as day) d
  cross join lateral (
    select case when v_wide = interval '1 day' then d.day else date_bin(v_wide, greatest(r.starts_at, calendar.range_start), d.day) end as start
  ) b
  where r.position > calendar.max_count
  group by b.start
  order by 5, 2, 8;
end
$$;
comment on function almanac.calendar(timestamptz, timestamptz, text, interval, integer, text[], text[], text, integer, boolean) is
  'Runs and occurrences to come that are due in [range_start, range_end), of all schedules or of those with one of the names, one of the tags, a task. Where a schedule has more than fold_above in a local day, it comes as counts per bucket. Above max_count items (failures come first) the rest comes as left_out items: counts of all schedules together per bucket, per day if that were more than 1,000. max_count 0: only those. with_system false: without Almanac''s own schedules.';
grant execute on function almanac.calendar(timestamptz, timestamptz, text, interval, integer, text[], text[], text, integer, boolean) to almanac_viewer;
--! EndIncluded functions/calendar.sql
--! Included functions/check_ledger.sql
-- Definer: reads rule versions, which are the owner's.
create or replace function almanac.check_ledger(
  range_start timestamptz default now() - interval '1 day', range_end timestamptz default now(), max_count integer default 1000
) returns table (problem text, schedule_id bigint, schedule_name text, scheduled_for timestamptz, detail text)
language plpgsql stable security definer set search_path to pg_catalog, pg_temp set jit to off set work_mem to '64MB'
  -- How many rows these steps have cannot be foreseen: a hash of all columns is good for any number, other joins for few only.
  set enable_nestloop to off set enable_mergejoin to off
as $$
#variable_conflict use_column
declare
  v_now timestamptz := statement_timestamp();
begin
  perform almanac_private.checked_count(check_ledger.max_count);
  perform almanac_private.check_range(check_ledger.range_start, check_ledger.range_end);

  return query
  with versions as (
    select v.schedule_id, coalesce(s.name, v.schedule_name) as name, jsonb_populate_record(null::almanac.schedules, v.rule) as rule,
      v.valid_from, v.valid_to, coalesce(v.valid_to, s.cursor_at) as settled_until
    from almanac_private.rule_versions v left join almanac.schedules s on s.id = v.schedule_id
    where v.valid_from < check_ledger.range_end and coalesce(v.valid_to, 'infinity') >= check_ledger.range_start
  ), planned as materialized (
    select v.schedule_id, v.name, o.at, o.at <= v.settled_until as is_settled
    from versions v
    cross join lateral almanac_private.occurrences_between(v.rule, greatest(check_ledger.range_start, v.valid_from + interval '1 microsecond'),
      least(check_ledger.range_end, v.valid_to + interval '1 microsecond'), null) o(at)
  ), fired as materialized (
    select r.schedule_id, r.schedule_name, r.scheduled_for as at, r.status
    from almanac.runs r
    where r.trigger = 'schedule' and r.scheduled_for >= check_ledger.range_start and r.scheduled_for < check_ledger.range_end
  ), stretches as materialized (
    select o.*, row_number() over (partition by o.schedule_id order by o.during) as turn
    from almanac.omissions o where o.during && tstzrange(check_ledger.range_start, check_ledger.range_end)
  ), members as materialized (
    -- Of a schedule's stretches, which do not overlap, only the last that begins by a time can have it.
    select o.id, t.schedule_id, t.at
    from (
      select e.*, count(*) filter (where not e.is_planned) over (partition by e.schedule_id order by e.at, e.is_planned) as turn
      from (
        select o.schedule_id, lower(o.during) as at, false as is_planned from stretches o
        union all
        select p.schedule_id, p.at, true from planned p where p.schedule_id in (select o.schedule_id from stretches o)
      ) e
    ) t join stretches o on o.schedule_id = t.schedule_id and o.turn = t.turn
    where t.is_planned and t.at <@ o.during
  ), found as (
    select 'missing' as problem, p.schedule_id, p.name, p.at, 'Neither a run nor an omission has it.' as detail
    from planned p
    where p.is_settled
      and not exists (select from fired f where f.schedule_id = p.schedule_id and f.at = p.at)
      and not exists (select from members m where m.schedule_id = p.schedule_id and m.at = p.at)
      and not exists (
        select from almanac.occurrence_overrides o
        where o.schedule_id = p.schedule_id and o.scheduled_for = p.at and o.action = 'move' and o.done_at is null)
    union all
    select 'twice', f.schedule_id, f.schedule_name, f.at, format('It has a run, which is %s, and lies in an omission.', f.status)
    from fired f join members m on m.schedule_id = f.schedule_id and m.at = f.at
    union all
    select 'unplanned', f.schedule_id, f.schedule_name, f.at, format('It has a run, which is %s, but no rule named the time.', f.status)
    from fired f
    where not exists (select from planned p where p.schedule_id = f.schedule_id and p.at = f.at)
      and exists (select from almanac_private.rule_versions v where v.schedule_id = f.schedule_id and v.valid_from < f.at)
      and not exists (select from almanac.occurrence_overrides o where o.schedule_id = f.schedule_id and o.scheduled_for = f.at)
    union all
    select 'miscounted', o.schedule_id, o.schedule_name, lower(o.during),
      format('The omission to %s (%s) counts %s, the rule names %s.', upper(o.during), o.reason, o.count, coalesce(m.count, 0))
    from stretches o left join (select m.id, count(*) from members m group by m.id) m on m.id = o.id
    where lower(o.during) >= check_ledger.range_start and upper(o.during) < check_ledger.range_end and o.count is distinct from coalesce(m.count, 0)
      and exists (select from almanac_private.rule_versions v where v.schedule_id = o.schedule_id and v.valid_from < lower(o.during))
      and not exists (select from almanac.occurrence_overrides v where v.schedule_id = o.schedule_id and v.scheduled_for = lower(o.during))
    union all
    select 'overdue', s.id, s.name, s.next_scheduled_for, format('It was due at %s. Does a worker live?', s.next_run_at)
    from almanac.schedules s
    where s.next_run_at < v_now - interval '1 minute' and (s.is_system or not almanac_private.is_stopped()) and s.next_scheduled_for >= check_ledger.range_start
      and s.next_scheduled_for < check_ledger.range_end
  )
  select f.problem, f.schedule_id, f.name, f.at, f.detail from found f order by f.at, f.schedule_id, f.problem limit check_ledger.max_count;
end
$$;
comment on function almanac.check_ledger(timestamptz, timestamptz, integer) is
  'Recomputes which nominal times in [range_start, range_end) the rules named that held then, and compares them with the ledger: missing (no outcome), twice (two), unplanned (an outcome that no rule asked for), miscounted (an omission whose count is not what the rule names), overdue (due for over a minute). No rows: no duplicate and no gap. Later than what a schedule has settled nothing is missing yet.';
grant execute on function almanac.check_ledger(timestamptz, timestamptz, integer) to almanac_viewer;
--! EndIncluded functions/check_ledger.sql
--! Included functions/run_ledger_check.sql
-- Definer: writes a table that nobody else may.
create or replace function almanac_private.run_ledger_check(as_of timestamptz default now()) returns almanac.ledger_checks
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
    where c.checked_at > run_ledger_check.as_of - interval '24 hours' and c.range_end - c.range_start >= interval '25 hours')
  then
    -- What was found is looked at again, so that a check without a problem says that there is none any more.
    v_from := greatest(v_first, least(v_last.range_end - interval '1 hour', run_ledger_check.as_of - interval '1 hour',
      (v_last.findings -> 0 ->> 'scheduled_for')::timestamptz));
  end if;
  insert into almanac.ledger_checks as c
    (checked_at, range_start, range_end, unchecked_since, found, counts, findings, took_ms, stale_at)
  with found as materialized (
    select row_number() over () as position, l.*
    from almanac.check_ledger(v_from, run_ledger_check.as_of, 100000) l
  )
  select run_ledger_check.as_of, v_from, run_ledger_check.as_of, case when v_last.range_end < v_from then v_last.range_end end,
    (select count(*) from found),
    (select coalesce(jsonb_object_agg(k.problem, k.count), '{}') from (select f.problem, count(*) from found f group by f.problem) k),
    (select coalesce(jsonb_agg(jsonb_build_object('problem', f.problem, 'schedule_id', f.schedule_id::text, 'schedule_name', f.schedule_name,
      'scheduled_for', f.scheduled_for, 'detail', f.detail) order by f.position), '[]') from found f where f.position <= 100),
    0, run_ledger_check.as_of + interval '2 hours'
  returning c.* into v_check;
  update almanac.ledger_checks c set took_ms = ceil(extract(epoch from clock_timestamp() - v_began) * 1000)
  where c.id = v_check.id returning c.* into v_check;
  delete from almanac.ledger_checks c where c.checked_at < run_ledger_check.as_of - interval '90 days';
  perform pg_notify('almanac_ledger', json_build_object('op', 'insert', 'ids', json_build_array(v_check.id::text))::text);
  return v_check;
end
$$;
comment on function almanac_private.run_ledger_check(timestamptz) is
  'Checks the ledger up to this moment and keeps the result: the last 25 hours once a day, else from an hour before the last check ended, or from what that found; never more than 25 hours. Forgets what was found 90 days ago.';
grant execute on function almanac_private.run_ledger_check(timestamptz) to almanac_worker;
--! EndIncluded functions/run_ledger_check.sql
--! Included functions/last_ledger_check.sql
create or replace function almanac.last_ledger_check() returns almanac.ledger_checks
language sql stable
begin atomic
  select c.* from almanac.ledger_checks c order by c.checked_at desc, c.id desc limit 1;
end;
comment on function almanac.last_ledger_check() is 'The latest check of the ledger; null: there was none.';
grant execute on function almanac.last_ledger_check() to almanac_viewer;
--! EndIncluded functions/last_ledger_check.sql
--! Included functions/install_system_schedules.sql
create or replace function almanac_private.install_system_schedules() returns void
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
begin
  perform set_config('almanac.system', 'on', true);
  update almanac.schedules s set name = format('%s (%s)', s.name, s.id)
  where s.name = 'almanac:check-ledger' and s.deleted_at is null and not s.is_system;
  insert into almanac.schedules as s
    (name, description, kind, cron_expression, task_identifier, priority, overlap_policy, max_attempts, retry_delay, timeout, is_system)
  values ('almanac:check-ledger', 'Compares the ledger with what the rules name, and keeps what it finds in almanac.ledger_checks.',
    'cron', '17 * * * *', 'almanac:check_ledger', 2, 'skip', 3, '1 minute', '10 minutes', true)
  on conflict (name) where deleted_at is null do update
  set description = excluded.description, cron_expression = excluded.cron_expression, priority = excluded.priority,
    overlap_policy = excluded.overlap_policy, max_attempts = excluded.max_attempts, retry_delay = excluded.retry_delay, timeout = excluded.timeout;
  perform set_config('almanac.system', 'off', true);
end
$$;
comment on function almanac_private.install_system_schedules() is
  'Makes the system schedules, or makes them what they should be. For migrations: only the owner may.';
--! EndIncluded functions/install_system_schedules.sql


alter table almanac.runs alter column run_as type text; -- a name takes 64 bytes, in each of the three versions that a run's row has
do $$
declare
  v_partition regclass;
begin
  for v_partition in select i.inhrelid::regclass from pg_inherits i where i.inhparent = 'almanac.runs'::regclass loop
    execute format('alter table %s set (fillfactor = 60)', v_partition);
  end loop;
end
$$;
drop function almanac_private.lose_runs(bigint, jsonb, timestamptz);
drop function almanac_private.begin_runs(bigint, bigint[], timestamptz[], bigint[], timestamptz);
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
      where b.schedule_id = q.schedule_id and not b.is_waiting and b.trigger = 'schedule'
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
--! Included functions/is_own_job.sql
create or replace function almanac_private.is_own_job(key text, task_identifier text) returns boolean
language sql stable parallel safe
return case
  when key ~ '^schedule:[0-9]{1,18}$' then task_identifier = 'almanac:wake'
  when key ~ '^run:[0-9]{1,18}$' then exists (
    select from almanac.runs r where r.id = substr(key, 5)::bigint and r.task_identifier = is_own_job.task_identifier)
  else false
end;
comment on function almanac_private.is_own_job(text, text) is
  'Whether a job under such a key is Almanac''s: it wakes a schedule, or is of the task of that run. A host''s job under a key that looks alike is the host''s.';
--! EndIncluded functions/is_own_job.sql
--! Included functions/remove_jobs.sql
create or replace function almanac_private.remove_jobs(keys text[]) returns void
language plpgsql volatile set search_path to pg_catalog, pg_temp
  -- By key, whatever the statistics say, as fire_due.
  set enable_hashjoin to off set enable_mergejoin to off set enable_seqscan to off
as $$
begin
  perform graphile_worker.remove_job(j.key)
  from graphile_worker.jobs j where j.key = any (remove_jobs.keys) and almanac_private.is_own_job(j.key, j.task_identifier);
end
$$;
comment on function almanac_private.remove_jobs(text[]) is 'Removes the jobs under these keys, unless they are a host''s. One that a worker has locked ends, and is not tried again.';
--! EndIncluded functions/remove_jobs.sql
--! Included functions/status_after_attempt.sql
create or replace function almanac_private.status_after_attempt(
  ended_as almanac.run_status, attempt integer, max_attempts integer, cancel_requested_at timestamptz
) returns almanac.run_status
language sql immutable parallel safe
return case
  when ended_as not in ('failed', 'timed_out') then ended_as
  when cancel_requested_at is not null then 'cancelled'
  when attempt < max_attempts then 'retrying'
  else ended_as
end::almanac.run_status;
comment on function almanac_private.status_after_attempt(almanac.run_status, integer, integer, timestamptz) is
  'What a run is after an attempt of it has ended so. A plain expression, so that callers inline it.';
--! EndIncluded functions/status_after_attempt.sql
--! Included functions/begin_runs.sql
-- Definer: writes the ledger.
create or replace function almanac_private.begin_runs(
  worker_id bigint, run_ids bigint[], scheduled_fors timestamptz[], job_ids bigint[] default null, as_of timestamptz default clock_timestamp()
) returns table (run_id bigint, job_id bigint, schedule_id bigint, attempt integer, task_identifier text, timeout_ms double precision, run_as text)
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
  -- By key, whatever the statistics say: a hash join would read all of a large table for a handful of rows.
  set enable_hashjoin to off set enable_mergejoin to off set enable_seqscan to off set plan_cache_mode to force_generic_plan
as $$
#variable_conflict use_column
declare
  v_time timestamptz;
  v_ids bigint[];
  v_jobs bigint[];
begin
  -- One time after the other, as a herd has one: so only the partition of that time is opened. In order of time and number all runs are locked.
  for v_time in select distinct f.at from unnest(begin_runs.scheduled_fors) f(at) order by f.at loop
    select array_agg(a.id order by a.id, a.job_id), array_agg(a.job_id order by a.id, a.job_id) into v_ids, v_jobs
    from unnest(begin_runs.run_ids, begin_runs.scheduled_fors, begin_runs.job_ids) a(id, at, job_id) where a.at = v_time;
    return query
    update almanac.runs r
    set status = 'running', attempt = r.attempt + (r.status <> 'running')::integer, started_at = coalesce(r.started_at, begin_runs.as_of),
      attempt_started_at = begin_runs.as_of, worker_id = begin_runs.worker_id, job_id = v_jobs[width_bucket(r.id, v_ids)]
    where r.id = any (v_ids) and r.scheduled_for = v_time
      -- A case, which no plan is built upon: by their status, all of a partition may be read for the few that are queued.
      and case
        when r.status in ('queued', 'retrying') then true
        -- Its own running one: the answer to an earlier call was lost, and the worker asks again for the same job.
        else r.status = 'running' and r.worker_id = begin_runs.worker_id and r.job_id = v_jobs[width_bucket(r.id, v_ids)]
      end
    returning r.id, r.job_id, r.schedule_id, r.attempt, r.task_identifier, extract(epoch from r.timeout)::float8 * 1000, r.run_as;
  end loop;
end
$$;
comment on function almanac_private.begin_runs(bigint, bigint[], timestamptz[], bigint[], timestamptz) is
  'Marks runs as running, each for one job, and returns them. One that is not queued (cancelled, taken by another worker) does not come back and must not be run. Asked again for the same job, it gives the same answer.';
grant execute on function almanac_private.begin_runs(bigint, bigint[], timestamptz[], bigint[], timestamptz) to almanac_worker;
--! EndIncluded functions/begin_runs.sql
--! Included functions/retry_runs.sql
-- Called by finish_runs, with its rights and its settings.
create or replace function almanac_private.retry_runs(scheduled_for timestamptz, run_ids bigint[], results jsonb, as_of timestamptz) returns void
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
  perform from graphile_worker.add_jobs(array(
    select almanac_private.run_job_spec(r.id, r.schedule_id, r.scheduled_for, r.attempt + 1, r.trigger, r.task_identifier, r.payload, r.priority,
      -- One that went with its worker at once: the task is not to blame.
      case when retry_runs.results -> r.id::text -> 'isLost' is distinct from 'true' then
        retry_runs.as_of + least(
          coalesce(s.retry_ceiling, interval '1 hour'),
          coalesce(s.retry_delay, interval '5 seconds') * least(power(coalesce(s.retry_backoff, 2), r.attempt - 1), 1000000000)::float8)
      end)
    from almanac.runs r left join almanac.schedules s on s.id = r.schedule_id
    where r.id = any (retry_runs.run_ids) and r.scheduled_for = retry_runs.scheduled_for
    order by r.id
  ));
end
$$;
comment on function almanac_private.retry_runs(timestamptz, bigint[], jsonb, timestamptz) is
  'Adds the jobs of the next attempts of runs of one time, after the delay that each schedule says. results: what finish_runs was given, by the number of the run.';
--! EndIncluded functions/retry_runs.sql
--! Included functions/count_runs.sql
-- Called by finish_runs, with its rights and its settings.
create or replace function almanac_private.count_runs(scheduled_for timestamptz, run_ids bigint[]) returns void
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
  perform set_config('almanac.engine', 'on', true);
  with counted as materialized (
    select r.schedule_id, count(*) filter (where r.trigger = 'schedule' and r.status in ('failed', 'timed_out')) as failed,
      (array_agg(r.status order by r.id desc))[1] as last_status
    from almanac.runs r where r.id = any (count_runs.run_ids) and r.scheduled_for = count_runs.scheduled_for
    group by r.schedule_id
  ), stale as materialized (
    select c.* from counted c join almanac.schedules s on s.id = c.schedule_id
    where c.failed > 0 or s.last_status is distinct from c.last_status
  ), free as materialized (
    select t.* from stale t join almanac.schedules s on s.id = t.schedule_id order by s.id for no key update of s skip locked
  ), counters as (
    update almanac.schedules s set failed_runs = s.failed_runs + f.failed, last_status = f.last_status from free f where s.id = f.schedule_id
  )
  insert into almanac_private.unsettled_counters (schedule_id, failed, last_status)
  select t.* from stale t where t.schedule_id not in (select f.schedule_id from free f);
  perform set_config('almanac.engine', 'off', true);
end
$$;
comment on function almanac_private.count_runs(timestamptz, bigint[]) is
  'Writes failed_runs and last_status of the schedules whose runs of one time have just ended. Those that someone holds locked wait in unsettled_counters.';
--! EndIncluded functions/count_runs.sql
--! Included functions/finish_runs.sql
-- Definer: writes the ledger and Graphile Worker's jobs.
create or replace function almanac_private.finish_runs(worker_id bigint, results jsonb, as_of timestamptz default clock_timestamp()) returns integer
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
  -- By key, whatever the statistics say: a hash join would read all of a large table for a handful of rows, here and in add_jobs.
  set enable_hashjoin to off set enable_mergejoin to off set enable_seqscan to off set plan_cache_mode to force_generic_plan
as $$
declare
  v_time timestamptz;
  v_ids bigint[];
  v_details jsonb;
  v_ended bigint[];
  v_retried bigint[];
  v_queueing bigint[];
  v_counts boolean;
  v_count integer := 0;
begin
  -- One time after the other, as a herd has one: so only the partition of that time is opened. In order of time and number all runs are locked.
  for v_time, v_ids, v_details in
    select (a.result ->> 'scheduledFor')::timestamptz, array_agg((a.result ->> 'runId')::bigint),
      jsonb_object_agg(a.result ->> 'runId', a.result) filter (where a.result ->> 'status' <> 'succeeded' or a.result ? 'result')
    from jsonb_array_elements(finish_runs.results) a(result)
    group by 1 order by 1
  loop
    with ended as materialized (
      -- Of whom there is nothing to tell, they have succeeded.
      update almanac.runs r
      set status = almanac_private.status_after_attempt(coalesce((v_details -> r.id::text ->> 'status')::almanac.run_status, 'succeeded'),
          r.attempt, r.max_attempts, r.cancel_requested_at),
        error = case when v_details is null then null else coalesce(v_details -> r.id::text ->> 'error', case when v_details -> r.id::text ->> 'status' <> 'succeeded' then r.error end) end,
        result = v_details -> r.id::text -> 'result',
        finished_at = case when almanac_private.status_after_attempt(coalesce((v_details -> r.id::text ->> 'status')::almanac.run_status, 'succeeded'),
          r.attempt, r.max_attempts, r.cancel_requested_at) <> 'retrying' then finish_runs.as_of end
      where r.id = any (v_ids) and r.scheduled_for = v_time
        -- A case, which no plan is built upon: by their status, all of a partition may be read for the few that run.
        and case when r.status = 'running' then r.worker_id = finish_runs.worker_id else false end
      returning r.id, r.schedule_id, r.attempt, r.status, r.attempt_started_at
    ), attempts as (
      insert into almanac.run_attempts (run_id, scheduled_for, attempt, status, started_at, finished_at, worker_id, error)
      select e.id, v_time, e.attempt, case when e.status = 'retrying' then (v_details -> e.id::text ->> 'status')::almanac.run_status else e.status end,
        e.attempt_started_at, finish_runs.as_of, finish_runs.worker_id, v_details -> e.id::text ->> 'error'
      from ended e
    ), dead as (
      delete from almanac_private.live_runs l using ended e
      where l.schedule_id = any (array[e.schedule_id]) and l.run_id = e.id and e.status <> 'retrying'
    )
    select array_agg(e.id) filter (where e.status <> 'retrying'), array_agg(e.id order by e.id) filter (where e.status = 'retrying'),
      v_queueing || array_agg(e.schedule_id) filter (where e.status <> 'retrying' and exists (
        select from almanac_private.live_runs w where w.schedule_id = e.schedule_id and w.is_waiting)),
      bool_or(e.status in ('failed', 'timed_out') or e.status <> 'retrying' and s.last_status is distinct from e.status),
      v_count + count(*)
    into v_ended, v_retried, v_queueing, v_counts, v_count
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
  return v_count;
end
$$;
comment on function almanac_private.finish_runs(bigint, jsonb, timestamptz) is
  'Records how attempts ended: [{"runId", "scheduledFor", "status": succeeded|failed|timed_out|cancelled, "error", "result", "isLost": it went with its worker}]. Retries what has attempts left, and releases what waited. Counts only runs that this worker had running.';
grant execute on function almanac_private.finish_runs(bigint, jsonb, timestamptz) to almanac_worker;
--! EndIncluded functions/finish_runs.sql
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
  v_runs bigint[];
  v_schedules bigint[];
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
  from graphile_worker.jobs j
  where j.locked_by = any (v_pools)
    and case
      when j.key is not null then almanac_private.is_own_job(j.key, j.task_identifier)
      -- What has lost its key to a job for later: a wake, and a failed attempt that is recorded and was not completed.
      else j.task_identifier = 'almanac:wake' or j.id in (
        select r.job_id from almanac_private.live_runs l join almanac.runs r on r.id = l.run_id and r.scheduled_for = l.scheduled_for)
    end;

  -- Attempts that were going on count as failed and are tried again at once.
  foreach v_worker in array v_workers loop
    v_results := (
      select jsonb_agg(jsonb_build_object('runId', r.id, 'scheduledFor', r.scheduled_for, 'status', 'failed', 'error', 'The worker was lost.', 'isLost', true)
        order by r.id)
      from almanac_private.live_runs l join almanac.runs r on r.id = l.run_id and r.scheduled_for = l.scheduled_for
      where r.status = 'running' and r.worker_id = v_worker
    );
    perform almanac_private.finish_runs(v_worker, v_results, reap_workers.as_of) where v_results is not null;
  end loop;

  -- New jobs for what they had fetched but not begun. The old rows are still locked by the dead pools, so they lose their keys to the new ones.
  v_runs := array(select substr(k, 5)::bigint from unnest(v_keys) k where k like 'run:%');
  perform graphile_worker.add_jobs(array(
    select almanac_private.run_job_spec(r.id, r.schedule_id, r.scheduled_for, r.attempt + 1, r.trigger, r.task_identifier, r.payload, r.priority, null)
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
  perform graphile_worker.complete_jobs(v_jobs) where v_jobs is not null;
  return cardinality(v_workers);
end
$$;
comment on function almanac_private.reap_workers(timestamptz, interval) is
  'Gives up workers without a heartbeat: their running attempts fail and are retried at once, what they had fetched goes to others, their locks are released. Returns how many were lost.';
grant execute on function almanac_private.reap_workers(timestamptz, interval) to almanac_worker;
--! EndIncluded functions/reap_workers.sql
--! Included functions/cancel_live_runs.sql
-- Definer: writes the ledger.
create or replace function almanac_private.cancel_live_runs(schedule_id bigint, reason text, as_of timestamptz default now()) returns integer
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
  -- By key, whatever the statistics say, as fire_due.
  set enable_hashjoin to off set enable_mergejoin to off set enable_seqscan to off
as $$
declare
  v_ended bigint[];
  v_asked bigint[];
begin
  with locked as (
    select r.id, r.scheduled_for, r.status
    from almanac_private.live_runs l join almanac.runs r on r.id = l.run_id and r.scheduled_for = l.scheduled_for
    where l.schedule_id = cancel_live_runs.schedule_id and l.trigger = 'schedule'
    order by r.scheduled_for, r.id for no key update of r
  ), ended as (
    update almanac.runs r set status = 'cancelled', reason = cancel_live_runs.reason, finished_at = cancel_live_runs.as_of
    from locked l where r.id = l.id and r.scheduled_for = l.scheduled_for and l.status in ('waiting', 'queued', 'retrying')
    returning r.id
  ), dead as (
    delete from almanac_private.live_runs l using ended e where l.schedule_id = cancel_live_runs.schedule_id and l.run_id = e.id
  ), asked as (
    update almanac.runs r set cancel_requested_at = cancel_live_runs.as_of, reason = cancel_live_runs.reason
    from locked l where r.id = l.id and r.scheduled_for = l.scheduled_for and l.status = 'running' and r.cancel_requested_at is null
    returning r.id
  )
  select (select array_agg(e.id) from ended e), (select array_agg(a.id) from asked a) into v_ended, v_asked;
  perform almanac_private.remove_jobs(array(select 'run:' || e.id from unnest(v_ended) e(id)));
  if v_asked is not null then
    perform pg_notify('almanac_cancels', to_json(v_asked::text[])::text);
  end if;
  return coalesce(cardinality(v_ended), 0) + coalesce(cardinality(v_asked), 0);
end
$$;
comment on function almanac_private.cancel_live_runs(bigint, text, timestamptz) is
  'Cancels the runs of a schedule that go on: those not begun at once; of those that run, the workers are asked to abort them. Runs by hand are left alone.';
--! EndIncluded functions/cancel_live_runs.sql
--! Included functions/run_job_spec.sql
create or replace function almanac_private.run_job_spec(
  run_id bigint, schedule_id bigint, scheduled_for timestamptz, attempt integer, trigger almanac.run_trigger,
  task_identifier text, payload jsonb, priority smallint, run_at timestamptz
) returns graphile_worker.job_spec
language sql stable parallel safe
return row(
  task_identifier,
  -- Put together as text: of all ways the fastest, and a herd takes thousands.
  ((case when payload = '{}' then '{' else left((payload - '_run')::text, -1) || case when payload - '_run' = '{}' then '' else ', ' end end)
    || '"_run": {"id": "' || run_id || '", "scheduleId": "' || schedule_id || '", "scheduledFor": ' || to_json(scheduled_for)::text
    || ', "attempt": ' || attempt || ', "trigger": "' || trigger || '"}}')::json,
  null, run_at, 1::smallint, 'run:' || run_id, priority, null
)::graphile_worker.job_spec;
comment on function almanac_private.run_job_spec(bigint, bigint, timestamptz, integer, almanac.run_trigger, text, jsonb, smallint, timestamptz) is
  'The Graphile Worker job of one attempt. It has one attempt of its own: only Almanac retries.';
--! EndIncluded functions/run_job_spec.sql
--! Included functions/arm_spec.sql
create or replace function almanac_private.arm_spec(schedule_id bigint, next_run_at timestamptz, delay interval) returns graphile_worker.job_spec
language sql stable parallel safe
return row('almanac:wake', ('{"scheduleId": "' || schedule_id || '"}')::json, null, next_run_at + delay,
  25::smallint, 'schedule:' || schedule_id, 9::smallint, null)::graphile_worker.job_spec;
comment on function almanac_private.arm_spec(bigint, timestamptz, interval) is
  'The job that wakes a schedule should no ticker have fired it. Behind every run: priority 9.';
--! EndIncluded functions/arm_spec.sql
--! Included functions/due_after.sql
create or replace function almanac_private.due_after(schedule almanac.schedules, scheduled_for timestamptz) returns almanac_private.planned_occurrence
language plpgsql stable set search_path to pg_catalog, pg_temp
  set plan_cache_mode to force_generic_plan
as $$
declare
  v_next record;
begin
  schedule.cursor_at := due_after.scheduled_for;
  v_next := almanac_private.next_due(schedule);
  return row(v_next.scheduled_for, v_next.due_at, 'run'::text);
end
$$;
comment on function almanac_private.due_after(almanac.schedules, timestamptz) is
  'The occurrence of a schedule that is due next once this one has its outcome; its columns null: none.';
--! EndIncluded functions/due_after.sql
--! Included functions/fire_in_order.sql
-- Called by fire_due, with its rights and its settings.
create or replace function almanac_private.fire_in_order(
  ids bigint[], as_of timestamptz, resumed_at timestamptz, out fired integer, out done bigint[]
)
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_delay interval := almanac_private.arm_delay();
begin
  with decided as materialized (
    -- What is behind by more than one occurrence, or out of line, is left to settle_schedule.
    select s.id, s.name, s.task_identifier, s.payload, s.priority, s.run_as, s.max_attempts, s.timeout, s.next_scheduled_for, s.next_run_at,
      coalesce(o.status, 'queued') as run_status, o.reason as run_reason, nextval('almanac.runs_id_seq') as run_id,
      case
        when s.max_runs <= s.total_runs + (o.status is distinct from 'skipped')::integer then null
        when s.calendars <> '{}' then (n.due).scheduled_for
        else f.following
      end as then_scheduled_for,
      case
        when s.max_runs <= s.total_runs + (o.status is distinct from 'skipped')::integer then null
        when s.calendars <> '{}' then (n.due).due_at
        when s.jitter is null then f.following
        else f.following
          + almanac_private.jitter_delay(s.id, f.following, s.jitter, f.following, almanac_private.next_occurrence(s, f.following))
      end as then_due
    from unnest(fire_in_order.ids) u(id)
    join almanac.schedules s on s.id = any (array[u.id])
    cross join lateral (select almanac_private.next_occurrence(s, s.next_scheduled_for) as following offset 0) f
    cross join lateral (select case when s.calendars <> '{}' then almanac_private.due_after(s, s.next_scheduled_for) end as due offset 0) n
    left join lateral (
      select almanac_private.overlap_status(s.overlap_policy, s.max_concurrent, c.live, c.waiting) as status,
        almanac_private.overlap_reason(s.overlap_policy, s.max_concurrent, c.live, c.waiting) as reason
      from (
        select count(*) as live, count(*) filter (where l.is_waiting) as waiting
        from almanac_private.live_runs l where l.schedule_id = s.id and l.trigger = 'schedule'
      ) c
      where c.live > 0
    ) o on not (s.overlap_policy = 'allow' and s.max_concurrent is null)
    -- Written so that the index of due times does not serve: each call for a part of a herd would read all of the herd in it.
    where coalesce(s.next_run_at, 'infinity') between
        greatest(fire_in_order.as_of - s.late_tolerance, case when not s.is_system then fire_in_order.resumed_at end) and fire_in_order.as_of
      and not s.has_overrides
      -- With calendars: nothing left out before it, nor is it held back or waiting to be recorded as left out.
      and (s.calendars = '{}' or s.next_run_at = s.next_scheduled_for and almanac_private.next_occurrence(s, s.cursor_at) = s.next_scheduled_for)
      and (s.overlap_policy <> 'cancel_running' or not exists (select from almanac_private.live_runs l where l.schedule_id = s.id))
      and (f.following is null or f.following > fire_in_order.as_of)
  ), ledger as (
    insert into almanac.runs as r
      (id, schedule_id, schedule_name, task_identifier, payload, scheduled_for, due_at, trigger, status, reason, max_attempts, timeout, priority,
       queued_at, finished_at, run_as)
    select d.run_id, d.id, d.name, d.task_identifier, d.payload, d.next_scheduled_for, d.next_run_at, 'schedule', d.run_status, d.run_reason,
      d.max_attempts, d.timeout, d.priority,
      case when d.run_status = 'queued' then fire_in_order.as_of end, case when d.run_status = 'skipped' then fire_in_order.as_of end, d.run_as
    from decided d
    on conflict (schedule_id, scheduled_for) where (r.trigger = 'schedule') do nothing
    returning r.id, r.schedule_id, r.scheduled_for, r.status, r.task_identifier, r.payload, r.priority
  ), live as (
    insert into almanac_private.live_runs (schedule_id, run_id, scheduled_for, trigger, is_waiting)
    select l.schedule_id, l.id, l.scheduled_for, 'schedule', l.status = 'waiting' from ledger l where l.status <> 'skipped'
  ), moved as (
    update almanac.schedules s
    set cursor_at = d.next_scheduled_for, next_scheduled_for = d.then_scheduled_for, next_run_at = d.then_due,
      status = case when d.then_due is null then 'completed' else s.status end,
      last_run_at = case when d.run_status = 'skipped' then s.last_run_at else d.next_run_at end,
      total_runs = s.total_runs + case when d.run_status = 'skipped' then 0 else 1 end
    from decided d where s.id = any (array[d.id])
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
    select almanac_private.remove_jobs(array['schedule:' || m.id]) from moved m where m.next_run_at is null
  )
  select (select count(*) from ledger l where l.status <> 'skipped'), array_agg(m.id) into fired, done
  from moved m, (select count(*) from added) a, (select count(*) from removed) b;
end
$$;
comment on function almanac_private.fire_in_order(bigint[], timestamptz, timestamptz) is
  'Fires those of these schedules, locked by the caller, of which one occurrence is due and in line: all at once. Returns how many runs came of it and the schedules it dealt with. resumed_at: what was due before a stop ended then is not fired here.';
--! EndIncluded functions/fire_in_order.sql
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
  v_stopped boolean;
  v_resumed timestamptz;
  v_schedule almanac.schedules;
  v_settled almanac.schedules;
begin
  fired := 0;
  select coalesce(bool_or(s.resumed_at is null), false), max(s.resumed_at) filter (where not s.catch_up) into v_stopped, v_resumed from almanac.stops s;
  perform set_config('almanac.engine', 'on', true);

  -- A statement of its own: the next one's snapshot is then younger than these locks, so that it counts the runs of whoever held them before.
  v_ids := array(
    select s.id from almanac.schedules s
    where s.next_run_at <= fire_due.as_of and (s.is_system or not v_stopped)
    order by s.next_run_at, s.id
    limit fire_due.max_count
    for no key update skip locked
  );

  begin
    select f.fired, f.done into fired, v_done from almanac_private.fire_in_order(v_ids, fire_due.as_of, v_resumed) f;
  exception when others then
    -- One that cannot be planned must not keep the others from firing: each alone, then.
    v_done := null;
    fired := 0;
  end;
  fired := coalesce(fired, 0);

  if cardinality(v_ids) > coalesce(cardinality(v_done), 0) then
    for v_schedule in
      select s.* from almanac.schedules s
      where s.id = any (v_ids) and s.id <> all (coalesce(v_done, '{}')) and s.next_run_at <= fire_due.as_of
      order by s.id
    loop
      begin
        v_settled := almanac_private.settle_schedule(v_schedule, fire_due.as_of);
        perform almanac_private.write_settled(v_settled);
        if v_settled.next_run_at is null then
          perform almanac_private.remove_jobs(array['schedule:' || v_schedule.id]);
        else
          perform graphile_worker.add_jobs(array[almanac_private.arm_spec(v_schedule.id, v_settled.next_run_at, almanac_private.arm_delay())]);
        end if;
        fired := fired + (v_settled.total_runs - v_schedule.total_runs)::integer;
      exception when others then
        -- One that cannot be settled must not keep the others from firing.
        raise warning 'Schedule % cannot be fired: %', v_schedule.name, sqlerrm using errcode = sqlstate;
      end;
    end loop;
  end if;

  perform set_config('almanac.engine', 'off', true);
  next_due := case
    when v_stopped then (select min(s.next_run_at) from almanac.schedules s where s.is_system)
    else (select min(s.next_run_at) from almanac.schedules s)
  end;
end
$$;
comment on function almanac_private.fire_due(timestamptz, integer) is
  'Fires up to max_count schedules that are due: ledger, run jobs, next run and re-arming in one transaction. Returns how many runs came of it and when the next is due (which may be already; null: none is). While all are stopped, system schedules alone.';
grant execute on function almanac_private.fire_due(timestamptz, integer) to almanac_worker;
--! EndIncluded functions/fire_due.sql
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
      execute format('create table almanac_private.%I partition of almanac.%I default with (fillfactor = 60)', v_table || '_default', v_table);
      execute format('alter table almanac_private.%I enable row level security', v_table || '_default');
      v_made := v_made + 1;
    end if;
    for v_week in -1 .. ensure_partitions.weeks_ahead loop
      v_from := (date_trunc('week', ensure_partitions.as_of at time zone 'UTC') + make_interval(weeks => v_week)) at time zone 'UTC';
      v_name := v_table || '_' || to_char(v_from at time zone 'UTC', 'YYYYMMDD');
      continue when to_regclass('almanac_private.' || v_name) is not null;
      begin
        execute format('create table almanac_private.%I partition of almanac.%I for values from (%L) to (%L) with (fillfactor = 60)',
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
--! Included functions/exclusion_windows.sql
create or replace function almanac_private.exclusion_windows(
  calendars text[], timezone text, range_start timestamptz, range_end timestamptz
) returns table (calendar text, label text, during tstzrange)
language plpgsql stable rows 10 set search_path to pg_catalog, pg_temp
  set plan_cache_mode to force_generic_plan -- planning takes ten times as long as running
as $$
begin
  return query
  with entries as not materialized (
    select c.name, coalesce(c.timezone, exclusion_windows.timezone) as zone, e.*
    from almanac.calendars c join almanac.calendar_entries e on e.calendar_id = c.id
    where c.name = any (exclusion_windows.calendars)
  ), windows as (
    select e.name, e.label, tstzrange(almanac_private.local_instant(e.starts_on::timestamp, e.zone),
      almanac_private.local_instant((coalesce(e.ends_on, e.starts_on) + 1)::timestamp, e.zone)) as during
    from entries e
    where e.starts_on <= (exclusion_windows.range_end at time zone 'UTC')::date + 2
      and coalesce(e.ends_on, e.starts_on) >= (exclusion_windows.range_start at time zone 'UTC')::date - 2
    union all
    select e.name, e.label, tstzrange(e.starts_at, e.ends_at) from entries e where e.starts_at is not null
    union all
    select e.name, e.label, tstzrange(o.at, almanac_private.exclusion_end(o.at, e.duration, e.zone, e.rule))
    from entries e
    cross join lateral almanac_private.cron_between((e.rule).rule_seconds, (e.rule).rule_minutes, (e.rule).rule_hours, (e.rule).rule_first_time,
      (e.rule).rule_weekdays, (e.rule).rule_months, (e.rule).rule_days, (e.rule).rule_running, e.zone,
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
  'What these calendars exclude within [range_start, range_end], both included, for a schedule of this zone: each entry''s windows, not cut to the range. Dates go from local midnight to local midnight.';
grant execute on function almanac_private.exclusion_windows(text[], text, timestamptz, timestamptz) to almanac_viewer;
--! EndIncluded functions/exclusion_windows.sql
--! Included functions/exclusions.sql
create or replace function almanac_private.exclusions(calendars text[], timezone text, range_start timestamptz, range_end timestamptz)
returns tstzmultirange
language plpgsql stable set search_path to pg_catalog, pg_temp
  set plan_cache_mode to force_generic_plan -- planning takes ten times as long as running
as $$
declare
  v_from timestamptz := exclusions.range_start;
  v_end timestamptz := exclusions.range_end;
  v_found tstzmultirange := '{}';
begin
  -- A stretch may go on behind the range, from window to window.
  loop
    v_found := v_found + coalesce((
      select range_agg(w.during) from almanac_private.exclusion_windows(exclusions.calendars, exclusions.timezone, v_from, v_end) w), '{}');
    exit when isempty(v_found) or upper(v_found) <= v_end;
    if v_end > exclusions.range_start + interval '10000 hours' then
      return v_found + tstzmultirange(tstzrange(v_end, 'infinity'));
    end if;
    v_from := v_end;
    v_end := greatest(upper(v_found), v_end + (v_end - exclusions.range_start));
  end loop;
  return v_found;
end
$$;
comment on function almanac_private.exclusions(text[], text, timestamptz, timestamptz) is
  'The union of what these calendars exclude within [range_start, range_end]; the last stretch in its full length, or to infinity if window follows window for more than a year.';
grant execute on function almanac_private.exclusions(text[], text, timestamptz, timestamptz) to almanac_viewer;
--! EndIncluded functions/exclusions.sql
--! Included functions/planned_occurrences.sql
create or replace function almanac_private.planned_occurrences(
  schedule almanac.schedules, after timestamptz, range_end timestamptz, max_count bigint default null, with_omitted boolean default false,
  due_from timestamptz default '-infinity'
) returns setof almanac_private.planned_occurrence
language plpgsql stable rows 1000 set search_path to pg_catalog, pg_temp
  set plan_cache_mode to force_generic_plan -- planning takes ten times as long as running
as $$
declare
  v_at timestamptz := almanac_private.next_occurrence(schedule, planned_occurrences.after);
  v_left bigint := coalesce(planned_occurrences.max_count, 9223372036854775807);
  v_planned almanac_private.planned_occurrence;
  v_action almanac.override_action;
  v_excluded tstzmultirange;
  v_begins timestamptz[];
  v_ends timestamptz[];
  v_stretch integer;
  v_known_until timestamptz := '-infinity';
  v_span interval := '24 hours';
  v_back interval;
  v_stretch_end timestamptz;
  v_next timestamptz;
  v_unspread almanac.schedules := schedule;
  v_passed almanac_private.planned_occurrence;
  v_passed_since timestamptz;
  v_jumps integer := 0;
begin
  v_unspread.jitter := null;
  while v_at < planned_occurrences.range_end and v_left > 0 loop
    v_planned := row(v_at, v_at, 'run');
    v_stretch_end := null;
    v_action := case when schedule.has_overrides then (
      select o.action from almanac.occurrence_overrides o where o.schedule_id = (planned_occurrences.schedule).id and o.scheduled_for = v_at) end;
    if v_action is null and schedule.calendars <> '{}' then
      if v_at >= v_known_until then
        v_known_until := v_at + v_span;
        v_excluded := almanac_private.exclusions(schedule.calendars, schedule.timezone, v_at, v_known_until);
        v_begins := array(select lower(r) from unnest(v_excluded) r);
        v_ends := array(select upper(r) from unnest(v_excluded) r);
        v_stretch := 1;
        v_span := least(v_span * 2, interval '1536 hours');
      end if;
      while v_ends[v_stretch] <= v_at loop
        v_stretch := v_stretch + 1;
      end loop;
      if v_begins[v_stretch] <= v_at then
        v_stretch_end := v_ends[v_stretch];
      end if;
    end if;
    v_next := almanac_private.next_occurrence(schedule, v_at);

    if v_action is not null then
      v_planned.outcome := case v_action when 'move' then 'moved' else 'skipped' end;
    elsif v_stretch_end is not null and (schedule.exclusion_policy = 'skip' or v_stretch_end = 'infinity') then
      v_planned.outcome := 'excluded';
      if not with_omitted then
        v_next := almanac_private.next_occurrence(schedule, least(v_stretch_end, v_at + interval '8000 hours') - interval '1 microsecond');
      end if;
    elsif v_stretch_end is not null then
      v_planned.due_at := v_stretch_end;
      v_back := null;
      -- Does another one, not overridden, take its place? Close to the end at once, as only the last one runs.
      foreach v_back in array array[interval '1 minute', interval '1 hour', interval '24 hours', interval '768 hours', null] loop
        exit when v_next is null or v_next > v_stretch_end;
        v_known_until := greatest(v_known_until, v_stretch_end);
        v_at := almanac_private.next_occurrence(schedule, greatest(v_next, v_stretch_end - coalesce(v_back, interval '100 years')) - interval '1 microsecond');
        while schedule.has_overrides and v_at <= v_stretch_end and exists (
          select from almanac.occurrence_overrides o where o.schedule_id = (planned_occurrences.schedule).id and o.scheduled_for = v_at)
        loop
          v_at := almanac_private.next_occurrence(schedule, v_at);
        end loop;
        if v_at <= v_stretch_end then
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
        -- Should none that runs come after it, or none for long: for whoever waits for it to look again.
        v_jumps := v_jumps + 1;
        v_passed_since := coalesce(v_passed_since, v_at);
        v_passed := row(v_at, least(v_stretch_end, schedule.ends_at, v_at + case when v_action is null then interval '8000 hours' else interval '0' end), v_planned.outcome);
        if v_jumps > 1000 or v_at > v_passed_since + interval '17520 hours' then
          return next v_passed;
          return;
        end if;
      end if;
      v_at := v_next;
      continue;
    end if;

    if schedule.jitter > interval '0' then
      v_planned.due_at := v_planned.due_at + almanac_private.jitter_delay(schedule.id, v_at, schedule.jitter, v_planned.due_at,
        case when v_next <= v_planned.due_at + schedule.jitter then (
          select p.due_at
          from almanac_private.planned_occurrences(v_unspread, v_at, v_planned.due_at + schedule.jitter + interval '1 second', 1) p
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
comment on function almanac_private.planned_occurrences(almanac.schedules, timestamptz, timestamptz, bigint, boolean, timestamptz) is
  'The occurrences of a schedule with a nominal time after a moment and before range_end, with what is to become of each. In this order: override, exclusion calendars, merging, jitter. with_omitted: every nominal time; else those that run in their order, of which due times never decrease, and at the very end, should none come any more, or for two years or a thousand exclusions, the last one that is left out, due when it is to be recorded. What is due before due_from is passed over.';
grant execute on function almanac_private.planned_occurrences(almanac.schedules, timestamptz, timestamptz, bigint, boolean, timestamptz) to almanac_viewer;
--! EndIncluded functions/planned_occurrences.sql
--! Included functions/settle_schedule.sql
-- Definer: writes the ledger on behalf of whoever changes a schedule that is due.
create or replace function almanac_private.settle_schedule(
  schedule almanac.schedules, as_of timestamptz, max_steps integer default 20000, omit_as almanac.omission_reason default null
) returns almanac.schedules
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
  -- By key, whatever the statistics say, as fire_due.
  set enable_hashjoin to off set enable_mergejoin to off set enable_seqscan to off set plan_cache_mode to force_generic_plan
as $$
#variable_conflict use_column
declare
  v_tolerated timestamptz := settle_schedule.as_of - schedule.late_tolerance;
  v_window timestamptz := settle_schedule.as_of - schedule.catchup_window;
  v_planned almanac_private.planned_occurrence[];
  v_moved almanac.occurrence_overrides[] := '{}';
  v_item almanac_private.planned_occurrence;
  v_next_moved integer := 1;
  v_is_complete boolean;
  v_latest timestamptz;
  v_follows timestamptz := schedule.cursor_at;
  v_first timestamptz;
  v_count bigint := 0;
  v_reason almanac.omission_reason;
  v_outcome almanac.omission_reason;
  v_run almanac.runs;
  v_marks timestamptz[] := '{}';
  v_caught_up integer := 0;
  v_stopped tstzmultirange := case when schedule.is_system then '{}' else almanac_private.stopped_times(least(schedule.cursor_at, schedule.next_run_at)) end;
  v_settled almanac.schedules := schedule;
begin
  if schedule.calendars <> '{}' then
    schedule.cursor_at := almanac_private.settle_stretch(schedule, settle_schedule.as_of, settle_schedule.omit_as);
    v_settled.cursor_at := schedule.cursor_at;
    v_follows := schedule.cursor_at;
  end if;
  if schedule.has_overrides then
    -- Overridden times that a stretch must not cover: they have outcomes of their own, also under a rule that does not name them any more.
    v_marks := array(select o.scheduled_for from almanac.occurrence_overrides o
      where o.schedule_id = (settle_schedule.schedule).id and o.scheduled_for > (settle_schedule.schedule).cursor_at order by o.scheduled_for);
    v_moved := array(select m from almanac_private.moved_occurrences(schedule) m where m.moved_to <= settle_schedule.as_of order by m.moved_to, m.scheduled_for);
  end if;
  v_planned := array(
    select p from almanac_private.planned_occurrences(schedule, schedule.cursor_at, settle_schedule.as_of + interval '1 microsecond',
      settle_schedule.max_steps, true) p);
  v_is_complete := cardinality(v_planned) < settle_schedule.max_steps;
  if v_is_complete then
    v_latest := (
      select d.scheduled_for
      from (
        select p.scheduled_for, p.due_at from unnest(v_planned) p where p.outcome = 'run' and p.due_at <= settle_schedule.as_of
        union all
        select m.scheduled_for, m.moved_to from unnest(v_moved) m
      ) d
      where not v_stopped @> d.due_at
      order by d.due_at desc, d.scheduled_for desc limit 1);
  end if;

  for v_step in 1 .. cardinality(v_planned) + v_is_complete::integer loop
    v_item := v_planned[v_step]; -- after the last: null, for what else was moved
    exit when v_settled.max_runs <= v_settled.total_runs;
    if v_item.outcome = 'run' and v_item.due_at > settle_schedule.as_of then
      v_item := null; -- it is held back, and whatever comes after it
    end if;

    -- Moved ones whose time comes before this one's.
    while v_next_moved <= cardinality(v_moved) and (v_item is null or (v_item.outcome = 'run' and v_moved[v_next_moved].moved_to <= v_item.due_at)) loop
      exit when v_settled.max_runs <= v_settled.total_runs;
      if settle_schedule.omit_as is null and not v_stopped @> v_moved[v_next_moved].moved_to and almanac_private.is_fired_late(schedule.missed_run_policy,
        v_moved[v_next_moved].moved_to, v_moved[v_next_moved].scheduled_for is not distinct from v_latest, v_tolerated, v_window)
      then
        v_run := almanac_private.insert_run(v_settled, v_moved[v_next_moved].scheduled_for, v_moved[v_next_moved].moved_to, 'schedule',
          schedule.payload, null, settle_schedule.as_of, case when v_moved[v_next_moved].moved_to < v_tolerated then v_caught_up end);
        v_caught_up := v_caught_up + (v_moved[v_next_moved].moved_to < v_tolerated)::integer;
        if v_run.status <> 'skipped' then
          v_settled.total_runs := v_settled.total_runs + 1;
          v_settled.last_run_at := v_moved[v_next_moved].moved_to;
        end if;
      else
        perform almanac_private.record_omission(schedule.id, schedule.name, v_moved[v_next_moved].scheduled_for, v_moved[v_next_moved].scheduled_for, 1,
          coalesce(settle_schedule.omit_as, case when v_stopped @> v_moved[v_next_moved].moved_to then 'stopped' else 'missed' end::almanac.omission_reason), null, settle_schedule.as_of);
      end if;
      update almanac.occurrence_overrides o set done_at = settle_schedule.as_of
      where o.schedule_id = (settle_schedule.schedule).id and o.scheduled_for = v_moved[v_next_moved].scheduled_for;
      v_next_moved := v_next_moved + 1;
    end loop;
    exit when v_item is null or v_settled.max_runs <= v_settled.total_runs;

    v_outcome := case
      when v_item.outcome = 'moved' then null
      when settle_schedule.omit_as is not null then settle_schedule.omit_as
      when v_item.outcome = 'excluded' then 'excluded'
      when v_item.outcome = 'run' and v_stopped @> v_item.due_at then 'stopped'
      when v_item.outcome = 'run' and not almanac_private.is_fired_late(schedule.missed_run_policy, v_item.due_at,
        v_item.scheduled_for is not distinct from v_latest, v_tolerated, v_window) then 'missed'
    end;
    if v_count > 0 and (v_outcome is distinct from v_reason
      or exists (select from unnest(v_marks) m(at) where m.at > v_settled.cursor_at and m.at < v_item.scheduled_for))
    then
      perform almanac_private.record_omission(schedule.id, schedule.name, v_first, v_settled.cursor_at, v_count, v_reason, v_follows, settle_schedule.as_of);
      v_follows := null;
      v_count := 0;
    end if;
    if v_outcome is not null then
      if v_count = 0 then
        v_first := v_item.scheduled_for;
        v_reason := v_outcome;
      end if;
      v_count := v_count + 1;
    else
      v_follows := null;
      if v_item.outcome = 'run' then
        v_run := almanac_private.insert_run(v_settled, v_item.scheduled_for, v_item.due_at, 'schedule', schedule.payload, null, settle_schedule.as_of,
          case when v_item.due_at < v_tolerated then v_caught_up end);
        v_caught_up := v_caught_up + (v_item.due_at < v_tolerated)::integer;
        if v_run.status <> 'skipped' then
          v_settled.total_runs := v_settled.total_runs + 1;
          v_settled.last_run_at := v_item.due_at;
        end if;
      elsif v_item.outcome in ('skipped', 'merged') then
        perform almanac_private.insert_skipped(v_settled, v_item.scheduled_for, v_item.outcome, settle_schedule.as_of);
      end if;
    end if;
    if v_item.outcome in ('moved', 'skipped') then
      update almanac.occurrence_overrides o
      set is_owed = o.action = 'move' and o.done_at is null, done_at = coalesce(o.done_at, case o.action when 'skip' then settle_schedule.as_of end)
      where o.schedule_id = (settle_schedule.schedule).id and o.scheduled_for = v_item.scheduled_for;
    end if;
    v_settled.cursor_at := v_item.scheduled_for;
  end loop;
  if v_count > 0 then
    perform almanac_private.record_omission(schedule.id, schedule.name, v_first, v_settled.cursor_at, v_count, v_reason, v_follows, settle_schedule.as_of);
  end if;
  v_settled.has_overrides := schedule.has_overrides and exists (select from almanac.occurrence_overrides o where o.schedule_id = (settle_schedule.schedule).id and (o.done_at is null or o.scheduled_for > v_settled.cursor_at));
  select d.scheduled_for, d.due_at into v_settled.next_scheduled_for, v_settled.next_run_at from almanac_private.next_due(v_settled) d;
  return v_settled;
end
$$;
comment on function almanac_private.settle_schedule(almanac.schedules, timestamptz, integer, almanac.omission_reason) is
  'Gives every occurrence due by as_of its outcome, one by one: a run, or a place in a stretch of omitted ones; all of them omitted if omit_as says why. Returns the row as it is then, for the caller to write. The path for what is behind or out of line; fire_due does the rest at once.';
--! EndIncluded functions/settle_schedule.sql
--! Included functions/insert_run.sql
-- Definer: writes the ledger. Called by the engine only; rights are checked by whoever calls it.
create or replace function almanac_private.insert_run(
  schedule almanac.schedules, scheduled_for timestamptz, due_at timestamptz, trigger almanac.run_trigger,
  payload jsonb, requested_by text, as_of timestamptz, caught_up integer default null
) returns almanac.runs
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
  -- By key, whatever the statistics say: a hash join would read all of a large table for a handful of rows, here and in add_jobs.
  set enable_hashjoin to off set enable_mergejoin to off set enable_seqscan to off set plan_cache_mode to force_generic_plan
as $$
#variable_conflict use_column
declare
  v_run almanac.runs;
  v_live bigint := 0;
  v_waiting bigint := 0;
  v_status almanac.run_status := 'queued';
  v_reason text;
begin
  if insert_run.trigger = 'schedule' and schedule.overlap_policy = 'cancel_running' then
    perform almanac_private.cancel_live_runs(schedule.id, 'a later run took its place', insert_run.as_of);
  end if;
  if insert_run.trigger = 'schedule' and not (schedule.overlap_policy = 'allow' and schedule.max_concurrent is null) then
    select count(*), count(*) filter (where l.is_waiting) into v_live, v_waiting
    from almanac_private.live_runs l
    where l.schedule_id = (insert_run.schedule).id and l.trigger = 'schedule';
    v_status := almanac_private.overlap_status(schedule.overlap_policy, schedule.max_concurrent, v_live, v_waiting);
    -- To be caught up means to run, so it waits where it would be skipped were it on time.
    if v_status = 'skipped' and insert_run.caught_up is not null and schedule.overlap_policy <> 'allow' then
      v_status := 'waiting';
    end if;
    v_reason := almanac_private.overlap_reason(schedule.overlap_policy, schedule.max_concurrent, v_live, v_waiting);
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
      v_run.id, v_run.schedule_id, v_run.scheduled_for, 1, v_run.trigger, v_run.task_identifier, v_run.payload, v_run.priority,
      insert_run.as_of + make_interval(secs => insert_run.caught_up * 60.0 / schedule.catchup_per_minute))]);
  end if;
  return v_run;
end
$$;
comment on function almanac_private.insert_run(almanac.schedules, timestamptz, timestamptz, almanac.run_trigger, jsonb, text, timestamptz, integer) is
  'Writes one run to the ledger, as its overlap policy has it, and adds its job; null: the occurrence has its run already. caught_up: how many before it are caught up in the same go, so that their jobs are paced; null: it is not caught up.';
--! EndIncluded functions/insert_run.sql
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
    select almanac_private.arm_spec(s.id, case when almanac_private.is_stopped() and not s.is_system then greatest(s.next_run_at, wake.as_of + interval '1 minute') else s.next_run_at end,
      almanac_private.arm_delay())
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
--! Included functions/why.sql
-- Definer: reads rule versions, which are the owner's.
create or replace function almanac.why(schedule text, moment timestamptz) returns text
language plpgsql stable security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_schedule almanac.schedules;
  v_version almanac_private.rule_versions;
  v_rule almanac.schedules;
  v_zone text;
  v_before timestamptz;
  v_at timestamptz;
  v_run almanac.runs;
  v_omission almanac.omissions;
  v_override almanac.occurrence_overrides;
  v_planned almanac_private.planned_occurrence;
  v_lines text[] := '{}';
begin
  if why.moment is null or not isfinite(why.moment) then
    raise exception using errcode = 'AL012', message = 'The moment must be a time.', detail = format('moment: %s.', coalesce(why.moment::text, 'null')),
      hint = 'Give the time at which it ran, or should have run.';
  end if;
  select s.* into v_schedule from almanac.schedules s where s.name = why.schedule order by s.deleted_at is not null, s.deleted_at desc, s.id desc limit 1;
  if v_schedule.id is null then
    v_schedule := almanac_private.find_schedule(why.schedule);
  end if;
  v_zone := v_schedule.timezone;

  -- The run that is meant: by its nominal time, its due time, or the one that was going on.
  select r.* into v_run from almanac.runs r
  where r.schedule_id = v_schedule.id and r.scheduled_for between why.moment - interval '400 days' and why.moment + interval '400 days'
    and (r.scheduled_for = why.moment or date_trunc('minute', r.due_at) = date_trunc('minute', why.moment)
      or why.moment between r.started_at and coalesce(r.finished_at, 'infinity'))
  order by r.scheduled_for = why.moment desc, r.due_at = why.moment desc, abs(extract(epoch from r.due_at - why.moment)), r.id desc limit 1;
  v_at := v_run.scheduled_for;

  select v.* into v_version from almanac_private.rule_versions v
  where v.schedule_id = v_schedule.id and v.valid_from < coalesce(v_at, why.moment) and (v.valid_to is null or v.valid_to >= coalesce(v_at, why.moment))
  order by v.valid_from desc limit 1;
  if v_version.id is not null then
    v_rule := jsonb_populate_record(null::almanac.schedules, v_version.rule);
    v_zone := v_rule.timezone;
    if v_at is null then
      -- The nominal time in the minute asked for, if its rule has one there.
      v_at := almanac_private.next_occurrence(v_rule, date_trunc('minute', why.moment, 'UTC') - interval '1 microsecond');
      if v_at >= date_trunc('minute', why.moment, 'UTC') + interval '1 minute' then
        v_at := null;
      end if;
    end if;
  end if;

  if v_run.id is not null then
    v_lines := v_lines || format('%s was to run for %s.', v_schedule.name, almanac_private.spoken_time(v_run.scheduled_for, v_zone));
    v_lines := v_lines || case v_run.trigger
      when 'manual' then format('Run %s was asked for by %s.', v_run.id, v_run.requested_by)
      when 'schedule' then format('Its rule names that time; run %s came of it.', v_run.id)
      else format('Run %s came of it (%s).', v_run.id, v_run.trigger) end;
    if v_run.due_at <> v_run.scheduled_for then
      select o.* into v_override from almanac.occurrence_overrides o where o.schedule_id = v_schedule.id and o.scheduled_for = v_run.scheduled_for;
      v_lines := v_lines || case when v_override.action = 'move'
        then format('It was moved to %s by %s%s.', almanac_private.spoken_time(v_run.due_at, v_zone), v_override.created_by, coalesce(': ' || v_override.reason, ''))
        else format('It was due at %s: a calendar held it back, or jitter spread it.', almanac_private.spoken_time(v_run.due_at, v_zone)) end;
    end if;
    v_lines := v_lines || case
      when v_run.status = 'skipped' then format('It did not run: %s.', v_run.reason)
      when v_run.started_at is null then format('It has not begun: it is %s%s.', v_run.status, coalesce(', ' || v_run.reason, ''))
      else format('It began at %s%s and %s.', almanac_private.spoken_time(v_run.started_at, v_zone),
        case when v_run.started_at > v_run.due_at + interval '1 second'
          then format(', %s after it was due', justify_interval(date_trunc('second', v_run.started_at - v_run.due_at))) else '' end,
        case when v_run.finished_at is null then format('is %s, attempt %s of %s', v_run.status, v_run.attempt, v_run.max_attempts)
          else format('%s after %s attempt%s', v_run.status, v_run.attempt, case when v_run.attempt = 1 then '' else 's' end) end) end;
    if v_run.error is not null then
      v_lines := v_lines || format('Its last error: %s', left(v_run.error, 500));
    end if;
    return array_to_string(v_lines, E'\n');
  end if;

  if v_version.id is null then
    return format('%s had no rule at %s: %s.', v_schedule.name, almanac_private.spoken_time(why.moment, v_zone), case
      when why.moment < v_schedule.created_at then format('it was created at %s', almanac_private.spoken_time(v_schedule.created_at, v_zone))
      when v_schedule.kind = 'manual' then 'it runs only when triggered'
      when v_schedule.deleted_at <= why.moment then format('it was deleted at %s', almanac_private.spoken_time(v_schedule.deleted_at, v_zone))
      else 'it was disabled or deleted, or it is from before rules were kept' end);
  end if;

  if v_at is null then
    v_before := (
      select max(o.at) from almanac_private.occurrences_between(v_rule, greatest(v_version.valid_from, why.moment - interval '40 days'), why.moment, 100000) o(at));
    v_lines := v_lines || format('The rule of %s names no time at %s.', v_schedule.name, almanac_private.spoken_time(why.moment, v_zone));
    v_lines := v_lines || format('Before it: %s. After it: %s.', coalesce(almanac_private.spoken_time(v_before, v_zone), 'none within 40 days'),
      coalesce(almanac_private.spoken_time(almanac_private.next_occurrence(v_rule, why.moment), v_zone), 'none'));
    return array_to_string(v_lines, E'\n');
  end if;

  v_lines := v_lines || format('The rule of %s names %s.', v_schedule.name, almanac_private.spoken_time(v_at, v_zone));
  select o.* into v_omission from almanac.omissions o where o.schedule_id = v_schedule.id and o.during @> v_at;
  select o.* into v_override from almanac.occurrence_overrides o where o.schedule_id = v_schedule.id and o.scheduled_for = v_at;
  if v_omission.id is not null then
    v_lines := v_lines || case v_omission.reason
      when 'missed' then format('It was missed: it was reached at %s, too late for late_tolerance and missed_run_policy.', almanac_private.spoken_time(v_omission.recorded_at, v_zone))
      when 'paused' then 'The schedule was paused.'
      when 'stopped' then coalesce((
        select format('All schedules were stopped by %s%s.', s.stopped_by, coalesce(': ' || s.reason, ''))
        from almanac.stops s where v_at >= s.stopped_at and v_at < coalesce(s.resumed_at, 'infinity') limit 1), 'The schedule was disabled or deleted before it could run.')
      else format('It was excluded by a calendar%s.', coalesce((
        select ': ' || string_agg(w.calendar || coalesce(', ' || w.label, ''), '; ')
        from almanac_private.exclusion_windows(v_schedule.calendars, v_schedule.timezone, v_at, v_at) w), '')) end;
    if v_omission.count > 1 then
      v_lines := v_lines || format('So it was with all %s from %s to %s.', v_omission.count, almanac_private.spoken_time(lower(v_omission.during), v_zone),
        almanac_private.spoken_time(upper(v_omission.during), v_zone));
    end if;
  elsif v_override.schedule_id is not null and v_override.done_at is null then
    v_lines := v_lines || case v_override.action
      when 'move' then format('It was moved to %s by %s%s.', almanac_private.spoken_time(v_override.moved_to, v_zone), v_override.created_by, coalesce(': ' || v_override.reason, ''))
      else format('It will be left out: skipped by %s%s.', v_override.created_by, coalesce(': ' || v_override.reason, '')) end;
  elsif v_at > v_schedule.cursor_at then
    select p.* into v_planned from almanac_private.planned_occurrences(v_schedule, v_at - interval '1 microsecond', v_at + interval '1 microsecond', null, true) p limit 1;
    v_lines := v_lines || case
      when v_schedule.status <> 'active' then format('The schedule is %s%s.', v_schedule.status, coalesce(': ' || v_schedule.pause_reason, ''))
      when almanac_private.is_stopped() and not v_schedule.is_system then 'All schedules are stopped.'
      when v_planned.outcome = 'excluded' then format('It is excluded by a calendar%s.', coalesce((
        select ': ' || string_agg(w.calendar || coalesce(', ' || w.label, ''), '; ')
        from almanac_private.exclusion_windows(v_schedule.calendars, v_schedule.timezone, v_at, v_at) w), ''))
      when v_planned.outcome = 'merged' then 'A calendar excludes it, and a later one runs in its stead.'
      when v_planned.due_at > statement_timestamp() then format('It is to come: due at %s.', almanac_private.spoken_time(v_planned.due_at, v_zone))
      else format('It is due since %s and was not fired: does a worker live?', almanac_private.spoken_time(v_planned.due_at, v_zone)) end;
  else
    v_lines := v_lines || 'It has no outcome, which should not be: see almanac.check_ledger().'::text;
  end if;
  return array_to_string(v_lines, E'\n');
end
$$;
comment on function almanac.why(text, timestamptz) is
  'Explains in words why a schedule ran, or did not run, at a time: its rule then, its outcome, and what decided it. A time is meant to the minute.';
grant execute on function almanac.why(text, timestamptz) to almanac_viewer;
--! EndIncluded functions/why.sql
--! Included functions/pause_all.sql
-- Definer: writes a table that only the owner may; the right to execute is the admins'.
create or replace function almanac.pause_all(reason text default null) returns almanac.stops
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_stop almanac.stops;
begin
  lock table almanac.stops in share row exclusive mode;
  select s.* into v_stop from almanac.stops s where s.resumed_at is null;
  if v_stop.id is not null then
    raise exception using errcode = 'AL013', message = 'All schedules are stopped already.',
      detail = format('Since %s, by %s%s.', v_stop.stopped_at, v_stop.stopped_by, coalesce(': ' || v_stop.reason, '')), hint = 'almanac.resume_all() lets them go on.';
  end if;
  insert into almanac.stops as s (stopped_at, stopped_by, reason) values (statement_timestamp(), almanac_private.actor(), pause_all.reason)
  returning s.* into v_stop;
  perform pg_notify('almanac_schedules', '{"op": "bulk", "ids": []}');
  return v_stop;
end
$$;
comment on function almanac.pause_all(text) is
  'Stops all schedules but Almanac''s own from firing until resume_all(). Each keeps its own state; runs that are queued or going on are left alone.';
grant execute on function almanac.pause_all(text) to almanac_admin;
--! EndIncluded functions/pause_all.sql
--! Included functions/replan.sql
-- Definer: writes what only the engine may.
create or replace function almanac_private.replan(schedule_ids bigint[]) returns integer
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
  -- By key, whatever the statistics say, as fire_due.
  set enable_hashjoin to off set enable_mergejoin to off set enable_seqscan to off
as $$
declare
  v_schedule almanac.schedules;
  v_was timestamptz;
  v_was_for timestamptz;
  v_delay interval := almanac_private.arm_delay();
  v_specs graphile_worker.job_spec[] := '{}';
  v_moved bigint[] := '{}';
begin
  perform set_config('almanac.engine', 'on', true);
  for v_schedule in
    select s.* from almanac.schedules s
    where s.id = any (replan.schedule_ids) and s.status in ('active', 'completed') and s.kind <> 'manual' and s.deleted_at is null and s.archived_at is null
    order by s.id for no key update
  loop
    v_was := v_schedule.next_run_at;
    v_was_for := v_schedule.next_scheduled_for;
    select d.scheduled_for, d.due_at into v_schedule.next_scheduled_for, v_schedule.next_run_at from almanac_private.next_due(v_schedule) d;
    if v_schedule.next_run_at < statement_timestamp()
      and almanac_private.hold_occurrence(v_schedule, statement_timestamp(), 'due when what held it back went away')
    then
      v_schedule.has_overrides := true;
      select d.scheduled_for, d.due_at into v_schedule.next_scheduled_for, v_schedule.next_run_at from almanac_private.next_due(v_schedule) d;
    end if;
    continue when (v_schedule.next_run_at, v_schedule.next_scheduled_for) is not distinct from (v_was, v_was_for);
    update almanac.schedules s
    set has_overrides = v_schedule.has_overrides, next_scheduled_for = v_schedule.next_scheduled_for, next_run_at = v_schedule.next_run_at,
      status = case when v_schedule.next_run_at is null then 'completed' else 'active' end::almanac.schedule_status
    where s.id = v_schedule.id;
    v_moved := v_moved || v_schedule.id;
    if v_schedule.next_run_at is null then
      perform almanac_private.remove_jobs(array['schedule:' || v_schedule.id]);
    else
      v_specs := v_specs || almanac_private.arm_spec(v_schedule.id, v_schedule.next_run_at, v_delay);
    end if;
  end loop;
  perform set_config('almanac.engine', 'off', true);
  perform graphile_worker.add_jobs(v_specs);
  perform almanac_private.notify_schedules(replan.schedule_ids);
  return cardinality(v_moved);
end
$$;
comment on function almanac_private.replan(bigint[]) is
  'Computes anew when these schedules are next due, because something beside their rows has changed, and arms them; returns how many have moved. What is due by now must be settled before the change.';
--! EndIncluded functions/replan.sql
--! Included functions/tg_arm_schedules.sql
-- Definer: Graphile Worker's tables are the owner's.
create or replace function almanac_private.tg_arm_schedules() returns trigger
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_delay interval := almanac_private.arm_delay();
  v_specs graphile_worker.job_spec[];
  v_removed bigint[];
  v_changed bigint[];
  v_ended bigint[];
begin
  if tg_op = 'INSERT' then
    select array_agg(almanac_private.arm_spec(n.id, n.next_run_at, v_delay) order by n.id) filter (where n.next_run_at is not null), array_agg(n.id)
    into v_specs, v_changed from new_rows n;
    insert into almanac_private.rule_versions (schedule_id, rule, valid_from)
    select s.id, almanac_private.rule_of(s), s.cursor_at
    from almanac.schedules s where s.id = any (v_changed) and almanac_private.has_rule(s.kind, s.status, s.deleted_at, s.archived_at);
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
          almanac_private.has_rule(n.kind, n.status, n.deleted_at, n.archived_at)));
    if v_ended <> '{}' then
      update almanac_private.rule_versions v
      -- Of a schedule that had run out, what its rule names after the last outcome is nobody's.
      set valid_to = greatest(v.valid_from, case when o.status = 'completed' then o.cursor_at else greatest(statement_timestamp(), n.cursor_at) end)
      from old_rows o join new_rows n on n.id = o.id where o.id = any (v_ended) and v.schedule_id = o.id and v.valid_to is null;
      insert into almanac_private.rule_versions (schedule_id, rule, valid_from)
      select s.id, almanac_private.rule_of(s), s.cursor_at
      from almanac.schedules s where s.id = any (v_ended) and almanac_private.has_rule(s.kind, s.status, s.deleted_at, s.archived_at);
    end if;
  else
    select array_agg(o.id order by o.id), array_agg(o.id) into v_removed, v_changed from old_rows o;
    update almanac_private.rule_versions v
    set valid_to = greatest(v.valid_from, case when o.status = 'completed' then o.cursor_at else greatest(statement_timestamp(), o.cursor_at) end),
      schedule_name = o.name
    from old_rows o where v.schedule_id = o.id and v.valid_to is null;
  end if;

  if v_changed is null then
    return null;
  end if;
  perform almanac_private.add_jobs(v_specs);
  perform almanac_private.remove_jobs(array(select 'schedule:' || r.id from unnest(v_removed) r(id)));
  perform almanac_private.notify_schedules(v_changed, lower(tg_op));
  return null;
end
$$;
comment on function almanac_private.tg_arm_schedules() is
  'After a statement that changed schedules: arms or removes their schedule:<id> jobs in one call, keeps which rule held when for check_ledger(), and notifies once.';
--! EndIncluded functions/tg_arm_schedules.sql
--! Included functions/reconcile.sql
-- Definer: Graphile Worker's tables are the owner's.
create or replace function almanac.reconcile(within interval default null)
returns table (repair text, schedule_id bigint, schedule_name text, run_id bigint, detail text)
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp set jit to off
as $$
#variable_conflict use_column
declare
  v_now timestamptz := statement_timestamp();
  v_until timestamptz := coalesce(statement_timestamp() + reconcile.within, 'infinity');
  v_delay interval := almanac_private.arm_delay();
  v_found record;
  v_replanned bigint[];
begin
  -- Schedule rows first, then their jobs; what someone else holds locked is being seen to.
  v_replanned := array(
    select s.id from almanac.schedules s
    where reconcile.within is null and s.next_run_at is null and s.status = 'active' and s.kind <> 'manual' and s.deleted_at is null and s.archived_at is null
    order by s.id for no key update skip locked);
  if v_replanned <> '{}' then
    perform almanac_private.replan(v_replanned);
    return query
    select 'planned', s.id, s.name, null::bigint, format('It was active without a next run; now %s.', coalesce(s.next_run_at::text, s.status::text))
    from almanac.schedules s where s.id = any (v_replanned) order by s.id;
  end if;

  for v_found in
    with candidates as (
      select s.id from almanac.schedules s
      where s.next_run_at <= v_until and not exists (
        select from graphile_worker.jobs j
        where j.key = 'schedule:' || s.id and almanac_private.is_own_job(j.key, j.task_identifier) and (j.locked_at is not null
          or j.run_at <= greatest(s.next_run_at, v_now) + v_delay + interval '70 seconds' and j.attempts < j.max_attempts))
    )
    select s.id, s.name, s.next_run_at, j.run_at, j.key is not null and j.attempts >= j.max_attempts as is_dead,
      j.key is not null and not almanac_private.is_own_job(j.key, j.task_identifier) as is_hosts
    from candidates c join almanac.schedules s on s.id = c.id left join graphile_worker.jobs j on j.key = 'schedule:' || s.id
    where s.next_run_at is not null
    order by s.id for no key update of s skip locked
  loop
    schedule_id := v_found.id;
    schedule_name := v_found.name;
    run_id := null;
    if v_found.is_hosts then
      repair := 'blocked';
      detail := format('The job schedule:%s is not Almanac''s and was left alone. Give it another key. While it is there, only a ticker fires the schedule.', v_found.id);
      return next;
      continue;
    end if;
    if v_found.is_dead then
      -- It would lose its key to the new one, and stay.
      perform graphile_worker.remove_job('schedule:' || v_found.id);
    end if;
    perform graphile_worker.add_jobs(array[almanac_private.arm_spec(v_found.id, v_found.next_run_at, v_delay)]);
    repair := 'armed';
    detail := case when v_found.run_at is null then 'It had no job.' when v_found.is_dead then 'Its job had used up its attempts.'
      else format('Its job was for %s.', v_found.run_at) end || format(' It is due at %s.', v_found.next_run_at);
    return next;
  end loop;

  if reconcile.within is null then
    for v_found in
      select j.key, split_part(j.key, ':', 2) as id, s.id as schedule_id, s.name
      from graphile_worker.jobs j
      left join almanac.schedules s on s.id::text = split_part(j.key, ':', 2)
      where j.key ~ '^schedule:[0-9]+$' and almanac_private.is_own_job(j.key, j.task_identifier) and j.locked_at is null and s.next_run_at is null
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

  for v_found in
    select r.* from almanac_private.live_runs l join almanac.runs r on r.id = l.run_id and r.scheduled_for = l.scheduled_for
    where not l.is_waiting and r.status in ('queued', 'retrying') and coalesce(r.queued_at, r.attempt_started_at) < v_now - interval '15 seconds'
      and not exists (select from graphile_worker.jobs j where j.key = 'run:' || r.id)
    order by r.id for no key update of r skip locked
  loop
    perform graphile_worker.add_jobs(array[almanac_private.run_job_spec(v_found.id, v_found.schedule_id, v_found.scheduled_for, v_found.attempt + 1,
      v_found.trigger, v_found.task_identifier, v_found.payload, v_found.priority, null)]);
    repair := 'queued';
    schedule_id := v_found.schedule_id;
    schedule_name := v_found.schedule_name;
    run_id := v_found.id;
    detail := format('Its run for %s was %s and had no job.', v_found.scheduled_for, v_found.status);
    return next;
  end loop;
end
$$;
comment on function almanac.reconcile(interval) is
  'Compares schedules and unfinished runs with the jobs that Graphile Worker has for them, and repairs what is missing or wrong (after a restore from a dump, or when jobs were deleted by hand). Returns what it repaired: planned, armed, disarmed or queued; blocked: a host''s job has the key of a schedule''s, and was left alone. within: only what is due that soon. Workers call it at their start, and the leading one every minute for what is due soon.';
grant execute on function almanac.reconcile(interval) to almanac_admin, almanac_worker;
--! EndIncluded functions/reconcile.sql
--! Included functions/heartbeat.sql
-- Definer: workers have no right to write tables.
create or replace function almanac_private.heartbeat(worker_id bigint, pool_ids text[] default '{}', is_ticking boolean default false, out alive boolean, out leader boolean, out reaped integer)
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_now timestamptz := clock_timestamp();
  v_status text;
begin
  update almanac.workers w
  set last_heartbeat_at = v_now, pool_ids = array(select distinct p from unnest(w.pool_ids || heartbeat.pool_ids) p order by p)
  where w.id = heartbeat.worker_id and w.status in ('active', 'draining')
  returning w.status into v_status;
  alive := found;
  leader := false;
  if v_status = 'active' and heartbeat.is_ticking then
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
  'Every 5 s from each worker: it lives (alive = false: it was given up, and must register anew), leads or not (one that is draining never does); also gives up workers that were not heard of for 15 s, and makes partitions when fewer than four weeks are ahead.';
grant execute on function almanac_private.heartbeat(bigint, text[], boolean) to almanac_worker;
--! EndIncluded functions/heartbeat.sql
--! Included functions/drain_worker.sql
-- Definer: workers have no right to write tables.
create or replace function almanac_private.drain_worker(worker_id bigint) returns void
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
begin
  -- Its row first, as heartbeat() does: one that comes at the same time then finds it draining, and takes no lead.
  update almanac.workers w set status = 'draining' where w.id = drain_worker.worker_id and w.status = 'active';
  delete from almanac_private.leases l where l.worker_id = drain_worker.worker_id;
end
$$;
comment on function almanac_private.drain_worker(bigint) is
  'Notes that a worker was asked to stop: it takes no new work, ends what it runs, and gives up its lead at once.';
grant execute on function almanac_private.drain_worker(bigint) to almanac_worker;
--! EndIncluded functions/drain_worker.sql
--! Included functions/give_up_worker.sql
-- Definer: workers have no right to write tables.
create or replace function almanac_private.give_up_worker(worker_id bigint) returns void
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
begin
  delete from almanac_private.leases l where l.worker_id = give_up_worker.worker_id;
  update almanac.workers w set last_heartbeat_at = '-infinity' where w.id = give_up_worker.worker_id and w.status in ('active', 'draining');
  perform almanac_private.reap_workers();
end
$$;
comment on function almanac_private.give_up_worker(bigint) is
  'Called by a worker whose pool has failed, as its last words: it is lost from now on, and what it holds is taken up at once instead of after 15 s.';
grant execute on function almanac_private.give_up_worker(bigint) to almanac_worker;
--! EndIncluded functions/give_up_worker.sql

select almanac_private.install_system_schedules();
