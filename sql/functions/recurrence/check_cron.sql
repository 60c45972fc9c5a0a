create or replace function almanac.check_cron(
  cron text, timezone text default null,
  out valid boolean, out field text, out error_position integer, out message text, out hint text, out warnings jsonb
)
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_parsed almanac_private.parsed_cron := almanac_private.parse_cron(check_cron.cron);
  v_rule almanac_private.compiled_cron;
  v_words text[];
  v_needed bigint;
  v_months text[];
  v_lacking text[];
begin
  if check_cron.timezone is not null then
    perform almanac_private.check_timezone(check_cron.timezone);
  end if;
  valid := v_parsed.message is null;
  field := v_parsed.error_field;
  error_position := v_parsed.error_index + 1;
  message := v_parsed.message;
  warnings := '[]';
  if not valid then
    hint := almanac_private.cron_hint(check_cron.cron, v_parsed);
    return;
  end if;

  v_rule := almanac_private.compile_parsed_cron(v_parsed);
  if v_rule.months = 0 then
    warnings := warnings
      || jsonb_build_object('code', 'never', 'message', 'No date ever matches: this rule has no occurrences.');
  end if;
  if not v_parsed.day_of_month_open and not v_parsed.day_of_week_open then
    v_words := regexp_split_to_array(btrim(check_cron.cron, E' \t\r\n'), '[ \t\r\n]+');
    warnings := warnings || jsonb_build_object('code', 'either_day',
      'message', 'Day of month and day of week are both given: a day that matches either one counts.'
        || case when v_words[cardinality(v_words) - 2] like '*%' or v_words[cardinality(v_words)] like '*%'
          then ' Vixie cron, cronie and pg_cron treat a day field that begins with * as unrestricted: there a day must '
            'match both.' else '' end);
  end if;
  -- L-30 needs a month of 31 days, as day 31 does. Days 28 to 31 together mean the end of any month.
  if v_parsed.days >> 28 <> 15 then
    v_needed := v_parsed.days | v_parsed.nearest_weekdays | (v_parsed.last_days << 1);
    v_months := array(
      select m.name
      from (values (2, 'February'), (4, 'April'), (6, 'June'), (9, 'September'), (11, 'November')) m(number, name)
      where v_parsed.months >> m.number & 1 = 1
      order by m.number
    );
    v_lacking := array_remove(array[
      case when v_needed >> 31 & 1 = 1 and v_months <> '{}' then
        coalesce(nullif(array_to_string(trim_array(v_months, 1), ', '), '') || ' and ', '')
          || v_months[cardinality(v_months)]
          || case when cardinality(v_months) = 1 then ' has' else ' have' end || ' no day 31'
      end,
      case when v_needed >> 30 & 1 = 1 and v_months[1] = 'February' then 'February has no day 30' end,
      case when v_needed >> 29 & 1 = 1 and v_months[1] = 'February' then 'February has a day 29 only in leap years' end
    ], null);
    if v_lacking <> '{}' then
      warnings := warnings || jsonb_build_object('code', 'short_months', 'message',
        array_to_string(v_lacking, '; ') || '. Where the day is missing, it is skipped. L is the last day of '
          'every month.');
    end if;
  end if;
  warnings := warnings || almanac_private.cron_habit_warnings(check_cron.cron);
  if check_cron.timezone is not null and v_rule.months <> 0 then
    warnings := warnings || almanac_private.clock_change_warnings(v_rule, check_cron.timezone, statement_timestamp());
  end if;
end
$$;
comment on function almanac.check_cron(text, text) is
  'Whether a cron expression is valid; if not, the field and the position (from 1) of the first thing wrong, a '
  'message and a hint. Warnings: what is valid but surprises people, and, with a zone, what clock changes of the '
  'coming year do to it.';
grant execute on function almanac.check_cron(text, text) to almanac_viewer;
