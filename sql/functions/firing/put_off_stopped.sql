-- Called by within_limits, with its rights and its settings.
create or replace function almanac_private.put_off_stopped(ids bigint[], as_of timestamptz) returns bigint[]
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_delay constant interval := almanac_private.arm_delay();
  v_ids bigint[];
  v_specs graphile_worker.job_spec[];
begin
  with put_off as (
    insert into almanac_private.put_off as p (schedule_id, scheduled_for, due_at, until, limit_name)
    select s.id, s.next_scheduled_for, s.next_run_at, put_off_stopped.as_of + interval '1 hour', 'task_is_off'
    from unnest(put_off_stopped.ids) u(id)
    join almanac.schedules s on s.id = any (array[u.id])
    join almanac.task_stops t on t.task_identifier = s.task_identifier and t.resumed_at is null
    where not s.is_system
    on conflict (schedule_id) do update
    set scheduled_for = excluded.scheduled_for, due_at = excluded.due_at, until = excluded.until,
      limit_name = excluded.limit_name
    returning p.schedule_id, p.until
  ), moved as (
    update almanac.schedules s set next_run_at = p.until from put_off p where s.id = any (array[p.schedule_id])
    returning s.id, s.next_run_at
  )
  select array_agg(m.id), array_agg(almanac_private.arm_spec(m.id, m.next_run_at, v_delay) order by m.id)
  into v_ids, v_specs from moved m;
  perform almanac_private.arm_free(v_specs);
  return coalesce(v_ids, '{}');
end
$$;
comment on function almanac_private.put_off_stopped(bigint[], timestamptz) is
  'Puts off those schedules whose task is switched off, by an hour at a time: until it is on again no one looks at '
  'them but then, however many are due. Returns them.';
