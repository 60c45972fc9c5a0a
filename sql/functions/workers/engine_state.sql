create or replace function almanac.engine_state(
  out worker_runs boolean,
  out overdue_count integer, out overdue_since timestamptz, out overdue_schedule_id bigint,
  out overdue_schedule_name text,
  out ahead_count integer, out ahead_until timestamptz,
  out stopped_at timestamptz, out stopped_by text, out stop_reason text,
  out limited_who text, out limit_name text, out limit_most bigint, out limited_count bigint,
  out limited_until timestamptz,
  out held_up_count bigint, out held_up_name text, out held_up_since timestamptz, out held_up_because text,
  out held_up_remedy text
)
language sql stable
begin atomic
  with ahead as (
    select count(*)::integer as count, max(a.cursor_at) as until
      from almanac_private.schedules_ahead(clock_timestamp()) a
  )
  select almanac_private.has_running_worker(), coalesce((o.found ->> 'count')::integer, 0),
    (o.found ->> 'at')::timestamptz,
    (select s.id from almanac.schedules s where s.name = o.found ->> 'name' and s.deleted_at is null),
      o.found ->> 'name',
    a.count, a.until, t.stopped_at, t.stopped_by, t.reason,
    m.who, m.limit_name, m.most, m.schedules, m.until, h.count, h.name, h.since, h.because, h.remedy
  from ahead a
  cross join (values (almanac_private.overdue(clock_timestamp()))) o(found)
  cross join almanac_private.limit_met() m
  left join almanac.stops t on t.resumed_at is null
  left join lateral (select u.* from almanac_private.schedules_held_up() u limit 1) h on true;
end;
comment on function almanac.engine_state() is
  'Whether anything fires and runs: worker_runs, that a worker is running; overdue, schedules that are due for more '
  'than 30 s and have not fired, and the first of them; ahead, schedules that were fired beyond the clock, which was '
  'ahead, and until when (replan_from_now() plans them again); stopped, since when, by whom and why all schedules '
  'are stopped (null: they are not); '
  'limited, the role or user, in words, whose schedules are put off as it has met a limit, which, how many they are '
  'and until when (null: none is); held_up, schedules that are due and that firing has to leave for later: how many, '
  'the first, since when, why and what to do (null: none).';
grant execute on function almanac.engine_state() to almanac_viewer;
