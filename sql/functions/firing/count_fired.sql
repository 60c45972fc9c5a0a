-- Called by tg_count_fired and count_outcomes, with their rights: once for all runs of a statement.
create or replace function almanac_private.count_fired(
  accounts text[], runs bigint[], bytes bigint[], as_of timestamptz
) returns void
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_minute constant timestamptz := date_bin('1 minute', count_fired.as_of, '2000-01-01Z');
  v_is_new boolean;
begin
  with written as (
    -- A row of each backend's own: no one waits for what another's open transaction has counted.
    insert into almanac_private.fired as f (account, minute, backend, runs, bytes)
    select c.account, v_minute, pg_backend_pid(), c.runs, c.bytes
    from unnest(count_fired.accounts, count_fired.runs, count_fired.bytes) c(account, runs, bytes)
    where almanac_private.is_limited(c.account)
    on conflict (account, minute, backend) do update
    set runs = f.runs + excluded.runs, bytes = f.bytes + excluded.bytes
    returning f.xmax = '0'::xid as is_new
  )
  select bool_or(w.is_new) into v_is_new from written w;
  if v_is_new then
    delete from almanac_private.fired f where f.ctid = any (array(
      select o.ctid from almanac_private.fired o where o.minute < v_minute - interval '1 hour'
      limit 100 for update skip locked));
  end if;
end
$$;
comment on function almanac_private.count_fired(text[], bigint[], bigint[], timestamptz) is
  'Counts runs and bytes for the limits of those whose runs they are; what is older than an hour is deleted.';
