-- Called by what begins and ends runs, with its rights and settings.
create or replace function almanac_private.lock_group(group_id bigint, waits boolean default true) returns boolean
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
begin
  if lock_group.waits then
    perform from almanac_private.group_turns t where t.group_id = lock_group.group_id for no key update;
  else
    perform from almanac_private.group_turns t where t.group_id = lock_group.group_id for no key update skip locked;
  end if;
  return found;
end
$$;
comment on function almanac_private.lock_group(bigint, boolean) is
  'Takes the turn of a group, in which one transaction at a time counts its runs and lets some begin. No one but the '
  'engine can lock it. Anyone who holds it waits for nothing but the turns of groups with a greater id. waits: false '
  'does not wait, and answers whether it has the turn.';
