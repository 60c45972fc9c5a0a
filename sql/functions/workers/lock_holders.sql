create or replace function almanac_private.lock_holders(xmax xid) returns setof xid
language plpgsql stable strict set search_path to pg_catalog, pg_temp
as $$
begin
  return next lock_holders.xmax;
  begin
    -- Of a row that several hold, the number of their group; of any other, none.
    return query select m.xid from pg_get_multixact_members(lock_holders.xmax) m;
  exception when others then
    null;
  end;
end
$$;
comment on function almanac_private.lock_holders(xid) is
  'The transactions that the xmax of a row may stand for: those that hold it, or did.';
grant execute on function almanac_private.lock_holders(xid) to almanac_viewer, almanac_server;
