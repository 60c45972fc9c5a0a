-- Called by why_at, with its rights.
create or replace function almanac_private.why_not_fired(schedule almanac.schedules, as_of timestamptz) returns text
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_holders text;
  v_because text;
  v_others bigint;
  v_most constant integer := 10000;
begin
  if not almanac_private.has_running_worker() then
    return 'No worker is running. Start one: npx almanac worker.';
  end if;
  select string_agg(format('process %s of %s', a.pid, a.usename), ', ' order by a.pid) into v_holders
  from almanac.schedules s
  cross join lateral almanac_private.lock_holders(s.xmax) x
  join pg_locks l on l.locktype = 'transactionid' and l.transactionid = x and l.granted
  join pg_stat_activity a on a.pid = l.pid
  where s.id = (why_not_fired.schedule).id and a.pid <> pg_backend_pid()
    -- A worker that has it locked is firing it.
    and not (a.application_name like 'almanac %' and pg_has_role(a.usesysid, 'almanac_worker', 'member'));
  if v_holders is not null then
    return format('Its row is locked by %s: it fires when that transaction ends. Details: '
      'select * from almanac.blockers().', v_holders);
  end if;
  select format('It has been held up since %s: %s. %s',
    almanac_private.recorded_time(h.since, case when almanac_private.knows_timezone((schedule).timezone)
      then (schedule).timezone else 'UTC' end), b.because, b.remedy)
  into v_because
  from almanac_private.held_up h
  cross join lateral almanac_private.held_up_because(h.reason, h.detail, (schedule).run_as::text) b
  where h.schedule_id = (why_not_fired.schedule).id and h.due_at = (why_not_fired.schedule).next_run_at;
  if v_because is not null then
    return v_because;
  end if;
  v_others := (
    select count(*) from (
      select from almanac.schedules s
      where s.next_run_at <= why_not_fired.as_of and s.id <> (why_not_fired.schedule).id limit v_most + 1
    ) d);
  return case
    when v_others > 0 then format('%s %s due as well, and firing takes them in turns. If this persists, npx almanac '
      'status says what it waits for.', case when v_others > v_most then 'More than ' || v_most else v_others::text end,
      case v_others when 1 then 'other schedule is' else 'other schedules are' end)
    else 'If this persists, npx almanac status says what firing waits for.' end;
end
$$;
comment on function almanac_private.why_not_fired(almanac.schedules, timestamptz) is
  'Explains in words why a schedule that is due has not been fired, and what to do.';
