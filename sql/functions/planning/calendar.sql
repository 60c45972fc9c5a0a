-- Where there is more than max_count rows are made of counts alone. What makes that quick:
--
-- 1. Schedules with the same cron text have the same times: they are looked up once, and multiplied.
-- 2. Runs are counted as they are read. They are read a second time only where they are listed one by one.
-- 3. Of rules that a bucket shows as a count, whole days are counted by the hour (cron_hours), and not listed.
-- 4. Days are found in an array of where they begin: date_trunc in a zone takes ten times as long.
create or replace function almanac.calendar(
  range_start timestamptz, range_end timestamptz, timezone text default 'UTC', bucket interval default '1 hour',
  fold_above integer default 12,
  schedules text[] default null, tags text[] default null, task text default null, max_count integer default 5000,
  with_system boolean default true, schedule_ids bigint[] default null,
  creator text default null, search text default null
) returns setof almanac.calendar_item
language plpgsql stable set search_path to pg_catalog, pg_temp set jit to off set enable_mergejoin to off
  set work_mem to '64MB'
as $$
declare
  v_now timestamptz := statement_timestamp();
  v_ids bigint[];
  v_hidden bigint[] := '{}';
  v_lost bigint[] := '{}';
  v_days timestamptz[];
  v_step interval := case when calendar.bucket = interval '1 day' then interval '48 hours' else calendar.bucket end;
  v_by_day boolean;
  v_by_hour boolean;
