-- Definer: writes tables that only the owner may; who may is checked here.
create or replace function almanac_private.write_workflow(
  name text, definition jsonb, description text, out workflow almanac.workflows, out previous integer
)
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_most constant integer := 1000;
  v_kept constant integer := 100;
  v_old almanac.workflows;
  v_steps jsonb;
  v_role name := almanac_private.role_served(almanac_private.caller());
begin
  if coalesce(write_workflow.name, '') = '' then
    raise exception using errcode = 'AL019', column = 'name', message = 'A workflow needs a name.',
      detail = format('name: %s.', coalesce(quote_literal(write_workflow.name), 'null')),
      hint = 'Schedules refer to it by its name, of up to 200 characters.';
  end if;
  perform almanac_private.check_name('name', write_workflow.name);
  perform almanac_private.check_text('name', write_workflow.name, 200);
  perform almanac_private.check_text('description', write_workflow.description, 10000);
  v_steps := almanac_private.compile_workflow(write_workflow.definition);
  perform almanac_private.count_uses('changes', 1);
  perform almanac_private.count_uses('written_bytes', pg_column_size(write_workflow.definition));
  perform almanac_private.take_turn('workflows');
  select w.* into v_old from almanac.workflows w where w.name = write_workflow.name;
  if v_old.id is not null then
    perform almanac_private.check_workflow_owner(v_old);
  elsif (select count(*) from almanac.workflows) >= v_most then
    raise exception using errcode = 'AL012', message = format('There are %s workflows already.', v_most),
      detail = format('Workflow %L.', write_workflow.name),
      hint = 'Delete some that are not used: select almanac.delete_workflow(…).';
  end if;
  previous := v_old.version;
  if exists (select from almanac.workflow_versions v where v.workflow_name = v_old.name and v.version = v_old.version
    and v.definition = write_workflow.definition and v.steps = v_steps)
    and (write_workflow.description is null or nullif(write_workflow.description, '')
      is not distinct from v_old.description) then
    workflow := v_old;
    return;
  end if;
  insert into almanac.workflows as w (name, description, version, owner_user, owned_by, owned_by_key, created_by,
    updated_by)
  values (write_workflow.name, nullif(write_workflow.description, ''), 1, almanac.current_user_id(), v_role,
    almanac_private.role_key(v_role), almanac_private.actor(), almanac_private.actor())
  on conflict on constraint workflow_name_is_unique do update
  set version = w.version + 1, description = nullif(coalesce(write_workflow.description, w.description), ''),
    updated_at = statement_timestamp(), updated_by = excluded.updated_by
  returning w.* into workflow;
  insert into almanac.workflow_versions (workflow_name, version, definition, steps, created_by)
  values (workflow.name, workflow.version, write_workflow.definition, v_steps, almanac_private.actor());
  delete from almanac.workflow_versions v
  where v.workflow_name = workflow.name and v.version <= workflow.version - v_kept and v.version <> previous
    and not exists (select from almanac.schedules s
      where s.workflow_name = v.workflow_name and s.workflow_version = v.version);
end
$$;
comment on function almanac_private.write_workflow(text, jsonb, text) is
  'Writes a workflow and its next version, and returns it with the version that was the newest before; null: it is '
  'new. Raises AL036 for a definition that is wrong, AL011 for someone else''s workflow.';
grant execute on function almanac_private.write_workflow(text, jsonb, text) to almanac_operator;
