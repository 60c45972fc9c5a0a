create or replace function almanac_private.upper_ascii(word text) returns text
language sql immutable strict parallel safe
return upper(word collate "C");
comment on function almanac_private.upper_ascii(text) is
  'The word with a–z in capitals, whatever the database''s locale makes of other letters.';
grant execute on function almanac_private.upper_ascii(text) to almanac_viewer;
