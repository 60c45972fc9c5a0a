-- Called by find_runs, with its rights and its settings.
create or replace function almanac_private.read_runs(
  filter almanac_private.run_filter, since timestamptz, before_at timestamptz, before_id bigint, most integer,
  out run_ids bigint[], out scheduled_fors timestamptz[], out read integer, out last_at timestamptz, out last_id bigint
)
language sql stable set search_path to pg_catalog, pg_temp
begin atomic
  with looked_at as materialized (
    select l.id, l.scheduled_for, almanac_private.fits_run_filter(l.run, s, read_runs.filter) as fits
    from (
      select r as run, r.id, r.scheduled_for, r.schedule_id from almanac.runs r
      where r.scheduled_for >= read_runs.since and r.scheduled_for <= read_runs.before_at
        and (r.scheduled_for, r.id) < (read_runs.before_at, read_runs.before_id)
      order by r.scheduled_for desc, r.id desc limit read_runs.most
    ) l
    left join almanac.schedules s on s.id = l.schedule_id
  ), last as (
    select l.scheduled_for, l.id from looked_at l where (select count(*) from looked_at) = read_runs.most
    order by l.scheduled_for, l.id limit 1
  )
  select array_agg(l.id order by l.scheduled_for desc, l.id desc) filter (where l.fits),
    array_agg(l.scheduled_for order by l.scheduled_for desc, l.id desc) filter (where l.fits),
    count(*)::integer, (select a.scheduled_for from last a), (select a.id from last a)
  from looked_at l;
end;
comment on function almanac_private.read_runs(
  almanac_private.run_filter, timestamptz, timestamptz, bigint, integer
) is
  'Of the most latest runs before a place, not before since, those that fit a filter; how many it has read, and the '
  'last of them (null: it came to since).';
