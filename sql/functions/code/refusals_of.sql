create or replace function almanac_private.refusals_of(
  owner text, nulls jsonb, given jsonb, old almanac.schedules, is_taken boolean, is_double boolean
) returns jsonb
language plpgsql stable set search_path to pg_catalog, pg_temp set timezone to 'UTC'
as $$
declare
  v_hand constant text := (select min(k) from unnest(array['owner_user', 'pause_reason']) k where given ? k);
  v_found jsonb;
begin
  if jsonb_typeof(given) <> 'object' then
    return almanac_private.refusal('AL009', null, 'The definition is not an object.',
      'Write {"name": …, "kind": …}: columns of almanac.schedules and their values.');
  elsif jsonb_typeof(given -> 'name') is distinct from 'string' then
    return almanac_private.refusal('AL009', 'name', 'The schedule has no name.', 'Give each a name of its own.');
  elsif is_double then
    return almanac_private.refusal('AL041', 'name', 'The name is given twice.', 'Give each a name of its own.');
  elsif given ->> 'name' like 'almanac:%' or old.is_system then
    return almanac_private.refusal('AL017', 'name',
      'Names that begin with almanac: are reserved for Almanac''s own schedules.', 'Choose another name.');
  elsif old.managed_by <> owner then
    return almanac_private.refusal('AL041', 'name', format('The schedule is defined in code by %s.', old.managed_by),
      format('Take it out of that code, or: select almanac.release_schedule(%L), then adopt it.', old.name));
  elsif old.id is not null and not almanac_private.may_change(old.owner_user, old.run_as_key) then
    return almanac_private.refusal('AL011', null, format('The schedule may not be changed by %s.',
      almanac_private.actor()), 'Its owner and admins may change it.');
  elsif is_taken then
    return almanac_private.refusal('AL041', 'name', format(
      'A schedule of this name exists, which code does not manage: it was created by %s.', old.created_by),
      'Give another name, or adopt it: almanac apply --adopt, or the name in adopt.');
  elsif v_hand is not null then
    return almanac_private.refusal('AL009', v_hand, format('%s cannot be set in code.', v_hand),
      'Leave it out: it is changed manually.');
  elsif given ->> 'status' not in ('active', 'disabled') then
    return almanac_private.refusal('AL009', 'status', 'A schedule in code is created active or disabled.',
      'Use active, or leave it out: it is disabled then.');
  end if;
  select jsonb_agg(jsonb_build_object('code', c.code, 'field', c.field, 'message', c.message, 'hint', c.hint))
  into v_found
  from almanac.check_definition(nulls || almanac_private.definition_defaults() || given) c
  where c.code <> '23505';
  if v_found is null and not given ? 'task_identifier' and coalesce(given ->> 'target', 'task') = 'task' then
    return almanac_private.refusal('AL005', 'task_identifier', 'A schedule needs a task.',
      'See: select identifier, description from almanac.tasks.');
  end if;
  return coalesce(v_found, '[]');
end
$$;
comment on function almanac_private.refusals_of(text, jsonb, jsonb, almanac.schedules, boolean, boolean) is
  'Why a definition in code cannot be applied to the schedule that has its name, if there is one: all that '
  'check_definition() finds, or what is wrong with whose it is. is_taken: that schedule is not the code''s.';
grant execute on function almanac_private.refusals_of(text, jsonb, jsonb, almanac.schedules, boolean, boolean)
  to almanac_operator;
