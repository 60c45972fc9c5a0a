-- For anyone who writes a rule, not for firing: what the clock changes of the next 366 days do to it. They are found
-- as in next_cron_at_transition; of each the minutes that the clock skips, or shows twice, are put against the rule's
-- masks, a minute at a time, as there are 60 or fewer of them nearly everywhere.
--
-- v_kept counts those whose counterpart on the other side of the change the rule names as well: a rule of every hour
-- does not notice a change of a whole hour, and then nothing is said.
create or replace function almanac_private.clock_change_warnings(
  rule almanac_private.compiled_cron, timezone text, as_of timestamptz
) returns jsonb
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_warnings jsonb := '[]';
  v_at timestamptz := date_trunc('second', clock_change_warnings.as_of, 'UTC');
  v_offset interval := v_at at time zone clock_change_warnings.timezone - v_at at time zone 'UTC';
  v_new interval;
  v_low timestamptz;
  v_high timestamptz;
  v_middle timestamptz;
  v_start timestamp;
  v_end timestamp;
  v_shift interval;
  v_days date[];
  v_count integer;
  v_kept integer;
  v_first timestamp;
  v_last timestamp;
  v_one boolean;
  v_joint text;
  v_runs text;
begin
  -- Where the offsets three days apart are equal, no change lies between: see next_cron.
  for v_step in 1 .. 122 loop
    v_low := v_at;
    v_high := v_at + interval '72 hours';
    v_at := v_high;
    v_new := v_high at time zone clock_change_warnings.timezone - v_high at time zone 'UTC';
    continue when v_new = v_offset;
    while v_high - v_low > interval '1 second' loop
      v_middle := date_trunc('second', v_low + (v_high - v_low) / 2);
      if v_middle at time zone clock_change_warnings.timezone - v_middle at time zone 'UTC' = v_offset then
        v_low := v_middle;
      else
        v_high := v_middle;
      end if;
    end loop;
    v_start := (v_high at time zone 'UTC') + least(v_offset, v_new);
    v_end := (v_high at time zone 'UTC') + greatest(v_offset, v_new);
    v_shift := v_end - v_start;

    -- Minutes that the rule names in between, and those whose counterpart on the far side of the change it names too.
    v_days := array(
      select d::date
      from generate_series(date_trunc('day', v_start) - interval '1 day', v_end + interval '1 day', interval '1 day') d
      where almanac_private.next_cron(clock_change_warnings.rule, 'UTC',
          (d at time zone 'UTC') - interval '1 microsecond')
        at time zone 'UTC' < d + interval '1 day'
    );
    select count(*), min(m.shown), max(m.shown),
      count(*) filter (where clock_change_warnings.rule.hours >> date_part('hour', m.across)::integer & 1 = 1
        and clock_change_warnings.rule.minutes >> date_part('minute', m.across)::integer & 1 = 1
        and m.across::date = any (v_days))
    into v_count, v_first, v_last, v_kept
    from (
      select s as shown, s + case when v_new > v_offset then v_shift else -v_shift end as across
      from generate_series(v_start, v_end - interval '1 minute', interval '1 minute') s
    ) m
    where clock_change_warnings.rule.hours >> date_part('hour', m.shown)::integer & 1 = 1
      and clock_change_warnings.rule.minutes >> date_part('minute', m.shown)::integer & 1 = 1
      and m.shown::date = any (v_days);

    -- A rule of every hour does not notice, if the change carries its minutes onto themselves.
    if v_count > 0
      and not (clock_change_warnings.rule.hours = 16777215 and v_kept = v_count
        and (v_new > v_offset or clock_change_warnings.rule.running)) then
      v_first := v_first + make_interval(secs => almanac_private.lowest_bit(clock_change_warnings.rule.seconds));
      v_last := v_last + make_interval(secs => 60 - position('1' in clock_change_warnings.rule.seconds::bit(60)::text));
      v_count := v_count * bit_count(clock_change_warnings.rule.seconds::bit(60));
      v_kept := v_kept * bit_count(clock_change_warnings.rule.seconds::bit(60));
      v_one := v_count = 1;
      v_joint := case when v_count = 2 then 'and' else 'to' end;
      v_runs := case when v_one then 'the run of ' else format('the %s runs of ', v_count) end
        || almanac_private.local_span(v_first, v_last, v_start::date, v_joint);
      v_warnings := v_warnings || case
        when v_new > v_offset
          then jsonb_build_object('code', 'gap', 'message', format('On %s clocks go from %s to %s: %s %s %s%s.',
          to_char(v_start, 'YYYY-MM-DD'), almanac_private.local_span(v_start, v_start, v_start::date),
          almanac_private.local_span(v_end, v_end, v_start::date),
          v_runs,
          case when v_kept < v_count then case when v_one then 'is at' else 'are at' end
            when v_one then 'falls together with that of' else 'fall together with those of' end,
          almanac_private.local_span(v_first + v_shift, v_last + v_shift, v_start::date, v_joint),
          case when v_kept between 1 and v_count - 1
            then format(', where %s', case v_kept when 1 then 'one of them falls together with another'
            else format('%s of them fall together with others', v_kept) end) end))
        else jsonb_build_object('code', 'overlap', 'message', format('On %s clocks show %s twice: %s %s in %s.',
          to_char(v_start, 'YYYY-MM-DD'), almanac_private.local_span(v_start, v_end, v_start::date),
          v_runs, case when v_one then 'comes' else 'come' end,
          case when not clock_change_warnings.rule.running then 'the first pass only'
            when v_one then 'both passes' else format('both passes, %s in all', 2 * v_count) end))
      end;
      exit when jsonb_array_length(v_warnings) = 4;
    end if;
    v_offset := v_new;
  end loop;
  return v_warnings;
end
$$;
comment on function almanac_private.clock_change_warnings(almanac_private.compiled_cron, text, timestamptz) is
  'What the clock changes in the 366 days from as_of do to a rule, the first four that affect it: an array of '
  '{code: gap or overlap, message}.';
grant execute on function almanac_private.clock_change_warnings(almanac_private.compiled_cron, text, timestamptz)
  to almanac_viewer;
