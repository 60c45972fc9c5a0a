create or replace function almanac_private.tg_check_sizes() returns trigger
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_field text;
  v_most integer;
begin
  if tg_op = 'INSERT' and almanac_private.loads_dump() then
    return new;
  end if;
  -- What is there already may stay: a schedule can be paused whatever its payload is.
  if tg_op = 'INSERT' or (new.task_identifier, new.payload) is distinct from (old.task_identifier, old.payload) then
    perform almanac_private.check_payload(new.task_identifier, new.payload);
  end if;
  select c.field, c.most into v_field, v_most
  from (values
    ('description', length(new.description), 10000, tg_op = 'INSERT'
      or new.description is distinct from old.description),
    ('pause_reason', length(new.pause_reason), 1000, tg_op = 'INSERT'
      or new.pause_reason is distinct from old.pause_reason),
    ('cron_expression', length(new.cron_expression), 2000,
      tg_op = 'INSERT' or new.cron_expression is distinct from old.cron_expression)
  ) c(field, size, most, is_new)
  where c.is_new and c.size > c.most limit 1;
  if v_field is not null then
    perform almanac_private.refuse_size(v_field, v_most, length(to_jsonb(new) ->> v_field));
  elsif cardinality(new.calendars) > 100 and (tg_op = 'INSERT' or new.calendars is distinct from old.calendars) then
    raise exception using errcode = 'AL019', column = 'calendars', message = 'A schedule uses at most 100 calendars.',
      detail = format('These are %s.', cardinality(new.calendars)), hint = 'Put their entries in one calendar.';
  end if;
  return new;
end
$$;
comment on function almanac_private.tg_check_sizes() is
  'Before an insert or update of a schedule: refuses payloads that do not fit the task, and texts that are larger '
  'than a person or a program needs.';
