create or replace function almanac_private.check_calendar_owner(calendar almanac.exclusion_calendars) returns void
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
begin
  if not almanac_private.may_change(calendar.owner_user, calendar.owned_by_key) then
    raise exception using errcode = 'AL011',
      message = format('Calendar %s may not be changed by %s.', calendar.name, almanac_private.actor()),
      detail = format('It belongs to %s.',
        coalesce((select u.username from almanac.users u where u.id = calendar.owner_user), calendar.owned_by::text)),
      hint = 'Its owner and admins may change it. To exclude it from a statement over many rows, add: where '
        'almanac.exclusion_calendars_may_change(exclusion_calendars).';
  end if;
end
$$;
comment on function almanac_private.check_calendar_owner(almanac.exclusion_calendars) is
  'Raises AL011 if the calendar is someone else''s.';
grant execute on function almanac_private.check_calendar_owner(almanac.exclusion_calendars) to almanac_viewer;
