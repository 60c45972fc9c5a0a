create or replace function almanac_private.payload_problem(
  task text, payload jsonb, target almanac.schedule_target default 'task'
) returns text
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_message text;
  v_detail text;
begin
  perform almanac_private.check_payload_fits(payload_problem.task, payload_problem.payload,
    payload_problem.target);
  return null;
exception when sqlstate 'AL006' or sqlstate 'AL019' then
  get stacked diagnostics v_message = message_text, v_detail = pg_exception_detail;
  return concat_ws(' ', v_message, v_detail);
end
$$;
comment on function almanac_private.payload_problem(text, jsonb, almanac.schedule_target) is
  'Why a payload is refused by the schema of its task; null: it fits.';
