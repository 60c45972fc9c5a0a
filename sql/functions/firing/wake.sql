-- Definer: as fire_due.
create or replace function almanac_private.wake(
  schedule_ids bigint[], as_of timestamptz default now(), out held_ids bigint[], out moved_ids bigint[]
)
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
  -- By key, whatever the statistics say: a hash join would read all of a large table for a handful of rows, here and in
  -- add_jobs.
  set jit to off set enable_hashjoin to off set enable_mergejoin to off set enable_seqscan to off
as $$
declare
  v_locked bigint[];
  v_keys text[];
  v_held text[];
  v_is_stopped boolean := almanac_private.is_stopped();
  v_is_copy boolean := almanac.copied_from() is not null;
begin
  select f.moved_ids into moved_ids from almanac_private.fire_due(wake.as_of) f;
  v_locked := array(
    select s.id from almanac.schedules s where s.id = any (wake.schedule_ids)
      order by s.id for no key update skip locked
  );
  -- Armed even if nothing was due: an add_job that met this job while a worker was locking it may have been dropped.
  perform almanac_private.arm_free(array(
    select almanac_private.arm_spec(s.id, case when v_is_copy or v_is_stopped and not s.is_system
      then greatest(s.next_run_at, wake.as_of + interval '1 minute') else s.next_run_at end,
        almanac_private.arm_delay())
    from almanac.schedules s where s.id = any (v_locked) and s.next_run_at is not null order by s.id
  ));
  -- A job that stays with its key arms the schedule yet, for anyone who changes it (arm_jobs). These do not.
  v_keys := array(select 'schedule:' || s.id from almanac.schedules s
    where s.id = any (v_locked) and s.next_run_at is null);
  v_held := almanac_private.held_jobs(v_keys);
  update graphile_worker._private_jobs d set key = null
  from graphile_worker.jobs j
  where j.key = any (v_keys) and j.key <> all (v_held) and j.task_identifier = 'almanac:wake'
    and j.locked_at is not null and d.id = j.id;
  -- Anyone who holds the others may do so for long: they are woken again later, and take up no worker's place
  -- meanwhile.
  perform almanac_private.arm_free(array(
    select almanac_private.arm_spec(s.id, wake.as_of + least(greatest(wake.as_of - s.next_run_at, interval '1 second'),
      interval '1 minute'), interval '0')
    from almanac.schedules s join graphile_worker.jobs j on j.key = 'schedule:' || s.id
    where s.id = any (wake.schedule_ids) and s.id <> all (v_locked)
      and j.task_identifier = 'almanac:wake' and j.locked_at is not null
    order by s.id
  ));
  held_ids := array(
    select s.id from almanac.schedules s where s.id = any (wake.schedule_ids) and s.id <> all (v_locked) order by s.id
  );
end
$$;
comment on function almanac_private.wake(bigint[], timestamptz) is
  'What the schedule:<id> jobs call: fires whatever is due, then arms these schedules again. held_ids: those of them '
  'that someone else holds locked, which have new jobs, a second later, or after as long again as they are late, at '
  'most a minute. moved_ids: the schedules that fired or were otherwise moved on, as fire_due returns them.';
grant execute on function almanac_private.wake(bigint[], timestamptz) to almanac_worker;
