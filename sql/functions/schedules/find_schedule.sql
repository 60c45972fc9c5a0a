create or replace function almanac_private.find_schedule(name text) returns almanac.schedules
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_schedule almanac.schedules;
begin
  select s.* into v_schedule from almanac.schedules s where s.name = find_schedule.name and s.deleted_at is null;
  if v_schedule.id is null then
    raise exception using errcode = 'AL007',
      message = format('There is no schedule %s.', coalesce(quote_literal(find_schedule.name), 'null')),
      detail = coalesce((
        select format('One of that name was deleted on %s.', almanac_private.recorded_time(max(s.deleted_at)))
        from almanac.schedules s
        where s.name = find_schedule.name having max(s.deleted_at) is not null), 'No schedule has this name.'),
      hint = case when find_schedule.name is null then 'Give a name.' else 'Names must match exactly.' end
        || coalesce(almanac_private.perhaps(find_schedule.name,
        array(select s.name from almanac.schedules s where s.deleted_at is null order by s.is_system, s.id desc
          limit 1000)), '') || ' See: select name from almanac.schedules where deleted_at is null. '
            'almanac.restore() brings back a deleted one.';
  end if;
  return v_schedule;
end
$$;
comment on function almanac_private.find_schedule(text) is
  'The schedule of this name that is not deleted; raises AL007 if there is none.';
grant execute on function almanac_private.find_schedule(text) to almanac_viewer;
