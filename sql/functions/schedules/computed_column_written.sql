create or replace function almanac_private.computed_column_written(
  previous almanac.schedules, current almanac.schedules
) returns text
language sql immutable set search_path to pg_catalog, pg_temp
return case when previous.id is null then case
    when current.next_run_at is not null then 'next_run_at'
    when current.last_run_at is not null then 'last_run_at'
    when current.last_status is not null then 'last_status'
    when current.total_runs is distinct from 0 then 'total_runs'
    when current.failed_runs is distinct from 0 then 'failed_runs'
    when current.fired_runs is distinct from 0 then 'fired_runs'
    when current.consecutive_failures is distinct from 0 then 'consecutive_failures'
    when current.has_overrides is distinct from false then 'has_overrides'
    end
  else case
    when current.id is distinct from previous.id then 'id'
    when current.next_run_at is distinct from previous.next_run_at then 'next_run_at'
    when current.next_scheduled_for is distinct from previous.next_scheduled_for then 'next_scheduled_for'
    when current.cursor_at is distinct from previous.cursor_at then 'cursor_at'
    when current.last_run_at is distinct from previous.last_run_at then 'last_run_at'
    when current.last_status is distinct from previous.last_status then 'last_status'
    when current.total_runs is distinct from previous.total_runs then 'total_runs'
    when current.failed_runs is distinct from previous.failed_runs then 'failed_runs'
    when current.fired_runs is distinct from previous.fired_runs then 'fired_runs'
    when current.consecutive_failures is distinct from previous.consecutive_failures then 'consecutive_failures'
    when (current.run_as, current.run_as_key) is distinct from (previous.run_as, previous.run_as_key) then 'run_as'
    when current.created_at is distinct from previous.created_at then 'created_at'
    when current.created_by is distinct from previous.created_by then 'created_by'
    when current.paused_at is distinct from previous.paused_at then 'paused_at'
    when current.has_overrides is distinct from previous.has_overrides then 'has_overrides'
    when current.managed_by is distinct from previous.managed_by then 'managed_by'
    when current.managed_version is distinct from previous.managed_version then 'managed_version'
    when current.rule is distinct from previous.rule then 'rule'
    when current.status = 'completed' and previous.status <> 'completed' then 'status'
    end
  end;
comment on function almanac_private.computed_column_written(almanac.schedules, almanac.schedules) is
  'Which of the columns that Almanac computes an insert (previous is null) or an update of a schedule writes. Null: '
  'none.';
grant execute on function almanac_private.computed_column_written(almanac.schedules, almanac.schedules)
  to almanac_operator;
