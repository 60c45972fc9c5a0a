-- Local times are counted in seconds since 0000-03-01: years then end with the leap day, and dates are integer arithmetic.
create or replace function almanac_private.next_cron(
  rule_seconds bigint, rule_minutes bigint, rule_hours integer, rule_first_time integer, rule_weekdays integer, rule_months integer,
  rule_days bit varying, rule_running boolean, timezone text, after timestamptz
) returns timestamptz
language plpgsql stable parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  v_after bigint;
  v_offset bigint := 0;
  v_local bigint;
  v_start integer;
  v_time integer;
  v_day integer;
  v_hour integer;
  v_minute integer;
  v_mask bigint;
  v_era integer;
  v_year integer;
  v_month integer;
  v_of_month integer;
  v_last_year integer;
  v_first integer;
  v_length integer;
  v_found integer;
  v_result bigint;
  v_instant timestamptz;
begin
  if rule_months = 0 or after >= '290000-01-01Z' or after is null or after = '-infinity' then
    return null;
  end if;
  v_after := floor(date_part('epoch', greatest(after, '0002-01-01Z')))::bigint;
  if timezone <> 'UTC' then
    v_instant := to_timestamp(v_after - 90000);
    v_offset := date_part('epoch', v_instant at time zone timezone)::bigint - v_after + 90000;
  end if;

  -- The first time of day not before the start, should its day match; else the next day's first.
  v_local := v_after + v_offset + 62162035201;
  v_start := v_local / 86400;
  v_time := v_local - v_start * 86400::bigint;
  v_hour := v_time / 3600;
  v_minute := v_time / 60 % 60;
  v_found := null;
  if rule_hours >> v_hour & 1 = 1 then
    if rule_minutes >> v_minute & 1 = 1 then
      v_mask := rule_seconds >> (v_time % 60);
      if v_mask <> 0 then
        v_found := v_time + almanac_private.lowest_bit(v_mask);
      end if;
    end if;
    if v_found is null then
      v_mask := rule_minutes >> (v_minute + 1);
      if v_mask <> 0 then
        v_found := v_hour * 3600 + (v_minute + 1 + almanac_private.lowest_bit(v_mask)) * 60 + rule_first_time % 60;
      end if;
    end if;
  end if;
  if v_found is null then
    v_mask := rule_hours >> (v_hour + 1);
    if v_mask <> 0 then
      v_found := (v_hour + 1 + almanac_private.lowest_bit(v_mask)) * 3600 + rule_first_time % 3600;
    else
      v_start := v_start + 1;
      v_found := rule_first_time;
    end if;
  end if;

  if rule_days is null and rule_months = 16777215 then
    v_day := v_start + almanac_private.lowest_bit(rule_weekdays >> ((v_start + 3) % 7));
  else
    v_era := v_start / 146097;
    v_of_month := v_start - v_era * 146097;
    v_year := (v_of_month - v_of_month / 1460 + v_of_month / 36524 - v_of_month / 146096) / 365;
    v_of_month := v_of_month - (365 * v_year + v_year / 4 - v_year / 100);
    v_year := v_year + v_era * 400;
    v_month := (5 * v_of_month + 2) / 153;
    v_of_month := v_of_month - (153 * v_month + 2) / 5 + 1;
    v_last_year := v_year + v_month / 10 + 50;
    v_day := null;
    loop
      if rule_months >> v_month & 1 = 1 then
        v_first := 365 * v_year + v_year / 4 - v_year / 100 + v_year / 400 + (153 * v_month + 2) / 5;
        v_length := case
          when v_month < 11 then (153 * v_month + 155) / 5 - (153 * v_month + 2) / 5
          when (v_year + 1) % 4 = 0 and ((v_year + 1) % 100 <> 0 or (v_year + 1) % 400 = 0) then 29
          else 28
        end;
        if rule_days is null then
          v_day := v_first + v_of_month - 1;
          v_day := v_day + almanac_private.lowest_bit(rule_weekdays >> ((v_day + 3) % 7));
          exit when v_day < v_first + v_length;
        else
          v_day := position(B'1' in substring(rule_days from ((v_length - 28) * 7 + (v_first + 3) % 7) * 31 + v_of_month for 32 - v_of_month));
          if v_day > 0 then
            v_day := v_first + v_of_month + v_day - 2;
            exit;
          end if;
        end if;
      end if;
      v_month := v_month + 1 + almanac_private.lowest_bit(rule_months >> (v_month + 1));
      v_year := v_year + v_month / 12;
      v_month := v_month % 12;
      v_of_month := 1;
      if v_year + v_month / 10 > v_last_year then
        return null;
      end if;
    end loop;
  end if;

  v_result := v_day * 86400::bigint + case when v_day = v_start then v_found else rule_first_time end - 62162035200 - v_offset;
  if timezone = 'UTC' then
    return to_timestamp(v_result);
  end if;
  v_instant := to_timestamp(v_result);
  -- Equal offsets less than 344,000 s apart have no change between them: Freetown came back after that in 1939, Gaza will after a week in 2040.
  if v_result - v_after <= 250000 then
    if date_part('epoch', v_instant at time zone timezone)::bigint - v_result = v_offset then
      return v_instant;
    end if;
  elsif date_part('epoch', to_timestamp(v_after + 90000) at time zone timezone)::bigint - v_after - 90000 = v_offset then
    v_local := v_result + v_offset;
    v_offset := date_part('epoch', to_timestamp(v_result - 90000) at time zone timezone)::bigint - v_result + 90000;
    v_result := v_local - v_offset;
    v_instant := to_timestamp(v_result);
    if date_part('epoch', v_instant at time zone timezone)::bigint - v_result = v_offset then
      return v_instant;
    end if;
  end if;
  return almanac_private.next_cron_at_transition(rule_seconds, rule_minutes, rule_hours, rule_first_time, rule_weekdays, rule_months, rule_days,
    rule_running, timezone, v_after);
end
$$;
comment on function almanac_private.next_cron(bigint, bigint, integer, integer, integer, integer, bit varying, boolean, text, timestamptz) is
  'First instant of a compiled rule strictly after a moment; null: none up to the year after it + 50, which means never. The zone''s offset is taken 25 h before (longer than any gap) and holds if the result has it too; else the clock changed near by, and next_cron_at_transition decides.';
grant execute on function almanac_private.next_cron(bigint, bigint, integer, integer, integer, integer, bit varying, boolean, text, timestamptz) to almanac_viewer;
