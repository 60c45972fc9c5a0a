-- Definer: Graphile Worker's tables are the owner's.
create or replace function almanac_private.tg_name_jobs() returns trigger
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
begin
  if not almanac_private.loads_dump() then
    insert into graphile_worker._private_tasks (identifier) values (almanac_private.run_identifier(new.identifier))
    on conflict do nothing;
  end if;
  return null;
end
$$;
comment on function almanac_private.tg_name_jobs() is
  'Gives Graphile Worker the name of a new task''s jobs. Who adds the first of them would hold the name until the '
  'transaction ends, and all firing would wait for it.';
