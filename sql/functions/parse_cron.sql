create or replace function almanac_private.parse_cron(cron text) returns almanac_private.parsed_cron
language plpgsql immutable parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  v_parsed almanac_private.parsed_cron;
  v_names constant text[] := array['second', 'minute', 'hour', 'day_of_month', 'month', 'day_of_week'];
  v_blank constant text := E' \t\r\n';
  v_text text := parse_cron.cron;
  v_words text[] := '{}';
  v_starts integer[] := '{}';
  v_at integer := 0;
  v_length integer;
  v_macro text;
  v_field integer;
  v_item text;
  v_index integer;
  v_error text;
begin
  if v_text is null or btrim(v_text, v_blank) = '' then
    v_parsed.message := 'The cron expression is empty.';
    v_parsed.hint := 'Write five fields: minute, hour, day of month, month, day of week. For instance 0 3 * * *.';
    return v_parsed;
  elsif length(v_text) > 1024 then
    v_parsed.message := format('The cron expression has %s characters; 1024 are the most.', length(v_text));
    v_parsed.hint := 'Use ranges and steps, or several schedules.';
    return v_parsed;
  end if;

  loop
    v_length := length(v_text);
    v_text := ltrim(v_text, v_blank);
    exit when v_text = '';
    v_at := v_at + v_length - length(v_text);
    v_length := length(substring(v_text from '^[^ \t\r\n]+'));
    v_words := array_append(v_words, left(v_text, v_length));
    v_starts := v_starts || v_at;
    v_text := substr(v_text, v_length + 1);
    v_at := v_at + v_length;
  end loop;

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
      v_parsed.error_index := v_starts[1];
      v_parsed.message := format('There is no macro %s.', v_words[1]);
      v_parsed.hint := 'Known are @yearly, @annually, @monthly, @weekly, @daily, @midnight and @hourly. For "every so often" use an interval.';
      return v_parsed;
    elsif cardinality(v_words) > 1 then
      v_parsed.error_index := v_starts[2];
      v_parsed.message := format('%s stands alone; %s follows it.', v_words[1], quote_literal(v_words[2]));
      v_parsed.hint := format('Leave the rest out, or write the fields: %s.', v_macro);
      return v_parsed;
    end if;
    return almanac_private.parse_cron(v_macro);
  end if;

  if cardinality(v_words) = 5 then
    v_words := array['0'] || v_words;
    v_starts := array[0] || v_starts;
  elsif cardinality(v_words) <> 6 then
    v_parsed.error_index := case when cardinality(v_words) > 6 then v_starts[7] end;
    v_parsed.message := format('The expression has %s %s; it takes five, or six with a second in front.', cardinality(v_words),
      case cardinality(v_words) when 1 then 'field' else 'fields' end);
    v_parsed.hint := case when cardinality(v_words) > 6 then 'There is no field for the year, none for a user and none for a command.'
      else 'In order: minute, hour, day of month, month, day of week; * for every one.' end;
    return v_parsed;
  end if;

  v_parsed.seconds := 0;
  v_parsed.minutes := 0;
  v_parsed.hours := 0;
  v_parsed.days := 0;
  v_parsed.months := 0;
  v_parsed.weekdays := 0;
  v_parsed.last_days := 0;
  v_parsed.nearest_weekdays := 0;
  v_parsed.last_weekday_of_month := false;
  v_parsed.nth_weekdays := 0;
  v_parsed.final_weekdays := 0;
  v_parsed.day_of_month_open := v_words[4] in ('*', '?');
  v_parsed.day_of_week_open := v_words[6] in ('*', '?');
  v_parsed.running := v_words[1] ~ '[*/]' or v_words[2] ~ '[*/]' or v_words[3] ~ '[*/]';

  for v_field in 1 .. 6 loop
    v_index := v_starts[v_field];
    foreach v_item in array string_to_array(almanac_private.upper_ascii(v_words[v_field]), ',') loop
      if v_item = '?' and v_field in (4, 6) and v_words[v_field] = '?' then
        v_item := '*';
      end if;
      v_parsed := almanac_private.parse_cron_item(v_parsed, v_field, v_item);
      if v_parsed.message is not null then
        v_parsed.error_field := v_names[v_field];
        v_parsed.error_index := v_index;
        return v_parsed;
      end if;
      v_index := v_index + length(v_item) + 1;
    end loop;
  end loop;
  return v_parsed;
end
$$;
comment on function almanac_private.parse_cron(text) is
  'Takes a cron text apart: five or six fields, or a macro. The one place that knows the language; check_cron tells what it says, compile_cron refuses by it. At most 1024 characters, so bounded whatever the input.';
grant execute on function almanac_private.parse_cron(text) to almanac_viewer;
