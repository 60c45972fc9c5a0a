create or replace function almanac.run_log(run_id bigint, after_line bigint default 0, max_count integer default 1000)
returns table (id bigint, attempt integer, line integer, logged_at timestamptz, level text, message text,
  cut_lines integer, cut_because text)
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_most integer := almanac_private.checked_count(run_log.max_count, 5000);
  v_time timestamptz := (almanac_private.find_run(run_log.run_id)).scheduled_for;
  v_after constant bigint := coalesce(run_log.after_line, 0);
  v_attempt constant integer := greatest(least(v_after / 10000000000, 2000000000), 0);
begin
  return query
  select l.attempt * 10000000000 + case when l.lines is null then l.first_line + l.line_count - 1 else n.line end,
    l.attempt, n.line, n.logged_at, n.level, n.message,
    case when l.lines is null then l.line_count end, l.cut_because
  from almanac.run_logs l
  cross join lateral (
    select l.first_line + (e.nth - 1)::integer as line,
      l.logged_at + case when jsonb_typeof(e.line -> 0) = 'number'
        then make_interval(secs => least(greatest((e.line ->> 0)::float8, 0), 1e11) / 1000) else '0' end as logged_at,
      e.line ->> 1 as level, e.line ->> 2 as message
    from jsonb_array_elements(coalesce(l.lines, '[null]')) with ordinality e(line, nth)
  ) n
  where l.run_id = run_log.run_id and l.scheduled_for = v_time and l.attempt >= v_attempt
    and l.attempt * 10000000000 + l.first_line + l.line_count - 1 > v_after
    and (l.lines is null or l.attempt * 10000000000 + n.line > v_after)
  order by l.attempt, l.first_line, n.line
  limit v_most;
end
$$;
comment on function almanac.run_log(bigint, bigint, integer) is
  'What the attempts of a run have logged, in order, at most max_count lines (up to 5,000) after the one whose id is '
  'after_line; 0: from the beginning. level: error, warning, info or debug; logged_at is by the clock of the worker. '
  'Where lines are not kept, one row tells of all of them: cut_lines says how many, cut_because why: bound (a run '
  'keeps its first and its last 5,000 lines, and 500,000 bytes of each), limit (its role has reached '
  'log_bytes_per_hour), lost (the database could not be told).';
grant execute on function almanac.run_log(bigint, bigint, integer) to almanac_viewer;
