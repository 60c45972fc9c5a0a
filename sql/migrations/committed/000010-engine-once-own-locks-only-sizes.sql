--! Previous: sha1:80f0a26ada3ef530525f4ba66ba856c978cd32cd
--! Hash: sha1:f21a4ec837d37c61cb5528f3509319d6694635c0
--! Message: engine once, own locks only, sizes

-- The next migration, in the making.
--
-- A check is added to almanac.schedules: the table is locked while each row is read once, about a second for a million.

alter table almanac.schedules drop constraint if exists schedule_next_run_at_goes_with_next_scheduled_for;
alter table almanac.schedules add constraint schedule_next_run_at_goes_with_next_scheduled_for
  check ((next_run_at is null) = (next_scheduled_for is null));

--! Included functions/firing/enter_engine.sql
create or replace function almanac_private.enter_engine() returns text
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_was text := coalesce(current_setting('almanac.engine', true), '');
begin
  perform set_config('almanac.engine', 'on', true);
  return v_was;
end
$$;
comment on function almanac_private.enter_engine() is
  'Has the triggers for people''s writes pass by what the engine writes, until leave_engine is given what this '
  'returns: the setting as it was.';
--! EndIncluded functions/firing/enter_engine.sql
--! Included functions/firing/leave_engine.sql
create or replace function almanac_private.leave_engine(was text) returns void
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
begin
  perform set_config('almanac.engine', leave_engine.was, true);
end
$$;
comment on function almanac_private.leave_engine(text) is
  'Puts the setting almanac.engine back to what enter_engine found.';
--! EndIncluded functions/firing/leave_engine.sql
--! Included functions/firing/status_when_due.sql
create or replace function almanac_private.status_when_due(
  status almanac.schedule_status, kind almanac.schedule_kind, next_run_at timestamptz
) returns almanac.schedule_status
language sql immutable parallel safe
return case
  when kind = 'manual' then status
  when next_run_at is null and status = 'active' then 'completed'
  when next_run_at is not null and status = 'completed' then 'active'
  else status
end;
comment on function almanac_private.status_when_due(almanac.schedule_status, almanac.schedule_kind, timestamptz) is
  'The status of a schedule once it is known when it is next due: completed if never again. A plain expression, '
  'so that callers inline it.';
--! EndIncluded functions/firing/status_when_due.sql
--! Included functions/firing/overlap.sql
-- Without a set clause, so that callers inline it.
create or replace function almanac_private.overlap(
  schedule_id bigint, overlap_policy almanac.overlap_policy, max_concurrent integer
) returns table (status almanac.run_status, reason text)
language sql stable rows 1
begin atomic
  select
    almanac_private.overlap_status(overlap.overlap_policy, overlap.max_concurrent, c.live, c.waiting),
    almanac_private.overlap_reason(overlap.overlap_policy, overlap.max_concurrent, c.live, c.waiting)
  from (
    -- As far as the policy cares: of a queue of thousands, each that joins it would count all before it.
    select
      (select count(*) from (
        select from almanac_private.live_runs l
        where l.schedule_id = overlap.schedule_id and l.in_line
        limit coalesce(overlap.max_concurrent, 1)) l) as live,
      case when overlap.overlap_policy = 'queue_one' then (
        select count(*) from (
          select from almanac_private.live_runs l
          where l.schedule_id = overlap.schedule_id and l.in_line and l.is_waiting limit 1) l) end as waiting
    offset 0
  ) c
  where c.live > 0;
end;
comment on function almanac_private.overlap(bigint, almanac.overlap_policy, integer) is
  'What the overlap policy makes of an occurrence that is on time, and why, by the runs of its schedule that go on and '
  'count toward overlap; no row: none goes on. Not to be asked where all may overlap.';
--! EndIncluded functions/firing/overlap.sql
--! Included functions/firing/waits_instead.sql
create or replace function almanac_private.waits_instead(
  overlap_policy almanac.overlap_policy, is_late boolean, is_held_up boolean
) returns boolean
language sql immutable parallel safe
return case
  when is_late then overlap_policy <> 'allow'
  else overlap_policy <> 'queue_one' and is_held_up
end;
comment on function almanac_private.waits_instead(almanac.overlap_policy, boolean, boolean) is
  'Whether an occurrence that its overlap policy would skip waits instead. is_late: it is caught up, which means '
  'that it runs. is_held_up: what is in its way was fired with it, or had not begun when it was due, as the '
  'engine was late. A plain expression, so that callers inline it.';
--! EndIncluded functions/firing/waits_instead.sql
--! Included functions/access/give_schedule.sql
-- Definer: run_as is written by nothing else; who may is checked first.
create or replace function almanac.give_schedule(schedule text, run_as name) returns almanac.schedules
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_schedule almanac.schedules := almanac_private.find_schedule(give_schedule.schedule);
  v_caller name := almanac_private.caller();
  v_engine text;
begin
  if v_schedule.is_system or not almanac_private.may_change(v_schedule.owner_user, v_schedule.run_as_key) then
    perform almanac_private.refuse_change(v_schedule.id);
  end if;
  if not exists (select from pg_roles r where r.rolname = give_schedule.run_as) then
    raise exception using errcode = 'AL024', column = 'run_as', message = format('There is no role %s.', coalesce(quote_ident(give_schedule.run_as), 'null')),
      detail = format('Schedule %s.', v_schedule.name), hint = 'Names are exact: select rolname from pg_roles.';
  end if;
  -- As PostgreSQL does with the owner of a table: nobody makes others run what they could not themselves.
  if not pg_has_role(v_caller, give_schedule.run_as, 'member') and not has_schema_privilege(v_caller, 'almanac_private', 'create') then
    raise exception using errcode = 'AL011', column = 'run_as', message = format('%s is no member of %s.', v_caller, give_schedule.run_as),
      detail = format('Schedule %s.', v_schedule.name), hint = 'Give it to a role that you are a member of, or ask the owner of the database.';
  end if;
  v_engine := almanac_private.enter_engine();
  update almanac.schedules s
  set run_as = give_schedule.run_as, run_as_key = almanac_private.role_key(give_schedule.run_as),
    updated_at = statement_timestamp(), updated_by = almanac_private.actor()
  where s.id = v_schedule.id
  returning s.* into v_schedule;
  perform almanac_private.leave_engine(v_engine);
  perform almanac_private.notify_changed('almanac_schedules', array[v_schedule.id]);
  return v_schedule;
end
$$;
comment on function almanac.give_schedule(text, name) is
  'Has a schedule run as another role from now on, which the caller must be a member of; the schedule of a role that was dropped is given by an admin.';
grant execute on function almanac.give_schedule(text, name) to almanac_operator;
--! EndIncluded functions/access/give_schedule.sql
--! Included functions/access/bind_roles.sql
create or replace function almanac_private.bind_roles() returns integer
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_here text := split_part(almanac_private.role_key(current_user), ':', 1);
  v_schedules integer;
  v_calendars integer;
  v_engine text;
begin
  v_engine := almanac_private.enter_engine();
  with bound as (
    select s.id, k.run_as_key, coalesce(almanac_private.role_of_key(k.run_as_key), s.run_as) as run_as
    from almanac.schedules s
    cross join lateral (select case
      when split_part(s.run_as_key, ':', 1) = v_here and s.run_as not in ('almanac_viewer', 'almanac_operator', 'almanac_admin') then s.run_as_key
      else almanac_private.role_key(s.run_as) end as run_as_key) k
  )
  update almanac.schedules s set run_as = b.run_as, run_as_key = b.run_as_key from bound b
  where b.id = s.id and (s.run_as, s.run_as_key) is distinct from (b.run_as, b.run_as_key);
  get diagnostics v_schedules = row_count;
  with bound as (
    select c.id, k.owned_by_key, coalesce(almanac_private.role_of_key(k.owned_by_key), c.owned_by) as owned_by
    from almanac.calendars c
    cross join lateral (select case
      when split_part(c.owned_by_key, ':', 1) = v_here and c.owned_by not in ('almanac_viewer', 'almanac_operator', 'almanac_admin') then c.owned_by_key
      else almanac_private.role_key(c.owned_by) end as owned_by_key) k
  )
  update almanac.calendars c set owned_by = b.owned_by, owned_by_key = b.owned_by_key from bound b
  where b.id = c.id and (c.owned_by, c.owned_by_key) is distinct from (b.owned_by, b.owned_by_key);
  get diagnostics v_calendars = row_count;
  perform almanac_private.leave_engine(v_engine);
  return v_schedules + v_calendars;
end
$$;
comment on function almanac_private.bind_roles() is
  'Looks up by name the roles of schedules and calendars that came from another server, and Almanac''s own; takes over the new names of renamed ones. Says how many rows changed. For migrations: only the owner may.';
--! EndIncluded functions/access/bind_roles.sql
--! Included functions/calendars/tg_replan_calendar.sql
-- Definer: replans schedules of other people that use the calendar.
create or replace function almanac_private.tg_replan_calendar() returns trigger
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp set jit to off
as $$
declare
  v_names text[];
  v_renamed record;
  v_ids bigint[];
  v_engine text;
begin
  if tg_table_name = 'calendars' then
    for v_renamed in
      select o.name as old_name, n.name as new_name from old_rows o join new_rows n on n.id = o.id where n.name <> o.name order by n.id
    loop
      v_engine := almanac_private.enter_engine();
      update almanac.schedules s set calendars = array_replace(s.calendars, v_renamed.old_name, v_renamed.new_name)
      where s.calendars @> array[v_renamed.old_name];
      perform almanac_private.leave_engine(v_engine);
    end loop;
    v_names := array(select n.name from new_rows n);
  elsif tg_op = 'INSERT' then
    v_names := array(select distinct c.name from new_rows n join almanac.calendars c on c.id = n.calendar_id);
  elsif tg_op = 'DELETE' then
    v_names := array(select distinct c.name from old_rows o join almanac.calendars c on c.id = o.calendar_id);
  else
    v_names := array(select distinct c.name from (select n.calendar_id from new_rows n union select o.calendar_id from old_rows o) e
      join almanac.calendars c on c.id = e.calendar_id);
  end if;
  if v_names <> '{}' then
    v_ids := almanac_private.schedules_of_calendars(v_names);
    perform almanac_private.replan(v_ids);
    if v_ids = '{}' then
      perform almanac_private.notify_changed('almanac_schedules', null);
    end if;
  end if;
  return null;
