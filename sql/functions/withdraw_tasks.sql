-- Definer: workers have no right to write tables.
create or replace function almanac_private.withdraw_tasks() returns void
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
begin
  update almanac.tasks t set available = false where t.available and not almanac_private.a_worker_lives();
end
$$;
comment on function almanac_private.withdraw_tasks() is 'When a worker has ended, or was lost: where none is left, no task is available.';
