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
