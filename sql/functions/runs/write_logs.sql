-- Definer: writes the ledger, for workers, which write no table.
--
-- It is called with the end of nearly every run that says something, by the same statement: so it looks at nothing but
-- live_runs, by key, and writes one row for all lines that come at once. What is above the bounds is looked for only
-- where a run writes more than once. It raises nothing: a run does not fail for its log, and does not wait for it.
create or replace function almanac_private.write_logs(logs jsonb) returns boolean
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
  set jit to off set enable_hashjoin to off set enable_mergejoin to off set enable_seqscan to off
    set plan_cache_mode to force_generic_plan set lock_timeout to '50ms'
as $$
declare
  v_full text[];
  v_long jsonb;
  v_run record;
begin
  v_full := almanac_private.accounts_without_log(write_logs.logs);
  with given as materialized (
    select l.run_id, l.scheduled_for, l.account, g.attempt, g.first_line, g.at,
      least(greatest(g.line_count, 1), 1000000) as line_count,
      case when jsonb_typeof(g.lines) = 'array' and jsonb_array_length(g.lines) = g.line_count
        and pg_column_size(g.lines) <= almanac_private.log_bytes_at_once() and l.account <> all (v_full)
        then g.lines end as lines,
      case when l.account = any (v_full) then 'limit' when g.cut_because = 'lost' then 'lost' else 'bound' end
        as cut_because
    from jsonb_to_recordset(write_logs.logs) g (schedule_id bigint, run_id bigint, attempt integer, first_line integer,
      line_count integer, at double precision, lines jsonb, cut_because text)
    -- Of one that has ended, which is to be told yet, the attempt and its schedule are in the ledger.
    join lateral (
      select v.run_id, v.scheduled_for, v.account from almanac_private.live_runs v
      where v.schedule_id = g.schedule_id and v.run_id = g.run_id
      union all
      select r.id, r.scheduled_for, almanac_private.account(r.run_as, r.owner_user) from almanac.runs r
      where r.id = g.run_id and r.schedule_id = g.schedule_id and not exists (
        select from almanac_private.live_runs v where v.schedule_id = g.schedule_id and v.run_id = g.run_id)
    ) l on true
    where g.attempt between 1 and 1000000 and g.first_line between 1 and 2000000000
  ), written as (
    insert into almanac.run_logs (run_id, scheduled_for, attempt, first_line, line_count, logged_at, lines, bytes,
      cut_because)
    select g.run_id, g.scheduled_for, g.attempt, g.first_line, g.line_count, to_timestamp(g.at / 1000), g.lines,
      coalesce(pg_column_size(g.lines), 0), case when g.lines is null then g.cut_because end
    from given g
    on conflict do nothing
    returning run_id, scheduled_for, attempt, first_line
  )
  select jsonb_agg(distinct jsonb_build_array(w.run_id, w.scheduled_for)) into v_long
  from written w where w.first_line > 1 or w.attempt > 1;
  if v_long is not null then
    for v_run in select (j.run ->> 0)::bigint as id, (j.run ->> 1)::timestamptz as at
    from jsonb_array_elements(v_long) j(run) loop
      perform almanac_private.cut_log(v_run.id, v_run.at);
    end loop;
  end if;
  return true;
exception when others then
  return false;
end
$$;
comment on function almanac_private.write_logs(jsonb) is
  'Writes lines that attempts have logged: [{"schedule_id", "run_id", "attempt", "first_line", "line_count", "at": '
  'milliseconds since 1970, "lines": [[milliseconds after that, level, text]]}]; without lines: that many are not '
  'kept, and cut_because says why (bound, lost). Told again, it writes nothing twice. False: it could not be written, '
  'and may be tried again. Lines above the bounds of a run are cut in the middle, those of an account that has '
  'reached log_bytes_per_hour are not kept; both are noted.';
grant execute on function almanac_private.write_logs(jsonb) to almanac_worker;
