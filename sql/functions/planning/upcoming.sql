create or replace function almanac.upcoming(
  schedule text, after timestamptz default now(), max_count integer default 10
)
returns table (scheduled_for timestamptz, due_at timestamptz, note text)
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_schedule almanac.schedules := almanac_private.find_schedule(upcoming.schedule);
begin
  if v_schedule.status in ('completed', 'disabled') then
    return;
  end if;
  return query
  select c.scheduled_for, c.due_at, almanac_private.due_note(v_schedule, c)
  from almanac_private.coming_occurrences(v_schedule, upcoming.after + interval '1 microsecond', 'infinity',
    almanac_private.checked_count(upcoming.max_count)) c;
end
$$;
comment on function almanac.upcoming(text, timestamptz, integer) is
  'The next occurrences of a schedule that are due after a moment: nominal and due time, and why they differ. For a '
  'paused one, those it would have.';
grant execute on function almanac.upcoming(text, timestamptz, integer) to almanac_viewer;
