create or replace function almanac_private.check_task_use(task_identifier text) returns void
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_caller name := almanac_private.caller();
begin
  if not has_schema_privilege(v_caller, 'almanac_private', 'create')
    and almanac_private.role_problem(task_identifier, v_caller) is not null
  then
    raise exception using errcode = 'AL033', column = 'task_identifier',
      message = format('You may not use the task %s.', task_identifier),
      detail = almanac_private.role_problem(task_identifier, v_caller),
      hint = 'Ask someone who has the role, or ask for it. Which tasks you may use: select identifier from '
        'almanac.tasks where may_use.';
  end if;
  if almanac_private.is_statement_task(task_identifier) then
    perform almanac_private.check_may_run_sql();
  elsif task_identifier in ('almanac:check_ledger', 'almanac:apply_retention')
    and not pg_has_role(v_caller, 'almanac_admin', 'member')
    and not has_schema_privilege(v_caller, 'almanac_private', 'create')
  then
    raise exception using errcode = 'AL011', column = 'task_identifier',
      message = format('Only an admin may schedule %s.', task_identifier),
      detail = format('It reads the whole ledger, and Almanac''s own schedule %s already runs it every hour.',
        replace(task_identifier, '_', '-')),
      hint = case task_identifier
        when 'almanac:check_ledger'
          then 'See what it found: select * from almanac.last_ledger_check(), or ask an admin.'
        else 'See what is kept: select * from almanac.retention(), or ask an admin.' end;
  end if;
end
$$;
comment on function almanac_private.check_task_use(text) is
  'Raises AL033 for a task that needs a role which the caller lacks, AL011 for a built-in one that they may not '
  'schedule.';
grant execute on function almanac_private.check_task_use(text) to almanac_viewer;
