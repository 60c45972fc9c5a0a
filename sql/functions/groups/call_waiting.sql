-- Definer: Graphile Worker's jobs and the lines are the owner's.
create or replace function almanac_private.call_waiting(
  as_of timestamptz default clock_timestamp(), out called integer, out is_waiting boolean
)
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
  -- By key, whatever the statistics say, like begin_runs.
  set jit to off set enable_hashjoin to off set enable_mergejoin to off set enable_seqscan to off
as $$
#variable_conflict use_column
declare
  v_group almanac.resource_groups;
  v_ids bigint[];
  v_times timestamptz[];
  v_due integer;
begin
  called := 0;
  for v_group in
    select g.* from almanac.resource_groups g
    where exists (select from almanac_private.group_line l where l.group_id = g.id) order by g.id
  loop
    -- Anyone who has its turn does the same.
    continue when not almanac_private.lock_group(v_group.id, waits => false);
    called := called + almanac_private.call_next(v_group, call_waiting.as_of);
  end loop;
  -- Of a group that was deleted: nothing holds them any more.
  with released as (
    delete from almanac_private.group_line l where l.run_id = any (array(
      select o.run_id from almanac_private.group_line o
      where not exists (select from almanac.resource_groups g where g.id = o.group_id)
      order by o.run_id limit 1000 for update skip locked))
    returning l.*
  )
  select array_agg(r.run_id order by r.run_id), array_agg(r.scheduled_for order by r.run_id) into v_ids, v_times
  from released r;
  if v_ids is not null then
    select count(*) filter (where b.is_due) into v_due from almanac_private.take_back_runs(v_ids, v_times) b;
    perform pg_notify('jobs:insert', jsonb_build_object('r', random(), 'count', v_due)::text) where v_due > 0;
    called := called + v_due;
  end if;
  is_waiting := exists (select from almanac_private.group_line);
end
$$;
comment on function almanac_private.call_waiting(timestamptz) is
  'Has those begin that wait for their group, where there is room for them: a limit was raised, a period is over, a '
  'run that was called was cancelled. Workers call it four times a second while runs wait, and with their heartbeats. '
  'is_waiting: whether some wait still.';
grant execute on function almanac_private.call_waiting(timestamptz) to almanac_worker;
