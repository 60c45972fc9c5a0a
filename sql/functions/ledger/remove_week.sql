-- Called by apply_retention, with its rights and its lock_timeout.
--
-- Nearly all of a week goes by dropping its three tables, which costs the same for a thousand runs and for ten million.
-- A few that stay (most: the last run of a schedule that rarely runs, failures that are kept for longer) move to the
-- default partition, unless that becomes so large that ensure_partitions could no longer read it under a lock.
--
-- 1. What stays is looked for without a lock. This may take a while.
-- 2. The tables are locked against everyone, waiting for no longer than lock_timeout for each; so the last seconds are
--    looked at again: what stays, as it is now, and runs that were added. Only late firings and retries add to an old
--    week, and their ids are larger than that of any run of yesterday, so an index finds them.
-- 3. Then the tables are dropped, or set apart to be archived, and what stays is written again. All of it is one
--    transaction.
create or replace function almanac_private.remove_week(
  begins_at timestamptz, as_of timestamptz, most_moved integer default 1000, largest_default bigint default 33554432
) returns text
language plpgsql volatile set search_path to pg_catalog, pg_temp set jit to off
as $$
declare
  v_rule constant almanac_private.retention_rule := almanac_private.retention_rule();
  v_ends_at constant timestamptz := remove_week.begins_at + interval '168 hours';
  v_suffix constant text := to_char(remove_week.begins_at at time zone 'UTC', 'YYYYMMDD');
  v_new_from constant bigint := coalesce((
    select r.id from almanac.runs r where r.scheduled_for >= remove_week.as_of - interval '1 day'
    order by r.scheduled_for, r.id limit 1), 0);
  v_archives constant boolean := v_rule.archive;
  v_timeout constant integer := (select s.setting from pg_settings s where s.name = 'statement_timeout');
  v_ids bigint[];
  v_runs almanac.runs[];
  v_attempts almanac.run_attempts[];
  v_logs almanac.run_logs[];
  v_table text;
begin
  if v_archives and exists (
    select from unnest(array['runs', 'run_logs', 'run_attempts']) t(name)
    where to_regclass(format('almanac_private.%I', t.name || '_' || v_suffix)) is null)
  then
    -- What belongs together is in two places, of which an archive of the week would have one.
    return 'kept';
  end if;
  begin
    v_ids := array(
      select s.id from almanac_private.runs_that_stay(v_rule, remove_week.begins_at, v_ends_at, 0, remove_week.as_of) s
      limit remove_week.most_moved + 1);
  exception when query_canceled then
    -- Someone's cancel ends the pass. What is too much to be read within statement_timeout goes run by run instead, or
    -- no pass would ever end. Both are the same error, so the time that has passed tells them apart.
    if v_timeout = 0 or clock_timestamp() - statement_timestamp() < 0.9 * v_timeout * interval '1 millisecond' then
      raise;
    end if;
    return 'kept';
  end;
  if cardinality(v_ids) > remove_week.most_moved or v_ids <> '{}' and (
    select max(pg_relation_size(c.oid)) > remove_week.largest_default
      or (
        select coalesce(sum(pg_column_size(l)), 0) from almanac.run_logs l
        where l.run_id = any (v_ids) and l.scheduled_for >= remove_week.begins_at and l.scheduled_for < v_ends_at
      ) > remove_week.largest_default / 4
    from pg_class c
    where c.oid in (select i.inhrelid from pg_inherits i
      where i.inhparent in ('almanac.runs'::regclass, 'almanac.run_attempts'::regclass, 'almanac.run_logs'::regclass))
      and c.relname like '%\_default')
  then
    return 'kept';
  end if;
  begin
    perform almanac_private.take_turn('partitions');
    foreach v_table in array array['runs', 'run_logs', 'run_attempts'] loop
      continue when to_regclass(format('almanac_private.%I', v_table || '_' || v_suffix)) is null;
      execute format('lock table only almanac.%I in access exclusive mode', v_table);
      execute format('lock table almanac_private.%I in access exclusive mode', v_table || '_default');
      execute format('lock table almanac_private.%I in access exclusive mode', v_table || '_' || v_suffix);
    end loop;
    if exists (
      select from almanac_private.runs_that_stay(v_rule, remove_week.begins_at, v_ends_at, v_new_from,
        remove_week.as_of) s where s.id <> all (v_ids))
    then
      return 'held';
    end if;
    select array_agg(r) into v_runs from almanac.runs r
    where r.id = any (v_ids) and r.scheduled_for >= remove_week.begins_at and r.scheduled_for < v_ends_at;
    select array_agg(a) into v_attempts from almanac.run_attempts a
    where a.run_id = any (v_ids) and a.scheduled_for >= remove_week.begins_at and a.scheduled_for < v_ends_at;
    select array_agg(l) into v_logs from almanac.run_logs l
    where l.run_id = any (v_ids) and l.scheduled_for >= remove_week.begins_at and l.scheduled_for < v_ends_at;
    foreach v_table in array array['runs', 'run_logs', 'run_attempts'] loop
      continue when to_regclass(format('almanac_private.%I', v_table || '_' || v_suffix)) is null;
      if v_table = 'runs' then
        -- Those that were due on other days are found by an index, which tells between which days.
        execute format('insert into almanac_private.changed_days (day, changed_by)
          select almanac_private.utc_day(d.at), pg_current_xact_id()
          from (
            select least($1, min(r.due_at)) as first, greatest($2, max(r.due_at)) as last
            from almanac_private.%I r where r.due_at <> r.scheduled_for
          ) w
          cross join lateral generate_series(w.first, w.last, interval ''24 hours'') d(at)
          on conflict do nothing', v_table || '_' || v_suffix)
          using remove_week.begins_at, v_ends_at - interval '1 microsecond';
      end if;
      if v_archives then
        execute format('alter table almanac.%I detach partition almanac_private.%I', v_table,
          v_table || '_' || v_suffix);
        execute format('alter table almanac_private.%I rename to %I', v_table || '_' || v_suffix,
          almanac_private.archive_table(v_table, remove_week.begins_at));
      else
        execute format('drop table almanac_private.%I', v_table || '_' || v_suffix);
      end if;
    end loop;
    if v_archives then
      insert into almanac_private.archive_weeks (begins_at, stayed_ids) values (remove_week.begins_at, v_ids);
    end if;
    insert into almanac.runs select u.* from unnest(v_runs) u;
    insert into almanac.run_attempts select u.* from unnest(v_attempts) u;
    insert into almanac.run_logs select u.* from unnest(v_logs) u;
  exception when lock_not_available then
    return 'held';
  end;
  return 'dropped';
end
$$;
comment on function almanac_private.remove_week(timestamptz, timestamptz, integer, bigint) is
  'Drops the partitions of runs, attempts and logs of the week that begins then. Of what has not expired, at most '
  'most_moved runs move to the default partition, while that has at most largest_default bytes. Returns dropped; kept: '
  'there is more that stays, or more than can be read at once, or an archive needs a table that is missing; held: '
  'others read or write, so try again later.';
