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
-- Occurrences of one outcome that follow each other are one gap. A time with an override interrupts it: it has an
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
