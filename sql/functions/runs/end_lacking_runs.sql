-- Called by reconcile, with its rights.
create or replace function almanac_private.end_lacking_runs(as_of timestamptz default statement_timestamp())
returns table (schedule_id bigint, schedule_name text, run_id bigint, detail text)
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_limit interval := (select make_interval(mins => (s.value #>> '{}')::integer) from almanac_private.settings s
    where s.key = 'lacking_task_minutes');
  v_found record;
begin
  -- The time counts only while workers run that lack it: after a break, as when all are down for a deployment, it
  -- begins again.
  update almanac_private.known_tasks t
  set lacking_since = case when t.lacking_seen_at > end_lacking_runs.as_of - interval '5 minutes' then t.lacking_since
    else end_lacking_runs.as_of end,
    lacking_seen_at = end_lacking_runs.as_of
  where not t.is_builtin and not almanac_private.task_is_available(t.identifier, false, t.last_seen_at)
    and almanac_private.has_running_worker();
  update almanac_private.known_tasks t set lacking_since = null, lacking_seen_at = null
  where t.lacking_since is not null and (almanac_private.task_is_available(t.identifier, false, t.last_seen_at)
    or not almanac_private.has_running_worker());

  for v_found in
    select r.id, r.schedule_id, r.schedule_name, r.scheduled_for, r.task_identifier
    from almanac.tasks t
    join almanac.runs r on r.task_identifier = t.identifier
    join almanac_private.live_runs l on l.run_id = r.id and l.scheduled_for = r.scheduled_for
    where t.lacking_since <= end_lacking_runs.as_of - v_limit and r.status in ('waiting', 'queued', 'retrying')
      and t.disabled_at is null
    order by r.scheduled_for, r.id for no key update of r skip locked
  loop
    detail := format('No running worker has had the task %s for %s. Start one that has it, or change the task '
      'of the schedule.', v_found.task_identifier, almanac_private.spoken_interval(v_limit));
    perform almanac_private.fail_unbegun(v_found.id, v_found.scheduled_for, v_found.schedule_id,
      end_lacking_runs.detail, end_lacking_runs.as_of);
    perform almanac_private.remove_jobs(array['run:' || v_found.id]);
    schedule_id := v_found.schedule_id;
    schedule_name := v_found.schedule_name;
    run_id := v_found.id;
    return next;
  end loop;
end
$$;
comment on function almanac_private.end_lacking_runs(timestamptz) is
  'Notes which tasks the running workers lack, and fails the runs that have waited for one of them for an hour '
  '(lacking_task_minutes in almanac_private.settings).';
