create or replace function almanac.update_schedule(
  schedule_id bigint, changes jsonb, expected_updated_at timestamptz default null
) returns almanac.schedules
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_found almanac.schedules;
begin
  if update_schedule.schedule_id is null then
    raise exception using errcode = 'AL007', message = 'No schedule is given: its id is null.',
      detail = 'schedule_id: null.',
      hint = 'Look at: select id, name from almanac.schedules.';
  end if;
  if update_schedule.expected_updated_at is not null then
    -- Locked, so that what is compared is what is then changed. Of one that may not be changed no row is found, and
    -- saving says so.
    select s.* into v_found from almanac.schedules s where s.id = update_schedule.schedule_id for no key update;
    if v_found.updated_at <> update_schedule.expected_updated_at then
      raise exception using errcode = 'AL029', column = 'updated_at',
        message = format('%s changed the schedule %s at %s.', v_found.updated_by, v_found.name,
          almanac_private.spoken_time(v_found.updated_at, 'UTC')),
        detail = format('It was expected as of %s.',
          almanac_private.spoken_time(update_schedule.expected_updated_at, 'UTC')),
        hint = 'Look at what it is now, and then save your changes again, or leave it.';
    end if;
  end if;
  return almanac_private.save_schedule(update_schedule.changes, update_schedule.schedule_id);
end
$$;
comment on function almanac.update_schedule(bigint, jsonb, timestamptz) is
  'Changes columns of a schedule, given as JSON; the others are unaffected. What the old rule owes up to this moment '
  'is resolved first. expected_updated_at: its updated_at when it was read; if someone has changed it since, nothing '
  'is changed (AL029).';
grant execute on function almanac.update_schedule(bigint, jsonb, timestamptz) to almanac_operator;
