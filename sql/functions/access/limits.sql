-- Definer: reads counts that no one else may.
create or replace function almanac.limits() returns table (
  run_as text, limit_name text, used bigint, most bigint, put_off bigint, since timestamptz, until timestamptz,
  note text
)
language plpgsql stable security definer set search_path to pg_catalog, pg_temp set lock_timeout to '200ms'
as $$
#variable_conflict use_column
declare
  v_now timestamptz := clock_timestamp();
begin
  return query
  with waiting as materialized (
    select s.run_as::text, p.limit_name, count(*) as count, min(p.due_at) as since, min(p.until) as until
    from almanac_private.put_off p join almanac.schedules s on s.id = p.schedule_id and s.next_run_at = p.until
    group by s.run_as, p.limit_name
  ), used as materialized (
    select f.run_as, sum(f.runs)::bigint as runs, sum(f.bytes)::bigint as bytes
    from almanac_private.fired f where f.minute > v_now - interval '1 hour' group by f.run_as
  ), roles as (
    select u.run_as from used u union select w.run_as from waiting w
  )
  select r.run_as, l.limit_name, l.used, l.most, coalesce(w.count, 0), w.since, w.until,
    case when w.count > 0
      then format('%s %s put off, the first until %s UTC. The owner of the schema can change the limit, for all roles '
      'or for one: %s or %s in almanac_private.settings.',
      almanac_private.limit_note(r.run_as, l.limit_name, l.used, l.most),
      case w.count when 1 then '1 schedule is' else w.count || ' schedules are' end,
      to_char(w.until at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS'),
      l.limit_name, l.limit_name || ':' || r.run_as) end
  from roles r
  left join used u on u.run_as = r.run_as
  cross join lateral (
    select m.limit_name, almanac_private.limit_for(m.limit_name, r.run_as) as most, m.used
    from (values ('runs_per_hour', coalesce(u.runs, 0)), ('payload_bytes_per_hour', coalesce(u.bytes, 0)),
      ('unfinished_runs', almanac_private.count_unfinished(r.run_as, 1000000))) m(limit_name, used)
  ) l
  left join waiting w on w.run_as = r.run_as and w.limit_name = l.limit_name
  where almanac_private.is_limited(r.run_as)
  order by w.count is null, r.run_as, l.limit_name;
exception when lock_not_available then
  return;
end
$$;
comment on function almanac.limits() is
  'What the schedules of each role that is neither an admin nor the owner have fired in the last hour, and have '
  'unfinished, next to what they may. most: null, no limit. put_off: how many of its schedules are put off as it has '
  'met the limit, since when the first was due, and until when; note says so in words, and how to change it.';
grant execute on function almanac.limits() to almanac_viewer;
