create or replace function almanac_private.tg_check_user() returns trigger
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_message text;
  v_detail text;
  v_hint text;
begin
  if tg_op = 'INSERT' and almanac_private.loads_dump()
    and exists (select from almanac.users u where u.id = new.id or u.username = new.username)
  then
    raise exception using errcode = 'AL013', column = 'id',
      message = 'A dump of users cannot be loaded where users already exist.',
      detail = format('User %s, id %s.', new.username, new.id),
      hint = 'Restore a whole dump into an empty database, or load schedules and calendars alone: docs/operations.md, '
        '"Schedules alone".';
  elsif (new.username ~ '^[[:alnum:]._@+-]{1,100}$') is not true then
    raise exception using errcode = 'AL019', column = 'username',
      message = 'A user name is one word of 1 to 100 letters, digits and . _ @ + - characters.',
      detail = format('username: %s.', coalesce(quote_literal(left(new.username, 200)), 'null')),
      hint = 'Put any other form of the name into display_name.';
  end if;
  if tg_op = 'INSERT' or new.username <> old.username then
    perform almanac_private.check_name('username', new.username);
  end if;
  if tg_op = 'INSERT' then
    perform almanac_private.check_id(new.id);
  elsif new.username <> old.username and exists (select from almanac.users u where u.username = new.username) then
    raise exception using errcode = '23505', column = 'username', constraint = 'username_is_unique',
      message = format('A user %s already exists.', quote_literal(new.username)),
      detail = format('User %s, id %s.', old.username, old.id), hint = 'Choose another name.';
  end if;
  if tg_op = 'INSERT' or new.display_name is distinct from old.display_name then
    perform almanac_private.check_name('display_name', new.display_name);
  end if;
  if new.timezone is not null and (tg_op = 'INSERT' or new.timezone is distinct from old.timezone) then
    perform almanac_private.check_timezone(new.timezone);
  end if;
  if new.second_timezone <> 'none'
    and (tg_op = 'INSERT' or new.second_timezone is distinct from old.second_timezone)
  then
    begin
      perform almanac_private.check_timezone(new.second_timezone);
    exception when sqlstate 'AL002' then
      get stacked diagnostics v_message = message_text, v_detail = pg_exception_detail, v_hint = pg_exception_hint;
      raise exception using errcode = 'AL002', column = 'second_timezone', message = v_message, detail = v_detail,
        hint = v_hint;
    end;
  end if;
  if new.clock_hours not in (12, 24) then
    raise exception using errcode = 'AL019', column = 'clock_hours', message = 'A clock has either 12 or 24 hours.',
      detail = format('clock_hours: %s.', new.clock_hours), hint = 'Use 12 or 24; null means 24.';
  elsif new.week_starts_on not between 1 and 7 then
    raise exception using errcode = 'AL019', column = 'week_starts_on',
      message = 'The first day of the week must be between 1 and 7.',
      detail = format('week_starts_on: %s.', new.week_starts_on),
      hint = 'Use 1 for Monday to 7 for Sunday; null means Monday.';
  end if;
  if new.saved_views is not null and (tg_op = 'INSERT' or new.saved_views is distinct from old.saved_views) then
    perform almanac_private.check_saved_views(new.saved_views);
  end if;
  perform almanac_private.check_given('almanac.users', to_jsonb(new));
  return new;
end
$$;
comment on function almanac_private.tg_check_user() is 'Before an insert or update of a user: checks it.';
