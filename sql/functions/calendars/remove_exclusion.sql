-- Definer: who may delete from a table may lock all of it, which operators may not. It looks itself who may change the
-- calendar.
create or replace function almanac.remove_exclusion(entry_id bigint) returns almanac.calendar_entries
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_entry almanac.calendar_entries;
begin
  select e.* into v_entry from almanac.calendar_entries e where e.id = remove_exclusion.entry_id;
  perform almanac_private.check_part_of_calendar('entry', remove_exclusion.entry_id, v_entry.calendar_id);
  delete from almanac.calendar_entries e where e.id = v_entry.id;
  return v_entry;
end
$$;
comment on function almanac.remove_exclusion(bigint) is 'Removes an entry from its calendar.';
grant execute on function almanac.remove_exclusion(bigint) to almanac_operator;
