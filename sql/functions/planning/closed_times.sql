create or replace function almanac.closed_times(
  schedule text, range_start timestamptz, range_end timestamptz, max_count integer default 1000
) returns table (starts_at timestamptz, ends_at timestamptz, reason text, label text)
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_schedule almanac.schedules := almanac_private.find_schedule(closed_times.schedule);
  v_now timestamptz := statement_timestamp();
  v_count bigint;
begin
  perform almanac_private.checked_count(closed_times.max_count);
  perform almanac_private.check_range(closed_times.range_start, closed_times.range_end);
  return query
  select greatest(c.starts_at, closed_times.range_start), least(c.ends_at, closed_times.range_end), c.reason, c.label
  from (
    select closed_times.range_start as starts_at, closed_times.range_end as ends_at, 'system' as reason,
      null as label where v_schedule.is_system
    union all
    select closed_times.range_start, closed_times.range_end, 'other owner',
      coalesce((select u.username from almanac.users u where u.id = v_schedule.owner_user), v_schedule.run_as)
    where not v_schedule.is_system and not almanac.schedules_may_change(v_schedule)
    union all
    select closed_times.range_start, v_now, 'past', null
    union all
    select closed_times.range_start, v_schedule.starts_at, 'not started', null
    union all
    select v_schedule.ends_at, closed_times.range_end, 'ended', null
    union all
    select lower(w.during), upper(w.during), 'excluded', coalesce(w.label, w.calendar)
    from almanac_private.exclusion_windows(v_schedule.calendars, v_schedule.timezone, closed_times.range_start,
      closed_times.range_end - interval '1 microsecond') w
  ) c
  where c.starts_at < closed_times.range_end and c.ends_at > closed_times.range_start
  order by c.starts_at, c.ends_at, c.reason, c.label
  limit closed_times.max_count + 1;
  get diagnostics v_count = row_count;
  if v_count > closed_times.max_count then
    raise exception using errcode = 'AL012',
      message = format('The range has more than %s closed times.', closed_times.max_count),
      detail = format('range_start: %s, range_end: %s.', closed_times.range_start, closed_times.range_end),
      hint = 'Use a shorter range, or max_count.';
  end if;
end
$$;
comment on function almanac.closed_times(text, timestamptz, timestamptz, integer) is
  'Where in [range_start, range_end) no occurrence of a schedule belongs, and why: system, other owner, past, not '
  'started, ended, or excluded, with the label of the window. Calendars do not refuse a move: move_occurrence() puts '
  'an occurrence into an excluded time if told to.';
grant execute on function almanac.closed_times(text, timestamptz, timestamptz, integer) to almanac_viewer;
