create or replace function almanac_private.plan_effect(
  action text, schedule almanac.schedules, changes jsonb, as_of timestamptz,
  out added bigint, out removed bigint, out moved bigint, out occurrences jsonb, out compared bigint,
  out is_whole boolean
)
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_most constant integer := 100000;
  v_listed constant integer := 10;
  v_end constant timestamptz := as_of + interval '30 days';
  v_kind text := case when action = 'archived' then 'removed' else 'added' end;
begin
  select count(*), coalesce(jsonb_agg(jsonb_build_object('change', v_kind,
    'was_due_at', case when v_kind = 'removed' then c.due_at end,
    'due_at', case when v_kind = 'added' then c.due_at end) order by c.due_at) filter (where c.nth <= v_listed), '[]')
  into compared, occurrences
  from (
    select o.due_at, row_number() over (order by o.due_at, o.scheduled_for) as nth
    from almanac_private.coming_occurrences(schedule, as_of, v_end, v_most + 1) o
    where schedule.status = 'active' and schedule.archived_at is null) c;
  is_whole := compared <= v_most;
  added := case when v_kind = 'added' then compared else 0 end;
  removed := case when v_kind = 'removed' then compared else 0 end;
  moved := 0;
  if action in ('created', 'restored', 'archived') or not is_whole then
    return;
  end if;
  select coalesce(sum(p.count) filter (where p.change like 'added%'), 0),
    coalesce(sum(p.count) filter (where p.change like 'removed%'), 0),
    coalesce(sum(p.count) filter (where p.change like 'moved%'), 0),
    coalesce(jsonb_agg(jsonb_build_object('change', p.change, 'was_due_at', p.was_due_at, 'due_at', p.due_at)
      order by least(p.was_due_at, p.due_at)) filter (where p.count = 1 and p.change in ('added', 'removed', 'moved')),
      '[]'), coalesce(bool_and(p.change <> 'too many to compare'), true)
  into added, removed, moved, occurrences, is_whole
  from almanac.preview_change(schedule.name, changes, as_of, v_end, v_listed) p;
end
$$;
comment on function almanac_private.plan_effect(text, almanac.schedules, jsonb, timestamptz) is
  'What of the next 30 days is added, removed and moved by one schedule of a plan, up to 100,000 occurrences, of which '
  'the first ten are listed. is_whole: false if there are more.';
grant execute on function almanac_private.plan_effect(text, almanac.schedules, jsonb, timestamptz) to almanac_operator;
