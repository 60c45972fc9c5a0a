create or replace function almanac_private.use_note(limit_name text, most bigint) returns text
language sql immutable parallel safe set search_path to pg_catalog, pg_temp
return format(case limit_name
    when 'schedules_per_hour' then 'An operator creates at most %s schedules an hour.'
    when 'triggers_per_hour' then 'An operator triggers at most %s runs an hour.'
    when 'calendars_per_hour' then 'An operator creates at most %s exclusion calendars an hour.'
    when 'exclusions_per_hour' then 'An operator adds at most %s exclusions an hour.'
    when 'overrides_per_hour' then 'An operator moves or skips at most %s occurrences an hour.'
    when 'changes_per_hour' then 'An operator makes at most %s changes of schedules and calendars an hour.'
    when 'written_bytes_per_hour' then 'An operator writes at most %s bytes of schedules and calendars an hour.'
    when 'schedules_at_once' then 'An operator has at most %s schedules that can still run.'
    when 'calendars_at_once' then 'An operator has at most %s exclusion calendars.'
    when 'exclusions_at_once' then 'A calendar of an operator has at most %s exclusions.'
    when 'overrides_at_once' then 'An operator moves or skips at most %s occurrences of one schedule.' end,
  most);
comment on function almanac_private.use_note(text, bigint) is
  'Says in words what a limit of users is. Null: there is no such limit.';
