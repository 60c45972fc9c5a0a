create or replace function almanac_private.check_part_of_calendar(part text, id bigint, calendar_id bigint) returns void
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
begin
  if check_part_of_calendar.calendar_id is null then
    raise exception using errcode = 'AL015',
      message = format('There is no calendar %s with id %s.',
        check_part_of_calendar.part, coalesce(check_part_of_calendar.id::text, 'null')),
      detail = 'It may have been removed.',
      hint = format('See: select id, label from almanac.calendar_%s.',
        case check_part_of_calendar.part when 'entry' then 'entries' else 'rules' end);
  end if;
  perform almanac_private.check_calendar_owner(c)
  from almanac.exclusion_calendars c where c.id = check_part_of_calendar.calendar_id;
end
$$;
comment on function almanac_private.check_part_of_calendar(text, bigint, bigint) is
  'Raises AL015 if there is no such entry or rule of a calendar, AL011 if the calendar is someone else''s.';
grant execute on function almanac_private.check_part_of_calendar(text, bigint, bigint) to almanac_operator;
