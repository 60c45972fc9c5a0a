create or replace function almanac.schedules_execution(schedule almanac.schedules) returns almanac.execution
language sql stable
begin atomic
  select row(e.*)::almanac.execution
  from almanac_private.execution_in_force(schedule.task_identifier, schedule.max_attempts, schedule.retry_delay,
    schedule.retry_backoff, schedule.retry_ceiling, schedule.timeout) e;
end;
comment on function almanac.schedules_execution(almanac.schedules) is
  'How the next run of the schedule is attempted: what the schedule says, otherwise its task, otherwise Almanac. A '
  'run keeps the attempts and the timeout that were in force when it was fired or triggered.';
grant execute on function almanac.schedules_execution(almanac.schedules) to almanac_viewer;
