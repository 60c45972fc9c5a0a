-- Called by write_logs, with its rights.
create or replace function almanac_private.accounts_without_log(logs jsonb) returns text[]
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_full text[] := '{}';
  v_account record;
  v_most bigint;
begin
  for v_account in
    select l.account, sum(pg_column_size(g.lines))::bigint as bytes
    from jsonb_to_recordset(accounts_without_log.logs) g (schedule_id bigint, run_id bigint, lines jsonb)
    join almanac_private.live_runs l on l.schedule_id = g.schedule_id and l.run_id = g.run_id
    where g.lines is not null
    group by l.account
  loop
    continue when not almanac_private.is_limited(v_account.account);
    v_most := almanac_private.limit_for('log_bytes_per_hour', v_account.account);
    continue when v_most is null;
    if almanac_private.take_uses(almanac_private.user_of_account(v_account.account), 'log_bytes', v_account.bytes,
      v_most) is not null then
      v_full := v_full || v_account.account;
    end if;
  end loop;
  return v_full;
end
$$;
comment on function almanac_private.accounts_without_log(jsonb) is
  'Counts what runs log, by their account, and says which accounts may write no more of it this hour.';
