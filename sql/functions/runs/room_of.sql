create or replace function almanac_private.room_of(room jsonb, account text) returns bigint
language sql immutable parallel safe
return coalesce(room -> 'accounts' ->> account, room ->> 'others')::bigint;
comment on function almanac_private.room_of(jsonb, text) is
  'How many runs of an account there is room for, of what a worker says of its slots or of its connections.';
