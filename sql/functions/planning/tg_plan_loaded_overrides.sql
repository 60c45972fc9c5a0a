-- Definer: writes what only the engine may.
create or replace function almanac_private.tg_plan_loaded_overrides() returns trigger
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp set jit to off
as $$
declare
  v_ids bigint[] := array(select distinct n.schedule_id from new_rows n order by n.schedule_id);
  v_engine text;
begin
  perform almanac_private.resolve_before_change(v_ids);
  v_engine := almanac_private.enter_engine();
  update almanac.schedules s set has_overrides = true where s.id = any (v_ids) and not s.has_overrides;
  perform almanac_private.leave_engine(v_engine);
  perform almanac_private.replan(v_ids);
  return null;
end
$$;
comment on function almanac_private.tg_plan_loaded_overrides() is
  'After a dump has loaded overrides: plans their schedules by them, which were loaded before.';
