-- Definer: the setting is the engine's. The row may be made up: only a count is told.
create or replace function almanac.runs_given_back(run almanac.runs) returns integer
language sql stable security definer set search_path to pg_catalog, pg_temp
begin atomic
  select case when runs_given_back.run.max_attempts = 1 then 0
    -- With the last worker that it may lose it fails: nothing is given back for that one.
    else least(coalesce(runs_given_back.run.lost_attempts, 0), almanac_private.max_lost_attempts() - 1)
      + (select count(*) from almanac.run_attempts a
        where a.run_id = runs_given_back.run.id and a.scheduled_for = runs_given_back.run.scheduled_for
          and a.status = 'cancelled'
          and (a.attempt, 'cancelled') is distinct from (runs_given_back.run.attempt, runs_given_back.run.status::text))
  end::integer;
end;
comment on function almanac.runs_given_back(almanac.runs) is
  'How many attempts were added to max_attempts, as others ended with their worker, or were put back by one that '
  'stopped. The only attempt of a run is never given back.';
grant execute on function almanac.runs_given_back(almanac.runs) to almanac_viewer;
