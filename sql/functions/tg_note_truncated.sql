-- Definer: writes what only the owner may.
create or replace function almanac_private.tg_note_truncated() returns trigger
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_horizon timestamptz := almanac_private.history_horizon();
begin
  if tg_table_name = 'omissions' then
    insert into almanac_private.deleted_history (schedule_id, during, count)
    select o.schedule_id, tstzrange(min(lower(o.during)), max(upper(o.during)), '[]'), sum(o.count)
    from almanac.omissions o where upper(o.during) >= v_horizon group by o.schedule_id;
  else
    insert into almanac_private.deleted_history (schedule_id, during, count)
    select r.schedule_id, tstzrange(min(r.scheduled_for), max(r.scheduled_for), '[]'), count(*)
    from almanac.runs r where r.trigger = 'schedule' and r.scheduled_for >= v_horizon group by r.schedule_id;
  end if;
  return null;
end
$$;
comment on function almanac_private.tg_note_truncated() is
  'Before history is truncated: notes the same as for history that is deleted manually.';
