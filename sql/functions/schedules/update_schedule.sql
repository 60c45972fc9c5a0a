create or replace function almanac.update_schedule(
  schedule_id bigint, changes jsonb, expected_updated_at timestamptz default null
) returns almanac.schedules
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
begin
  if update_schedule.schedule_id is null then
    raise exception using errcode = 'AL007', message = 'No schedule was specified: its id is null.',
      detail = 'schedule_id: null.',
      hint = 'See: select id, name from almanac.schedules.';
  end if;
  perform almanac_private.check_unchanged(update_schedule.schedule_id, update_schedule.expected_updated_at);
  return almanac_private.save_schedule(update_schedule.changes, update_schedule.schedule_id);
end
$$;
comment on function almanac.update_schedule(bigint, jsonb, timestamptz) is
  'Changes columns of a schedule, given as JSON; the others are unaffected. What the old rule owes up to this moment '
  'is resolved first. expected_updated_at: its updated_at when it was read; if someone has changed it since, nothing '
  'is changed (AL029).';
grant execute on function almanac.update_schedule(bigint, jsonb, timestamptz) to almanac_operator;
