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
      almanac_private.step_payload(parent.payload, g.step), parent.scheduled_for, parent.due_at, 'workflow',
      'waiting', e.max_attempts, e.timeout, parent.priority, parent.run_as, parent.owner_user, parent.requested_by,
      almanac_private.group_in_force(g.step ->> 'task', coalesce(g.step ->> 'resource_group', s.resource_group)),
      parent.id, g.nth
    from jsonb_array_elements(parent.graph) with ordinality g(step, nth)
    left join almanac.schedules s on s.id = parent.schedule_id
    cross join lateral almanac_private.execution_in_force(g.step ->> 'task',
      coalesce((g.step ->> 'max_attempts')::integer, s.max_attempts), s.retry_delay, s.retry_backoff, s.retry_ceiling,
      coalesce((g.step ->> 'timeout')::interval, s.timeout)) e
    where not g.step ? 'run' order by g.nth
    returning r.id, r.element
  )
  select jsonb_object_agg(almanac_private.step_name(parent.graph -> m.element - 1), jsonb_build_array(m.id, m.element))
  into v_ids from made m;
  v_done := (select coalesce(jsonb_agg(almanac_private.step_name(g.step)), '[]')
    from jsonb_array_elements(parent.graph) g(step)
    where g.step ? 'run');
  insert into almanac_private.live_runs (schedule_id, run_id, scheduled_for, counts_toward_overlap, is_waiting, account,
    is_behind, parent_id, needs, step_rule)
  select parent.schedule_id, (v_ids -> almanac_private.step_name(g.step) ->> 0)::bigint, parent.scheduled_for, false,
    true, begin_steps.account, row_number() over (order by g.nth) > begin_steps.ahead, parent.id,
    -- Of which one is enough, one that is done already is.
    case when g.step ->> 'join' = 'any' and n.is_one_met then '{}' else coalesce(n.ids, '{}') end,
    nullif(case when g.step ? 'on' then jsonb_build_object('on', n.ends) else '{}' end
      || case when g.step ? 'join' then jsonb_build_object('join', g.step -> 'join') else '{}' end
      || case when g.step ? 'stops' then '{"stops": true}'::jsonb else '{}' end, '{}')
  from jsonb_array_elements(parent.graph) with ordinality g(step, nth)
  cross join lateral (
    select array_agg(o.id order by o.nth) filter (where not o.is_met) as ids,
      jsonb_agg(o.ends order by o.nth) filter (where not o.is_met) as ends, bool_or(o.is_met) as is_one_met
    from (
      select a.nth, coalesce(g.step -> 'on' ->> a.name, 'success') as ends,
        -- One that comes later needs this one in turn, and one that there is not, or that will not fail any more, can
        -- have no such end: no one is 0.
        case when (v_ids -> a.name ->> 1)::integer < g.nth then (v_ids -> a.name ->> 0)::bigint else 0 end as id,
        v_done ? a.name and coalesce(g.step -> 'on' ->> a.name, 'success') <> 'failure' as is_met
      from jsonb_array_elements_text(g.step -> 'needs') with ordinality a(name, nth)) o) n
  where not g.step ? 'run';
end
$$;
comment on function almanac_private.begin_steps(almanac.runs, text, integer, timestamptz) is
  'Writes the steps of a parent run, all waiting, each with the runs that it needs; start_steps then starts the first.';
