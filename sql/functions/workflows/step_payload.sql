-- The one place that says what a step is run with.
create or replace function almanac_private.step_payload(payload jsonb, step jsonb) returns jsonb
language sql immutable parallel safe
return (payload - 'payloads') || coalesce(step -> 'payload', '{}')
  || coalesce(payload -> 'payloads' -> almanac_private.step_name(step), '{}');
comment on function almanac_private.step_payload(jsonb, jsonb) is
  'The payload of a step: what payloads has for it, over what its workflow says, over what else the payload of the '
  'schedule holds.';
grant execute on function almanac_private.step_payload(jsonb, jsonb) to almanac_viewer;
