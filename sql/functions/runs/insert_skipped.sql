-- Definer: writes the ledger.
create or replace function almanac_private.insert_skipped(
  schedule almanac.schedules, scheduled_for timestamptz, reason text, as_of timestamptz
) returns void
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
  insert into almanac.runs as r
    (schedule_id, schedule_name, task_identifier, payload, scheduled_for, due_at, trigger, status, reason, max_attempts,
      timeout, priority,
     finished_at, run_as)
  values (schedule.id, schedule.name, schedule.task_identifier, schedule.payload, insert_skipped.scheduled_for,
    insert_skipped.scheduled_for, 'schedule',
    'skipped', case insert_skipped.reason
      when 'skipped' then coalesce((
        select format('skipped by %s%s', o.created_by, ': ' || o.reason) from almanac.occurrence_overrides o
        where o.schedule_id = (insert_skipped.schedule).id and o.scheduled_for = insert_skipped.scheduled_for),
          'skipped')
      else insert_skipped.reason end,
    schedule.max_attempts, schedule.timeout, schedule.priority, insert_skipped.as_of, schedule.run_as)
  on conflict (schedule_id, scheduled_for) where (r.trigger = 'schedule') do nothing;
end
$$;
comment on function almanac_private.insert_skipped(almanac.schedules, timestamptz, text, timestamptz) is
  'Writes to the ledger that an occurrence did not run because of itself: skipped by someone, or merged into a later '
  'one.';
