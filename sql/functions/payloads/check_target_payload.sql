create or replace function almanac_private.check_target_payload(
  task text, payload jsonb, target almanac.schedule_target, task_group text
) returns void
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
begin
  if check_target_payload.target in ('group', 'all') then
    perform almanac_private.check_step_payloads(check_target_payload.target, check_target_payload.task_group,
      check_target_payload.payload);
  else
    perform almanac_private.check_payload_fits(check_target_payload.task, check_target_payload.payload,
      check_target_payload.target);
  end if;
end
$$;
comment on function almanac_private.check_target_payload(text, jsonb, almanac.schedule_target, text) is
  'Raises AL006 for a payload that does not fit the task of a schedule, or one of those that its target stands for.';
grant execute on function almanac_private.check_target_payload(text, jsonb, almanac.schedule_target, text)
  to almanac_viewer;
