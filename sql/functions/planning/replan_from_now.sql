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
