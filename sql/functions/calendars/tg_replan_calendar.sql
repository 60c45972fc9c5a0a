-- Definer: replans schedules of other people that use the calendar.
create or replace function almanac_private.tg_replan_calendar() returns trigger
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp set jit to off
as $$
declare
  v_names text[];
  v_renamed record;
  v_ids bigint[];
  v_engine text;
begin
  if tg_table_name = 'exclusion_calendars' then
    for v_renamed in
      select o.name as old_name, n.name as new_name from old_rows o join new_rows n on n.id = o.id
        where n.name <> o.name order by n.id
    loop
      v_engine := almanac_private.enter_engine();
      update almanac.schedules s set calendars = array_replace(s.calendars, v_renamed.old_name, v_renamed.new_name)
      where s.calendars @> array[v_renamed.old_name];
      perform almanac_private.leave_engine(v_engine);
    end loop;
    v_names := array(select n.name from new_rows n);
  elsif tg_op = 'INSERT' then
    v_names := array(select distinct c.name from new_rows n join almanac.exclusion_calendars c on c.id = n.calendar_id);
  elsif tg_op = 'DELETE' then
    v_names := array(select distinct c.name from old_rows o join almanac.exclusion_calendars c on c.id = o.calendar_id);
  else
    v_names := array(select distinct c.name
      from (select n.calendar_id from new_rows n union select o.calendar_id from old_rows o) e
      join almanac.exclusion_calendars c on c.id = e.calendar_id);
  end if;
  if v_names <> '{}' then
    if tg_table_name = 'calendar_entries' then
      perform almanac_private.forget_exclusions(array(
        select c.id from almanac.exclusion_calendars c where c.name = any (v_names)));
    end if;
    v_ids := almanac_private.schedules_of_calendars(v_names);
    if tg_table_name = 'calendar_entries' and tg_op <> 'DELETE' then
      if exists (select from new_rows n where n.cron_expression is not null) then
        perform almanac_private.check_recurring_windows(u.calendars, 'cron_expression')
        from (
          select array[n.name] as calendars from unnest(v_names) n(name)
          union
          select s.calendars from almanac.schedules s where s.id = any (v_ids)
        ) u;
      end if;
    end if;
    perform almanac_private.replan(v_ids);
    if v_ids = '{}' then
      perform almanac_private.notify_changed('almanac_schedules', null);
    end if;
  end if;
  return null;
end
$$;
comment on function almanac_private.tg_replan_calendar() is
  'After calendars or their entries change: recomputes when the schedules that use them are due, and writes a new '
  'name into them. Refuses more recurring windows than a schedule may use.';
