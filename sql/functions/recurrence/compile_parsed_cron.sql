-- Once for a text that is saved, so that next_cron, which is called for every firing, has next to nothing to decide.
--
-- 1. Which days of a month a rule has depends on two things alone: how long the month is, and on which weekday it
--    begins. That is 28 shapes of 31 days each, 868 bits: whatever L, W, # and the union of both day fields mean is
--    worked out here for each shape, and looked up later. Within a shape day 1 is the first bit.
-- 2. Where the weekday does not matter, one shape of each length stands for all seven.
-- 3. A rule without days (every one, or weekdays alone) keeps none of it: a mask of 14 weekdays, the week twice, tells.
-- 4. A month in which no shape has a day is not named: 0 0 30 2 * has no month left, and the search ends at once
--    instead of after 400 years.
create or replace function almanac_private.compile_parsed_cron(
  parsed almanac_private.parsed_cron
) returns almanac_private.compiled_cron
language plpgsql immutable parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  v_rule almanac_private.compiled_cron;
  v_on_dates bigint := 0;
  v_on_weekdays bigint;
  v_nearest bigint := 0;
  v_dates bigint;
  v_mask bigint;
  v_weekday integer;
  v_day integer;
  v_days bigint;
  v_by_weekday bigint;
  v_all bigint;
  v_months integer;
  v_lengths constant integer[] := array[31, 30, 31, 30, 31, 31, 30, 31, 30, 31, 31, 29];
  -- The 1st, 8th, 15th, 22nd and 29th.
  v_sevens constant bigint := 1082196484;
  v_alike integer := 1;
  v_possible integer := 0;
  v_bits bit varying := B'';
begin
  v_rule.seconds := parsed.seconds;
  v_rule.minutes := parsed.minutes;
  v_rule.hours := parsed.hours::integer;
  v_rule.first_time := almanac_private.lowest_bit(parsed.hours) * 3600
    + almanac_private.lowest_bit(parsed.minutes) * 60
    + almanac_private.lowest_bit(parsed.seconds);
  v_rule.running := parsed.running;
  v_rule.weekdays := 16383;
  -- January is bit 1: March becomes bit 0, February bit 11.
  v_months := ((parsed.months >> 3) | ((parsed.months & 6) << 9))::integer & 4095;

  if parsed.day_of_month_open and parsed.nth_weekdays = 0 and parsed.final_weekdays = 0 then
    if not parsed.day_of_week_open then
      v_rule.weekdays := (parsed.weekdays | (parsed.weekdays << 7))::integer;
    end if;
  else
    -- Within a mask of days, day 1 is bit 30: read as text, day 1 comes first.
    v_on_weekdays := case when parsed.day_of_week_open then 0 else parsed.weekdays end;
    if not parsed.day_of_month_open then
      v_on_dates := reverse((parsed.days >> 1)::bit(31)::text)::bit(31)::bigint;
      v_nearest := parsed.nearest_weekdays;
    end if;
    -- Plain dates are the same whatever the weekday of the 1st.
    if v_on_weekdays | v_nearest | parsed.nth_weekdays | parsed.final_weekdays = 0
      and not parsed.last_weekday_of_month then
      v_alike := 7;
    end if;
    for v_length in 28 .. 31 loop
      v_all := (2147483647::bigint >> (31 - v_length)) << (31 - v_length);
      v_dates := v_on_dates | (parsed.last_days << (31 - v_length));
      for v_first in 0 .. 7 - v_alike loop
        v_days := v_dates;
        v_mask := v_nearest | (parsed.last_weekday_of_month::integer::bigint << v_length);
        while v_mask <> 0 loop
          v_day := almanac_private.lowest_bit(v_mask);
          v_mask := v_mask & (v_mask - 1);
          continue when v_day > v_length;
          v_weekday := (v_first + v_day - 1) % 7;
          v_days := v_days | (1::bigint << (31 - v_day - case
            when v_weekday = 6 and v_day = 1 then 2
            when v_weekday = 6 then -1
            when v_weekday = 0 and v_day = v_length then -2
            when v_weekday = 0 then 1
            else 0
          end));
        end loop;
        v_mask := v_on_weekdays;
        while v_mask <> 0 loop
          v_days := v_days | (v_sevens >> ((almanac_private.lowest_bit(v_mask) - v_first + 7) % 7));
          v_mask := v_mask & (v_mask - 1);
        end loop;
        v_mask := parsed.nth_weekdays;
        while v_mask <> 0 loop
          v_day := almanac_private.lowest_bit(v_mask);
          v_days := v_days | ((17179869184 >> (v_day % 5 * 7 + (v_day / 5 - v_first + 7) % 7)) >> 4);
          v_mask := v_mask & (v_mask - 1);
        end loop;
        v_mask := parsed.final_weekdays;
        while v_mask <> 0 loop
          v_by_weekday := (v_sevens >> ((almanac_private.lowest_bit(v_mask) - v_first + 7) % 7)) & v_all;
          v_days := v_days | (v_by_weekday & -v_by_weekday);
          v_mask := v_mask & (v_mask - 1);
        end loop;
        v_days := v_days & v_all;
        v_bits := v_bits || case when v_alike = 1 then v_days::bit(31)
          else repeat(v_days::bit(31)::text, v_alike)::bit varying end;
        if v_days <> 0 then
          v_possible := v_possible | (1 << (v_length - 28));
        end if;
      end loop;
    end loop;
    v_rule.days := v_bits;
    -- A month in which no shape has a day is as good as not named.
    for v_month in 0 .. 11 loop
      if v_possible >> (v_lengths[v_month + 1] - 28) & 1 = 0 and not (v_month = 11 and v_possible & 1 = 1) then
        v_months := v_months & ~(1 << v_month);
      end if;
    end loop;
  end if;
  v_rule.months := v_months | (v_months << 12);
  return v_rule;
end
$$;
comment on function almanac_private.compile_parsed_cron(almanac_private.parsed_cron) is
  'Decides all that depends on the text alone: L, W, # and the union of day fields become one bit per day for each '
  'length and first weekday of a month; a rule that can never match loses all its months.';
grant execute on function almanac_private.compile_parsed_cron(almanac_private.parsed_cron) to almanac_viewer;
