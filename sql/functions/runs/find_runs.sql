-- Definer: of unfinished runs it reads which they are, which is the engine's.
--
-- A list of what hardly any run is would read all of them, and takes as long as there is history. So it reads part by
-- part, the newest first, no more than most_read in a call, and then says how far it came: the caller shows what there
-- is, and asks for more.
--
-- 1. What is unfinished is looked up in live_runs, unless that is much.
-- 2. Where the filter leaves few schedules, the runs of each are read by their index and merged: each part ends where
--    one of them has more.
-- 3. Otherwise runs are read by their time.
-- 4. Days that have no such run, by the counts of days that are over, are passed over.
-- 5. What failed in the last days is noted in a table of its own.
create or replace function almanac.find_runs(
  filter jsonb default '{}', max_count integer default 100, after text default null, most_read integer default 100000
) returns almanac.run_page
language plpgsql stable security definer set search_path to pg_catalog, pg_temp set jit to off
  -- By key, in the order of the index: the sort of a week would read all of it for a page.
  set enable_hashjoin to off set enable_mergejoin to off set enable_seqscan to off set enable_bitmapscan to off
as $$
declare
  v_filter almanac_private.run_filter := almanac_private.read_run_filter(coalesce(find_runs.filter, '{}'), true);
  v_most constant integer := almanac_private.checked_count(find_runs.max_count, 1000);
  v_most_read constant integer := almanac_private.checked_count(find_runs.most_read, 100000);
  v_most_schedules constant integer := 500;
  v_schedules bigint[];
  v_at timestamptz;
  v_id bigint;
  v_counted datemultirange := '{}';
  v_is_noted boolean;
  v_oldest timestamptz;
  v_next timestamptz;
  v_skipped timestamptz;
  v_floor timestamptz;
  v_most_part integer;
  v_part record;
  v_read integer := 0;
  v_page almanac.run_page := row('{}'::bigint[], '{}'::timestamptz[], null, null);