end
$$;
comment on function almanac_private.tg_replan_calendar() is
  'After calendars or their entries changed: computes when the schedules that use them are due now; a new name '
  'goes into them.';
--! EndIncluded functions/calendars/tg_replan_calendar.sql
--! Included functions/firing/fire_due.sql
-- Definer: writes the ledger and Graphile Worker's jobs. The setting keeps the triggers for people's writes out of the way
-- (a set clause on the function would need a superuser).
create or replace function almanac_private.fire_due(
  as_of timestamptz default now(), max_count integer default 500,
  out fired integer, out next_due timestamptz, out moved integer, out next_later timestamptz
)
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
  -- By key, whatever the statistics say: a hash join would read all of a large table for a handful of rows, here and in add_jobs.
  set jit to off set enable_hashjoin to off set enable_mergejoin to off set enable_seqscan to off set plan_cache_mode to force_generic_plan
as $$
declare
  v_ids bigint[];
  v_newest bigint[];
  v_done bigint[];
  v_in_order integer;
  v_stopped boolean;
  v_resumed timestamptz;
  v_schedule almanac.schedules;
  v_settled almanac.schedules;
  v_result record;
  v_steps integer := 0;
  -- What one call settles one by one, of a schedule and, about, of all: runs, and occurrences looked at. Whatever is due meanwhile waits for it.
  v_most_runs constant integer := 500;
  v_most_steps constant integer := 5000;
  v_engine text;
begin
  if current_setting('transaction_isolation') in ('repeatable read', 'serializable') then
    -- What others fired in the meantime would not be seen.
    raise exception using errcode = 'AL018', message = 'Firing needs the isolation level read committed.',
      detail = format('This transaction is %s.', current_setting('transaction_isolation')),
      hint = format('If that is the default here: alter role %I set default_transaction_isolation to ''read committed'';', session_user);
  end if;
  fired := 0;
  if almanac.copied_from() is not null then
    -- Not by whoever calls it, of whatever version: the original fires elsewhere.
    moved := 0;
    return;
  end if;
  select coalesce(bool_or(s.resumed_at is null), false), max(s.resumed_at) filter (where not s.catch_up) into v_stopped, v_resumed from almanac.stops s;
  v_engine := almanac_private.enter_engine();

  -- Statements of their own: the next one's snapshot is then younger than these locks, so that it counts the runs of whoever held them before.
  -- From both ends: what is due now is not kept waiting by hundreds that are behind, nor they by it.
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
  moved := coalesce(cardinality(v_done), 0);

  if cardinality(v_ids) > moved then
    -- All that any of them will cancel, in the order in which finish_runs locks them.
    perform from almanac.schedules s
      join almanac_private.live_runs l on l.schedule_id = s.id
      join almanac.runs r on r.id = l.run_id and r.scheduled_for = l.scheduled_for
      where s.id = any (v_ids) and s.id <> all (coalesce(v_done, '{}')) and s.overlap_policy = 'cancel_running' and l.in_line
      order by r.scheduled_for, r.id for no key update of r;
    for v_schedule in
      select s.* from almanac.schedules s
      where s.id = any (v_ids) and s.id <> all (coalesce(v_done, '{}')) and s.next_run_at <= fire_due.as_of
      order by s.next_run_at desc, s.id
    loop
      begin
        v_result := almanac_private.settle_schedule(v_schedule, fire_due.as_of,
          case v_schedule.missed_run_policy when 'run_all' then v_most_runs else v_most_steps end);
        v_settled := v_result.settled;
        v_steps := v_steps + v_result.steps;
        perform almanac_private.write_settled(v_settled);
        if v_settled.next_run_at is null then
          perform almanac_private.remove_jobs(array['schedule:' || v_schedule.id]);
        else
          perform graphile_worker.add_jobs(array[almanac_private.arm_spec(v_schedule.id, v_settled.next_run_at, almanac_private.arm_delay())]);
        end if;
        fired := fired + (v_settled.fired_runs - v_schedule.fired_runs)::integer;
        moved := moved + (v_settled is distinct from v_schedule)::integer;
      exception when others then
        -- One that cannot be settled must not keep the others from firing.
        raise warning 'Schedule % cannot be fired: %', v_schedule.name, sqlerrm using errcode = sqlstate;
      end;
      exit when fired - v_in_order >= v_most_runs or v_steps >= v_most_steps;
    end loop;
  end if;

  perform almanac_private.leave_engine(v_engine);
  next_due := case
    when v_stopped then (select min(s.next_run_at) from almanac.schedules s where s.is_system)
    else (select min(s.next_run_at) from almanac.schedules s)
  end;
  if next_due <= fire_due.as_of then
    next_later := (select min(s.next_run_at) from almanac.schedules s where s.next_run_at > fire_due.as_of and (s.is_system or not v_stopped));
  end if;
end
$$;
comment on function almanac_private.fire_due(timestamptz, integer) is
  'Fires up to max_count schedules that are due (what is far behind in parts, so that more is due still): ledger, run jobs, next run and re-arming in one transaction. Returns how many runs came of it, when the next is due (which may be already; null: none is), how many schedules it moved on (0: what is due is held by others, or cannot be settled), and, where more is due already, when what is not yet will be. While all are stopped, system schedules alone; in a copy that was not adopted, nothing.';
