-- Called by record_verdicts, with its rights and its settings.
create or replace function almanac_private.rearm(courses almanac_private.course[], delay interval)
returns graphile_worker.job_spec[]
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_task integer := (select t.id from graphile_worker._private_tasks t where t.identifier = 'almanac:wake');
  v_keys text[];
  v_moved bigint[];
  v_held text[] := '{}';
  v_timeout text := current_setting('lock_timeout');
begin
  for v_try in 1..2 loop
    begin
      if v_try = 1 then
        -- Nearly always no one holds one: to look for that first takes some 3 µs a schedule.
        perform set_config('lock_timeout', '10ms', true);
      else
        v_held := almanac_private.held_jobs(array(select 'schedule:' || c.schedule_id from unnest(rearm.courses) c));
      end if;
      with moved as (
        update graphile_worker._private_jobs j
        set run_at = c.next_run_at + rearm.delay, attempts = 0, last_error = null, revision = j.revision + 1,
          updated_at = now()
        from unnest(rearm.courses) c
        where c.next_run_at is not null and j.key = any (array['schedule:' || c.schedule_id])
          -- Cases, which no plan is built on: by the index of what is available, all jobs may be read for these.
          and case when j.is_available and j.key <> all (v_held) then j.task_id = v_task else false end
        returning c.schedule_id
      )
      select array_agg(m.schedule_id) into v_moved from moved m;
      perform set_config('lock_timeout', v_timeout, true);
      exit;
    exception when lock_not_available then
      if v_try = 2 then
        raise;
      end if;
    end;
  end loop;
  if cardinality(v_moved) = cardinality(rearm.courses) then
    return null;
  end if;
  v_keys := array(
    select 'schedule:' || c.schedule_id from unnest(rearm.courses) c
    where c.next_run_at is not null and c.schedule_id <> all (coalesce(v_moved, '{}')));
  v_held := almanac_private.held_jobs(v_keys);
  return (
    select array_agg(almanac_private.arm_spec(c.schedule_id, c.next_run_at, rearm.delay))
    from unnest(rearm.courses) c
    where 'schedule:' || c.schedule_id = any (v_keys) and 'schedule:' || c.schedule_id <> all (v_held));
end
$$;
comment on function almanac_private.rearm(almanac_private.course[], interval) is
  'Moves the wake-up jobs of schedules to when they are next due, and returns those that add_jobs has to add, as the '
  'schedule has none or a worker has it. For add_jobs to move a job takes twice as long. One that someone holds locked '
  'is passed over, as arm_free does.';
