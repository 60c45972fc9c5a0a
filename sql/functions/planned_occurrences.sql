create or replace function almanac_private.planned_occurrences(
  schedule almanac.schedules, after timestamptz, range_end timestamptz, max_count bigint default null, with_omitted boolean default false,
  due_from timestamptz default '-infinity'
) returns setof almanac_private.planned_occurrence
language plpgsql stable rows 1000 set search_path to pg_catalog, pg_temp
as $$
declare
  v_at timestamptz := almanac_private.next_occurrence(schedule, planned_occurrences.after);
  v_left bigint := coalesce(planned_occurrences.max_count, 9223372036854775807);
  v_planned almanac_private.planned_occurrence;
  v_action almanac.override_action;
  v_excluded tstzmultirange;
  v_known_until timestamptz := '-infinity';
  v_span interval := '24 hours';
  v_back interval;
  v_stretch_end timestamptz;
  v_next timestamptz;
  v_unspread almanac.schedules := schedule;
  v_jumps integer := 0;
begin
  v_unspread.jitter := null;
  while v_at < planned_occurrences.range_end and v_left > 0 loop
    v_planned := row(v_at, v_at, 'run');

    if schedule.has_overrides then
      v_action := (select o.action from almanac.occurrence_overrides o where o.schedule_id = (planned_occurrences.schedule).id and o.scheduled_for = v_at);
      if v_action is not null then
        if with_omitted and v_at >= due_from then
          v_planned.outcome := case v_action when 'move' then 'moved' else 'skipped' end;
          return next v_planned;
          v_left := v_left - 1;
        end if;
        v_at := almanac_private.next_occurrence(schedule, v_at);
        continue;
      end if;
    end if;

    v_stretch_end := null;
    if schedule.calendars <> '{}' then
      if v_at >= v_known_until then
        v_known_until := v_at + v_span;
        v_excluded := almanac_private.exclusions(schedule.calendars, schedule.timezone, v_at, v_known_until);
        v_span := least(v_span * 2, interval '1536 hours');
      end if;
      v_stretch_end := (select upper(r) from unnest(v_excluded) r where r @> v_at);
    end if;

    if v_stretch_end is not null and schedule.exclusion_policy = 'skip' then
      v_planned.outcome := 'excluded';
      if with_omitted then
        if v_at >= due_from then
          return next v_planned;
          v_left := v_left - 1;
        end if;
        v_at := almanac_private.next_occurrence(schedule, v_at);
      else
        v_jumps := v_jumps + 1;
        if v_jumps > 1000 then
          return next v_planned;
          return;
        end if;
        v_at := almanac_private.next_occurrence(schedule, v_stretch_end - interval '1 microsecond');
      end if;
      continue;
    elsif v_stretch_end is not null then
      v_next := v_at;
      loop
        v_next := almanac_private.next_occurrence(schedule, v_next);
        exit when v_next is null or v_next > v_stretch_end or not schedule.has_overrides or not exists (
          select from almanac.occurrence_overrides o where o.schedule_id = (planned_occurrences.schedule).id and o.scheduled_for = v_next);
      end loop;
      if v_next <= v_stretch_end then
        v_planned.outcome := 'merged';
        if with_omitted then
          if v_at >= due_from then
            return next v_planned;
            v_left := v_left - 1;
          end if;
          v_at := almanac_private.next_occurrence(schedule, v_at);
        elsif schedule.has_overrides then
          v_at := v_next;
        else
          -- Close to the stretch's end at once, as only the last one runs.
          foreach v_back in array array[interval '1 minute', interval '1 hour', interval '24 hours', interval '768 hours'] loop
            v_at := almanac_private.next_occurrence(schedule, greatest(v_next, v_stretch_end - v_back) - interval '1 microsecond');
            exit when v_at <= v_stretch_end;
            v_at := v_next;
          end loop;
        end if;
        continue;
      end if;
      v_planned.due_at := v_stretch_end;
    end if;

    v_next := almanac_private.next_occurrence(schedule, v_at);
    if schedule.jitter > interval '0' then
      v_planned.due_at := v_planned.due_at + almanac_private.jitter_delay(schedule.id, v_at, schedule.jitter, v_planned.due_at,
        case when v_next <= v_planned.due_at + schedule.jitter then (
          select p.due_at
          from almanac_private.planned_occurrences(v_unspread, v_at, v_planned.due_at + schedule.jitter + interval '1 second', 1) p
          where p.outcome = 'run')
        end);
    end if;
    if v_planned.due_at >= due_from then
      return next v_planned;
      v_left := v_left - 1;
    end if;
    v_at := v_next;
  end loop;
end
$$;
comment on function almanac_private.planned_occurrences(almanac.schedules, timestamptz, timestamptz, bigint, boolean, timestamptz) is
  'The occurrences of a schedule with a nominal time after a moment and before range_end, with what is to become of each; due times never decrease. What is due before due_from is passed over. In this order: override, exclusion calendars, merging, jitter. Without with_omitted only those that run in their order; should 1,000 stretches of exclusion leave none, the last one looked at, as excluded, so that whoever waits for it looks again.';
grant execute on function almanac_private.planned_occurrences(almanac.schedules, timestamptz, timestamptz, bigint, boolean, timestamptz) to almanac_viewer;
