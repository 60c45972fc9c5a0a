create or replace function almanac.cancel_queued(
  schedule text default null, task text default null, run_as text default null, max_count integer default 1000,
  out cancelled integer, out is_done boolean
)
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_schedule almanac.schedules;
begin
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
  select c.cancelled, c.is_done into cancel_queued.cancelled, cancel_queued.is_done
  from almanac.cancel_runs(
    jsonb_build_object('schedule_id', v_schedule.id, 'task', cancel_queued.task, 'run_as', cancel_queued.run_as,
      'status', '{waiting,queued,retrying}'::text[]), max_count => cancel_queued.max_count) c;
end
$$;
comment on function almanac.cancel_queued(text, text, text, integer) is
  'Cancels runs that no worker has: queued, waiting, or to be tried again; those of a schedule, of a task, or run as a '
  'role (of several: that fit all), as far as the caller may change their schedules. The oldest first, and at most '
  'max_count per call, so call it until is_done. Running runs continue. cancelled: how many. cancel_runs() with the '
  'statuses of these runs, for other filters.';
grant execute on function almanac.cancel_queued(text, text, text, integer) to almanac_operator;
