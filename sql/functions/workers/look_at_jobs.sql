-- Definer: Graphile Worker's tables are the owner's, and what row security hides from a worker it does not take either.
create or replace function almanac_private.look_at_jobs(
  task_identifiers text[], due_for interval default null, as_of timestamptz default clock_timestamp(),
  out task_numbers text, out untaken text
)
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp set lock_timeout to '2s'
  set jit to off
  -- A partition may be younger than its statistics, and so may the table of jobs.
  set enable_seqscan to off
as $$
declare
  v_tasks integer[];
begin
  select string_agg(t.identifier || ' ' || t.id, ', ' order by t.identifier), array_agg(t.id) into task_numbers, v_tasks
  from graphile_worker._private_tasks t where t.identifier = any (look_at_jobs.task_identifiers);
  if due_for is not null then
    -- As Graphile Worker looks for a job, in the order of its index. What someone else holds locked is passed over, as
    -- it would be.
    select t.identifier into untaken
    from (
      select j.task_id from graphile_worker._private_jobs j
      where j.is_available and j.run_at <= look_at_jobs.as_of - look_at_jobs.due_for and j.task_id = any (v_tasks)
        and j.job_queue_id is null and j.flags is null
      order by j.priority, j.run_at limit 1 for update skip locked
    ) j join graphile_worker._private_tasks t on t.id = j.task_id;
  end if;
end
$$;
comment on function almanac_private.look_at_jobs(text[], interval, timestamptz) is
  'What a worker compares itself with: the numbers that its tasks have in Graphile Worker, and the task of a job '
  'that has been due for due_for (null: do not look) and is free to be taken, not one of a queue or with flags. '
  'Fails when the tables of Graphile Worker are locked for 2 s.';
grant execute on function almanac_private.look_at_jobs(text[], interval, timestamptz) to almanac_worker;
