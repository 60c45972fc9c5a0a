create or replace function almanac_private.task_is_available(
  identifier text, is_builtin boolean, last_seen_at timestamptz
) returns boolean
language sql stable
return exists (
  select from almanac.workers w
  where w.status = 'active' and w.last_heartbeat_at > clock_timestamp() - almanac_private.worker_lease() and case
      when task_is_available.is_builtin then true
      when w.tasks is null then task_is_available.last_seen_at > clock_timestamp() - interval '3 minutes'
      else task_is_available.identifier = any (w.tasks) end);
comment on function almanac_private.task_is_available(text, boolean, timestamptz) is
  'Whether a running worker, by its heartbeat, has the task. One of an older release lists none: it has what was '
  'announced in the last three minutes.';
grant execute on function almanac_private.task_is_available(text, boolean, timestamptz) to almanac_viewer;
