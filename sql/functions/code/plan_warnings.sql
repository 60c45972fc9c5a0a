create or replace function almanac_private.plan_warnings(schedule almanac.schedules, given_status text)
returns text[]
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_p95 interval;
  v_distance interval;
begin
  if schedule.id is not null and schedule.kind in ('cron', 'interval') and schedule.overlap_policy <> 'allow' then
    v_p95 := (select u.p95 from almanac.usual_durations(array[schedule.name], 1) u);
    if v_p95 > interval '1 second' then
      v_distance := almanac_private.shortest_distance(schedule, schedule.cursor_at);
    end if;
  end if;
  return array_remove(array[
    almanac_private.lacks_tasks(schedule),
    almanac_private.never_runs(schedule, schedule.cursor_at),
    case when v_p95 > v_distance then format('Its runs take up to %s, which is longer than %s, its shortest distance.',
      almanac_private.spoken_interval(v_p95), almanac_private.spoken_interval(v_distance)) end,
    case when almanac_private.has_running_worker() and not exists (select from almanac.tasks t
        where t.identifier = schedule.task_identifier and t.available)
      then format('No running worker has the task %s.', schedule.task_identifier) end,
    case when schedule.id is not null and given_status = 'active' and schedule.status in ('disabled', 'paused')
        or given_status = 'disabled' and schedule.status in ('active', 'paused')
      then format('The code says %s, and it stays %s: after it is created, the switch is people''s.', given_status,
        schedule.status) end
  ], null) || coalesce(array(
    select w ->> 'message' from jsonb_array_elements((
      select c.warnings from almanac.check_cron(schedule.cron_expression, schedule.timezone) c
      where schedule.kind = 'cron')) w
    where w ->> 'code' <> 'never'), '{}');
end
$$;
comment on function almanac_private.plan_warnings(almanac.schedules, text) is
  'What goes wrong, or is easily overlooked, with a schedule of a plan as it would be.';
grant execute on function almanac_private.plan_warnings(almanac.schedules, text) to almanac_operator;
