create or replace function almanac_private.local_reading(
  at timestamptz, timezone text, out shown timestamp, out utc_offset text, out after_gap boolean,
  out repeated boolean, out pass text
)
language plpgsql stable parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  v_offset interval;
  v_before interval;
  v_later interval;
  v_shift interval;
begin
  shown := local_reading.at at time zone local_reading.timezone;
  v_offset := shown - local_reading.at at time zone 'UTC';
  utc_offset := case when v_offset < interval '0' then '-' else '+' end
    || to_char(case when v_offset < interval '0' then -v_offset else v_offset end, 'HH24:MI');
  v_before := (local_reading.at - interval '25 hours') at time zone local_reading.timezone
    - (local_reading.at - interval '25 hours') at time zone 'UTC';
  v_later := (local_reading.at + interval '25 hours') at time zone local_reading.timezone
    - (local_reading.at + interval '25 hours') at time zone 'UTC';
  -- The clock went forward within the gap's own length before: the time would not be the same an offset ago.
  v_shift := v_offset - v_before;
  after_gap := v_shift > interval '0'
    and (local_reading.at - v_shift) at time zone local_reading.timezone
      - (local_reading.at - v_shift) at time zone 'UTC' = v_before;
  pass := case
    when v_offset > v_later
      and (local_reading.at + (v_offset - v_later)) at time zone local_reading.timezone = shown then 'first'
    when v_offset < v_before
      and (local_reading.at - (v_before - v_offset)) at time zone local_reading.timezone = shown then 'second'
  end;
  repeated := pass is not null;
end
$$;
comment on function almanac_private.local_reading(timestamptz, text) is
  'What a clock in the zone shows at an instant: local time, offset from UTC, whether the clock has just been put '
  'forward past it, and whether it shows this time twice (first or second pass).';
grant execute on function almanac_private.local_reading(timestamptz, text) to almanac_viewer;
