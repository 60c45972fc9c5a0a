create or replace function almanac.last_outcomes(schedule_ids bigint[], max_count integer default 60)
returns table (schedule_id bigint, outcomes almanac.run_status[], ended_for timestamptz)
language plpgsql stable rows 100 set search_path to pg_catalog, pg_temp
as $$
begin
  if last_outcomes.max_count not between 1 and 60 or cardinality(last_outcomes.schedule_ids) > 200 then
    raise exception using errcode = 'AL012', message = 'Too many outcomes were requested.',
      detail = format('schedule_ids: %s; max_count: %s.', cardinality(last_outcomes.schedule_ids),
        coalesce(last_outcomes.max_count::text, 'null')),
      hint = 'Request at most 200 schedules, and 1 to 60 outcomes of each.';
  end if;
  return query
  select s.id, coalesce(e.outcomes, '{}'), e.ended_for
  from (select distinct u.id from unnest(last_outcomes.schedule_ids) u(id) where u.id is not null) s
  cross join lateral (
    select array_agg(l.status order by l.scheduled_for, l.id) as outcomes,
      (array_agg(l.due_at order by l.scheduled_for desc, l.id desc))[1] as ended_for
    from (
      select r.status, r.scheduled_for, r.due_at, r.id from almanac.runs r
      where r.schedule_id = s.id and r.parent_id is null
      order by r.scheduled_for desc, r.id desc limit last_outcomes.max_count
    ) l
    where l.status in ('succeeded', 'failed', 'timed_out', 'cancelled', 'skipped')
  ) e
  order by s.id;
end
$$;
comment on function almanac.last_outcomes(bigint[], integer) is
  'How the last runs of each of some schedules ended, the oldest first; what has not ended is left out. '
  'ended_for: when the last of them was due.';
grant execute on function almanac.last_outcomes(bigint[], integer) to almanac_viewer;
