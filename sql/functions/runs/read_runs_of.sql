-- Called by find_runs, with its rights and its settings.
create or replace function almanac_private.read_runs_of(
  schedule_ids bigint[], filter almanac_private.run_filter, since timestamptz, before_at timestamptz, before_id bigint,
  most_each integer,
  out run_ids bigint[], out scheduled_fors timestamptz[], out read integer, out last_at timestamptz, out last_id bigint
)
language sql stable set search_path to pg_catalog, pg_temp
begin atomic
  with looked_at as materialized (
    select r.id, r.scheduled_for, almanac_private.fits_run_filter(r.run, s, read_runs_of.filter) as fits,
      row_number() over (partition by r.schedule_id order by r.scheduled_for desc, r.id desc) as nth
    from unnest(read_runs_of.schedule_ids) u(id)
    cross join lateral (
      select r as run, r.id, r.scheduled_for, r.schedule_id from almanac.runs r
      where r.schedule_id = u.id and r.scheduled_for >= read_runs_of.since
        and r.scheduled_for <= read_runs_of.before_at
        and (r.scheduled_for, r.id) < (read_runs_of.before_at, read_runs_of.before_id)
      order by r.scheduled_for desc, r.id desc limit read_runs_of.most_each
    ) r
    left join almanac.schedules s on s.id = r.schedule_id
  ), last as (
    -- Further back, one of the schedules may have runs that were not read.
    select l.scheduled_for, l.id from looked_at l where l.nth = read_runs_of.most_each
    order by l.scheduled_for desc, l.id desc limit 1
  )
  select array_agg(l.id order by l.scheduled_for desc, l.id desc) filter (where l.fits and l.is_known),
    array_agg(l.scheduled_for order by l.scheduled_for desc, l.id desc) filter (where l.fits and l.is_known),
    count(*)::integer, (select a.scheduled_for from last a), (select a.id from last a)
  from (
    select l.*, (l.scheduled_for, l.id) >= (select a.scheduled_for, a.id from last a) is not false as is_known
    from looked_at l
  ) l;
end;
comment on function almanac_private.read_runs_of(
  bigint[], almanac_private.run_filter, timestamptz, timestamptz, bigint, integer
) is
  'As read_runs(), of some schedules: most_each of each are read.';
