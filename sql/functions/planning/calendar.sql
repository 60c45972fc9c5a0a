create or replace function almanac.calendar(
  range_start timestamptz, range_end timestamptz, timezone text default 'UTC', bucket interval default '1 hour',
  fold_above integer default 12,
  schedules text[] default null, tags text[] default null, task text default null, max_count integer default 5000,
  with_system boolean default true
) returns setof almanac.calendar_item
language plpgsql stable set search_path to pg_catalog, pg_temp set jit to off set enable_mergejoin to off
  set work_mem to '64MB'
as $$
declare
  v_now timestamptz := statement_timestamp();
  v_ids bigint[];
  v_hidden bigint[] := '{}';
  v_lost bigint[] := '{}';
  v_wide interval := calendar.bucket;
begin
  perform almanac_private.check_timezone(calendar.timezone);
  if calendar.max_count is distinct from 0 then
    perform almanac_private.checked_count(calendar.max_count);
  end if;
  perform almanac_private.check_range(calendar.range_start, calendar.range_end);
  if calendar.bucket is null or not (calendar.bucket between interval '1 minute' and interval '1 day')
    or extract(month from calendar.bucket) <> 0 then
    raise exception using errcode = 'AL012', message = 'The bucket must be between a minute and a day.',
      detail = format('bucket: %s.', calendar.bucket), hint = 'For instance 15 minutes, 1 hour or 1 day.';
  end if;
  if extract(epoch from calendar.range_end - calendar.range_start) / extract(epoch from calendar.bucket) > 1000 then
    v_wide := interval '1 day';
  end if;
  if calendar.schedules is not null or calendar.tags is not null or calendar.task is not null then
    v_ids := array(
      select s.id from almanac.schedules s
      where (calendar.schedules is null or s.name = any (calendar.schedules))
        and (calendar.tags is null or s.tags && calendar.tags)
        and (calendar.task is null or s.task_identifier = calendar.task));
  end if;

  if calendar.with_system is false then
    v_hidden := array(select s.id from almanac.schedules s where s.is_system);
  end if;

  loop
    begin
      return query
      with listed as materialized (
        select 'run' as item, r.schedule_id, r.schedule_name, r.scheduled_for, r.due_at as at, r.id as run_id, r.status,
          r.trigger, r.reason,
          r.started_at, r.finished_at, r.attempt, r.max_attempts
        from almanac.runs r
        where r.scheduled_for >= calendar.range_start and r.scheduled_for < calendar.range_end
          and r.due_at = r.scheduled_for
          and (v_ids is null or r.schedule_id = any (v_ids)) and r.schedule_id <> all (v_hidden)
        union all
        select 'run', r.schedule_id, r.schedule_name, r.scheduled_for, r.due_at, r.id, r.status, r.trigger, r.reason,
          r.started_at, r.finished_at, r.attempt, r.max_attempts
        from almanac.runs r
        where r.due_at >= calendar.range_start and r.due_at < calendar.range_end and r.due_at <> r.scheduled_for
          and (v_ids is null or r.schedule_id = any (v_ids)) and r.schedule_id <> all (v_hidden)
        union all
        select 'occurrence', s.id, s.name, o.at, o.at, null, null, 'schedule', null, null, null, null, null
        from almanac.schedules s
        cross join lateral almanac_private.cron_between(s.rule, s.timezone,
          greatest(calendar.range_start, coalesce(s.next_scheduled_for, v_now), s.starts_at) - interval '1 microsecond',
          least(calendar.range_end, s.ends_at)) o(at)
        where s.kind = 'cron' and s.deleted_at is null and s.archived_at is null
          and (s.next_scheduled_for < calendar.range_end or s.status = 'paused')
          and (v_ids is null or s.id = any (v_ids)) and s.id <> all (v_hidden) and s.id <> all (v_lost)
          and s.calendars = '{}' and not s.has_overrides and s.jitter is null and s.max_runs is null
        union all
        select 'occurrence', s.id, s.name, o.at, o.at, null, null, 'schedule', null, null, null, null, null
        from almanac.schedules s
        cross join lateral almanac_private.occurrences_between(
          s, greatest(calendar.range_start, coalesce(s.next_scheduled_for, v_now)), calendar.range_end, null) o(at)
        where s.kind <> 'cron' and s.deleted_at is null and s.archived_at is null
          and (s.next_scheduled_for < calendar.range_end or s.status = 'paused')
          and (v_ids is null or s.id = any (v_ids)) and s.id <> all (v_hidden) and s.id <> all (v_lost)
          and s.calendars = '{}' and not s.has_overrides and s.jitter is null and s.max_runs is null
        union all
        -- What may be due at another time than its nominal one, or not at all.
        select case when c.outcome in ('run', 'moved', 'carried over') then 'occurrence'
          else 'omitted' end, s.id, s.name,
          c.scheduled_for, c.due_at, null, null, 'schedule',
          case when c.outcome <> 'run' then c.outcome end, null, null, null, null
        from almanac.schedules s
        cross join lateral almanac_private.coming_occurrences(
          s, greatest(calendar.range_start, case when s.status = 'active' then s.cursor_at + interval '1 microsecond'
            else v_now end), calendar.range_end,
          null, true) c
        where s.deleted_at is null and s.archived_at is null and s.status in ('active', 'paused')
          and (v_ids is null or s.id = any (v_ids)) and s.id <> all (v_hidden) and s.id <> all (v_lost)
          and not (s.calendars = '{}' and not s.has_overrides and s.jitter is null and s.max_runs is null)
      ), placed as materialized (
        select l.*, date_trunc('day', l.at, calendar.timezone) as day from listed l
      ), dense as materialized (
        select p.schedule_id, p.day from placed p group by p.schedule_id, p.day having count(*) > calendar.fold_above
      ), items as materialized (
        select p.item, p.schedule_id, p.schedule_name, p.at as starts_at, null::timestamptz as ends_at, p.at as due_at,
          p.run_id, p.status, p.trigger, p.reason,
          p.started_at, p.finished_at, p.attempt, p.max_attempts, 1::bigint as total,
          (p.status is not distinct from 'succeeded')::int::bigint as succeeded,
            coalesce(p.status in ('failed', 'timed_out'), false)::int::bigint as failed,
          (p.item = 'omitted' or coalesce(p.status in ('skipped', 'cancelled'), false))::int::bigint as skipped,
          coalesce(p.status in ('waiting', 'queued', 'running', 'retrying'), false)::int::bigint as running,
          (p.item = 'occurrence')::int::bigint as upcoming,
          p.scheduled_for
        from placed p where not exists (select from dense d where d.schedule_id = p.schedule_id and d.day = p.day)
        union all
        select 'bucket', p.schedule_id, max(p.schedule_name), b.start, b.start + calendar.bucket, null, null, null,
          null, null, null, null, null, null,
          count(*), count(*) filter (where p.status = 'succeeded'),
          count(*) filter (where p.status in ('failed', 'timed_out')),
          count(*) filter (where p.item = 'omitted' or p.status in ('skipped', 'cancelled')),
          count(*) filter (where p.status in ('waiting', 'queued', 'running', 'retrying')),
          count(*) filter (where p.item = 'occurrence'), null
        from placed p join dense d on d.schedule_id = p.schedule_id and d.day = p.day
        cross join lateral (
          select case when calendar.bucket = interval '1 day' then p.day
            else date_bin(calendar.bucket, p.at, p.day) end as start
        ) b
        group by p.schedule_id, p.day, b.start
        union all
        select 'omission', o.schedule_id, o.schedule_name, lower(o.during), upper(o.during), null, null, null, null,
          o.reason::text, null, null, null, null,
          o.count, 0, 0, o.count, 0, 0, null
        from almanac.omissions o
        where o.during && tstzrange(calendar.range_start, calendar.range_end)
          and (v_ids is null or o.schedule_id = any (v_ids)) and o.schedule_id <> all (v_hidden)
      ), ranked as (
        select i.*, row_number() over (order by i.failed > 0 desc, i.starts_at, i.schedule_id, i.run_id) as position
          from items i
      )
      select r.item, r.schedule_id, r.schedule_name, s.status, r.starts_at, r.ends_at, r.due_at, r.run_id, r.status,
        r.trigger, r.reason,
        r.started_at, r.finished_at, r.attempt, r.max_attempts, r.total, r.succeeded, r.failed, r.skipped, r.running,
        r.upcoming, r.scheduled_for
      from ranked r left join almanac.schedules s on s.id = r.schedule_id
      where r.position <= calendar.max_count
      union all
      select 'left_out', null, null, null, greatest(b.start, calendar.range_start),
        least(b.start + v_wide, calendar.range_end), null, null, null, null, null,
        null, null, null, null, sum(r.total)::bigint, sum(r.succeeded)::bigint, sum(r.failed)::bigint,
        sum(r.skipped)::bigint, sum(r.running)::bigint,
        sum(r.upcoming)::bigint, null
      from ranked r
      cross join lateral (select date_trunc('day', greatest(r.starts_at, calendar.range_start),
        calendar.timezone) as day) d
      cross join lateral (
        select case when v_wide = interval '1 day' then d.day
          else date_bin(v_wide, greatest(r.starts_at, calendar.range_start), d.day) end as start
      ) b
      where r.position > calendar.max_count
      group by b.start
      order by 5, 2, 8;
      return;
    exception when invalid_parameter_value then
      -- A time zone that the server does not know hides what its schedules name, and no one else's.
      v_lost := case when v_lost = '{}' then array(
        select s.id from almanac.schedules s where almanac_private.lost_timezone(s) is not null) else '{}' end;
      if v_lost = '{}' then
        raise;
      end if;
    end;
  end loop;
end
$$;
comment on function almanac.calendar(
  timestamptz, timestamptz, text, interval, integer, text[], text[], text, integer, boolean
) is
  'Runs and upcoming occurrences that are due in [range_start, range_end), of all schedules or of those with one of '
  'the names, one of the tags, a task. Where a schedule has more than fold_above in a local day, it comes as counts '
  'per bucket. Above max_count items (failures come first) the rest comes as left_out items: counts of all schedules '
  'together per bucket, per day if that were more than 1,000. max_count 0: only those. with_system false: without '
  'Almanac''s own schedules.';
grant execute on function almanac.calendar(
  timestamptz, timestamptz, text, interval, integer, text[], text[], text, integer, boolean
) to almanac_viewer;
