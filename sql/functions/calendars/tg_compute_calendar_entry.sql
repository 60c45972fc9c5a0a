create or replace function almanac_private.tg_compute_calendar_entry() returns trigger
language plpgsql volatile set search_path to pg_catalog, pg_temp set jit to off
as $$
declare
  v_wrong text[];
begin
  v_wrong := case
    when not exists (select from almanac.exclusion_calendars c where c.id = new.calendar_id) then array[
      'calendar_id', 'There is no such calendar.', 'See: select id, name from almanac.exclusion_calendars.']
    when new.rule_id is not null and not exists (
        select from almanac.calendar_rules r where r.id = new.rule_id and r.calendar_id = new.calendar_id)
      then array['rule_id', 'The calendar has no such series.',
      'See: select id, label from almanac.calendar_rules.']
    when num_nonnulls(new.starts_on, new.starts_at, new.cron_expression) <> 1 then array[
      'starts_on', 'An entry is dates, a range of times or a recurring window.',
      'Set one of starts_on, starts_at and cron_expression.']
    when not isfinite(new.starts_on) or new.starts_on not between '1900-01-01' and '9999-12-31' then array[
      'starts_on', 'The first date must be between 1900 and 9999.', 'For example 2026-12-25.']
    when new.ends_on < new.starts_on
      then array['ends_on', 'The last date comes before the first.', 'Leave it null for a single date.']
    when new.ends_on is not null and (new.starts_on is null or not isfinite(new.ends_on)) then array[
      'ends_on', 'The last date is invalid, or there is no first date.', 'Leave it null for a single date.']
    when not almanac_private.is_in_reach(new.starts_at)
      then array['starts_at', 'The start of the range must be in the years 1 to 9999.',
      'Use a timestamp with time zone.']
    when (new.ends_at is null) <> (new.starts_at is null) or not almanac_private.is_in_reach(new.ends_at) then array[
      'ends_at', 'A range of times needs a start and an end, in the years 1 to 9999.',
      'Use a timestamp with time zone; if there is no end, one far in the future.']
    when new.ends_at <= new.starts_at
      then array['ends_at', 'The range ends before it starts.',
      'The end is exclusive: to exclude one hour, use the next full hour.']
    when new.duration is not null and new.cron_expression is null
      then array['duration', 'Only a recurring window has a duration.', 'Set cron_expression too.']
    when new.timezone is not null and new.starts_at is not null
      then array['timezone', 'A range of times takes no time zone.', 'Its start and end are instants.']
  end;
  if v_wrong is not null then
    raise exception using errcode = 'AL015', column = v_wrong[1], message = v_wrong[2], hint = v_wrong[3],
      detail = format('%s.', (
        select string_agg(format('%s: %s', f.key, coalesce(left(f.value, 100), 'null')), ', '
          order by array_position(array['calendar_id', 'rule_id', 'starts_on', 'ends_on', 'starts_at', 'ends_at'],
            f.key))
        from jsonb_each_text(to_jsonb(new)) f
        where f.key in ('calendar_id', 'rule_id', 'starts_on', 'ends_on', 'starts_at', 'ends_at', 'cron_expression',
          'duration', 'timezone')
          and (f.value is not null or f.key = v_wrong[1])));
  end if;
  new.rule := null;
  if new.timezone is not null then
    perform almanac_private.check_timezone(new.timezone);
  end if;
  if new.cron_expression is not null then
    new.rule := almanac_private.compile_cron(new.cron_expression);
    if new.duration is null or not isfinite(new.duration) or new.duration > interval '366 days' then
      raise exception using errcode = 'AL015', column = 'duration',
        message = 'A recurring window needs a duration of at most 366 days.',
        detail = format('duration: %s.', coalesce(new.duration::text, 'null')),
        hint = 'For example 1 day, or 8 hours.';
    end if;
    perform almanac_private.check_interval(new.duration, 'duration');
    if bit_count((new.rule).seconds::bit(60)) * bit_count((new.rule).minutes::bit(60)) > 1 then
      raise exception using errcode = 'AL015', column = 'cron_expression',
        message = 'A recurring window may start at most once an hour.',
        detail = format('cron_expression: %s.', new.cron_expression),
        hint = 'Use a single minute, and make the duration longer.';
    end if;
    perform almanac_private.check_window_series(new.calendar_id, new.id, new.cron_expression, new.rule, new.duration);
  end if;
  if tg_op = 'INSERT' then
    new.created_at := statement_timestamp();
    new.created_by := almanac_private.actor();
  else
    new.created_at := old.created_at;
    new.created_by := old.created_by;
  end if;
  return new;
end
$$;
comment on function almanac_private.tg_compute_calendar_entry() is
  'Before an insert or update of a calendar entry: checks it, and compiles its recurring window, if it is one.';
