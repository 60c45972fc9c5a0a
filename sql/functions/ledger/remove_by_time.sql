-- Called by apply_retention, with its rights.
create or replace function almanac_private.remove_by_time(
  until timestamptz, max_count integer, as_of timestamptz, inout after_at timestamptz, inout after_id bigint,
  out removed bigint
)
language plpgsql volatile set search_path to pg_catalog, pg_temp set jit to off
as $$
declare
  v_rule constant almanac_private.retention_rule := almanac_private.retention_rule();
  v_ids bigint[];
  v_times timestamptz[];
begin
  -- Five times as many are looked at: most that stay are passed in one call.
  with looked_at as (
    select r.id, r.scheduled_for, r.children, almanac_private.has_expired(r.status, r.finished_at, r.due_at, false,
      k.runs_since, k.failures_since, case when s.deleted_at is null then s.last_run_at end) as has_expired
    from (
      select r.* from almanac.runs r
      -- Children go with their parent.
      where r.scheduled_for < remove_by_time.until and r.parent_id is null
        and r.scheduled_for >= coalesce(remove_by_time.after_at, '-infinity')
        and (r.scheduled_for, r.id) > (coalesce(remove_by_time.after_at, '-infinity'),
          coalesce(remove_by_time.after_id, 0))
      order by r.scheduled_for, r.id limit 5 * remove_by_time.max_count
    ) r
    left join almanac.schedules s on s.id = r.schedule_id
    cross join lateral almanac_private.kept_since(v_rule, s.keep_for, s.keep_failures_for, remove_by_time.as_of) k
  ), expired as (
    select x.id, x.scheduled_for
    from (
      select l.id, l.scheduled_for, sum(1 + coalesce(l.children, 0)) over (order by l.scheduled_for, l.id)
        - coalesce(l.children, 0) as nth
      from looked_at l where l.has_expired) x
    where x.nth <= remove_by_time.max_count
  ), reached as (
    -- The last that goes if there may be more of these, otherwise the last that was looked at.
    select l.id, l.scheduled_for from looked_at l
    where (select count(*) from expired) = (select count(*) from looked_at x where x.has_expired)
      or (l.id, l.scheduled_for) in (select e.id, e.scheduled_for from expired e)
    order by l.scheduled_for desc, l.id desc limit 1
  )
  select (select array_agg(e.id order by e.scheduled_for, e.id) from expired e),
    (select array_agg(e.scheduled_for order by e.scheduled_for, e.id) from expired e),
    (select c.scheduled_for from reached c), (select c.id from reached c)
  into v_ids, v_times, after_at, after_id;
  removed := almanac_private.remove_runs(v_ids, v_times);
end
$$;
comment on function almanac_private.remove_by_time(timestamptz, integer, timestamptz, timestamptz, bigint) is
  'Of the runs with a nominal time before until, in the order of time from after_at and after_id on, removes at most '
  'max_count that are no longer kept. Returns how far it came; null: to the end.';
