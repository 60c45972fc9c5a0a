create or replace function almanac.busy_hours(
  timezone text default 'UTC', days integer default 7, with_system boolean default true,
  schedule_ids bigint[] default null, tags text[] default null, task text default null, creator text default null,
  search text default null
) returns table (
  weekday integer, hour integer, occurrences bigint, unmeasured bigint, run_time interval
)
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_now constant timestamptz := statement_timestamp();
begin
  perform almanac_private.check_timezone(busy_hours.timezone);
  if busy_hours.days is null or busy_hours.days not between 1 and 31 then
    raise exception using errcode = 'AL012', message = 'The number of days must be between 1 and 31.',
      detail = format('days: %s.', coalesce(busy_hours.days::text, 'null')), hint = 'For example 7.';
  end if;
  return query
  with planned as (
    -- A schedule's occurrences come by the hour; beyond 50,000 of these, all schedules' together, unmeasured.
    select c.schedule_id, c.starts_at, c.upcoming
    from almanac.calendar(v_now, v_now + busy_hours.days * interval '1 day', busy_hours.timezone, interval '1 hour',
      fold_above => 0, max_count => 50000, with_system => busy_hours.with_system,
      schedule_ids => busy_hours.schedule_ids, tags => busy_hours.tags, task => busy_hours.task,
      creator => busy_hours.creator, search => busy_hours.search) c
    where c.upcoming > 0
  ), measured as (
    select p.starts_at, p.upcoming, d.p50
    from planned p left join almanac.usual_durations(max_count => 10000) d on d.schedule_id = p.schedule_id
  ), spread as (
    select date_trunc('hour', m.starts_at, busy_hours.timezone) as at, m.upcoming as occurrences,
      case when m.p50 is null then m.upcoming else 0 end as unmeasured, interval '0' as run_time
    from measured m
    union all
    -- What takes longer than an hour also counts in those that follow, a day at most.
    select date_trunc('hour', m.starts_at, busy_hours.timezone) + h.n * interval '1 hour', 0, 0,
      m.upcoming * least(m.p50 - h.n * interval '1 hour', interval '1 hour')
    from measured m
    cross join lateral generate_series(0, least(23, ceil(extract(epoch from m.p50) / 3600)::integer - 1)) h(n)
    where m.p50 > interval '0'
  )
  select extract(isodow from l.local)::integer, extract(hour from l.local)::integer,
    sum(s.occurrences)::bigint, sum(s.unmeasured)::bigint, sum(s.run_time)
  from spread s
  cross join lateral (select s.at at time zone busy_hours.timezone as local) l
  group by 1, 2
  order by 1, 2;
end
$$;
comment on function almanac.busy_hours(text, integer, boolean, bigint[], text[], text, text, text) is
  'What is upcoming in the next days by weekday (1 Monday to 7 Sunday) and hour of a time zone: how many occurrences, '
  'how long they will run altogether by their usual durations (usual_durations, median), and how many of them have no '
  'such duration. Hours in which there is nothing have no row. Of all schedules, or of those that calendar() would '
  'show.';
grant execute on function almanac.busy_hours(text, integer, boolean, bigint[], text[], text, text, text)
  to almanac_viewer;
