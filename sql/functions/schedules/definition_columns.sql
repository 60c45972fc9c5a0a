create or replace function almanac_private.definition_columns() returns text[]
language sql immutable parallel safe
return array['name', 'description', 'kind', 'cron_expression', 'every', 'run_at', 'timezone', 'starts_at',
  'ends_at', 'max_runs', 'task_identifier', 'target', 'task_group', 'workflow_name', 'workflow_version', 'payload',
  'priority', 'status', 'pause_reason', 'overlap_policy', 'max_concurrent', 'missed_run_policy', 'late_tolerance',
  'catchup_window', 'catchup_per_minute', 'max_attempts', 'retry_delay', 'retry_backoff', 'retry_ceiling', 'timeout',
  'jitter', 'calendars', 'exclusion_policy', 'tags', 'owner_user', 'resource_group', 'keep_for', 'keep_failures_for',
  'keep_last'];
comment on function almanac_private.definition_columns() is
  'The columns of schedules that people set: what a definition in JSON may name, and what a copy of a schedule has.';
grant execute on function almanac_private.definition_columns() to almanac_viewer;
