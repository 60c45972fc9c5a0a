-- Definer: reads rule versions, which are the owner's. The row may be made up: only its id counts.
create or replace function almanac.schedules_why(schedule almanac.schedules, moment timestamptz) returns text
language plpgsql stable security definer set search_path to pg_catalog, pg_temp
as $$
begin
  return (select almanac_private.why_at(s.id, schedules_why.moment)
    from almanac.schedules s where s.id = (schedules_why.schedule).id);
end
$$;
comment on function almanac.schedules_why(almanac.schedules, timestamptz) is
  'Explains in words why the schedule ran, or did not run, at a time, as almanac.why() does.';
grant execute on function almanac.schedules_why(almanac.schedules, timestamptz) to almanac_viewer;
