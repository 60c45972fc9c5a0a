-- Called by finish_runs, with its rights and its settings.
create or replace function almanac_private.count_runs(
  first_time timestamptz, last_time timestamptz, run_ids bigint[]
) returns void
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_deltas almanac_private.pending_counters[];
  v_ids bigint[];
begin
  with ended as materialized (
    select r.schedule_id, r.id, r.status, r.status in ('failed', 'timed_out') as is_failed,
      max(r.id) filter (where r.status = 'succeeded') over (partition by r.schedule_id) as succeeded
    from almanac.runs r
    where r.id = any (count_runs.run_ids) and r.scheduled_for between count_runs.first_time and count_runs.last_time
      and r.parent_id is null
  ), counted as materialized (
    select e.schedule_id, count(*) filter (where e.is_failed) as failed,
      (array_agg(e.status order by e.id desc))[1] as last_status,
      max(e.succeeded) is not null as has_succeeded,
      count(*) filter (where e.is_failed and e.id > coalesce(e.succeeded, 0)) as failed_since
    from ended e group by e.schedule_id
  )
  select array_agg(row(null, c.schedule_id, c.failed, c.last_status, 0, null, c.has_succeeded,
    c.failed_since)::almanac_private.pending_counters),
    array_agg(c.schedule_id)
  into v_deltas, v_ids
  from counted c join almanac.schedules s on s.id = c.schedule_id
  where c.failed > 0 or s.last_status is distinct from c.last_status
    or exists (select from almanac_private.pending_counters u where u.schedule_id = c.schedule_id);
  if v_ids is not null then
    perform almanac_private.apply_counters(v_deltas, v_ids);
  end if;
end
$$;
comment on function almanac_private.count_runs(timestamptz, timestamptz, bigint[]) is
  'Writes the counters of the schedules whose runs of one week have just ended, where they change; children do not '
  'count. Those that '
  'someone holds locked wait in pending_counters.';
