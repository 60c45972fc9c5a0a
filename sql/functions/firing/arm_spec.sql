create or replace function almanac_private.arm_spec(
  schedule_id bigint, next_run_at timestamptz, delay interval
) returns graphile_worker.job_spec
language sql stable parallel safe
return row('almanac:wake', ('{"scheduleId": "' || schedule_id || '"}')::json, null, next_run_at + delay,
  25::smallint, 'schedule:' || schedule_id, 9::smallint, null)::graphile_worker.job_spec;
comment on function almanac_private.arm_spec(bigint, timestamptz, interval) is
  'The job that wakes a schedule should no ticker have fired it. Behind every run: priority 9.';
