-- Written out, as the catalogue has the defaults of columns as expressions; schedulesAsCode.test.ts compares both.
create or replace function almanac_private.definition_defaults() returns jsonb
language sql immutable parallel safe
return '{"timezone": "UTC", "target": "task", "payload": {}, "priority": 1, "overlap_policy": "skip",
  "missed_run_policy": "run_latest", "late_tolerance": "1 minute", "catchup_window": "1 hour",
  "catchup_per_minute": 60, "tags": [], "calendars": [], "exclusion_policy": "skip"}'::jsonb;
comment on function almanac_private.definition_defaults() is
  'What a column of schedules has that a definition in code leaves out; any other is null.';
grant execute on function almanac_private.definition_defaults() to almanac_viewer;
