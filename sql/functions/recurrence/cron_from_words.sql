-- Called when a text is not cron, before suggested_cron: words that other schedulers accept, or people type. Three
-- forms: "@every 1h30m" of Go; a number and a unit; a day with a time. A distance that cron can say evenly (60 minutes,
-- 24 hours, 12 months are divided by it) is both a cron text and an interval; any other is an interval alone, as
-- */7 in the minutes would start over with each hour.
create or replace function almanac_private.cron_from_words(words text, out cron text, out every text)
language plpgsql immutable parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  v_words text := btrim(regexp_replace(lower(cron_from_words.words collate "C"), '[ \t\r\n_]+', ' ', 'g'));
  v_parts text[];
  v_day text;
  v_hour integer;
  v_number integer;
  v_unit text;
begin
  -- @every 1h30m, as Go writes it.
  v_parts := regexp_match(v_words, '^@every (?=\d)(?:(\d{1,4})h)?(?:(\d{1,4})m)?(?:(\d{1,4})s)?$');
  if v_parts is not null then
    every :=
      regexp_replace(array_to_string(array[v_parts[1] || ' hours', v_parts[2] || ' minutes', v_parts[3] || ' seconds'],
      ' '), '\m1 (\w+)s', '1 \1', 'g');
    v_words := every;
  end if;

  -- Every 5 minutes, 30 seconds, rate(1 hour), every other day.
  v_parts := regexp_match(v_words,
    '^(?:@?every |each |rate ?\( ?)?(\d{1,4}|other|an?)? '
    '?(seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h|days?|d|weeks?|w|months?|quarters?|years?) ?\)?$');
  if v_parts is not null and (v_parts[1] is not null or v_words ~ '^(@?every|each|rate)') then
    v_number := case when v_parts[1] ~ '\d' then v_parts[1]::integer when v_parts[1] = 'other' then 2 else 1 end;
    v_unit := case when v_parts[2] = 'm' or v_parts[2] ~ '^min' then 'minute' when v_parts[2] ~ '^mo' then 'month'
      else (array['second', 'hour', 'day', 'week', 'quarter', 'year'])[position(left(v_parts[2], 1) in 'shdwqy')] end;
    if v_unit = 'quarter' then
      v_unit := 'month';
      v_number := v_number * 3;
    end if;
    every := case when v_number > 0 then format('%s %s%s', v_number, v_unit, case when v_number > 1 then 's' end) end;
    cron := case
      when v_number = 0 then null
      when v_unit = 'second' and 60 % v_number = 0
        then format('%s * * * * *', case v_number when 1 then '*' when 60 then '0' else '*/' || v_number end)
      when v_unit = 'minute' and 60 % v_number = 0
        then format('%s * * * *', case v_number when 1 then '*' when 60 then '0' else '*/' || v_number end)
      when v_unit = 'hour' and 24 % v_number = 0
        then format('0 %s * * *', case v_number when 1 then '*' when 24 then '0' else '*/' || v_number end)
      when v_unit = 'day' and v_number = 1 then '0 0 * * *'
      when v_unit = 'week' and v_number = 1 then '0 0 * * SUN'
      when v_unit = 'month' and 12 % v_number = 0
        then format('0 0 1 %s *', case v_number when 1 then '*' when 12 then '1' else '*/' || v_number end)
      when v_unit = 'year' and v_number = 1 then '0 0 1 1 *'
    end;
    return;
  elsif every is not null then
    return;
  elsif v_words ~ '^@?(biweekly|fortnightly)$' then
    every := '2 weeks';
    return;
  end if;

  -- Daily at 9:30, weekdays at 6pm, @weekends, every monday.
  v_parts := regexp_match(v_words,
    '^(?:@|every |on )?'
    '(daily|day|hourly|weekly|monthly|quarterly|yearly|annually|minutely|secondly|midnight|noon|'
    '(?:week|work|business ?)days?|weekends?|(?:sun|mon|tues|wednes|thurs|fri|satur)days?)'
    '(?:,? (?:at )?(\d{1,2})(?:[:.h](\d\d))? ?(am|pm)?|,? (?:at )?(noon|midnight))?$');
  v_hour := case when v_parts[5] = 'noon' or v_parts[1] = 'noon' then 12 when v_parts[2] is null then 0
    else v_parts[2]::integer % case when v_parts[4] is null then 100 else 12 end + case when v_parts[4] = 'pm' then 12
      else 0 end end;
  v_day := case
    when v_parts[1] in ('daily', 'day', 'midnight', 'noon') then '*'
    when v_parts[1] ~ '^weekend' then 'SAT,SUN'
    when v_parts[1] ~ '^(week|work|business ?)day' then 'MON-FRI'
    when v_parts[1] ~ 'day' then upper(left(v_parts[1], 3))
  end;
  if v_day is not null then
    cron := format('%s %s * * %s', coalesce(v_parts[3]::integer, 0), v_hour, v_day);
  elsif v_parts[2] is null and v_parts[5] is null then
    cron := case v_parts[1] when 'hourly' then '0 * * * *' when 'weekly' then '0 0 * * SUN'
      when 'monthly' then '0 0 1 * *'
      when 'quarterly' then '0 0 1 */3 *' when 'yearly' then '0 0 1 1 *' when 'annually' then '0 0 1 1 *'
      when 'minutely' then '* * * * *' when 'secondly' then '* * * * * *' end;
  end if;
end
$$;
comment on function almanac_private.cron_from_words(text) is
  'What people write in words in place of a cron text: every 5 minutes, rate(1 hour), @weekdays, daily at '
  '9:30. The same as a cron text, as an interval, or both; null: it cannot be said so.';
grant execute on function almanac_private.cron_from_words(text) to almanac_viewer;
