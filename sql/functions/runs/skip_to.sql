create or replace function almanac_private.skip_to(
  before timestamptz, statuses almanac.run_status[], schedule_ids bigint[], counted datemultirange
) returns timestamptz
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_day constant date := almanac_private.utc_day(skip_to.before - interval '1 microsecond');
  v_since date;
begin
  select lower(c.days) into v_since from unnest(skip_to.counted) c(days) where c.days @> v_day;
  if v_since is null then
    return skip_to.before;
  end if;
  return least(skip_to.before, almanac_private.day_start(1 + coalesce((
    select max(d.day)
    from unnest(coalesce(skip_to.schedule_ids, '{0}')) u(id)
    cross join lateral (
      select c.day from almanac_private.day_counts c
      where c.schedule_id = u.id and c.day >= v_since and c.day <= v_day and c.named > 0
        and (skip_to.statuses is null or c.status = any (skip_to.statuses))
      order by c.day desc limit 1
    ) d), v_since - 1)));
end
$$;
comment on function almanac_private.skip_to(timestamptz, almanac.run_status[], bigint[], datemultirange) is
  'Where to look on, going back in time, for runs in one of the states (null: any) of one of the schedules (null: '
  'any): what lies between has none, by the counts of days. counted: days_counted().';
grant execute on function almanac_private.skip_to(timestamptz, almanac.run_status[], bigint[], datemultirange)
  to almanac_viewer;
