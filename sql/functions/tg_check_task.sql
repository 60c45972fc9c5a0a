create or replace function almanac_private.tg_check_task() returns trigger
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_field text;
begin
  if tg_op = 'UPDATE' and old.is_builtin and not has_schema_privilege('almanac_private', 'create') then
    raise exception using errcode = 'AL017', message = format('Task %s is Almanac''s own and cannot be changed.', old.identifier),
      detail = 'It is built in.', hint = 'A statement over many rows leaves it out by: where not is_builtin.';
  elsif new.is_builtin and (tg_op = 'INSERT' or not old.is_builtin) and not has_schema_privilege('almanac_private', 'create') then
    raise exception using errcode = 'AL017', column = 'is_builtin', message = 'Only a migration makes a built-in task.',
      detail = format('Task %s.', new.identifier), hint = 'Leave is_builtin out.';
  elsif (new.identifier ~ '^[_a-zA-Z][_a-zA-Z0-9:_/-]*$' and length(new.identifier) <= 128) is not true then
    raise exception using errcode = 'AL005', column = 'identifier', message = format('%s is no task identifier.', coalesce(quote_literal(left(new.identifier, 200)), 'null')),
      detail = 'Graphile Worker takes letters, digits, _ : / and -, a letter or _ first, at most 128 in all.', hint = 'Choose another name.';
  end if;
  v_field := case
    when new.default_max_attempts not between 1 and 1000 then 'default_max_attempts'
    when new.default_timeout <= '0' or new.default_timeout > '10 years' then 'default_timeout'
  end;
  if v_field is not null then
    raise exception using errcode = 'AL019', column = v_field,
      message = case v_field when 'default_timeout' then 'The time-out must be longer than nothing, and at most 10 years.' else 'default_max_attempts must be between 1 and 1000.' end,
      detail = format('Task %s: %s.', new.identifier, to_jsonb(new) ->> v_field), hint = 'Leave it null for what a schedule has by default.';
  end if;
  perform almanac_private.check_given('almanac.tasks', to_jsonb(new));
  return new;
end
$$;
comment on function almanac_private.tg_check_task() is
  'Before an insert or update of a task: checks it, and refuses to change what is built in.';
