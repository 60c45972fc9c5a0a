create or replace function almanac_private.without_direction(text text) returns text
language sql immutable parallel safe
return regexp_replace(text, '[\u202a-\u202e\u2066-\u2069]', '', 'g');
comment on function almanac_private.without_direction(text) is
  'A text without embeddings, overrides and isolates of direction, which change how the text next to it is read.';
grant execute on function almanac_private.without_direction(text) to almanac_viewer;
