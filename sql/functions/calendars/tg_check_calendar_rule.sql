create or replace function almanac_private.tg_check_calendar_rule() returns trigger
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
begin
  if not exists (select from almanac.exclusion_calendars c where c.id = new.calendar_id) then
    raise exception using errcode = 'AL015', column = 'calendar_id', message = 'There is no such calendar.',
      detail = format('calendar_id: %s.', coalesce(new.calendar_id::text, 'null')),
      hint = 'See: select id, name from almanac.exclusion_calendars.';
  elsif length(new.ics) > 100000 then
    raise exception using errcode = 'AL015', column = 'ics',
      message = 'The text of a series may have at most 100,000 characters.',
      detail = format('It has %s.', length(new.ics)), hint = 'Import the file in parts, or omit the series.';
  end if;
  if tg_op = 'INSERT' then
    new.created_at := statement_timestamp();
    new.created_by := almanac_private.actor();
  else
    new.created_at := old.created_at;
    new.created_by := old.created_by;
  end if;
  perform almanac_private.check_given('almanac.calendar_rules', to_jsonb(new));
  return new;
end
$$;
comment on function almanac_private.tg_check_calendar_rule() is
  'Before a series of an import is written: refuses what the constraints of the table would show raw, and says who '
  'did it.';
