create or replace trigger _100_check_calendar_owner before insert or update or delete on almanac.calendar_rules
  for each row execute function almanac_private.tg_check_calendar_owner();
create or replace trigger _200_check_calendar_rule before insert or update on almanac.calendar_rules
  for each row execute function almanac_private.tg_check_calendar_rule();
