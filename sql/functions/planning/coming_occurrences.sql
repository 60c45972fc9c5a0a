create or replace function almanac_private.coming_occurrences(
  schedule almanac.schedules, range_start timestamptz, range_end timestamptz, max_count integer,
  with_omitted boolean default false
) returns setof almanac_private.planned_occurrence
language plpgsql stable rows 1000 set search_path to pg_catalog, pg_temp
as $$
declare
  v_from timestamptz := coming_occurrences.range_start - interval '1 microsecond';
  v_cursor timestamptz := case when schedule.cursor_at < coming_occurrences.range_start then schedule.cursor_at end;
  v_low timestamptz;
  v_left bigint;
begin
  if schedule.max_runs is not null then
    if schedule.status = 'active' then
      -- The first so many from now count, wherever the range begins.
      v_from := coalesce(v_cursor, v_from);
    end if;
    v_left := greatest(schedule.max_runs - schedule.fired_runs, 0);
  end if;

  if schedule.calendars = '{}' and not schedule.has_overrides and schedule.jitter is null then
    return query
    select o.at, o.at, 'run'
    from almanac_private.occurrences_between(schedule, v_from + interval '1 microsecond', coming_occurrences.range_end,
      case when schedule.max_runs is null then max_count else v_left end) o(at)
    where o.at >= coming_occurrences.range_start
    limit max_count;
    return;
  end if;

  if schedule.calendars = '{}' and not schedule.has_overrides and schedule.max_runs is null
    and coming_occurrences.range_end < 'infinity' then
    -- Jitter alone: of each nominal time with the one that follows it.
    return query
    select s.at, s.due_at, 'run'
    from (
      select o.at, o.at + almanac_private.jitter_delay(schedule.id, o.at, schedule.jitter, o.at,
        lead(o.at) over (order by o.at)) as due_at
      from almanac_private.occurrences_between(schedule,
        greatest(v_from - schedule.jitter, v_cursor) + interval '1 microsecond',
        coming_occurrences.range_end + schedule.jitter, null) o(at)
    ) s
    where s.due_at >= coming_occurrences.range_start and s.due_at < coming_occurrences.range_end
    order by s.due_at
    limit max_count;
    return;
  end if;

  if schedule.max_runs is null then
    v_from := v_from - coalesce(schedule.jitter, interval '0');
    if schedule.calendars <> '{}' and schedule.exclusion_policy = 'move' then
      -- What a calendar postpones until the range begins has an earlier nominal time: back to where that exclusion
      -- begins.
      v_low := coming_occurrences.range_start - coalesce(schedule.jitter, interval '0');
      for v_try in 1 .. 500 loop
        v_low := (select min(lower(w.during))
          from almanac_private.exclusion_windows(schedule.calendars, schedule.timezone,
            v_low - interval '1 microsecond', v_low) w
          where lower(w.during) < v_low);
        exit when v_low is null;
        v_from := least(v_from, v_low - interval '1 microsecond');
      end loop;
    end if;
    v_from := greatest(v_from, v_cursor);
  end if;

  return query
  with items as (
    select p.scheduled_for, p.due_at, p.outcome
    from almanac_private.planned_occurrences(schedule, v_from, coming_occurrences.range_end,
      case when not with_omitted then coalesce(v_left, max_count) end, with_omitted,
      case when v_left is null then coming_occurrences.range_start else '-infinity' end) p
    where p.outcome <> 'moved' and (with_omitted or p.outcome = 'run')
    union all
    select m.scheduled_for, m.moved_to, case when m.is_carried_over then 'carried over' else 'moved' end
    from almanac_private.moved_occurrences(schedule) m
      where schedule.has_overrides and m.moved_to < coming_occurrences.range_end
  ), counted as (
    select i.*, count(*) filter (where i.outcome in ('run', 'moved', 'carried over')) over (
      order by i.due_at, i.scheduled_for) as nth from items i
  )
  select c.scheduled_for, c.due_at, c.outcome
  from counted c
  where c.due_at >= coming_occurrences.range_start and c.due_at < coming_occurrences.range_end
    and (v_left is null or c.nth <= v_left)
  order by c.due_at, c.scheduled_for
  limit max_count;
end
$$;
comment on function almanac_private.coming_occurrences(almanac.schedules, timestamptz, timestamptz, integer, boolean) is
  'What of a schedule is due in [range_start, range_end), the first max_count, no more than max_runs leaves; '
  'with_omitted: also what calendars and overrides leave out, by its nominal time. What is listed anywhere comes '
  'from here.';
grant execute on function almanac_private.coming_occurrences(
  almanac.schedules, timestamptz, timestamptz, integer, boolean
) to almanac_viewer;
