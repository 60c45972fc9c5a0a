-- Called by begin_parents, with its rights and settings.
create or replace function almanac_private.begin_steps(
  parent almanac.runs, account text, ahead integer, as_of timestamptz
) returns void
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_ids jsonb;
  v_done jsonb;
begin
  with made as (
    insert into almanac.runs as r
      (schedule_id, schedule_name, task_identifier, payload, scheduled_for, due_at, trigger, status, max_attempts,
        timeout, priority, run_as, owner_user, requested_by, resource_group, parent_id, element)
    select parent.schedule_id, parent.schedule_name, g.step ->> 'task',
      almanac_private.step_payload(parent.payload, g.step ->> 'task'), parent.scheduled_for, parent.due_at, 'workflow',
      'waiting', e.max_attempts, e.timeout, parent.priority, parent.run_as, parent.owner_user, parent.requested_by,
      almanac_private.group_in_force(g.step ->> 'task', s.resource_group), parent.id, g.nth
    from jsonb_array_elements(parent.graph) with ordinality g(step, nth)
    left join almanac.schedules s on s.id = parent.schedule_id
    cross join lateral almanac_private.execution_in_force(g.step ->> 'task', s.max_attempts, s.retry_delay,
      s.retry_backoff, s.retry_ceiling, s.timeout) e
    where not g.step ? 'run' order by g.nth
    returning r.id, r.task_identifier, r.element
  )
  select jsonb_object_agg(m.task_identifier, jsonb_build_array(m.id, m.element)) into v_ids from made m;
  v_done := (select coalesce(jsonb_agg(g.step -> 'task'), '[]') from jsonb_array_elements(parent.graph) g(step)
    where g.step ? 'run');
  insert into almanac_private.live_runs (schedule_id, run_id, scheduled_for, counts_toward_overlap, is_waiting, account,
    is_behind, parent_id, needs)
  select parent.schedule_id, (v_ids -> (g.step ->> 'task') ->> 0)::bigint, parent.scheduled_for, false, true,
    begin_steps.account, row_number() over (order by g.nth) > begin_steps.ahead, parent.id, array(
      -- One that comes later needs this one in turn, and one that there is not can have no end: no one is 0.
      select case when (v_ids -> n.task ->> 1)::integer < g.nth then (v_ids -> n.task ->> 0)::bigint else 0 end
      from jsonb_array_elements_text(g.step -> 'needs') n(task) where not v_done ? n.task)
  from jsonb_array_elements(parent.graph) with ordinality g(step, nth)
  where not g.step ? 'run';
end
$$;
comment on function almanac_private.begin_steps(almanac.runs, text, integer, timestamptz) is
  'Writes the steps of a parent run, all waiting, each with the runs that it needs; start_steps then starts the first.';
