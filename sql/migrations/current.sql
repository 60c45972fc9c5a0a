-- The next migration, in the making.

-- A database knows where it is: a dump, a template or an upgraded server brings this row to another place, and nothing is fired or run there
-- until adopt() says what is to become of it. A dump that was made before this migration is recorded where it is migrated.
create table if not exists almanac_private.place (
  is_only boolean primary key default true constraint there_is_one_place check (is_only),
  system_identifier bigint,
  database_oid oid not null,
  database_name name not null,
  environment text,
  recorded_at timestamptz not null,
  recorded_by text not null
);
comment on table almanac_private.place is 'Where this database belongs: one row. In another place it is a copy.';
alter table almanac_private.place enable row level security;
--!include functions/here.sql
--!include functions/copied_from.sql
--!include functions/record_place.sql
do $$
begin
  if not exists (select from almanac_private.place) then
    perform almanac_private.record_place();
  end if;
end
$$;
--!include functions/adopt.sql
--!include functions/fire_due.sql
--!include functions/wake.sql
--!include functions/begin_runs.sql

-- Jobs of runs have names that only workers which record runs know: another worker of the same schema would do a task unrecorded, and a recording
-- one once more. Jobs that wait get such names here (a moment for each 10,000); those that a worker of the release before has begun end with it.
--!include functions/run_identifier.sql
--!include functions/run_job_spec.sql
--!include functions/is_own_job.sql
--!include functions/reconcile.sql
do $$
begin
  perform graphile_worker.add_jobs(array(
    select almanac_private.run_job_spec(r.id, r.schedule_id, r.scheduled_for, r.attempt + 1, r.trigger, r.task_identifier, r.payload, r.priority, j.run_at)
    from almanac_private.live_runs l
    join almanac.runs r on r.id = l.run_id and r.scheduled_for = l.scheduled_for
    join graphile_worker.jobs j on j.key = 'run:' || r.id
    where r.status in ('queued', 'retrying') and j.locked_at is null and j.task_identifier = r.task_identifier
    order by r.id
  ));
end
$$;
