create or replace function almanac_private.pointer_step(key text) returns text
language sql immutable strict parallel safe
return replace(replace(pointer_step.key, '~', '~0'), '/', '~1');
comment on function almanac_private.pointer_step(text) is 'A key as a step of a JSON Pointer (RFC 6901).';
grant execute on function almanac_private.pointer_step(text) to almanac_viewer;
