create or replace function almanac_private.raise_horizon(schedule_id bigint, until timestamptz) returns void
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
begin
  delete from almanac_private.deleted_history d
  where d.schedule_id = raise_horizon.schedule_id and d.times is null and upper(d.during) <= raise_horizon.until;
  insert into almanac_private.deleted_history (schedule_id, during)
  select raise_horizon.schedule_id, tstzrange('-infinity', raise_horizon.until, '[]')
  where not exists (
    select from almanac_private.deleted_history d
    where d.schedule_id = raise_horizon.schedule_id and d.times is null and d.during @> raise_horizon.until
      and d.during @> timestamptz '-infinity');
end
$$;
comment on function almanac_private.raise_horizon(bigint, timestamptz) is
  'Has the ledger check report no run of a schedule up to a time as missing: they are no longer kept.';
