create or replace function almanac_private.clock_change_warnings(rule almanac_private.compiled_cron, timezone text, as_of timestamptz) returns jsonb
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_warnings jsonb := '[]';
  v_at timestamptz := date_trunc('hour', as_of, 'UTC');
  v_offset interval := v_at at time zone timezone - v_at at time zone 'UTC';
  v_new interval;
  v_low timestamptz;
  v_high timestamptz;
  v_middle timestamptz;
  v_start timestamp;
  v_end timestamp;
  v_next timestamp;
  v_minutes integer;
begin
  for v_day in 1 .. 366 loop
    v_low := v_at;
    v_high := v_at + interval '24 hours';
    v_at := v_high;
    v_new := v_high at time zone timezone - v_high at time zone 'UTC';
    continue when v_new = v_offset;
    while v_high - v_low > interval '1 second' loop
      v_middle := date_trunc('second', v_low + (v_high - v_low) / 2);
      if v_middle at time zone timezone - v_middle at time zone 'UTC' = v_offset then
        v_low := v_middle;
      else
        v_high := v_middle;
      end if;
    end loop;
    v_start := (v_high at time zone 'UTC') + least(v_offset, v_new);
    v_end := (v_high at time zone 'UTC') + greatest(v_offset, v_new);
    v_next := almanac_private.next_cron(rule.rule_seconds, rule.rule_minutes, rule.rule_hours, rule.rule_first_time, rule.rule_weekdays,
      rule.rule_months, rule.rule_days, rule.rule_running, 'UTC', (v_start at time zone 'UTC') - interval '1 microsecond') at time zone 'UTC';
    -- A rule of every hour does not notice, if the change carries its minutes onto themselves.
    v_minutes := (abs(date_part('epoch', v_new - v_offset)) / 60)::integer % 60;
    if v_next < v_end and not (rule.rule_running and rule.rule_hours = 16777215 and rule.rule_minutes
        = ((rule.rule_minutes << v_minutes) | (rule.rule_minutes >> (60 - v_minutes))) & 1152921504606846975) then
      v_warnings := v_warnings || case
        when v_new > v_offset then jsonb_build_object('code', 'gap', 'message', format('On %s clocks go from %s to %s: what is due in between runs later by that much.',
          to_char(v_start, 'YYYY-MM-DD'), to_char(v_start, 'HH24:MI'), to_char(v_end, 'HH24:MI')))
        when rule.rule_running then jsonb_build_object('code', 'overlap', 'message', format('On %s clocks show %s to %s twice: it runs in both passes.',
          to_char(v_start, 'YYYY-MM-DD'), to_char(v_start, 'HH24:MI'), to_char(v_end, 'HH24:MI')))
        else jsonb_build_object('code', 'overlap', 'message', format('On %s clocks show %s to %s twice: it runs in the first pass only.',
          to_char(v_start, 'YYYY-MM-DD'), to_char(v_start, 'HH24:MI'), to_char(v_end, 'HH24:MI')))
      end;
    end if;
    v_offset := v_new;
  end loop;
  return v_warnings;
end
$$;
comment on function almanac_private.clock_change_warnings(almanac_private.compiled_cron, text, timestamptz) is
  'What the clock changes of the 366 days from as_of do to a rule: an array of {code: gap or overlap, message}.';
grant execute on function almanac_private.clock_change_warnings(almanac_private.compiled_cron, text, timestamptz) to almanac_viewer;
