-- Definer: counts in tables that no one else may write.
create or replace function almanac_private.tg_count_fired() returns trigger
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp set jit to off
as $$
begin
  perform almanac_private.count_fired(
    array_agg(c.account), array_agg(c.runs), array_agg(c.bytes), coalesce(max(c.at), clock_timestamp()))
  from (
    select almanac_private.account(n.run_as, n.owner_user) as account, count(*) as runs,
      sum(almanac_private.payload_bytes(n.payload))::bigint as bytes,
      max(coalesce(n.queued_at, n.finished_at)) as at
    from new_rows n group by n.run_as, n.owner_user
  ) c
  having count(*) > 0;
  return null;
end
$$;
comment on function almanac_private.tg_count_fired() is
  'After a statement that inserts runs: counts them, and the bytes of their payloads, for the limits of those whose '
  'runs they are.';
