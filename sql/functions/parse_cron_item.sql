create or replace function almanac_private.parse_cron_item(parsed almanac_private.parsed_cron, field integer, item text)
returns almanac_private.parsed_cron
language plpgsql immutable parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  v_titles constant text[] := array['second', 'minute', 'hour', 'day of the month', 'month', 'day of the week'];
  v_least constant integer[] := array[0, 0, 0, 1, 1, 0];
  v_most constant integer[] := array[59, 59, 23, 31, 12, 7];
  v_steps constant integer[] := array[60, 60, 24, 31, 12, 7];
  v_low integer := v_least[parse_cron_item.field];
  v_high integer := v_most[parse_cron_item.field];
  v_parts text[];
  v_from integer;
  v_to integer;
  v_step integer := 1;
  v_mask bigint := 0;
  v_last text := '';
begin
  -- The common ones first: a star, a number.
  if parse_cron_item.item = '*' then
    v_parts := array[null, null, null];
    v_from := v_low;
    v_to := v_high;
  elsif parse_cron_item.field = 4 and parse_cron_item.item ~ '^(L|L-[0-9]+|LW|[0-9]+W)$' then
    if parse_cron_item.item = 'LW' then
      parsed.last_weekday_of_month := true;
    elsif parse_cron_item.item = 'L' then
      parsed.last_days := parsed.last_days | 1;
    elsif left(parse_cron_item.item, 2) = 'L-' then
      v_from := almanac_private.cron_value(substr(parse_cron_item.item, 3), 0);
      if v_from not between 1 and 30 then
        parsed.message := format('In %s the number is not between 1 and 30.', parse_cron_item.item);
        parsed.hint := 'L is the last day of the month, L-1 the day before it, L-30 the furthest.';
        return parsed;
      end if;
      parsed.last_days := parsed.last_days | (1::bigint << v_from);
    else
      v_from := almanac_private.cron_value(rtrim(parse_cron_item.item, 'W'), 0);
      if v_from not between 1 and 31 then
        parsed.message := format('In %s the day is not between 1 and 31.', parse_cron_item.item);
        parsed.hint := '15W is the Monday to Friday nearest to the 15th; LW the last one of the month.';
        return parsed;
      end if;
      parsed.nearest_weekdays := parsed.nearest_weekdays | (1::bigint << v_from);
    end if;
    return parsed;
  elsif parse_cron_item.field = 6 and parse_cron_item.item ~ '^([0-9]+|[A-Z]{3})(#[0-9]+|L)$' then
    v_parts := regexp_match(parse_cron_item.item, '^([0-9]+|[A-Z]{3})(?:#([0-9]+)|L)$');
    v_from := almanac_private.cron_value(v_parts[1], 6);
    if v_from is null or v_from > 7 then
      parsed.message := format('%s is no day of the week.', v_parts[1]);
      parsed.hint := 'Days of the week are 0 to 7 (0 and 7 are Sunday) or SUN to SAT.';
    elsif v_parts[2] is null then
      parsed.final_weekdays := parsed.final_weekdays | (1::bigint << (v_from % 7));
    elsif almanac_private.cron_value(v_parts[2], 0) not between 1 and 5 then
      parsed.message := format('In %s the number after # is not between 1 and 5.', parse_cron_item.item);
      parsed.hint := 'MON#2 is the second Monday of the month; FRIL the last Friday.';
    else
      parsed.nth_weekdays := parsed.nth_weekdays | (1::bigint << (v_from % 7 * 5 + almanac_private.cron_value(v_parts[2], 0) - 1));
    end if;
    return parsed;
  else
    v_parts := regexp_match(parse_cron_item.item, '^(?:\*|([0-9]+|[A-Z]+)(?:-([0-9]+|[A-Z]+))?)(?:/([0-9]+))?$');
    if v_parts is null then
      if parse_cron_item.item = '' then
        parsed.message := 'An item is missing.';
        parsed.hint := 'A list takes no empty items and no spaces: 1,2,3.';
      elsif parse_cron_item.item = '?' or position('?' in parse_cron_item.item) > 0 then
        parsed.message := format('%s cannot be used for the %s.', parse_cron_item.item, v_titles[parse_cron_item.field]);
        parsed.hint := '? stands alone, and only for the day of the month or of the week. Write * for every one.';
      else
        parsed.message := format('%s cannot be read as %s.', quote_literal(parse_cron_item.item), v_titles[parse_cron_item.field]);
        parsed.hint := case parse_cron_item.field
          when 4 then 'Takes 1 to 31, *, ranges 1-5, steps */2, L, L-3, LW and 15W, in a list.'
          when 5 then 'Takes 1 to 12 or JAN to DEC, *, ranges 1-5, steps */2, in a list.'
          when 6 then 'Takes 0 to 7 or SUN to SAT, *, ranges MON-FRI, steps */2, MON#2 and FRIL, in a list.'
          else format('Takes %s to %s, *, ranges 1-5, steps */2, in a list. To spread runs use jitter.', v_low, v_high)
        end;
      end if;
      return parsed;
    end if;

    if v_parts[1] is null then
      v_from := v_low;
      v_to := v_high;
    else
      v_from := almanac_private.cron_value(v_parts[1], parse_cron_item.field);
      v_to := case when v_parts[2] is not null then almanac_private.cron_value(v_parts[2], parse_cron_item.field) else v_from end;
      v_last := case when v_from is null or v_from not between v_low and v_high then v_parts[1]
        when v_to is null or v_to not between v_low and v_high then v_parts[2] end;
      if v_last is not null then
        if v_last ~ '^[0-9]' then
          parsed.message := format('%s is not between %s and %s.', v_last, v_low, v_high);
          parsed.hint := format('The %s takes %s to %s.', v_titles[parse_cron_item.field], v_low, v_high);
        elsif parse_cron_item.field = 6 and v_last = 'L' then
          parsed.message := 'L alone names no day of the week.';
          parsed.hint := 'Write 5L or FRIL for the last Friday of the month; L belongs to the day of the month.';
        else
          parsed.message := format('%s is no name for the %s.', v_last, v_titles[parse_cron_item.field]);
          parsed.hint := case parse_cron_item.field
            when 5 then 'Names of months have three letters: JAN, FEB, …, DEC.'
            when 6 then 'Names of days have three letters: SUN, MON, …, SAT.'
            else format('The %s takes numbers: %s to %s.', v_titles[parse_cron_item.field], v_low, v_high)
          end;
        end if;
        return parsed;
      end if;
      if parse_cron_item.field = 6 and v_parts[2] is not null and v_to = 0 and v_from > 0 then
        v_to := 7;
      end if;
      if v_from > v_to then
        parsed.message := format('The range %s-%s runs backwards.', v_parts[1], v_parts[2]);
        parsed.hint := case
          when parse_cron_item.field = 6 and v_from = 7 then format('A range begins with Sunday as 0: write 0-%s.', v_parts[2])
          else format('Write two ranges: %s-%s,%s-%s.', v_parts[1],
            case parse_cron_item.field when 6 then 'SAT' when 5 then 'DEC' else v_high::text end,
            case parse_cron_item.field when 6 then 'SUN' when 5 then 'JAN' else v_low::text end, v_parts[2])
        end;
        return parsed;
      end if;
      if v_parts[2] is null and v_parts[3] is not null then
        v_to := v_high;
      end if;
    end if;

    if v_parts[3] is not null then
      v_step := almanac_private.cron_value(v_parts[3], 0);
      if v_step not between 1 and v_steps[parse_cron_item.field] then
        parsed.message := format('The step %s is not between 1 and %s.', v_parts[3], v_steps[parse_cron_item.field]);
        parsed.hint := format('*/5 means every fifth %s.', v_titles[parse_cron_item.field]);
        return parsed;
      end if;
    end if;
  end if;

  while v_from <= v_to loop
    v_mask := v_mask | (1::bigint << v_from);
    v_from := v_from + v_step;
  end loop;
  case parse_cron_item.field
    when 1 then parsed.seconds := parsed.seconds | v_mask;
    when 2 then parsed.minutes := parsed.minutes | v_mask;
    when 3 then parsed.hours := parsed.hours | v_mask;
    when 4 then parsed.days := parsed.days | v_mask;
    when 5 then parsed.months := parsed.months | v_mask;
    else parsed.weekdays := parsed.weekdays | ((v_mask | (v_mask >> 7)) & 127);
  end case;
  return parsed;
end
$$;
comment on function almanac_private.parse_cron_item(almanac_private.parsed_cron, integer, text) is
  'Adds one item of a list to what is parsed so far, or says what is wrong with it. Fields count from 1, the second; the item is in capitals.';
grant execute on function almanac_private.parse_cron_item(almanac_private.parsed_cron, integer, text) to almanac_viewer;
