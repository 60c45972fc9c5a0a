create or replace function almanac_private.grant_worker_rights() returns void
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_table record;
begin
  grant usage on schema graphile_worker to almanac_worker;
  grant select, insert, update, delete on all tables in schema graphile_worker to almanac_worker;
  grant usage on all sequences in schema graphile_worker to almanac_worker;
  grant execute on all functions in schema graphile_worker to almanac_worker;
  for v_table in
    select c.oid::regclass as name from pg_class c
    where c.relnamespace = 'graphile_worker'::regnamespace and c.relkind in ('r', 'p') and c.relrowsecurity
      and not exists (select from pg_policy p where p.polrelid = c.oid and p.polname = 'almanac_worker')
  loop
    execute format('create policy almanac_worker on %s to almanac_worker using (true) with check (true)', v_table.name);
  end loop;
end
$$;
comment on function almanac_private.grant_worker_rights() is
  'Opens Graphile Worker''s tables, which only their owner may touch, to logins that are members of almanac_worker. '
  'Migrate calls it after Graphile Worker''s own migrations.';
