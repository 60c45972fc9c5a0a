-- Where there is more than max_count rows are made of counts: alone, or with piles next to what someone should see by
-- itself. What makes that quick:
--
-- 1. Schedules with the same cron text have the same times: they are looked up once, and multiplied.
-- 2. Runs are counted as they are read. They are read a second time only where they are listed one by one.
-- 3. Of rules that a bucket shows as a count, whole days are counted by the hour (cron_hours), and not listed.
-- 4. Runs of days that are over are counted already (day_counts), by the quarter of an hour, in which all zones begin
--    their days. What was changed since, and what is asked for in other buckets, is counted run by run.
-- 5. Days are found in an array of where they begin: date_trunc in a zone takes ten times as long.
create or replace function almanac.calendar(
  range_start timestamptz, range_end timestamptz, timezone text default 'UTC', bucket interval default '1 hour',
  fold_above integer default 12,
  schedules text[] default null, tags text[] default null, task text default null, max_count integer default 5000,
  with_system boolean default true, schedule_ids bigint[] default null,
  creator text default null, search text default null, piles boolean default false
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
  v_place_step interval;
  v_most_a_place bigint;
  v_counted datemultirange := '{}';
  v_uncounted tstzmultirange;
  v_counts_of bigint[];
  v_of_all constant boolean := calendar.max_count = 0 and num_nonnulls(calendar.schedules, calendar.tags,
    calendar.task, calendar.schedule_ids, calendar.creator, calendar.search) = 0;
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
  v_place_step := case when v_by_day then interval '48 hours' else v_step end;
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
  -- Ribbons of a day, and what is listed of a place: max_count of each in all.
  v_most_a_place := calendar.max_count / case when v_by_day then cardinality(v_days)
    else greatest(1, round(extract(epoch from calendar.range_end - calendar.range_start)
      / extract(epoch from calendar.bucket))::integer) end;
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
  if extract(epoch from v_step) % 900 = 0
    and not exists (select from unnest(v_days) d(day) where extract(epoch from d.day) % 900 <> 0)
  then
    v_counted := almanac_private.days_counted() * datemultirange(daterange(
      almanac_private.utc_day(calendar.range_start - interval '1 microsecond') + 1,
      greatest(almanac_private.utc_day(calendar.range_end),
        almanac_private.utc_day(calendar.range_start - interval '1 microsecond') + 1)));
  end if;
  v_uncounted := tstzmultirange(tstzrange(calendar.range_start, calendar.range_end)) - (
    select coalesce(range_agg(tstzrange(almanac_private.day_start(lower(c.days)),
      almanac_private.day_start(upper(c.days)))), '{}')
    from unnest(v_counted) c(days));
  -- Of all together there are counts as well, from which those of hidden ones are subtracted.
  v_counts_of := case when v_of_all then v_hidden || 0::bigint else v_ids end;

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
      ), counts as (
        select c.schedule_id, c.day, c.status, c.quarters, c.counts from almanac_private.day_counts c
        where v_counts_of is null and c.schedule_id <> 0 and c.schedule_id <> all (v_hidden)
          and c.day >= lower(v_counted) and c.day < upper(v_counted)
        union all
        select c.schedule_id, c.day, c.status, c.quarters, c.counts
        from unnest(v_counts_of) w(id) join almanac_private.day_counts c on c.schedule_id = w.id
          and c.day >= lower(v_counted) and c.day < upper(v_counted)
        where v_of_all or c.schedule_id <> all (v_hidden)
      ), read as (
        select r.schedule_id, r.due_at, r.status, 1 as total
        from unnest(v_uncounted) u(during)
        cross join lateral (
          select r.schedule_id, r.due_at, r.status from almanac.runs r
          where r.scheduled_for >= lower(u.during) and r.scheduled_for < upper(u.during)
            and r.due_at = r.scheduled_for and r.parent_id is null
          union all
          select r.schedule_id, r.due_at, r.status from almanac.runs r
          where r.due_at >= lower(u.during) and r.due_at < upper(u.during) and r.due_at <> r.scheduled_for
            and r.parent_id is null
        ) r
        where (v_ids is null or r.schedule_id = any (v_ids)) and r.schedule_id <> all (v_hidden)
        union all
        select c.schedule_id, almanac_private.day_start(c.day) + q.quarter * interval '15 minutes', c.status,
          case when v_of_all and c.schedule_id <> 0 then -q.total else q.total end
        from counts c cross join lateral unnest(c.quarters, c.counts) q(quarter, total)
        where v_counted @> c.day
      ), ran as (
        select r.schedule_id, r.day, date_bin(v_step, r.due_at, r.day) as bucket, sum(r.total) as total,
          coalesce(sum(r.total) filter (where r.status = 'succeeded'), 0) as succeeded,
          coalesce(sum(r.total) filter (where r.status in ('failed', 'timed_out')), 0) as failed,
          coalesce(sum(r.total) filter (where r.status = 'skipped'), 0) as skipped,
          coalesce(sum(r.total) filter (where r.status = 'running'), 0) as running,
          coalesce(sum(r.total) filter (where r.status = 'cancelled'), 0) as cancelled,
          coalesce(sum(r.total) filter (where r.status in ('waiting', 'queued', 'retrying')), 0) as waiting
        from (select d.*, v_days[width_bucket(d.due_at, v_days)] as day from read d) r group by 1, 2, 3
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
          when calendar.piles then 'piles'
          when v.failed + v.buckets <= calendar.max_count and not v_by_day then 'buckets'
          when v.failed + v.days <= calendar.max_count then 'days'
          else 'all' end as mode
        from volume v
      ), dense as materialized (
        select c.schedule_id, c.day
        from (
          select c.schedule_id, c.day,
            row_number() over (
              partition by c.day order by sum(c.failed) desc, sum(c.total) desc, c.schedule_id) as place
          from (
            select c.schedule_id, c.day, c.total, c.failed from own c
            union all
            select s.id, c.day, c.total, 0
            from (select c.rule, c.day, sum(c.total) as total from shared c group by 1, 2) c
            join rules r on r.rule = c.rule, unnest(r.schedules) s(id)
            where c.total > calendar.fold_above
              or exists (select from own o where o.schedule_id = s.id and o.day = c.day)
          ) c group by 1, 2 having sum(c.total) > calendar.fold_above
        ) c
        where (select c.mode from chosen c) <> 'piles' or c.place <= v_most_a_place
      ), ribbons as materialized (
        select d.schedule_id, d.day, r.rule
        from dense d
        left join (select r.rule, s.id from rules r, unnest(r.schedules) s(id)) r on r.id = d.schedule_id
        where (select c.mode from chosen c) = 'piles'
      ), special as materialized (
        -- What comes one by one although the rest is counted, what most needs a person first.
        select s.*
        from (
          select 'run' as item, r.schedule_id, r.schedule_name, r.due_at as at, null::timestamptz as until, r.day,
            r.id as run_id, r.status, r.trigger, r.reason, r.started_at, r.finished_at, r.attempt, r.max_attempts,
            r.scheduled_for, 1 as total, 1 as failed, 0 as skipped, 0 as running, 0 as upcoming, 0 as cancelled,
            0 as waiting, 1 as rank
          from seen r
          where r.status in ('failed', 'timed_out') and (select c.mode from chosen c) not in ('items', 'piles')
          union all
          select 'run', r.schedule_id, r.schedule_name, r.due_at, null, r.day, r.id, r.status, r.trigger, r.reason,
            r.started_at, r.finished_at, r.attempt, r.max_attempts, r.scheduled_for, 1,
            (r.status in ('failed', 'timed_out'))::integer, (r.status = 'skipped')::integer,
            (r.status = 'running')::integer, 0, (r.status = 'cancelled')::integer,
            (r.status in ('waiting', 'queued', 'retrying'))::integer,
            case when r.status in ('failed', 'timed_out') then 1 when r.status in ('retrying', 'running') then 3
              when r.status in ('waiting', 'queued') then 4 else 6 end
          from seen r
          where r.status <> 'succeeded' and (select c.mode from chosen c) = 'piles'
            and not exists (select from ribbons d where d.schedule_id = r.schedule_id and d.day = r.day)
          union all
          select l.item, l.schedule_id, l.schedule_name, l.at, null, l.day, null, null, 'schedule', l.reason, null,
            null, null, null, l.scheduled_for, 1, 0, (l.item = 'omitted')::integer, 0,
            (l.item = 'occurrence')::integer, 0, 0, case when l.item = 'omitted' then 6 else 5 end
          from listed l
          where l.reason in ('moved', 'carried over', 'skipped') and (select c.mode from chosen c) = 'piles'
            and not exists (select from ribbons d where d.schedule_id = l.schedule_id and d.day = l.day)
          union all
          select 'omission', g.schedule_id, g.schedule_name, lower(g.during), upper(g.during), g.day, null, null,
            null, g.reason::text, null, null, null, null, null, g.count, 0, g.count, 0, 0, 0, 0,
            case when g.reason = 'missed' then 2 else 7 end
          from gaps g
          where (select c.mode from chosen c) = 'piles'
            and not exists (select from ribbons d where d.schedule_id = g.schedule_id and d.day = g.day)
        ) s
        order by s.rank, s.at, s.schedule_id, s.run_id limit calendar.max_count
      ), counted as (
        -- Of one schedule, or of all.
        select case when (select c.mode from chosen c) <> 'all' then c.schedule_id end as schedule_id, c.day,
          c.bucket, c.total, c.succeeded, c.failed, c.skipped, c.running, c.upcoming, c.cancelled, c.waiting
        from own c
        where (select c.mode from chosen c) <> 'piles'
        union all
        select d.schedule_id, c.day, c.bucket, c.total, c.succeeded, c.failed, c.skipped, c.running, c.upcoming,
          c.cancelled, c.waiting
        from own c left join ribbons d on d.schedule_id = c.schedule_id and d.day = c.day
        where (select c.mode from chosen c) = 'piles'
        union all
        select s.id, c.day, c.bucket, c.total, 0, 0, 0, 0, c.total, 0, 0
        from shared c join rules r on r.rule = c.rule cross join lateral unnest(r.schedules) s(id)
        where (select c.mode from chosen c) not in ('all', 'piles')
        union all
        select d.schedule_id, c.day, c.bucket, c.total, 0, 0, 0, 0, c.total, 0, 0
        from shared c join ribbons d on d.rule = c.rule and d.day = c.day
        union all
        select null, c.day, c.bucket, c.sharing * c.total, 0, 0, 0, 0, c.sharing * c.total, 0, 0
        from shared c where (select c.mode from chosen c) = 'all'
        union all
        select null, c.day, c.bucket, (c.sharing - coalesce(d.count, 0)) * c.total, 0, 0, 0, 0,
          (c.sharing - coalesce(d.count, 0)) * c.total, 0, 0
        from shared c
        left join (select d.rule, d.day, count(*) from ribbons d group by 1, 2) d on d.rule = c.rule and d.day = c.day
        where (select c.mode from chosen c) = 'piles'
        union all
        select case when (select c.mode from chosen c) not in ('all', 'piles') then g.schedule_id end, g.day,
          date_bin(v_step, g.at, g.day), g.count, 0, 0, g.count, 0, 0, 0, 0
        from gaps g
        where (select c.mode from chosen c) <> 'items'
          and not exists (select from ribbons d where d.schedule_id = g.schedule_id and d.day = g.day)
        union all
        select case when (select c.mode from chosen c) not in ('all', 'piles') then x.schedule_id end, x.day,
          date_bin(v_step, greatest(x.at, calendar.range_start), x.day), -x.total, 0, -x.failed, -x.skipped,
          -x.running, -x.upcoming, -x.cancelled, -x.waiting
        from special x
      ), summed as materialized (
        select m.mode, c.schedule_id, c.day, p.place,
          least(p.place + case when w.is_day then interval '48 hours' else v_step end,
            v_days[width_bucket(c.day, v_days) + 1]) as ends_at,
          sum(c.total)::bigint as total, sum(c.succeeded)::bigint as succeeded, sum(c.failed)::bigint as failed,
          sum(c.skipped)::bigint as skipped, sum(c.running)::bigint as running,
          sum(c.upcoming)::bigint as upcoming, sum(c.cancelled)::bigint as cancelled,
          sum(c.waiting)::bigint as waiting
        from counted c
        cross join (select c.mode from chosen c) m
        cross join lateral (select m.mode = 'days' or m.mode in ('all', 'piles') and v_by_day as is_day) w
        cross join lateral (select case when w.is_day then c.day else c.bucket end as place) p
        where m.mode <> 'items'
          or exists (select from dense d where d.schedule_id = c.schedule_id and d.day = c.day)
        group by m.mode, c.schedule_id, c.day, p.place, w.is_day having sum(c.total) > 0
      ), few as materialized (
        -- Where a pile would hold so little that it is listed.
        select c.day, c.place from summed c
        where c.mode = 'piles' and c.schedule_id is null and c.total <= least(calendar.fold_above, v_most_a_place)
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
        select 'run', r.schedule_id, r.schedule_name, r.due_at, null, r.due_at, r.id, r.status, r.trigger, r.reason,
          r.started_at, r.finished_at, r.attempt, r.max_attempts, 1, (r.status = 'succeeded')::integer,
          (r.status in ('failed', 'timed_out'))::integer, (r.status = 'skipped')::integer,
          (r.status = 'running')::integer, 0, r.scheduled_for, (r.status = 'cancelled')::integer,
          (r.status in ('waiting', 'queued', 'retrying'))::integer
        from seen r
        join few f on f.day = r.day and f.place = date_bin(v_place_step, r.due_at, r.day)
        where not exists (select from ribbons d where d.schedule_id = r.schedule_id and d.day = r.day)
          and not exists (select from special x where x.run_id = r.id)
        union all
        select x.item, x.schedule_id, x.schedule_name, x.at, x.until, case when x.item <> 'omission' then x.at end,
          x.run_id, x.status, x.trigger, x.reason, x.started_at, x.finished_at, x.attempt, x.max_attempts, x.total, 0,
          x.failed, x.skipped, x.running, x.upcoming, x.scheduled_for, x.cancelled, x.waiting
        from special x
        union all
        select 'occurrence', s.id, null, t.at, null, t.at, null, null, 'schedule', null, null, null, null, null,
          1, 0, 0, 0, 0, 1, t.at, 0, 0
        from times t join rules r on r.rule = t.rule cross join lateral unnest(r.schedules) s(id)
        where (select c.mode from chosen c) = 'items'
          and not exists (select from dense d where d.schedule_id = s.id and d.day = t.day)
        union all
        select 'occurrence', s.id, null, t.at, null, t.at, null, null, 'schedule', null, null, null, null, null,
          1, 0, 0, 0, 0, 1, t.at, 0, 0
        from times t
        join few f on f.day = t.day and f.place = date_bin(v_place_step, t.at, t.day)
        join rules r on r.rule = t.rule cross join lateral unnest(r.schedules) s(id)
        where not exists (select from ribbons d where d.schedule_id = s.id and d.day = t.day)
        union all
        select l.item, l.schedule_id, l.schedule_name, l.at, null, l.at, null, null, 'schedule', l.reason, null, null,
          null, null, 1, 0, 0, (l.item = 'omitted')::integer, 0, (l.item = 'occurrence')::integer, l.scheduled_for,
          0, 0
        from listed l
        where (select c.mode from chosen c) = 'items'
          and not exists (select from dense d where d.schedule_id = l.schedule_id and d.day = l.day)
        union all
        select l.item, l.schedule_id, l.schedule_name, l.at, null, l.at, null, null, 'schedule', l.reason, null, null,
          null, null, 1, 0, 0, (l.item = 'omitted')::integer, 0, (l.item = 'occurrence')::integer, l.scheduled_for,
          0, 0
        from listed l
        join few f on f.day = l.day and f.place = date_bin(v_place_step, l.at, l.day)
        where not exists (select from ribbons d where d.schedule_id = l.schedule_id and d.day = l.day)
          and not exists (select from special x where x.schedule_id = l.schedule_id and x.item = l.item
            and x.scheduled_for = l.scheduled_for)
        union all
        select 'omission', g.schedule_id, g.schedule_name, lower(g.during), upper(g.during), null, null, null, null,
          g.reason::text, null, null, null, null, g.count, 0, 0, g.count, 0, 0, null, 0, 0
        from gaps g
        where (select c.mode from chosen c) = 'items'
          or exists (select from ribbons d where d.schedule_id = g.schedule_id and d.day = g.day)
          or exists (select from few f where f.day = g.day and f.place = date_bin(v_place_step, g.at, g.day))
            and not exists (select from special x
              where x.item = 'omission' and x.schedule_id = g.schedule_id and x.at = lower(g.during))
        union all
        select case when c.is_one then 'bucket' when c.mode = 'piles' then 'pile' else 'density' end, c.schedule_id,
          null, case when c.is_one then c.place else greatest(c.place, calendar.range_start) end,
          case when c.is_one then c.ends_at else least(c.ends_at, calendar.range_end) end,
          null, null, null, null, null, null, null, null, null, c.total, c.succeeded, c.failed, c.skipped, c.running,
          c.upcoming, null, c.cancelled, c.waiting
        from (
          select c.*, c.mode = 'items' or c.mode = 'piles' and c.schedule_id is not null as is_one
          from summed c
          where c.schedule_id is not null or not exists (select from few f where f.day = c.day and f.place = c.place)
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
  timestamptz, timestamptz, text, interval, integer, text[], text[], text, integer, boolean, bigint[], text, text,
  boolean
) is
  'Runs (not children of others) and upcoming occurrences that are due in [range_start, range_end), of all schedules '
  'or of those with one of '
  'the names, one of the tags, a task, one of the ids, a creator, a text in their name. Where a schedule has more than '
  'fold_above in a local day, it comes as counts per bucket. Where all that is more than max_count items, it comes as '
  'density items instead: counts per schedule and bucket; otherwise '
  'per schedule and day; otherwise of all schedules together per bucket, or per day if there '
  'are more than 1,000 buckets. Failed runs come one by one, the first max_count of them, and count in no density. '
  'max_count 0: only counts of all schedules together. with_system false: without Almanac''s own schedules. '
  'piles: in the place of densities, what someone should see by itself (runs that failed, run, wait, were cancelled '
  'or skipped; occurrences moved, carried over or skipped; gaps; the first max_count of them, worst first), '
  'frequent schedules as counts per bucket (those that failed most, then the most frequent), and of the rest piles: '
  'counts of all these schedules together per bucket, or one by one where a bucket has no more than fold_above. What '
  'does not fit is counted in the piles.';
grant execute on function almanac.calendar(
  timestamptz, timestamptz, text, interval, integer, text[], text[], text, integer, boolean, bigint[], text, text,
  boolean
) to almanac_viewer;
