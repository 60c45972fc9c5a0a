-- Definer: no one else writes whose code a schedule is; who may is checked first.
create or replace function almanac.release_schedule(schedule text) returns almanac.schedules
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_schedule almanac.schedules := almanac_private.find_schedule(release_schedule.schedule);
  v_engine text;
begin
  if v_schedule.is_system or not almanac_private.may_change(v_schedule.owner_user, v_schedule.run_as_key) then
    perform almanac_private.refuse_change(v_schedule.id);
  end if;
  v_engine := almanac_private.enter_engine();
  update almanac.schedules s
  set managed_by = null, managed_version = null, updated_at = statement_timestamp(),
    updated_by = almanac_private.actor()
  where s.id = v_schedule.id and s.managed_by is not null
  returning s.* into v_schedule;
  perform almanac_private.leave_engine(v_engine);
  if v_schedule.id is null then
    return almanac_private.find_schedule(release_schedule.schedule);
  end if;
  perform almanac_private.notify_changed('almanac_schedules', array[v_schedule.id]);
  return v_schedule;
end
$$;
comment on function almanac.release_schedule(text) is
  'Takes a schedule from the code that defines it, so that it is changed manually. As long as the code has it, '
  'applying the code is refused: take it out there too, or adopt it again.';
grant execute on function almanac.release_schedule(text) to almanac_operator;
