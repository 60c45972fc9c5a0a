-- The rules are those of planned_occurrences, which the last branch asks. The second branch repeats its rules for
-- overrides, exclusions and jitter, as one statement for a whole range in which no calendar postpones anything: a loop
-- over its occurrences takes several times as long. Change both; planning.test.ts holds them to one oracle.
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
  v_back interval;
  v_begin timestamptz;
  v_left bigint;
  v_spread interval;
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

  if schedule.max_runs is null and coming_occurrences.range_end < 'infinity'
    and (schedule.calendars = '{}' or (with_omitted and schedule.exclusion_policy = 'skip'))
    and (with_omitted or not schedule.has_overrides) then
    -- A whole range in which no calendar postpones anything: the outcome of a nominal time depends on that time alone,
    -- and its jitter on the one that runs next.
    v_spread := coalesce(schedule.jitter, interval '0');
    return query
    with nominal as materialized (
      select o.at
      from almanac_private.occurrences_between(schedule,
        greatest(v_from - v_spread, v_cursor) + interval '1 microsecond',
        coming_occurrences.range_end + v_spread, null) o(at)
    ), closed as materialized (
      select (almanac_private.exclusions(schedule.calendars, schedule.timezone, min(n.at), max(n.at), false)).excluded
      from nominal n where schedule.calendars <> '{}' having count(*) > 0
    ), planned as (
      select n.at, case when o.action = 'move' then 'moved' when o.action = 'skip' then 'skipped'
        when (select c.excluded from closed c) @> n.at then 'excluded' else 'run' end as outcome
      from nominal n
      left join almanac.occurrence_overrides o on schedule.has_overrides
        and o.schedule_id = (coming_occurrences.schedule).id and o.scheduled_for = n.at
    ), spread as (
      select p.at as scheduled_for, case when p.outcome = 'run' and v_spread > interval '0'
        then p.at + almanac_private.jitter_delay(schedule.id, p.at, v_spread, p.at,
          lead(p.at) over (partition by p.outcome order by p.at))
        else p.at end as due_at, p.outcome
      from planned p where p.outcome <> 'moved'
      union all
      select m.scheduled_for, m.moved_to, case when m.is_carried_over then 'carried over' else 'moved' end
      from almanac_private.moved_occurrences(schedule) m where schedule.has_overrides
    )
    select s.scheduled_for, s.due_at, s.outcome
    from spread s
    where s.due_at >= coming_occurrences.range_start and s.due_at < coming_occurrences.range_end
    order by s.due_at, s.scheduled_for
    limit max_count;
    return;
  end if;

  if schedule.max_runs is null then
    v_from := v_from - coalesce(schedule.jitter, interval '0');
    if schedule.calendars <> '{}' and schedule.exclusion_policy = 'move' then
      -- What a calendar postpones until the range begins has an earlier nominal time: back to where that exclusion
      -- begins, further and further.
      v_low := coming_occurrences.range_start - coalesce(schedule.jitter, interval '0');
      foreach v_back in array array[interval '1 hour', interval '24 hours', interval '768 hours',
        interval '10000 hours'] loop
        -- With what ends just then.
        v_begin := (
          select lower(r)
          from almanac_private.exclusions(schedule.calendars, schedule.timezone, v_low - v_back,
            v_low - interval '1 microsecond', false) e
          cross join lateral unnest(e.excluded) r where r @> v_low - interval '1 microsecond');
        exit when v_begin is null;
        v_from := least(v_from, v_begin - interval '1 microsecond');
        exit when v_begin > v_low - v_back or v_begin <= v_cursor;
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
