create or replace function almanac_private.rule_of(schedule almanac.schedules) returns jsonb
language sql stable parallel safe
return jsonb_strip_nulls(jsonb_build_object(
  'kind', (schedule).kind, 'every', (schedule).every, 'run_at', (schedule).run_at, 'timezone', (schedule).timezone,
  'starts_at', (schedule).starts_at, 'ends_at', (schedule).ends_at, 'created_at', (schedule).created_at,
  'rule', (schedule).rule));
comment on function almanac_private.rule_of(almanac.schedules) is
  'What decides the nominal times of a schedule, to be kept in rule_versions: columns of schedules by name, from '
  'which jsonb_populate_record makes a row again.';
