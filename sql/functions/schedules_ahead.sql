create or replace function almanac_private.schedules_ahead(as_of timestamptz) returns setof almanac.schedules
language sql stable parallel safe
begin atomic
  -- The engine settles nothing before its time: only the clock can have been ahead. A second is the difference of two connections.
  select s.* from almanac.schedules s where s.cursor_at > schedules_ahead.as_of + interval '1 second';
end;
comment on function almanac_private.schedules_ahead(timestamptz) is
  'Schedules of which occurrences after as_of have their outcome, because the database''s clock was ahead when they were fired.';
grant execute on function almanac_private.schedules_ahead(timestamptz) to almanac_viewer;
