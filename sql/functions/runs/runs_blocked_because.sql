-- Definer: one who sees a run may know why it does not begin.
create or replace function almanac.runs_blocked_because(run almanac.runs) returns text
language sql stable security definer set search_path to pg_catalog, pg_temp
begin atomic
  select case when almanac_private.has_running_worker()
    then format('No running worker has the task %s%s.', t.identifier,
      coalesce(to_char(t.lacking_since at time zone 'UTC', '", as first seen at" YYYY-MM-DD HH24:MI "UTC"'), '')
    ) else 'No worker is running.' end
  from almanac.tasks t
  where t.identifier = runs_blocked_because.run.task_identifier
    and runs_blocked_because.run.status in ('queued', 'retrying') and not t.available;
end;
comment on function almanac.runs_blocked_because(almanac.runs) is
  'Why a run that is to begin cannot: no worker has its task, or none is running; null: it can, or is not to begin.';
grant execute on function almanac.runs_blocked_because(almanac.runs) to almanac_viewer;
