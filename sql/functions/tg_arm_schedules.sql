-- Definer: Graphile Worker's tables are the owner's.
create or replace function almanac_private.tg_arm_schedules() returns trigger
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
  -- By key, whatever the statistics say: a hash join would read all of a large table for a handful of rows, here and in add_jobs.
  set enable_hashjoin to off set enable_mergejoin to off set enable_seqscan to off
as $$
declare
  v_delay interval := almanac_private.arm_delay();
  v_specs graphile_worker.job_spec[];
  v_removed bigint[];
  v_changed bigint[];
begin
  if tg_op = 'INSERT' then
    select array_agg(almanac_private.arm_spec(n.id, n.next_run_at, v_delay) order by n.id) filter (where n.next_run_at is not null), array_agg(n.id)
    into v_specs, v_changed from new_rows n;
  elsif tg_op = 'UPDATE' then
    select
      array_agg(almanac_private.arm_spec(n.id, n.next_run_at, v_delay) order by n.id)
        filter (where n.next_run_at is not null and n.next_run_at is distinct from o.next_run_at),
      array_agg(n.id order by n.id) filter (where n.next_run_at is null and o.next_run_at is not null),
      array_agg(n.id)
    into v_specs, v_removed, v_changed
    from new_rows n left join old_rows o on o.id = n.id;
  else
    select array_agg(o.id order by o.id), array_agg(o.id) into v_removed, v_changed from old_rows o;
  end if;

  if v_changed is null then
    return null;
  end if;
  if v_specs is not null then
    perform graphile_worker.add_jobs(v_specs);
  end if;
  perform graphile_worker.remove_job('schedule:' || r.id) from unnest(v_removed) r(id);
  perform almanac_private.notify_schedules(v_changed, lower(tg_op));
  return null;
end
$$;
comment on function almanac_private.tg_arm_schedules() is
  'After a statement that changed schedules: arms or removes their schedule:<id> jobs in one call, and notifies once.';
