-- Definer: writes overrides and the ledger; the caller's right to do so is checked first.
create or replace function almanac_private.override_occurrence(
  schedule text, occurrence timestamptz, action almanac.override_action, moved_to timestamptz, reason text
) returns almanac.occurrence_overrides
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_schedule almanac.schedules := almanac_private.find_schedule(override_occurrence.schedule);
  v_now timestamptz := statement_timestamp();
  v_override almanac.occurrence_overrides;
  v_near record;
  v_engine text;
  v_is_new boolean;
begin
  if v_schedule.is_system or not almanac_private.may_change(v_schedule.owner_user, v_schedule.run_as_key) then
    perform almanac_private.refuse_change(v_schedule.id);
  end if;
  perform almanac_private.count_uses('overrides', 1);
  if v_schedule.status not in ('active', 'paused') then
    raise exception using errcode = 'AL013', column = 'status',
      message = format('Schedule %s is %s: it has no upcoming occurrence.', v_schedule.name, v_schedule.status),
      detail = format('occurrence: %s.', override_occurrence.occurrence),
      hint = 'See: select * from almanac.upcoming(…).';
  end if;
  perform almanac_private.resolve_before_change(array[v_schedule.id]);
  select s.* into v_schedule from almanac.schedules s where s.id = v_schedule.id for no key update;
  select o.* into v_override from almanac.occurrence_overrides o
  where o.schedule_id = v_schedule.id and o.scheduled_for = override_occurrence.occurrence;
  v_is_new := v_override.schedule_id is null;

  if override_occurrence.action = 'move'
    and (override_occurrence.moved_to > v_now and almanac_private.is_in_reach(override_occurrence.moved_to)) is not true
  then
    raise exception using errcode = 'AL016',
      message = 'An occurrence can only be moved to a time in the future, before the year 10000.',
      detail = format('moved_to: %s, now: %s.', coalesce(override_occurrence.moved_to::text, 'null'), v_now),
      hint = 'Use a later time, or run it now: almanac.trigger_now().';
  elsif v_override.done_at is not null or v_override.schedule_id is null and (
    exists (select from almanac.runs r where r.schedule_id = v_schedule.id
      and r.scheduled_for = override_occurrence.occurrence and r.trigger = 'schedule')
    or exists (select from almanac.omissions o where o.schedule_id = v_schedule.id
      and o.during @> override_occurrence.occurrence))
  then
    raise exception using errcode = 'AL016', message = 'The occurrence already has an outcome.',
      detail = format('occurrence: %s.', override_occurrence.occurrence),
      hint = 'See almanac.runs and almanac.omissions. To run it again, use almanac.trigger_now().';
  elsif v_override.schedule_id is null and (override_occurrence.occurrence > v_schedule.cursor_at
    and almanac_private.next_occurrence(v_schedule, override_occurrence.occurrence - interval '1 microsecond')
      = override_occurrence.occurrence) is not true
  then
    select n.* into v_near
      from almanac_private.nearest_occurrences(v_schedule, coalesce(override_occurrence.occurrence, v_now),
      v_schedule.cursor_at) n;
    raise exception using errcode = 'AL016',
      message = format('Schedule %s has no occurrence at this time%s.', v_schedule.name,
        case when override_occurrence.occurrence <= v_schedule.cursor_at then ' that is upcoming' end),
      detail = format('occurrence: %s.', coalesce(override_occurrence.occurrence::text, 'null')),
      hint = format('Use its nominal time, scheduled_for. %s: %s.',
        case when v_near.before is null then 'The next one is' else 'The nearest are' end,
        coalesce(nullif(concat_ws(' and ', v_near.before, v_near.after), ''), 'none'));
  end if;

  if v_override.schedule_id is null and almanac_private.is_counted() then
    perform almanac_private.check_at_once('overrides_at_once', v_schedule.run_as, 'schedule ' || v_schedule.name, (
      select count(*) + 1 from almanac.occurrence_overrides o
      where o.schedule_id = v_schedule.id and o.done_at is null));
  end if;
  insert into almanac.occurrence_overrides as o (schedule_id, scheduled_for, action, moved_to, reason, created_by,
    created_at)
  values (v_schedule.id, override_occurrence.occurrence, override_occurrence.action, override_occurrence.moved_to,
    override_occurrence.reason, almanac_private.actor(), v_now)
  on conflict (schedule_id, scheduled_for) do update
  set action = excluded.action, moved_to = excluded.moved_to, reason = excluded.reason,
    created_by = excluded.created_by, created_at = excluded.created_at,
    is_carried_over = false
  returning o.* into v_override;
  if v_override.is_owed and v_override.action = 'skip' then
    perform almanac_private.record_verdicts(
      array[row(v_schedule.id, v_override.scheduled_for, v_override.scheduled_for, 'skipped',
        almanac_private.skip_reason(v_override), null, false, null, null, null, null, 'done', null, null, null, null,
        null)::almanac_private.verdict], '{}', v_now);
    select o.* into v_override from almanac.occurrence_overrides o
    where o.schedule_id = v_override.schedule_id and o.scheduled_for = v_override.scheduled_for;
  end if;
  v_engine := almanac_private.enter_engine();
  update almanac.schedules s set has_overrides = true where s.id = v_schedule.id and not s.has_overrides;
  perform almanac_private.leave_engine(v_engine);
  if v_is_new and v_schedule.calendars = '{}' and v_schedule.jitter is null
    and override_occurrence.occurrence <> v_schedule.next_scheduled_for
    and (override_occurrence.action = 'skip' or override_occurrence.moved_to > v_schedule.next_run_at)
  then
    -- The next one is as it was, and to find it again takes longer the more are skipped.
    perform almanac_private.notify_changed('almanac_schedules', array[v_schedule.id]);
  else
    perform almanac_private.replan(array[v_schedule.id]);
  end if;
  return v_override;
end
$$;
comment on function almanac_private.override_occurrence(
  text, timestamptz, almanac.override_action, timestamptz, text
) is
  'Moves or skips one occurrence that has no outcome yet, named by its nominal time; what is due by now is resolved '
  'first.';
grant execute on function almanac_private.override_occurrence(
  text, timestamptz, almanac.override_action, timestamptz, text
) to almanac_operator;
