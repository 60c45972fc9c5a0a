create or replace function almanac.schedule_cron(
  name text, cron text, task text, payload jsonb default null, timezone text default null, settings jsonb default '{}'
) returns almanac.schedules
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
begin
  return almanac_private.upsert_schedule(jsonb_build_object(
    'name', schedule_cron.name, 'kind', 'cron', 'cron_expression', schedule_cron.cron, 'every', null, 'run_at', null,
    'task_identifier', schedule_cron.task, 'payload', schedule_cron.payload, 'timezone', schedule_cron.timezone),
    schedule_cron.settings);
end
$$;
comment on function almanac.schedule_cron(text, text, text, jsonb, text, jsonb) is
  'Schedules a task by a cron expression. Changes the schedule of this name if there is one: what is left out stays '
  'as it is. settings: any other columns of almanac.schedules, as JSON.';
grant execute on function almanac.schedule_cron(text, text, text, jsonb, text, jsonb) to almanac_operator;
