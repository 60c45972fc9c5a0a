-- Definer: writes the ledger on behalf of whoever changes what schedules depend on.
create or replace function almanac_private.settle_before_change(schedule_ids bigint[]) returns void
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_schedule almanac.schedules;
begin
  for v_schedule in
    select s.* from almanac.schedules s where s.id = any (settle_before_change.schedule_ids) and s.next_run_at is not null
    order by s.id for no key update
  loop
    v_schedule := almanac_private.settle_rule(v_schedule, greatest(statement_timestamp(), v_schedule.cursor_at), null);
    perform set_config('almanac.engine', 'on', true);
    perform almanac_private.write_settled(v_schedule);
    perform set_config('almanac.engine', 'off', true);
  end loop;
end
$$;
comment on function almanac_private.settle_before_change(bigint[]) is
  'Locks schedules and settles what they owe up to this moment, before a calendar or an override of theirs changes; replan() comes after.';
