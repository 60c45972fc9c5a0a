create or replace function almanac.calendar(
  range_start timestamptz, range_end timestamptz, timezone text default 'UTC', bucket interval default '1 hour',
  fold_above integer default 12, max_count integer default 5000
) returns setof almanac.calendar_item
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_now timestamptz := statement_timestamp();
begin
  perform almanac_private.check_timezone(calendar.timezone);
  perform almanac_private.checked_count(calendar.max_count);
  if not (calendar.range_end > calendar.range_start and calendar.range_end - calendar.range_start <= interval '400 days') then
    raise exception using errcode = 'AL012', message = 'The range must be longer than nothing and at most 400 days.',
      detail = format('range_start: %s, range_end: %s.', calendar.range_start, calendar.range_end), hint = 'Ask for a shorter range.';
  end if;
  if calendar.bucket is null or not (calendar.bucket between interval '1 minute' and interval '1 day') or extract(month from calendar.bucket) <> 0 then
    raise exception using errcode = 'AL012', message = 'The bucket must be between a minute and a day.',
      detail = format('bucket: %s.', calendar.bucket), hint = 'For instance 15 minutes, 1 hour or 1 day.';
  end if;

  return query
  with listed as materialized (
    select 'run' as item, r.schedule_id, r.schedule_name, r.scheduled_for as at, r.due_at, r.id as run_id, r.status, r.trigger, r.reason,
      r.started_at, r.finished_at, r.attempt, r.max_attempts
    from almanac.runs r
    where r.scheduled_for >= calendar.range_start and r.scheduled_for < calendar.range_end
    union all
    select 'occurrence', s.id, s.name, o.at, o.at, null, null, 'schedule', null, null, null, null, null
    from almanac.schedules s
    cross join lateral almanac_private.occurrences_between(
      s, greatest(calendar.range_start, coalesce(s.next_scheduled_for, v_now)), calendar.range_end, 1000000) o(at)
    where s.deleted_at is null and s.archived_at is null and (s.next_scheduled_for < calendar.range_end or s.status = 'paused')
  ), placed as (
    select l.*, date_trunc('day', l.at, calendar.timezone) as day,
      count(*) over (partition by l.schedule_id, date_trunc('day', l.at, calendar.timezone)) as day_total
    from listed l
  ), items as (
    select p.item, p.schedule_id, p.schedule_name, p.at as starts_at, null::timestamptz as ends_at, p.due_at, p.run_id, p.status, p.trigger, p.reason,
      p.started_at, p.finished_at, p.attempt, p.max_attempts, 1::bigint as total,
      (p.status is not distinct from 'succeeded')::int::bigint as succeeded, coalesce(p.status in ('failed', 'timed_out'), false)::int::bigint as failed,
      coalesce(p.status in ('skipped', 'cancelled'), false)::int::bigint as skipped,
      coalesce(p.status in ('waiting', 'queued', 'running', 'retrying'), false)::int::bigint as running, (p.item = 'occurrence')::int::bigint as upcoming
    from placed p where p.day_total <= calendar.fold_above
    union all
    select 'bucket', p.schedule_id, max(p.schedule_name), b.start, b.start + calendar.bucket, null, null, null, null, null, null, null, null, null,
      count(*), count(*) filter (where p.status = 'succeeded'), count(*) filter (where p.status in ('failed', 'timed_out')),
      count(*) filter (where p.status in ('skipped', 'cancelled')), count(*) filter (where p.status in ('waiting', 'queued', 'running', 'retrying')),
      count(*) filter (where p.item = 'occurrence')
    from placed p
    cross join lateral (
      select case when calendar.bucket = interval '1 day' then p.day else date_bin(calendar.bucket, p.at, p.day) end as start
    ) b
    where p.day_total > calendar.fold_above
    group by p.schedule_id, p.day, b.start
    union all
    select 'omission', o.schedule_id, o.schedule_name, lower(o.during), upper(o.during), null, null, null, null, o.reason::text, null, null, null, null,
      o.count, 0, 0, o.count, 0, 0
    from almanac.omissions o where o.during && tstzrange(calendar.range_start, calendar.range_end)
  ), ranked as (
    select i.*, row_number() over (order by i.failed > 0 desc, i.starts_at, i.schedule_id, i.run_id) as position from items i
  )
  select r.item, r.schedule_id, r.schedule_name, s.status, r.starts_at, r.ends_at, r.due_at, r.run_id, r.status, r.trigger, r.reason,
    r.started_at, r.finished_at, r.attempt, r.max_attempts, r.total, r.succeeded, r.failed, r.skipped, r.running, r.upcoming
  from ranked r left join almanac.schedules s on s.id = r.schedule_id
  where r.position <= calendar.max_count
  union all
  select 'left_out', null, null, null, calendar.range_start, calendar.range_end, null, null, null, null, null, null, null, null, null,
    sum(r.total)::bigint, sum(r.succeeded)::bigint, sum(r.failed)::bigint, sum(r.skipped)::bigint, sum(r.running)::bigint, sum(r.upcoming)::bigint
  from ranked r where r.position > calendar.max_count having count(*) > 0
  order by 5, 2, 8;
end
$$;
comment on function almanac.calendar(timestamptz, timestamptz, text, interval, integer, integer) is
  'Past runs and occurrences to come of all schedules in [range_start, range_end). Where a schedule has more than fold_above in a local day, it comes as counts per bucket. Above max_count items (failures come first) the rest is counted in one left_out item.';
grant execute on function almanac.calendar(timestamptz, timestamptz, text, interval, integer, integer) to almanac_viewer;
