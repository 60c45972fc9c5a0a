create or replace function almanac_private.use_note(limit_name text, most bigint) returns text
language sql immutable parallel safe set search_path to pg_catalog, pg_temp
return format(case limit_name
    when 'schedules_per_hour' then 'An operator may create at most %s schedules an hour.'
    when 'triggers_per_hour' then 'An operator may trigger at most %s runs an hour.'
    when 'calendars_per_hour' then 'An operator may create at most %s exclusion calendars an hour.'
    when 'exclusions_per_hour' then 'An operator may add at most %s exclusions an hour.'
    when 'overrides_per_hour' then 'An operator may move or skip at most %s occurrences an hour.'
    when 'changes_per_hour' then 'An operator may make at most %s changes to schedules and calendars an hour.'
    when 'written_bytes_per_hour' then 'An operator may write at most %s bytes of schedules and calendars an hour.'
    when 'log_bytes_per_hour' then 'Runs of a role, or of a user, may log at most %s bytes an hour; more is not kept.'
    when 'schedules_at_once' then 'An operator may have at most %s schedules that can still run.'
    when 'calendars_at_once' then 'An operator may have at most %s exclusion calendars.'
    when 'exclusions_at_once' then 'A calendar of an operator may have at most %s exclusions.'
    when 'overrides_at_once' then 'An operator may move or skip at most %s occurrences of one schedule.' end,
  most);
comment on function almanac_private.use_note(text, bigint) is
  'Says in words what a limit of users is. Null: there is no such limit.';
