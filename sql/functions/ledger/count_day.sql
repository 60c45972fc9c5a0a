-- Called by count_days, with its rights.
create or replace function almanac_private.count_day(day date) returns void
language plpgsql volatile set search_path to pg_catalog, pg_temp set jit to off set work_mem to '64MB'
as $$
declare
  v_begins_at constant timestamptz := almanac_private.day_start(count_day.day);
  v_ends_at constant timestamptz := almanac_private.day_start(count_day.day + 1);
begin
  -- A statement each: what changes between the two is counted, and noted again.
  delete from almanac_private.changed_days c where c.day = count_day.day;
  delete from almanac_private.day_counts c where c.day = count_day.day;
  insert into almanac_private.day_counts (schedule_id, day, status, named, quarters, counts)
  with seen as (
    select r.schedule_id, r.status, 1 as named,
      case when r.due_at >= v_begins_at and r.due_at < v_ends_at
        then floor(extract(epoch from r.due_at - v_begins_at) / 900)::smallint end as quarter
    from almanac.runs r
    where r.scheduled_for >= v_begins_at and r.scheduled_for < v_ends_at and r.parent_id is null
    union all
    select r.schedule_id, r.status, 0, floor(extract(epoch from r.due_at - v_begins_at) / 900)::smallint
    from almanac.runs r
    where r.due_at >= v_begins_at and r.due_at < v_ends_at and r.due_at <> r.scheduled_for
      and r.parent_id is null and not (r.scheduled_for >= v_begins_at and r.scheduled_for < v_ends_at)
  ), quarters as materialized (
    select s.schedule_id, s.status, s.quarter, sum(s.named) as named, count(*)::integer as total
    from seen s group by 1, 2, 3
  )
  select q.schedule_id, count_day.day, q.status, sum(q.named),
    coalesce(array_agg(q.quarter order by q.quarter) filter (where q.quarter is not null), '{}'),
    coalesce(array_agg(q.total order by q.quarter) filter (where q.quarter is not null), '{}')
  from (
    select q.schedule_id, q.status, q.quarter, q.named, q.total from quarters q
    union all
    select 0, q.status, q.quarter, sum(q.named), sum(q.total)::integer from quarters q group by 2, 3
  ) q
  group by q.schedule_id, q.status;
  update almanac_private.counted_days c set counted_at = clock_timestamp() where c.day = count_day.day;
end
$$;
comment on function almanac_private.count_day(date) is
  'Counts the runs of a day in UTC, without children, and keeps the counts.';
