-- Anyone who looks up exclusions lists the windows around a moment, at some 6 µs each, and follows those that touch
-- each other to where the last one ends. One series of an hourly window of 366 days meant 8,800 windows at each
-- look-up, and 3.6 s to compute a schedule's next run.
create or replace function almanac_private.check_window_series(
  calendar_id bigint, entry_id bigint, cron_expression text, rule almanac_private.compiled_cron, duration interval
) returns void
language plpgsql stable set search_path to pg_catalog, pg_temp set jit to off
as $$
declare
  v_daily integer := bit_count((rule).hours::bit(24));
  v_overlapping bigint;
  v_chain bigint;
  v_others bigint;
begin
  if v_daily = 1 and check_window_series.duration <= interval '31 days' then
    return;
  end if;

  -- Two years that have no leap day, in UTC: a clock change alters little.
  with starts as materialized (
    select o.at, coalesce(lag(o.at) over (order by o.at) + check_window_series.duration >= o.at, false) as touches
    from almanac_private.cron_between(rule, 'UTC', '2024-12-31T23:59:59Z', '2027-01-01T00:00:00Z') o(at)
  ), chains as (
    select count(*) as windows
    from (select count(*) filter (where not s.touches) over (order by s.at) as nth from starts s) c
    group by c.nth
  )
  select
    -- A window that ends as the other begins does not overlap it.
    (select max(w.windows) from (
      select count(*) over (order by s.at range between current row
        and check_window_series.duration - interval '1 second' following) as windows
      from starts s) w),
    (select max(c.windows) from chains c)
  into v_overlapping, v_chain;

  if v_overlapping > 31 then
    raise exception using errcode = 'AL015', column = 'duration',
      message = 'At most 31 windows of a series may overlap.',
      detail = format('cron_expression: %s, duration: %s, windows that overlap: %s.',
        check_window_series.cron_expression, check_window_series.duration, v_overlapping),
      hint = 'Use a shorter duration. To exclude everything between two times, use exclude_range.';
  end if;
  if v_daily > 1 and v_chain > 400 then
    raise exception using errcode = 'AL015', column = 'cron_expression',
      message = 'At most 400 windows that start more than once a day may follow each other without a gap.',
      detail = format('cron_expression: %s, duration: %s, windows without a gap: %s.',
        check_window_series.cron_expression, check_window_series.duration, v_chain),
      hint = 'Use one longer window a day instead: 0 0 * * * for 1 day excludes whole days.';
  end if;

  if v_daily > 1 then
    v_others := (
      select coalesce(sum(bit_count((e.rule).hours::bit(24))), 0) from almanac.calendar_entries e
      where e.calendar_id = check_window_series.calendar_id and e.id is distinct from check_window_series.entry_id
        and bit_count((e.rule).hours::bit(24)) > 1);
    if v_others + v_daily > 240 then
      raise exception using errcode = 'AL015', column = 'cron_expression',
        message = 'In one calendar, windows that start more than once a day may start 240 times a day in total.',
        detail = format('cron_expression: %s, starts a day: %s, of the others: %s.',
          check_window_series.cron_expression, v_daily, v_others),
        hint = 'Make them start less often and last longer, or remove others.';
    end if;
  end if;
end
$$;
comment on function almanac_private.check_window_series(bigint, bigint, text, almanac_private.compiled_cron, interval)
  is 'Refuses recurring windows (AL015) that would make every look-up of the calendar slow: of one series more than 31 '
  'that overlap, or 400 that follow each other without a gap and start more than once a day; of all such series of a '
  'calendar, more than 240 starts a day.';
grant execute on function almanac_private.check_window_series(
  bigint, bigint, text, almanac_private.compiled_cron, interval) to almanac_operator;
