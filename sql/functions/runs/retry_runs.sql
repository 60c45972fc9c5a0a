-- Called by finish_runs, with its rights and its settings.
create or replace function almanac_private.retry_runs(
  first_time timestamptz, last_time timestamptz, run_ids bigint[], results jsonb, as_of timestamptz
) returns void
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
  perform from graphile_worker.add_jobs(array(
    select almanac_private.run_job_spec(r.id, r.schedule_id, r.scheduled_for, r.attempt + 1, r.trigger,
      r.task_identifier, r.payload, r.priority,
      -- One that ended with its worker at once.
      case when coalesce(retry_runs.results -> r.id::text ->> 'isLost',
        retry_runs.results -> r.id::text ->> 'isReturned') is distinct from 'true' then
        -- In seconds: an interval holds no billion times three days.
        retry_runs.as_of + make_interval(secs => least(
          extract(epoch from e.retry_ceiling),
          extract(epoch from e.retry_delay) * least(power(e.retry_backoff::float8, least(r.attempt - 1, 100)), 1e9)
        )::float8)
      end, r.lost_attempts)
    from almanac.runs r left join almanac.schedules s on s.id = r.schedule_id
    cross join lateral almanac_private.execution_in_force(r.task_identifier, s.max_attempts, s.retry_delay,
      s.retry_backoff, s.retry_ceiling, s.timeout) e
    where r.id = any (retry_runs.run_ids) and r.scheduled_for between retry_runs.first_time and retry_runs.last_time
    order by r.id
  ));
  -- One that had ended for good, as its worker said, which then was lost.
  update almanac_private.live_runs l set counts_toward_overlap = true
  from almanac.runs r
  where r.id = any (retry_runs.run_ids)
    and r.scheduled_for between retry_runs.first_time and retry_runs.last_time and r.trigger = 'schedule'
    and l.schedule_id = r.schedule_id and l.run_id = r.id and not l.counts_toward_overlap;
end
$$;
comment on function almanac_private.retry_runs(timestamptz, timestamptz, bigint[], jsonb, timestamptz) is
  'Adds the jobs of the next attempts of runs of one week, after the delay that is in force. results: what '
  'finish_runs was given, by the number of the run.';