begin
  v_filter := almanac_private.list_filter(v_filter);
  select p.at, p.id into v_at, v_id from almanac_private.read_place(find_runs.after) p;
  if v_filter.until < v_at then
    v_at := v_filter.until;
    v_id := 0;
  end if;
  if v_filter.ids is not null or v_filter.status <@ '{waiting,queued,running,retrying}'
    and not exists (select from almanac_private.live_runs l offset 20000)
  then
    select coalesce(array_agg(f.id), '{}'), coalesce(array_agg(f.scheduled_for), '{}')
    into v_page.run_ids, v_page.scheduled_fors
    from (
      select k.id, k.scheduled_for
      from (
        select r.id, r.scheduled_for, r.schedule_id, r as run
        from unnest(v_filter.ids) u(id) join almanac.runs r on r.id = u.id
        union all
        select r.id, r.scheduled_for, r.schedule_id, r.run
        from almanac_private.live_runs l
        -- Apart (offset), or the planner begins with the runs: by its statistics none is unfinished.
        cross join lateral (
          select r as run, r.id, r.scheduled_for, r.schedule_id from almanac.runs r
          where r.id = l.run_id and r.scheduled_for = l.scheduled_for offset 0) r
        where v_filter.ids is null
      ) k
      left join almanac.schedules s on s.id = k.schedule_id
      where almanac_private.fits_run_filter(k.run, s, v_filter) and (k.scheduled_for, k.id) < (v_at, v_id)
      order by k.scheduled_for desc, k.id desc limit v_most + 1
    ) f;
    return almanac_private.cut_page(v_page, v_most);
  end if;

  if v_filter.schedule_id is not null then
    v_schedules := array[v_filter.schedule_id];
  elsif coalesce(v_filter.tag, v_filter.schedule_search, v_filter.creator) is not null
    or v_filter.without_frequent
  then
    v_schedules := array(
      select s.id from almanac.schedules s
      where (v_filter.tag is null or v_filter.tag = any (s.tags))
        and (v_filter.schedule_search is null or strpos(lower(s.name), lower(v_filter.schedule_search)) > 0)
        and (v_filter.creator is null or s.created_by = v_filter.creator)
        and (v_filter.without_frequent is not true or not almanac.schedules_is_frequent(s))
      limit v_most_schedules + 1);
    v_schedules := case when cardinality(v_schedules) <= v_most_schedules then v_schedules end;
  end if;
  v_oldest := greatest(v_filter.since, (select min(r.scheduled_for) from almanac.runs r));
  v_is_noted := v_filter.status <@ '{failed,timed_out}'
    and v_filter.since >= almanac_private.failures_known_since();
  v_at := least(v_at, (select max(r.scheduled_for) from almanac.runs r) + interval '1 microsecond');
  v_most_part := least(2 * v_most, v_most_read);
  -- Children are not in these counts.
  if v_filter.without_children and (v_filter.status is not null or v_schedules is not null) then
    v_counted := almanac_private.days_counted();
  end if;

  while v_at >= v_oldest and v_schedules is distinct from '{}' loop
    v_next := v_at + case when v_id > 0 then interval '1 microsecond' else '0' end;
    v_skipped := almanac_private.skip_to(v_next, v_filter.status, v_schedules, v_counted);
    if v_skipped < v_next then
      v_at := v_skipped;
      v_id := 0;
      continue;
    end if;
    -- Of many schedules week by week: otherwise each is looked for in the tables of all weeks.
    v_floor := case
      when v_is_noted then v_oldest
      when v_filter.status is not null and v_counted @> almanac_private.utc_day(v_next - interval '1 microsecond')
        then greatest(v_oldest, almanac_private.day_start(almanac_private.utc_day(v_next - interval '1 microsecond')))
      when v_schedules is null or cardinality(v_schedules) <= 5 then v_oldest
      else greatest(v_oldest,
        date_trunc('week', (v_at - interval '1 microsecond') at time zone 'UTC') at time zone 'UTC') end;
    if v_is_noted then
      v_part := almanac_private.read_failures(v_filter, v_floor, v_at, v_id, v_most_part);
    elsif v_schedules is null then
      v_part := almanac_private.read_runs(v_filter, v_floor, v_at, v_id, v_most_part);
    else
      v_part := almanac_private.read_runs_of(v_schedules, v_filter, v_floor, v_at, v_id,
        greatest(v_most_part / cardinality(v_schedules), 20));
    end if;
    v_page.run_ids := v_page.run_ids || v_part.run_ids;
    v_page.scheduled_fors := v_page.scheduled_fors || v_part.scheduled_fors;
    v_read := v_read + v_part.read + case when v_is_noted then 0 else coalesce(cardinality(v_schedules), 0) end;
    v_at := coalesce(v_part.last_at, v_floor);
    v_id := coalesce(v_part.last_id, 0);
    if cardinality(v_page.run_ids) > v_most then
      return almanac_private.cut_page(v_page, v_most);
    elsif v_part.last_at is null and v_floor = v_oldest then
      exit;
    elsif v_read >= v_most_read then
      v_page.next := almanac_private.written_place(v_at, v_id);
      v_page.stopped_at := v_at;
      return v_page;
    end if;
    v_most_part := least(2 * v_most_part, 20000, v_most_read - v_read);
  end loop;
  return v_page;
end
$$;
comment on function almanac.find_runs(jsonb, integer, text, integer) is
  'The runs that fit a filter, as cancel_runs() takes it (null or {}: all), the newest first by nominal time: at most '
  'max_count (up to 1,000) of those older than after, which is next of the page before. It reads at most about '
  'most_read runs; where these are not enough for a page, stopped_at says how far back it came, and next continues '
  'from there. Children are left out, unless the filter names a parent_id, ids, a worker_id or '
  'the trigger workflow.';
grant execute on function almanac.find_runs(jsonb, integer, text, integer) to almanac_viewer;
