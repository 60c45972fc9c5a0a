create or replace function almanac_private.compile_parsed_cron(parsed almanac_private.parsed_cron) returns almanac_private.compiled_cron
language plpgsql immutable parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  v_rule almanac_private.compiled_cron;
  v_length integer;
  v_first integer;
  v_weekday integer;
  v_day integer;
  v_days bigint;
  v_by_weekday bigint;
  v_all bigint;
  v_months integer;
  v_lengths constant integer[] := array[31, 30, 31, 30, 31, 31, 30, 31, 30, 31, 31, 29];
  v_sevens constant bigint := 1 | (1 << 7) | (1 << 14) | (1 << 21) | (1 << 28);
  v_possible integer := 0;
  v_bits bit varying := B'';
begin
  v_rule.rule_seconds := parsed.seconds;
  v_rule.rule_minutes := parsed.minutes;
  v_rule.rule_hours := parsed.hours::integer;
  v_rule.rule_first_time := almanac_private.lowest_bit(parsed.hours) * 3600 + almanac_private.lowest_bit(parsed.minutes) * 60
    + almanac_private.lowest_bit(parsed.seconds);
  v_rule.rule_running := parsed.running;
  v_rule.rule_weekdays := 16383;
  -- January is bit 1: March becomes bit 0, February bit 11.
  v_months := ((parsed.months >> 3) | ((parsed.months & 6) << 9))::integer & 4095;

  if parsed.day_of_month_open and parsed.nth_weekdays = 0 and parsed.final_weekdays = 0 then
    if not parsed.day_of_week_open then
      v_rule.rule_weekdays := (parsed.weekdays | (parsed.weekdays << 7))::integer;
    end if;
  else
    -- Within a mask of days, day 1 is bit 30: read as text, day 1 comes first.
    for v_length in 28 .. 31 loop
      v_all := (2147483647::bigint >> (31 - v_length)) << (31 - v_length);
      for v_first in 0 .. 6 loop
        v_days := 0;
        if not parsed.day_of_month_open then
          for v_day in 1 .. v_length loop
            if parsed.days >> v_day & 1 = 1 or parsed.last_days >> (v_length - v_day) & 1 = 1 then
              v_days := v_days | (1::bigint << (31 - v_day));
            end if;
            if parsed.nearest_weekdays >> v_day & 1 = 1 or (parsed.last_weekday_of_month and v_day = v_length) then
              v_weekday := (v_first + v_day - 1) % 7;
              v_days := v_days | (1::bigint << (31 - v_day - case
                when v_weekday = 6 and v_day = 1 then 2
                when v_weekday = 6 then -1
                when v_weekday = 0 and v_day = v_length then -2
                when v_weekday = 0 then 1
                else 0
              end));
            end if;
          end loop;
        end if;
        if not parsed.day_of_week_open then
          for v_weekday in 0 .. 6 loop
            v_day := (v_weekday - v_first + 7) % 7 + 1;
            v_by_weekday := (v_sevens << 2 >> (v_day - 1)) & v_all;
            if parsed.weekdays >> v_weekday & 1 = 1 then
              v_days := v_days | v_by_weekday;
            end if;
            if parsed.nth_weekdays >> (v_weekday * 5) & 31 <> 0 then
              for v_nth in 1 .. 5 loop
                if parsed.nth_weekdays >> (v_weekday * 5 + v_nth - 1) & 1 = 1 and v_day + 7 * (v_nth - 1) <= v_length then
                  v_days := v_days | (1::bigint << (31 - v_day - 7 * (v_nth - 1)));
                end if;
              end loop;
            end if;
            if parsed.final_weekdays >> v_weekday & 1 = 1 then
              v_days := v_days | (v_by_weekday & -v_by_weekday);
            end if;
          end loop;
        end if;
        v_bits := v_bits || v_days::bit(31);
        if v_days <> 0 then
          v_possible := v_possible | (1 << (v_length - 28));
        end if;
      end loop;
    end loop;
    v_rule.rule_days := v_bits;
    -- A month in which no shape has a day is as good as not named.
    for v_month in 0 .. 11 loop
      if v_possible >> (v_lengths[v_month + 1] - 28) & 1 = 0 and not (v_month = 11 and v_possible & 1 = 1) then
        v_months := v_months & ~(1 << v_month);
      end if;
    end loop;
  end if;
  v_rule.rule_months := v_months | (v_months << 12);
  return v_rule;
end
$$;
comment on function almanac_private.compile_parsed_cron(almanac_private.parsed_cron) is
  'Decides all that depends on the text alone: L, W, # and the union of day fields become one bit per day for each length and first weekday of a month; a rule that can never match loses all its months.';
grant execute on function almanac_private.compile_parsed_cron(almanac_private.parsed_cron) to almanac_viewer;
