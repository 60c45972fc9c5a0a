-- Definer: writes the ledger on behalf of those who change what schedules depend on.
create or replace function almanac_private.resolve_before_change(schedule_ids bigint[]) returns void
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp set jit to off
as $$
declare
  v_schedule almanac.schedules;
  v_resolved almanac.schedules;
  v_engine text;
begin
  for v_schedule in
    select s.* from almanac.schedules s where s.id = any (resolve_before_change.schedule_ids)
      and s.next_run_at is not null
    order by s.id for no key update
  loop
    continue when almanac_private.lost_timezone(v_schedule) is not null;
    -- Nothing is due, nor left out since the cursor and not recorded yet.
    continue when v_schedule.next_run_at > statement_timestamp()
      and almanac_private.next_occurrence(v_schedule, v_schedule.cursor_at) > statement_timestamp();
    v_resolved :=
      almanac_private.resolve_rule(v_schedule, greatest(statement_timestamp(), v_schedule.cursor_at), null);
    v_engine := almanac_private.enter_engine();
    perform almanac_private.write_courses(array[almanac_private.course_between(v_schedule, v_resolved)]);
    perform almanac_private.leave_engine(v_engine);
  end loop;
end
$$;
comment on function almanac_private.resolve_before_change(bigint[]) is
  'Locks schedules and resolves what they owe up to this moment, before a calendar or an override of theirs changes; '
  'replan() comes after.';
