create or replace function almanac_private.error_text(found jsonb, wanted text) returns text
language sql immutable parallel safe
return case
  when wanted not like 'must %' then wanted
  when length(found::text) <= 100 then format('is %s, %s', found, wanted)
  else format('is %s…, %s', left(found::text, 100), wanted) end;
comment on function almanac_private.error_text(jsonb, text) is
  'What a payload has at a place, and what is wanted there: ''is 5, must be text''.';
grant execute on function almanac_private.error_text(jsonb, text) to almanac_viewer;
