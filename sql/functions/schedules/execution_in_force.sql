-- The one place that decides how a run is attempted: what its schedule says, otherwise its task, otherwise Almanac. The
-- planner puts it in the place of a call (no set clause, no definer), so that a firing joins the tasks once for all of
-- its runs.
create or replace function almanac_private.execution_in_force(
  task text, max_attempts integer, retry_delay interval, retry_backoff numeric, retry_ceiling interval, timeout interval
) returns table (
  max_attempts integer, max_attempts_from almanac.setting_source,
  retry_delay interval, retry_delay_from almanac.setting_source,
  retry_backoff numeric, retry_backoff_from almanac.setting_source,
  retry_ceiling interval, retry_ceiling_from almanac.setting_source,
  timeout interval, timeout_from almanac.setting_source
)
language sql stable parallel safe rows 1
begin atomic
  select
    coalesce(execution_in_force.max_attempts, t.default_max_attempts, 3),
    case when execution_in_force.max_attempts is not null then 'schedule'
      when t.default_max_attempts is not null then 'task' else 'almanac' end::almanac.setting_source,
    coalesce(execution_in_force.retry_delay, t.default_retry_delay, interval '5 seconds'),
    case when execution_in_force.retry_delay is not null then 'schedule'
      when t.default_retry_delay is not null then 'task' else 'almanac' end::almanac.setting_source,
    coalesce(execution_in_force.retry_backoff, t.default_retry_backoff, 2),
    case when execution_in_force.retry_backoff is not null then 'schedule'
      when t.default_retry_backoff is not null then 'task' else 'almanac' end::almanac.setting_source,
    coalesce(execution_in_force.retry_ceiling, t.default_retry_ceiling, interval '1 hour'),
    case when execution_in_force.retry_ceiling is not null then 'schedule'
      when t.default_retry_ceiling is not null then 'task' else 'almanac' end::almanac.setting_source,
    nullif(coalesce(execution_in_force.timeout, t.default_timeout), '0'),
    case when execution_in_force.timeout is not null then 'schedule'
      when t.default_timeout is not null then 'task' else 'almanac' end::almanac.setting_source
  from (select) one
  left join almanac_private.known_tasks t on t.identifier = execution_in_force.task
    -- By an index of those that have defaults: most have none, and no row is read for them.
    and num_nonnulls(t.default_timeout, t.default_max_attempts, t.default_retry_delay, t.default_retry_backoff,
      t.default_retry_ceiling) > 0;
end;
comment on function almanac_private.execution_in_force(text, integer, interval, numeric, interval, interval) is
  'How a run is attempted, by what a schedule says of it and its task, each value with where it comes from. timeout: '
  'null means no limit, which a schedule sets with 0.';
grant execute on function almanac_private.execution_in_force(text, integer, interval, numeric, interval, interval)
  to almanac_viewer;
