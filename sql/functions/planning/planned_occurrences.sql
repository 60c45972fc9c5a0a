-- From the times that a rule names to the times at which something is due: applies overrides, exclusion calendars,
-- merging and jitter, and in this order, as each looks at what the previous one left. What fires and what is previewed
-- comes from here, and what people see in the calendar, unless coming_occurrences can list a whole range in one
-- statement, as where no max_runs is set. planningOracle.ts says the same again in TypeScript, in eighty lines without
-- any shortcut, and a test compares all three over random schedules.
--
-- It is a loop over nominal times, and four things keep it from being a slow one:
--
-- 1. Exclusions, of which a look-up takes up to 1 ms, are looked up for a span at a time: a day at first, then twice
--    as much, up to 64 days. A schedule of every minute asks its calendars once a day and not 1,440 times. Firing asks
--    for minutes at first, and reads few windows (most_windows): when these are used up, the times of a schedule are
--    undecided from there on, it is due at that time, and the call that fires it continues from what was kept.
-- 2. A caller that asks only for what runs (not with_omitted) leaps over an exclusion to its end, in steps of a year
--    at most where windows follow each other endlessly: after a thousand leaps, or two years, it gives the last one
--    that was left out, and its caller looks again then. So no schedule can delay a firing by being excluded forever.
-- 3. Of those that are postponed to the same end, the last runs and the others are merged into it. Whether there is
--    another one before the end is looked for from the end, a minute, an hour, a day back: the first is found almost
--    always, and the whole exclusion is walked through only for sparse rules.
-- 4. Jitter must not let one occurrence pass the next, so it needs the next due time; only if that is nearer than the
--    jitter is it worked out, by this function without jitter.
--
-- Without calendars it takes some 20 µs for each time: decide() passes it by where only one occurrence is due.
create or replace function almanac_private.planned_occurrences(
  schedule almanac.schedules, after timestamptz, range_end timestamptz, max_count bigint default null,
  with_omitted boolean default false,
  due_from timestamptz default '-infinity', most_windows integer default null
) returns setof almanac_private.planned_occurrence
language plpgsql stable rows 1000 set search_path to pg_catalog, pg_temp
  set plan_cache_mode to force_generic_plan -- planning takes ten times as long as running
as $$
declare
  v_at timestamptz := almanac_private.next_occurrence(schedule, planned_occurrences.after);
  v_left bigint := coalesce(planned_occurrences.max_count, 9223372036854775807);
  v_planned almanac_private.planned_occurrence;
  v_action almanac.override_action;
  v_found record;
  v_windows integer := 0;
  v_begins timestamptz[];
  v_ends timestamptz[];
  v_range integer;
  v_known_until timestamptz := '-infinity';
  v_span interval := case when planned_occurrences.most_windows is null then '24 hours' else '1 minute' end;
  v_back interval;
  v_range_end timestamptz;
  v_next timestamptz;
  v_unspread almanac.schedules := schedule;
  v_passed almanac_private.planned_occurrence;
  v_passed_since timestamptz;
  v_jumps integer := 0;
