-- Called while the turn of the group is held, with the rights and settings of begin_runs or finish_runs.
--
-- A place goes from the run that ends to the one that is next in line, in one transaction: the run that is called has
-- the place from then on, so that no newcomer takes it, and its job is due.
--
-- 1. Who was called and has not begun for five seconds, as all workers are busy or one was lost, goes back to its place
--    in line: others are called meanwhile.
-- 2. Three of four calls go by priority, and to the one that was fired first where several have it. Every fourth goes
--    to the one that was fired first, whatever its priority: no run waits forever.
-- 3. A run that has ended has no place in line. Of one whose job someone holds locked, it is kept for it: the next one
--    is called.
create or replace function almanac_private.call_next(
  resource_group almanac.resource_groups, as_of timestamptz, in_hand bigint[] default '{}'
) returns integer
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_room bigint;
  v_called integer := 0;
  v_passed bigint[] := '{}';
  v_turns bigint;
  v_fourths bigint;
  v_next bigint[];
  v_due bigint[];
  v_kept bigint[];
begin
  with late as (
    delete from almanac_private.group_slots s where s.run_id = any (array(
      select o.run_id from almanac_private.group_slots o
      where o.group_id = resource_group.id and o.begun_at is null
        and o.called_at < call_next.as_of - interval '5 seconds' and o.run_id <> all (call_next.in_hand)
      for update skip locked))
    returning s.*
  )
  insert into almanac_private.group_line (run_id, scheduled_for, group_id, priority)
  select l.run_id, l.scheduled_for, l.group_id, l.priority from late l on conflict do nothing;

  for v_round in 1 .. 5 loop
    v_room := almanac_private.group_room(resource_group, call_next.as_of);
    exit when v_room = 0 or not exists (
      select from almanac_private.group_line l where l.group_id = resource_group.id);
    update almanac_private.group_turns t set calls = t.calls + v_room
    where t.group_id = resource_group.id returning t.calls into v_turns;
    v_fourths := v_turns / 4 - (v_turns - v_room) / 4;
    v_next := array(
      select l.run_id from almanac_private.group_line l
      where l.group_id = resource_group.id and l.run_id <> all (v_passed)
      order by l.run_id limit v_fourths for update skip locked);
    v_next := v_next || array(
      select l.run_id from almanac_private.group_line l
      where l.group_id = resource_group.id and l.run_id <> all (v_passed || v_next)
      order by l.priority, l.run_id limit v_room - cardinality(v_next) for update skip locked);
    exit when v_next = '{}';
    -- Those that have ended otherwise.
    delete from almanac_private.group_line l
    where l.run_id = any (v_next) and not exists (
      select from almanac.runs r
      where r.id = l.run_id and r.scheduled_for = l.scheduled_for and r.status in ('queued', 'retrying'));
    -- Those that a worker asks for right now need no job.
    select coalesce(array_agg(b.run_id) filter (where b.is_due), '{}'),
      coalesce(array_agg(b.run_id) filter (where not b.is_due), '{}')
    into v_due, v_kept
    from almanac_private.take_back_runs(
      array(select l.run_id from almanac_private.group_line l
        where l.run_id = any (v_next) and l.run_id <> all (call_next.in_hand) order by l.run_id),
      array(select l.scheduled_for from almanac_private.group_line l
        where l.run_id = any (v_next) and l.run_id <> all (call_next.in_hand) order by l.run_id)) b;
    v_passed := v_passed || v_kept;
    with called as (
      delete from almanac_private.group_line l where l.run_id = any (v_next) and l.run_id <> all (v_kept)
      returning l.*
    )
    insert into almanac_private.group_slots (run_id, scheduled_for, group_id, priority, called_at)
    select c.run_id, c.scheduled_for, c.group_id, c.priority, call_next.as_of from called c
    on conflict on constraint group_slots_pkey do nothing;
    v_called := v_called + cardinality(v_due);
  end loop;
  -- Nothing is said of a job that becomes due.
  perform pg_notify('jobs:insert', jsonb_build_object('r', random(), 'count', v_called)::text) where v_called > 0;
  return v_called;
end
$$;
comment on function almanac_private.call_next(almanac.resource_groups, timestamptz, bigint[]) is
  'Has as many waiting runs of a group begin as there is room for: they have a place in it, and their jobs are due. '
  'in_hand: runs that the caller is about to begin. Returns how many jobs are due.';
