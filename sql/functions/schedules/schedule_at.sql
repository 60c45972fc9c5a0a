create or replace function almanac.schedule_at(
  name text, run_at timestamptz, task text, payload jsonb default null, timezone text default null,
  settings jsonb default '{}'
) returns almanac.schedules
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
begin
  return almanac_private.upsert_schedule(jsonb_build_object(
    'name', schedule_at.name, 'kind', 'once', 'cron_expression', null, 'every', null, 'run_at', schedule_at.run_at,
    'task_identifier', schedule_at.task, 'payload', schedule_at.payload, 'timezone', schedule_at.timezone),
    schedule_at.settings);
end
$$;
comment on function almanac.schedule_at(text, timestamptz, text, jsonb, text, jsonb) is
  'Schedules a task for a single time. Changes the schedule of this name if there is one: what is left out stays as '
  'it is. settings: any other columns of almanac.schedules, as JSON.';
grant execute on function almanac.schedule_at(text, timestamptz, text, jsonb, text, jsonb) to almanac_operator;
