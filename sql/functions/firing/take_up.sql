-- Called by within_limits, with its rights.
create or replace function almanac_private.take_up(ids bigint[]) returns void
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
begin
  with taken as (
    delete from almanac_private.put_off p where p.schedule_id = any (take_up.ids)
    returning p.schedule_id, p.scheduled_for, p.due_at, p.until
  )
  update almanac.schedules s set next_run_at = t.due_at
  from taken t
  -- Not if it was changed meanwhile: it is due when the change said.
  where s.id = t.schedule_id and s.next_run_at = t.until and s.next_scheduled_for = t.scheduled_for;
end
$$;
comment on function almanac_private.take_up(bigint[]) is
  'Schedules that were put off are due again when they were, so that what they are behind with is treated as after '
  'any downtime. The caller has locked them.';
