-- Called by begin_runs and finish_runs, with their rights and settings.
create or replace function almanac_private.note_held_runs(
  first_time timestamptz, last_time timestamptz, run_ids bigint[], free_ids bigint[]
) returns bigint[]
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_held bigint[] := array(
    select r.id from almanac.runs r
    where r.id = any (note_held_runs.run_ids) and r.id <> all (note_held_runs.free_ids)
      and r.scheduled_for between note_held_runs.first_time and note_held_runs.last_time and r.finished_at is null
    order by r.id);
begin
  insert into almanac_private.held_runs (run_id, scheduled_for, held_since)
  select r.id, r.scheduled_for, clock_timestamp() from almanac.runs r
  where r.id = any (v_held) and r.scheduled_for between note_held_runs.first_time and note_held_runs.last_time
  on conflict do nothing;
  return v_held;
end
$$;
comment on function almanac_private.note_held_runs(timestamptz, timestamptz, bigint[], bigint[]) is
  'Of runs of one week, those that are not over and that someone holds locked, so that free_ids lacks them: returns '
  'them, and notes since when they have waited.';
