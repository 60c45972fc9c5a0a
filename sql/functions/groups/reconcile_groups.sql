-- Called by reconcile, with its rights and its settings.
create or replace function almanac_private.reconcile_groups() returns void
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_ids bigint[];
  v_times timestamptz[];
begin
  delete from almanac_private.group_slots s where s.run_id = any (array(
    select o.run_id from almanac_private.group_slots o
    where not exists (select from almanac.resource_groups g where g.id = o.group_id)
      or o.begun_at is not null and not exists (
        select from almanac.runs r where r.id = o.run_id and r.scheduled_for = o.scheduled_for and r.status = 'running')
    order by o.run_id for update skip locked));
  delete from almanac_private.group_line l where l.run_id = any (array(
    select o.run_id from almanac_private.group_line o
    where not exists (select from almanac.runs r where r.id = o.run_id and r.scheduled_for = o.scheduled_for
      and r.status in ('queued', 'retrying'))
    order by o.run_id for update skip locked));
  delete from almanac_private.group_turns t where t.group_id = any (array(
    select o.group_id from almanac_private.group_turns o
    where not exists (select from almanac.resource_groups g where g.id = o.group_id)
    order by o.group_id for update skip locked));
  delete from almanac_private.group_starts t
  where not exists (select from almanac.resource_groups g where g.id = t.group_id);
  -- Those that wait and are in no line ask again.
  select array_agg(l.run_id order by l.run_id), array_agg(l.scheduled_for order by l.run_id) into v_ids, v_times
  from almanac_private.live_runs l
  join graphile_worker.jobs j on j.key = 'run:' || l.run_id and j.flags ? 'almanac:waits_for_group'
  where j.run_at > statement_timestamp()
    and not exists (select from almanac_private.group_line g where g.run_id = l.run_id)
    and not exists (select from almanac_private.group_slots s where s.run_id = l.run_id);
  perform from almanac_private.take_back_runs(v_ids, v_times) where v_ids is not null;
end
$$;
comment on function almanac_private.reconcile_groups() is
  'The part of reconcile() that looks at resource groups: places of runs that have ended become free, and '
  'runs that wait for a group are in its line.';
