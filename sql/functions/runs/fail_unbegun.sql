-- Called by definer functions, with their rights and settings.
create or replace function almanac_private.fail_unbegun(
  run_id bigint, scheduled_for timestamptz, schedule_id bigint, error text, as_of timestamptz
) returns void
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_parent bigint;
begin
  update almanac.runs r set status = 'failed', finished_at = fail_unbegun.as_of, error = fail_unbegun.error
  where r.id = fail_unbegun.run_id and r.scheduled_for = fail_unbegun.scheduled_for
  returning r.parent_id into v_parent;
  delete from almanac_private.live_runs l
  where l.schedule_id = fail_unbegun.schedule_id and l.run_id = fail_unbegun.run_id;
  perform almanac_private.leave_groups(array[fail_unbegun.run_id]);
  perform almanac_private.count_runs(fail_unbegun.scheduled_for, fail_unbegun.scheduled_for,
    array[fail_unbegun.run_id]);
  if v_parent is not null then
    perform almanac_private.end_parents(array[v_parent], fail_unbegun.as_of);
  end if;
end
$$;
comment on function almanac_private.fail_unbegun(bigint, timestamptz, bigint, text, timestamptz) is
  'Fails a run that waits or is queued, which the caller has locked, without an attempt.';
