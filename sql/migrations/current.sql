-- The next migration, in the making.

-- The calendar counts what waits apart from what is running, and what was cancelled apart from what was skipped.
do $$
begin
  if not exists (
    select from pg_attribute a
    where a.attrelid = to_regclass('almanac.calendar_item') and a.attname = 'waiting'
  ) then
    alter type almanac.calendar_item add attribute cancelled bigint, add attribute waiting bigint;
  end if;
end
$$;
--!include functions/planning/calendar_item.sql
--!include functions/planning/calendar.sql
