-- Definer: writes what only the owner may.
--
-- Counts must be what counting would say, and no run may pay for them while it is fired and recorded. So a day is
-- counted once it is over and quiet, and whoever changes a run of it later notes that (changed_days), in the same
-- transaction: from then on it is counted run by run until this function has counted it again.
--
-- Runs of the last 24 hours are changed without a note. So a day is closed first, 25 hours after its end, with the
-- number of this transaction; and counted once every transaction that was under way then has ended.
create or replace function almanac_private.count_days(
  max_count integer default 10, as_of timestamptz default clock_timestamp(), out counted integer, out is_done boolean
)
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_until constant date := almanac_private.utc_day(
    least(count_days.as_of, clock_timestamp()) - interval '25 hours');
  v_most_days constant integer := 4000;
  v_oldest date;
  v_closed bigint;
  v_day date;
begin
  perform almanac_private.checked_count(count_days.max_count, 1000);
  v_oldest := almanac_private.utc_day(least((select min(r.scheduled_for) from almanac.runs r),
    (select min(r.due_at) from almanac.runs r where r.due_at <> r.scheduled_for)));
  delete from almanac_private.counted_days c where c.day < v_oldest or v_oldest is null;
  delete from almanac_private.day_counts c where c.day < v_oldest or v_oldest is null;
  delete from almanac_private.changed_days c where c.day < v_oldest or v_oldest is null;
  insert into almanac_private.counted_days (day, closed_by)
  select d.day, pg_current_xact_id()
  from (
    select g::date as day
    from generate_series(greatest(v_oldest, v_until - v_most_days)::timestamp, v_until - 1, interval '1 day') g
  ) d
  where not exists (select from almanac_private.counted_days c where c.day = d.day)
  on conflict do nothing;
  get diagnostics v_closed = row_count;
  -- Of another server, from which these tables were restored, where numbers are higher.
  update almanac_private.counted_days c set closed_by = pg_current_xact_id()
  where c.counted_at is null and c.closed_by > pg_snapshot_xmax(pg_current_snapshot());
  counted := 0;
  for v_day in
    select c.day from almanac_private.counted_days c
    where (c.counted_at is not null or c.closed_by < pg_snapshot_xmin(pg_current_snapshot()))
      and (c.counted_at is null or exists (select from almanac_private.changed_days d where d.day = c.day))
    order by c.day desc limit count_days.max_count for update of c skip locked
  loop
    perform almanac_private.count_day(v_day);
    counted := counted + 1;
  end loop;
  is_done := counted < count_days.max_count and v_closed = 0;
end
$$;
comment on function almanac_private.count_days(integer, timestamptz) is
  'Counts the runs of days that are over, and of those that were changed since, at most max_count days, the latest '
  'first. The first call closes days, which the next counts. Call it until is_done.';
grant execute on function almanac_private.count_days(integer, timestamptz) to almanac_worker;
