create or replace function almanac.schedules_may_change(schedule almanac.schedules) returns boolean
language sql stable parallel safe
return not (schedules_may_change.schedule).is_system
  and almanac_private.may_change((schedules_may_change.schedule).owner_user,
    (schedules_may_change.schedule).run_as_key);
comment on function almanac.schedules_may_change(almanac.schedules) is
  'Whether the caller may change or delete the schedule: update almanac.schedules set … where '
  'almanac.schedules_may_change(schedules).';
grant execute on function almanac.schedules_may_change(almanac.schedules) to almanac_viewer;
