-- Called by apply_retention, with its rights.
--
-- For schedules that keep less than all others do: for a shorter time, or only some of the latest. What they keep
-- begins at one time, so that one index finds what goes. Nothing that ended within the last three hours goes, however
-- few are kept: the ledger check, retries and people who look at what happens now need it.
create or replace function almanac_private.remove_by_schedule(
  max_count integer, as_of timestamptz, inout after_id bigint, out removed bigint
)
language plpgsql volatile set search_path to pg_catalog, pg_temp set jit to off
as $$
declare
  v_rule constant almanac_private.retention_rule := almanac_private.retention_rule();
  v_settled constant timestamptz := remove_by_schedule.as_of - interval '3 hours';
  v_until constant timestamptz := clock_timestamp() + interval '1 second';
  v_schedule record;
  v_nth record;
  v_surplus timestamptz;
  v_ids bigint[];
  v_times timestamptz[];
  v_gone bigint;
begin
  removed := 0;
  for v_schedule in
    select s.id, coalesce(s.keep_last, v_rule.keep_last) as keep_last, k.runs_since, k.failures_since,
      case when s.deleted_at is null then s.last_run_at end as last_run_at
    from almanac.schedules s
    cross join lateral almanac_private.kept_since(v_rule, s.keep_for, s.keep_failures_for,
      remove_by_schedule.as_of) k
    where s.id > coalesce(remove_by_schedule.after_id, 0)
      and (coalesce(s.keep_last, v_rule.keep_last) > 0
        or s.keep_for > '0' and (v_rule.keep_for is null or s.keep_for < v_rule.keep_for))
    order by s.id
  loop
    select r.scheduled_for as at, r.id into v_nth from almanac.runs r
    -- Skipped ones do not count, or a schedule that often overlaps would keep nothing else.
    where r.schedule_id = v_schedule.id and v_schedule.keep_last > 0 and r.status <> 'skipped'
      and r.parent_id is null
    order by r.scheduled_for desc, r.id desc offset v_schedule.keep_last - 1 limit 1;
    v_surplus := case when v_nth.id is not null then least(v_nth.at, v_settled) end;
    select array_agg(x.id order by x.scheduled_for, x.id), array_agg(x.scheduled_for order by x.scheduled_for, x.id)
    into v_ids, v_times
    from (
      -- Children go with their parent, and count.
      select y.id, y.scheduled_for, sum(1 + coalesce(y.children, 0)) over (order by y.scheduled_for, y.id)
        - coalesce(y.children, 0) as nth
      from (
        select r.id, r.scheduled_for, r.children from almanac.runs r
        where r.schedule_id = v_schedule.id and r.parent_id is null
          and r.scheduled_for <= greatest(v_surplus, v_schedule.runs_since)
          and almanac_private.has_expired(r.status, r.finished_at, r.due_at,
            (r.scheduled_for, r.id) < (v_nth.at, v_nth.id) and r.finished_at < v_settled,
            v_schedule.runs_since, v_schedule.failures_since, v_schedule.last_run_at)
          -- What is repeated by another goes after that.
          and not exists (
            select from almanac.runs t where t.schedule_id = v_schedule.id and t.scheduled_for = r.scheduled_for
              and t.retried_from = r.id)
        order by r.scheduled_for, r.id limit remove_by_schedule.max_count - removed
      ) y
    ) x
    where x.nth <= remove_by_schedule.max_count - removed;
    if v_ids is not null then
      -- Before they go, so that they are not noted one by one. The ledger check misses nothing up to here.
      perform almanac_private.raise_horizon(v_schedule.id, v_times[cardinality(v_times)]);
      v_gone := almanac_private.remove_runs(v_ids, v_times);
      removed := removed + v_gone;
      exit when removed >= remove_by_schedule.max_count or v_gone > 0 and clock_timestamp() > v_until;
    end if;
    remove_by_schedule.after_id := v_schedule.id;
    if clock_timestamp() > v_until then
      return;
    end if;
  end loop;
  if removed = 0 then
    remove_by_schedule.after_id := null;
  end if;
end
$$;
comment on function almanac_private.remove_by_schedule(integer, timestamptz, bigint) is
  'Removes about max_count runs that are no longer kept of schedules after an id that keep less than all others do, '
  'in about a second. Returns how far it came; null: to the end.';
