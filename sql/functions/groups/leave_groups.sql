-- Called by what ends or postpones runs that it has locked, with its rights and settings.
create or replace function almanac_private.leave_groups(run_ids bigint[]) returns void
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
begin
  if leave_groups.run_ids = '{}' or not exists (select from almanac.resource_groups) then
    return;
  end if;
  delete from almanac_private.group_line l where l.run_id = any (leave_groups.run_ids);
  delete from almanac_private.group_slots s where s.run_id = any (leave_groups.run_ids) and s.begun_at is null;
end
$$;
comment on function almanac_private.leave_groups(bigint[]) is
  'Runs that do not begin for another reason, or never, are in no line, and no place is kept for them. Workers look '
  'after those that wait, within a quarter of a second.';
