-- The next migration, in the making.

--!include functions/groups/set_resource_group.sql
--
-- The application's own jobs and crontab are shown. The new table has at most 1,000 small rows for each running worker.
create table if not exists almanac_private.crontab_items (
  worker_id bigint not null references almanac.workers (id) on delete cascade,
  identifier text not null,
  task_identifier text not null,
  rule text,
  cron text,
  queue_name text,
  max_attempts integer,
  priority integer,
  job_key text,
  backfill interval not null,
  constraint crontab_items_pkey primary key (worker_id, identifier),
  constraint crontab_item_is_short check (
    length(identifier) <= 500 and length(task_identifier) <= 128 and length(rule) <= 500 and length(cron) <= 1000
      and length(queue_name) <= 128 and length(job_key) <= 512)
);
alter table almanac_private.crontab_items enable row level security;
comment on table almanac_private.crontab_items is
  'What running workers say of the crontab that they fire, which Graphile Worker keeps to itself.';

--!include functions/hosts/is_host_job.sql
--!include functions/hosts/host_job_state.sql
--!include functions/hosts/look_at_most.sql
--!include functions/hosts/sees_host_errors.sql
--!include functions/hosts/refuse_other_jobs.sql
--!include functions/hosts/host_jobs.sql
--!include functions/hosts/host_job_counts.sql
--!include functions/hosts/host_job_payload.sql
--!include functions/hosts/report_crontab.sql
--!include functions/hosts/host_crontab.sql
