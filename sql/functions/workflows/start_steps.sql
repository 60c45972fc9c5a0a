-- Called by end_parents and begin_parents, with their rights.
--
-- Here alone steps begin, and are skipped. Of the parents that had an end, all steps that wait are looked at by one
-- statement: each by the runs that it needs, by key. What is ended here may decide about others, so it looks again, at
-- most as often as steps follow each other.
--
-- No lock of a run is waited for: a step that someone holds is found by the next heartbeat, which asks for all parents,
-- and so is one that a cancelling and an end make possible at one moment. Two ends take turns (take_parents_turns).
create or replace function almanac_private.start_steps(parent_ids bigint[], as_of timestamptz) returns void
language plpgsql volatile set search_path to pg_catalog, pg_temp
  -- By key, whatever the statistics say, like finish_runs.
  set jit to off set enable_hashjoin to off set enable_mergejoin to off set enable_seqscan to off
as $$
declare
  v_ids bigint[];
  v_times timestamptz[];
  v_reasons text[];
  v_errors text[];
  v_count bigint;
begin
  loop
    select array_agg(s.id), array_agg(s.scheduled_for), array_agg(s.reason), array_agg(case when s.reason is null
      then almanac_private.payload_problem(s.task_identifier, s.payload) end)
    into v_ids, v_times, v_reasons, v_errors
    from (
      select r.id, r.scheduled_for, r.task_identifier, r.payload, coalesce(
        case when j.failed is not null then format('step %s failed, and then its workflow stops',
          almanac_private.step_name((j.parent).graph -> j.failed - 1)) end,
        case when not j.is_ready then almanac_private.unmet_because(j.parent, r.element, j.bad) end,
        (select format('its task %s is switched off', r.task_identifier) from almanac.task_stops t
          where t.task_identifier = r.task_identifier and t.resumed_at is null)) as reason
      from (
        select l.run_id, l.scheduled_for, p as parent, n.bad, n.is_ready, f.element as failed
        from almanac_private.live_runs l
        join almanac.runs p on p.id = l.parent_id and p.scheduled_for = l.scheduled_for
        cross join lateral (
          select case when l.step_rule ? 'join' then count(*) = 0 or bool_or(e.is_met)
              else coalesce(bool_and(e.is_met), true) end as is_ready,
            case when not l.step_rule ? 'join' or bool_and(e.is_over and not e.is_met) is true
              or l.step_rule is null
              then (array_agg(e.id order by e.nth) filter (where e.is_over and not e.is_met))[1] end as bad
          from (
            select u.id, u.nth, r.id is null or r.finished_at is not null as is_over,
              r.id is not null and case l.step_rule -> 'on' ->> u.nth::integer - 1
                when 'failure' then r.status in ('failed', 'timed_out')
                when 'end' then r.finished_at is not null
                else r.status = 'succeeded' end as is_met
            from unnest(l.needs) with ordinality u(id, nth)
            left join almanac.runs r on r.id = u.id and r.scheduled_for = l.scheduled_for) e) n
        left join lateral (
          select c.element from almanac.runs c
          where l.step_rule ? 'stops' and c.parent_id = l.parent_id and c.scheduled_for = l.scheduled_for
            and case when c.status in ('failed', 'timed_out') then true else false end
          order by c.element limit 1) f on true
        where l.is_waiting and l.parent_id is not null
          and (start_steps.parent_ids is null or l.parent_id = any (start_steps.parent_ids))
          -- Those of one that is cancelled are cancelled.
          and p.cancel_requested_at is null and (n.is_ready or n.bad is not null or f.element is not null)
      ) j
      join almanac.runs r on r.id = j.run_id and r.scheduled_for = j.scheduled_for
      where case when r.status = 'waiting' then true else false end
      order by r.scheduled_for, r.id for no key update of r skip locked
    ) s;
    exit when v_ids is null;

    with judged as materialized (
      select u.* from unnest(v_ids, v_times, v_reasons, v_errors) u(id, at, reason, error)
    ), done as (
      update almanac.runs r
      set status = case when j.reason is not null then 'skipped' when j.error is not null then 'failed'
          else 'queued' end::almanac.run_status,
        reason = j.reason, error = j.error,
        queued_at = case when j.reason is null and j.error is null then start_steps.as_of end,
        finished_at = case when j.reason is not null or j.error is not null then start_steps.as_of end
      from judged j where r.id = j.id and r.scheduled_for = j.at
      returning r.*
    ), dead as (
      delete from almanac_private.live_runs l using done d
      where l.schedule_id = d.schedule_id and l.run_id = d.id and d.status <> 'queued'
    ), freed as (
      update almanac_private.live_runs l set is_waiting = false
      from done d where l.schedule_id = d.schedule_id and l.run_id = d.id and d.status = 'queued'
      returning l.run_id, l.is_behind
    )
    select count(*) from graphile_worker.add_jobs(array(
      select almanac_private.run_job_spec(d.id, d.schedule_id, d.scheduled_for, 1, d.trigger, d.task_identifier,
        d.payload, case when f.is_behind then d.priority + 3::smallint else d.priority end, null)
      from done d join freed f on f.run_id = d.id order by d.id)) into v_count;
    exit when num_nonnulls(variadic v_reasons || v_errors) = 0;
  end loop;
end
$$;
comment on function almanac_private.start_steps(bigint[], timestamptz) is
  'Of these parent runs (null: of all) queues the steps whose needs are met, and skips those of which they '
  'cannot be any more, whose task is switched off, or whose workflow has stopped. One whose payload does not fit '
  'its task fails.';
