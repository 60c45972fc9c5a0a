create or replace function almanac_private.tg_load_override() returns trigger
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_now timestamptz := statement_timestamp();
begin
  if new.action = 'move' and new.done_at is null and new.moved_to >= v_now then
    new.is_owed := new.scheduled_for <= v_now;
  elsif new.scheduled_for > v_now then
    -- It ran early where it comes from, or was to.
    new.action := 'skip';
    new.moved_to := null;
    new.done_at := null;
    new.is_owed := false;
    new.is_carried_over := false;
  else
    return null;
  end if;
  return new;
end
$$;
comment on function almanac_private.tg_load_override() is
  'Before a dump loads an override: keeps what it still has to do, as the run history stays where it comes '
  'from.';
