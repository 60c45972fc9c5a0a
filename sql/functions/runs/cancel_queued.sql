-- Definer: writes the ledger; whose runs they are is checked for each.
create or replace function almanac.cancel_queued(
  schedule text default null, task text default null, run_as text default null, max_count integer default 1000,
  out cancelled integer, out is_done boolean
)
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp set jit to off
as $$
declare
  v_schedule almanac.schedules;
  v_runs bigint[];
  v_times timestamptz[];
begin
  perform almanac_private.checked_count(cancel_queued.max_count, 10000);
  if cancel_queued.schedule is null and cancel_queued.task is null and cancel_queued.run_as is null then
    raise exception using errcode = 'AL012', message = 'The runs to cancel are not specified.',
      detail = 'schedule, task and run_as are all null.',
      hint = 'Specify a schedule, a task, or the role that the runs run as. With several, only runs that '
        'match all of them are cancelled.';
  elsif cancel_queued.schedule is not null then
    v_schedule := almanac_private.find_schedule(cancel_queued.schedule);
    if v_schedule.is_system or not almanac_private.may_change(v_schedule.owner_user, v_schedule.run_as_key) then
      perform almanac_private.refuse_change(v_schedule.id);
    end if;
  end if;
  with candidates as materialized (
    select l.run_id, l.scheduled_for
    from almanac_private.live_runs l join almanac.schedules s on s.id = l.schedule_id
    where (v_schedule.id is null or l.schedule_id = v_schedule.id)
      and not s.is_system and almanac_private.may_change(s.owner_user, s.run_as_key)
  ), locked as (
    select r.id, r.scheduled_for
    from candidates c join almanac.runs r on r.id = c.run_id and r.scheduled_for = c.scheduled_for
    where r.status in ('waiting', 'queued', 'retrying')
      and r.task_identifier = coalesce(cancel_queued.task, r.task_identifier)
      and r.run_as = coalesce(cancel_queued.run_as, r.run_as)
    order by r.scheduled_for, r.id limit cancel_queued.max_count
    -- One that is starting or ending at this moment is no longer queued.
    for no key update of r skip locked
  )
  select array_agg(l.id), array_agg(l.scheduled_for) into v_runs, v_times from locked l;
  cancelled := almanac_private.cancel_unbegun(v_runs, v_times, 'cancelled by ' || almanac_private.actor());
  is_done := cancelled < cancel_queued.max_count;
end
$$;
comment on function almanac.cancel_queued(text, text, text, integer) is
  'Cancels runs that no worker has: queued, waiting, or to be tried again; those of a schedule, of a task, or run as a '
  'role (of several: that fit all), as far as the caller may change their schedules. The oldest first, and at most '
  'max_count per call, so call it until is_done. Running runs continue. cancelled: how many.';
grant execute on function almanac.cancel_queued(text, text, text, integer) to almanac_operator;
