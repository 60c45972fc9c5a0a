-- Definer: Graphile Worker's tables are the owner's.
create or replace function almanac.host_job_counts()
returns table (task_identifier text, ready integer, scheduled integer, retrying integer, locked integer,
  failed integer, ready_since timestamptz, is_whole boolean)
language plpgsql stable rows 20 security definer set search_path to pg_catalog, pg_temp set lock_timeout to '2s'
  set jit to off set enable_seqscan to off set enable_hashjoin to off set enable_mergejoin to off
as $$
#variable_conflict use_column
declare
  v_now constant timestamptz := clock_timestamp();
  -- Every open page of jobs asks for it every few seconds.
  v_most constant integer := 10000;
  v_is_whole constant boolean := not exists (
    select from graphile_worker.jobs j order by j.id offset v_most);
begin
  return query
  select c.task_identifier, (count(*) filter (where c.state = 'ready'))::integer,
    (count(*) filter (where c.state = 'scheduled'))::integer, (count(*) filter (where c.state = 'retrying'))::integer,
    (count(*) filter (where c.state = 'locked'))::integer, (count(*) filter (where c.state = 'failed'))::integer,
    min(c.run_at) filter (where c.state = 'ready'), v_is_whole
  from (
    select l.task_identifier, l.run_at,
      almanac_private.host_job_state(l.attempts, l.max_attempts, l.run_at, l.locked_at, v_now) as state
    from (
      select j.* from graphile_worker.jobs j order by j.id limit v_most
    ) l
    where almanac_private.is_host_job(l.key, l.task_identifier)
  ) c
  group by c.task_identifier order by c.task_identifier limit 1000;
end
$$;
comment on function almanac.host_job_counts() is
  'How many jobs of its own the application has, by task (the first 1,000) and state as in host_jobs(). ready_since: '
  'since when the one that has waited longest is ready. is_whole: whether all were counted; otherwise the oldest '
  '10,000 of Graphile Worker''s jobs were.';
grant execute on function almanac.host_job_counts() to almanac_viewer;
