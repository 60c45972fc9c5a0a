-- Called by apply_retention, with its rights.
create or replace function almanac_private.remove_rest(max_count integer, as_of timestamptz) returns boolean
language plpgsql volatile set search_path to pg_catalog, pg_temp set jit to off
as $$
declare
  v_rule constant almanac_private.retention_rule := almanac_private.retention_rule();
  v_since constant timestamptz := (
    select least(k.runs_since, k.failures_since) from almanac_private.kept_since(v_rule, null, null,
      remove_rest.as_of) k);
  -- Some hours more than are asked for: by another clock, or in a transaction that is open.
  v_noted_since constant timestamptz := almanac_private.failures_known_since() - interval '12 hours';
  v_counts bigint[] := '{}';
  v_count bigint;
begin
  with old as (
    select o.id from almanac.omissions o left join almanac.schedules s on s.id = o.schedule_id
    cross join lateral almanac_private.kept_since(v_rule, s.keep_for, s.keep_failures_for, remove_rest.as_of) k
    where upper(o.during) < least(k.runs_since, k.failures_since) order by o.id limit remove_rest.max_count
  )
  delete from almanac.omissions o using old where o.id = old.id;
  get diagnostics v_count = row_count;
  v_counts := v_counts || v_count;
  with old as (
    select v.id from almanac_private.rule_versions v left join almanac.schedules s on s.id = v.schedule_id
    cross join lateral almanac_private.kept_since(v_rule, s.keep_for, s.keep_failures_for, remove_rest.as_of) k
    where v.valid_to < least(k.runs_since, k.failures_since) order by v.id limit remove_rest.max_count
  )
  delete from almanac_private.rule_versions v using old where v.id = old.id;
  get diagnostics v_count = row_count;
  v_counts := v_counts || v_count;
  with old as (
    select o.schedule_id, o.scheduled_for from almanac.occurrence_overrides o
    join almanac.schedules s on s.id = o.schedule_id
    cross join lateral almanac_private.kept_since(v_rule, s.keep_for, s.keep_failures_for, remove_rest.as_of) k
    where o.done_at < least(k.runs_since, k.failures_since) and o.scheduled_for < s.cursor_at
      and o.scheduled_for < least(k.runs_since, k.failures_since)
    limit remove_rest.max_count
  )
  delete from almanac.occurrence_overrides o using old
  where o.schedule_id = old.schedule_id and o.scheduled_for = old.scheduled_for;
  get diagnostics v_count = row_count;
  v_counts := v_counts || v_count;
  with old as (
    select f.scheduled_for, f.run_id from almanac_private.recent_failures f where f.scheduled_for < v_noted_since
    order by f.scheduled_for, f.run_id limit remove_rest.max_count
  )
  delete from almanac_private.recent_failures f using old
  where f.scheduled_for = old.scheduled_for and f.run_id = old.run_id;
  get diagnostics v_count = row_count;
  v_counts := v_counts || v_count;
  -- As long as most runs that name them; a worker that is lost holds nothing once its pools are forgotten.
  with old as (
    select w.id from almanac.workers w
    where w.status in ('stopped', 'lost')
      and w.stopped_at < remove_rest.as_of - coalesce(v_rule.keep_for, interval '90 days')
      and (w.status = 'stopped' or w.pool_ids = '{}')
      and not exists (
        select from almanac_private.live_runs l join almanac.runs r on r.id = l.run_id
          and r.scheduled_for = l.scheduled_for
        where r.worker_id = w.id)
    order by w.id limit remove_rest.max_count for update skip locked
  )
  delete from almanac.workers w using old where w.id = old.id;
  get diagnostics v_count = row_count;
  v_counts := v_counts || v_count;
  if not v_rule.archive then
    -- What waited for its file when an admin decided that there are none.
    with old as (
      select a.id from almanac_private.archive_runs a order by a.id limit remove_rest.max_count for update skip locked
    )
    delete from almanac_private.archive_runs a using old where a.id = old.id;
    get diagnostics v_count = row_count;
    v_counts := v_counts || v_count;
    perform almanac_private.drop_archive_week(w.begins_at)
    from (select w.begins_at from almanac_private.archive_weeks w for update skip locked) w;
  end if;
  delete from almanac_private.limits_met l where l.until < v_since;
  delete from almanac_private.deleted_history d where upper(d.during) < almanac_private.history_horizon();
  return remove_rest.max_count > all (v_counts);
end
$$;
comment on function almanac_private.remove_rest(integer, timestamptz) is
  'Removes what else is no longer kept: gaps and rules that were replaced, as long as failures; overrides that are '
  'over; notes of failures that are not recent; workers that ended as long ago as runs are kept. At most max_count of '
  'each; returns whether that was all.';
