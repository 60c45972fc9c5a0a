-- The language, as far as its words: docs/cron.md is its grammar. Each field is a list of items, and parse_cron_item
-- reads one of them; what an item adds is a mask, of the field itself (parts 1 to 6) or of one of the things that only
-- days have (7 to 11: L, W, LW, # and the last weekday).
--
-- It raises nothing, as check_cron reports while someone types: the first thing that is wrong comes back, with the
-- field, the place in the text as it was written, and what to write instead. A macro is the five fields it stands for.
create or replace function almanac_private.parse_cron(cron text) returns almanac_private.parsed_cron
language plpgsql immutable parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  v_parsed almanac_private.parsed_cron;
  v_names constant text[] := array['second', 'minute', 'hour', 'day_of_month', 'month', 'day_of_week'];
  v_blank constant text := E' \t\r\n';
  v_words text[];
  v_fields text[];
  v_masks bigint[];
  v_macro text;
  v_items text[];
  v_item record;
begin
  if parse_cron.cron is null or btrim(parse_cron.cron, v_blank) = '' then
    v_parsed.message := 'The cron expression is empty.';
    v_parsed.hint := 'Write five fields: minute, hour, day of month, month, day of week. For example 0 3 * * *.';
    return v_parsed;
  elsif length(parse_cron.cron) > 1024 then
    v_parsed.message := format('The cron expression has %s characters; the limit is 1024.', length(parse_cron.cron));
    v_parsed.hint := 'Use ranges and steps, or several schedules.';
    return v_parsed;
  end if;

  v_words := array_remove(string_to_array(translate(parse_cron.cron, v_blank, '    '), ' '), '');
  if left(v_words[1], 1) = '@' then
    v_macro := case almanac_private.upper_ascii(v_words[1])
      when '@YEARLY' then '0 0 1 1 *'
      when '@ANNUALLY' then '0 0 1 1 *'
      when '@MONTHLY' then '0 0 1 * *'
      when '@WEEKLY' then '0 0 * * 0'
      when '@DAILY' then '0 0 * * *'
      when '@MIDNIGHT' then '0 0 * * *'
      when '@HOURLY' then '0 * * * *'
    end;
    if v_macro is null then
      v_parsed.error_index := almanac_private.cron_word_start(parse_cron.cron, 1);
      v_parsed.message := format('There is no macro %s.', v_words[1]);
      v_parsed.hint := 'The macros are @yearly, @annually, @monthly, @weekly, @daily, @midnight and @hourly. '
        'For a fixed distance between runs use an interval.';
      return v_parsed;
    elsif cardinality(v_words) > 1 then
      v_parsed.error_index := almanac_private.cron_word_start(parse_cron.cron, 2);
      v_parsed.message := format('%s must stand alone, but %s follows it.', v_words[1], quote_literal(v_words[2]));
      v_parsed.hint := format('Remove the rest, or write the fields: %s.', v_macro);
      return v_parsed;
    end if;
    return almanac_private.parse_cron(v_macro);
  end if;

  if cardinality(v_words) not in (5, 6) then
    v_parsed.error_index := case when cardinality(v_words) > 6
      then almanac_private.cron_word_start(parse_cron.cron, 7) end;
    v_parsed.message := format('The expression has %s %s; it takes five, or six with seconds first.',
      cardinality(v_words),
      case cardinality(v_words) when 1 then 'field' else 'fields' end);
    v_parsed.hint := case when cardinality(v_words) > 6
      then 'There are no fields for the year, a user or a command.'
      else 'In order: minute, hour, day of month, month, day of week; * for every one.' end;
    return v_parsed;
  end if;

  v_fields := case when cardinality(v_words) = 5 then array_prepend('0', v_words) else v_words end;
  v_masks := array[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
  for v_field in 1 .. 6 loop
    v_items := string_to_array(case when v_fields[v_field] = '?' and v_field in (4, 6) then '*'
      else almanac_private.upper_ascii(v_fields[v_field]) end, ',');
    for v_number in 1 .. cardinality(v_items) loop
      v_item := almanac_private.parse_cron_item(v_field, v_items[v_number]);
      if v_item.message is not null then
        v_parsed.message := v_item.message;
        v_parsed.hint := v_item.hint;
        v_parsed.error_field := v_names[v_field];
        v_parsed.error_index := almanac_private.cron_word_start(parse_cron.cron, v_field + cardinality(v_words) - 6)
          + length(array_to_string(array_append(v_items[1 : v_number - 1], ''), ','));
        return v_parsed;
      end if;
      v_masks[v_item.part] := v_masks[v_item.part] | v_item.mask;
    end loop;
  end loop;

  v_parsed.seconds := v_masks[1];
  v_parsed.minutes := v_masks[2];
  v_parsed.hours := v_masks[3];
  v_parsed.days := v_masks[4];
  v_parsed.months := v_masks[5];
  v_parsed.weekdays := (v_masks[6] | (v_masks[6] >> 7)) & 127;
  v_parsed.last_days := v_masks[7];
  v_parsed.nearest_weekdays := v_masks[8];
  v_parsed.last_weekday_of_month := v_masks[9] <> 0;
  v_parsed.nth_weekdays := v_masks[10];
  v_parsed.final_weekdays := v_masks[11];
  v_parsed.day_of_month_open := v_fields[4] in ('*', '?');
  v_parsed.day_of_week_open := v_fields[6] in ('*', '?');
  v_parsed.running := v_fields[1] ~ '[*/]' or v_fields[2] ~ '[*/]' or v_fields[3] ~ '[*/]';
  return v_parsed;
end
$$;
comment on function almanac_private.parse_cron(text) is
  'Parses a cron text: five or six fields, or a macro. The one place that knows the language; check_cron reports what '
  'it says, compile_cron raises it. At most 1024 characters, so bounded whatever the input.';
grant execute on function almanac_private.parse_cron(text) to almanac_viewer;
