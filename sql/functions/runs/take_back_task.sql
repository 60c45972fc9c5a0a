-- Called by enable_task, with its rights and settings.
create or replace function almanac_private.take_back_task(task text) returns void
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_count bigint;
begin
  with free as materialized (
    select w.id, r.queued_at
    from almanac_private.live_runs l
    join almanac.runs r on r.id = l.run_id and r.scheduled_for = l.scheduled_for
    join graphile_worker._private_jobs w on w.key = 'run:' || l.run_id and w.flags ? 'almanac:task_is_off'
    where r.task_identifier = take_back_task.task and r.status in ('queued', 'retrying')
    for no key update of w skip locked
  )
  select count(j.id) into v_count
  from free f cross join lateral graphile_worker.reschedule_jobs(array[f.id],
    run_at => coalesce(f.queued_at, statement_timestamp())) j;
end
$$;
comment on function almanac_private.take_back_task(text) is
  'Runs that waited as their task was switched off are due now, in the order in which they were queued. Those whose '
  'job someone holds locked are due within the hour.';
