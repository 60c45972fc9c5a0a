-- Definer: writes a table that only the owner may; who may is checked first.
create or replace function almanac.pause_all(reason text default null) returns almanac.stops
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_stop almanac.stops;
begin
  perform almanac_private.check_admin('pause_all');
  lock table almanac.stops in share row exclusive mode;
  select s.* into v_stop from almanac.stops s where s.resumed_at is null;
  if v_stop.id is not null then
    raise exception using errcode = 'AL013', message = 'All schedules are already paused.',
      detail = format('Since %s, by %s%s.', v_stop.stopped_at, v_stop.stopped_by, coalesce(': ' || v_stop.reason, '')),
      hint = 'almanac.resume_all() ends the pause.';
  end if;
  insert into almanac.stops as s (stopped_at, stopped_by, reason)
    values (statement_timestamp(), almanac_private.actor(), pause_all.reason)
  returning s.* into v_stop;
  perform almanac_private.notify_changed('almanac_schedules', null);
  return v_stop;
end
$$;
comment on function almanac.pause_all(text) is
  'Stops all schedules but Almanac''s own from firing until resume_all(). Each keeps its own status; runs that are '
  'queued or running are left alone.';
grant execute on function almanac.pause_all(text) to almanac_viewer;
