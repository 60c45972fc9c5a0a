-- Definer: writes the ledger on behalf of whoever changes a schedule that is due.
create or replace function almanac_private.resolve_schedule(
  schedule almanac.schedules, as_of timestamptz, max_steps integer default 20000,
  omit_as almanac.omission_reason default null,
  out settled almanac.schedules, out steps integer
)
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
  -- By key, whatever the statistics say, as fire_due.
  set jit to off set enable_hashjoin to off set enable_mergejoin to off set enable_seqscan to off
    set plan_cache_mode to force_generic_plan
as $$
#variable_conflict use_column
declare
  v_tolerated timestamptz := resolve_schedule.as_of - schedule.late_tolerance;
  v_window timestamptz := resolve_schedule.as_of - schedule.catchup_window;
  v_planned almanac_private.planned_occurrence[];
  v_moved almanac.occurrence_overrides[] := '{}';
  v_item almanac_private.planned_occurrence;
  v_next_moved integer := 1;
  v_is_complete boolean;
  v_is_marked boolean;
  v_candidate integer;
  v_steps integer := resolve_schedule.max_steps;
  v_latest timestamptz;
  v_follows timestamptz := schedule.cursor_at;
  v_first timestamptz;
  v_count bigint := 0;
  v_reason almanac.omission_reason;
  v_outcome almanac.omission_reason;
  v_run almanac.runs;
  v_marks timestamptz[] := '{}';
  v_caught_up integer := almanac_private.catchup_backlog(schedule, resolve_schedule.as_of);
  v_stopped tstzmultirange := case when schedule.is_system then '{}'
    else almanac_private.stopped_times(least(schedule.cursor_at, schedule.next_run_at)) end;
  v_resolved almanac.schedules := schedule;
  v_was_idle boolean := not exists (
    select from almanac_private.live_runs l where l.schedule_id = (resolve_schedule.schedule).id
      and l.counts_toward_overlap);
  -- What was not due then is not overlapped: the engine was held up.
  v_busy tstzrange := case when schedule.overlap_policy in ('skip', 'allow', 'cancel_running')
    then almanac_private.busy_times(schedule, resolve_schedule.as_of) else '(,)' end;
