-- Called by fire_due, with its rights and its settings.
create or replace function almanac_private.fire_in_order(
  ids bigint[], as_of timestamptz, resumed_at timestamptz, out fired integer, out done bigint[]
)
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_delay interval := almanac_private.arm_delay();
begin
  with decided as materialized (
    select s.id, s.name, s.task_identifier, s.payload, s.priority, s.run_as, s.max_attempts, s.timeout, s.cursor_at,
      s.next_scheduled_for,
      r.scheduled_for, coalesce(l.latest, s.next_run_at) as due_at, l.previous, l.count - 1 as missed,
      v.run_status, o.reason as run_reason, nextval('almanac.runs_id_seq') as run_id,
      case
        when s.max_runs <= s.fired_runs + (v.run_status <> 'skipped')::integer then null
        when s.calendars <> '{}' then (n.due).scheduled_for
        else n.following
      end as then_scheduled_for,
      case
        when s.max_runs <= s.fired_runs + (v.run_status <> 'skipped')::integer then null
        when s.calendars <> '{}' then (n.due).due_at
        when s.jitter is null then n.following
        else n.following
          + almanac_private.jitter_delay(s.id, n.following, s.jitter, n.following,
            almanac_private.next_occurrence(s, n.following))
      end as then_due
    from unnest(fire_in_order.ids) u(id)
    join almanac.schedules s on s.id = any (array[u.id])
    cross join lateral (select almanac_private.next_occurrence(s, s.next_scheduled_for) as following offset 0) f
    -- What has come due besides, or later than tolerated: of a plain rule alone, and not without end.
    cross join lateral (
      select count(*) as count, max(l.at) as latest, (array_agg(l.at order by l.at desc))[2] as previous
      from almanac_private.occurrences_between(s, s.next_scheduled_for, fire_in_order.as_of + interval '1 microsecond',
        1000) l(at)
      where (f.following <= fire_in_order.as_of or s.next_run_at < fire_in_order.as_of - s.late_tolerance)
        and s.calendars = '{}' and s.jitter is null and s.max_runs is null and s.next_run_at = s.next_scheduled_for
    ) l
    cross join lateral (
      select coalesce(l.latest, s.next_scheduled_for) as scheduled_for,
        l.latest < fire_in_order.as_of - s.late_tolerance as is_late
    ) r
    cross join lateral (
      select case when l.count > 1 then almanac_private.next_occurrence(s, l.latest) else f.following end as following,
        case when s.calendars <> '{}' then almanac_private.due_after(s, s.next_scheduled_for) end as due offset 0
    ) n
    left join lateral almanac_private.overlap(s.id, s.overlap_policy, s.max_concurrent) o
      on not (s.overlap_policy = 'allow' and s.max_concurrent is null)
    cross join lateral (
      select case
        -- First, as "null and …" would look up for each when what is in its way went on.
        when o.status is distinct from 'skipped' then coalesce(o.status, 'queued')
        when almanac_private.waits_instead(s.overlap_policy, coalesce(r.is_late, false),
          not coalesce(l.latest, s.next_run_at) <@ almanac_private.busy_times(s, fire_in_order.as_of))
        then 'waiting'
        else o.status
      end as run_status offset 0
    ) v
    -- Written so that the index of due times does not serve: each call for a part of a herd would read all of the herd
    -- in it.
    where coalesce(s.next_run_at, 'infinity') <= fire_in_order.as_of
      and (fire_in_order.resumed_at is null or s.is_system or s.next_run_at >= fire_in_order.resumed_at)
      and not s.has_overrides
      -- With calendars: nothing left out before it, nor is it held back or waiting to be recorded as left out.
      and (s.calendars = '{}' or s.next_run_at = s.next_scheduled_for
        and almanac_private.next_occurrence(s, s.cursor_at) = s.next_scheduled_for)
      and (s.overlap_policy <> 'cancel_running'
        or not exists (select from almanac_private.live_runs l where l.schedule_id = s.id))
      and case
        -- On time: the one that is due.
        when l.count = 0 then s.next_run_at >= fire_in_order.as_of - s.late_tolerance
          and (f.following is null or f.following > fire_in_order.as_of)
        -- Late: the latest runs, and what came before it is missed.
        else l.count < 1000
          and (l.count = 1 or s.missed_run_policy <> 'run_all' and l.previous < fire_in_order.as_of - s.late_tolerance)
          and almanac_private.is_fired_late(s.missed_run_policy, l.latest, true, fire_in_order.as_of - s.late_tolerance,
            fire_in_order.as_of - s.catchup_window)
      end
  ), omitted as (
    select almanac_private.record_omission(d.id, d.name, d.next_scheduled_for, d.previous, d.missed, 'missed',
      d.cursor_at, fire_in_order.as_of)
    from decided d where d.missed > 0
  ), ledger as (
    insert into almanac.runs as r
      (id, schedule_id, schedule_name, task_identifier, payload, scheduled_for, due_at, trigger, status, reason,
        max_attempts, timeout, priority,
       queued_at, finished_at, run_as)
    select d.run_id, d.id, d.name, d.task_identifier, d.payload, d.scheduled_for, d.due_at, 'schedule',
      d.run_status, d.run_reason,
      d.max_attempts, d.timeout, d.priority,
      case when d.run_status = 'queued' then fire_in_order.as_of end,
        case when d.run_status = 'skipped' then fire_in_order.as_of end, d.run_as
    from decided d
    on conflict (schedule_id, scheduled_for) where (r.trigger = 'schedule') do nothing
    returning r.id, r.schedule_id, r.scheduled_for, r.status, r.task_identifier, r.payload, r.priority
  ), live as (
    insert into almanac_private.live_runs (schedule_id, run_id, scheduled_for, counts_toward_overlap, is_waiting)
    select l.schedule_id, l.id, l.scheduled_for, true, l.status = 'waiting' from ledger l where l.status <> 'skipped'
  ), moved as (
    update almanac.schedules s
    set cursor_at = d.scheduled_for, next_scheduled_for = d.then_scheduled_for, next_run_at = d.then_due,
      status = almanac_private.status_when_due(s.status, s.kind, d.then_due),
      last_run_at = case when d.run_status = 'skipped' then s.last_run_at else greatest(s.last_run_at, d.due_at) end,
      fired_runs = s.fired_runs + (d.run_status <> 'skipped')::integer,
        total_runs = s.total_runs + (d.run_status <> 'skipped')::integer
    from decided d where s.id = any (array[d.id])
    returning s.id, s.next_run_at
  ), added as (
    select count(*) from graphile_worker.add_jobs(array(
      select almanac_private.run_job_spec(l.id, l.schedule_id, l.scheduled_for, 1, 'schedule', l.task_identifier,
        l.payload, l.priority, null)
      from ledger l where l.status = 'queued'
      union all
      select almanac_private.arm_spec(m.id, m.next_run_at, v_delay) from moved m where m.next_run_at is not null
    ))
  ), removed as (
    -- The job of a schedule that is done. A worker that has it locked finds nothing to do.
    select almanac_private.remove_jobs(array['schedule:' || m.id]) from moved m where m.next_run_at is null
  )
  select (select count(*) from ledger l where l.status <> 'skipped'), array_agg(m.id) into fired, done
  from moved m, (select count(*) from added) a, (select count(*) from removed) b, (select count(*) from omitted) c;
end
$$;
comment on function almanac_private.fire_in_order(bigint[], timestamptz, timestamptz) is
  'Fires those of these schedules, locked by the caller, that can be fired all at once: of which one occurrence is '
  'due and in line, or, late, the latest alone. The others are left to resolve_schedule. Returns how many runs came '
  'of it and the schedules it dealt with. resumed_at: what was due before a stop ended then is not fired here.';
