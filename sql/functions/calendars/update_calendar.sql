create or replace function almanac.update_calendar(calendar text, changes jsonb) returns almanac.exclusion_calendars
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_calendar almanac.exclusion_calendars := almanac_private.find_calendar(update_calendar.calendar, true);
  v_unknown text;
  v_new almanac.exclusion_calendars;
begin
  if jsonb_typeof(update_calendar.changes) is distinct from 'object' then
    raise exception using errcode = 'AL009', message = 'The changes are not a JSON object.',
      detail = format('They are of type %s.', coalesce(jsonb_typeof(update_calendar.changes), 'null')),
      hint = 'Pass {"column": value, …}.';
  end if;
  v_unknown := (select min(k) from jsonb_object_keys(update_calendar.changes) k
    where k <> all (array['name', 'description', 'timezone', 'owner_user']));
  if v_unknown is not null then
    raise exception using errcode = 'AL009', column = v_unknown, message = format('There is no setting %s.', v_unknown),
      detail = 'Known settings: name, description, timezone, owner_user.',
      hint = 'Entries have their own functions.';
  end if;
  begin
    v_new := jsonb_populate_record(v_calendar, update_calendar.changes);
  exception when others then
    -- The only one that is not text.
    get stacked diagnostics v_unknown = message_text;
    raise exception using errcode = sqlstate, column = 'owner_user',
      message = format('owner_user is invalid: %s', v_unknown),
      detail = format('owner_user: %s.', left(update_calendar.changes ->> 'owner_user', 200)),
      hint = 'Use the id of a user: select id, username from almanac.users.';
  end;
  update almanac.exclusion_calendars c
  set name = v_new.name, description = v_new.description, timezone = v_new.timezone, owner_user = v_new.owner_user
  where c.id = v_calendar.id returning c.* into v_new;
  return v_new;
end
$$;
comment on function almanac.update_calendar(text, jsonb) is
  'Changes name, description, timezone or owner_user of a calendar, given as JSON. Schedules that use it follow a new '
  'name.';
grant execute on function almanac.update_calendar(text, jsonb) to almanac_operator;
