-- Definer: writes what only the owner may.
create or replace function almanac_private.tg_note_deleted() returns trigger
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
declare
  -- What is truncated is still in the table; truncating runs calls this for each of its partitions.
  v_rows text := case tg_op when 'TRUNCATE' then tg_relid::regclass::text else 'old_rows' end;
begin
  if tg_table_name = 'omissions' then
    execute format('insert into almanac_private.deleted_history (schedule_id, during)
      select o.schedule_id, o.during from %s o where upper(o.during) >= $1', v_rows)
      using almanac_private.history_horizon();
  else
    execute format('insert into almanac_private.deleted_history (schedule_id, during, times)
      select r.schedule_id, tstzrange(min(r.scheduled_for), max(r.scheduled_for), ''[]''),
        array_agg(r.scheduled_for order by r.scheduled_for)
      from %1$s r
      -- What is known to be gone as a range, as by retention, is not noted one by one.
      left join (
        select d.schedule_id, range_agg(d.during) as during from almanac_private.deleted_history d
        where d.times is null and d.schedule_id in (select o.schedule_id from %1$s o) group by d.schedule_id
      ) g on g.schedule_id = r.schedule_id
      where r.trigger = ''schedule'' and r.scheduled_for >= $1 and g.during @> r.scheduled_for is not true
      group by r.schedule_id, date_trunc(''day'', r.scheduled_for at time zone ''UTC'')', v_rows)
      using almanac_private.history_horizon();
    execute format('insert into almanac_private.changed_days (day, changed_by)
      select distinct almanac_private.utc_day(t.at), pg_current_xact_id()
      from %s r cross join lateral unnest(array[r.scheduled_for, r.due_at]) t(at)
      on conflict do nothing', v_rows);
  end if;
  return null;
end
$$;
comment on function almanac_private.tg_note_deleted() is
  'After history was deleted manually, and before it is truncated: records which schedules and times it was of, so '
  'that the ledger check does not report it as lost, and whose counts are no longer right.';
