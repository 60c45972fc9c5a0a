create or replace function almanac_private.run_job_spec(
  run_id bigint, schedule_id bigint, scheduled_for timestamptz, attempt integer, trigger almanac.run_trigger,
  task_identifier text, payload jsonb, priority smallint, run_at timestamptz
) returns graphile_worker.job_spec
language sql stable parallel safe
return row(
  task_identifier,
  (payload || jsonb_build_object('_run', jsonb_build_object(
    'id', run_id::text, 'scheduleId', schedule_id::text, 'scheduledFor', scheduled_for, 'attempt', attempt, 'trigger', trigger)))::json,
  null, run_at, 1::smallint, 'run:' || run_id, priority, null
)::graphile_worker.job_spec;
comment on function almanac_private.run_job_spec(bigint, bigint, timestamptz, integer, almanac.run_trigger, text, jsonb, smallint, timestamptz) is
  'The Graphile Worker job of one attempt. It has one attempt of its own: only Almanac retries.';
