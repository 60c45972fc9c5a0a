-- Definer: resolves schedules of other people that use the calendar.
create or replace function almanac_private.tg_resolve_calendar() returns trigger
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp set jit to off
as $$
declare
  v_ids bigint[];
  v_names text[];
  v_mark text;
  v_done text := coalesce(current_setting('almanac.resolved_calendars', true), '');
begin
  if tg_table_name = 'exclusion_calendars' then
    if tg_op = 'DELETE'
      and exists (select from almanac.schedules s where s.calendars @> array[old.name] and s.deleted_at is null) then
      raise exception using errcode = 'AL015', message = format('Calendar %s is in use.', old.name),
        detail = format('By: %s.', (
          select string_agg(s.name, ', ' order by s.name) from (
            select s.name from almanac.schedules s where s.calendars @> array[old.name] and s.deleted_at is null
              order by s.name limit 10) s)),
        hint = 'Remove it from their calendars column first.';
    end if;
    v_ids := array[old.id];
  else
    v_ids :=
      array_remove(array[case when tg_op <> 'INSERT' then old.calendar_id end,
      case when tg_op <> 'DELETE' then new.calendar_id end], null);
  end if;

  -- Once per statement: a thousand imported holidays need not resolve a thousand times.
  v_mark := extract(epoch from statement_timestamp())::text;
  if split_part(v_done, ' ', 1) = v_mark then
    v_ids := array(select i from unnest(v_ids) i where i::text <> all (string_to_array(v_done, ' ')));
  else
    v_done := v_mark;
  end if;
  if v_ids <> '{}' then
    v_names := array(select c.name from almanac.exclusion_calendars c where c.id = any (v_ids));
    perform almanac_private.resolve_before_change(almanac_private.schedules_of_calendars(v_names));
    perform set_config('almanac.resolved_calendars', v_done || ' ' || array_to_string(v_ids, ' '), true);
  end if;
  return case when tg_op = 'DELETE' then old else new end;
end
$$;
comment on function almanac_private.tg_resolve_calendar() is
  'Before a calendar or an entry of it changes: resolves by its old state what the schedules that use it owe up to '
  'this moment. A calendar in use is not deleted.';
