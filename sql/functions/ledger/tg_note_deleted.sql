-- Definer: writes what only the owner may.
create or replace function almanac_private.tg_note_deleted() returns trigger
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_horizon timestamptz := almanac_private.history_horizon();
begin
  if tg_table_name = 'omissions' then
    insert into almanac_private.deleted_history (schedule_id, during)
    select o.schedule_id, o.during from old_rows o where upper(o.during) >= v_horizon;
  else
    insert into almanac_private.deleted_history (schedule_id, during, times)
    select o.schedule_id, tstzrange(min(o.scheduled_for), max(o.scheduled_for), '[]'),
      array_agg(o.scheduled_for order by o.scheduled_for)
    from old_rows o where o.trigger = 'schedule' and o.scheduled_for >= v_horizon
    group by o.schedule_id, date_trunc('day', o.scheduled_for at time zone 'UTC');
  end if;
  return null;
end
$$;
comment on function almanac_private.tg_note_deleted() is
  'After history was deleted manually: records for which schedules and times, so that the ledger check does not take '
  'it '
  'for lost.';
