-- Definer: workers have no right to write tables.
create or replace function almanac_private.heartbeat(
  worker_id bigint, pool_ids text[] default '{}', is_ticking boolean default false, run_ids bigint[] default null,
  busy jsonb default null, ended jsonb default '[]', stopped jsonb default null,
  out alive boolean, out leader boolean, out reaped integer, out lease_ms integer
)
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp set jit to off
as $$
declare
  v_now timestamptz := clock_timestamp();
  v_before timestamptz := (select w.last_heartbeat_at from almanac.workers w where w.id = heartbeat.worker_id);
  v_status text;
begin
  lease_ms := extract(epoch from almanac_private.worker_lease()) * 1000;
  update almanac.workers w
  set last_heartbeat_at = v_now, run_ids = coalesce(heartbeat.run_ids[:10000], w.run_ids),
    busy_since = v_now - make_interval(secs => (heartbeat.busy ->> 'seconds')::float8),
      culprit_run_id = (heartbeat.busy ->> 'runId')::bigint,
    culprit_at = left(heartbeat.busy ->> 'at', 500),
    pool_ids = array(
      select distinct left(p, 200) as p from unnest(w.pool_ids || heartbeat.pool_ids) p order by p limit 10000)
  where w.id = heartbeat.worker_id and w.status in ('active', 'draining')
  returning w.status into v_status;
  alive := found;
  if alive and heartbeat.run_ids is not null then
    insert into almanac_private.vouchers as v (worker_id, beaten_at, stopped, ended)
    values (heartbeat.worker_id, v_now, almanac_private.stopped_during(heartbeat.stopped, v_now), (
      -- By the first that said so: this one may have been held up on its way.
      select jsonb_object_agg((e.ended ->> 'runId')::bigint,
        least(almanac_private.ended_at('-infinity', e.ended, v_now), (b.ended ->> (e.ended ->> 'runId'))::timestamptz))
      from (select e.ended from jsonb_array_elements(heartbeat.ended) e(ended) limit 10000) e
      left join almanac_private.vouchers b on b.worker_id = heartbeat.worker_id))
    on conflict on constraint vouchers_pkey do update
    set vouched_until = v.beaten_at, beaten_at = excluded.beaten_at, stopped = excluded.stopped,
      ended = excluded.ended;
  end if;
  leader := false;
  if v_status = 'active' and heartbeat.is_ticking then
    insert into almanac_private.leases as l (name, worker_id, expires_at)
      values ('ticker', heartbeat.worker_id, v_now + almanac_private.worker_lease())
    on conflict (name) do update set worker_id = excluded.worker_id, expires_at = excluded.expires_at
    where l.worker_id = excluded.worker_id or l.expires_at < v_now;
    leader := found;
  end if;
  reaped := 0;
  -- One whose own heartbeats were missing knows nothing of the others: perhaps none could reach the database, and those
  -- that are alive come back now.
  if v_before > v_now - almanac_private.worker_lease() then
    begin
      reaped := almanac_private.reap_workers(v_now);
    exception when lock_not_available then
      reaped := 0;
    end;
  end if;
  begin
    -- Anyone who holds a table locked keeps no heartbeat from coming; the next one does what this one cannot.
    set local lock_timeout to '100ms';
    perform almanac_private.leave_line(heartbeat.worker_id, heartbeat.ended) where alive and heartbeat.ended <> '[]';
    perform almanac_private.apply_counters() where exists (select from almanac_private.pending_counters);
    perform almanac_private.release_waiting() where exists (
      select from almanac_private.live_runs l where l.is_waiting);
    perform almanac_private.keep_parents(v_now) where exists (
      select from almanac_private.live_runs l where l.children is not null);
    perform almanac_private.call_waiting(v_now) where exists (select from almanac_private.group_line);
    perform almanac_private.follow_renames() where leader;
  exception when lock_not_available then
    null;
  end;
end
$$;
comment on function almanac_private.heartbeat(bigint, text[], boolean, bigint[], jsonb, jsonb, jsonb) is
  'Every 5 s from each worker: it is alive (alive = false: it was marked lost, and must register again), and leads or '
  'not (a draining one never does), for lease_ms from now. Also marks workers as lost whose last heartbeat is older '
  'than that. run_ids: the runs that it has; null: as before. busy: a task holds its CPU, {"seconds", "runId", "at"}. '
  'ended: runs that have ended for good, which it has not recorded yet, [{"scheduleId", "runId", "agoMs"}]. '
  'stopped: since when its process last stood still, and until when, in seconds ago, {"from", "until"}.';
grant execute on function almanac_private.heartbeat(bigint, text[], boolean, bigint[], jsonb, jsonb, jsonb)
  to almanac_worker;
