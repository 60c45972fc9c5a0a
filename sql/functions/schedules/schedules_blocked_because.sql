create or replace function almanac.schedules_blocked_because(schedule almanac.schedules) returns text
language sql stable
begin atomic
  select case when not schedule.is_system and schedule.deleted_at is null then coalesce(
    (select format('Its task %s has been switched off since %s, by %s%s', s.task_identifier,
      almanac_private.recorded_time(s.stopped_at), s.stopped_by,
      case when s.reason is null then '.' else ': ' || s.reason end)
      from almanac.task_stops s where s.task_identifier = schedule.task_identifier and s.resumed_at is null),
    almanac_private.role_problem(schedule.task_identifier, schedule.run_as, schedule.owner_user)) end;
end;
comment on function almanac.schedules_blocked_because(almanac.schedules) is
  'Why the schedule does not run, whatever its own status: its task is switched off, or needs a role that it, or its '
  'owner, lacks. Null: nothing of that kind.';
grant execute on function almanac.schedules_blocked_because(almanac.schedules) to almanac_viewer;
