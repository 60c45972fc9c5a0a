create or replace trigger _100_check_task before insert or update or delete on almanac_private.known_tasks
  for each row execute function almanac_private.tg_check_task();
create or replace trigger _500_name_jobs after insert on almanac_private.known_tasks
  for each row execute function almanac_private.tg_name_jobs();
