create or replace function almanac_private.tg_check_calendar_owner() returns trigger
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
begin
  if current_setting('almanac.system', true) = 'on' and has_schema_privilege('almanac_private', 'create') then
    null; -- read_on(), for the worker
  elsif tg_table_name = 'exclusion_calendars' then
    perform almanac_private.check_calendar_owner(old);
  else
    -- Gone when the calendar is deleted together with its entries.
    perform almanac_private.check_calendar_owner(c) from almanac.exclusion_calendars c
    where c.id in (case when tg_op <> 'INSERT' then old.calendar_id end,
      case when tg_op <> 'DELETE' then new.calendar_id end);
  end if;
  return case when tg_op = 'DELETE' then old else new end;
end
$$;
comment on function almanac_private.tg_check_calendar_owner() is
  'Before a calendar, an entry or a rule of it changes: refuses it to anyone who may not change the calendar.';
