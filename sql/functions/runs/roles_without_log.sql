-- Called by write_logs, with its rights. What is written is counted by role, minute and backend, so that no one waits
-- for whoever counts.
create or replace function almanac_private.roles_without_log(logs jsonb) returns text[]
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_now timestamptz := clock_timestamp();
  v_full text[] := '{}';
  v_role record;
  v_most bigint;
begin
  for v_role in
    select l.run_as, sum(pg_column_size(g.lines))::bigint as bytes
    from jsonb_to_recordset(roles_without_log.logs) g (schedule_id bigint, run_id bigint, lines jsonb)
    join almanac_private.live_runs l on l.schedule_id = g.schedule_id and l.run_id = g.run_id
    where g.lines is not null
    group by l.run_as
  loop
    continue when not almanac_private.is_limited(v_role.run_as);
    v_most := almanac_private.limit_for('log_bytes_per_hour', v_role.run_as);
    continue when v_most is null;
    if v_role.bytes + (
      select coalesce(sum(u.count), 0) from almanac_private.uses u
      where u.who = 'role ' || v_role.run_as and u.kind = 'log_bytes' and u.used_at > v_now - interval '1 hour'
    ) > v_most then
      v_full := v_full || v_role.run_as;
      continue;
    end if;
    insert into almanac_private.uses as u (who, kind, used_at, backend, count)
    values ('role ' || v_role.run_as, 'log_bytes', date_bin('1 minute', v_now, '2000-01-01Z'), pg_backend_pid(),
      v_role.bytes)
    on conflict (who, kind, used_at, backend) do update set count = u.count + excluded.count;
    delete from almanac_private.uses u where u.id = any (array(
      select o.id from almanac_private.uses o where o.used_at < v_now - interval '1 hour'
      order by o.used_at limit 20 for update skip locked));
  end loop;
  return v_full;
end
$$;
comment on function almanac_private.roles_without_log(jsonb) is
  'Counts what runs log, by their role, and says which roles may write no more of it this hour.';
