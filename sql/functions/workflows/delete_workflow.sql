-- Definer: deletes from tables that only the owner may; who may is checked first.
create or replace function almanac.delete_workflow(name text) returns almanac.workflows
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_workflow almanac.workflows := almanac_private.find_workflow(delete_workflow.name, 'name');
  v_users text[];
begin
  perform almanac_private.check_workflow_owner(v_workflow);
  -- Anyone who saves a schedule with it holds its version until that is committed.
  perform from almanac.workflow_versions v where v.workflow_name = v_workflow.name order by v.version for update;
  v_users := array(
    select s.name || case when s.deleted_at is not null then ' (deleted)' else '' end from almanac.schedules s
    where s.workflow_name = v_workflow.name order by s.deleted_at is not null, s.name limit 4);
  if v_users <> '{}' then
    raise exception using errcode = 'AL036', column = 'name',
      message = format('The workflow %L is in use.', v_workflow.name),
      detail = format('By %s%s.', array_to_string(v_users[:3], ', '),
        case when cardinality(v_users) > 3 then ' and others' end),
      hint = 'Give these schedules another target, or delete them for good: delete from almanac.schedules.';
  end if;
  delete from almanac.workflows w where w.id = v_workflow.id;
  return v_workflow;
end
$$;
comment on function almanac.delete_workflow(text) is
  'Deletes a workflow and its versions, unless a schedule has it, be it a deleted one. Runs keep their steps.';
grant execute on function almanac.delete_workflow(text) to almanac_operator;
