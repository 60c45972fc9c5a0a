-- Definer: writes what only the owner may.
create or replace function almanac_private.tg_note_truncated() returns trigger
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_horizon timestamptz := almanac_private.history_horizon();
begin
  if tg_table_name = 'omissions' then
    insert into almanac_private.deleted_history (schedule_id, during)
    select o.schedule_id, o.during from almanac.omissions o where upper(o.during) >= v_horizon;
  else
    -- A partition; truncating the table calls this for each.
    execute format('insert into almanac_private.deleted_history (schedule_id, during, times)
      select r.schedule_id, tstzrange(min(r.scheduled_for), max(r.scheduled_for), ''[]''),
        array_agg(r.scheduled_for order by r.scheduled_for)
      from %s r where r.trigger = ''schedule'' and r.scheduled_for >= $1
      group by r.schedule_id, date_trunc(''day'', r.scheduled_for at time zone ''UTC'')', tg_relid::regclass)
      using v_horizon;
  end if;
  return null;
end
$$;
comment on function almanac_private.tg_note_truncated() is
  'Before history is truncated: notes the same as for history that is deleted manually.';
