-- Called by what fires, with its rights and its settings. The rule is the table in docs/firing.md.
--
-- An occurrence that is late must not be skipped for a run that only seems to go on because the engine stood still. So
-- what is asked is not how many runs have not ended, but when as many of them as block another were really in progress:
--
-- 1. A run is in progress from its start until it ends, as long as its worker sends heartbeats. Of a silent worker it
--    counts until the last one; where the worker has said when a run ended, until then.
-- 2. Nothing late, nothing was late: nearly always, and then a count decides. Runs that wait for a worker count too.
-- 3. Otherwise the v_most-th of them to begin and the v_most-th from the end to end enclose the time in which all of
--    them were at it. What a worker was stopped in between is taken out.
--
-- Times before as_of are told by how long ago they are: as_of is the engine's, which a test or a replay sets.
create or replace function almanac_private.busy_times(schedule almanac.schedules, as_of timestamptz)
returns tstzmultirange
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_now constant timestamptz := clock_timestamp();
  v_heard_since constant timestamptz := v_now - interval '7 seconds';
  -- How many unfinished runs block another.
  v_most constant integer := case schedule.overlap_policy when 'allow' then schedule.max_concurrent else 1 end;
  v_is_punctual constant boolean := schedule.next_run_at >= busy_times.as_of - interval '1 second';
  v_was_punctual boolean;
  v_takes_none constant boolean := (
    select bool_and(w.takes_nothing_since is not null) from almanac.workers w
    where w.status in ('active', 'draining') and w.last_heartbeat_at > v_heard_since);
  v_waiting bigint;
  v_going bigint;
  v_since timestamptz[];
  v_until timestamptz[];
  v_stopped tstzmultirange;
begin
  select coalesce(bool_and(l.due_at >= coalesce(l.queued_at, busy_times.as_of) - interval '1 second'), true),
    count(*) filter (where l.is_waiting),
    count(*) filter (where not l.is_waiting and l.is_known),
    array_agg(l.started_at order by l.started_at) filter (where l.is_begun),
    array_agg(l.until order by l.until desc) filter (where l.is_begun),
    range_agg(l.stopped) filter (where l.is_begun)
  into v_was_punctual, v_waiting, v_going, v_since, v_until, v_stopped
  from (
    select r.due_at, r.queued_at, r.started_at, l.is_waiting,
      h.run_id is null and r.started_at is not null as is_begun,
      case
        when h.run_id is not null or e.ended_at is not null then false
        when r.status = 'running' then s.is_heard
        when r.started_at is not null then true
        else v_takes_none is not true and not exists (
          -- A worker has it, but sends no heartbeats, or cannot record that it starts.
          select from almanac.workers f
          where f.status in ('active', 'draining') and f.run_ids @> array[r.id])
      end as is_known,
      case
        when r.status <> 'running' then 'infinity'
        when e.ended_at is not null
          then greatest(r.attempt_started_at, busy_times.as_of - (v_now - e.ended_at))
        when s.is_heard and (v_is_punctual or exists (
          select from almanac_private.live_runs q
          where q.schedule_id = l.schedule_id and q.is_waiting and q.counts_toward_overlap)) then 'infinity'
        -- As long before as_of as it is ago.
        else greatest(r.attempt_started_at, busy_times.as_of - (v_now - s.seen_at))
      end as until,
      case when r.status = 'running' and not isempty(v.stopped) then tstzrange(
        busy_times.as_of - (v_now - lower(v.stopped)), busy_times.as_of - (v_now - upper(v.stopped)), '[]')
      end as stopped
    from almanac_private.live_runs l
    join almanac.runs r on r.id = l.run_id and r.scheduled_for = l.scheduled_for
    left join almanac_private.held_runs h on h.run_id = l.run_id
    left join almanac.workers w on w.id = r.worker_id
    left join almanac_private.vouchers v on v.worker_id = r.worker_id
    cross join lateral (
      select (v.ended ->> r.id::text)::timestamptz as ended_at) e
    cross join lateral (
      -- No worker has a parent.
      select r.children is not null
          or coalesce(w.last_heartbeat_at > v_heard_since and not b.is_kept, false) as is_heard,
        case when r.children is not null then v_now when b.is_kept then w.busy_since
          -- Below that of one that was marked lost, while someone holds its run.
          when w.last_heartbeat_at > '-infinity'
            then least(case when w.culprit_run_id is distinct from r.id then v.vouched_until end, w.last_heartbeat_at,
              v_now) end as seen_at
      -- Another run's task holds the CPU of its worker.
      from (select coalesce(w.busy_since is not null and w.culprit_run_id <> r.id, false) as is_kept) b
    ) s
    where l.schedule_id = schedule.id and l.counts_toward_overlap
  ) l;
  if v_waiting >= 100 then
    return null;
  elsif v_is_punctual and v_was_punctual then
    return case when schedule.overlap_policy = 'cancel_running' or v_going > 0 and v_going + v_waiting >= v_most
      then '{(,)}' else '{}' end::tstzmultirange;
  end if;
  return case when v_since[v_most] <= v_until[v_most]
    then tstzmultirange(tstzrange(v_since[v_most], v_until[v_most], '[]')) - coalesce(v_stopped, '{}')
    else '{}' end;
end
$$;
comment on function almanac_private.busy_times(almanac.schedules, timestamptz) is
  'When as many runs of a schedule as its overlap policy allows were really in progress, as far as their workers '
  'confirm it, without the times in which these were stopped: an occurrence that was due then overlaps. Any other '
  'waits, because the engine was held up. While nothing is late, runs that wait normally for a worker count as well, '
  'and those that cancel_running is to cancel. Null: a hundred wait, so that no more do.';
