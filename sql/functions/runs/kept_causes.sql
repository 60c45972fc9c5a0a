create or replace function almanac_private.kept_causes(causes jsonb) returns jsonb
language sql immutable parallel safe
return case when jsonb_typeof(causes) = 'array' and octet_length(causes::text) <= 65536
  and not almanac_private.nests_too_deeply(causes) then causes end;
comment on function almanac_private.kept_causes(jsonb) is
  'The causes of an error, if they are a list of at most 65,536 bytes; otherwise null, as its text says them too.';
