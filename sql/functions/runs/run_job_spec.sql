create or replace function almanac_private.run_job_spec(
  run_id bigint, schedule_id bigint, scheduled_for timestamptz, attempt integer, trigger almanac.run_trigger,
  task_identifier text, payload jsonb, priority smallint, run_at timestamptz, lost_attempts integer default 0
) returns graphile_worker.job_spec
language sql stable parallel safe
return row(
  almanac_private.run_identifier(task_identifier),
  -- Put together as text: of all ways the fastest, and a herd takes thousands.
  ((case when payload = '{}' then '{'
    else left((payload - '_run')::text, -1) || case when payload - '_run' = '{}' then '' else ', ' end end)
    || '"_run": {"id": "' || run_id || '", "scheduleId": "' || schedule_id || '", "scheduledFor": '
      || to_json(scheduled_for)::text
    || ', "attempt": ' || attempt || ', "trigger": "' || trigger || '"}}')::json,
  -- Of runs with which several workers were lost, one ends them: in a queue, one at a time, it is found out, and the
  -- others are not lost with it again.
  case when lost_attempts >= 2 then 'almanac:one-at-a-time' end, run_at, 1::smallint, 'run:' || run_id, priority, null
)::graphile_worker.job_spec;
comment on function almanac_private.run_job_spec(
  bigint, bigint, timestamptz, integer, almanac.run_trigger, text, jsonb, smallint, timestamptz, integer
) is
  'The Graphile Worker job of one attempt, which only workers that record runs take. It has one attempt of its own: '
  'only Almanac retries.';
