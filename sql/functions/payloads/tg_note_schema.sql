-- Definer: an admin who registers a task has no right to write what is noted.
create or replace function almanac_private.tg_note_schema() returns trigger
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
begin
  delete from almanac_private.outdated_checks o where o.task_identifier = new.identifier;
  if new.checked_schema is not null then
    insert into almanac_private.outdated_checks (schedule_id, task_identifier, changed_at)
    select s.id, s.task_identifier, clock_timestamp() from almanac.schedules s
    where s.task_identifier = new.identifier
    on conflict (schedule_id) do update
    set task_identifier = excluded.task_identifier, changed_at = excluded.changed_at, problem = null;
  end if;
  return null;
end
$$;
comment on function almanac_private.tg_note_schema() is
  'After a task got another schema: its schedules were checked by the one before, which begin_runs looks at.';
