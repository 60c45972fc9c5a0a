-- Invoker: schedules change by the caller's rights, who becomes their run_as as with any other change of what they run.
-- Those of others keep the version that they have, so that no one's text runs with another's rights.
create or replace function almanac.define_workflow(
  name text, definition jsonb, description text default null
) returns almanac.workflows
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_written record;
begin
  v_written := almanac_private.write_workflow(define_workflow.name, define_workflow.definition,
    define_workflow.description);
  if (v_written.workflow).version <> v_written.previous then
    update almanac.schedules s set workflow_version = (v_written.workflow).version
    where s.workflow_name = define_workflow.name and s.workflow_version = v_written.previous and s.deleted_at is null
      and almanac_private.may_change(s.owner_user, s.run_as_key);
  end if;
  return v_written.workflow;
end
$$;
comment on function almanac.define_workflow(text, jsonb, text) is
  'Creates a workflow, or the next version of the one with this name: {"steps": [{"name", "task", "payload", "needs", '
  '"join": all or any, "max_attempts", "timeout", "resource_group"}], "on_failure": continue or stop}. A need is the '
  'name of a step, or {"step", "on": success, failure or end}. Schedules that have the newest version get this one, '
  'where you may change them. The same again changes nothing. AL036: what is wrong with it.';
grant execute on function almanac.define_workflow(text, jsonb, text) to almanac_operator;
