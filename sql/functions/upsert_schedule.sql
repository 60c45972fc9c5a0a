create or replace function almanac_private.upsert_schedule(definition jsonb, settings jsonb) returns almanac.schedules
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_id bigint;
  v_taken text;
begin
  if jsonb_typeof(upsert_schedule.settings) is distinct from 'object' then
    raise exception using errcode = 'AL009', column = 'settings', message = 'The settings are not a JSON object.',
      detail = format('They are of type %s.', coalesce(jsonb_typeof(upsert_schedule.settings), 'null')), hint = 'Give {"column": value, …}, or {}.';
  end if;
  v_taken := (select min(k) from jsonb_object_keys(upsert_schedule.settings) k where upsert_schedule.definition ? k);
  if v_taken is not null then
    raise exception using errcode = 'AL009', column = v_taken, message = format('%s is an argument, not a setting.', v_taken),
      detail = format('Settings: %s.', upsert_schedule.settings), hint = 'Give it as an argument of the function.';
  end if;
  -- Two sessions that schedule one new name at the same moment: the second waits, and updates.
  perform pg_advisory_xact_lock(hashtextextended('almanac:name:' || coalesce(upsert_schedule.definition ->> 'name', ''), 0));
  v_id := (select s.id from almanac.schedules s where s.name = upsert_schedule.definition ->> 'name' and s.deleted_at is null);
  return almanac_private.save_schedule(upsert_schedule.definition || upsert_schedule.settings, v_id);
end
$$;
comment on function almanac_private.upsert_schedule(jsonb, jsonb) is 'Inserts a schedule, or changes the one of this name.';
grant execute on function almanac_private.upsert_schedule(jsonb, jsonb) to almanac_operator;
