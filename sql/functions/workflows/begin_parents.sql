-- Called by begin_runs, which holds these runs locked, with its rights and settings.
--
-- Steps are written by begin_steps, all waiting, and start_steps starts the first of them. Of a list:
--
-- All children of a parent are written by three statements: their rows, those of live_runs, and their jobs, 60 to 80 µs
-- a child, so 10,000 take less than a second. It happens here and not when the parent is fired, as what is due at that
-- time would wait for it. A child is what its parent was when it was fired: attempts, timeout, priority, whose it is.
--
-- The children of an account beyond its first hundred unfinished runs are behind those of other accounts, like any runs
-- (record_verdicts): a list of thousands keeps no one else waiting.
create or replace function almanac_private.begin_parents(
  first_time timestamptz, last_time timestamptz, run_ids bigint[], as_of timestamptz
) returns void
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_parent almanac.runs;
  v_account text;
  v_group text;
  v_backlog record;
  v_ahead integer;
  v_specs graphile_worker.job_spec[];
  v_with_steps bigint[] := '{}';
  -- As many as a worker begins at once by default.
  v_most_ahead constant integer := 100;
begin
  for v_parent in
    update almanac.runs r
    set status = 'running', attempt = 1, started_at = begin_parents.as_of, attempt_started_at = begin_parents.as_of,
      job_id = null
    where r.id = any (begin_parents.run_ids)
      and r.scheduled_for between begin_parents.first_time and begin_parents.last_time
      and case when r.status = 'queued' then true else false end
    returning r.*
  loop
    if v_parent.graph = '[]' then
      perform almanac_private.fail_unbegun(v_parent.id, v_parent.scheduled_for, v_parent.schedule_id,
        'There was no task to run: no worker has announced one of its group, or any at all.', begin_parents.as_of);
      perform almanac_private.release_waiting(array[v_parent.schedule_id], begin_parents.as_of);
      continue;
    end if;
    v_account := almanac_private.account(v_parent.run_as, v_parent.owner_user);
    v_group := almanac_private.group_in_force(v_parent.task_identifier, (
      select s.resource_group from almanac.schedules s where s.id = v_parent.schedule_id));
    v_backlog := almanac_private.backlog_of(v_account, v_most_ahead + 1);
    -- Its own parent is one of the unfinished.
    v_ahead := case when v_backlog.is_behind then 0 else greatest(v_most_ahead + 1 - v_backlog.unfinished, 0) end;
    if v_parent.graph is not null then
      perform almanac_private.begin_steps(v_parent, v_account, v_ahead, begin_parents.as_of);
      v_with_steps := v_with_steps || v_parent.id;
      continue;
    end if;
    with made as (
      insert into almanac.runs as r
        (schedule_id, schedule_name, task_identifier, payload, scheduled_for, due_at, trigger, status, max_attempts,
          timeout, priority, queued_at, run_as, owner_user, requested_by, resource_group, parent_id, element)
      select v_parent.schedule_id, v_parent.schedule_name, v_parent.task_identifier, e.payload, v_parent.scheduled_for,
        v_parent.due_at, 'workflow', 'queued', v_parent.max_attempts, v_parent.timeout, v_parent.priority,
        begin_parents.as_of, v_parent.run_as, v_parent.owner_user, v_parent.requested_by, v_group, v_parent.id, e.nth
      from almanac_private.list_elements(v_parent.payload) e order by e.nth
      returning r.id, r.payload, r.element
    ), live as (
      insert into almanac_private.live_runs (schedule_id, run_id, scheduled_for, counts_toward_overlap, account,
        is_behind, parent_id)
      select v_parent.schedule_id, m.id, v_parent.scheduled_for, false, v_account, m.element > v_ahead, v_parent.id
      from made m
    )
    select array_agg(almanac_private.run_job_spec(m.id, v_parent.schedule_id, v_parent.scheduled_for, 1, 'workflow',
      v_parent.task_identifier, m.payload,
      case when m.element > v_ahead then v_parent.priority + 3::smallint else v_parent.priority end, null)
      order by m.element)
    into v_specs from made m;
    perform graphile_worker.add_jobs(v_specs);
  end loop;
  if v_with_steps <> '{}' then
    perform almanac_private.end_parents(v_with_steps, begin_parents.as_of);
  end if;
end
$$;
comment on function almanac_private.begin_parents(timestamptz, timestamptz, bigint[], timestamptz) is
  'Begins queued parent runs of one week: writes all of their children, with the jobs of those that can begin. No '
  'worker has a parent.';
