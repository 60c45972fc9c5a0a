-- Definer: writes a table that only the owner may; who may is checked first.
create or replace function almanac.resume_all(catch_up boolean default false) returns almanac.stops
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
  -- By key, whatever the statistics say, like fire_due.
  set jit to off set enable_hashjoin to off set enable_mergejoin to off
as $$
declare
  v_stop almanac.stops;
begin
  perform almanac_private.check_admin('resume_all');
  update almanac.stops s set resumed_at = statement_timestamp(), resumed_by = almanac_private.actor(),
    catch_up = coalesce(resume_all.catch_up, false)
  where s.resumed_at is null returning s.* into v_stop;
  if v_stop.id is null then
    raise exception using errcode = 'AL013', message = 'There is no global pause.',
      detail = 'There is nothing to resume.',
      hint = 'To resume a single paused schedule, use almanac.resume().';
  end if;
  -- Where no ticker is running their jobs fire them, which have been put off meanwhile.
  perform almanac_private.arm_jobs(array(
    select almanac_private.arm_spec(s.id, s.next_run_at, almanac_private.arm_delay()) from almanac.schedules s
    where s.next_run_at <= statement_timestamp() order by s.id));
  perform almanac_private.notify_changed('almanac_schedules', null);
  return v_stop;
end
$$;
comment on function almanac.resume_all(boolean) is
  'Ends a global pause. What was due meanwhile is recorded as stopped, or, with catch_up, treated as each '
  'schedule''s missed_run_policy says.';
grant execute on function almanac.resume_all(boolean) to almanac_viewer;
