-- Definer: reads and deletes what waits to be archived, which is the owner's.
--
-- The caller writes what it returns to a file, makes sure that it is on the disk, and commits: what is rolled back is
-- returned again. So a run may be in two files when a worker is killed between the two, and is never in none.
-- Two workers take different runs, and different weeks (skip locked).
--
-- Runs that were removed one by one come first: they are few. Then the weeks, by the ids of their runs; when all of a
-- week has been taken, its tables are dropped.
create or replace function almanac_private.take_archive(
  max_count integer default 1000, max_bytes integer default 4194304
) returns setof text
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp set timezone to 'UTC'
  set intervalstyle to 'postgres' set jit to off set enable_hashjoin to off set enable_mergejoin to off
    set enable_seqscan to off
as $$
declare
  v_week almanac_private.archive_weeks;
  v_run record;
  v_bytes bigint := 0;
  v_taken integer := 0;
begin
  perform almanac_private.checked_count(take_archive.max_count, 100000);
  return query
  with next as (
    select r.id, sum(r.bytes) over (order by r.id) - r.bytes as before
    from (
      select a.id, a.bytes from almanac_private.archive_runs a order by a.id limit take_archive.max_count
        for update skip locked
    ) r
  ), gone as (
    delete from almanac_private.archive_runs a using next n where a.id = n.id and n.before < take_archive.max_bytes
    returning a.id, a.document
  )
  select g.document from gone g order by g.id;
  if found then
    return;
  end if;
  loop
    select w.* into v_week from almanac_private.archive_weeks w order by w.begins_at limit 1 for update skip locked;
    exit when v_week.begins_at is null;
    for v_run in execute format($query$
      select r.id, almanac_private.archived_run(to_jsonb(r),
        (select jsonb_agg(to_jsonb(a) order by a.attempt) from almanac_private.%2$I a
          where a.run_id = r.id and a.scheduled_for = r.scheduled_for),
        (select jsonb_agg(to_jsonb(l) order by l.attempt, l.first_line) from almanac_private.%3$I l
          where l.run_id = r.id and l.scheduled_for = r.scheduled_for)) as document
      from almanac_private.%1$I r where r.id > $1 and r.id <> all ($2) order by r.id limit $3$query$,
      almanac_private.archive_table('runs', v_week.begins_at),
      almanac_private.archive_table('run_attempts', v_week.begins_at),
      almanac_private.archive_table('run_logs', v_week.begins_at))
      using v_week.after_id, v_week.stayed_ids, take_archive.max_count
    loop
      return next v_run.document;
      v_taken := v_taken + 1;
      v_bytes := v_bytes + octet_length(v_run.document);
      v_week.after_id := v_run.id;
      exit when v_bytes >= take_archive.max_bytes;
    end loop;
    if v_taken > 0 then
      update almanac_private.archive_weeks w set after_id = v_week.after_id where w.begins_at = v_week.begins_at;
      return;
    end if;
    perform almanac_private.drop_archive_week(v_week.begins_at);
  end loop;
end
$$;
comment on function almanac_private.take_archive(integer, integer) is
  'Takes runs that wait to be archived, as one line of JSON each: at most max_count, and about max_bytes bytes. None: '
  'nothing waits, or others have taken it. Commit when they are on the disk.';
grant execute on function almanac_private.take_archive(integer, integer) to almanac_worker;
