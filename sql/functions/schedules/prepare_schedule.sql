-- All that is asked of a definition before it is saved, previewed or compared, in the order in which a person would
-- want to hear it: its kind and what goes with it; its bounds (check_schedule); its time zone; its rule, which is
-- compiled here; its calendars; its jitter. The first fault is raised, with the column of the form that has it.
--
-- Who may save it, and whether its task takes its payload, is asked elsewhere: those depend on who asks.
create or replace function almanac_private.prepare_schedule(schedule almanac.schedules) returns almanac.schedules
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_surplus text;
  v_unknown text;
begin
  v_surplus := case
    when schedule.kind is null then 'kind'
    when schedule.kind = 'cron' and schedule.cron_expression is null then 'cron_expression'
    when schedule.kind = 'interval' and schedule.every is null then 'every'
    when schedule.kind = 'once' and schedule.run_at is null then 'run_at'
  end;
  if v_surplus is not null then
    raise exception using errcode = 'AL010', column = v_surplus,
      message = case when v_surplus = 'kind' then 'A schedule needs a kind.'
        else format('A schedule of kind %s needs %s.', schedule.kind, v_surplus) end,
      detail = format('kind: %s.', coalesce(schedule.kind::text, 'null')),
      hint = case v_surplus
        when 'kind' then 'Use cron, interval, once or manual.'
        when 'cron_expression'
          then 'Use five fields: minute, hour, day of month, month, day of week. For example 0 3 * * *.'
        when 'every' then 'Use an interval: 15 minutes, 2 weeks.'
        else 'Use a time with its zone: 2030-01-31T09:00:00+01:00, or now() + interval ''1 hour''.' end;
  end if;
  v_surplus := case
    when schedule.kind <> 'cron' and schedule.cron_expression is not null then 'cron_expression'
    when schedule.kind <> 'interval' and schedule.every is not null then 'every'
    when schedule.kind <> 'once' and schedule.run_at is not null then 'run_at'
  end;
  if v_surplus is not null then
    raise exception using errcode = 'AL010', column = v_surplus,
      message = format('A schedule of kind %s takes no %s.', schedule.kind, v_surplus),
      detail = format('kind: %s.', schedule.kind),
      hint = format('Set %s to null, or choose the kind that goes with it.', v_surplus);
  end if;

  perform almanac_private.check_schedule(schedule);
  perform almanac_private.check_timezone(schedule.timezone);

  schedule.rule := null;
  if schedule.kind = 'cron' then
    schedule.rule := almanac_private.compile_cron(schedule.cron_expression);
  elsif schedule.kind = 'interval' then
    perform almanac_private.check_interval(schedule.every);
  elsif schedule.kind = 'once' and not almanac_private.is_in_reach(schedule.run_at) then
    raise exception using errcode = 'AL004', column = 'run_at',
      message = 'The time of a single run must be before the year 10000.',
      detail = format('run_at: %s.', schedule.run_at), hint = 'Use a timestamp with time zone.';
  end if;

  if schedule.calendars <> '{}' then
    v_unknown := (select min(u.name) from unnest(schedule.calendars) u(name)
      where not exists (select from almanac.exclusion_calendars c where c.name = u.name));
  end if;
  if v_unknown is not null or array_position(schedule.calendars, null) is not null then
    raise exception using errcode = 'AL015', column = 'calendars',
      message = format('There is no calendar %s.', coalesce(quote_literal(v_unknown), 'null')),
      detail = format('Calendars: %s.',
        coalesce((select string_agg(c.name, ', ' order by c.name) from almanac.exclusion_calendars c), 'none')),
      hint = 'Create it first: select almanac.create_calendar('''
        || replace(coalesce(v_unknown, 'holidays'), '''', '''''') || ''').';
  end if;
  if not isfinite(schedule.jitter) or extract(month from schedule.jitter) <> 0
    or extract(year from schedule.jitter) <> 0
    or schedule.jitter not between '0' and '24 hours'
  then
    raise exception using errcode = 'AL003', column = 'jitter',
      message = 'The jitter must be between zero and one day.',
      detail = format('jitter: %s.', schedule.jitter),
      hint = 'Use seconds, minutes or hours, up to a day: 30 seconds.';
  end if;

  -- Of elapsed time: a day is 24 hours, whatever the session's zone does.
  schedule.jitter := make_interval(secs => extract(epoch from schedule.jitter)::float8);
  return schedule;
end
$$;
comment on function almanac_private.prepare_schedule(almanac.schedules) is
  'Checks a definition and compiles its rule; raises AL001 to AL015 with the column at fault. Saving and previewing '
  'both go through it.';
grant execute on function almanac_private.prepare_schedule(almanac.schedules) to almanac_viewer;
