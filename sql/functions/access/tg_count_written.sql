create or replace function almanac_private.tg_count_written() returns trigger
language plpgsql volatile set search_path to pg_catalog, pg_temp
  -- By key: the tables may be large, and what is counted of them is an owner's.
  set jit to off
as $$
declare
  v_written record;
  v_held record;
begin
  if not almanac_private.is_counted() then
    return null;
  end if;
  -- What a row is made of is stored as it is measured here: a large value compressed.
  if tg_op = 'UPDATE' and tg_table_name = 'schedules' then
    -- A payload that stays is not written again.
    select count(*) as rows, sum(case when n.payload is distinct from o.payload
      or n.description is distinct from o.description then pg_column_size(n) end) as bytes,
      bool_or(o.deleted_at is not null or o.status = 'completed') as are_more
    into v_written
    from new_rows n join old_rows o on o.id = n.id;
  else
    select count(*) as rows, sum(pg_column_size(n)) as bytes, true as are_more into v_written from new_rows n;
  end if;
  if v_written.rows = 0 then
    return null;
  end if;
  perform almanac_private.count_uses(case tg_op when 'INSERT' then tg_argv[0] else 'changes' end, v_written.rows);
  perform almanac_private.count_uses('written_bytes', v_written.bytes);

  if not v_written.are_more then
    return null;
  end if;
  if tg_table_name = 'schedules' then
    for v_held in
      select n.owner_user, n.run_as_key, min(n.run_as::text) as run_as,
        almanac_private.schedules_of(n.owner_user, n.run_as_key) as count
      from new_rows n where n.deleted_at is null
      group by n.owner_user, n.run_as_key
    loop
      perform almanac_private.check_at_once('schedules_at_once', v_held.run_as::name,
        coalesce('user ' || v_held.owner_user, 'role ' || v_held.run_as), v_held.count);
    end loop;
  elsif tg_table_name = 'exclusion_calendars' then
    for v_held in
      select n.owner_user, n.owned_by_key, min(n.owned_by::text) as owned_by,
        almanac_private.calendars_of(n.owner_user, n.owned_by_key) as count
      from new_rows n group by n.owner_user, n.owned_by_key
    loop
      perform almanac_private.check_at_once('calendars_at_once', v_held.owned_by::name,
        coalesce('user ' || v_held.owner_user, 'role ' || v_held.owned_by), v_held.count);
    end loop;
  else
    for v_held in
      select c.name, c.owned_by, (select count(*) from almanac.calendar_entries e where e.calendar_id = c.id)
        + (select count(*) from almanac.calendar_rules r where r.calendar_id = c.id) as count
      from (select distinct n.calendar_id from new_rows n) n
      join almanac.exclusion_calendars c on c.id = n.calendar_id
    loop
      perform almanac_private.check_at_once('exclusions_at_once', v_held.owned_by, 'calendar ' || v_held.name,
        v_held.count);
    end loop;
  end if;
  return null;
end
$$;
comment on function almanac_private.tg_count_written() is
  'After a statement that writes schedules, calendars or exclusions: counts its rows for the one who ran it, once for '
  'all, as changes or as what the argument says, with their bytes, and looks how many there are now. Invoker: who '
  'calls is the point.';
