create or replace function almanac_private.plain_words(name text) returns text
language sql immutable strict parallel safe
return btrim(regexp_replace(regexp_replace(lower(normalize(name, nfd) collate "C"), '[\u0300-\u036f]', '', 'g'),
  '[^a-z0-9]+', ' ', 'g'));
comment on function almanac_private.plain_words(text) is
  'The words of a name in small letters without accents, with one space between: how names are compared that people '
  'wrote.';
grant execute on function almanac_private.plain_words(text) to almanac_viewer;
