-- Definer: ends sessions, where the owner has pg_signal_backend or is a superuser: viewers and operators can reset
-- every limit that their login has. What is one's own one may hold.
create or replace function almanac_private.end_blockers(grace interval default '15 seconds')
returns table (pid integer, role_name text, is_ended boolean)
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_blocker record;
begin
  for v_blocker in
    select b.pid, b.role_name
    from almanac.blockers() b
    join pg_stat_activity a on a.pid = b.pid
    join pg_roles r on r.oid = a.usesysid
    where b.blocked_since < clock_timestamp() - end_blockers.grace
      and not r.rolsuper and pg_has_role(r.oid, 'almanac_viewer', 'member')
      and not pg_has_role(r.oid, 'almanac_admin', 'member') and not pg_has_role(r.oid, 'almanac_worker', 'member')
      and (b.blocks ~ 'almanac (ticker|pulse)'
        -- A run that is held, also one's own, takes up a place of its worker's.
        or exists (select from almanac_private.holders_of_runs() h
          where h.pid = b.pid and h.held_since < clock_timestamp() - end_blockers.grace)
        or exists (
        select from almanac.schedules s
        cross join lateral almanac_private.lock_holders(s.xmax) x
        join pg_locks l on l.locktype = 'transactionid' and l.transactionid = x and l.granted and l.pid = b.pid
        where s.next_run_at < clock_timestamp() - end_blockers.grace and (s.owner_user is not null
          or not coalesce(pg_has_role(r.oid, almanac_private.role_of_key(s.run_as_key), 'member'), false))))
  loop
    pid := v_blocker.pid;
    role_name := v_blocker.role_name;
    begin
      is_ended := pg_terminate_backend(v_blocker.pid);
    exception when insufficient_privilege then
      is_ended := false;
    end;
    return next;
  end loop;
end
$$;
comment on function almanac_private.end_blockers(interval) is
  'Ends the sessions of viewers and operators that have kept schedules of others from firing, or a worker from '
  'recording runs, for longer than grace, and says which, and whether it could.';
grant execute on function almanac_private.end_blockers(interval) to almanac_worker;
