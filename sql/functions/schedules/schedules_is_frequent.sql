create or replace function almanac.schedules_is_frequent(schedule almanac.schedules) returns boolean
language sql stable parallel safe
return case (schedules_is_frequent.schedule).kind
  when 'interval' then (schedules_is_frequent.schedule).every < interval '2 hours'
  when 'cron' then bit_count(((schedules_is_frequent.schedule).rule).seconds::bit(64))
    * bit_count(((schedules_is_frequent.schedule).rule).minutes::bit(64))
    * bit_count(((schedules_is_frequent.schedule).rule).hours::bit(32)) > 12
  else false end;
comment on function almanac.schedules_is_frequent(almanac.schedules) is
  'Whether its rule names more than 12 times on a day on which it names any.';
grant execute on function almanac.schedules_is_frequent(almanac.schedules) to almanac_viewer;
