-- Called by heartbeat, with its rights. Where there is a parent run, of which there are few.
create or replace function almanac_private.keep_parents(as_of timestamptz) returns void
language plpgsql volatile set search_path to pg_catalog, pg_temp
  -- By key, whatever the statistics say, like fire_due.
  set jit to off set enable_hashjoin to off set enable_mergejoin to off set enable_seqscan to off
as $$
declare
  v_parent record;
begin
  perform almanac_private.end_parents(null, keep_parents.as_of);
  for v_parent in
    select r.id, r.scheduled_for, r.schedule_id, r.children, r.cancel_requested_at, r.reason
    from almanac_private.live_runs l
    join almanac.runs r on r.id = l.run_id and r.scheduled_for = l.scheduled_for
    where l.children is not null and case when r.status = 'running' then true else false end
    order by r.scheduled_for, r.id for no key update of r skip locked
  loop
    if v_parent.cancel_requested_at is not null
      and almanac_private.cancel_children(array[v_parent.id], v_parent.reason, keep_parents.as_of) > 0 then
      perform almanac_private.end_parents(array[v_parent.id], keep_parents.as_of);
    end if;
    update almanac.runs r set progress = p.progress
    from (
      select 1 - count(*)::real / v_parent.children as progress
      from almanac_private.live_runs c where c.parent_id = v_parent.id
    ) p
    where r.id = v_parent.id and r.scheduled_for = v_parent.scheduled_for
      and case when r.status = 'running' then r.progress is distinct from p.progress else false end;
    if found then
      perform almanac_private.notify_changed('almanac_runs', array[v_parent.schedule_id]);
    end if;
  end loop;
end
$$;
comment on function almanac_private.keep_parents(timestamptz) is
  'Of parent runs: starts steps whose needs are met, ends those whose children have ended, cancels what is left of '
  'those that are cancelled, and notes the progress of the others.';
