create or replace function almanac_private.ended_at(begun_at timestamptz, detail jsonb, as_of timestamptz)
returns timestamptz
language sql stable parallel safe
return case when detail ? 'agoMs'
  then greatest(begun_at, as_of - make_interval(secs => greatest(least((detail ->> 'agoMs')::float8, 1e12), 0) / 1000))
  else as_of
end;
comment on function almanac_private.ended_at(timestamptz, jsonb, timestamptz) is
  'When an attempt ended that began at begun_at and is recorded as_of. detail: what finish_runs was told of it. A '
  'plain expression, so that callers inline it.';
