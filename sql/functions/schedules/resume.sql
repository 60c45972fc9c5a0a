create or replace function almanac.resume(
  schedule text, catch_up boolean default false, expected_updated_at timestamptz default null
) returns almanac.schedules
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_schedule almanac.schedules := almanac_private.find_schedule(resume.schedule);
  v_saved almanac.schedules;
begin
  if not almanac_private.may_change(v_schedule.owner_user, v_schedule.run_as_key) then
    perform almanac_private.refuse_change(v_schedule.id);
  end if;
  perform almanac_private.check_unchanged(v_schedule.id, resume.expected_updated_at);
  if v_schedule.status = 'completed' then
    raise exception using errcode = 'AL013', column = 'status',
      message = format('Schedule %s is completed and cannot be resumed.', v_schedule.name),
      detail = 'Its rule allows no further run.',
      hint = 'Change its rule, its end or max_runs: it is then active again.';
  end if;
  if v_schedule.status = 'active' then
    return v_schedule;
  end if;
  perform set_config('almanac.catch_up', case when resume.catch_up then 'on' else 'off' end, true);
  update almanac.schedules s set status = 'active' where s.id = v_schedule.id returning s.* into v_saved;
  perform set_config('almanac.catch_up', 'off', true);
  if v_saved.id is null then
    perform almanac_private.refuse_change(v_schedule.id);
  end if;
  return v_saved;
end
$$;
comment on function almanac.resume(text, boolean, timestamptz) is
  'Lets a paused or disabled schedule fire again. What fell into the pause is recorded as paused or, with catch_up, '
  'is due at once and treated as missed_run_policy says. expected_updated_at: as for update_schedule().';
grant execute on function almanac.resume(text, boolean, timestamptz) to almanac_operator;
