create or replace function almanac_private.archive_table(of_table text, begins_at timestamptz) returns name
language sql immutable parallel safe
return ('archive_' || of_table || '_' || to_char(begins_at at time zone 'UTC', 'YYYYMMDD'))::name;
comment on function almanac_private.archive_table(text, timestamptz) is
  'The table that holds what was in runs, run_attempts or run_logs of a week, until it is archived.';
