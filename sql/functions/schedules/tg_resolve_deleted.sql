-- Definer: writes the ledger.
create or replace function almanac_private.tg_resolve_deleted() returns trigger
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp set jit to off
as $$
begin
  if old.next_run_at is not null then
    perform almanac_private.resolve_rule(old, statement_timestamp(), null, 'delete');
  elsif old.status = 'paused' and old.deleted_at is null and old.archived_at is null then
    perform almanac_private.resolve_rule(old, statement_timestamp(), 'paused', 'stop');
  end if;
  return old;
end
$$;
comment on function almanac_private.tg_resolve_deleted() is
  'Before a schedule is deleted: gives what is due by now its outcome.';
