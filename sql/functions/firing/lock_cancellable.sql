-- Called by what decides, with its rights and its settings.
create or replace function almanac_private.lock_cancellable(schedule_ids bigint[]) returns void
language sql volatile
begin atomic
  select from almanac.schedules s
  join almanac_private.live_runs l on l.schedule_id = s.id
  join almanac.runs r on r.id = l.run_id and r.scheduled_for = l.scheduled_for
  where s.id = any (lock_cancellable.schedule_ids) and s.overlap_policy = 'cancel_running' and l.counts_toward_overlap
  order by r.scheduled_for, r.id for no key update of r;
end;
comment on function almanac_private.lock_cancellable(bigint[]) is
  'As lock_what_is_cancelled, for whoever must not leave anything to a later call: it waits for the locks.';
