-- Definer: only admins may write users; this writes the caller's own row, and there only what is theirs to choose.
create or replace function almanac.change_own_settings(settings jsonb) returns almanac.users
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_known constant text[] := array['timezone', 'second_timezone', 'clock_hours', 'week_starts_on', 'saved_views'];
  v_key text;
  v_message text;
  v_user almanac.users;
begin
  select u.* into v_user from almanac.users u where u.id = almanac.current_user_id() for no key update;
  if v_user.id is null then
    raise exception using errcode = 'AL013', message = 'No user is signed in.',
      detail = 'Only users of the web client have these settings; a database role has none.',
      hint = 'To change a user''s settings, an admin can update almanac.users.';
  end if;
  if jsonb_typeof(change_own_settings.settings) is distinct from 'object' then
    raise exception using errcode = 'AL009', message = 'The settings are not a JSON object.',
      detail = format('They are of type %s.', coalesce(jsonb_typeof(change_own_settings.settings), 'null')),
      hint = 'Pass {"column": value, …}.';
  end if;
  for v_key in select k from jsonb_object_keys(change_own_settings.settings) k order by k loop
    if v_key <> all (v_known) then
      raise exception using errcode = 'AL009', column = v_key,
        message = format('There is no user setting %s.', left(v_key, 100)),
        detail = format('Known settings: %s.', array_to_string(v_known, ', ')),
        hint = 'They are columns of almanac.users.' || coalesce(almanac_private.perhaps(v_key, v_known), '');
    end if;
    begin
      v_user := jsonb_populate_record(v_user, jsonb_build_object(v_key, nullif(
        change_own_settings.settings -> v_key, 'null')));
    exception when data_exception then
      get stacked diagnostics v_message = message_text;
      raise exception using errcode = 'AL019', column = v_key,
        message = format('%s is invalid: %s', v_key, left(v_message, 200)),
        hint = 'They are described by: \d+ almanac.users' || v_key || '.';
    end;
  end loop;
  update almanac.users u
  set timezone = v_user.timezone, second_timezone = v_user.second_timezone, clock_hours = v_user.clock_hours,
    week_starts_on = v_user.week_starts_on, saved_views = v_user.saved_views
  where u.id = v_user.id
    and (u.timezone, u.second_timezone, u.clock_hours, u.week_starts_on, u.saved_views) is distinct from
      (v_user.timezone, v_user.second_timezone, v_user.clock_hours, v_user.week_starts_on, v_user.saved_views);
  return v_user;
end
$$;
comment on function almanac.change_own_settings(jsonb) is
  'Changes how the client looks to the signed-in user: columns of almanac.users by name, of timezone, '
  'second_timezone, clock_hours, week_starts_on and saved_views. What is not given stays; null: the default.';
grant execute on function almanac.change_own_settings(jsonb) to almanac_viewer;
