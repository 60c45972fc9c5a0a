-- Definer: who may delete from a table may lock all of it, which operators may not. It looks itself who may change the
-- calendar.
create or replace function almanac.remove_exclusion(entry_id bigint) returns almanac.calendar_entries
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_entry almanac.calendar_entries;
begin
  select e.* into v_entry from almanac.calendar_entries e where e.id = remove_exclusion.entry_id;
  if v_entry.id is null then
    raise exception using errcode = 'AL015',
      message = format('There is no calendar entry with id %s.',
        coalesce(remove_exclusion.entry_id::text, 'null')),
      detail = 'It may have been removed.', hint = 'See: select * from almanac.calendar_entries.';
  end if;
  perform almanac_private.find_calendar(c.name, true)
  from almanac.exclusion_calendars c where c.id = v_entry.calendar_id;
  delete from almanac.calendar_entries e where e.id = v_entry.id;
  return v_entry;
end
$$;
comment on function almanac.remove_exclusion(bigint) is 'Removes an entry from its calendar.';
grant execute on function almanac.remove_exclusion(bigint) to almanac_operator;
