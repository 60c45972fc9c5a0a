-- Where the zone keeps its offset, an hour that matches has as many times as the rule has minutes and seconds: the
-- hours are searched, by the same rule at each full hour, and a year of every second is 8,760 of them. Around a clock
-- change the times themselves are listed.
create or replace function almanac_private.cron_hours(
  rule almanac_private.compiled_cron, timezone text, range_start timestamptz, range_end timestamptz
) returns table (at timestamptz, total bigint)
language plpgsql stable parallel safe rows 1000 set search_path to pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_each constant bigint := bit_count(rule.minutes::bit(60)) * bit_count(rule.seconds::bit(60));
  v_hourly almanac_private.compiled_cron := rule;
  v_from timestamptz := cron_hours.range_start;
  v_until timestamptz;
  v_offset interval;
  v_is_steady boolean;
begin
  v_hourly.minutes := 1;
  v_hourly.seconds := 1;
  v_hourly.first_time := rule.first_time / 3600 * 3600;
  while v_from < cron_hours.range_end loop
    -- 25 hours before, and up to two days on: equal offsets so close have no change between them (cron_between).
    v_offset := (v_from - interval '25 hours') at time zone cron_hours.timezone
      - (v_from - interval '25 hours') at time zone 'UTC';
    v_until := v_from;
    v_is_steady := false;
    while v_until < cron_hours.range_end and (v_until + interval '48 hours') at time zone cron_hours.timezone
      - (v_until + interval '48 hours') at time zone 'UTC' = v_offset
    loop
      v_until := v_until + interval '48 hours';
      v_is_steady := true;
    end loop;
    if v_is_steady then
      v_until := least(v_until, cron_hours.range_end);
      return query
      select o.at, v_each
      from almanac_private.cron_between(v_hourly, cron_hours.timezone, v_from - interval '1 microsecond',
        v_until) o(at);
    else
      -- To a full hour again, where the change was of half of one.
      v_until := v_from + interval '48 hours';
      v_until := v_until + (date_trunc('hour', v_until at time zone cron_hours.timezone + interval '59:59.999999')
        - v_until at time zone cron_hours.timezone);
      v_until := least(v_until, cron_hours.range_end);
      return query
      select o.at, 1::bigint
      from almanac_private.cron_between(rule, cron_hours.timezone, v_from - interval '1 microsecond', v_until) o(at);
    end if;
    v_from := v_until;
  end loop;
end
$$;
comment on function almanac_private.cron_hours(
  almanac_private.compiled_cron, text, timestamptz, timestamptz
) is
  'How many occurrences a compiled rule has in [range_start, range_end), which begins and ends with a full hour of the '
  'zone: by the hour, where the clock does not change, otherwise one by one. For each the first moment.';
grant execute on function almanac_private.cron_hours(
  almanac_private.compiled_cron, text, timestamptz, timestamptz
) to almanac_viewer;
