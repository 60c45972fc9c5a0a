-- Called by resolve_rule, with its rights.
create or replace function almanac_private.has_met_limit(schedule almanac.schedules, as_of timestamptz) returns boolean
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_left record;
begin
  if schedule.is_system or not almanac_private.is_limited(almanac_private.account(schedule.run_as, schedule.owner_user))
  then
    return false;
  end if;
  v_left := almanac_private.left_to_fire(almanac_private.account(schedule.run_as, schedule.owner_user),
    has_met_limit.as_of);
  return coalesce(least(v_left.runs, v_left.bytes, v_left.unfinished) < 1, false);
end
$$;
comment on function almanac_private.has_met_limit(almanac.schedules, timestamptz) is
  'Whether the role or user of a schedule may fire nothing more for now.';