begin
  perform almanac_private.check_timezone(calendar.timezone);
  if calendar.max_count is distinct from 0 then
    perform almanac_private.checked_count(calendar.max_count);
  end if;
  perform almanac_private.check_range(calendar.range_start, calendar.range_end);
  if calendar.bucket is null or not (calendar.bucket between interval '1 minute' and interval '1 day')
    or extract(month from calendar.bucket) <> 0 then
    raise exception using errcode = 'AL012', message = 'The bucket must be between a minute and a day.',
      detail = format('bucket: %s.', calendar.bucket), hint = 'For example 15 minutes, 1 hour or 1 day.';
  end if;
  v_by_day :=
    extract(epoch from calendar.range_end - calendar.range_start) / extract(epoch from calendar.bucket) > 1000;
  v_by_hour := extract(epoch from calendar.bucket) % 3600 = 0;
  if length(calendar.search) > 200 then
    raise exception using errcode = 'AL012', message = 'The search text is too long.',
      detail = format('search: %s characters.', length(calendar.search)),
      hint = 'Use at most 200 characters of a name.';
  end if;
  -- One more than there are, so that each has an end; a day that a zone left out does not count. A bucket longer than
  -- any day is a day, also where it has 23 or 25 hours.
  v_days := array(
    select distinct d.day at time zone calendar.timezone
    from generate_series((calendar.range_start at time zone calendar.timezone)::date::timestamp,
      (calendar.range_end at time zone calendar.timezone)::date + interval '1 day', interval '1 day') d(day)
    order by 1);
  if calendar.schedules is not null or calendar.tags is not null or calendar.task is not null
    or calendar.schedule_ids is not null or calendar.creator is not null or calendar.search is not null then
    v_ids := array(
      select s.id from almanac.schedules s
      where (calendar.schedule_ids is null or s.id = any (calendar.schedule_ids))
        and (calendar.schedules is null or s.name = any (calendar.schedules))
        and (calendar.tags is null or s.tags && calendar.tags)
        and (calendar.task is null or s.task_identifier = calendar.task)
        and (calendar.creator is null or s.created_by = calendar.creator)
        and (calendar.search is null or strpos(lower(s.name), lower(calendar.search)) > 0));
  end if;

  if calendar.with_system is false then
    v_hidden := array(select s.id from almanac.schedules s where s.is_system);
  end if;

  loop
    begin
      return query
      with seen as not materialized (
        select r.*, v_days[width_bucket(r.due_at, v_days)] as day
        from almanac.runs r
        where r.scheduled_for >= calendar.range_start and r.scheduled_for < calendar.range_end
          and r.due_at = r.scheduled_for and r.parent_id is null
          and (v_ids is null or r.schedule_id = any (v_ids)) and r.schedule_id <> all (v_hidden)
        union all
        select r.*, v_days[width_bucket(r.due_at, v_days)]
        from almanac.runs r
        where r.due_at >= calendar.range_start and r.due_at < calendar.range_end and r.due_at <> r.scheduled_for
          and r.parent_id is null
          and (v_ids is null or r.schedule_id = any (v_ids)) and r.schedule_id <> all (v_hidden)
      ), ran as (
        select r.schedule_id, r.day, date_bin(v_step, r.due_at, r.day) as bucket, count(*) as total,
          count(*) filter (where r.status = 'succeeded') as succeeded,
          count(*) filter (where r.status in ('failed', 'timed_out')) as failed,
          count(*) filter (where r.status = 'skipped') as skipped,
          count(*) filter (where r.status = 'running') as running,
          count(*) filter (where r.status = 'cancelled') as cancelled,
          count(*) filter (where r.status in ('waiting', 'queued', 'retrying')) as waiting
        from seen r group by 1, 2, 3
      ), rules as materialized (
        select row_number() over () as rule, (array_agg(s.rule))[1] as compiled, s.timezone, s.after, s.until,
          array_agg(s.id) as schedules, count(*) as sharing,
          case when (array_agg(s.is_counted))[1] then (select min(d.day) from unnest(v_days) d(day)
            where d.day > s.after and d.day < s.until) end as counted_from,
          (select max(d.day) from unnest(v_days) d(day) where d.day <= s.until) as counted_until
        from (
          select s.id, s.rule, s.cron_expression, s.timezone,
            -- Each hour that matches makes its day a dense one, and lies in one bucket.
            bit_count((s.rule).minutes::bit(60)) * bit_count((s.rule).seconds::bit(60)) > calendar.fold_above
              and (v_by_hour and not exists (
                select from unnest(v_days) d(day)
                where extract(epoch from d.day at time zone s.timezone) % 3600 <> 0)) as is_counted,
            greatest(calendar.range_start, coalesce(s.next_scheduled_for, v_now), s.starts_at)
              - interval '1 microsecond' as after,
            least(calendar.range_end, s.ends_at) as until
          from almanac.schedules s
          where s.kind = 'cron' and s.deleted_at is null and s.archived_at is null
            and (s.next_scheduled_for < calendar.range_end or s.status = 'paused')
            and (v_ids is null or s.id = any (v_ids)) and s.id <> all (v_hidden) and s.id <> all (v_lost)
            and s.calendars = '{}' and not s.has_overrides and s.jitter is null and s.max_runs is null
        ) s
        group by s.cron_expression, s.timezone, s.after, s.until
      ), times as materialized (
        select r.rule, r.sharing, o.at, v_days[width_bucket(o.at, v_days)] as day
        from rules r
        cross join lateral (
          select r.after, coalesce(r.counted_from, r.until) as until
          union all
          select r.counted_until - interval '1 microsecond', r.until where r.counted_from is not null
        ) p
        cross join lateral almanac_private.cron_between(r.compiled, r.timezone, p.after, p.until) o(at)
      ), shared as materialized (
        select t.rule, t.sharing, t.day, date_bin(v_step, t.at, t.day) as bucket, sum(t.total)::bigint as total
        from (
          select t.rule, t.sharing, t.day, t.at, 1 as total from times t
          union all
          select r.rule, r.sharing, v_days[width_bucket(h.at, v_days)], h.at, h.total
          from rules r
          cross join lateral almanac_private.cron_hours(r.compiled, r.timezone, r.counted_from, r.counted_until) h
        ) t
        group by 1, 2, 3, 4
      ), listed as materialized (
        select 'occurrence' as item, s.id as schedule_id, s.name as schedule_name, o.at as scheduled_for, o.at,
          null as reason, v_days[width_bucket(o.at, v_days)] as day
        from almanac.schedules s
        cross join lateral almanac_private.occurrences_between(
          s, greatest(calendar.range_start, coalesce(s.next_scheduled_for, v_now)), calendar.range_end, null) o(at)
        where s.kind <> 'cron' and s.deleted_at is null and s.archived_at is null
          and (s.next_scheduled_for < calendar.range_end or s.status = 'paused')
          and (v_ids is null or s.id = any (v_ids)) and s.id <> all (v_hidden) and s.id <> all (v_lost)
          and s.calendars = '{}' and not s.has_overrides and s.jitter is null and s.max_runs is null
        union all
        -- What may be due at another time than its nominal one, or not at all.
        select case when c.outcome in ('run', 'moved', 'carried over') then 'occurrence' else 'omitted' end, s.id,
          s.name, c.scheduled_for, c.due_at, case when c.outcome <> 'run' then c.outcome end,
          v_days[width_bucket(c.due_at, v_days)]
        from almanac.schedules s
        cross join lateral almanac_private.coming_occurrences(
          s, greatest(calendar.range_start, case when s.status = 'active' then s.cursor_at + interval '1 microsecond'
            else v_now end), calendar.range_end, null, true) c
        where s.deleted_at is null and s.archived_at is null and s.status in ('active', 'paused')
          and (v_ids is null or s.id = any (v_ids)) and s.id <> all (v_hidden) and s.id <> all (v_lost)
          and not (s.calendars = '{}' and not s.has_overrides and s.jitter is null and s.max_runs is null)
      ), gaps as materialized (
        select o.schedule_id, o.schedule_name, o.during, o.reason, o.count,
          greatest(lower(o.during), calendar.range_start) as at,
          v_days[width_bucket(greatest(lower(o.during), calendar.range_start), v_days)] as day
        from almanac.omissions o
        where o.during && tstzrange(calendar.range_start, calendar.range_end)
          and (v_ids is null or o.schedule_id = any (v_ids)) and o.schedule_id <> all (v_hidden)
      ), own as materialized (
        select c.schedule_id, c.day, c.bucket, sum(c.total)::bigint as total, sum(c.succeeded)::bigint as succeeded,
          sum(c.failed)::bigint as failed, sum(c.skipped)::bigint as skipped, sum(c.running)::bigint as running,
          sum(c.upcoming)::bigint as upcoming, sum(c.cancelled)::bigint as cancelled,
          sum(c.waiting)::bigint as waiting
        from (
          select r.schedule_id, r.day, r.bucket, r.total, r.succeeded, r.failed, r.skipped, r.running, 0 as upcoming,
            r.cancelled, r.waiting
          from ran r
          union all
          select l.schedule_id, l.day, date_bin(v_step, l.at, l.day), 1, 0, 0, (l.item = 'omitted')::integer, 0,
            (l.item = 'occurrence')::integer, 0, 0
          from listed l
        ) c group by 1, 2, 3
      ), volume as (
        select sum(d.sharing * case when d.total > calendar.fold_above then d.buckets else d.total end) as items,
          sum(d.sharing * d.buckets) as buckets, sum(d.sharing) as days, sum(d.failed) as failed
        from (
          select c.sharing, sum(c.total) as total, count(*) as buckets, 0 as failed
          from shared c group by c.rule, c.sharing, c.day
          union all
          select 1, sum(c.total), count(*), sum(c.failed) from own c group by c.schedule_id, c.day
          union all
          select 1, 1, 1, 0 from gaps
        ) d
      ), chosen as materialized (
        select case when calendar.max_count = 0 then 'all'
          when v.items <= calendar.max_count or v.items is null then 'items'
          when v.failed + v.buckets <= calendar.max_count and not v_by_day then 'buckets'
          when v.failed + v.days <= calendar.max_count then 'days'
          else 'all' end as mode
        from volume v
      ), dense as materialized (
        select c.schedule_id, c.day
        from (
          select c.schedule_id, c.day, c.total from own c
          union all
          select s.id, c.day, c.total from shared c join rules r on r.rule = c.rule, unnest(r.schedules) s(id)
        ) c group by 1, 2 having sum(c.total) > calendar.fold_above
      ), failures as materialized (
        select r.*, date_bin(v_step, r.due_at, r.day) as bucket
        from seen r where r.status in ('failed', 'timed_out') and (select c.mode from chosen c) <> 'items'
        order by r.due_at, r.schedule_id, r.id limit calendar.max_count
      ), counted as (
        -- Of one schedule, or of all.
        select case when (select c.mode from chosen c) <> 'all' then c.schedule_id end as schedule_id, c.day,
          c.bucket, c.total, c.succeeded, c.failed, c.skipped, c.running, c.upcoming, c.cancelled, c.waiting
        from own c
        union all
        select s.id, c.day, c.bucket, c.total, 0, 0, 0, 0, c.total, 0, 0
        from shared c join rules r on r.rule = c.rule cross join lateral unnest(r.schedules) s(id)
        where (select c.mode from chosen c) <> 'all'
        union all
        select null, c.day, c.bucket, c.sharing * c.total, 0, 0, 0, 0, c.sharing * c.total, 0, 0
        from shared c where (select c.mode from chosen c) = 'all'
        union all
        select case when (select c.mode from chosen c) <> 'all' then g.schedule_id end, g.day,
          date_bin(v_step, g.at, g.day), g.count, 0, 0, g.count, 0, 0, 0, 0
        from gaps g where (select c.mode from chosen c) <> 'items'
        union all
        -- These come one by one.
        select case when (select c.mode from chosen c) <> 'all' then f.schedule_id end, f.day, f.bucket, -1, 0, -1, 0,
          0, 0, 0, 0
        from failures f
      ), items as (
        select 'run' as item, r.schedule_id, r.schedule_name, r.due_at as starts_at, null::timestamptz as ends_at,
          r.due_at, r.id as run_id, r.status, r.trigger, r.reason, r.started_at, r.finished_at, r.attempt,
          r.max_attempts, 1::bigint as total,
          (r.status = 'succeeded')::integer::bigint as succeeded,
          (r.status in ('failed', 'timed_out'))::integer::bigint as failed,
          (r.status = 'skipped')::integer::bigint as skipped,
          (r.status = 'running')::integer::bigint as running, 0::bigint as upcoming, r.scheduled_for,
          (r.status = 'cancelled')::integer::bigint as cancelled,
          (r.status in ('waiting', 'queued', 'retrying'))::integer::bigint as waiting
        from seen r
        where (select c.mode from chosen c) = 'items'
          and not exists (select from dense d where d.schedule_id = r.schedule_id and d.day = r.day)
        union all
        select 'run', f.schedule_id, f.schedule_name, f.due_at, null, f.due_at, f.id, f.status, f.trigger, f.reason,
          f.started_at, f.finished_at, f.attempt, f.max_attempts, 1, 0, 1, 0, 0, 0, f.scheduled_for,
          0, 0
        from failures f
        union all
        select 'occurrence', s.id, null, t.at, null, t.at, null, null, 'schedule', null, null, null, null, null,
          1, 0, 0, 0, 0, 1, t.at, 0, 0
        from times t join rules r on r.rule = t.rule cross join lateral unnest(r.schedules) s(id)
        where (select c.mode from chosen c) = 'items'
          and not exists (select from dense d where d.schedule_id = s.id and d.day = t.day)
        union all
        select l.item, l.schedule_id, l.schedule_name, l.at, null, l.at, null, null, 'schedule', l.reason, null, null,
          null, null, 1, 0, 0, (l.item = 'omitted')::integer, 0, (l.item = 'occurrence')::integer, l.scheduled_for,
          0, 0
        from listed l
        where (select c.mode from chosen c) = 'items'
          and not exists (select from dense d where d.schedule_id = l.schedule_id and d.day = l.day)
        union all
        select 'omission', g.schedule_id, g.schedule_name, lower(g.during), upper(g.during), null, null, null, null,
          g.reason::text, null, null, null, null, g.count, 0, 0, g.count, 0, 0, null, 0, 0
        from gaps g where (select c.mode from chosen c) = 'items'
        union all
        select case when c.mode = 'items' then 'bucket' else 'density' end, c.schedule_id, null,
          case when c.mode = 'items' then c.place else greatest(c.place, calendar.range_start) end,
          case when c.mode = 'items' then c.ends_at else least(c.ends_at, calendar.range_end) end,
          null, null, null, null, null, null, null, null, null, c.total, c.succeeded, c.failed, c.skipped, c.running,
          c.upcoming, null, c.cancelled, c.waiting
        from (
          select m.mode, c.schedule_id, p.place,
            least(p.place + case when w.is_day then interval '48 hours' else v_step end,
              v_days[width_bucket(c.day, v_days) + 1]) as ends_at,
            sum(c.total)::bigint as total, sum(c.succeeded)::bigint as succeeded, sum(c.failed)::bigint as failed,
            sum(c.skipped)::bigint as skipped, sum(c.running)::bigint as running,
            sum(c.upcoming)::bigint as upcoming, sum(c.cancelled)::bigint as cancelled,
            sum(c.waiting)::bigint as waiting
          from counted c
          cross join (select c.mode from chosen c) m
          cross join lateral (select m.mode = 'days' or m.mode = 'all' and v_by_day as is_day) w
          cross join lateral (select case when w.is_day then c.day else c.bucket end as place) p
          where m.mode <> 'items'
            or exists (select from dense d where d.schedule_id = c.schedule_id and d.day = c.day)
          group by m.mode, c.schedule_id, c.day, p.place, w.is_day having sum(c.total) > 0
        ) c
      )
      select i.item, i.schedule_id,
        coalesce(i.schedule_name, s.name, case when i.schedule_id is not null then (
          select r.schedule_name from almanac.runs r where r.schedule_id = i.schedule_id
          order by r.scheduled_for desc limit 1) end), s.status,
        i.starts_at, i.ends_at, i.due_at, i.run_id, i.status, i.trigger, i.reason, i.started_at, i.finished_at,
        i.attempt, i.max_attempts, i.total, i.succeeded, i.failed, i.skipped, i.running, i.upcoming, i.scheduled_for,
        i.cancelled, i.waiting
      from items i left join almanac.schedules s on s.id = i.schedule_id
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
  timestamptz, timestamptz, text, interval, integer, text[], text[], text, integer, boolean, bigint[], text, text
) is
  'Runs (not children of others) and upcoming occurrences that are due in [range_start, range_end), of all schedules '
  'or of those with one of the names, one of the tags, a task, one of the ids, a creator, a text in their name. Where '
  'a schedule has more than fold_above in a local day, it comes as counts per bucket. Where all that is more than '
  'max_count items, it comes as density items instead: counts per schedule and bucket; otherwise per schedule and day; '
  'otherwise of all schedules together per bucket, or per day if there are more than 1,000 buckets. Failed runs come '
  'one by one, the first max_count of them, and count in no density. '
  'max_count 0: only counts of all schedules together. with_system false: without Almanac''s own schedules.';
grant execute on function almanac.calendar(
  timestamptz, timestamptz, text, interval, integer, text[], text[], text, integer, boolean, bigint[], text, text
) to almanac_viewer;
