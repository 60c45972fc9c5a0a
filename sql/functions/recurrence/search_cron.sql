-- The next time of a cron rule: integer arithmetic on a compiled rule, in 2 to 7 µs where stepping from minute to
-- minute takes 45 µs to 9 ms, and cron-parser, in JavaScript, 25 to 170 µs
-- (docs/decisions/0007-the-next-run-is-integer-arithmetic.md).
--
-- The rule is three masks (seconds, minutes, hours), its first time of a day, a mask of weekdays that is doubled, so
-- that a search never wraps, and one of months that begins with March; for rules with days of the month, one string of
-- bits holds the days of all 28 shapes that a month can have (its length by the weekday of its first). L, W, # and the
-- union of both day fields were decided when it was compiled: here there is one path for all of them.
--
-- Local times are counted in seconds since 0000-03-01: years then end with the leap day, and a date is a division. The
-- search is: the next time in this day, if the day matches; otherwise the next day that does, and the first time of a
-- day. The offset of the zone is taken 25 hours before the start (no clock change is longer ago than that and still
-- counts: Apia once left out a day) and checked once, at the result. Where that fails, once in a hundred calls,
-- next_cron_at_transition applies the rules for times that a clock skips or shows twice.
--
-- A statement costs as much as ten operators, a variable as two: hence the long expressions.
create or replace function almanac_private.search_cron(
  rule almanac_private.compiled_cron, timezone text, after timestamptz
) returns timestamptz
language plpgsql stable parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  v_after bigint;
  v_offset bigint;
  v_time integer;
  v_found bigint;
begin
  if (search_cron.after > '-infinity' and search_cron.after < '290000-01-01Z') is not true then
    return null;
  end if;
  v_after := case
    when search_cron.after between '1700-01-01Z' and '2200-01-01Z'
      then floor(date_part('epoch', search_cron.after))::bigint
    -- numeric, at 0.2 µs more: a double has no microseconds before 1685 and after 2255
    else floor(extract(epoch from greatest(search_cron.after, '0002-01-01Z')))::bigint
  end;
  -- From seconds of the epoch to local ones.
  v_offset := case when search_cron.timezone = 'UTC' then 62162035200
    else date_part('epoch', to_timestamp(v_after - 90000) at time zone search_cron.timezone)::bigint
      - v_after + 62162125200 end;

  -- The first time of day not before the start, should its day match; otherwise the next day's first.
  v_time := ((v_after + 1 + v_offset) % 86400)::integer;
  v_found := v_after + 1 + v_offset - v_time + case
    when rule.hours >> (v_time / 3600) & 1 = 1 and rule.minutes >> (v_time / 60 % 60) & 1 = 1
      and rule.seconds >> (v_time % 60) <> 0
      then v_time + almanac_private.lowest_bit(rule.seconds >> (v_time % 60))
    when rule.hours >> (v_time / 3600) & 1 = 1 and rule.minutes >> (v_time / 60 % 60 + 1) <> 0
      then (v_time / 60 + 1 + almanac_private.lowest_bit(rule.minutes >> (v_time / 60 % 60 + 1))) * 60
        + rule.first_time % 60
    when rule.hours >> (v_time / 3600 + 1) <> 0
      then (v_time / 3600 + 1 + almanac_private.lowest_bit(rule.hours >> (v_time / 3600 + 1))) * 3600
        + rule.first_time % 3600
    else 86400 + rule.first_time
  end;

  if rule.days is not null or rule.months <> 16777215 then
    declare
      v_day integer := (v_found / 86400)::integer;
      v_rest integer := (4 * v_day + 3) % 146097 / 4 * 4 + 3;
      v_month integer := (4 * v_day + 3) / 146097 * 1200 + v_rest / 1461 * 12 + (5 * (v_rest % 1461 / 4) + 2) / 153;
      v_first integer := almanac_private.month_start(v_month);
      v_match integer;
    begin
      loop
        -- Which day of the rest of the month is the first that matches; 0: none.
        v_match := case
          when rule.months >> (v_month % 12) & 1 = 0 then 0
          when rule.days is not null then position(B'1' in substring(rule.days
            from ((almanac_private.month_start(v_month + 1) - v_first - 28) * 7 + (v_first + 3) % 7) * 31
              + greatest(v_day - v_first, 0) + 1
            for 31 - greatest(v_day - v_first, 0)))
          when greatest(v_day, v_first)
            + almanac_private.lowest_bit(rule.weekdays >> ((greatest(v_day, v_first) + 3) % 7))
            < almanac_private.month_start(v_month + 1)
              then 1 + almanac_private.lowest_bit(rule.weekdays >> ((greatest(v_day, v_first) + 3) % 7))
          else 0
        end;
        exit when v_match > 0;
        v_month := v_month + 1 + almanac_private.lowest_bit(rule.months >> (v_month % 12 + 1));
        v_first := almanac_private.month_start(v_month);
        if v_first - v_day > 18262 then
          return null;
        end if;
      end loop;
      if greatest(v_day, v_first) + v_match - 1 > v_day then
        v_found := (greatest(v_day, v_first) + v_match - 1) * 86400::bigint + rule.first_time;
      end if;
    end;
  elsif rule.weekdays >> ((v_found / 86400 + 3) % 7)::integer & 1 = 0 then
    v_found := (v_found / 86400 + almanac_private.lowest_bit(rule.weekdays >> ((v_found / 86400 + 3) % 7)::integer))
      * 86400 + rule.first_time;
  end if;

  -- Equal offsets less than 344,000 s apart have no change between them: Freetown came back after that in 1939, Gaza
  -- will after a week in 2040.
  if search_cron.timezone = 'UTC' or (v_found - v_offset - v_after <= 250000
    and date_part('epoch', to_timestamp(v_found - v_offset) at time zone search_cron.timezone) = v_found - 62162035200)
  then
    return to_timestamp(v_found - v_offset);
  elsif date_part('epoch', to_timestamp(v_after + 90000) at time zone search_cron.timezone)
    = v_after + v_offset - 62161945200
  then
    v_offset := date_part('epoch',
      to_timestamp(v_found - v_offset - 90000) at time zone search_cron.timezone)::bigint
      - v_found + v_offset + 62162125200;
    if date_part('epoch', to_timestamp(v_found - v_offset) at time zone search_cron.timezone)
      = v_found - 62162035200
    then
      return to_timestamp(v_found - v_offset);
    end if;
  end if;
  return almanac_private.next_cron_at_transition(rule, search_cron.timezone, v_after);
end
$$;
comment on function almanac_private.search_cron(almanac_private.compiled_cron, text, timestamptz) is
  'next_cron for a rule that has months: the first instant strictly after a moment, within 50 years. The zone''s '
  'offset is taken 25 h before (longer than any gap) and holds if the result has it too; otherwise the clock changed '
  'near by, and next_cron_at_transition decides.';
grant execute on function almanac_private.search_cron(almanac_private.compiled_cron, text, timestamptz)
  to almanac_viewer;
