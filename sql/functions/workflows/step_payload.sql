-- The one place that says what a step is run with.
create or replace function almanac_private.step_payload(payload jsonb, task text) returns jsonb
language sql immutable parallel safe
return (payload - 'payloads') || coalesce(payload -> 'payloads' -> task, '{}');
comment on function almanac_private.step_payload(jsonb, text) is
  'The payload of a step: what payloads has for its task, over what else the payload of the schedule holds.';
grant execute on function almanac_private.step_payload(jsonb, text) to almanac_viewer;
