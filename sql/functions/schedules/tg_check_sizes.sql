create or replace function almanac_private.tg_check_sizes() returns trigger
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
begin
  if tg_op = 'INSERT' and almanac_private.loads_dump() then
    return new;
  end if;
  -- What is there already may stay: a schedule can be paused whatever its payload is.
  if tg_op = 'INSERT' or (new.task_identifier, new.target, new.task_group, new.workflow_name, new.workflow_version,
      new.payload)
    is distinct from (old.task_identifier, old.target, old.task_group, old.workflow_name, old.workflow_version,
      old.payload) then
    perform almanac_private.check_payload(new, new.payload);
  end if;
  perform almanac_private.check_text(c.field, c.value, c.most)
  from (values
    ('description', new.description, 10000, tg_op = 'INSERT' or new.description is distinct from old.description),
    ('pause_reason', new.pause_reason, 1000, tg_op = 'INSERT' or new.pause_reason is distinct from old.pause_reason),
    ('cron_expression', new.cron_expression, 2000,
      tg_op = 'INSERT' or new.cron_expression is distinct from old.cron_expression)
  ) c(field, value, most, is_new)
  where c.is_new and c.value is not null;
  if cardinality(new.calendars) > 100 and (tg_op = 'INSERT' or new.calendars is distinct from old.calendars) then
    raise exception using errcode = 'AL019', column = 'calendars',
      message = 'A schedule may use at most 100 calendars.',
      detail = format('These are %s.', cardinality(new.calendars)), hint = 'Put their entries in one calendar.';
  end if;
  return new;
end
$$;
comment on function almanac_private.tg_check_sizes() is
  'Before an insert or update of a schedule: refuses payloads that do not fit the task, and texts that are larger '
  'than a person or a program needs.';
