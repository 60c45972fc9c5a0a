create or replace function almanac_private.tg_keep_system() returns trigger
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
begin
  if current_setting('almanac.system', true) is distinct from 'on' or not has_schema_privilege('almanac_private', 'create') then
    perform almanac_private.refuse_change(old.id);
  end if;
  return old;
end
$$;
comment on function almanac_private.tg_keep_system() is 'Before a system schedule is deleted: refuses it to all but a migration.';
