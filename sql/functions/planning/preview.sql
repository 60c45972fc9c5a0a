create or replace function almanac.preview(definition jsonb, max_count integer default 5)
returns table (scheduled_for timestamptz, due_at timestamptz, local_time text, utc_offset text, note text)
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_schedule almanac.schedules;
  v_now timestamptz := statement_timestamp();
begin
  if jsonb_typeof(preview.definition -> 'id') in ('string', 'number') then
    select s.* into v_schedule from almanac.schedules s where s.id::text = preview.definition ->> 'id';
    if v_schedule.id is null then
      raise exception using errcode = 'AL007',
        message = format('There is no schedule with id %s.', preview.definition ->> 'id'),
        detail = 'It may have been deleted.', hint = 'Omit id for a schedule that is not saved yet.';
    end if;
  else
    v_schedule := almanac_private.unsaved_schedule(v_now);
  end if;
  v_schedule.status := 'active';
  v_schedule.cursor_at := v_now;
  v_schedule := almanac_private.prepare_schedule(almanac_private.read_definition(
    case when jsonb_typeof(preview.definition) = 'object' then preview.definition - 'id'
      else preview.definition end, v_schedule));
  if preview.definition ?| array['payload', 'target', 'task_group', 'workflow_name', 'workflow_version'] then
    perform almanac_private.check_payload(v_schedule, v_schedule.payload);
  end if;
  return query select * from almanac_private.listed_occurrences(v_schedule, v_now,
    almanac_private.checked_count(preview.max_count, 1000));
end
$$;
comment on function almanac.preview(jsonb, integer) is
  'The next occurrences of a schedule that is not saved yet: columns of almanac.schedules as JSON. Refuses what '
  'saving would refuse, with the same errors. Columns as of upcoming(). With id, that of a saved schedule, the '
  'definition changes that one: its phase, its jitter and its moved occurrences are in the times. Without one jitter '
  'is not, as the id decides it.';
grant execute on function almanac.preview(jsonb, integer) to almanac_viewer;
