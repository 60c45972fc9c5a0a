-- Called by begin_runs, with its rights and settings, where the payload of some schedule was last checked by an earlier
-- schema.
--
-- All runs of a worker wait for this call, and the work of a check grows with the payload. So a call checks
-- small ones, and one large one; what is left has to wait, and others begin meanwhile.
create or replace function almanac_private.end_misfits(
  run_ids bigint[], scheduled_fors timestamptz[], as_of timestamptz
) returns bigint[]
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_found record;
  v_problem text;
  v_schedules bigint[] := '{}';
  v_size integer;
  v_characters integer := 20000;
  v_has_large boolean := false;
  v_unchecked bigint[] := '{}';
begin
  for v_found in
    select r.id, r.scheduled_for, r.schedule_id, r.trigger, r.task_identifier, r.payload, o.problem, o.changed_at,
      s.payload is not distinct from r.payload as is_schedules
    from unnest(end_misfits.run_ids, end_misfits.scheduled_fors) a(id, at)
    join almanac.runs r on r.id = a.id and r.scheduled_for = a.at
    join almanac_private.outdated_checks o
      on o.schedule_id = r.schedule_id and o.task_identifier = r.task_identifier
    left join almanac.schedules s on s.id = r.schedule_id
    -- Of a parent, each child is checked before it begins.
    where r.status in ('queued', 'retrying') and r.children is null
    order by r.scheduled_for, r.id for no key update of r skip locked
  loop
    v_problem := case when v_found.is_schedules then v_found.problem end;
    if v_problem is null then
      -- Anyone who triggers one has its payload checked.
      if v_found.trigger <> 'manual' or v_found.scheduled_for <= v_found.changed_at then
        v_size := length(v_found.payload::text);
        if v_size > v_characters and v_has_large then
          v_unchecked := v_unchecked || v_found.id;
          continue;
        elsif v_size > v_characters then
          v_has_large := true;
        else
          v_characters := v_characters - v_size;
        end if;
        v_problem := almanac_private.payload_problem(v_found.task_identifier, v_found.payload);
      end if;
      if v_found.is_schedules then
        perform almanac_private.note_payload_check(v_found.schedule_id, v_found.id, v_problem);
      end if;
    end if;
    continue when v_problem is null;
    perform almanac_private.fail_unbegun(v_found.id, v_found.scheduled_for, v_found.schedule_id, v_problem
      || E'\nThe task''s schema has changed since the payload was written. Change the payload, then trigger the '
      'schedule.', end_misfits.as_of);
    v_schedules := v_schedules || v_found.schedule_id;
  end loop;
  if v_schedules <> '{}' then
    perform almanac_private.release_waiting(v_schedules, end_misfits.as_of);
    perform almanac_private.notify_changed('almanac_runs', v_schedules);
  end if;
  return v_unchecked;
end
$$;
comment on function almanac_private.end_misfits(bigint[], timestamptz[], timestamptz) is
  'Of runs that are to begin, fails those whose payload does not fit their task, as its schema has changed since it '
  'was written: without an attempt, which could only fail. Returns those that it has not come to: they begin later.';
