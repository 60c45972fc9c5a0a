create or replace function almanac.restore_schedule(
  schedule_id bigint, new_name text default null
) returns almanac.schedules
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_name text := (
    select s.name from almanac.schedules s
    where s.id = restore_schedule.schedule_id and s.deleted_at is not null);
  v_saved almanac.schedules;
begin
  if v_name is null then
    raise exception using errcode = 'AL007',
      message = format('There is no deleted schedule with the id %s.',
        coalesce(restore_schedule.schedule_id::text, 'null')),
      detail = 'Only a schedule deleted by unschedule() can be restored.',
      hint = 'See: select id, name, deleted_at from almanac.schedules where deleted_at is not null.';
  end if;
  perform almanac_private.check_name_is_free(coalesce(restore_schedule.new_name, v_name),
    hint => format('Restore it under another name: select almanac.restore_schedule(%s, %L).',
      restore_schedule.schedule_id,
      almanac_private.next_free_name(coalesce(restore_schedule.new_name, v_name))));
  update almanac.schedules s set deleted_at = null, name = coalesce(restore_schedule.new_name, s.name)
  where s.id = restore_schedule.schedule_id returning s.* into v_saved;
  if v_saved.id is null then
    perform almanac_private.refuse_change(restore_schedule.schedule_id);
  end if;
  return v_saved;
end
$$;
comment on function almanac.restore_schedule(bigint, text) is
  'Restores a schedule that was unscheduled, as restore() does, given by its id: of several deleted ones of a name, '
  'any.';
grant execute on function almanac.restore_schedule(bigint, text) to almanac_operator;
