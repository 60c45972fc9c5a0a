-- Called by finish_runs, with its rights and settings.
create or replace function almanac_private.pass_on_places(run_ids bigint[], as_of timestamptz) returns void
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_ids bigint[];
  v_group almanac.resource_groups;
begin
  with freed as (
    delete from almanac_private.group_slots s where s.run_id = any (pass_on_places.run_ids) returning s.group_id
  )
  select array_agg(distinct f.group_id) into v_ids from freed f;
  for v_group in
    select g.* from almanac.resource_groups g where g.id = any (v_ids) order by g.id
  loop
    -- Anyone who puts runs in line at this moment counts the places that are left here: so their turn is waited for.
    continue when not almanac_private.lock_group(v_group.id);
    perform almanac_private.call_next(v_group, pass_on_places.as_of);
  end loop;
end
$$;
comment on function almanac_private.pass_on_places(bigint[], timestamptz) is
  'Attempts have ended: those that are next in the lines of their groups have their places.';
