create or replace function almanac.upcoming(schedule text, after timestamptz default now(), max_count integer default 10)
returns table (scheduled_for timestamptz, due_at timestamptz)
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_schedule almanac.schedules := almanac_private.find_schedule(upcoming.schedule);
begin
  if v_schedule.status in ('completed', 'disabled') then
    return;
  end if;
  return query
  select o.at, o.at
  from almanac_private.occurrences_between(v_schedule, upcoming.after + interval '1 microsecond', 'infinity',
    almanac_private.checked_count(upcoming.max_count)) o(at);
end
$$;
comment on function almanac.upcoming(text, timestamptz, integer) is
  'The next occurrences of a schedule after a moment: nominal and due time. For a paused one, those it would have.';
grant execute on function almanac.upcoming(text, timestamptz, integer) to almanac_viewer;
