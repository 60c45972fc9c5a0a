create or replace function almanac_private.check_schedule(schedule almanac.schedules) returns void
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_most constant interval := '10 years';
  v_field text;
begin
  v_field := case
    when schedule.name = '' or length(schedule.name) > 200 then 'name'
    when not almanac_private.is_in_reach(schedule.starts_at) then 'starts_at'
    when not almanac_private.is_in_reach(schedule.ends_at) or schedule.ends_at <= schedule.starts_at then 'ends_at'
    when schedule.max_runs < 1 then 'max_runs'
    when schedule.priority not between 0 and 2 then 'priority'
    when schedule.max_concurrent < 1 then 'max_concurrent'
    when not almanac_private.is_length(schedule.late_tolerance, '0', v_most) then 'late_tolerance'
    when not almanac_private.is_length(schedule.catchup_window, '0', v_most) then 'catchup_window'
    when schedule.catchup_per_minute < 1 then 'catchup_per_minute'
    when schedule.max_attempts not between 1 and 1000 then 'max_attempts'
    when not almanac_private.is_length(schedule.retry_delay, '0', v_most) then 'retry_delay'
    when schedule.retry_backoff not between 1 and 100 then 'retry_backoff'
    when not almanac_private.is_length(schedule.retry_ceiling, '0', v_most) then 'retry_ceiling'
    when not almanac_private.is_length(schedule.timeout, '0', v_most) then 'timeout'
    when schedule.keep_for <> '0' and not almanac_private.is_length(schedule.keep_for, '1 day', '100 years')
      then 'keep_for'
    when schedule.keep_failures_for <> '0'
      and not almanac_private.is_length(schedule.keep_failures_for, '1 day', '100 years') then 'keep_failures_for'
    when schedule.keep_last not between 0 and 1000000 then 'keep_last'
  end;
  if v_field is null then
    return;
  end if;
  raise exception using errcode = 'AL019', column = v_field,
    message = case v_field
      when 'name' then 'A name has 1 to 200 characters.'
      when 'starts_at' then 'The start must be in the years 1 to 9999.'
      when 'ends_at' then case when almanac_private.is_in_reach(schedule.ends_at)
        then 'It must end after it starts.' else 'The end must be in the years 1 to 9999.' end
      when 'priority' then 'The priority is 0, 1 or 2.'
      when 'max_attempts' then 'max_attempts must be between 1 and 1000.'
      when 'retry_backoff' then 'retry_backoff must be between 1 and 100.'
      when 'timeout' then 'The timeout must be between 0, for no limit, and 10 years.'
      when 'keep_for' then 'Runs are kept for a day to 100 years, or forever.'
      when 'keep_failures_for' then 'Failures are kept for a day to 100 years, or forever.'
      when 'keep_last' then 'keep_last must be between 0, for all, and 1,000,000.'
      when 'max_runs' then 'max_runs must be at least 1.'
      when 'max_concurrent' then 'max_concurrent must be at least 1.'
      when 'catchup_per_minute' then 'catchup_per_minute must be at least 1.'
      else format('%s must be between 0 and 10 years.', v_field) end,
    detail = case when v_field = 'ends_at'
      then format('starts_at: %s, ends_at: %s.', coalesce(schedule.starts_at::text, 'null'), schedule.ends_at)
      else format('%s: %s.', v_field, quote_literal(left(to_jsonb(schedule) ->> v_field, 100))) end,
    hint = case v_field
      when 'name' then case when schedule.name = '' then 'Give it a name: schedules are found by name.'
        else 'Put the rest into the description.' end
      when 'starts_at' then 'Leave it null to start at once.'
      when 'ends_at' then 'Leave it null for no end.'
      when 'max_runs' then 'Leave it null for no limit. To keep it from running, set status to disabled.'
      when 'priority' then '0 is urgent, 1 normal, 2 for what can wait.'
      when 'max_concurrent' then 'Leave it null for no limit.'
      when 'max_attempts' then '1 means a single attempt, without retries.'
      when 'retry_backoff' then '1 keeps the delay as it is, 2 doubles it each time.'
      when 'timeout' then 'Leave it null for the default of its task, or use seconds, minutes or hours: 90 seconds.'
      when 'catchup_per_minute' then 'To catch up on nothing, set missed_run_policy to skip.'
      when 'keep_last' then 'Leave it null to keep as many as other schedules do.'
      when 'keep_for' then 'Leave it null to keep them as long as those of other schedules. 0 means forever.'
      when 'keep_failures_for' then 'Leave it null to keep them as long as those of other schedules. 0 means forever.'
      when 'late_tolerance' then 'If it is later than that, missed_run_policy decides.'
      when 'catchup_window' then '0 means that nothing is caught up.'
      else 'Use seconds, minutes or hours: 90 seconds.' end;
end
$$;
comment on function almanac_private.check_schedule(almanac.schedules) is
  'Raises AL019 for a value of a schedule that is out of its bounds, where the constraints of the table would show '
  'their names and the row.';
grant execute on function almanac_private.check_schedule(almanac.schedules) to almanac_viewer;
