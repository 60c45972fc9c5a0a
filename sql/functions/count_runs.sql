-- Called by finish_runs, with its rights and its settings.
create or replace function almanac_private.count_runs(scheduled_for timestamptz, run_ids bigint[]) returns void
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
  perform set_config('almanac.engine', 'on', true);
  with counted as materialized (
    select r.schedule_id, count(*) filter (where r.trigger = 'schedule' and r.status in ('failed', 'timed_out')) as failed,
      (array_agg(r.status order by r.id desc))[1] as last_status
    from almanac.runs r where r.id = any (count_runs.run_ids) and r.scheduled_for = count_runs.scheduled_for
    group by r.schedule_id
  ), stale as materialized (
    select c.* from counted c join almanac.schedules s on s.id = c.schedule_id
    where c.failed > 0 or s.last_status is distinct from c.last_status
  ), free as materialized (
    select t.* from stale t join almanac.schedules s on s.id = t.schedule_id order by s.id for no key update of s skip locked
  ), counters as (
    update almanac.schedules s set failed_runs = s.failed_runs + f.failed, last_status = f.last_status from free f where s.id = f.schedule_id
  )
  insert into almanac_private.unsettled_counters (schedule_id, failed, last_status)
  select t.* from stale t where t.schedule_id not in (select f.schedule_id from free f);
  perform set_config('almanac.engine', 'off', true);
end
$$;
comment on function almanac_private.count_runs(timestamptz, bigint[]) is
  'Writes failed_runs and last_status of the schedules whose runs of one time have just ended. Those that someone holds locked wait in unsettled_counters.';
