-- Definer: writes what only the owner may.
create or replace function almanac_private.tg_note_changed_days() returns trigger
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
begin
  insert into almanac_private.changed_days (day, changed_by)
  select distinct almanac_private.utc_day(t.at), pg_current_xact_id()
  from unnest(array[new.scheduled_for, new.due_at, case when tg_op = 'UPDATE' then old.due_at end]) t(at)
  where t.at is not null
  on conflict do nothing;
  return null;
end
$$;
comment on function almanac_private.tg_note_changed_days() is
  'Notes that counts of past days are no longer right, as a run of theirs was added or changed.';
