-- What a plan and an apply have in common: each definition is read as a whole row, in which what it leaves out has its
-- default, and compared with the schedule of that name. So a setting that leaves the code goes back to its default.
create or replace function almanac_private.read_definitions(owner text, definitions jsonb, adopt text[])
returns table (place integer, name text, action text, schedule_id bigint, definition jsonb, changes jsonb,
  desired almanac.schedules, refusals jsonb)
language plpgsql stable set search_path to pg_catalog, pg_temp set timezone to 'UTC'
as $$
#variable_conflict use_column
declare
  v_columns constant text[] := almanac_private.code_columns();
  v_nulls constant jsonb := (select jsonb_object_agg(c, null) from unnest(v_columns) c);
  v_given jsonb;
  v_old almanac.schedules;
  v_seen text[] := '{}';
begin
  perform almanac_private.check_definitions(read_definitions.owner, read_definitions.definitions);
  for place, v_given in
    select d.nth, d.value from jsonb_array_elements(read_definitions.definitions) with ordinality d(value, nth)
  loop
    v_old := null;
    desired := null;
    changes := '[]';
    definition := null;
    -- null: as if it were left out.
    v_given := case when jsonb_typeof(v_given) = 'object' then coalesce((
      select jsonb_object_agg(d.key, d.value) from jsonb_each(v_given) d where d.value <> 'null'), '{}')
      else v_given end;
    name := case when jsonb_typeof(v_given -> 'name') = 'string' then v_given ->> 'name' end;
    select s.* into v_old from almanac.schedules s where s.name = read_definitions.name and s.deleted_at is null;
    action := case when v_old.id is null then 'created' when v_old.managed_by = read_definitions.owner then 'changed'
      else 'adopted' end;
    if v_old.id is null then
      select s.* into v_old from almanac.schedules s
      where s.name = read_definitions.name and s.deleted_at is not null and s.managed_by = read_definitions.owner
      order by s.deleted_at desc, s.id desc limit 1;
      action := case when v_old.id is null then 'created' else 'restored' end;
    end if;
    schedule_id := v_old.id;
    refusals := almanac_private.refusals_of(read_definitions.owner, v_nulls, v_given, v_old,
      action = 'adopted' and name <> all (coalesce(read_definitions.adopt, '{}')), name = any (v_seen));
    v_seen := v_seen || name;
    if refusals = '[]' then
      desired := almanac_private.unsaved_schedule(statement_timestamp());
      desired := almanac_private.prepare_schedule(almanac_private.with_target(almanac_private.read_definition(
        v_nulls || almanac_private.definition_defaults() || (v_given - 'status'), desired), null));
      desired.cursor_at := statement_timestamp();
      desired.status := coalesce(v_old.status::text, v_given ->> 'status', 'disabled');
      if v_old.id is null then
        definition := jsonb_build_object('status', 'disabled') || v_given;
      else
        desired.id := v_old.id;
        desired.created_at := v_old.created_at;
        desired.fired_runs := v_old.fired_runs;
        desired.has_overrides := v_old.has_overrides;
        select coalesce(jsonb_agg(jsonb_build_object('field', c, 'from', almanac_private.text_in_plan(o.row -> c),
          'to', almanac_private.text_in_plan(n.row -> c)) order by c), '[]'), coalesce(jsonb_object_agg(c, n.row -> c),
          '{}')
        into changes, definition
        from unnest(v_columns) c, to_jsonb(v_old) o(row), to_jsonb(desired) n(row)
        where o.row -> c is distinct from n.row -> c;
      end if;
      if action = 'changed' and changes = '[]' then
        action := 'unchanged';
      end if;
    end if;
    return next;
  end loop;

  place := null;
  changes := '[]';
  definition := null;
  for desired in
    select s.* from almanac.schedules s
    where s.managed_by = read_definitions.owner and s.deleted_at is null and s.name <> all (v_seen)
    order by s.name
  loop
    name := desired.name;
    action := 'archived';
    schedule_id := desired.id;
    refusals := case when almanac_private.may_change(desired.owner_user, desired.run_as_key) then '[]'::jsonb
      else almanac_private.refusal('AL011', null, format('Schedule %s may not be changed by %s.', desired.name,
        almanac_private.actor()), 'Its owner and admins may change it.') end;
    return next;
  end loop;
end
$$;
comment on function almanac_private.read_definitions(text, jsonb, text[]) is
  'What applying definitions would do with each schedule, and why it would be refused. definition: what is to be '
  'saved; desired: the schedule as it would be.';
grant execute on function almanac_private.read_definitions(text, jsonb, text[]) to almanac_operator;
