create or replace function almanac_private.tg_compute_calendar_entry() returns trigger
language plpgsql volatile set search_path to pg_catalog, pg_temp set jit to off
as $$
begin
  new.rule := null;
  if new.timezone is not null then
    perform almanac_private.check_timezone(new.timezone);
  end if;
  if new.cron_expression is not null then
    new.rule := almanac_private.compile_cron(new.cron_expression);
    if new.duration is null or not isfinite(new.duration) or new.duration > interval '366 days' then
      raise exception using errcode = 'AL015', column = 'duration', message = 'A recurring window needs a duration of at most 366 days.',
        detail = format('duration: %s.', coalesce(new.duration::text, 'null')), hint = 'For instance 1 day, or 8 hours.';
    end if;
    perform almanac_private.check_interval(new.duration);
    if bit_count((new.rule).rule_seconds::bit(60)) * bit_count((new.rule).rule_minutes::bit(60)) > 1 then
      raise exception using errcode = 'AL015', column = 'cron_expression', message = 'A recurring window may begin once an hour at most.',
        detail = format('cron_expression: %s.', new.cron_expression), hint = 'Name one minute, and make the duration longer.';
    end if;
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
comment on function almanac_private.tg_compute_calendar_entry() is 'Before an insert or update of a calendar entry: compiles its recurring window, if it is one.';
