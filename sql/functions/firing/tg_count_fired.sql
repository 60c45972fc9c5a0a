-- Definer: counts in tables that no one else may write.
create or replace function almanac_private.tg_count_fired() returns trigger
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp set jit to off
as $$
declare
  v_new_minute timestamptz;
begin
  with counted as (
    select n.run_as, count(*) as runs, sum(almanac_private.payload_bytes(n.payload)) as bytes,
      date_bin('1 minute', coalesce(max(coalesce(n.queued_at, n.finished_at)), clock_timestamp()), '2000-01-01Z')
        as minute
    from new_rows n group by n.run_as
  ), written as (
    -- A row of each backend's own: no one waits for what another's open transaction has counted.
    insert into almanac_private.fired as f (run_as, minute, backend, runs, bytes)
    select c.run_as, c.minute, pg_backend_pid(), c.runs, c.bytes
    from counted c where almanac_private.is_limited(c.run_as)
    on conflict (run_as, minute, backend) do update
    set runs = f.runs + excluded.runs, bytes = f.bytes + excluded.bytes
    returning f.minute, f.xmax = '0'::xid as is_new
  )
  select max(w.minute) filter (where w.is_new) into v_new_minute from written w;
  if v_new_minute is not null then
    delete from almanac_private.fired f where f.ctid = any (array(
      select o.ctid from almanac_private.fired o where o.minute < v_new_minute - interval '1 hour'
      limit 100 for update skip locked));
  end if;
  return null;
end
$$;
comment on function almanac_private.tg_count_fired() is
  'After a statement that inserts runs: counts them, and the bytes of their payloads, for the limits of the roles that '
  'they run as. What is older than an hour goes.';
