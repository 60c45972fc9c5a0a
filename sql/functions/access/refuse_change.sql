create or replace function almanac_private.refuse_change(schedule_id bigint) returns void
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_schedule almanac.schedules;
  v_role name;
begin
  select s.* into v_schedule from almanac.schedules s where s.id = refuse_change.schedule_id;
  v_role := almanac_private.role_of_key(v_schedule.run_as_key);
  if v_schedule.id is null then
    raise exception using errcode = 'AL007',
      message = format('There is no schedule with id %s.', refuse_change.schedule_id),
      detail = 'It may have been deleted.', hint = 'See: select id, name from almanac.schedules.';
  end if;
  if v_schedule.is_system then
    raise exception using errcode = 'AL017',
      message = format('Schedule %s is Almanac''s own and cannot be changed.', v_schedule.name),
      detail = 'It is a system schedule.',
      hint = 'An admin can run it at once, with almanac.trigger_now(). To leave it out of a statement over '
        'many rows, add: '
      'where almanac.schedules_may_change(schedules).';
  end if;
  raise exception using errcode = 'AL011',
    message = format('Schedule %s may not be changed by %s.', v_schedule.name, almanac_private.actor()),
    detail = format('It belongs to %s.',
      coalesce((select u.username from almanac.users u where u.id = v_schedule.owner_user), v_role::text,
      case when v_schedule.owner_user is null
        then format('no one: its user, or the role %s, no longer exists', v_schedule.run_as) end)),
    hint = case when v_schedule.owner_user is null and v_role is null
      then format('An admin can give it to another role: select almanac.give_schedule(%L, ''…''). After a restore '
        'from another server: npx almanac migrate. ', v_schedule.name)
      else 'Its owner and admins may change it. ' end || 'To exclude it from a statement over many rows, add: where '
        'almanac.schedules_may_change(schedules).';
end
$$;
comment on function almanac_private.refuse_change(bigint) is
  'Raises why a schedule cannot be changed by the caller: AL007, it is not there, AL017, it is Almanac''s own, or '
  'AL011, it is someone else''s.';
grant execute on function almanac_private.refuse_change(bigint) to almanac_viewer;
