create or replace function almanac_private.refusal(code text, field text, message text, hint text) returns jsonb
language sql immutable parallel safe
return jsonb_build_array(jsonb_build_object('code', code, 'field', field, 'message', message, 'hint', hint));
comment on function almanac_private.refusal(text, text, text, text) is
  'Why a definition in code cannot be applied, as an array of this one reason.';
grant execute on function almanac_private.refusal(text, text, text, text) to almanac_operator;
