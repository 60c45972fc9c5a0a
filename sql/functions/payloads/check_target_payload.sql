create or replace function almanac_private.check_target_payload(
  schedule almanac.schedules, payload jsonb, graph jsonb default null
) returns void
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
begin
  if almanac_private.has_steps(schedule.target) then
    perform almanac_private.check_step_payloads(check_target_payload.payload,
      coalesce(check_target_payload.graph, almanac_private.graph_of(schedule)));
  else
    perform almanac_private.check_payload_fits(schedule.task_identifier, check_target_payload.payload, schedule.target);
  end if;
end
$$;
comment on function almanac_private.check_target_payload(almanac.schedules, jsonb, jsonb) is
  'Raises AL006 for a payload that does not fit the task of a schedule, or one of those that its target stands for. '
  'graph: the steps that are to be run; null: those of its target.';
grant execute on function almanac_private.check_target_payload(almanac.schedules, jsonb, jsonb) to almanac_viewer;
