create or replace function almanac_private.stopped_during(stopped jsonb, as_of timestamptz) returns tstzrange
language sql immutable parallel safe
return case when (stopped ->> 'from')::float8 >= (stopped ->> 'until')::float8 and (stopped ->> 'from')::float8 <= 1e9
  then tstzrange(as_of - make_interval(secs => (stopped ->> 'from')::float8),
    as_of - make_interval(secs => (stopped ->> 'until')::float8), '[]') end;
comment on function almanac_private.stopped_during(jsonb, timestamptz) is
  'When a process stood still, by what its worker says of it: {"from", "until"}, in seconds before as_of. Null: it '
  'says nothing, or nothing that can be so.';
