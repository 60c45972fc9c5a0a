create or replace function almanac_private.upsert_schedule(definition jsonb, settings jsonb) returns almanac.schedules
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_settings jsonb := coalesce(upsert_schedule.settings, '{}');
  v_given jsonb := upsert_schedule.definition;
  v_id bigint;
  v_taken text;
begin
  perform almanac_private.check_definition_size(upsert_schedule.definition);
  if jsonb_typeof(v_settings) <> 'object' then
    raise exception using errcode = 'AL009', column = 'settings', message = 'The settings are not a JSON object.',
      detail = format('They are of type %s.', jsonb_typeof(v_settings)), hint = 'Pass {"column": value, …}, or {}.';
  end if;
  v_taken := (select min(k) from jsonb_object_keys(v_settings) k where upsert_schedule.definition ? k);
  if v_taken is not null then
    raise exception using errcode = 'AL009', column = v_taken,
      message = format('%s is an argument, not a setting.', v_taken),
      detail = format('Settings: %s.', v_settings), hint = 'Pass it as an argument of the function.';
  end if;
  -- Left out: the columns' defaults for a new schedule, for one that is there what it has.
  v_given := v_given - array(
    select k from unnest(array['task_identifier', 'payload', 'timezone']) k where v_given -> k = 'null');
  v_id := (select s.id from almanac.schedules s where s.name = v_given ->> 'name' and s.deleted_at is null);
  if v_id is null then
    begin
      return almanac_private.save_schedule(v_given || v_settings);
    exception when unique_violation then
      -- Two sessions that schedule one new name at the same moment: the second waits for the index, and updates.
      get stacked diagnostics v_taken = constraint_name;
      v_id := (select s.id from almanac.schedules s where s.name = v_given ->> 'name' and s.deleted_at is null);
      if v_taken <> 'schedule_name_is_unique' or v_id is null then
        raise;
      end if;
    end;
  end if;
  return almanac_private.save_schedule(v_given || v_settings, v_id);
end
$$;
comment on function almanac_private.upsert_schedule(jsonb, jsonb) is
  'Inserts a schedule, or changes the one of this name. Of task, payload and time zone, null means left out.';
grant execute on function almanac_private.upsert_schedule(jsonb, jsonb) to almanac_operator;
