create or replace function almanac.unschedule(schedule text) returns almanac.schedules
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_schedule almanac.schedules := almanac_private.find_schedule(unschedule.schedule);
  v_saved almanac.schedules;
begin
  update almanac.schedules s set deleted_at = statement_timestamp() where s.id = v_schedule.id
    returning s.* into v_saved;
  if v_saved.id is null then
    perform almanac_private.refuse_change(v_schedule.id);
  end if;
  return v_saved;
end
$$;
comment on function almanac.unschedule(text) is
  'Deletes a schedule so that restore() can bring it back. Its history stays; runs that have not started are '
  'cancelled, and those that have are left alone.';
grant execute on function almanac.unschedule(text) to almanac_operator;
