-- Called by functions that have checked who may, and that hold these runs locked, with their rights and settings.
create or replace function almanac_private.cancel_locked_runs(
  run_ids bigint[], scheduled_fors timestamptz[], reason text, as_of timestamptz,
  out cancelled bigint[], out asked bigint[], out schedules bigint[]
)
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_parents bigint[];
  v_ending bigint[];
begin
  with given as materialized (
    select u.id, u.at from unnest(cancel_locked_runs.run_ids, cancel_locked_runs.scheduled_fors) u(id, at)
  ), ended as (
    update almanac.runs r set status = 'cancelled', reason = cancel_locked_runs.reason,
      finished_at = cancel_locked_runs.as_of
    from given g where r.id = g.id and r.scheduled_for = g.at and r.status in ('waiting', 'queued', 'retrying')
    returning r.id, r.schedule_id, r.parent_id
  ), dead as (
    delete from almanac_private.live_runs l using ended e where l.schedule_id = e.schedule_id and l.run_id = e.id
  ), stopping as (
    update almanac.runs r set cancel_requested_at = cancel_locked_runs.as_of, reason = cancel_locked_runs.reason
    from given g where r.id = g.id and r.scheduled_for = g.at and r.status = 'running'
      and r.cancel_requested_at is null
    returning r.id, r.schedule_id, r.children
  )
  select (select array_agg(e.id order by e.id) from ended e), (select array_agg(s.id order by s.id) from stopping s),
    (select array_agg(distinct b.schedule_id) from (
      select e.schedule_id from ended e union all select s.schedule_id from stopping s) b),
    (select array_agg(s.id order by s.id) from stopping s where s.children is not null),
    (select array_agg(distinct e.parent_id) from ended e where e.parent_id is not null)
  into cancelled, asked, schedules, v_parents, v_ending;
  perform almanac_private.leave_groups(cancelled);
  perform almanac_private.remove_jobs(array(select 'run:' || c.id from unnest(cancelled) c(id)));
  -- A notification has less than 8,000 bytes. Where one is lost, the worker's next heartbeat asks.
  perform pg_notify('almanac_cancels', to_json(asked[n.first:n.first + 299]::text[])::text)
  from generate_series(1, cardinality(asked), 300) n(first);
  if v_parents is not null then
    perform almanac_private.cancel_children(v_parents, cancel_locked_runs.reason, cancel_locked_runs.as_of);
  end if;
  if v_parents is not null or v_ending is not null then
    perform almanac_private.end_parents(v_parents || v_ending, cancel_locked_runs.as_of);
  end if;
end
$$;
comment on function almanac_private.cancel_locked_runs(bigint[], timestamptz[], text, timestamptz) is
  'Cancels runs: those that no worker has, at once, and their jobs go; for those that are running, the workers are '
  'asked to abort them; of a parent, its children too. Returns which of these, and whose they are; what has ended, '
  'or is asked to already, is neither.';
