-- Definer: writes what only the owner may.
create or replace function almanac_private.tg_note_failure() returns trigger
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
begin
  if not almanac_private.loads_dump() then
    insert into almanac_private.recent_failures (scheduled_for, run_id) values (new.scheduled_for, new.id)
    on conflict do nothing;
  end if;
  return null;
end
$$;
comment on function almanac_private.tg_note_failure() is 'Notes that a run has failed or timed out.';
