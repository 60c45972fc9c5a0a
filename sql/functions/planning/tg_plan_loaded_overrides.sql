-- Definer: writes what only the engine may.
create or replace function almanac_private.tg_plan_loaded_overrides() returns trigger
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp set jit to off
as $$
declare
  v_ids bigint[] := array(select distinct n.schedule_id from new_rows n order by n.schedule_id);
begin
  perform almanac_private.settle_before_change(v_ids);
  perform set_config('almanac.engine', 'on', true);
  update almanac.schedules s set has_overrides = true where s.id = any (v_ids) and not s.has_overrides;
  perform set_config('almanac.engine', 'off', true);
  perform almanac_private.replan(v_ids);
  return null;
end
$$;
comment on function almanac_private.tg_plan_loaded_overrides() is
  'After a dump has loaded overrides: plans their schedules by them, which were loaded before.';