begin
  v_unspread.jitter := null;
  while v_at < planned_occurrences.range_end and v_left > 0 loop
    v_planned := row(v_at, v_at, 'run');
    v_range_end := null;
    v_action := case when schedule.has_overrides then (
      select o.action from almanac.occurrence_overrides o where o.schedule_id = (planned_occurrences.schedule).id
        and o.scheduled_for = v_at) end;
    if v_action is null and schedule.calendars <> '{}' then
      if v_at >= v_known_until then
        if v_windows >= most_windows and v_passed_since is not null then
          return next row(v_passed.scheduled_for, v_at, 'undecided')::almanac_private.planned_occurrence;
          return;
        end if;
        v_found := almanac_private.exclusions(schedule.calendars, schedule.timezone, v_at, v_at + v_span, true,
          most_windows);
        if with_omitted and upper(v_found.excluded) = v_found.known_until
          and v_found.known_until < planned_occurrences.range_end then
          v_found := almanac_private.exclusions(schedule.calendars, schedule.timezone, v_at,
            planned_occurrences.range_end, true, most_windows);
        end if;
        v_windows := v_windows + v_found.windows;
        v_known_until := v_found.known_until;
        v_begins := array(select lower(r) from unnest(v_found.excluded) r);
        v_ends := array(select upper(r) from unnest(v_found.excluded) r);
        v_range := 1;
        v_span := case
          when most_windows is null then least(v_span * 2, interval '1536 hours')
          when v_found.windows > 100 then greatest(v_span / 8, interval '1 minute')
          else least(v_span * 4, interval '1536 hours')
        end;
      end if;
      while v_ends[v_range] <= v_at loop
        v_range := v_range + 1;
      end loop;
      if v_begins[v_range] <= v_at then
        v_range_end := v_ends[v_range];
      end if;
    end if;
    v_next := almanac_private.next_occurrence(schedule, v_at);

    if v_action is not null then
      v_planned.outcome := case v_action when 'move' then 'moved' else 'skipped' end;
    elsif v_range_end is not null and (schedule.exclusion_policy = 'skip' or v_range_end = 'infinity') then
      v_planned.outcome := 'excluded';
      if not with_omitted then
        v_next := almanac_private.next_occurrence(schedule, case when v_range_end < 'infinity' then v_range_end
          else least(v_known_until, v_at + interval '8000 hours') end - interval '1 microsecond');
      end if;
    elsif v_range_end = v_known_until then
      return next row(v_at, v_range_end, 'undecided')::almanac_private.planned_occurrence;
      return;
    elsif v_range_end is not null then
      v_planned.due_at := v_range_end;
      v_back := null;
      -- Does another one, not overridden, take its place? Close to the end at once, as only the last one runs.
      foreach v_back in array array[interval '1 minute', interval '1 hour', interval '24 hours',
        interval '768 hours', null] loop
        exit when v_next is null or v_next > v_range_end;
        v_at := almanac_private.next_occurrence(schedule,
          greatest(v_next, v_range_end - coalesce(v_back, interval '100 years')) - interval '1 microsecond');
        while schedule.has_overrides and v_at <= v_range_end and exists (
          select from almanac.occurrence_overrides o where o.schedule_id = (planned_occurrences.schedule).id
            and o.scheduled_for = v_at)
        loop
          v_at := almanac_private.next_occurrence(schedule, v_at);
        end loop;
        if v_at <= v_range_end then
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
        -- If none that runs comes after it, or none for a long time: for callers that wait for it to look again.
        v_jumps := v_jumps + 1;
        v_windows := v_windows + 1;
        v_passed_since := coalesce(v_passed_since, v_at);
        v_passed :=
          row(v_at, least(v_range_end, schedule.ends_at, v_at + case when v_action is null then interval '8000 hours'
          else interval '0' end), v_planned.outcome);
        if v_jumps > 1000 or v_at > v_passed_since + interval '17520 hours' then
          return next v_passed;
          return;
        end if;
      end if;
      v_at := v_next;
      continue;
    end if;

    if schedule.jitter > interval '0' then
      v_planned.due_at := v_planned.due_at + almanac_private.jitter_delay(schedule.id, v_at, schedule.jitter,
        v_planned.due_at,
        case when v_next <= v_planned.due_at + schedule.jitter then (
          select p.due_at
          from almanac_private.planned_occurrences(v_unspread, v_at,
            v_planned.due_at + schedule.jitter + interval '1 second', 1,
            -- All of the windows in what is a day at most.
            most_windows => case when most_windows is not null then 100000 end) p
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
comment on function almanac_private.planned_occurrences(
  almanac.schedules, timestamptz, timestamptz, bigint, boolean, timestamptz, integer
) is
  'The occurrences of a schedule with a nominal time after a moment and before range_end, with what will happen to '
  'each. In this order: override, exclusion calendars, merging, jitter. with_omitted: every nominal time; otherwise '
  'those that run in their order, of which due times never decrease, and at the very end, if none follows, or none '
  'for two years or a thousand exclusions, the last one that is left out, due when it is to be recorded. What is due '
  'before due_from is passed over. most_windows: of more windows a part, and then one that is undecided, due when it '
  'is to be looked at again, before which none runs.';
grant execute on function almanac_private.planned_occurrences(
  almanac.schedules, timestamptz, timestamptz, bigint, boolean, timestamptz, integer
) to almanac_viewer;
