create or replace function almanac_private.schedules_of_calendars(names text[]) returns bigint[]
language sql stable parallel safe
return array(
  select s.id from almanac.schedules s
  where s.calendars && names and s.calendars <> '{}' and s.deleted_at is null and s.archived_at is null order by s.id);
comment on function almanac_private.schedules_of_calendars(text[]) is
  'Ids of the schedules that use any of these calendars.';
