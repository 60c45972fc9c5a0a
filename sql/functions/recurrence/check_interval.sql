create or replace function almanac_private.check_interval(every interval, field text default 'every') returns void
language plpgsql immutable parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  v_months integer;
  v_days integer;
  v_time numeric;
  v_problem text;
begin
  if isfinite(every) then
    v_months := date_part('year', every) * 12 + date_part('month', every);
    v_days := date_part('day', every);
    v_time := extract(epoch from every - make_interval(months => v_months, days => v_days));
  end if;
  v_problem := case
    when every is null then 'is missing'
    when v_months is null then 'is not finite'
    when v_months > 120000 or v_days > 3652500 or v_time > 315576000000 then 'is longer than 10,000 years'
    when (v_months <> 0)::integer + (v_days <> 0)::integer + (v_time <> 0)::integer > 1
      then 'mixes months, days and time'
    when v_months = 0 and v_days = 0 and v_time = 0 then 'is zero'
    when v_months < 0 or v_days < 0 or v_time < 0 then 'is negative'
    when v_time <> 0 and v_time < 1 then 'is shorter than a second'
    when v_time <> trunc(v_time) then 'has a fraction of a second'
  end;
  if v_problem is not null then
    raise exception using errcode = 'AL003', column = check_interval.field,
      message = format('The interval %s.', v_problem),
      detail = format('%s: %s.', check_interval.field, coalesce(every::text, 'null')),
      hint = 'Use months, or days, or whole seconds: 3 months, 2 weeks, 90 minutes. A day is not always 24 hours: '
        'clocks change.';
  end if;
end
$$;
comment on function almanac_private.check_interval(interval, text) is
  'Raises AL003 unless the interval has one of PostgreSQL''s three parts, positive, in whole seconds.';
grant execute on function almanac_private.check_interval(interval, text) to almanac_viewer;
