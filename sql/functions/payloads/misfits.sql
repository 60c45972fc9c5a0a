-- Only as many as cost little, since the work of a check grows with the payload: the smallest come first, so that large
-- ones of one owner hide no one else's.
create or replace function almanac_private.misfits()
returns table (schedule_id bigint, schedule_name text, task_identifier text, problem text)
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_schedule record;
  v_characters bigint := 0;
begin
  for v_schedule in
    select s.id, s.name, s.task_identifier, s.target, s.payload
    from almanac_private.outdated_checks o
    join almanac.schedules s on s.id = o.schedule_id and s.task_identifier = o.task_identifier
    where s.deleted_at is null and s.archived_at is null and s.status in ('active', 'paused')
    order by pg_column_size(s.payload), s.id limit 1000
  loop
    v_characters := v_characters + length(v_schedule.payload::text);
    exit when v_characters > 1000000;
    misfits.problem := almanac_private.payload_problem(v_schedule.task_identifier, v_schedule.payload,
      v_schedule.target);
    continue when misfits.problem is null;
    misfits.schedule_id := v_schedule.id;
    misfits.schedule_name := v_schedule.name;
    misfits.task_identifier := v_schedule.task_identifier;
    return next;
  end loop;
end
$$;
comment on function almanac_private.misfits() is
  'Schedules whose payload no longer fits the changed schema of their task, and why: of up to 1,000 that were last '
  'checked by an earlier schema, the smallest payloads, up to 1,000,000 characters together.';
