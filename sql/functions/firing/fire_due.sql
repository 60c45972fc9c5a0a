-- Definer: writes the ledger and Graphile Worker's jobs. The setting keeps the triggers for people's writes out of the
-- way (a set clause on the function would need a superuser).
--
-- One call locks what is due, has verdicts() decide and record_verdicts() write: about 1 ms for one schedule, most of
-- it spent on starting statements, and 80 to 100 µs for each of 500. Tickers, wake-up jobs and people may call it at
-- the same time; they take different schedules (skip locked), and a schedule that two want is fired by one.
--
-- 1. Locks come first, in statements of their own: a decision that began before its schedule was locked would not see
--    the run that the last holder wrote.
-- 2. From both ends of what is due. With the oldest alone, hundreds of schedules that are a day behind would keep what
--    is due now waiting for minutes; with the newest alone, they would never be caught up.
-- 3. All at once, otherwise one by one. A failure while recording (a trigger of the host's, a full disk) takes the
--    call back and tries each schedule alone, so that one bad schedule costs punctuality and nothing else.
-- 4. What is left stays due: next_due is then in the past and the ticker calls again at once.
create or replace function almanac_private.fire_due(
  as_of timestamptz default now(), max_count integer default 500,
  out fired integer, out next_due timestamptz, out moved integer, out next_later timestamptz,
  out moved_ids bigint[]
)
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
  -- By key, whatever the statistics say: a hash join would read all of a large table for a handful of rows, here and in
  -- add_jobs.
  set jit to off set enable_hashjoin to off set enable_mergejoin to off set enable_seqscan to off
    set enable_bitmapscan to off set plan_cache_mode to force_generic_plan
as $$
declare
  v_ids bigint[];
  v_accounts text[];
  v_bytes bigint[];
  v_cancelling bigint[];
  v_put_off bigint[];
  v_held bigint[];
  v_held_up almanac_private.held_up[] := '{}';
  v_stopped boolean;
  v_decided record;
  v_engine text;
  v_id bigint;
  v_most_alone constant integer := 500;
begin
  if current_setting('transaction_isolation') in ('repeatable read', 'serializable') then
    -- What others fired in the meantime would not be seen.
    raise exception using errcode = 'AL018', message = 'Firing needs the isolation level read committed.',
      detail = format('This transaction is %s.', current_setting('transaction_isolation')),
      hint = format('If that is the default here: alter role %I set default_transaction_isolation to ''read '
        'committed'';', session_user);
  end if;
  fired := 0;
  if almanac.copied_from() is not null then
    -- Never, no matter who calls it or with which version: the original fires elsewhere.
    moved := 0;
    moved_ids := '{}';
    return;
  end if;
  v_stopped := exists (select from almanac.stops s where s.resumed_at is null);
  v_engine := almanac_private.enter_engine();

  -- Statements of their own: the next one's snapshot is then younger than these locks, so that it counts the runs of
  -- the sessions that held them before. From both ends: what is due now is not kept waiting by hundreds that are
  -- behind, nor they by it. What within_limits asks for is read with them: to look each up again takes 3 µs.
  select coalesce(array_agg(d.id), '{}'), array_agg(d.account), array_agg(d.bytes),
    array_agg(d.id) filter (where d.overlap_policy = 'cancel_running')
  into v_ids, v_accounts, v_bytes, v_cancelling
  from (
    select s.id, s.overlap_policy,
      case when not s.is_system then almanac_private.account(s.run_as, s.owner_user) end as account,
      almanac_private.payload_bytes(s.payload) as bytes
    from almanac.schedules s
    where s.next_run_at <= fire_due.as_of and (s.is_system or not v_stopped)
    order by s.next_run_at, s.id
    limit greatest(fire_due.max_count / 2, 1)
    for no key update skip locked
  ) d;
  if cardinality(v_ids) >= fire_due.max_count / 2 then
    -- In the order of their times, as runs are locked by the sessions that end them.
    select v_ids || coalesce(array_agg(d.id order by d.next_run_at, d.id), '{}'),
      v_accounts || array_agg(d.account order by d.next_run_at, d.id),
      v_bytes || array_agg(d.bytes order by d.next_run_at, d.id),
      v_cancelling || array_agg(d.id) filter (where d.overlap_policy = 'cancel_running')
    into v_ids, v_accounts, v_bytes, v_cancelling
    from (
      select s.id, s.next_run_at, s.overlap_policy,
        case when not s.is_system then almanac_private.account(s.run_as, s.owner_user) end as account,
        almanac_private.payload_bytes(s.payload) as bytes
      from almanac.schedules s
      where s.next_run_at <= fire_due.as_of and (s.is_system or not v_stopped) and s.id <> all (v_ids)
      order by s.next_run_at desc, s.id desc
      limit fire_due.max_count - cardinality(v_ids)
      for no key update skip locked
    ) d;
  end if;
  select w.kept, w.put_off, w.held_up into v_ids, v_put_off, v_held_up
  from almanac_private.within_limits(v_ids, v_accounts, v_bytes, fire_due.as_of) w;

  -- All that any of them will cancel, in the order in which finish_runs locks them. One of whose runs someone holds is
  -- left to a later call.
  if v_cancelling is not null then
    v_held := almanac_private.lock_cancellable(v_cancelling);
    v_ids := array(select u.id from unnest(v_ids) with ordinality u(id, nth) where u.id <> all (v_held) order by u.nth);
    v_held_up := v_held_up || array(
      select row(s.id, s.next_run_at, fire_due.as_of, 'run', null)::almanac_private.held_up
      from almanac.schedules s where s.id = any (v_held));
  end if;
  begin
    v_decided := almanac_private.verdicts(v_ids, fire_due.as_of);
    fired := (almanac_private.record_verdicts(v_decided.verdicts, v_decided.courses, fire_due.as_of)).fired;
    moved_ids := array(select c.schedule_id from unnest(v_decided.courses) c);
    v_held_up := v_held_up || v_decided.held_up;
  exception when others then
    -- One that cannot be recorded must not keep the others from firing: each alone, then. If it waited for a lock,
    -- which may be that of a whole table, in an order of chance until the next one waits as long: what is decided here
    -- becomes old meanwhile.
    fired := 0;
    moved_ids := '{}';
    if sqlstate = '55P03' then
      v_ids := array(select u.id from unnest(v_ids) u(id) order by random());
    end if;
    foreach v_id in array v_ids loop
      begin
        v_decided := almanac_private.verdicts(array[v_id], fire_due.as_of);
        fired := fired
          + (almanac_private.record_verdicts(v_decided.verdicts, v_decided.courses, fire_due.as_of)).fired;
        moved_ids := moved_ids || array(select c.schedule_id from unnest(v_decided.courses) c);
        v_held_up := v_held_up || v_decided.held_up;
      exception when others then
        raise warning 'Schedule % cannot be fired: %', (select s.name from almanac.schedules s where s.id = v_id),
          sqlerrm using errcode = sqlstate;
        exit when sqlstate = '55P03';
        v_held_up := v_held_up || row(v_id, (select s.next_run_at from almanac.schedules s where s.id = v_id),
          fire_due.as_of, 'error', left(sqlerrm, 1000))::almanac_private.held_up;
      end;
      exit when fired >= v_most_alone;
    end loop;
  end;

  perform almanac_private.leave_engine(v_engine);
  moved_ids := moved_ids || v_put_off;
  if v_held_up <> '{}' or exists (select from almanac_private.held_up) then
    perform almanac_private.note_held_up(v_held_up, moved_ids, fire_due.as_of);
  end if;
  moved := cardinality(moved_ids);
  next_due := case
    when v_stopped then (select min(s.next_run_at) from almanac.schedules s where s.is_system)
    else (select min(s.next_run_at) from almanac.schedules s)
  end;
  if next_due <= fire_due.as_of then
    next_later := (select min(s.next_run_at) from almanac.schedules s where s.next_run_at > fire_due.as_of
      and (s.is_system or not v_stopped));
  end if;
end
$$;
comment on function almanac_private.fire_due(timestamptz, integer) is
  'Fires up to max_count schedules that are due (what is far behind in parts, so that more is due still): ledger, '
  'run jobs, next run and re-arming in one transaction. Returns how many runs came of it, when the next is due '
  '(which may be already; null: none is), how many schedules it moved on, and which (0: what is due is held by '
  'others, or cannot be resolved), and, where more is due already, when what is not yet will be. While all are '
  'stopped, system schedules alone; in a copy that was not adopted, nothing.';
grant execute on function almanac_private.fire_due(timestamptz, integer) to almanac_worker;
