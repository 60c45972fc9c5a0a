-- Called by begin_runs, with its rights and settings, where some task names the role that is needed to use it.
create or replace function almanac_private.end_unentitled(
  run_ids bigint[], scheduled_fors timestamptz[], as_of timestamptz
) returns void
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_found record;
  v_problem text;
  v_schedules bigint[] := '{}';
begin
  for v_found in
    select r.id, r.scheduled_for, r.schedule_id, r.task_identifier, r.run_as, s.owner_user
    from unnest(end_unentitled.run_ids, end_unentitled.scheduled_fors) a(id, at)
    join almanac.runs r on r.id = a.id and r.scheduled_for = a.at
    join almanac_private.known_tasks t
      on t.identifier = r.task_identifier and coalesce(t.required_role, t.declared_role) is not null
    left join almanac.schedules s on s.id = r.schedule_id
    where r.status in ('queued', 'retrying') and coalesce(s.is_system, false) is false
    order by r.scheduled_for, r.id for no key update of r skip locked
  loop
    v_problem := almanac_private.role_problem(v_found.task_identifier, v_found.run_as, v_found.owner_user);
    continue when v_problem is null;
    perform almanac_private.fail_unbegun(v_found.id, v_found.scheduled_for, v_found.schedule_id, v_problem
      || E'\nGrant the role, or ask someone who has it to save the schedule; then trigger it.', end_unentitled.as_of);
    v_schedules := v_schedules || v_found.schedule_id;
  end loop;
  if v_schedules <> '{}' then
    perform almanac_private.release_waiting(v_schedules, end_unentitled.as_of);
    perform almanac_private.notify_changed('almanac_runs', v_schedules);
  end if;
end
$$;
comment on function almanac_private.end_unentitled(bigint[], timestamptz[], timestamptz) is
  'Of runs that are to begin, fails those whose role, or whose schedule''s owner, may not use their task, without an '
  'attempt.';
