-- Called by begin_runs and finish_runs, with their rights and settings.
create or replace function almanac_private.note_held_runs(
  scheduled_for timestamptz, run_ids bigint[], free_ids bigint[]
) returns bigint[]
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_held bigint[] := array(
    select r.id from almanac.runs r
    where r.id = any (note_held_runs.run_ids) and r.id <> all (note_held_runs.free_ids)
      and r.scheduled_for = note_held_runs.scheduled_for and r.finished_at is null
    order by r.id);
begin
  insert into almanac_private.held_runs (run_id, scheduled_for, held_since)
  select h.id, note_held_runs.scheduled_for, clock_timestamp() from unnest(v_held) h(id)
  on conflict do nothing;
  return v_held;
end
$$;
comment on function almanac_private.note_held_runs(timestamptz, bigint[], bigint[]) is
  'Of runs of one time, those that are not over and that someone holds locked, so that free_ids lacks them: returns '
  'them, and notes since when they have waited.';
