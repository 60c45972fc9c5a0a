create or replace function almanac_private.check_task_is_known(task_identifier text) returns void
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
begin
  if exists (select from almanac.tasks t where t.identifier = check_task_is_known.task_identifier) then
    return;
  end if;
  raise exception using errcode = 'AL005', column = 'task_identifier',
    message = format('The task %s is unknown.', coalesce(check_task_is_known.task_identifier, 'null')),
    detail = 'No worker has announced it.',
    hint = concat(case when check_task_is_known.task_identifier ~ '^[_a-zA-Z][_a-zA-Z0-9:_/-]*$'
        then format('Start a worker that has it, or announce it: select almanac.register_task(%L).',
          check_task_is_known.task_identifier)
        else 'See: select identifier, description from almanac.tasks.' end,
      almanac_private.perhaps(check_task_is_known.task_identifier, array(select t.identifier from almanac.tasks t
        order by t.is_builtin, t.identifier limit 1000)));
end
$$;
comment on function almanac_private.check_task_is_known(text) is
  'Raises AL005 for a task that neither a worker nor an admin has announced.';
grant execute on function almanac_private.check_task_is_known(text) to almanac_viewer;
