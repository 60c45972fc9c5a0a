-- Definer: anyone who watches may know that runs are spread. What it reads may be locked, as for overdue().
create or replace function almanac_private.runs_paced(as_of timestamptz default now()) returns jsonb
language plpgsql stable security definer set search_path to pg_catalog, pg_temp set lock_timeout to '200ms'
  set jit to off
as $$
begin
  return (
    select jsonb_build_object('count', count(*), 'name', (array_agg(r.schedule_name order by j.run_at, r.id))[1],
      'until', max(j.run_at))
    from (select l.run_id, l.scheduled_for from almanac_private.live_runs l where not l.is_waiting limit 10000) l
    join almanac.runs r on r.id = l.run_id and r.scheduled_for = l.scheduled_for
    join graphile_worker.jobs j on j.key = 'run:' || l.run_id
    where r.status = 'queued' and r.attempt = 0 and j.run_at > runs_paced.as_of
      -- Those are put back, not spread.
      and not exists (select from almanac_private.held_runs h where h.run_id = r.id)
      and not almanac_private.waits_for_slot(r.id)
    having count(*) > 0);
exception when lock_not_available then
  return null;
end
$$;
comment on function almanac_private.runs_paced(timestamptz) is
  'Runs that are caught up at the pace of their schedules, and begin later: how many, the schedule of the first, and '
  'until when. Of more than 10,000 unfinished runs it looks at that many. Null: none, or the runs are locked, and not '
  'known.';
grant execute on function almanac_private.runs_paced(timestamptz) to almanac_viewer;
