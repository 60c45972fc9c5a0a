-- Definer: writes what only the engine may.
create or replace function almanac_private.replan(schedule_ids bigint[]) returns integer
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
  -- By key, whatever the statistics say, like fire_due.
  set jit to off set enable_hashjoin to off set enable_mergejoin to off set enable_seqscan to off
as $$
declare
  v_schedule almanac.schedules;
  v_was timestamptz;
  v_was_for timestamptz;
  v_delay interval := almanac_private.arm_delay();
  v_specs graphile_worker.job_spec[] := '{}';
  v_courses almanac_private.course[] := '{}';
  v_engine text;
begin
  v_engine := almanac_private.enter_engine();
  for v_schedule in
    select s.* from almanac.schedules s
    where s.id = any (replan.schedule_ids) and s.status in ('active', 'completed') and s.kind <> 'manual'
      and s.deleted_at is null and s.archived_at is null
    order by s.id for no key update
  loop
    continue when almanac_private.lost_timezone(v_schedule) is not null;
    v_was := v_schedule.next_run_at;
    v_was_for := v_schedule.next_scheduled_for;
    select d.scheduled_for, d.due_at into v_schedule.next_scheduled_for, v_schedule.next_run_at
      from almanac_private.next_due(v_schedule) d;
    if v_schedule.next_run_at < statement_timestamp()
      and almanac_private.carry_over_occurrence(v_schedule, statement_timestamp(), 'what postponed it was removed')
    then
      v_schedule.has_overrides := true;
      select d.scheduled_for, d.due_at into v_schedule.next_scheduled_for, v_schedule.next_run_at
        from almanac_private.next_due(v_schedule) d;
    end if;
    continue when (v_schedule.next_run_at, v_schedule.next_scheduled_for) is not distinct from (v_was, v_was_for);
    v_courses := v_courses || almanac_private.course_between(v_schedule, v_schedule);
    if v_schedule.next_run_at is null then
      perform almanac_private.remove_jobs(array['schedule:' || v_schedule.id]);
    else
      v_specs := v_specs || almanac_private.arm_spec(v_schedule.id, v_schedule.next_run_at, v_delay);
    end if;
  end loop;
  perform almanac_private.write_courses(v_courses);
  perform almanac_private.leave_engine(v_engine);
  perform almanac_private.arm_jobs(v_specs);
  perform almanac_private.notify_changed('almanac_schedules', replan.schedule_ids);
  return cardinality(v_courses);
end
$$;
comment on function almanac_private.replan(bigint[]) is
  'Recomputes when these schedules are next due, because something other than their rows has changed, and arms them; '
  'returns how many moved. What is due by now must be resolved before the change.';
