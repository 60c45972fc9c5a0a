-- Definer: the tables are the owner's.
create or replace function almanac.host_crontab(
  search text default null, after_identifier text default null, max_count integer default 100
)
returns table (identifier text, task_identifier text, rule text, next_at timestamptz, last_execution timestamptz,
  known_since timestamptz, workers integer, queue_name text, max_attempts integer, priority integer, job_key text,
  backfill interval)
language plpgsql stable rows 20 security definer set search_path to pg_catalog, pg_temp set lock_timeout to '2s'
  set jit to off
as $$
#variable_conflict use_column
declare
  v_most constant integer := almanac_private.checked_count(host_crontab.max_count, 1000);
  v_search constant text := lower(left(nullif(host_crontab.search, ''), 200));
begin
  return query
  select coalesce(k.identifier, r.identifier), r.task_identifier, r.rule,
    case when r.cron is not null
      then almanac_private.next_cron(almanac_private.compile_cron(r.cron), 'UTC', clock_timestamp()) end,
    k.last_execution, k.known_since, coalesce(r.workers, 0)::integer, r.queue_name, r.max_attempts, r.priority,
    r.job_key, r.backfill
  from graphile_worker._private_known_crontabs k
  full join (
    -- As the worker has it that started last: during a deployment two may differ.
    select distinct on (c.identifier) c.*, count(*) over (partition by c.identifier) as workers
    from almanac_private.crontab_items c
    join almanac.workers w on w.id = c.worker_id and w.status = 'active'
    order by c.identifier, w.id desc
  ) r on r.identifier = k.identifier
  where (host_crontab.after_identifier is null
      or coalesce(k.identifier, r.identifier) > host_crontab.after_identifier collate "C")
    and (v_search is null or strpos(lower(coalesce(k.identifier, r.identifier)), v_search) > 0
      or strpos(lower(r.task_identifier), v_search) > 0)
  order by coalesce(k.identifier, r.identifier) collate "C" limit v_most;
exception
  when undefined_table or undefined_column then
    perform almanac_private.refuse_other_jobs('crontab', sqlerrm);
end
$$;
comment on function almanac.host_crontab(text, text, integer) is
  'The items of the application''s own crontab, by identifier: at most max_count (up to 1,000) after after_identifier. '
  'search is a part of the identifier or the task. last_execution is the time of the last job that Graphile Worker '
  'added for it, known_since when it first saw it; null: it has not yet. What the item says is told by the running '
  'workers that fire it, workers of them; of an item that none of them has, only its times are known. rule is in UTC, '
  'null where the application does not give it as text, and then next_at is not known either. backfill: how far back '
  'it is made up for.';
grant execute on function almanac.host_crontab(text, text, integer) to almanac_viewer;
