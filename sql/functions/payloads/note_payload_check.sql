-- Called by end_misfits, with its rights.
create or replace function almanac_private.note_payload_check(schedule_id bigint, run_id bigint, problem text)
returns void
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
begin
  -- Anyone who writes the payload or the schema at this moment has it locked, and knows better.
  perform from almanac_private.outdated_checks o
  where o.schedule_id = note_payload_check.schedule_id for no key update skip locked;
  if not found then
    return;
  elsif note_payload_check.problem is not null then
    update almanac_private.outdated_checks o set problem = note_payload_check.problem
    where o.schedule_id = note_payload_check.schedule_id;
  else
    -- Once no run is left that may have an earlier payload.
    delete from almanac_private.outdated_checks o
    where o.schedule_id = note_payload_check.schedule_id and not exists (
      select from almanac_private.live_runs l
      where l.schedule_id = o.schedule_id and l.run_id <> note_payload_check.run_id);
  end if;
end
$$;
comment on function almanac_private.note_payload_check(bigint, bigint, text) is
  'Notes what came of checking the payload of a schedule by the new schema of its task; null: it fits, and is not '
  'checked again.';
