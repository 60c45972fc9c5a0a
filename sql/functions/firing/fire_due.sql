-- Definer: writes the ledger and Graphile Worker's jobs. The setting keeps the triggers for people's writes out of the
-- way (a set clause on the function would need a superuser).
create or replace function almanac_private.fire_due(
  as_of timestamptz default now(), max_count integer default 500,
  out fired integer, out next_due timestamptz, out moved integer, out next_later timestamptz,
  out moved_ids bigint[]
)
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
  -- By key, whatever the statistics say: a hash join would read all of a large table for a handful of rows, here and in
  -- add_jobs.
  set jit to off set enable_hashjoin to off set enable_mergejoin to off set enable_seqscan to off
    set plan_cache_mode to force_generic_plan
as $$
declare
  v_ids bigint[];
  v_newest bigint[];
  v_done bigint[];
  v_held bigint[];
  v_in_order integer;
  v_put_off bigint[];
  v_bytes bigint := 0;
  v_stopped boolean;
  v_resumed timestamptz;
  v_schedule almanac.schedules;
  v_resolved almanac.schedules;
  v_result record;
  v_steps integer := 0;
  -- What one call settles one by one, of a schedule and, about, of all: runs, and occurrences looked at. Whatever is
  -- due meanwhile waits for it.
  v_most_runs constant integer := 500;
  v_most_steps constant integer := 5000;
  v_most_bytes constant bigint := 2000000;
  v_engine text;
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
    -- Not by whoever calls it, of whatever version: the original fires elsewhere.
    moved := 0;
    moved_ids := '{}';
    return;
  end if;
  select coalesce(bool_or(s.resumed_at is null), false), max(s.resumed_at) filter (where not s.catch_up)
    into v_stopped, v_resumed from almanac.stops s;
  v_engine := almanac_private.enter_engine();

  -- Statements of their own: the next one's snapshot is then younger than these locks, so that it counts the runs of
  -- whoever held them before. From both ends: what is due now is not kept waiting by hundreds that are behind, nor they
  -- by it.
  v_ids := array(
    select s.id from almanac.schedules s
    where s.next_run_at <= fire_due.as_of and (s.is_system or not v_stopped)
    order by s.next_run_at, s.id
    limit greatest(fire_due.max_count / 2, 1)
    for no key update skip locked
  );
  if cardinality(v_ids) >= fire_due.max_count / 2 then
    v_newest := array(
      select s.id from almanac.schedules s
      where s.next_run_at <= fire_due.as_of and (s.is_system or not v_stopped) and s.id <> all (v_ids)
      order by s.next_run_at desc, s.id desc
      limit fire_due.max_count - cardinality(v_ids)
      for no key update skip locked
    );
    -- In the order of their times, as runs are locked by whoever ends them.
    v_ids := v_ids || array(select u.id from unnest(v_newest) with ordinality u(id, nth) order by u.nth desc);
  end if;
  select w.kept, w.put_off into v_ids, v_put_off from almanac_private.within_limits(v_ids, fire_due.as_of) w;

  begin
    select f.fired, f.done into fired, v_done from almanac_private.fire_in_order(v_ids, fire_due.as_of, v_resumed) f;
  exception when invalid_parameter_value then
    -- A time zone that the server does not know: without the schedules that have it.
    begin
      select f.fired, f.done into fired, v_done
      from almanac_private.fire_in_order(array(
        select u.id from unnest(v_ids) with ordinality u(id, nth) join almanac.schedules s on s.id = u.id
        where almanac_private.lost_timezone(s) is null order by u.nth), fire_due.as_of, v_resumed) f;
    exception when others then
      v_done := null;
      fired := 0;
    end;
  when others then
    -- One that cannot be planned must not keep the others from firing: each alone, then.
    v_done := null;
    fired := 0;
  end;
  fired := coalesce(fired, 0);
  v_in_order := fired;
  moved_ids := coalesce(v_done, '{}');

  if cardinality(v_ids) > cardinality(moved_ids) then
    -- All that any of them will cancel, in the order in which finish_runs locks them. One of whose runs someone holds
    -- is left to a later call.
    v_held := almanac_private.lock_what_is_cancelled(v_ids, coalesce(v_done, '{}'));
    for v_schedule in
      select s.* from almanac.schedules s
      where s.id = any (v_ids) and s.id <> all (v_done || v_held) and s.next_run_at <= fire_due.as_of
      order by s.next_run_at desc, s.id
    loop
      begin
        v_result := almanac_private.resolve_schedule(v_schedule, fire_due.as_of,
          almanac_private.most_steps(v_schedule,
            case v_schedule.missed_run_policy when 'run_all' then v_most_runs else v_most_steps end));
        v_resolved := v_result.settled;
        v_steps := v_steps + v_result.steps;
        perform almanac_private.write_resolved(v_resolved);
        if v_resolved.next_run_at is null then
          perform almanac_private.remove_jobs(array['schedule:' || v_schedule.id]);
        else
          perform graphile_worker.add_jobs(
            array[almanac_private.arm_spec(v_schedule.id, v_resolved.next_run_at, almanac_private.arm_delay())]);
        end if;
        fired := fired + (v_resolved.fired_runs - v_schedule.fired_runs)::integer;
        v_bytes := v_bytes
          + (v_resolved.fired_runs - v_schedule.fired_runs) * almanac_private.payload_bytes(v_schedule.payload);
        if v_resolved is distinct from v_schedule then
          moved_ids := moved_ids || v_schedule.id;
        end if;
      exception when others then
        -- One that cannot be settled must not keep the others from firing.
        raise warning 'Schedule % cannot be fired: %', v_schedule.name, sqlerrm using errcode = sqlstate;
      end;
      exit when fired - v_in_order >= v_most_runs or v_steps >= v_most_steps or v_bytes >= v_most_bytes;
    end loop;
  end if;

  perform almanac_private.leave_engine(v_engine);
  moved_ids := moved_ids || v_put_off;
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
  'others, or cannot be settled), and, where more is due already, when what is not yet will be. While all are '
  'stopped, system schedules alone; in a copy that was not adopted, nothing.';
grant execute on function almanac_private.fire_due(timestamptz, integer) to almanac_worker;
