create or replace function almanac.schedule_every(
  name text, every interval, task text, payload jsonb default null, timezone text default null,
  settings jsonb default '{}'
) returns almanac.schedules
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
begin
  return almanac_private.upsert_schedule(jsonb_build_object(
    'name', schedule_every.name, 'kind', 'interval', 'cron_expression', null, 'every', schedule_every.every,
    'run_at', null,
    'task_identifier', schedule_every.task, 'payload', schedule_every.payload, 'timezone', schedule_every.timezone),
    schedule_every.settings);
end
$$;
comment on function almanac.schedule_every(text, interval, text, jsonb, text, jsonb) is
  'Schedules a task at an interval. Changes the schedule of this name if there is one: what is left out stays as it '
  'is. settings: any other columns of almanac.schedules, as JSON.';
grant execute on function almanac.schedule_every(text, interval, text, jsonb, text, jsonb) to almanac_operator;
