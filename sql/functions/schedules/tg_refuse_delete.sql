create or replace function almanac_private.tg_refuse_delete() returns trigger
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
begin
  if not almanac_private.may_change(old.owner_user, old.run_as_key)
    or old.is_system and (current_setting('almanac.system', true) is distinct from 'on'
      or not has_schema_privilege('almanac_private', 'create'))
  then
    perform almanac_private.refuse_change(old.id);
  end if;
  perform almanac_private.check_managed(old, null);
  return old;
end
$$;
comment on function almanac_private.tg_refuse_delete() is
  'Before a schedule is deleted: refuses it to anyone who may not change it, and of a system schedule to all but a '
  'migration.';
