create or replace function almanac.check_cron(
  cron text, timezone text default null,
  out valid boolean, out field text, out error_position integer, out message text, out hint text, out warnings jsonb
)
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_parsed almanac_private.parsed_cron := almanac_private.parse_cron(check_cron.cron);
  v_rule almanac_private.compiled_cron;
  v_late_days bigint;
begin
  if check_cron.timezone is not null then
    perform almanac_private.check_timezone(check_cron.timezone);
  end if;
  valid := v_parsed.message is null;
  field := v_parsed.error_field;
  error_position := v_parsed.error_index + 1;
  message := v_parsed.message;
  hint := v_parsed.hint;
  warnings := '[]';
  if not valid then
    return;
  end if;

  v_rule := almanac_private.compile_parsed_cron(v_parsed);
  if v_rule.rule_months = 0 then
    warnings := warnings || jsonb_build_object('code', 'never', 'message', 'No date ever matches: this rule has no occurrence.');
  end if;
  if not v_parsed.day_of_month_open and not v_parsed.day_of_week_open then
    warnings := warnings || jsonb_build_object('code', 'either_day',
      'message', 'Day of month and day of week are both given: a day that matches either of them counts.');
  end if;
  v_late_days := (v_parsed.days | v_parsed.nearest_weekdays) & (7::bigint << 29);
  -- February lacks one of them at least in some years, four months lack the 31st; 1-31 means every day.
  if v_parsed.days <> 4294967294 and (v_late_days <> 0 and v_parsed.months & 4 <> 0 or v_late_days >> 31 = 1 and v_parsed.months & 2640 <> 0) then
    warnings := warnings || jsonb_build_object('code', 'short_months',
      'message', 'Not every month has days 29 to 31: where the day is missing, it is skipped. L is the last day of every month.');
  end if;
  if check_cron.timezone is not null and v_rule.rule_months <> 0 then
    warnings := warnings || almanac_private.clock_change_warnings(v_rule, check_cron.timezone, statement_timestamp());
  end if;
end
$$;
comment on function almanac.check_cron(text, text) is
  'Whether a cron expression is valid; if not, the field and the position (from 1) of the first thing wrong, a message and a hint. Warnings: what is valid but surprises people, and, with a zone, what clock changes of the coming year do to it.';
grant execute on function almanac.check_cron(text, text) to almanac_viewer;
