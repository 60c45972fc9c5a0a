create or replace function almanac_private.check_recurring_windows(calendars text[], field text) returns void
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  -- Each costs some 20 µs whenever the next occurrence is computed, and others' firing waits meanwhile.
  v_most constant integer := 200;
  v_count bigint := (
    select count(*) from almanac.exclusion_calendars c
    join almanac.calendar_entries e on e.calendar_id = c.id and e.cron_expression is not null
    where c.name = any (check_recurring_windows.calendars));
begin
  if v_count > v_most then
    raise exception using errcode = 'AL015', column = check_recurring_windows.field,
      message = format('The calendars of a schedule have at most %s recurring windows together.', v_most),
      detail = format('%s: %s.', left(array_to_string(check_recurring_windows.calendars, ', '), 200), v_count),
      hint = 'One cron text may name several days and hours; enter what does not recur as dates or ranges.';
  end if;
end
$$;
comment on function almanac_private.check_recurring_windows(text[], text) is
  'Refuses (AL015) calendars that have more recurring windows together than firing has time for.';
