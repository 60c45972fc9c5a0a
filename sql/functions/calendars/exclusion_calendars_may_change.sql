create or replace function almanac.exclusion_calendars_may_change(calendar almanac.exclusion_calendars) returns boolean
language sql stable parallel safe
return almanac_private.may_change((exclusion_calendars_may_change.calendar).owner_user,
  (exclusion_calendars_may_change.calendar).owned_by_key);
comment on function almanac.exclusion_calendars_may_change(almanac.exclusion_calendars) is
  'Whether the caller may change or delete the calendar and its entries.';
grant execute on function almanac.exclusion_calendars_may_change(almanac.exclusion_calendars) to almanac_viewer;
