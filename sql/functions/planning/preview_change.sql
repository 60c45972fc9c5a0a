-- What the form and a drag say before a change is saved. Both versions are planned by coming_occurrences, at most
-- 100,000 each, and compared: what has the same nominal time is kept, or moved if its due time differs; of the rest,
-- where as many go on a local day as come, the first takes the place of the first, and they are moved; what is left was
-- removed or added. Without that pairing, 03:00 to 04:00 would read as thirty removed and thirty added. What was moved
-- or skipped is carried over first (carried_overrides), as saving does. What max_count leaves out is counted by kind.
create or replace function almanac.preview_change(
  schedule text, changes jsonb, range_start timestamptz default now(), range_end timestamptz default null,
  max_count integer default 1000
) returns table (change text, was_scheduled_for timestamptz, was_due_at timestamptz, scheduled_for timestamptz,
  due_at timestamptz, count bigint)
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_old almanac.schedules := almanac_private.find_schedule(preview_change.schedule);
  v_new almanac.schedules;
  v_now timestamptz := statement_timestamp();
  v_start timestamptz := greatest(preview_change.range_start, statement_timestamp());
  v_end timestamptz := coalesce(preview_change.range_end, greatest(preview_change.range_start, statement_timestamp())
    + interval '30 days');
  v_most constant integer := 100000;
begin
  perform almanac_private.checked_count(preview_change.max_count);
  if not (v_end > v_start and almanac_private.is_in_reach(v_end)) then
    raise exception using errcode = 'AL012',
      message = 'The range must end in the future, after it starts, and before the year 10000.',
      detail = format('range_start: %s, range_end: %s.', preview_change.range_start, preview_change.range_end),
      hint = 'For example now() + interval ''30 days''.';
  end if;
  v_new := almanac_private.prepare_schedule(almanac_private.read_definition(preview_change.changes, v_old));
  if (v_new.task_identifier, v_new.target, v_new.task_group, v_new.workflow_name, v_new.workflow_version, v_new.payload)
    is distinct from (v_old.task_identifier, v_old.target, v_old.task_group, v_old.workflow_name,
      v_old.workflow_version, v_old.payload) then
    perform almanac_private.check_payload(v_new, v_new.payload);
  end if;
  v_new.cursor_at := v_now;

  return query
  with before as materialized (
    select c.scheduled_for, c.due_at
    from almanac_private.coming_occurrences(v_old, v_start, v_end, v_most + 1) c
    where v_old.status = 'active' and v_old.archived_at is null
  ), carried as materialized (
    select c.new_scheduled_for, c.was_moved_to
    from almanac_private.carried_overrides(v_old, v_new, v_now) c
    where v_old.has_overrides and c.new_scheduled_for <> c.scheduled_for
  ), after as materialized (
    select c.scheduled_for, c.due_at
    from (
      select c.scheduled_for, c.due_at from almanac_private.coming_occurrences(v_new, v_start, v_end, v_most + 1) c
      where not exists (select from carried o where o.new_scheduled_for = c.scheduled_for)
      union all
      select o.new_scheduled_for, o.was_moved_to from carried o where o.was_moved_to >= v_start
        and o.was_moved_to < v_end
    ) c
    where v_new.status in ('active', 'completed') and v_new.archived_at is null
  ), kept as (
    select b.scheduled_for as was_scheduled_for, b.due_at as was_due_at, a.scheduled_for, a.due_at
    from before b join after a on a.scheduled_for = b.scheduled_for
  ), gone as (
    select b.*, date_trunc('day', b.due_at, v_old.timezone) as day,
      row_number() over (partition by date_trunc('day', b.due_at, v_old.timezone)
        order by b.due_at, b.scheduled_for) as nth,
      count(*) over (partition by date_trunc('day', b.due_at, v_old.timezone)) as day_total
    from before b
    where not exists (select from kept k where k.was_scheduled_for = b.scheduled_for)
      and not exists (select from after a where a.due_at = b.due_at)
  ), come as (
    select a.*, date_trunc('day', a.due_at, v_old.timezone) as day,
      row_number() over (partition by date_trunc('day', a.due_at, v_old.timezone)
        order by a.due_at, a.scheduled_for) as nth,
      count(*) over (partition by date_trunc('day', a.due_at, v_old.timezone)) as day_total
    from after a
    where not exists (select from kept k where k.scheduled_for = a.scheduled_for)
      and not exists (select from before b where b.due_at = a.due_at)
  ), changed as (
    -- Where as many come on a local day as go, each takes the place of one.
    select 'moved' as change, k.* from kept k where k.due_at <> k.was_due_at
    union all
    select case when c.due_at is null then 'removed' when g.due_at is null then 'added' else 'moved' end,
      g.scheduled_for, g.due_at, c.scheduled_for, c.due_at
    from gone g full join come c on c.day = g.day and c.nth = g.nth and c.day_total = g.day_total
  ), ranked as (
    select c.*, row_number() over (order by least(c.was_due_at, c.due_at), c.due_at, c.was_due_at) as position
      from changed c
  )
  select l.change, l.was_scheduled_for, l.was_due_at, l.scheduled_for, l.due_at, l.count
  from (
    select r.change, r.was_scheduled_for, r.was_due_at, r.scheduled_for, r.due_at, 1::bigint as count, r.position
    from ranked r where r.position <= preview_change.max_count
    union all
    select r.change || ', not listed', null, null, null, null, count(*), min(r.position) from ranked r
      where r.position > preview_change.max_count group by r.change
    union all
    select 'too many to compare', null, null, null, null, greatest(b.total, a.total), null
    from (select count(*) as total from before) b, (select count(*) as total from after) a
    where greatest(b.total, a.total) > v_most
  ) l order by l.position;
end
$$;
comment on function almanac.preview_change(text, jsonb, timestamptz, timestamptz, integer) is
  'What a change of a schedule (columns as JSON, as for update_schedule) does to what is due in [range_start, '
  'range_end), by default 30 days: occurrences added, removed and moved. An occurrence is moved if its nominal time '
  'stays and its due time does not, or if on a local day as many come as go: then each takes the place of one. What '
  'does not fit into max_count is counted in rows of its own. Refuses what saving would refuse.';
grant execute on function almanac.preview_change(text, jsonb, timestamptz, timestamptz, integer) to almanac_viewer;
