-- Definer: workers have no right to write tables.
create or replace function almanac_private.report_crontab(worker_id bigint, items jsonb) returns void
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
begin
  -- A worker that starts clears away what others left: the rows of workers stay for months.
  delete from almanac_private.crontab_items c where c.worker_id = report_crontab.worker_id
    or c.worker_id in (select w.id from almanac.workers w where w.status in ('stopped', 'lost'));
  insert into almanac_private.crontab_items
    (worker_id, identifier, task_identifier, rule, cron, queue_name, max_attempts, priority, job_key, backfill)
  select w.id, i.identifier, left(i.task, 128), left(i.rule, 500),
    case when length(i.cron) <= 1000 and (almanac_private.parse_cron(i.cron)).message is null then i.cron end,
    left(i.queue, 128), i.max_attempts, i.priority, left(i.job_key, 512),
    make_interval(secs => least(greatest(i.backfill_ms, 0), 1e12) / 1000)
  from almanac.workers w
  cross join lateral (
    select distinct on (r.identifier) r.*
    from jsonb_to_recordset(jsonb_path_query_array(report_crontab.items, '$[0 to 999]'))
      r(identifier text, task text, rule text, cron text, queue text, max_attempts integer, priority integer,
        job_key text, backfill_ms float8)
    where length(r.identifier) <= 500 and r.task is not null
    order by r.identifier
  ) i
  where w.id = report_crontab.worker_id and w.status in ('active', 'draining');
end
$$;
comment on function almanac_private.report_crontab(bigint, jsonb) is
  'What a worker says at its start of the crontab that it fires, which Graphile Worker keeps to itself: at most 1,000 '
  'items, [{"identifier", "task", "rule", "cron", "queue", "max_attempts", "priority", "job_key", "backfill_ms"}]. '
  'rule is as it was written, cron the same for Almanac to read. Items of workers that have ended are removed.';
grant execute on function almanac_private.report_crontab(bigint, jsonb) to almanac_worker;
