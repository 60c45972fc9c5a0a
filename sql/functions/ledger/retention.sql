-- Definer: reads where the passes are, and partitions, which are the owner's.
create or replace function almanac.retention(
  out keep_for interval, out keep_failures_for interval, out keep_last integer, out changed_at timestamptz,
  out changed_by text, out schedules_otherwise bigint, out oldest_run_at timestamptz,
  out next_from timestamptz, out next_until timestamptz, out next_runs bigint, out next_at timestamptz,
  out is_running boolean, out ended_at timestamptz, out removed_runs bigint, out dropped_weeks integer,
  out is_behind boolean, out archive boolean, out archive_waits_since timestamptz, out archive_waiting bigint,
  out archive_is_behind boolean
)
language plpgsql stable security definer set search_path to pg_catalog, pg_temp set lock_timeout to '200ms'
as $$
declare
  v_now constant timestamptz := clock_timestamp();
  v_set constant jsonb := (select s.value from almanac_private.settings s where s.key = 'retention');
  v_rule constant almanac_private.retention_rule := almanac_private.retention_rule();
  v_pass almanac_private.retention_passes;
begin
  keep_for := v_rule.keep_for;
  keep_failures_for := v_rule.keep_failures_for;
  keep_last := v_rule.keep_last;
  changed_at := (v_set ->> 'changed_at')::timestamptz;
  changed_by := v_set ->> 'changed_by';
  schedules_otherwise := (
    select count(*) from almanac.schedules s
    where s.deleted_at is null and num_nonnulls(s.keep_for, s.keep_failures_for, s.keep_last) > 0);
  select p.* into v_pass from almanac_private.retention_passes p;
  is_running := v_pass.step <> 'ended' and v_pass.as_of > v_now - interval '1 hour';
  ended_at := v_pass.ended_at;
  removed_runs := v_pass.runs;
  dropped_weeks := v_pass.weeks;
  is_behind := false;

  select r.scheduled_for into oldest_run_at from almanac.runs r
  where r.finished_at is not null order by r.scheduled_for, r.id limit 1;
  -- What goes next is the first week that has runs: one with a partition, or an earlier one, of which runs go one by
  -- one from the default partition, where they never had a partition or were moved out of it to stay longer.
  select w.begins_at, w.begins_at + interval '168 hours', w.runs
  into next_from, next_until, next_runs
  from (
    select to_date(right(c.relname, 8), 'YYYYMMDD')::timestamp at time zone 'UTC' as begins_at,
      -- Not analyzed yet: a run takes some 800 bytes.
      case when c.reltuples >= 0 then c.reltuples else pg_relation_size(c.oid) / 800 end::bigint as runs
    from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'almanac.runs'::regclass and c.relname ~ '_\d{8}$' and pg_relation_size(c.oid) > 0
    union all
    (select l.begins_at, g.runs
    from (
      select distinct date_trunc('week', o.scheduled_for, 'UTC') as begins_at
      from (
        select r.scheduled_for from almanac_private.runs_default r
        where r.finished_at is not null order by r.scheduled_for limit 1000
      ) o
    ) l
    cross join lateral (
      select count(*) as runs from almanac_private.runs_default r
      where r.scheduled_for >= l.begins_at and r.scheduled_for < l.begins_at + interval '168 hours'
        and r.id not in (
          select s.id from almanac_private.runs_that_stay(v_rule, l.begins_at, l.begins_at + interval '168 hours', 0,
            ((l.begins_at + interval '168 hours') at time zone 'UTC' + v_rule.keep_for) at time zone 'UTC') s)
    ) g
    where g.runs > 0
    order by l.begins_at limit 1)
  ) w
  where v_rule.keep_for is not null and w.begins_at <= v_now
  order by w.begins_at limit 1;
  next_at := (next_until at time zone 'UTC' + v_rule.keep_for) at time zone 'UTC';
  archive := v_rule.archive;
  select min(w.since), coalesce(sum(w.runs), 0) into archive_waits_since, archive_waiting
  from (
    select min(a.removed_at) as since, count(*) as runs
    from (select a.removed_at from almanac_private.archive_runs a order by a.id limit 100000) a
    union all
    select w.removed_at, case when c.reltuples >= 0 then c.reltuples else pg_relation_size(c.oid) / 800 end::bigint
    from almanac_private.archive_weeks w
    join pg_class c on c.oid = to_regclass(format('almanac_private.%I',
      almanac_private.archive_table('runs', w.begins_at)))
  ) w;
  archive_is_behind := coalesce(archive_waits_since < v_now - interval '2 days', false);
  is_behind := coalesce(next_at < v_now - interval '2 days', false)
    and coalesce(v_pass.swept_at, '-infinity') < v_now - interval '2 days'
    and coalesce(changed_at, '-infinity') < v_now - interval '2 days';
exception when lock_not_available then
  return;
end
$$;
comment on function almanac.retention() is
  'How long finished runs are kept, and what goes next. keep_for, keep_failures_for, keep_last: the rule for all, as '
  'set_retention() takes it; changed_at, changed_by: when and by whom it was set; schedules_otherwise: how many '
  'schedules say something else. oldest_run_at: nominal time of the oldest run that has finished. next_from, '
  'next_until: the week that goes next, next_runs: about how many runs it has, next_at: when it may go (null: nothing '
  'goes). is_running: a pass is under way; ended_at: when the last ended; removed_runs, dropped_weeks: what this one, '
  'or the last, has removed run by run, and as a whole. is_behind: what should have gone two days ago is still there. '
  'archive: whether what is removed is written to files; archive_waiting: about how many removed runs are not yet, and '
  'archive_waits_since: since when (null: none); archive_is_behind: for more than two days.';
grant execute on function almanac.retention() to almanac_viewer;
