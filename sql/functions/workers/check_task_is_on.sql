create or replace function almanac_private.check_task_is_on(task text) returns void
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_stop almanac.task_stops;
begin
  select s.* into v_stop from almanac.task_stops s
  where s.task_identifier = check_task_is_on.task and s.resumed_at is null;
  if v_stop.id is not null then
    raise exception using errcode = 'AL032', column = 'task_identifier',
      message = format('The task %s is switched off.', check_task_is_on.task),
      detail = format('Since %s, by %s%s.', v_stop.stopped_at, v_stop.stopped_by, coalesce(': ' || v_stop.reason, '')),
      hint = format('Ask an admin to switch it on: select almanac.enable_task(%L).', check_task_is_on.task);
  end if;
end
$$;
comment on function almanac_private.check_task_is_on(text) is 'Raises AL032 for a task that is switched off.';
grant execute on function almanac_private.check_task_is_on(text) to almanac_viewer;
