-- The rules are those of planned_occurrences, which the last branch asks. The second branch repeats them as one
-- statement for a whole range of which all is listed: a loop over its occurrences takes several times as long. Change
-- both; planning.test.ts holds them to one oracle.
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
  v_spread interval := coalesce(schedule.jitter, interval '0');
begin
  if schedule.max_runs is not null then
    if schedule.status = 'active' then
      -- The first ones from now count, wherever the range begins.
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

  if schedule.max_runs is null then
    v_from := v_from - v_spread;
    if schedule.calendars <> '{}' and schedule.exclusion_policy = 'move' then
      -- What a calendar postpones until the range begins has an earlier nominal time: back to where that exclusion
      -- begins, further and further.
      v_low := coming_occurrences.range_start - v_spread;
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

  if schedule.max_runs is null and coming_occurrences.range_end < 'infinity'
    and (with_omitted or schedule.calendars = '{}' and not schedule.has_overrides) then
    -- The outcome of a nominal time depends on that time, on the exclusion that it lies in and on whether another one
    -- takes its place when that ends; its jitter on the one that runs next.
    return query
    with nominal as materialized (
      select o.at
      from almanac_private.occurrences_between(schedule, v_from + interval '1 microsecond',
        coming_occurrences.range_end + v_spread, null) o(at)
    ), closed as materialized (
      select array(select lower(r) from unnest(e.excluded) r) as begins,
        array(select upper(r) from unnest(e.excluded) r) as ends
      from (select min(n.at) as first, max(n.at) as last from nominal n where schedule.calendars <> '{}') n
      cross join lateral almanac_private.exclusions(schedule.calendars, schedule.timezone, n.first, n.last,
        schedule.exclusion_policy = 'move') e
      where n.first is not null
    ), placed as (
      select n.at, o.action, case when x.ends > n.at then x.ends end as ends,
        case when schedule.exclusion_policy = 'move'
          then lead(n.at) over (partition by o.action is null order by n.at) end as next_at
      from nominal n
      left join almanac.occurrence_overrides o on schedule.has_overrides
        and o.schedule_id = (coming_occurrences.schedule).id and o.scheduled_for = n.at
      cross join lateral (
        select (select c.ends from closed c)[width_bucket(n.at, (select c.begins from closed c))] as ends) x
    ), planned as (
      select p.at, p.ends, case when p.action = 'move' then 'moved' when p.action = 'skip' then 'skipped'
        when p.ends is null then 'run'
        when schedule.exclusion_policy = 'skip' or p.ends = 'infinity' then 'excluded'
        when p.next_at <= p.ends then 'merged'
        when p.next_at is null and exists (
          -- As many are looked at as have an override, and one more.
          select from almanac_private.occurrences_between(schedule, p.at + interval '1 microsecond',
            p.ends + interval '1 microsecond', (
              select count(*) + 1 from almanac.occurrence_overrides v
              where v.schedule_id = (coming_occurrences.schedule).id and v.scheduled_for > p.at
                and v.scheduled_for <= p.ends)) o(at)
          where not exists (select from almanac.occurrence_overrides v
            where v.schedule_id = (coming_occurrences.schedule).id and v.scheduled_for = o.at)
        ) then 'merged'
        else 'run' end as outcome
      from placed p
    ), due as (
      select p.at, p.outcome, case when p.outcome = 'run' then coalesce(p.ends, p.at) else p.at end as due_at
      from planned p where p.outcome <> 'moved'
    ), spread as (
      select d.at as scheduled_for, case when d.outcome = 'run' and v_spread > interval '0'
        then d.due_at + almanac_private.jitter_delay(schedule.id, d.at, v_spread, d.due_at,
          lead(d.due_at) over (partition by d.outcome order by d.at))
        else d.due_at end as due_at, d.outcome
      from due d
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
