create or replace function almanac_private.payload_bytes(payload jsonb) returns bigint
language sql stable parallel safe
-- As it lies, its size is known without reading it.
return case when pg_column_compression(payload) is null then pg_column_size(payload)
  else octet_length(payload::text) end;
comment on function almanac_private.payload_bytes(jsonb) is
  'About how many bytes a payload has as text.';
