create or replace function almanac_private.check_managed(
  previous almanac.schedules, current almanac.schedules
) returns void
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_old constant jsonb := to_jsonb(previous);
  v_new constant jsonb := to_jsonb(current);
  v_columns text[];
begin
  if previous.managed_by is null or previous.deleted_at is not null then
    return;
  end if;
  v_columns := array(
    select c from unnest(almanac_private.code_columns() || array['archived_at', 'deleted_at']) c
    where v_new -> c is distinct from v_old -> c
      -- Another version of the workflow follows by itself: define_workflow().
      and not (c = 'workflow_version' and current.workflow_name = previous.workflow_name and current.workflow_version
        = (select w.version from almanac.workflows w where w.name = current.workflow_name))
    order by 1);
  if v_columns = '{}' or almanac_private.is_applying(previous.managed_by) then
    return;
  end if;
  raise exception using errcode = 'AL040', column = v_columns[1],
    message = format('Schedule %s is defined in code by %s and is not changed manually.', previous.name,
      previous.managed_by),
    detail = case when current.id is null or current.deleted_at is not null then 'It would be deleted.'
      else format('What would change: %s.', array_to_string(v_columns, ', ')) end,
    hint = format('Change it there, then: almanac apply. Manually: pause(), resume(), its status, trigger_now(), and '
      'single occurrences. To take it from the code: select almanac.release_schedule(%L).', previous.name);
end
$$;
comment on function almanac_private.check_managed(almanac.schedules, almanac.schedules) is
  'Raises AL040 where a schedule that code manages would be changed or deleted by anything but apply_schedules(). '
  'What is left to people is its switch, its owner, and each single occurrence. current: null if it is deleted.';
grant execute on function almanac_private.check_managed(almanac.schedules, almanac.schedules) to almanac_viewer;
