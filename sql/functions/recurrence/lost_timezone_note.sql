create or replace function almanac_private.lost_timezone_note(schedule almanac.schedules) returns text
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_lost text := almanac_private.lost_timezone(schedule);
begin
  return case
    when v_lost = schedule.timezone then format('This server does not know its time zone %s, so it cannot fire. '
      'Give it another: update almanac.schedules set timezone = ''…'' where name = %L;', v_lost, schedule.name)
    when v_lost is not null
      then format('This server does not know the time zone %s of one of its calendars, so it cannot '
      'fire. Give the calendar and its entries another.', v_lost)
  end;
end
$$;
comment on function almanac_private.lost_timezone_note(almanac.schedules) is
  'What lost_timezone() means for a schedule, and the remedy, in words; null where the server knows all its zones.';
grant execute on function almanac_private.lost_timezone_note(almanac.schedules) to almanac_viewer;
