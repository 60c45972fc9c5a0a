-- Definer: who may delete from a table may lock all of it, which operators may not. It looks itself who may change the
-- calendar.
create or replace function almanac_private.remove_imported(calendar_id bigint, source text) returns void
language sql volatile security definer set search_path to pg_catalog, pg_temp
begin atomic
  select almanac_private.find_calendar(c.name, true)
  from almanac.exclusion_calendars c where c.id = remove_imported.calendar_id;
  delete from almanac.calendar_rules r
  where r.calendar_id = remove_imported.calendar_id and r.source = remove_imported.source;
  delete from almanac.calendar_entries e
  where e.calendar_id = remove_imported.calendar_id and e.source = remove_imported.source;
end;
comment on function almanac_private.remove_imported(bigint, text) is
  'Removes from a calendar what came from a source, including the rules of its series.';
grant execute on function almanac_private.remove_imported(bigint, text) to almanac_operator;
