-- Definer: Graphile Worker's tables are the owner's.
--
-- Once for a statement, however many schedules it changed: one call for all jobs, one notification. It is one function
-- although it does several things (jobs, rule versions, runs of deleted schedules, checks of payloads), as only a
-- trigger's own statements can read what its statement changed (old_rows, new_rows).
--
-- A rule version says which rule named times from when to when. check_ledger() recomputes by them what should have
-- happened, so a version ends where its last occurrence was resolved, and the next one begins there: a time between
-- two versions would need no outcome, one in both would need two.
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
