create or replace function almanac_private.check_workflow_owner(workflow almanac.workflows) returns void
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
begin
  if not almanac_private.may_change(workflow.owner_user, workflow.owned_by_key) then
    raise exception using errcode = 'AL011',
      message = format('Workflow %s may not be changed by %s.', workflow.name, almanac_private.actor()),
      detail = format('It belongs to %s.',
        coalesce((select u.username from almanac.users u where u.id = workflow.owner_user), workflow.owned_by::text)),
      hint = 'Its owner and admins may change it. Define it under another name, or ask one of them.';
  end if;
end
$$;
comment on function almanac_private.check_workflow_owner(almanac.workflows) is
  'Raises AL011 if the workflow is someone else''s.';
grant execute on function almanac_private.check_workflow_owner(almanac.workflows) to almanac_viewer;
