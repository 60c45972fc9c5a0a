create or replace function almanac.update_schedule(schedule_id bigint, changes jsonb) returns almanac.schedules
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
begin
  if update_schedule.schedule_id is null then
    raise exception using errcode = 'AL007', message = 'No schedule is given: its id is null.',
      detail = 'schedule_id: null.',
      hint = 'Look at: select id, name from almanac.schedules.';
  end if;
  return almanac_private.save_schedule(update_schedule.changes, update_schedule.schedule_id);
end
$$;
comment on function almanac.update_schedule(bigint, jsonb) is
  'Changes columns of a schedule, given as JSON; the others are unaffected. What the old rule owes up to this moment '
  'is resolved first.';
grant execute on function almanac.update_schedule(bigint, jsonb) to almanac_operator;
