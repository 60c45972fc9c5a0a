create or replace function almanac_private.limit_note(
  who text, limit_name text, used bigint, most bigint
) returns text
language sql immutable parallel safe set search_path to pg_catalog, pg_temp
return format(case limit_name
    when 'runs_per_hour' then 'Schedules of %s have made %s runs in the last hour, and %s allows %s.'
    when 'payload_bytes_per_hour'
      then 'Schedules of %s have made runs with %s bytes of payloads, results and errors in the last hour, '
        'and %s allows %s, a twentieth of it in one minute.'
    else 'Schedules of %s have %s runs that have not ended, and %s allows %s.' end,
  who, used, limit_name, most);
comment on function almanac_private.limit_note(text, text, bigint, bigint) is
  'Says in words which limit a role or user has met, with its label, with numbers.';
