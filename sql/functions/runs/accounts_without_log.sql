-- Called by write_logs, with its rights.
create or replace function almanac_private.roles_without_log(logs jsonb) returns text[]
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
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
    if almanac_private.take_uses('role ' || v_role.run_as, 'log_bytes', v_role.bytes, v_most) is not null then
      v_full := v_full || v_role.run_as;
    end if;
  end loop;
  return v_full;
end
$$;
comment on function almanac_private.roles_without_log(jsonb) is
  'Counts what runs log, by their role, and says which roles may write no more of it this hour.';
