create or replace function almanac.check_definition(definition jsonb)
returns table (field text, code text, message text, hint text)
language plpgsql stable rows 4 set search_path to pg_catalog, pg_temp
as $$
declare
  v_id bigint;
  v_given jsonb := case when jsonb_typeof(check_definition.definition) = 'object'
    then check_definition.definition - 'id' end;
  v_base almanac.schedules;
  v_named almanac.schedules;
  v_schedule almanac.schedules;
  v_target almanac.schedules;
  v_part text;
begin
  if jsonb_typeof(check_definition.definition -> 'id') in ('string', 'number') then
    select s.* into v_base from almanac.schedules s where s.id::text = check_definition.definition ->> 'id';
    v_id := v_base.id;
  else
    v_base := almanac_private.unsaved_schedule(statement_timestamp());
  end if;
  v_target := v_base;
  v_target.task_identifier := coalesce(v_given ->> 'task_identifier', v_base.task_identifier);
  v_target.target := case when v_given ->> 'target' = any (enum_range(null::almanac.schedule_target)::text[])
    then v_given ->> 'target' when v_given ? 'target' then 'task' else v_base.target::text end;
  if v_given ? 'task_group' then
    v_target.task_group := v_given ->> 'task_group';
  end if;
  if v_given ? 'workflow_name' then
    v_target.workflow_name := v_given ->> 'workflow_name';
  end if;
  if v_given ? 'workflow_version' then
    v_target.workflow_version := case when jsonb_typeof(v_given -> 'workflow_version') = 'number'
      and (v_given ->> 'workflow_version') ~ '^[0-9]{1,9}$' then (v_given ->> 'workflow_version')::integer end;
  end if;
  v_target := almanac_private.with_target(v_target, v_base);
  -- Each by itself, so that one thing that is wrong does not hide another.
  foreach v_part in array array['name', 'taken', 'task', 'payload', 'tags', 'rest'] loop
    begin
      if v_part = 'rest' then
        v_schedule :=
          almanac_private.prepare_schedule(almanac_private.read_definition(v_given || '{"name": "x"}', v_base));
      elsif v_part in ('name', 'taken') then
        v_named.name := v_given ->> 'name';
        if v_part = 'taken' then
          perform almanac_private.check_name_is_free(v_named.name, v_id);
        elsif v_named.name is not null and v_named.name is distinct from v_base.name then
          perform almanac_private.check_schedule(v_named);
          perform almanac_private.check_name('name', v_named.name);
        end if;
      elsif v_part = 'task' then
        if v_given ->> 'task_identifier' <> coalesce(v_base.task_identifier, '') then
          perform almanac_private.check_task_is_known(v_given ->> 'task_identifier');
        end if;
        perform almanac_private.check_target(v_target, false);
        perform almanac_private.check_target_use(v_target);
      elsif v_part = 'payload' then
        perform almanac_private.check_payload(v_target, coalesce(v_given -> 'payload', v_base.payload));
      else
        perform almanac_private.check_tags(array(select jsonb_array_elements_text(v_given -> 'tags')))
        where jsonb_typeof(v_given -> 'tags') = 'array';
      end if;
    exception when others then
      get stacked diagnostics field = column_name, code = returned_sqlstate, message = message_text,
        hint = pg_exception_hint;
      field := nullif(field, '');
      hint := nullif(hint, '');
      return next;
    end;
  end loop;
end
$$;
comment on function almanac.check_definition(jsonb) is
  'What saving a schedule would be refused for: columns of almanac.schedules as JSON, with id those of a saved one. '
  'Unlike the error of saving, all of it: the name, whether it is free, the task and its payload, the tags, and the '
  'first thing that is wrong with the rest. No row: nothing is known to be wrong.';
grant execute on function almanac.check_definition(jsonb) to almanac_operator;
