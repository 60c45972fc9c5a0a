create or replace function almanac_private.source_in_words(source almanac.setting_source) returns text
language sql immutable parallel safe
return case source when 'schedule' then 'its own' when 'task' then 'the default of its task'
  else 'Almanac''s default' end;
comment on function almanac_private.source_in_words(almanac.setting_source) is
  'Says in words where a value comes from.';
grant execute on function almanac_private.source_in_words(almanac.setting_source) to almanac_viewer;
