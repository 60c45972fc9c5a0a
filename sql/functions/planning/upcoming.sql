create or replace function almanac.upcoming(
  schedule text, after timestamptz default statement_timestamp(), max_count integer default 10
)
returns table (scheduled_for timestamptz, due_at timestamptz, local_time text, utc_offset text, note text)
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_schedule almanac.schedules := almanac_private.find_schedule(upcoming.schedule);
begin
  if v_schedule.status in ('completed', 'disabled') then
    return;
  end if;
  return query select * from almanac_private.listed_occurrences(v_schedule, upcoming.after,
    almanac_private.checked_count(upcoming.max_count));
end
$$;
comment on function almanac.upcoming(text, timestamptz, integer) is
  'The next occurrences of a schedule that are due after a moment: nominal and due time, the local time and offset of '
  'the due time, and in note why it is not the nominal time, or what a clock change does to it. For a paused '
  'schedule, those it would have.';
grant execute on function almanac.upcoming(text, timestamptz, integer) to almanac_viewer;
