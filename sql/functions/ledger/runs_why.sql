-- Definer: reads rule versions, which are the owner's. The row may be made up: only its id and its time count.
create or replace function almanac.runs_why(run almanac.runs) returns text
language plpgsql stable security definer set search_path to pg_catalog, pg_temp
as $$
begin
  return (
    select almanac_private.why_run(r, coalesce((
      select s.timezone from almanac.schedules s
      where s.id = r.schedule_id and almanac_private.knows_timezone(s.timezone)), 'UTC'))
    from almanac.runs r
    where r.id = (runs_why.run).id and r.scheduled_for = (runs_why.run).scheduled_for);
end
$$;
comment on function almanac.runs_why(almanac.runs) is
  'Explains in words why there is this run and how it ended: its rule or who asked for it, what moved it, what it '
  'waits for.';
grant execute on function almanac.runs_why(almanac.runs) to almanac_viewer;
