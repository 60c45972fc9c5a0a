-- Definer: writes the ledger and Graphile Worker's jobs; who may is checked first.
create or replace function almanac.adopt(choice text, environment text default null) returns integer
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
  -- By key, whatever the statistics say, like fire_due.
  set jit to off set enable_hashjoin to off set enable_mergejoin to off
as $$
declare
  v_now timestamptz := statement_timestamp();
  v_place almanac_private.place;
  v_from text := almanac.copied_from();
  v_reason text;
  v_open almanac.stops;
  v_cancelled bigint[] := '{}';
begin
  perform almanac_private.check_admin('adopt');
  if adopt.choice is null or adopt.choice not in ('continue', 'skip') then
    raise exception using errcode = 'AL027',
      message = format('Unknown choice: %s.', coalesce(quote_literal(adopt.choice), 'null')),
      detail = 'Choose continue (what is queued and overdue runs here, as each schedule says) or skip (it is '
        'cancelled, and recorded as stopped).',
      hint = 'If the original is still in use elsewhere: select almanac.adopt(''skip'').';
  end if;
  select p.* into v_place from almanac_private.place p for update;
  if v_from is null and v_place.environment is not distinct from adopt.environment then
    raise exception using errcode = 'AL013', message = 'This database is not a copy: it is where it has always been.',
      detail = format('Recorded on %s by %s.', almanac_private.recorded_time(v_place.recorded_at), v_place.recorded_by),
      hint = 'There is nothing to adopt.';
  end if;
  perform almanac_private.record_place(adopt.environment);

  if adopt.choice = 'skip' then
    v_reason := coalesce('copied from ' || v_from, 'adopted for another environment');
    lock table almanac.stops in share row exclusive mode;
    update almanac.stops s set resumed_at = v_now, resumed_by = almanac_private.actor() where s.resumed_at is null
      returning s.* into v_open;
    insert into almanac.stops (stopped_at, stopped_by, reason, resumed_at, resumed_by)
    select least(min(s.next_run_at), v_now), almanac_private.actor(), v_reason, v_now, almanac_private.actor()
      from almanac.schedules s;
    insert into almanac.stops (stopped_at, stopped_by, reason) select v_now, v_open.stopped_by, v_open.reason
      where v_open.id is not null;
    with locked as (
      select r.id, r.scheduled_for from almanac_private.live_runs l join almanac.runs r on r.id = l.run_id
        and r.scheduled_for = l.scheduled_for
      where r.finished_at is null order by r.scheduled_for, r.id for no key update of r
    ), ended as (
      update almanac.runs r set status = 'cancelled', reason = v_reason, finished_at = v_now
      from locked l where r.id = l.id and r.scheduled_for = l.scheduled_for returning r.id
    ), dead as (
      delete from almanac_private.live_runs
    ), waiting as (
      delete from almanac_private.group_line
    ), places as (
      delete from almanac_private.group_slots
    )
    select coalesce(array_agg(e.id), '{}') into v_cancelled from ended e;
  end if;
  -- The workers that a copy names are the original's, and send no heartbeats here; what they have locked goes with
  -- them.
  perform almanac_private.reap_workers();
  perform almanac_private.remove_jobs(array(
    select j.key from graphile_worker.jobs j
      where j.key = any (array(select 'run:' || c.id from unnest(v_cancelled) c(id))) and j.locked_at is null));
  perform from almanac.reconcile();
  perform almanac_private.notify_changed('almanac_schedules', null);
  perform almanac_private.notify_changed('almanac_runs', null);
  return cardinality(v_cancelled);
end
$$;
comment on function almanac.adopt(text, text) is
  'Makes a copy of a database independent; until then nothing is fired or run in it. choice: continue, if the original '
  'is gone: what is queued and overdue is run here, as each schedule says; skip, if it is still in use: what is queued '
  'or running is cancelled, and what was due is recorded as stopped. environment: the ALMANAC_ENVIRONMENT of its '
  'workers; null: none. Returns how many runs were cancelled.';
grant execute on function almanac.adopt(text, text) to almanac_viewer;
