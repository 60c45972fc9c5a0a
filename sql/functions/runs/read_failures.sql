-- Called by find_runs, with its rights and its settings.
create or replace function almanac_private.read_failures(
  filter almanac_private.run_filter, since timestamptz, before_at timestamptz, before_id bigint, most integer,
  out run_ids bigint[], out scheduled_fors timestamptz[], out read integer, out last_at timestamptz, out last_id bigint
)
language sql stable set search_path to pg_catalog, pg_temp
begin atomic
  with noted as materialized (
    select f.run_id, f.scheduled_for from almanac_private.recent_failures f
    where f.scheduled_for >= read_failures.since
      and (f.scheduled_for, f.run_id) < (read_failures.before_at, read_failures.before_id)
    order by f.scheduled_for desc, f.run_id desc limit read_failures.most
  ), last as (
    select n.scheduled_for, n.run_id from noted n where (select count(*) from noted) = read_failures.most
    order by n.scheduled_for, n.run_id limit 1
  ), fitting as (
    select n.run_id, n.scheduled_for
    from noted n
    join almanac.runs r on r.id = n.run_id and r.scheduled_for = n.scheduled_for
    left join almanac.schedules s on s.id = r.schedule_id
    where almanac_private.fits_run_filter(r, s, read_failures.filter)
  )
  select array_agg(f.run_id order by f.scheduled_for desc, f.run_id desc),
    array_agg(f.scheduled_for order by f.scheduled_for desc, f.run_id desc),
    (select count(*)::integer from noted), (select a.scheduled_for from last a), (select a.run_id from last a)
  from fitting f;
end;
comment on function almanac_private.read_failures(
  almanac_private.run_filter, timestamptz, timestamptz, bigint, integer
) is
  'As read_runs(), of runs that failed or timed out lately, without reading others.';
