-- One item of a list, in capitals: *, a value, a range, a step, or one of what Quartz added (L, W, #). It is called for
-- each item of each of six fields on every write, so the two that nearly all are, a star and a number, come first and
-- use no regular expression with groups.
--
-- A text that is wrong gets the error of the first thing that is wrong with it, with what was probably meant: most of
-- the lines are that. 7 is Sunday as 0 is; a range to Sunday ends with 7, and one that runs backwards is refused rather
-- than read in one of the two ways in which other programs read it.
create or replace function almanac_private.parse_cron_item(
  field integer, item text, out part integer, out mask bigint, out message text, out hint text
)
language plpgsql immutable parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  v_low integer := case when parse_cron_item.field in (4, 5) then 1 else 0 end;
  v_high integer := case parse_cron_item.field when 3 then 23 when 4 then 31 when 5 then 12 when 6 then 7 else 59 end;
  v_most integer;
  v_parts text[];
  v_every text;
  v_from integer;
  v_to integer;
  v_step integer := 1;
  v_title text;
  v_last text;
begin
  part := parse_cron_item.field;
  -- The common ones first: a star, a number.
  if parse_cron_item.item = '*' then
    mask := (2::bigint << v_high) - (1 << v_low);
    return;
  elsif parse_cron_item.item ~ '^[0-9]{1,2}$' and parse_cron_item.item::integer between v_low and v_high then
    mask := 1::bigint << parse_cron_item.item::integer;
    return;
  elsif parse_cron_item.field = 4 and parse_cron_item.item ~ '^(L|L-[0-9]+|LW|[0-9]+W)$' then
    if parse_cron_item.item = 'LW' then
      part := 9;
      mask := 1;
    elsif parse_cron_item.item = 'L' then
      part := 7;
      mask := 1;
    elsif left(parse_cron_item.item, 2) = 'L-' then
      part := 7;
      v_from := almanac_private.cron_value(substr(parse_cron_item.item, 3), 0);
      mask := 1::bigint << v_from;
      if v_from not between 1 and 30 then
        message := format('In %s the number is not between 1 and 30.', parse_cron_item.item);
        hint := 'L is the last day of the month, L-1 the day before it, L-30 the earliest.';
      end if;
    else
      part := 8;
      v_from := almanac_private.cron_value(rtrim(parse_cron_item.item, 'W'), 0);
      mask := 1::bigint << v_from;
      if v_from not between 1 and 31 then
        message := format('In %s the day is not between 1 and 31.', parse_cron_item.item);
        hint := '15W is the weekday (Monday to Friday) nearest the 15th; LW is the last weekday of the month.';
      end if;
    end if;
    return;
  elsif parse_cron_item.field = 6 and parse_cron_item.item ~ '^([0-9]+|[A-Z]{3})(#[0-9]+|L)$' then
    v_parts := regexp_match(parse_cron_item.item, '^([0-9]+|[A-Z]{3})(?:#([0-9]+)|L)$');
    v_from := almanac_private.cron_value(v_parts[1], 6);
    v_to := almanac_private.cron_value(v_parts[2], 0);
    if v_from is null or v_from > 7 then
      message := format('%s is not a day of the week.', v_parts[1]);
      hint := 'Days of the week are 0 to 7 (0 and 7 are Sunday) or SUN to SAT.';
    elsif v_to is null then
      part := 11;
      mask := 1 << (v_from % 7);
    elsif v_to not between 1 and 5 then
      message := format('In %s the number after # is not between 1 and 5.', parse_cron_item.item);
      hint := 'MON#2 is the second Monday of the month; FRIL the last Friday.';
    else
      part := 10;
      mask := 1::bigint << (v_from % 7 * 5 + v_to - 1);
    end if;
    return;
  end if;

  v_title := (array['second', 'minute', 'hour', 'day of the month', 'month', 'day of the week'])[parse_cron_item.field];
  if parse_cron_item.item !~ '^([*]|([0-9]+|[A-Z]+)(-([0-9]+|[A-Z]+))?)(/[0-9]+)?$' then
    if parse_cron_item.item = '' then
      message := 'An item is missing.';
      hint := 'A list has neither empty items nor spaces: 1,2,3.';
    elsif position('?' in parse_cron_item.item) > 0 then
      message := format('%s cannot be used for the %s.', parse_cron_item.item, v_title);
      hint := '? must stand alone, and only for the day of the month or of the week. Write * for every value.';
    else
      message := format('%s cannot be read as %s.', quote_literal(parse_cron_item.item), v_title);
      hint := format('Use %s, or several of these with commas.%s',
        case parse_cron_item.field
          when 4 then '1 to 31, *, ranges (1-5), steps (*/2), L, L-3, LW or 15W'
          when 5 then '1 to 12 or JAN to DEC, *, ranges (1-5) or steps (*/2)'
          when 6 then '0 to 7 or SUN to SAT, *, ranges (MON-FRI), steps (*/2), MON#2 or FRIL'
          else format('%s to %s, *, ranges (1-5) or steps (*/2)', v_low, v_high) end,
        case when parse_cron_item.field < 4 then ' To spread runs, use jitter.' end);
    end if;
    return;
  end if;

  -- A capturing regexp_match costs four times as much.
  v_parts := string_to_array(split_part(parse_cron_item.item, '/', 1), '-');
  v_every := split_part(parse_cron_item.item, '/', 2);
  v_from := v_low;
  v_to := v_high;
  if v_parts[1] <> '*' then
    v_from := almanac_private.cron_value(v_parts[1], parse_cron_item.field);
    v_to := case when v_parts[2] is null then v_from
      else almanac_private.cron_value(v_parts[2], parse_cron_item.field) end;
    v_last := case when v_from between v_low and v_high
      then case when v_to between v_low and v_high then null else v_parts[2] end else v_parts[1] end;
    if v_last is not null then
      if v_last ~ '^[0-9]' then
        message := format('%s is not between %s and %s.', v_last, v_low, v_high);
        hint := format('The %s takes %s to %s.', v_title, v_low, v_high);
      elsif parse_cron_item.field = 6 and v_last = 'L' then
        message := 'L alone is not a day of the week.';
        hint := 'Write 5L or FRIL for the last Friday of the month; L belongs to the day of the month.';
      else
        message := format('%s is not a name for the %s.', v_last, v_title);
        hint := case parse_cron_item.field
          when 5 then 'Names of months have three letters: JAN, FEB, …, DEC.'
          when 6 then 'Names of days have three letters: SUN, MON, …, SAT.'
          when 4 then 'The day of the month takes 1 to 31, and L, L-3, LW and 15W.'
          else format('The %s takes numbers: %s to %s.', v_title, v_low, v_high)
        end;
      end if;
      return;
    end if;
    if parse_cron_item.field = 6 and v_parts[2] is not null and v_to = 0 and v_from > 0 then
      v_to := 7;
    end if;
    if v_from > v_to then
      message := format('The range %s-%s runs backwards.', v_parts[1], v_parts[2]);
      hint := case
        when parse_cron_item.field = 6 and v_from = 7
          then format('A range begins with Sunday as 0: write 0-%s%s.', v_parts[2], '/' || nullif(v_every, ''))
        else almanac_private.wrapped_range_hint(parse_cron_item.field, v_parts[1], v_parts[2], v_from, v_to, v_every)
      end;
      return;
    end if;
    if v_parts[2] is null and v_every <> '' then
      v_to := v_high;
    end if;
  end if;

  if v_every <> '' then
    v_step := almanac_private.cron_value(v_every, 0);
    v_most := case when parse_cron_item.field < 4 then v_high + 1 else v_high end;
    if v_step not between 1 and v_most then
      message := format('The step %s is not between 1 and %s.', v_every, v_most);
      hint := format('*/5 means every fifth %s.', v_title);
      return;
    end if;
  end if;

  mask := 0;
  while v_from <= v_to loop
    mask := mask | (1::bigint << v_from);
    v_from := v_from + v_step;
  end loop;
end
$$;
comment on function almanac_private.parse_cron_item(integer, text) is
  'What one item of a list adds, or what is wrong with it. Fields count from 1, the second; the item is in capitals. '
  'part: 1 to 6 the values of that field, 7 last_days, 8 nearest_weekdays, 9 last_weekday_of_month, 10 nth_weekdays, '
  '11 final_weekdays.';
grant execute on function almanac_private.parse_cron_item(integer, text) to almanac_viewer;
