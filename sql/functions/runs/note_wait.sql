-- Definer: writes the ledger.
create or replace function almanac_private.note_wait(run_id bigint, scheduled_for timestamptz, reason text)
returns void
language sql volatile security definer set search_path to pg_catalog, pg_temp
begin atomic
  update almanac.runs r set reason = left(note_wait.reason, 1000)
  where r.scheduled_for = note_wait.scheduled_for and r.id = any (array(
    select h.id from almanac.runs h
    where h.id = note_wait.run_id and h.scheduled_for = note_wait.scheduled_for and h.status = 'running'
    for no key update skip locked));
end;
comment on function almanac_private.note_wait(bigint, timestamptz, text) is
  'Notes what a run that is running waits for before it does anything; null: it waits no longer. One that someone '
  'holds locked is passed over.';
grant execute on function almanac_private.note_wait(bigint, timestamptz, text) to almanac_worker;
