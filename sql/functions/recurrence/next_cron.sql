create or replace function almanac_private.next_cron(
  rule_seconds bigint, rule_minutes bigint, rule_hours integer, rule_first_time integer, rule_weekdays integer,
  rule_months integer,
  rule_days bit varying, rule_running boolean, timezone text, after timestamptz
) returns timestamptz
language sql stable parallel safe
return case when rule_months <> 0
  then almanac_private.search_cron(rule_seconds, rule_minutes, rule_hours, rule_first_time, rule_weekdays, rule_months,
  rule_days, rule_running, timezone, after) end;
comment on function almanac_private.next_cron(
  bigint, bigint, integer, integer, integer, integer, bit varying, boolean, text, timestamptz
) is
  'First instant of a compiled rule strictly after a moment; null: never. A plain expression, so that callers inline '
  'it and a rule that never matches costs nothing.';
grant execute on function almanac_private.next_cron(
  bigint, bigint, integer, integer, integer, integer, bit varying, boolean, text, timestamptz
) to almanac_viewer;
