create or replace function almanac.restore(schedule text, new_name text default null) returns almanac.schedules
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_id bigint := (
    select s.id from almanac.schedules s where s.name = restore.schedule and s.deleted_at is not null
      order by s.deleted_at desc, s.id desc limit 1);
  v_saved almanac.schedules;
begin
  if v_id is null then
    raise exception using errcode = 'AL007',
      message = format('There is no deleted schedule %s.', coalesce(quote_literal(restore.schedule), 'null')),
      detail = 'Only a schedule deleted by unschedule() can be restored.',
      hint = 'See: select name, deleted_at from almanac.schedules where deleted_at is not null.';
  end if;
  perform almanac_private.check_name_is_free(coalesce(restore.new_name, restore.schedule),
    hint => format('Restore it under another name: select almanac.restore(%L, %L).', restore.schedule,
      almanac_private.next_free_name(coalesce(restore.new_name, restore.schedule))));
  update almanac.schedules s set deleted_at = null, name = coalesce(restore.new_name, s.name)
  where s.id = v_id returning s.* into v_saved;
  if v_saved.id is null then
    perform almanac_private.refuse_change(v_id);
  end if;
  return v_saved;
end
$$;
comment on function almanac.restore(text, text) is
  'Restores the schedule of this name that was unscheduled last, under a new name if one is given, as another schedule '
  'may have taken its own. Nothing is caught up.';
grant execute on function almanac.restore(text, text) to almanac_operator;
