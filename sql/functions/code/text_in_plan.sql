create or replace function almanac_private.text_in_plan(value jsonb) returns jsonb
language sql immutable parallel safe
return case when length(value::text) > 2000 then to_jsonb(left(value::text, 2000) || '…') else coalesce(value, 'null')
  end;
comment on function almanac_private.text_in_plan(jsonb) is
  'A value of a column as a plan shows it: of what is long, its beginning as text.';
grant execute on function almanac_private.text_in_plan(jsonb) to almanac_viewer;
