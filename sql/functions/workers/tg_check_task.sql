create or replace function almanac_private.tg_check_task() returns trigger
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_field text;
  v_migrates boolean := current_setting('almanac.system', true) is not distinct from 'on'
    and has_schema_privilege('almanac_private', 'create');
begin
  if tg_op = 'UPDATE' then
    -- Who may use a task, and in which resource group, is for an admin to say, no matter whose task it is.
    old.required_role := new.required_role;
    old.assigned_group := new.assigned_group;
  end if;
  if tg_op <> 'INSERT' and old.is_builtin and not v_migrates and (tg_op = 'DELETE' or new is distinct from old) then
    raise exception using errcode = 'AL017',
      message = format('Task %s is Almanac''s own and cannot be %s.', old.identifier, case tg_op
        when 'DELETE' then 'deleted' else 'changed' end),
      detail = 'It is built in.', hint = 'To exclude it from a statement over many rows, add: where not is_builtin.';
  elsif tg_op = 'DELETE' then
    return old;
  elsif new.is_builtin and (tg_op = 'INSERT' or not old.is_builtin) and not v_migrates
    and not almanac_private.loads_dump() then
    raise exception using errcode = 'AL017', column = 'is_builtin',
      message = 'Only a migration creates a built-in task.',
      detail = format('Task %s.', new.identifier), hint = 'Omit is_builtin.';
  elsif new.identifier ~ '^almanac(-run)?:' and not new.is_builtin
    and (tg_op = 'INSERT' or new.identifier <> old.identifier)
    and not exists (select from almanac_private.known_tasks t where t.identifier = new.identifier)
  then
    raise exception using errcode = 'AL017', column = 'identifier',
      message = 'Names that begin with almanac: or almanac-run: are reserved for Almanac''s own tasks.',
      detail = format('Task %s.', new.identifier), hint = 'Choose another name.';
  elsif (new.identifier ~ '^[_a-zA-Z][_a-zA-Z0-9:_/-]*$' and length(new.identifier) <= 128) is not true then
    raise exception using errcode = 'AL005', column = 'identifier',
      message = format('%s is not a task identifier.', coalesce(quote_literal(left(new.identifier, 200)), 'null')),
      detail = 'An identifier has at most 128 characters: letters, digits, _ : / and -. It starts with a letter or _.',
      hint = 'Choose another name.';
  end if;
  v_field := case
    when new.default_max_attempts not between 1 and 1000 then 'default_max_attempts'
    when new.default_timeout = '0' or not almanac_private.is_length(new.default_timeout, '0', '10 years')
      then 'default_timeout'
    when not almanac_private.is_length(new.default_retry_delay, '0', '10 years') then 'default_retry_delay'
    when new.default_retry_backoff not between 1 and 100 then 'default_retry_backoff'
    when not almanac_private.is_length(new.default_retry_ceiling, '0', '10 years') then 'default_retry_ceiling'
  end;
  if v_field is not null then
    raise exception using errcode = 'AL019', column = v_field,
      message = case v_field
        when 'default_timeout' then 'The timeout must be positive, and at most 10 years.'
        when 'default_max_attempts' then 'default_max_attempts must be between 1 and 1000.'
        when 'default_retry_backoff' then 'default_retry_backoff must be between 1 and 100.'
        else format('%s must be between 0 and 10 years.', v_field) end,
      detail = format('Task %s: %s.', new.identifier, to_jsonb(new) ->> v_field),
      hint = 'Leave it null to use the default of schedules.';
  end if;
  if jsonb_typeof(new.isolation) <> 'object' or length(new.isolation::text) > 500 then
    raise exception using errcode = 'AL019', column = 'isolation',
      message = 'isolation must be a JSON object of at most 500 characters.',
      detail = format('Task %s: %s.', new.identifier, left(new.isolation::text, 200)),
      hint = 'Leave it null: workers that have the task say what it is.';
  end if;
  perform almanac_private.check_given('almanac_private.known_tasks', to_jsonb(new));
  -- What a worker announces was checked with all that comes with it.
  if (tg_op = 'INSERT' or new.depends_on <> old.depends_on) and not almanac_private.loads_dump()
    and (current_setting('almanac.registers', true) is distinct from 'on'
      or not has_schema_privilege('almanac_private', 'create')) then
    perform almanac_private.check_order(new.identifier, new.depends_on, '{}');
  end if;
  return new;
end
$$;
comment on function almanac_private.tg_check_task() is
  'Before a task is written or deleted: checks it, and refuses to all but a migration to change what is built in.';
