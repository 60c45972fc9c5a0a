create or replace function almanac.workflows_may_change(workflow almanac.workflows) returns boolean
language sql stable parallel safe
return almanac_private.may_change((workflows_may_change.workflow).owner_user,
  (workflows_may_change.workflow).owned_by_key);
comment on function almanac.workflows_may_change(almanac.workflows) is
  'Whether the caller may define the workflow again, or delete it.';
grant execute on function almanac.workflows_may_change(almanac.workflows) to almanac_viewer;
