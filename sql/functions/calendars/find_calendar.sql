create or replace function almanac_private.find_calendar(
  name text, to_change boolean default false
) returns almanac.exclusion_calendars
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_calendar almanac.exclusion_calendars;
begin
  select c.* into v_calendar from almanac.exclusion_calendars c where c.name = find_calendar.name;
  if v_calendar.id is null then
    raise exception using errcode = 'AL015',
      message = format('There is no calendar %s.', coalesce(quote_literal(find_calendar.name), 'null')),
      detail = format('Calendars: %s.',
        coalesce((select string_agg(c.name, ', ' order by c.name) from almanac.exclusion_calendars c), 'none')),
      hint = 'Names must match exactly.' || coalesce(almanac_private.perhaps(find_calendar.name,
        array(select c.name from almanac.exclusion_calendars c order by c.id desc limit 1000)), '')
          || ' Create one: select almanac.create_calendar(''holidays'').';
  end if;
  if find_calendar.to_change then
    perform almanac_private.check_calendar_owner(v_calendar);
  end if;
  return v_calendar;
end
$$;
comment on function almanac_private.find_calendar(text, boolean) is
  'The calendar of this name; raises AL015 if there is none, AL011 if it is to be changed by someone who may not.';
grant execute on function almanac_private.find_calendar(text, boolean) to almanac_viewer;
