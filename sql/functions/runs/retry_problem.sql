create or replace function almanac_private.retry_problem(run almanac.runs) returns text
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_schedule almanac.schedules;
  v_retry almanac.runs;
begin
  if run.parent_id is not null then
    return format('It is a child of run %s, which is repeated as a whole, or with those children that did not succeed.',
      run.parent_id);
  elsif not almanac_private.is_repeatable(run.status) then
    return format('It is %s.', run.status);
  end if;
  select s.* into v_schedule from almanac.schedules s where s.id = run.schedule_id;
  -- A retry has the nominal time of the run that it repeats.
  select r.* into v_retry from almanac.runs r
  where r.schedule_id = run.schedule_id and r.scheduled_for = run.scheduled_for and r.retried_from = run.id
    and r.finished_at is null
  order by r.id limit 1;
  return case
    when v_schedule.id is null then 'Its schedule was deleted.'
    when v_schedule.deleted_at is not null then format('Its schedule was deleted on %s.',
      almanac_private.recorded_time(v_schedule.deleted_at))
    when case when run.graph is not null then not almanac_private.has_steps(v_schedule.target)
      else (v_schedule.target = 'list') <> (run.children is not null) end
      then format('Its schedule now has the target %s.', v_schedule.target)
    when v_schedule.task_identifier <> run.task_identifier
      then format('It ran %s, and its schedule now has the task %s.', run.task_identifier, v_schedule.task_identifier)
    when v_retry.id is not null then format('Run %s, which repeats it, is %s.', v_retry.id, v_retry.status)
  end;
end
$$;
comment on function almanac_private.retry_problem(almanac.runs) is
  'Why a run cannot be repeated, by anyone; null: it can be.';
grant execute on function almanac_private.retry_problem(almanac.runs) to almanac_viewer;
