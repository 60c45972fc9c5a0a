-- Definer: one who sees a run may know why it does not begin.
create or replace function almanac.runs_blocked_because(run almanac.runs) returns text
language sql stable security definer set search_path to pg_catalog, pg_temp
begin atomic
  select case
    when t.disabled_at is not null
    then format('Its task %s is switched off, by %s%s', t.identifier, t.disabled_by,
      case when t.disabled_reason is null then '.' else ': ' || t.disabled_reason end)
    when t.available and g.id is not null
    then format('It waits for the resource group %s: %s It is number %s in line.', g.name,
      almanac_private.group_note(g), almanac.runs_place_in_line(runs_blocked_because.run))
    when t.available and exists (
      select from almanac_private.live_runs l join almanac.runs r on r.id = l.run_id
        and r.scheduled_for = l.scheduled_for
      where r.status = 'running' and r.children is null and l.account
        = almanac_private.account(runs_blocked_because.run.run_as, runs_blocked_because.run.owner_user))
    then format('It waits for a free slot%s: its %s, %s, has as many as one may have while others need some.',
      case when almanac_private.is_statement_task(t.identifier) then ' or a connection' else '' end,
      case when runs_blocked_because.run.owner_user is null then 'role' else 'owner' end,
      almanac_private.account_name(runs_blocked_because.run.run_as, runs_blocked_because.run.owner_user))
    when t.available
    then format('It waits for a free slot%s: others use all of them%s.',
      case when almanac_private.is_statement_task(t.identifier) then ' or a connection' else '' end,
      ' (' || almanac_private.holders_of_slots(almanac_private.is_statement_task(t.identifier)) || ')')
    when almanac_private.has_running_worker()
    then format('No running worker has the task %s%s.', t.identifier,
      coalesce(', as first seen on ' || almanac_private.recorded_time(t.lacking_since), ''))
    else 'No worker is running.' end
  from almanac.tasks t
  left join (almanac_private.group_line l join almanac.resource_groups g on g.id = l.group_id)
    on l.run_id = runs_blocked_because.run.id
  where t.identifier = runs_blocked_because.run.task_identifier
    and runs_blocked_because.run.status in ('queued', 'retrying')
    and (t.disabled_at is not null or not t.available or g.id is not null
      or almanac_private.waits_for_slot(runs_blocked_because.run.id));
end;
comment on function almanac.runs_blocked_because(almanac.runs) is
  'Why a run that is to begin cannot: its task is switched off, no worker has its task, none is running, or its '
  'role or owner holds as many slots as one may, or others hold all, or its resource group has no room; '
  'null: it can, or is not to begin.';
grant execute on function almanac.runs_blocked_because(almanac.runs) to almanac_viewer;
