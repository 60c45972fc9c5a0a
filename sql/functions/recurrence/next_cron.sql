create or replace function almanac_private.next_cron(
  rule almanac_private.compiled_cron, timezone text, after timestamptz
) returns timestamptz
language sql stable parallel safe
return case when (next_cron.rule).months <> 0
  then almanac_private.search_cron(next_cron.rule, next_cron.timezone, next_cron.after) end;
comment on function almanac_private.next_cron(almanac_private.compiled_cron, text, timestamptz) is
  'First instant of a compiled rule strictly after a moment; null: never. A plain expression, so that callers inline '
  'it and a rule that never matches costs nothing.';
grant execute on function almanac_private.next_cron(almanac_private.compiled_cron, text, timestamptz) to almanac_viewer;
