create or replace function almanac_private.written_place(at timestamptz, id bigint) returns text
language sql immutable strict parallel safe
return to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') || '/' || id;
comment on function almanac_private.written_place(timestamptz, bigint) is
  'A place among runs by nominal time and id, as find_runs() gives it for next. Reading it: read_place().';
