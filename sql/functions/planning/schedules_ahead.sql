create or replace function almanac_private.schedules_ahead(
  as_of timestamptz
) returns table (id bigint, cursor_at timestamptz)
language sql stable parallel safe
begin atomic
  -- The engine resolves nothing before its time: only the clock can have been ahead. A second is the difference of two
  -- connections.
  select s.id, s.cursor_at from almanac.schedules s where s.cursor_at > schedules_ahead.as_of + interval '1 second';
end;
comment on function almanac_private.schedules_ahead(timestamptz) is
  'Schedules that were fired beyond as_of because the database''s clock was ahead, and until when their occurrences '
  'have outcomes.';
grant execute on function almanac_private.schedules_ahead(timestamptz) to almanac_viewer;
