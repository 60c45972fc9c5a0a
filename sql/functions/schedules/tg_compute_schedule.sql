-- Definer: resolves what a rule still owes before it changes, which writes the ledger.
--
-- In this order, as each step uses what the one before decided:
--
-- 1. The definition is checked, and its rule compiled (prepare_schedule). A schedule that was saved once can always be
--    paused and deleted, so what may have become wrong since (its task, its name) is checked only when it changes.
-- 2. Whether the rule changed, whether it fires (active, and there), and whether it restarts: fires by another rule, or
--    did not fire before.
-- 3. What the old rule owes up to now gets its outcome (resolve_rule): occurrences that were due and had not fired, or
--    a pause that ends without being caught up. A pause that is caught up keeps its cursor: fire_due does the rest.
-- 4. The cursor is set to now where another rule, or another life of the schedule, begins; next_due looks on from it.
--    Now is never before the cursor, also when the clock was set back.
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
  v_lacks text;
  v_loads boolean := tg_op = 'INSERT' and almanac_private.loads_dump();
begin
  if new.task_identifier is null or new.task_identifier !~ '\S' then
    raise exception using errcode = 'AL005', column = 'task_identifier', message = 'A schedule needs a task.',
      detail = format('Schedule %s.', coalesce(quote_literal(new.name), 'null')),
      hint = 'See: select identifier, description from almanac.tasks.';
  elsif (new.name, new.target, new.priority, new.status, new.overlap_policy, new.missed_run_policy,
    new.late_tolerance, new.catchup_window, new.catchup_per_minute, new.tags, new.calendars, new.exclusion_policy)
    is not null is not true
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
  if tg_op = 'INSERT' or (new.task_identifier, new.target, new.task_group, new.workflow_name,
    new.workflow_version) is distinct from (old.task_identifier, old.target, old.task_group, old.workflow_name,
    old.workflow_version) then
    perform almanac_private.check_target(new, v_loads);
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
  if new.resource_group is not null and (tg_op = 'INSERT' and not v_loads
    or tg_op = 'UPDATE' and (new.resource_group is distinct from old.resource_group
      or v_is_there and old.deleted_at is not null))
  then
    perform almanac_private.find_resource_group(new.resource_group, 'resource_group');
    perform from almanac.resource_groups g where g.name = new.resource_group for key share;
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
        old.jitter, old.calendars, old.exclusion_policy)
      -- It was put off as its old task is switched off; the new one is not behind with anything.
      or new.task_identifier <> old.task_identifier and exists (
        select from almanac_private.put_off p where p.schedule_id = old.id and p.limit_name = 'task_is_off');
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
    raise exception using errcode = 'AL004', column = 'run_at', message = 'The time of the single run is in the past.',
      detail = format('run_at: %s, now: %s.', new.run_at, v_now),
      hint = 'Use a time in the future, or use a schedule of kind manual and almanac.trigger_now().';
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
    if v_rule_changed and v_is_there and new.has_overrides
      and current_setting('almanac.keep_overrides', true) is distinct from 'off' then
      perform almanac_private.keep_overrides(old, new, v_now);
    end if;
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
    and (new.next_scheduled_for is null or new.calendars <> '{}' or new.target in ('group', 'all')) then
    v_lacks := almanac_private.lacks_tasks(new);
    v_warning := coalesce(v_lacks, almanac_private.never_runs(new, new.cursor_at));
    if v_warning is not null then
      raise warning using errcode = 'AL020',
        message = format('Schedule %s is saved, but will never run: %s', new.name, v_warning),
        hint = case when v_lacks is not null then 'Start a worker that has its tasks.'
          else 'See what it would do: select * from almanac.preview(…), and change its rule, its bounds or '
            'its calendars.' end;
    end if;
  end if;
  v_warning := almanac_private.not_loaded(new.task_identifier);
  if v_warning is not null and v_is_there and new.status <> 'disabled'
    and (tg_op = 'INSERT' or new.task_identifier <> old.task_identifier or v_restarts) then
    raise warning using errcode = 'AL020', message = format('Schedule %s is saved, but its runs will fail.', new.name),
      detail = v_warning, hint = 'Fix the file of the task and restart the worker.';
  end if;
  return new;
end
$$;
comment on function almanac_private.tg_compute_schedule() is
  'Before an insert or update of a schedule by anyone but the engine: checks it, resolves what the old rule owes up to '
  'this moment, and computes the next run by the new one.';
