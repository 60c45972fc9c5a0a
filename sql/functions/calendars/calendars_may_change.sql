create or replace function almanac.calendars_may_change(calendar almanac.calendars) returns boolean
language sql stable parallel safe
return almanac_private.may_change((calendars_may_change.calendar).owner_user,
  (calendars_may_change.calendar).owned_by_key);
comment on function almanac.calendars_may_change(almanac.calendars) is
  'Whether the caller may change or delete the calendar and its entries.';
grant execute on function almanac.calendars_may_change(almanac.calendars) to almanac_viewer;