grant execute on function almanac_private.fire_due(timestamptz, integer) to almanac_worker;
--! EndIncluded functions/firing/fire_due.sql
--! Included functions/firing/fire_in_order.sql
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
    select s.id, s.name, s.task_identifier, s.payload, s.priority, s.run_as, s.max_attempts, s.timeout, s.cursor_at, s.next_scheduled_for,
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
          + almanac_private.jitter_delay(s.id, n.following, s.jitter, n.following, almanac_private.next_occurrence(s, n.following))
      end as then_due
    from unnest(fire_in_order.ids) u(id)
    join almanac.schedules s on s.id = any (array[u.id])
    cross join lateral (select almanac_private.next_occurrence(s, s.next_scheduled_for) as following offset 0) f
    -- What has come due besides, or later than tolerated: of a plain rule alone, and not without end.
    cross join lateral (
      select count(*) as count, max(l.at) as latest, (array_agg(l.at order by l.at desc))[2] as previous
      from almanac_private.occurrences_between(s, s.next_scheduled_for, fire_in_order.as_of + interval '1 microsecond', 1000) l(at)
      where (f.following <= fire_in_order.as_of or s.next_run_at < fire_in_order.as_of - s.late_tolerance)
        and s.calendars = '{}' and s.jitter is null and s.max_runs is null and s.next_run_at = s.next_scheduled_for
    ) l
    cross join lateral (
      select coalesce(l.latest, s.next_scheduled_for) as scheduled_for, l.latest < fire_in_order.as_of - s.late_tolerance as is_late
    ) r
    cross join lateral (
      select case when l.count > 1 then almanac_private.next_occurrence(s, l.latest) else f.following end as following,
        case when s.calendars <> '{}' then almanac_private.due_after(s, s.next_scheduled_for) end as due offset 0
    ) n
    left join lateral almanac_private.overlap(s.id, s.overlap_policy, s.max_concurrent) o
      on not (s.overlap_policy = 'allow' and s.max_concurrent is null)
    cross join lateral (
      select case
        -- First, as "null and …" would look up for each when what is in its way began.
        when o.status is distinct from 'skipped' then coalesce(o.status, 'queued')
        when almanac_private.waits_instead(s.overlap_policy, coalesce(r.is_late, false),
          coalesce(l.latest, s.next_run_at) < almanac_private.begun_at(s.id, s.next_run_at, fire_in_order.as_of))
        then 'waiting'
        else o.status
      end as run_status offset 0
    ) v
    -- Written so that the index of due times does not serve: each call for a part of a herd would read all of the herd in it.
    where coalesce(s.next_run_at, 'infinity') <= fire_in_order.as_of
      and (fire_in_order.resumed_at is null or s.is_system or s.next_run_at >= fire_in_order.resumed_at)
      and not s.has_overrides
      -- With calendars: nothing left out before it, nor is it held back or waiting to be recorded as left out.
      and (s.calendars = '{}' or s.next_run_at = s.next_scheduled_for and almanac_private.next_occurrence(s, s.cursor_at) = s.next_scheduled_for)
      and (s.overlap_policy <> 'cancel_running' or not exists (select from almanac_private.live_runs l where l.schedule_id = s.id))
      and case
        -- On time: the one that is due.
        when l.count = 0 then s.next_run_at >= fire_in_order.as_of - s.late_tolerance and (f.following is null or f.following > fire_in_order.as_of)
        -- Late: the latest runs, and what came before it is missed.
        else l.count < 1000
          and (l.count = 1 or s.missed_run_policy <> 'run_all' and l.previous < fire_in_order.as_of - s.late_tolerance)
          and almanac_private.is_fired_late(s.missed_run_policy, l.latest, true, fire_in_order.as_of - s.late_tolerance, fire_in_order.as_of - s.catchup_window)
      end
  ), omitted as (
    select almanac_private.record_omission(d.id, d.name, d.next_scheduled_for, d.previous, d.missed, 'missed', d.cursor_at, fire_in_order.as_of)
    from decided d where d.missed > 0
  ), ledger as (
    insert into almanac.runs as r
      (id, schedule_id, schedule_name, task_identifier, payload, scheduled_for, due_at, trigger, status, reason, max_attempts, timeout, priority,
       queued_at, finished_at, run_as)
    select d.run_id, d.id, d.name, d.task_identifier, d.payload, d.scheduled_for, d.due_at, 'schedule', d.run_status, d.run_reason,
      d.max_attempts, d.timeout, d.priority,
      case when d.run_status = 'queued' then fire_in_order.as_of end, case when d.run_status = 'skipped' then fire_in_order.as_of end, d.run_as
    from decided d
    on conflict (schedule_id, scheduled_for) where (r.trigger = 'schedule') do nothing
    returning r.id, r.schedule_id, r.scheduled_for, r.status, r.task_identifier, r.payload, r.priority
  ), live as (
    insert into almanac_private.live_runs (schedule_id, run_id, scheduled_for, in_line, is_waiting)
    select l.schedule_id, l.id, l.scheduled_for, true, l.status = 'waiting' from ledger l where l.status <> 'skipped'
  ), moved as (
    update almanac.schedules s
    set cursor_at = d.scheduled_for, next_scheduled_for = d.then_scheduled_for, next_run_at = d.then_due,
      status = almanac_private.status_when_due(s.status, s.kind, d.then_due),
      last_run_at = case when d.run_status = 'skipped' then s.last_run_at else greatest(s.last_run_at, d.due_at) end,
      fired_runs = s.fired_runs + (d.run_status <> 'skipped')::integer, total_runs = s.total_runs + (d.run_status <> 'skipped')::integer
    from decided d where s.id = any (array[d.id])
    returning s.id, s.next_run_at
  ), added as (
    select count(*) from graphile_worker.add_jobs(array(
      select almanac_private.run_job_spec(l.id, l.schedule_id, l.scheduled_for, 1, 'schedule', l.task_identifier, l.payload, l.priority, null)
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
  'Fires those of these schedules, locked by the caller, that can be fired all at once: of which one occurrence is due and in line, or, late, the latest alone. The others are left to settle_schedule. Returns how many runs came of it and the schedules it dealt with. resumed_at: what was due before a stop ended then is not fired here.';
--! EndIncluded functions/firing/fire_in_order.sql
--! Included functions/firing/settle_before_change.sql
-- Definer: writes the ledger on behalf of whoever changes what schedules depend on.
create or replace function almanac_private.settle_before_change(schedule_ids bigint[]) returns void
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp set jit to off
as $$
declare
  v_schedule almanac.schedules;
  v_engine text;
begin
  for v_schedule in
    select s.* from almanac.schedules s where s.id = any (settle_before_change.schedule_ids) and s.next_run_at is not null
    order by s.id for no key update
  loop
    continue when almanac_private.lost_timezone(v_schedule) is not null;
    -- Nothing is due, nor left out since the cursor and not recorded yet.
    continue when v_schedule.next_run_at > statement_timestamp() and not v_schedule.has_overrides
      and almanac_private.next_occurrence(v_schedule, v_schedule.cursor_at) > statement_timestamp();
    v_schedule := almanac_private.settle_rule(v_schedule, greatest(statement_timestamp(), v_schedule.cursor_at), null);
    v_engine := almanac_private.enter_engine();
    perform almanac_private.write_settled(v_schedule);
    perform almanac_private.leave_engine(v_engine);
  end loop;
end
$$;
comment on function almanac_private.settle_before_change(bigint[]) is
  'Locks schedules and settles what they owe up to this moment, before a calendar or an override of theirs changes; replan() comes after.';
--! EndIncluded functions/firing/settle_before_change.sql
--! Included functions/firing/settle_rule.sql
-- Definer: writes the ledger on behalf of whoever changes a schedule.
create or replace function almanac_private.settle_rule(
  schedule almanac.schedules, as_of timestamptz, omit_as almanac.omission_reason, closing text default null
) returns almanac.schedules
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp set jit to off
as $$
declare
  v_settled almanac.schedules := schedule;
  v_unlimited almanac.schedules := schedule;
  v_follows timestamptz;
  v_stretch record;
  v_result record;
  v_note text;
  v_engine text;
begin
  v_engine := almanac_private.enter_engine();
  begin
    if settle_rule.omit_as is not null and not v_settled.has_overrides and v_settled.jitter is null and v_settled.exclusion_policy = 'skip' then
      -- All of one kind and in their order: counted at once, as a pause can be long. What is omitted does not count for max_runs.
      v_unlimited.max_runs := null;
      select min(o.at) as first, max(o.at) as last, count(*) as count into v_stretch
      from almanac_private.occurrences_between(v_unlimited, v_settled.cursor_at + interval '1 microsecond', settle_rule.as_of + interval '1 microsecond', null) o(at);
      if v_stretch.count > 0 then
        perform almanac_private.record_omission(v_settled.id, v_settled.name, v_stretch.first, v_stretch.last, v_stretch.count, settle_rule.omit_as,
          v_settled.cursor_at, settle_rule.as_of);
        v_settled.cursor_at := v_stretch.last;
      end if;
    else
      loop
        v_follows := v_settled.cursor_at;
        select s.settled into v_result from almanac_private.settle_schedule(v_settled, settle_rule.as_of, 20000, settle_rule.omit_as) s;
        v_settled := v_result.settled;
        if v_settled.cursor_at = v_follows then
          -- What jitter or a calendar holds back: as a moved one it does not depend on the rule any more, and what comes after it can be settled.
          exit when settle_rule.closing is null or not almanac_private.hold_occurrence(v_settled, settle_rule.as_of, 'it was still to run when its rule changed');
          v_settled.has_overrides := true;
        end if;
      end loop;
    end if;
  exception when invalid_parameter_value then
    v_note := almanac_private.lost_timezone_note(schedule);
    if v_note is null then
      raise;
    end if;
    -- It can be paused, changed and deleted all the same.
    raise warning using errcode = 'AL002', hint = v_note,
      message = format('What schedule %s owes since %s is not recorded: its times cannot be computed.', schedule.name, schedule.cursor_at);
    v_settled := schedule;
  end;
  if settle_rule.closing = 'stop' and v_settled.has_overrides then
    perform almanac_private.record_omission(o.schedule_id, v_settled.name, o.scheduled_for, o.scheduled_for, 1, 'stopped', null, settle_rule.as_of)
    from almanac.occurrence_overrides o where o.schedule_id = v_settled.id and o.is_owed and o.done_at is null;
    update almanac.occurrence_overrides o set done_at = settle_rule.as_of
    where o.schedule_id = v_settled.id and o.is_owed and o.done_at is null;
  end if;
  perform almanac_private.leave_engine(v_engine);
  return v_settled;
end
$$;
comment on function almanac_private.settle_rule(almanac.schedules, timestamptz, almanac.omission_reason, text) is
  'Settles all that a rule owes up to as_of before it changes, however much it is, and returns the row as it is then. closing: hold, the rule ends here and what it still holds back stays due; stop, the schedule ends firing and that is recorded as stopped.';
--! EndIncluded functions/firing/settle_rule.sql
--! Included functions/firing/write_settled.sql
-- Definer: writes what only the engine may.
create or replace function almanac_private.write_settled(settled almanac.schedules) returns void
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
begin
  update almanac.schedules s
  set cursor_at = settled.cursor_at, next_scheduled_for = settled.next_scheduled_for, next_run_at = settled.next_run_at,
    has_overrides = settled.has_overrides, last_run_at = settled.last_run_at, total_runs = settled.total_runs,
    fired_runs = settled.fired_runs,
    status = almanac_private.status_when_due(s.status, s.kind, settled.next_run_at)
  where s.id = settled.id;
end
$$;
comment on function almanac_private.write_settled(almanac.schedules) is
  'Writes what was found for a schedule that the caller has locked: what is settled, and when it is next due. With the '
  'setting almanac.engine on.';
--! EndIncluded functions/firing/write_settled.sql
--! Included functions/planning/override_occurrence.sql
-- Definer: writes overrides and the ledger; the caller's right to do so is checked first.
create or replace function almanac_private.override_occurrence(
  schedule text, occurrence timestamptz, action almanac.override_action, moved_to timestamptz, reason text
) returns almanac.occurrence_overrides
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_schedule almanac.schedules := almanac_private.find_schedule(override_occurrence.schedule);
  v_now timestamptz := statement_timestamp();
  v_override almanac.occurrence_overrides;
  v_near record;
  v_engine text;
begin
  if v_schedule.is_system or not almanac_private.may_change(v_schedule.owner_user, v_schedule.run_as_key) then
    perform almanac_private.refuse_change(v_schedule.id);
  end if;
  if v_schedule.status not in ('active', 'paused') then
    raise exception using errcode = 'AL013', column = 'status', message = format('Schedule %s is %s: it has no occurrence to come.', v_schedule.name, v_schedule.status),
      detail = format('occurrence: %s.', override_occurrence.occurrence), hint = 'Look at: select * from almanac.upcoming(…).';
  end if;
  perform almanac_private.settle_before_change(array[v_schedule.id]);
  select s.* into v_schedule from almanac.schedules s where s.id = v_schedule.id for no key update;
  select o.* into v_override from almanac.occurrence_overrides o
  where o.schedule_id = v_schedule.id and o.scheduled_for = override_occurrence.occurrence;

  if override_occurrence.action = 'move' and (override_occurrence.moved_to > v_now and isfinite(override_occurrence.moved_to)) is not true then
    raise exception using errcode = 'AL016', message = 'An occurrence is moved to a time in the future.',
      detail = format('moved_to: %s, now: %s.', coalesce(override_occurrence.moved_to::text, 'null'), v_now), hint = 'Give a later time, or run it at once: almanac.trigger_now().';
  elsif v_override.done_at is not null or v_override.schedule_id is null and (
    exists (select from almanac.runs r where r.schedule_id = v_schedule.id and r.scheduled_for = override_occurrence.occurrence and r.trigger = 'schedule')
    or exists (select from almanac.omissions o where o.schedule_id = v_schedule.id and o.during @> override_occurrence.occurrence))
  then
    raise exception using errcode = 'AL016', message = 'The occurrence has its outcome already.',
      detail = format('occurrence: %s.', override_occurrence.occurrence), hint = 'Look at it in almanac.runs and almanac.omissions. To run it again, use almanac.trigger_now().';
  elsif v_override.schedule_id is null and (override_occurrence.occurrence > v_schedule.cursor_at
    and almanac_private.next_occurrence(v_schedule, override_occurrence.occurrence - interval '1 microsecond') = override_occurrence.occurrence) is not true
  then
    select n.* into v_near from almanac_private.nearest_occurrences(v_schedule, coalesce(override_occurrence.occurrence, v_now), v_schedule.cursor_at) n;
    raise exception using errcode = 'AL016',
      message = format('Schedule %s has no occurrence at this time%s.', v_schedule.name,
        case when override_occurrence.occurrence <= v_schedule.cursor_at then ' that is to come' end),
      detail = format('occurrence: %s.', coalesce(override_occurrence.occurrence::text, 'null')),
      hint = format('Give its nominal time, scheduled_for. %s: %s.', case when v_near.before is null then 'The next one is' else 'The nearest are' end,
        coalesce(nullif(concat_ws(' and ', v_near.before, v_near.after), ''), 'none'));
  end if;

  insert into almanac.occurrence_overrides as o (schedule_id, scheduled_for, action, moved_to, reason, created_by)
  values (v_schedule.id, override_occurrence.occurrence, override_occurrence.action, override_occurrence.moved_to, override_occurrence.reason,
    almanac_private.actor())
  on conflict (schedule_id, scheduled_for) do update
  set action = excluded.action, moved_to = excluded.moved_to, reason = excluded.reason, created_by = excluded.created_by, created_at = excluded.created_at,
    is_held_over = false
  returning o.* into v_override;
  if v_override.is_owed and v_override.action = 'skip' then
    perform almanac_private.insert_skipped(v_schedule, v_override.scheduled_for, 'skipped', v_now);
    update almanac.occurrence_overrides o set done_at = v_now
    where o.schedule_id = v_override.schedule_id and o.scheduled_for = v_override.scheduled_for returning o.* into v_override;
  end if;
  v_engine := almanac_private.enter_engine();
  update almanac.schedules s set has_overrides = true where s.id = v_schedule.id and not s.has_overrides;
  perform almanac_private.leave_engine(v_engine);
  perform almanac_private.replan(array[v_schedule.id]);
  return v_override;
end
$$;
comment on function almanac_private.override_occurrence(text, timestamptz, almanac.override_action, timestamptz, text) is
  'Moves or skips one occurrence that has no outcome yet, named by its nominal time; what is due by now is settled first.';
grant execute on function almanac_private.override_occurrence(text, timestamptz, almanac.override_action, timestamptz, text) to almanac_operator;
--! EndIncluded functions/planning/override_occurrence.sql
--! Included functions/planning/replan.sql
-- Definer: writes what only the engine may.
create or replace function almanac_private.replan(schedule_ids bigint[]) returns integer
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
  -- By key, whatever the statistics say, as fire_due.
  set jit to off set enable_hashjoin to off set enable_mergejoin to off set enable_seqscan to off
as $$
declare
  v_schedule almanac.schedules;
  v_was timestamptz;
  v_was_for timestamptz;
  v_delay interval := almanac_private.arm_delay();
  v_specs graphile_worker.job_spec[] := '{}';
  v_moved bigint[] := '{}';
  v_engine text;
begin
  v_engine := almanac_private.enter_engine();
  for v_schedule in
    select s.* from almanac.schedules s
    where s.id = any (replan.schedule_ids) and s.status in ('active', 'completed') and s.kind <> 'manual' and s.deleted_at is null and s.archived_at is null
    order by s.id for no key update
  loop
    continue when almanac_private.lost_timezone(v_schedule) is not null;
    v_was := v_schedule.next_run_at;
    v_was_for := v_schedule.next_scheduled_for;
    select d.scheduled_for, d.due_at into v_schedule.next_scheduled_for, v_schedule.next_run_at from almanac_private.next_due(v_schedule) d;
    if v_schedule.next_run_at < statement_timestamp()
      and almanac_private.hold_occurrence(v_schedule, statement_timestamp(), 'what held it back went away')
    then
      v_schedule.has_overrides := true;
      select d.scheduled_for, d.due_at into v_schedule.next_scheduled_for, v_schedule.next_run_at from almanac_private.next_due(v_schedule) d;
    end if;
    continue when (v_schedule.next_run_at, v_schedule.next_scheduled_for) is not distinct from (v_was, v_was_for);
    perform almanac_private.write_settled(v_schedule);
    v_moved := v_moved || v_schedule.id;
    if v_schedule.next_run_at is null then
      perform almanac_private.remove_jobs(array['schedule:' || v_schedule.id]);
    else
      v_specs := v_specs || almanac_private.arm_spec(v_schedule.id, v_schedule.next_run_at, v_delay);
    end if;
  end loop;
  perform almanac_private.leave_engine(v_engine);
  perform graphile_worker.add_jobs(v_specs);
  perform almanac_private.notify_changed('almanac_schedules', replan.schedule_ids);
  return cardinality(v_moved);
end
$$;
comment on function almanac_private.replan(bigint[]) is
  'Computes anew when these schedules are next due, because something beside their rows has changed, and arms them; returns how many have moved. What is due by now must be settled before the change.';
--! EndIncluded functions/planning/replan.sql
--! Included functions/planning/replan_from_now.sql
-- Definer: takes back what the ledger says of times in the future; who may is checked first.
--
-- The engine goes by the database's clock. When that was ahead for a while, schedules have outcomes for times that are in the future again: some
-- ran, the others are recorded as missed, and nothing fires until the clock gets there. What ran stays, as a time has one run; each such time
-- becomes an override that is done, which planning passes by. What was recorded without a run is taken back, and fires at its time.
create or replace function almanac.replan_from_now(dry_run boolean default false)
returns table (schedule_id bigint, schedule_name text, was_due_at timestamptz, due_at timestamptz)
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp set jit to off
as $$
#variable_conflict use_column
declare
  v_now timestamptz := statement_timestamp();
  v_schedule almanac.schedules;
  v_unlimited almanac.schedules;
  v_omission almanac.omissions;
  v_kept record;
  v_ids bigint[] := '{}';
  v_was timestamptz[] := '{}';
  v_due timestamptz[];
  v_engine text;
begin
  perform almanac_private.check_admin('replan_from_now');
  begin
    for v_schedule in
      select s.* from almanac.schedules s where s.id in (select a.id from almanac_private.schedules_ahead(v_now) a)
      order by s.id for no key update
    loop
      insert into almanac.occurrence_overrides as o (schedule_id, scheduled_for, action, moved_to, reason, created_by, done_at)
      select r.schedule_id, r.scheduled_for, 'move', r.due_at, 'ran while the clock was ahead', 'almanac', v_now
      from almanac.runs r where r.schedule_id = v_schedule.id and r.trigger = 'schedule' and r.scheduled_for > v_now
      on conflict (schedule_id, scheduled_for) do update set done_at = coalesce(o.done_at, excluded.done_at), is_owed = false;

      -- Moved ones go by the time they were moved to: those that were missed are due then, after all.
      with reopened as (
        update almanac.occurrence_overrides o set done_at = null, is_owed = o.scheduled_for <= v_now
        where o.schedule_id = v_schedule.id and o.action = 'move' and o.done_at is not null and o.moved_to > v_now
          and not exists (
            select from almanac.runs r where r.schedule_id = o.schedule_id and r.scheduled_for = o.scheduled_for and r.trigger = 'schedule')
        returning o.scheduled_for
      )
      delete from almanac.omissions o using reopened r where o.schedule_id = v_schedule.id and o.during @> r.scheduled_for;

      v_unlimited := v_schedule;
      v_unlimited.max_runs := null;
      for v_omission in
        select o.* from almanac.omissions o
        where o.schedule_id = v_schedule.id and o.during && tstzrange(v_now, null, '()')
          and not exists (
            select from almanac.occurrence_overrides m
            where m.schedule_id = o.schedule_id and m.scheduled_for = lower(o.during) and m.done_at is not null)
        order by o.during for update
      loop
        select count(*) as count, max(n.at) as last into v_kept
        from almanac_private.occurrences_between(
          v_unlimited, lower(v_omission.during), v_now + interval '1 microsecond', null) n(at);
        if v_kept.last is null then
          delete from almanac.omissions o where o.id = v_omission.id;
        else
          update almanac.omissions o set during = tstzrange(lower(o.during), v_kept.last, '[]'), count = v_kept.count
          where o.id = v_omission.id;
        end if;
      end loop;

      update almanac_private.rule_versions v
      set valid_from = least(v.valid_from, v_now), valid_to = case when v.valid_to > v_now then v_now else v.valid_to end
      where v.schedule_id = v_schedule.id and greatest(v.valid_from, v.valid_to) > v_now;

      v_engine := almanac_private.enter_engine();
      update almanac.schedules s
      set cursor_at = v_now, paused_at = case when s.paused_at > v_now then v_now else s.paused_at end,
        has_overrides = exists (
          select from almanac.occurrence_overrides o where o.schedule_id = s.id and (o.done_at is null or o.scheduled_for > v_now))
      where s.id = v_schedule.id;
      perform almanac_private.leave_engine(v_engine);
      v_ids := v_ids || v_schedule.id;
      v_was := v_was || v_schedule.next_run_at;
    end loop;
    update almanac.stops s
    set stopped_at = least(s.stopped_at, v_now), resumed_at = case when s.resumed_at > v_now then v_now else s.resumed_at end
    where greatest(s.stopped_at, s.resumed_at) > v_now;
    perform almanac_private.replan(v_ids);

    -- What waits for a time that the clock had when it was written: jobs of runs, the lead, and workers that died meanwhile.
    perform graphile_worker.reschedule_jobs(
      array(
        select j.id
        from almanac_private.live_runs l
        join almanac.runs r on r.id = l.run_id and r.scheduled_for = l.scheduled_for
        join graphile_worker.jobs j on j.key = 'run:' || r.id
        where j.locked_at is null and j.run_at > v_now
          and (greatest(r.queued_at, r.attempt_started_at) > v_now or exists (
            select from almanac.run_attempts a
            where a.run_id = r.id and a.scheduled_for = r.scheduled_for and a.finished_at > v_now))),
      run_at := v_now);
    delete from almanac.ledger_checks c where c.checked_at > v_now; -- of what was due by the wrong clock
    update almanac_private.leases l set expires_at = v_now where l.expires_at > v_now + interval '1 minute';
    update almanac.workers w set last_heartbeat_at = v_now where w.last_heartbeat_at > v_now;

    v_due := array(
      select s.next_run_at from unnest(v_ids) with ordinality u(id, nth) join almanac.schedules s on s.id = u.id order by u.nth);
    if replan_from_now.dry_run then
      raise exception 'undone' using errcode = 'UNDO0';
    end if;
  exception when sqlstate 'UNDO0' then
    null; -- what was found stays in the variables
  end;

  return query
  select s.id, s.name, u.was, u.due from unnest(v_ids, v_was, v_due) u(id, was, due) join almanac.schedules s on s.id = u.id order by s.id;
end
$$;
comment on function almanac.replan_from_now(boolean) is
  'After the database''s clock was ahead and went back: plans all schedules from now on that were fired beyond now. Runs that began ahead of their time stay, and do not run again; what was recorded as missed for a time in the future fires at that time. Returns when each was, and is, next due; with dry_run that is all.';
grant execute on function almanac.replan_from_now(boolean) to almanac_viewer;
--! EndIncluded functions/planning/replan_from_now.sql
--! Included functions/planning/tg_plan_loaded_overrides.sql
-- Definer: writes what only the engine may.
create or replace function almanac_private.tg_plan_loaded_overrides() returns trigger
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp set jit to off
as $$
declare
  v_ids bigint[] := array(select distinct n.schedule_id from new_rows n order by n.schedule_id);
  v_engine text;
begin
  perform almanac_private.settle_before_change(v_ids);
  v_engine := almanac_private.enter_engine();
  update almanac.schedules s set has_overrides = true where s.id = any (v_ids) and not s.has_overrides;
  perform almanac_private.leave_engine(v_engine);
  perform almanac_private.replan(v_ids);
  return null;
end
$$;
comment on function almanac_private.tg_plan_loaded_overrides() is
  'After a dump has loaded overrides: plans their schedules by them, which were loaded before.';
--! EndIncluded functions/planning/tg_plan_loaded_overrides.sql
--! Included functions/runs/insert_run.sql
-- Definer: writes the ledger. Called by the engine only; rights are checked by whoever calls it.
create or replace function almanac_private.insert_run(
  schedule almanac.schedules, scheduled_for timestamptz, due_at timestamptz, trigger almanac.run_trigger,
  payload jsonb, requested_by text, as_of timestamptz, caught_up integer default null, in_line boolean default null, was_idle boolean default false
) returns almanac.runs
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
  -- By key, whatever the statistics say: a hash join would read all of a large table for a handful of rows, here and in add_jobs.
  set jit to off set enable_hashjoin to off set enable_mergejoin to off set enable_seqscan to off set plan_cache_mode to force_generic_plan
as $$
#variable_conflict use_column
declare
  v_run almanac.runs;
  v_in_line boolean := coalesce(insert_run.in_line, insert_run.trigger = 'schedule');
  v_status almanac.run_status := 'queued';
  v_reason text;
begin
  if v_in_line and schedule.overlap_policy = 'cancel_running' and not was_idle then
    perform almanac_private.cancel_live_runs(schedule.id, 'a later run took its place', insert_run.as_of);
  end if;
  if v_in_line and not (schedule.overlap_policy = 'allow' and schedule.max_concurrent is null) then
    select o.status, o.reason into v_status, v_reason
    from almanac_private.overlap(schedule.id, schedule.overlap_policy, schedule.max_concurrent) o;
    if v_status = 'skipped'
      and almanac_private.waits_instead(schedule.overlap_policy, insert_run.caught_up is not null, was_idle)
    then
      v_status := 'waiting';
    end if;
    v_status := coalesce(v_status, 'queued');
  end if;

  insert into almanac.runs as r
    (schedule_id, schedule_name, task_identifier, payload, scheduled_for, due_at, trigger, status, reason, max_attempts, timeout, priority,
     queued_at, finished_at, run_as, requested_by)
  values (schedule.id, schedule.name, schedule.task_identifier, insert_run.payload, insert_run.scheduled_for, insert_run.due_at, insert_run.trigger,
    v_status, v_reason, schedule.max_attempts, schedule.timeout, schedule.priority,
    case when v_status = 'queued' then insert_run.as_of end, case when v_status = 'skipped' then insert_run.as_of end,
    schedule.run_as, insert_run.requested_by)
  on conflict (schedule_id, scheduled_for) where (r.trigger = 'schedule') do nothing
  returning r.* into v_run;
  if v_run.id is null then
    return null;
  end if;

  if v_status <> 'skipped' then
    insert into almanac_private.live_runs (schedule_id, run_id, scheduled_for, in_line, is_waiting)
    values (schedule.id, v_run.id, v_run.scheduled_for, v_in_line, v_status = 'waiting');
    if insert_run.trigger <> 'schedule' then
      -- What the rule fires is counted by whoever fires it.
      insert into almanac_private.unsettled_counters (schedule_id, total, last_run_at) values (schedule.id, 1, insert_run.due_at);
    end if;
  end if;
  if v_status = 'queued' then
    perform graphile_worker.add_jobs(array[almanac_private.run_job_spec(
      v_run.id, v_run.schedule_id, v_run.scheduled_for, 1, v_run.trigger, v_run.task_identifier, v_run.payload, v_run.priority,
      -- Those that wait for each other have their pace from that.
      case when schedule.overlap_policy = 'allow' then insert_run.as_of + make_interval(secs => insert_run.caught_up * 60.0 / schedule.catchup_per_minute) end)]);
  end if;
  return v_run;
end
$$;
comment on function almanac_private.insert_run(almanac.schedules, timestamptz, timestamptz, almanac.run_trigger, jsonb, text, timestamptz, integer, boolean, boolean) is
  'Writes one run to the ledger, as its overlap policy has it, and adds its job; null: the occurrence has its run already. caught_up: how many before it are caught up in the same go, so that their jobs are paced; null: it is not caught up. in_line: whether the overlap policy looks at it, and it counts for others; null: if the rule names it. was_idle: nothing of the schedule was going on when this firing of several began, so that they wait for each other.';
--! EndIncluded functions/runs/insert_run.sql
--! Included functions/runs/settle_counters.sql
-- Definer: writes computed columns.
create or replace function almanac_private.settle_counters(
  deltas almanac_private.unsettled_counters[] default '{}', schedule_ids bigint[] default null
) returns integer
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
  -- By key, whatever the statistics say: a hash join would read all of a large table for a handful of rows, here and in add_jobs.
  set jit to off set enable_hashjoin to off set enable_mergejoin to off set enable_seqscan to off
as $$
declare
  v_ids bigint[];
  v_count integer;
  v_engine text;
begin
  v_engine := almanac_private.enter_engine();
  v_ids := array(
    select s.id from almanac.schedules s
    where s.id = any (coalesce(settle_counters.schedule_ids, array(select distinct u.schedule_id from almanac_private.unsettled_counters u)))
    order by s.id for no key update skip locked
  );
  with taken as (
    delete from almanac_private.unsettled_counters u
    where u.schedule_id = any (v_ids)
      or settle_counters.schedule_ids is null and not exists (select from almanac.schedules s where s.id = u.schedule_id)
    returning u.*
  ), kept as (
    insert into almanac_private.unsettled_counters (schedule_id, failed, last_status, total, last_run_at, has_succeeded, failed_since)
    select d.schedule_id, d.failed, d.last_status, d.total, d.last_run_at, d.has_succeeded, d.failed_since
    from unnest(settle_counters.deltas) d
    where d.schedule_id <> all (v_ids) and exists (select from almanac.schedules s where s.id = d.schedule_id)
  ), ordered as (
    -- Those that waited came before.
    select t.*, coalesce(t.id, 9223372036854775807) as position from taken t
    union all
    select d.*, 9223372036854775807 from unnest(settle_counters.deltas) d where d.schedule_id = any (v_ids)
  ), summed as (
    select o.schedule_id, sum(o.total) as total, max(o.last_run_at) as last_run_at, sum(o.failed) as failed,
      (array_agg(o.last_status order by o.position desc) filter (where o.last_status is not null))[1] as last_status, bool_or(o.has_succeeded) as has_succeeded,
      sum(o.failed_since) filter (where o.position >= coalesce(o.succeeded_at, 0)) as failed_since
    from (
      select o.*, max(o.position) filter (where o.has_succeeded) over (partition by o.schedule_id) as succeeded_at from ordered o
    ) o
    group by o.schedule_id
  )
  update almanac.schedules s
  set total_runs = s.total_runs + c.total, last_run_at = greatest(s.last_run_at, c.last_run_at), failed_runs = s.failed_runs + c.failed,
    last_status = coalesce(c.last_status, s.last_status),
    consecutive_failures = case when c.has_succeeded then 0 else s.consecutive_failures end + c.failed_since
  from summed c where s.id = c.schedule_id;
  get diagnostics v_count = row_count;
  perform almanac_private.leave_engine(v_engine);
  return v_count;
end
$$;
comment on function almanac_private.settle_counters(almanac_private.unsettled_counters[], bigint[]) is
  'Adds to the counters of schedules (null: of all) what waits in unsettled_counters, and then deltas. What belongs to a row that someone holds locked waits there: nobody waits for a counter.';
--! EndIncluded functions/runs/settle_counters.sql
--! Included functions/schedules/tg_compute_schedule.sql
-- Definer: settles what a rule still owes before it changes, which writes the ledger.
create or replace function almanac_private.tg_compute_schedule() returns trigger
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp set jit to off
as $$
declare
  v_now timestamptz := statement_timestamp();
  v_rule_changed boolean := true;
  v_was_firing boolean := false;
  v_is_there boolean := new.deleted_at is null and new.archived_at is null;
  v_fires boolean;
  v_restarts boolean;
  v_begins boolean := false;
  v_was_paused boolean := false;
  v_catches_up boolean := false;
  v_settled almanac.schedules;
  v_warning text;
  v_loads boolean := tg_op = 'INSERT' and almanac_private.loads_dump();
begin
  if new.task_identifier is null or new.task_identifier !~ '\S' then
    raise exception using errcode = 'AL005', column = 'task_identifier', message = 'A schedule needs a task.',
      detail = format('Schedule %s.', coalesce(quote_literal(new.name), 'null')), hint = 'Look at: select identifier, description from almanac.tasks.';
  elsif (new.name, new.priority, new.status, new.overlap_policy, new.missed_run_policy, new.late_tolerance, new.catchup_window, new.catchup_per_minute,
    new.max_attempts, new.retry_delay, new.retry_backoff, new.retry_ceiling, new.tags, new.calendars, new.exclusion_policy) is not null is not true
  then
    perform almanac_private.check_given('almanac.schedules', to_jsonb(new) - 'cursor_at');
  end if;
  if (tg_op = 'INSERT' or new.tags <> old.tags) and new.tags <> '{}' then
    perform almanac_private.check_tags(new.tags);
  end if;
  -- Of one that is there already, only a new task: it can be paused and deleted when its task is gone.
  if (tg_op = 'INSERT' or new.task_identifier <> old.task_identifier)
    and not exists (select from almanac.tasks t where t.identifier = new.task_identifier)
  then
    raise exception using errcode = 'AL005', column = 'task_identifier', message = format('The task %s is unknown.', new.task_identifier),
      detail = 'No worker has announced it.',
      hint = concat(case when new.task_identifier ~ '^[_a-zA-Z][_a-zA-Z0-9:_/-]*$'
          then format('Start a worker that has it, or announce it: select almanac.register_task(%L).', new.task_identifier)
          else 'Look at: select identifier, description from almanac.tasks.' end,
        almanac_private.perhaps(new.task_identifier, array(select t.identifier from almanac.tasks t order by t.is_builtin, t.identifier limit 1000)));
  end if;
  -- Of one that is there already, only a new name: it can be changed and deleted under the one that it has.
  if (tg_op = 'INSERT' and not v_loads or tg_op = 'UPDATE' and new.name <> old.name) and new.name ~ '^\s|\s$|[[:cntrl:]]' then
    raise exception using errcode = 'AL019', column = 'name', message = 'A name has no spaces at its ends, and no line breaks or tabs.',
      detail = format('name: %L.', left(new.name, 200)),
      hint = coalesce(
        'Perhaps ' || quote_literal(nullif(btrim(regexp_replace(new.name, '[[:cntrl:][:space:]]+', ' ', 'g')), '')) || '.',
        'Give letters or digits.');
  end if;
  new := almanac_private.prepare_schedule(new);
  if new.calendars <> '{}' then
    perform from almanac.calendars c where c.name = any (new.calendars) order by c.id for key share;
  end if;

  if tg_op = 'UPDATE' then
    v_was_firing := old.next_scheduled_for is not null;
    v_rule_changed := (new.kind, new.cron_expression, new.every, new.run_at, new.timezone, new.starts_at, new.ends_at, new.max_runs,
        new.jitter, new.calendars, new.exclusion_policy)
      is distinct from (old.kind, old.cron_expression, old.every, old.run_at, old.timezone, old.starts_at, old.ends_at, old.max_runs,
        old.jitter, old.calendars, old.exclusion_policy);
    v_now := greatest(v_now, old.cursor_at);
  end if;

  if new.status = 'paused' then
    new.paused_at := case when tg_op = 'UPDATE' and old.status = 'paused' then old.paused_at else v_now end;
  else
    new.paused_at := null;
    new.pause_reason := null;
  end if;
  if new.status = 'completed' and v_rule_changed and not (new.kind = 'once' and v_loads) then
    new.status := 'active';
  end if;
  v_fires := new.status = 'active' and v_is_there;
  v_restarts := v_fires and (v_rule_changed or not v_was_firing);
  if v_fires and new.kind = 'once' and v_rule_changed and new.run_at <= v_now and not v_loads then
    raise exception using errcode = 'AL004', column = 'run_at', message = 'The time of the single run is past.',
      detail = format('run_at: %s, now: %s.', new.run_at, v_now),
      hint = 'Give a time to come, or use a schedule of kind manual and almanac.trigger_now().';
  end if;

  if tg_op = 'UPDATE' then
    v_was_paused := old.status = 'paused' and old.deleted_at is null and old.archived_at is null;
    -- Goes on where the pause began: what fell into it is due at once, and fire_due settles it in parts.
    v_catches_up := v_was_paused and v_fires and not v_rule_changed and current_setting('almanac.catch_up', true) = 'on';
    -- What its rule names while a schedule is disabled, deleted or completed is nobody's.
    v_begins := almanac_private.has_rule(new.kind, new.status, new.deleted_at, new.archived_at)
      and (old.status = 'completed' and new.status <> 'completed' or not almanac_private.has_rule(old.kind, old.status, old.deleted_at, old.archived_at));
    if new.timezone <> old.timezone and not almanac_private.knows_timezone(old.timezone) then
      -- What it owes by a zone that the server has lost is settled by the one that takes its place.
      old.timezone := new.timezone;
    end if;
    v_settled := old;
    if v_was_firing and (old.next_run_at <= v_now or not v_fires or v_restarts) then
      v_settled := almanac_private.settle_rule(old, v_now, null,
        case when v_restarts then 'hold' when not v_fires and new.status <> 'paused' then 'stop' end);
    elsif v_was_paused and not v_catches_up and (new.status <> 'paused' or not v_is_there or v_rule_changed) then
      v_settled := almanac_private.settle_rule(old, v_now, 'paused', case when v_is_there and new.status in ('active', 'paused') then 'hold' else 'stop' end);
    end if;
    new.cursor_at := v_settled.cursor_at;
    new.next_scheduled_for := v_settled.next_scheduled_for;
    new.next_run_at := v_settled.next_run_at;
    new.fired_runs := v_settled.fired_runs;
    new.total_runs := v_settled.total_runs;
    new.last_run_at := v_settled.last_run_at;
    new.has_overrides := v_settled.has_overrides;
  end if;

  if (v_rule_changed or v_restarts or v_begins) and not v_catches_up then
    new.cursor_at := v_now;
  end if;
  if not v_fires then
    new.next_scheduled_for := null;
    new.next_run_at := null;
  elsif v_restarts then
    select d.scheduled_for, d.due_at into new.next_scheduled_for, new.next_run_at from almanac_private.next_due(new) d;
  end if;
  if v_fires then
    new.status := almanac_private.status_when_due(new.status, new.kind, new.next_run_at);
  end if;
  if (v_rule_changed or v_restarts) and v_is_there and new.status <> 'disabled' and (new.next_scheduled_for is null or new.calendars <> '{}') then
    v_warning := almanac_private.never_runs(new, new.cursor_at);
    if v_warning is not null then
      raise warning using errcode = 'AL020', message = format('Schedule %s is saved, but will never run: %s', new.name, v_warning),
        hint = 'Look at what it would do: select * from almanac.preview(…), and change its rule, its bounds or its calendars.';
    end if;
  end if;
  return new;
end
$$;
comment on function almanac_private.tg_compute_schedule() is
  'Before an insert or update of a schedule by anyone but the engine: checks it, settles what the old rule owes up to this moment, and computes the next run by the new one.';
--! EndIncluded functions/schedules/tg_compute_schedule.sql

-- What the policies for update let through can also be locked, by select … for update: only what may be changed.
drop policy if exists owners_change_schedules on almanac.schedules;
create policy owners_change_schedules on almanac.schedules for update to almanac_operator
  using (almanac_private.may_change(owner_user, run_as_key))
  with check (almanac_private.may_change(owner_user, run_as_key));
drop policy if exists owners_change_calendars on almanac.calendars;
create policy owners_change_calendars on almanac.calendars for update to almanac_operator
  using (almanac_private.may_change(owner_user, owned_by_key))
  with check (almanac_private.may_change(owner_user, owned_by_key));
drop policy if exists owners_change_calendar_entries on almanac.calendar_entries;
create policy owners_change_calendar_entries on almanac.calendar_entries for all to almanac_operator
  using (exists (
    select from almanac.calendars c
    where c.id = calendar_id and almanac_private.may_change(c.owner_user, c.owned_by_key)))
  with check (exists (
    select from almanac.calendars c
    where c.id = calendar_id and almanac_private.may_change(c.owner_user, c.owned_by_key)));
drop policy if exists owners_change_calendar_rules on almanac.calendar_rules;
create policy owners_change_calendar_rules on almanac.calendar_rules for all to almanac_operator
  using (exists (
    select from almanac.calendars c
    where c.id = calendar_id and almanac_private.may_change(c.owner_user, c.owned_by_key)))
  with check (exists (
    select from almanac.calendars c
    where c.id = calendar_id and almanac_private.may_change(c.owner_user, c.owned_by_key)));
--! Included functions/calendars/read_on.sql
-- Definer: writes entries of calendars that are other people's, on behalf of the worker.
create or replace function almanac_private.read_on(rule_id bigint, known_from timestamptz, entries jsonb, known_until timestamptz) returns integer
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_rule almanac.calendar_rules;
  v_count integer;
begin
  select r.* into v_rule from almanac.calendar_rules r
  where r.id = read_on.rule_id and r.known_until = read_on.known_from for update skip locked;
  if v_rule.id is null then
    return 0; -- another worker does it, its owner changes it, or it is gone
  end if;
  perform set_config('almanac.system', 'on', true);
  update almanac.calendar_rules r set known_until = read_on.known_until where r.id = v_rule.id;
  insert into almanac.calendar_entries (calendar_id, label, starts_on, ends_on, starts_at, ends_at, rule_id, source)
  select v_rule.calendar_id, e.label, e.starts_on, e.ends_on, e.starts_at, e.ends_at, v_rule.id, v_rule.source
  from jsonb_to_recordset(read_on.entries) e(label text, starts_on date, ends_on date, starts_at timestamptz, ends_at timestamptz);
  get diagnostics v_count = row_count;
  perform set_config('almanac.system', 'off', true);
  return v_count;
end
$$;
comment on function almanac_private.read_on(bigint, timestamptz, jsonb, timestamptz) is
  'Adds what a worker has read of a rule after known_from, and keeps how far it is known now; null: it has ended. Returns how many entries came.';
grant execute on function almanac_private.read_on(bigint, timestamptz, jsonb, timestamptz) to almanac_worker;
--! EndIncluded functions/calendars/read_on.sql

-- What is written through functions has bounds in the database, whoever calls them.
--! Included functions/schedules/nests_too_deeply.sql
create or replace function almanac_private.nests_too_deeply(value jsonb) returns boolean
language sql immutable strict parallel safe
-- The level below the deepest: more than that is never looked at.
return jsonb_path_exists(nests_too_deeply.value, 'strict $.**{100}');
comment on function almanac_private.nests_too_deeply(jsonb) is
  'Whether JSON has more than 100 levels, the innermost value included: a program that reads lists of it may fail.';
grant execute on function almanac_private.nests_too_deeply(jsonb) to almanac_viewer;
--! EndIncluded functions/schedules/nests_too_deeply.sql
--! Included functions/schedules/check_payload.sql
create or replace function almanac_private.check_payload(payload jsonb) returns void
language plpgsql immutable parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  v_most constant integer := 262144;
  v_bytes integer := octet_length(check_payload.payload::text);
begin
  if v_bytes > v_most then
    raise exception using errcode = 'AL019', column = 'payload', message = format('A payload has at most %s bytes.', v_most),
      detail = format('This one has %s.', v_bytes), hint = 'Store the data elsewhere, and give its key or address.';
  elsif almanac_private.nests_too_deeply(check_payload.payload) then
    raise exception using errcode = 'AL019', column = 'payload', message = 'A payload has at most 100 levels.',
      detail = 'This one is nested deeper.', hint = 'Put the parts next to each other, or give them as text.';
  end if;
end
$$;
comment on function almanac_private.check_payload(jsonb) is
  'Raises AL019 for a payload that is too large or nested too deeply for a program to read in a list.';
grant execute on function almanac_private.check_payload(jsonb) to almanac_viewer;
--! EndIncluded functions/schedules/check_payload.sql
--! Included functions/runs/kept_text.sql
create or replace function almanac_private.kept_text(text text, most integer) returns text
language sql immutable parallel safe
-- One that was cut already, and ends in …, stays as it is.
return case when length(text) > most + 1 then left(text, most) || '…' else text end;
comment on function almanac_private.kept_text(text, integer) is
  'A text as it is kept: cut, and ended with …, if it has more characters than that.';
--! EndIncluded functions/runs/kept_text.sql
--! Included functions/runs/kept_result.sql
create or replace function almanac_private.kept_result(result jsonb) returns jsonb
language plpgsql immutable parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  v_most constant integer := 262144;
  v_bytes integer := octet_length(kept_result.result::text);
  v_why text := case
    when v_bytes > v_most then format('The result has %s bytes; up to %s are kept.', v_bytes, v_most)
    when almanac_private.nests_too_deeply(kept_result.result) then 'The result has more than 100 levels.'
  end;
begin
  return case when v_why is null then kept_result.result
    else jsonb_build_object('omitted', v_why, 'was', almanac_private.kept_text(kept_result.result::text, 1000)) end;
end
$$;
comment on function almanac_private.kept_result(jsonb) is
  'A result as it is kept: {"omitted": why, "was": its first characters} in the place of what is too large or nests '
  'deeply.';
--! EndIncluded functions/runs/kept_result.sql
--! Included functions/runs/kept_outcome.sql
create or replace function almanac_private.kept_outcome(outcome jsonb) returns jsonb
language sql immutable parallel safe
return outcome
  || case when outcome ? 'error'
    then jsonb_build_object('error', almanac_private.kept_text(outcome ->> 'error', 16384)) else '{}' end
  || case when outcome ? 'result'
    then jsonb_build_object('result', almanac_private.kept_result(outcome -> 'result')) else '{}' end;
comment on function almanac_private.kept_outcome(jsonb) is
  'What finish_runs is told of an attempt, with its error and result as they are kept.';
--! EndIncluded functions/runs/kept_outcome.sql
--! Included functions/runs/finish_runs.sql
-- Definer: writes the ledger and Graphile Worker's jobs.
create or replace function almanac_private.finish_runs(worker_id bigint, results jsonb, as_of timestamptz default clock_timestamp()) returns integer
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
  -- By key, whatever the statistics say: a hash join would read all of a large table for a handful of rows, here and in add_jobs.
  set jit to off set enable_hashjoin to off set enable_mergejoin to off set enable_seqscan to off set plan_cache_mode to force_generic_plan
as $$
declare
  v_time timestamptz;
  v_ids bigint[];
  v_details jsonb;
  v_ended bigint[];
  v_retried bigint[];
  v_queueing bigint[];
  v_counts boolean;
  v_unsettled boolean := exists (select from almanac_private.unsettled_counters);
  v_count integer := 0;
begin
  -- One time after the other, as a herd has one: so only the partition of that time is opened. In order of time and number all runs are locked.
  for v_time, v_ids, v_details in
    select (a.result ->> 'scheduledFor')::timestamptz, array_agg((a.result ->> 'runId')::bigint),
      jsonb_object_agg(a.result ->> 'runId', almanac_private.kept_outcome(a.result))
        filter (where a.result ->> 'status' <> 'succeeded' or a.result ? 'result')
    from jsonb_array_elements(finish_runs.results) a(result)
    group by 1 order by 1
  loop
    with ended as materialized (
      -- Of whom there is nothing to tell, they have succeeded.
      update almanac.runs r
      set status = almanac_private.status_after_attempt(coalesce((v_details -> r.id::text ->> 'status')::almanac.run_status, 'succeeded'),
          r.attempt, r.max_attempts, r.cancel_requested_at, r.lost_attempts, v_details -> r.id::text),
        -- What ended with its worker does not use up an attempt of the task.
        max_attempts = r.max_attempts + case when r.max_attempts = 1 then 0 when (v_details -> r.id::text ->> 'isReturned')::boolean
          or (v_details -> r.id::text ->> 'isLost')::boolean and coalesce(r.lost_attempts, 0) + 1 < almanac_private.max_lost_attempts() then 1 else 0 end,
        lost_attempts = coalesce(r.lost_attempts, 0) + coalesce((v_details -> r.id::text ->> 'isLost')::boolean::integer, 0),
        error = case when v_details is null then null else coalesce((v_details -> r.id::text ->> 'error')
            || almanac_private.lost_note(coalesce(r.lost_attempts, 0) + 1, r.max_attempts, v_details -> r.id::text), case when v_details -> r.id::text ->> 'status' <> 'succeeded' then r.error end) end,
        result = v_details -> r.id::text -> 'result',
        finished_at = case when almanac_private.status_after_attempt(coalesce((v_details -> r.id::text ->> 'status')::almanac.run_status, 'succeeded'),
          r.attempt, r.max_attempts, r.cancel_requested_at, r.lost_attempts, v_details -> r.id::text) <> 'retrying' then finish_runs.as_of end
      where r.id = any (v_ids) and r.scheduled_for = v_time
        -- A case, which no plan is built upon: by their status, all of a partition may be read for the few that run.
        and case when r.status = 'running' then r.worker_id = finish_runs.worker_id else false end
      returning r.id, r.schedule_id, r.attempt, r.status, r.attempt_started_at
    ), attempts as (
      insert into almanac.run_attempts (run_id, scheduled_for, attempt, status, started_at, finished_at, worker_id, error)
      select e.id, v_time, e.attempt, case when e.status = 'retrying' and (v_details -> e.id::text ->> 'isReturned')::boolean then 'cancelled'
          when e.status = 'retrying' then (v_details -> e.id::text ->> 'status')::almanac.run_status else e.status end,
        e.attempt_started_at, finish_runs.as_of, finish_runs.worker_id, v_details -> e.id::text ->> 'error'
      from ended e
    ), dead as (
      delete from almanac_private.live_runs l using ended e
      where l.schedule_id = any (array[e.schedule_id]) and l.run_id = e.id and e.status <> 'retrying'
    )
    select array_agg(e.id) filter (where e.status <> 'retrying'), array_agg(e.id order by e.id) filter (where e.status = 'retrying'),
      v_queueing || array_agg(e.schedule_id) filter (where e.status <> 'retrying' and exists (
        select from almanac_private.live_runs w where w.schedule_id = e.schedule_id and w.is_waiting)),
      bool_or(e.status in ('failed', 'timed_out') or e.status <> 'retrying' and (v_unsettled or s.last_status is distinct from e.status)),
      v_count + count(*)
    into v_ended, v_retried, v_queueing, v_counts, v_count
    from ended e left join almanac.schedules s on s.id = any (array[e.schedule_id]);

    if v_retried is not null then
      perform almanac_private.retry_runs(v_time, v_retried, v_details, finish_runs.as_of);
    end if;
    if v_counts then
      perform almanac_private.count_runs(v_time, v_ended);
    end if;
  end loop;
  if v_queueing <> '{}' then
    perform almanac_private.release_waiting(v_queueing, finish_runs.as_of);
  end if;
  return v_count;
end
$$;
comment on function almanac_private.finish_runs(bigint, jsonb, timestamptz) is
  'Records how attempts ended: [{"runId", "scheduledFor", "status": succeeded|failed|timed_out|cancelled, "error", '
  '"result", "isLost": it was lost with its worker, "isReturned": its worker, which is not to go on, hands it back, '
  '"isPermanent": another attempt would fail just so}]. Retries what has attempts left, and releases what waited. '
  'Counts only runs that this worker had running. An error or result that is too large is cut or left out, and says '
  'so.';
grant execute on function almanac_private.finish_runs(bigint, jsonb, timestamptz) to almanac_worker;
--! EndIncluded functions/runs/finish_runs.sql
--! Included functions/workers/register_worker.sql
-- Definer: workers have no right to write tables.
create or replace function almanac_private.register_worker(
  name text, host text, pid integer, version text, concurrency integer, tasks text[] default null
) returns bigint
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_id bigint;
begin
  insert into almanac.workers (name, host, pid, version, concurrency, tasks)
  values (left(register_worker.name, 200), left(register_worker.host, 255), register_worker.pid,
    left(register_worker.version, 100), register_worker.concurrency,
    case when register_worker.tasks is not null then array(
      select left(t.task, 128) from unnest(register_worker.tasks) with ordinality t(task, n)
      where t.n <= 10000 order by t.n) end)
  returning id into v_id;
  return v_id;
end
$$;
comment on function almanac_private.register_worker(text, text, integer, text, integer, text[]) is
  'Notes a worker process that starts, and the tasks that it has besides the built-in ones; returns its number. '
  'What is too long is cut.';
grant execute on function almanac_private.register_worker(text, text, integer, text, integer, text[]) to almanac_worker;
--! EndIncluded functions/workers/register_worker.sql
--! Included functions/workers/heartbeat.sql
-- Definer: workers have no right to write tables.
create or replace function almanac_private.heartbeat(
  worker_id bigint, pool_ids text[] default '{}', is_ticking boolean default false, run_ids bigint[] default null, busy jsonb default null,
  out alive boolean, out leader boolean, out reaped integer
)
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp set jit to off
as $$
declare
  v_now timestamptz := clock_timestamp();
  v_before timestamptz := (select w.last_heartbeat_at from almanac.workers w where w.id = heartbeat.worker_id);
  v_status text;
begin
  update almanac.workers w
  set last_heartbeat_at = v_now, run_ids = coalesce(heartbeat.run_ids[:10000], w.run_ids),
    busy_since = v_now - make_interval(secs => (heartbeat.busy ->> 'seconds')::float8), culprit_run_id = (heartbeat.busy ->> 'runId')::bigint,
    culprit_at = left(heartbeat.busy ->> 'at', 500),
    pool_ids = array(
      select distinct left(p, 200) as p from unnest(w.pool_ids || heartbeat.pool_ids) p order by p limit 10000)
  where w.id = heartbeat.worker_id and w.status in ('active', 'draining')
  returning w.status into v_status;
  alive := found;
  leader := false;
  if v_status = 'active' and heartbeat.is_ticking then
    insert into almanac_private.leases as l (name, worker_id, expires_at) values ('ticker', heartbeat.worker_id, v_now + interval '15 seconds')
    on conflict (name) do update set worker_id = excluded.worker_id, expires_at = excluded.expires_at
    where l.worker_id = excluded.worker_id or l.expires_at < v_now;
    leader := found;
  end if;
  reaped := 0;
  -- One that was not heard of itself does not know of the others: nobody may have reached the database, and those that are alive come back now.
  if v_before > v_now - interval '15 seconds' then
    reaped := almanac_private.reap_workers(v_now);
  end if;
  perform almanac_private.settle_counters() where exists (select from almanac_private.unsettled_counters);
  perform almanac_private.release_waiting() where exists (select from almanac_private.live_runs l where l.is_waiting);
end
$$;
comment on function almanac_private.heartbeat(bigint, text[], boolean, bigint[], jsonb) is
  'Every 5 s from each worker: it is alive (alive = false: it was given up, and must register again), leads or not (one that is draining never does); also gives up workers that were not heard of for 15 s. run_ids: the runs that it has; null: as before. busy: a task holds its CPU, {"seconds", "runId", "at"}.';
grant execute on function almanac_private.heartbeat(bigint, text[], boolean, bigint[], jsonb) to almanac_worker;
--! EndIncluded functions/workers/heartbeat.sql
--! Included functions/workers/announce_server.sql
-- Definer: the server's login may not write settings by itself.
create or replace function almanac_private.announce_server(url text) returns void
language sql volatile security definer set search_path to pg_catalog, pg_temp
as $$
  insert into almanac_private.settings as s (key, value)
  select 'server', jsonb_build_object('url', left(announce_server.url, 2000), 'place', to_jsonb(h))
  from almanac_private.here() h
  on conflict (key) do update set value = excluded.value where s.value <> excluded.value
$$;
comment on function almanac_private.announce_server(text) is 'Notes where browsers reach the server that has just started, for links that lead there.';
grant execute on function almanac_private.announce_server(text) to almanac_server;
--! EndIncluded functions/workers/announce_server.sql
--! Included functions/workers/announce_tasks.sql
-- Definer: workers have no right to write tables.
create or replace function almanac_private.announce_tasks(tasks jsonb, withdrawn text[] default '{}') returns integer
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_count integer;
begin
  insert into almanac_private.known_tasks as t
    (identifier, label, description, payload_schema, task_group, depends_on, default_timeout, default_max_attempts, last_seen_at)
  -- Cut rather than refused: one task would keep a worker from telling of all its others.
  select a.identifier, almanac_private.kept_text(a.label, 199), almanac_private.kept_text(a.description, 9999),
    case when length(a.payload_schema::text) > 100000 or almanac_private.nests_too_deeply(a.payload_schema)
      then jsonb_build_object('description', 'The schema is not kept: it has at most 100000 characters and 100 levels.')
      else a.payload_schema end,
    almanac_private.kept_text(a.task_group, 199),
    array(select left(d.task, 128) from unnest(a.depends_on) with ordinality d(task, n) where d.n <= 100 order by d.n),
    a.default_timeout, a.default_max_attempts, clock_timestamp()
  from jsonb_to_recordset(announce_tasks.tasks) a(identifier text, label text, description text, payload_schema jsonb, task_group text,
    depends_on text[], default_timeout interval, default_max_attempts integer)
  order by a.identifier
  on conflict (identifier) do update
  set label = excluded.label, description = excluded.description, payload_schema = excluded.payload_schema, task_group = excluded.task_group,
    depends_on = excluded.depends_on, default_timeout = excluded.default_timeout, default_max_attempts = excluded.default_max_attempts,
    last_seen_at = excluded.last_seen_at
  where not t.is_builtin;
  get diagnostics v_count = row_count;
  return v_count;
end
$$;
comment on function almanac_private.announce_tasks(jsonb, text[]) is
  'What a worker says of its tasks at its start and every minute: an array of rows of almanac.tasks, whose texts are cut '
  'if they are too long. Which worker has which is in almanac.workers. withdrawn: what workers of an older release say; '
  'nothing comes of it.';
grant execute on function almanac_private.announce_tasks(jsonb, text[]) to almanac_worker;
--! EndIncluded functions/workers/announce_tasks.sql
--! Included functions/schedules/tg_check_lengths.sql
create or replace function almanac_private.tg_check_lengths() returns trigger
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_new jsonb := to_jsonb(new);
  v_old jsonb := case when tg_op = 'UPDATE' then to_jsonb(old) end;
  v_field text;
  v_most integer;
begin
  -- Arguments: a column, its limit, the next column, its limit, …
  for i in 0 .. tg_nargs / 2 - 1 loop
    v_field := tg_argv[i * 2];
    v_most := tg_argv[i * 2 + 1];
    if length(v_new ->> v_field) > v_most and v_new -> v_field is distinct from v_old -> v_field then
      perform almanac_private.refuse_size(v_field, v_most, length(v_new ->> v_field));
    elsif jsonb_typeof(v_new -> v_field) = 'object' and v_new -> v_field is distinct from v_old -> v_field
      and almanac_private.nests_too_deeply(v_new -> v_field)
    then
      raise exception using errcode = 'AL019', column = v_field,
        message = format('%s has at most 100 levels.', v_field),
        detail = 'This one is nested deeper.', hint = 'Put the parts next to each other.';
    end if;
  end loop;
  return new;
end
$$;
comment on function almanac_private.tg_check_lengths() is
  'Before an insert or update: refuses texts that are longer than the trigger''s arguments say, and JSON of more than '
  '100 levels.';
--! EndIncluded functions/schedules/tg_check_lengths.sql
--! Included functions/calendars/tg_check_calendar_rule.sql
create or replace function almanac_private.tg_check_calendar_rule() returns trigger
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
begin
  if length(new.ics) > 200000 then
    raise exception using errcode = 'AL015', column = 'ics', message = 'The text of a series has at most 200,000 characters.',
      detail = format('It has %s.', length(new.ics)), hint = 'Import the file in parts, or leave the series out.';
  end if;
  if tg_op = 'INSERT' then
    new.created_at := statement_timestamp();
    new.created_by := almanac_private.actor();
  else
    new.created_at := old.created_at;
    new.created_by := old.created_by;
  end if;
  perform almanac_private.check_given('almanac.calendar_rules', to_jsonb(new));
  return new;
end
$$;
comment on function almanac_private.tg_check_calendar_rule() is
  'Before a series of an import is written: refuses what the constraints of the table would show raw, and says who did it.';
--! EndIncluded functions/calendars/tg_check_calendar_rule.sql
create or replace trigger _400_check_lengths
before insert or update of label, description, task_group, payload_schema, depends_on on almanac_private.known_tasks
for each row execute function almanac_private.tg_check_lengths(
  'label', '200', 'description', '10000', 'task_group', '200', 'payload_schema', '100000', 'depends_on', '20000');
alter table almanac_private.sessions drop constraint if exists session_token_is_short;
alter table almanac_private.sessions add constraint session_token_is_short check (octet_length(token_hash) <= 64) not valid;
alter table almanac_private.login_tokens drop constraint if exists login_token_is_short;
alter table almanac_private.login_tokens add constraint login_token_is_short check (octet_length(token_hash) <= 64) not valid;
alter table almanac_private.place drop constraint if exists place_environment_is_short;
alter table almanac_private.place add constraint place_environment_is_short check (length(environment) <= 1000) not valid;