begin
  steps := 0;
  if schedule.calendars <> '{}' then
    schedule.cursor_at := almanac_private.resolve_long_exclusion(schedule, resolve_schedule.as_of,
      resolve_schedule.omit_as);
    v_resolved.cursor_at := schedule.cursor_at;
    v_follows := schedule.cursor_at;
  end if;
  if schedule.has_overrides then
    -- Overridden times that a stretch must not cover: they have outcomes of their own, also under a rule that does not
    -- name them any more.
    v_marks := array(select o.scheduled_for from almanac.occurrence_overrides o
      where o.schedule_id = (resolve_schedule.schedule).id and o.scheduled_for > (resolve_schedule.schedule).cursor_at
        order by o.scheduled_for);
    v_moved := array(select m from almanac_private.moved_occurrences(schedule) m
      where m.moved_to <= resolve_schedule.as_of order by m.moved_to, m.scheduled_for);
  end if;
  loop
    v_planned := array(
      select p
        from almanac_private.planned_occurrences(schedule, schedule.cursor_at,
        resolve_schedule.as_of + interval '1 microsecond', v_steps, true) p);
    v_is_complete := cardinality(v_planned) < v_steps;
    steps := steps + cardinality(v_planned);
    exit when v_is_complete or schedule.missed_run_policy <> 'run_latest' or resolve_schedule.omit_as is not null;
    -- A part ends before the last that may be the latest: whether it is shows in what comes after it.
    v_candidate := (select max(p.ordinality) from unnest(v_planned) with ordinality p
      where p.outcome = 'run' and p.due_at <= resolve_schedule.as_of and not v_stopped @> p.due_at);
    exit when v_candidate is null and v_moved = '{}';
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
          where p.outcome = 'run' and p.due_at <= resolve_schedule.as_of
        union all
        select m.scheduled_for, m.moved_to from unnest(v_moved) m
      ) d
      where not v_stopped @> d.due_at
      order by d.due_at desc, d.scheduled_for desc limit 1);
  end if;

  for v_step in 1 .. cardinality(v_planned) + v_is_complete::integer loop
    v_item := v_planned[v_step]; -- after the last: null, for what else was moved
    exit when v_resolved.max_runs <= v_resolved.fired_runs;
    if v_item.outcome = 'run' and v_item.due_at > resolve_schedule.as_of then
      v_item := null; -- it is held back, and whatever comes after it
    end if;

    -- Moved ones whose time comes before this one's.
    while v_next_moved <= cardinality(v_moved)
      and (v_item is null or (v_item.outcome = 'run' and v_moved[v_next_moved].moved_to <= v_item.due_at)) loop
      exit when v_resolved.max_runs <= v_resolved.fired_runs;
      if resolve_schedule.omit_as is null and not v_stopped @> v_moved[v_next_moved].moved_to
        and almanac_private.is_fired_late(schedule.missed_run_policy,
        v_moved[v_next_moved].moved_to, v_moved[v_next_moved].scheduled_for is not distinct from v_latest,
        v_tolerated, v_window)
      then
        v_run := almanac_private.insert_run(v_resolved, v_moved[v_next_moved].scheduled_for,
          v_moved[v_next_moved].moved_to, 'schedule',
          schedule.payload, null, resolve_schedule.as_of, case when v_moved[v_next_moved].moved_to < v_tolerated
            then v_caught_up end,
          was_idle => v_moved[v_next_moved].moved_to >= v_tolerated
            and (v_was_idle or not v_moved[v_next_moved].moved_to <@ v_busy));
        v_caught_up := v_caught_up + (v_moved[v_next_moved].moved_to < v_tolerated)::integer;
        if v_run.status <> 'skipped' then
          v_resolved.fired_runs := v_resolved.fired_runs + 1;
          v_resolved.total_runs := v_resolved.total_runs + 1;
          v_resolved.last_run_at := greatest(v_resolved.last_run_at, v_moved[v_next_moved].moved_to);
        end if;
      else
        perform almanac_private.record_omission(schedule.id, schedule.name, v_moved[v_next_moved].scheduled_for,
          v_moved[v_next_moved].scheduled_for, 1,
          coalesce(resolve_schedule.omit_as, case when v_stopped @> v_moved[v_next_moved].moved_to then 'stopped'
            else 'missed' end::almanac.omission_reason), null, resolve_schedule.as_of);
      end if;
      update almanac.occurrence_overrides o set done_at = resolve_schedule.as_of
      where o.schedule_id = (resolve_schedule.schedule).id and o.scheduled_for = v_moved[v_next_moved].scheduled_for;
      v_next_moved := v_next_moved + 1;
    end loop;
    exit when v_item is null or v_resolved.max_runs <= v_resolved.fired_runs;

    v_outcome := case
      when v_item.outcome = 'moved' then null
      when resolve_schedule.omit_as is not null then resolve_schedule.omit_as
      when v_item.outcome = 'excluded' then 'excluded'
      when v_item.outcome = 'run' and v_stopped @> v_item.due_at then 'stopped'
      when v_item.outcome = 'run' and not almanac_private.is_fired_late(schedule.missed_run_policy, v_item.due_at,
        v_item.scheduled_for is not distinct from v_latest, v_tolerated, v_window) then 'missed'
    end;
    v_is_marked := v_marks <> '{}'
      and exists (select from unnest(v_marks) m(at) where m.at > v_resolved.cursor_at and m.at < v_item.scheduled_for);
    if v_count > 0 and (v_is_marked or v_outcome is distinct from v_reason) then
      perform almanac_private.record_omission(schedule.id, schedule.name, v_first, v_resolved.cursor_at, v_count,
        v_reason, v_follows, resolve_schedule.as_of);
      v_follows := null;
      v_count := 0;
    elsif v_is_marked then
      v_follows := null;
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
        v_run := almanac_private.insert_run(v_resolved, v_item.scheduled_for, v_item.due_at, 'schedule',
          schedule.payload, null, resolve_schedule.as_of,
          case when v_item.due_at < v_tolerated then v_caught_up end,
          was_idle => v_item.due_at >= v_tolerated and (v_was_idle or not v_item.due_at <@ v_busy));
        v_caught_up := v_caught_up + (v_item.due_at < v_tolerated)::integer;
        if v_run.status <> 'skipped' then
          v_resolved.fired_runs := v_resolved.fired_runs + 1;
          v_resolved.total_runs := v_resolved.total_runs + 1;
          v_resolved.last_run_at := greatest(v_resolved.last_run_at, v_item.due_at);
        end if;
      elsif v_item.outcome in ('skipped', 'merged') then
        perform almanac_private.insert_skipped(v_resolved, v_item.scheduled_for, v_item.outcome,
          resolve_schedule.as_of);
      end if;
    end if;
    if v_item.outcome in ('moved', 'skipped') then
      update almanac.occurrence_overrides o
      set is_owed = o.action = 'move' and o.done_at is null,
        done_at = coalesce(o.done_at, case o.action when 'skip' then resolve_schedule.as_of end)
      where o.schedule_id = (resolve_schedule.schedule).id and o.scheduled_for = v_item.scheduled_for;
    end if;
    v_resolved.cursor_at := v_item.scheduled_for;
  end loop;
  if v_count > 0 then
    perform almanac_private.record_omission(schedule.id, schedule.name, v_first, v_resolved.cursor_at,
      v_count, v_reason,
      v_follows, resolve_schedule.as_of);
  end if;
  v_resolved.has_overrides := schedule.has_overrides
    and exists (select from almanac.occurrence_overrides o where o.schedule_id = (resolve_schedule.schedule).id
    and (o.done_at is null or o.scheduled_for > v_resolved.cursor_at));
  select d.scheduled_for, d.due_at into v_resolved.next_scheduled_for, v_resolved.next_run_at
    from almanac_private.next_due(v_resolved) d;
  settled := v_resolved;
end
$$;
comment on function almanac_private.resolve_schedule(
  almanac.schedules, timestamptz, integer, almanac.omission_reason
) is
  'Gives every occurrence due by as_of its outcome, one by one: a run, or a place in a stretch of omitted ones; all '
  'of them omitted if omit_as says why. Of more than max_steps a part; the rest is due still. Returns the row as it '
  'is then, for the caller to write, and how many occurrences it looked at. The path for what is behind or out of '
  'line; fire_due does the rest at once.';
